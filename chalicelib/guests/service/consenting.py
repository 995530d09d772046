"""Use-cases about consent: what the guest says, what holds, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.guests import rules
from chalicelib.guests.models import ConsentEntry, Guest
from chalicelib.guests.rules import Statement
from chalicelib.guests.service import families, particulars, writing
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.kernel.unit import Unit, retried

if TYPE_CHECKING:
    from chalicelib.guests.schemas import ConsentSettingIn


@dataclass(frozen=True)
class History:
    """Some declarations of a guest, the latest first."""

    entries: list[ConsentEntry]
    next: str | None


def set_consent(scope: Scope, guest_id: str, purpose: str, channel: str, body: ConsentSettingIn) -> Guest:
    """Note what the guest says about one consent. Saying the same again changes nothing.

    A statement older than what is known changes nothing either. Raises NotFound, also for a purpose or a channel
    that there is not, and Invalid for a time in the future.
    """
    if purpose not in rules.PURPOSES or channel not in rules.CHANNELS:
        raise NotFound()
    at = body.at
    if at is not None:
        try:
            at = rules.clean_declared_at(at, scope.now)
        except InvalidValue as reason:
            raise Invalid.field("/at", reason.reason) from None
    said = Statement(purpose, channel, body.state, body.source, at)
    return retried(lambda: _set(scope, guest_id, said))


def withdraw_consent(
    scope: Scope,
    unit: Unit,
    guest: Guest,
    purposes: Iterable[str],
    channel: str,
    source: str,
    asked_id: str | None = None,
) -> bool:
    """Let the guest deny purposes on a channel, in the caller's unit; whether that changes anything.

    `asked_id` is the id under which the guest says so, where it may be that of one who went into this guest.

    Raises Stale, when the unit is committed, if the guest has changed since it was read.
    """
    said = [Statement(one, channel, "denied", source) for one in purposes]
    news = [one for one in said if guest.consents.get(one.key, {}).get("state") != "denied"]
    return _declare(scope, unit, guest, news, families.source_of(guest, asked_id or str(guest.id)))


def consent_history(scope: Scope, guest_id: str, *, limit: int, after: str | None) -> tuple[Guest, History]:
    """A guest, whose record says what holds, and a page of what was declared. Raises NotFound, Malformed."""
    guest = get(scope, guest_id)
    purpose = f"consents|{guest.id}"
    key = cursor.decode(scope, purpose, after)
    before = key["entry_id"]["S"] if key else None
    found = [ConsentEntry.newest(scope, one, limit=limit + 1, before=before) for one in guest.ids]
    entries = sorted((entry for page in found for entry in page), key=lambda one: str(one.entry_id), reverse=True)
    shown = entries[:limit]
    following: Key | None = {"entry_id": {"S": str(shown[-1].entry_id)}} if len(entries) > limit else None
    return guest, History(shown, cursor.encode(scope, purpose, following))


# -- inside ------------------------------------------------------------------------------------------------


def _set(scope: Scope, guest_id: str, said: Statement) -> Guest:
    guest = get(scope, guest_id)
    unit = Unit(scope)
    if _declare(scope, unit, guest, [said], families.source_of(guest, guest_id)):
        unit.commit()
    return guest


def _declare(scope: Scope, unit: Unit, guest: Guest, said: list[Statement], source_id: str) -> bool:
    before = Footprint.of(guest)
    changes = particulars.declare(scope, guest, said, is_reported=False)
    if not changes:
        return False
    writing.stage_changed(unit, guest, before, source_id=source_id)
    by_source: dict[str, list[dict[str, str]]] = {}
    for one in changes:
        own_id = families.consent_source(scope, guest, source_id, one["channel"])
        by_source.setdefault(own_id, []).append(one)
    for own_id, told in by_source.items():
        writing.stage_consents(unit, guest, told, own_id)
    keys = ",".join(rules.consent_key(one["purpose"], one["channel"]) for one in changes)
    unit.audit("guest.consent_changed", guest.id, consents=keys, state=changes[0]["state"])
    writing.announce(unit, guest, {"consents"}, is_new=False)
    return True
