"""What the sources of a merged guest have said, kept up with every change of the guest. Only guests who have absorbed
somebody have a family; everybody else's changes cost nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.guests.models import FamilyRecord, Guest
from chalicelib.guests.rules import (
    EMAILS_MAX,
    EXTERNAL_IDS_MAX,
    PHONES_MAX,
    Statement,
    declared_before,
    merging,
    sources,
)
from chalicelib.guests.rules.merging import Family, State
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import FieldError, Invalid, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

TOO_MANY = N_("would be more than %(limit)d")
_LIMITS = {"emails": EMAILS_MAX, "phones": PHONES_MAX, "external_ids": EXTERNAL_IDS_MAX}


def source_of(guest: Guest, asked_id: str) -> str:
    """Under whose id something came that was said of the guest under `asked_id`."""
    return asked_id if asked_id in guest.ids else str(guest.id)


def stage_heard(
    unit: Unit, guest: Guest, before: State, source_id: str, said: Mapping[str, Any] | None = None
) -> None:
    """Let a change of a merged guest be remembered as its source's, in the caller's unit."""
    hear(unit.scope, guest, before, source_id, said)
    unit.update(_record(unit.scope, guest))


def hear(
    scope: Scope, guest: Guest, before: State, source_id: str, said: Mapping[str, Any] | None = None
) -> None:
    """The same in memory: several words of several sources are then written at once."""
    record = _record(scope, guest)
    family = record.family
    after = merging.state_of(guest.attribute_values)
    sources.heard(family, before, after, _known(family, source_id), instant(), said)
    record.keep(family)


def stage(unit: Unit, guest: Guest) -> None:
    """Write what was heard."""
    unit.update(_record(unit.scope, guest))


def stage_seen_at(unit: Unit, guest: Guest, property_id: str, source_id: str) -> None:
    """Let a house that knows a merged guest already know the source, too, in the caller's unit."""
    if see(unit.scope, guest, source_id, property_id):
        stage(unit, guest)


def see(scope: Scope, guest: Guest, source_id: str, property_id: str) -> bool:
    """The same in memory; whether it is news."""
    record = _record(scope, guest)
    family = record.family
    is_news = sources.seen_at(family, _known(family, source_id), property_id)
    record.keep(family)
    return is_news


def news_of(
    scope: Scope, guest: Guest, source_id: str, words: Mapping[str, Any], statements: Iterable[Statement]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of another system's words changes what a merged guest shows, and what changes of their source's own.

    Raises Invalid where the guest would have too many of something.
    """
    family = _record(scope, guest).family
    source_id = _known(family, source_id)
    view = merging.state_of(guest.attribute_values)
    changes, said = sources.news_of(family, source_id, view, words)
    for name, limit in _LIMITS.items():
        if len(changes.get(name, ())) > limit:
            raise Invalid(errors=(FieldError(f"/{name}", TOO_MANY, "invalid", {"limit": limit}),))
    own: dict[str, Any] = {}
    for one in statements:
        at = sortable(one.at) if one.at else None
        if declared_before(family.sources[source_id]["consents"].get(one.key), one, at):
            own[one.key] = {"state": one.state, "source": one.source, "at": at or sortable(scope.now)}
    return changes, {**said, "consents": own} if own else said


def own_lists(scope: Scope, guest: Guest, source_id: str) -> tuple[list[str], list[str]]:
    """The addresses and numbers that are a source's own."""
    family = _record(scope, guest).family
    own = family.sources[_known(family, source_id)]
    return list(own["emails"]), list(own["phones"])


def consent_source(scope: Scope, guest: Guest, source_id: str, channel: str) -> str:
    """Under whose id a consent is kept in the history: see `rules.sources.consent_source`."""
    if not guest.absorbed_ids:
        return str(guest.id)
    family = _record(scope, guest).family
    return sources.consent_source(family, _known(family, source_id), channel)[0]


def of(scope: Scope, guest: Guest) -> tuple[FamilyRecord | None, Family]:
    """A guest's family as it is stored, if it is; of one whom no merge has touched, what it would be."""
    if guest.absorbed_ids:
        record = _record(scope, guest)
        return record, record.family
    return None, Family.of_one(guest.id, merging.state_of(guest.attribute_values))


def instant() -> str:
    """When something was said, so that what came later is later on every clock."""
    return sortable(real_now())


def _record(scope: Scope, guest: Guest) -> FamilyRecord:
    """The record, read once for each guest read: two changes in one unit are then two changes of one record."""
    if guest.family_record is None:
        guest.family_record = FamilyRecord.one(scope, guest.id)
    if guest.family_record is None:
        raise Stale()  # the guest was read before somebody parted it
    record: FamilyRecord = guest.family_record
    return record


def _known(family: Family, source_id: str) -> str:
    return source_id if source_id in family.sources else family.root
