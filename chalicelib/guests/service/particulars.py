"""From what a caller wrote to what a guest's record keeps: judged with the chain's own data, every fault at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.directory import service as directory
from chalicelib.guests import rules
from chalicelib.guests.models import Guest
from chalicelib.guests.rules import ExternalKey, Faults, Statement
from chalicelib.kernel import text
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope

if TYPE_CHECKING:
    from chalicelib.guests.schemas import ConsentIn, GuestFields

_BESIDE = {"consents"}  # what a body may hold beside a guest's particulars
_EMPTY: Mapping[str, Any] = {
    "given_name": "",
    "family_name": "",
    "emails": [],
    "phones": [],
    "birthday_calendar": "gregorian",
    "external_ids": [],
    "is_do_not_greet": False,
}
_SOURCES = {"staff": "portal", "key": "api"}


def blank(scope: Scope, guest_id: str, *, source: str | None = None) -> Guest:
    """A guest of whom nothing is known yet."""
    return Guest(
        guest_key=scope.key(guest_id),
        source=source or _SOURCES.get(scope.actor.kind, "api"),
        created_at=scope.now,
        property_ids=set(),
    )


def read(scope: Scope, body: GuestFields, guest: Guest, *, under: ExternalKey | None = None) -> dict[str, Any]:
    """What `body` makes of `guest`, by attribute; `under` is a number that the guest has in any case.

    Raises Invalid with everything that is wrong.
    """
    faults = Faults()
    names = body.model_fields_set - _BESIDE
    wanted = {name: getattr(body, name) for name in sorted(names)}
    if is_new(guest) and under and under["property_id"]:
        wanted.setdefault("home_property_id", under["property_id"])
    changes: dict[str, Any] = {name: _EMPTY.get(name) if value is None else value for name, value in wanted.items()}
    home_id = changes["home_property_id"] = _home(scope, wanted, guest, faults)
    home = directory.find_property(scope, home_id) if home_id else None
    wished = wanted.get("external_ids") or []
    changes["external_ids"] = numbers_after(
        scope,
        guest.external_ids,
        [{"system": one.system, "property_id": one.property_id, "id": one.id} for one in wished],
        is_all="external_ids" in wanted,
        under=under,
        most=rules.EXTERNAL_IDS_MAX,
        faults=faults,
    )
    if wanted.get("phones"):
        country = home.country if home else changes.get("nationality") or guest.nationality
        changes["phones"] = _phones(wanted["phones"], country, faults)
    if "emails" in changes:
        changes["emails"] = rules.distinct(changes["emails"], text.email_key)
    if wanted.get("birth_date"):
        faults.read("/birth_date", rules.clean_birth_date, wanted["birth_date"], scope.now)
    if not (changes.get("language") or guest.language) or ("language" in wanted and wanted["language"] is None):
        changes["language"] = home.languages[0] if home else directory.chain_of(scope).default_language
    if not rules.has_name(changes.get("given_name", guest.given_name), changes.get("family_name", guest.family_name)):
        faults.add("/family_name", InvalidValue(N_("is needed where there is no given name")))
    if faults.errors:
        raise Invalid(errors=tuple(faults.errors))
    return changes


def is_new(guest: Guest) -> bool:
    """Whether the guest has never been stored."""
    return int(guest.version) == 0


def apply(guest: Guest, changes: Mapping[str, Any]) -> set[str]:
    """Put the changes into the record; answers the names of those that differ from before."""
    held = guest.attribute_values
    changed = {name for name, value in changes.items() if held.get(name) != value}
    guest.assign(**{name: changes[name] for name in changed})
    houses = rules.houses_of(guest.home_property_id, held["external_ids"])
    if not houses <= held["property_ids"]:
        guest.property_ids = held["property_ids"] | houses
    return changed


def statements(scope: Scope, consents: list[ConsentIn]) -> list[Statement]:
    """The consents of a body. Raises Invalid for one declared in the future."""
    faults = Faults()
    found = []
    for number, one in enumerate(consents):
        at = one.at and faults.read(f"/consents/{number}/at", rules.clean_declared_at, one.at, scope.now)
        found.append(Statement(one.purpose, one.channel, one.state, one.source, at or None))
    if faults.errors:
        raise Invalid(errors=tuple(faults.errors))
    return found


def declare(scope: Scope, guest: Guest, said: list[Statement], *, is_reported: bool) -> list[dict[str, str]]:
    """Let statements take effect on the record; answers those that did, for the guest's history.

    `is_reported`: a file or another system reports them, perhaps late, so that one without a time is no news.
    """
    consents = dict(guest.consents)
    changes: list[dict[str, str]] = []
    for one in said:
        current = consents.get(one.key)
        at = sortable(one.at) if one.at else None
        if is_reported or at is not None:
            takes_effect = rules.declared_before(current, one, at)
        else:
            takes_effect = rules.declared_now(current, one)
        if takes_effect:
            consents[one.key] = {"state": one.state, "source": one.source, "at": at or sortable(scope.now)}
            changes.append({"purpose": one.purpose, "channel": one.channel, **consents[one.key]})
    if changes:
        guest.consents = consents
    return changes


def numbers_after(
    scope: Scope,
    present: Iterable[ExternalKey],
    given: Iterable[ExternalKey],
    *,
    is_all: bool,
    most: int,
    faults: Faults,
    under: ExternalKey | None = None,
) -> list[ExternalKey]:
    """The external ids from now on: those given, and those that the caller does not see or may not touch.

    `is_all`: those given replace the caller's. `under` stays in any case.
    """
    kept = list(present)
    known = {rules.external_tuple(key) for key in kept}
    if is_all:
        kept = [key for key in kept if not _is_own(scope, key["property_id"])]
    added = list(given)
    for number, key in enumerate(added):
        pointer = f"/external_ids/{number}/property_id"
        if rules.external_tuple(key) in known:
            continue
        if key["property_id"] is not None and not _is_seen(scope, key["property_id"]):
            faults.add(pointer, InvalidValue(N_("is not one of your properties")))
        elif key["property_id"] is None and scope.property_ids is not None:
            faults.add(pointer, InvalidValue(N_("is needed: numbers of the whole chain are head office's")))
    always = [under] if under else []
    numbers = list({rules.external_tuple(key): key for key in [*kept, *always, *added]}.values())
    if len(numbers) > most:
        faults.add("/external_ids", InvalidValue(N_("would be more than %(limit)d"), limit=most))
    return numbers


# -- inside ------------------------------------------------------------------------------------------------


def _home(scope: Scope, wanted: Mapping[str, Any], guest: Guest, faults: Faults) -> str | None:
    """The house that looks after the guest from now on."""
    current: str | None = guest.home_property_id
    home_id: str | None = wanted.get("home_property_id", current)
    is_limited = scope.property_ids is not None
    if "home_property_id" not in wanted and is_new(guest) and len(scope.property_ids or ()) == 1:
        home_id = next(iter(scope.property_ids or ()))
    if is_limited and is_new(guest) and home_id is None:
        faults.add("/home_property_id", InvalidValue(N_("is needed: say for which of your properties")))
    if home_id == current:
        return current
    if current and not scope.sees_property(current):
        faults.add("/home_property_id", InvalidValue(N_("can only be changed by head office")))
    if home_id is not None and not _is_seen(scope, home_id):
        faults.add("/home_property_id", InvalidValue(N_("is not one of your properties")))
        return None
    return home_id


def _phones(written: list[str], country: str | None, faults: Faults) -> list[str]:
    read_ones = [
        faults.read(f"/phones/{number}", text.normalise_phone, phone, country) for number, phone in enumerate(written)
    ]
    return rules.distinct(phone for phone in read_ones if phone is not None)


def _is_own(scope: Scope, property_id: str | None) -> bool:
    """Whether the caller decides about numbers of this property, or of the chain for None."""
    return scope.property_ids is None if property_id is None else scope.sees_property(property_id)


def _is_seen(scope: Scope, property_id: str) -> bool:
    """Whether this is a property of the chain within the caller's wall."""
    return scope.sees_property(property_id) and directory.find_property(scope, property_id) is not None
