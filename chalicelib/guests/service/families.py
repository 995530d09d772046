"""What the sources of a merged guest have said, kept up with every change of the guest. Only guests who have absorbed
somebody have a family; everybody else's changes cost nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.guests.models import FamilyRecord, Guest
from chalicelib.guests.rules import merging
from chalicelib.guests.rules.merging import Family, State
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


def source_of(guest: Guest, asked_id: str) -> str:
    """Under whose id something came that was said of the guest under `asked_id`."""
    return asked_id if asked_id in guest.ids else str(guest.id)


def stage_heard(
    unit: Unit, guest: Guest, before: State, source_id: str, said: Mapping[str, list[Any]] | None = None
) -> None:
    """Let a change of a merged guest be remembered as its source's, in the caller's unit."""
    hear(unit.scope, guest, before, source_id, said)
    unit.update(_record(unit.scope, guest))


def hear(
    scope: Scope, guest: Guest, before: State, source_id: str, said: Mapping[str, list[Any]] | None = None
) -> None:
    """The same in memory: several words of several sources are then written at once."""
    record = _record(scope, guest)
    family = record.family
    after = merging.state_of(guest.attribute_values)
    merging.heard(family, before, after, _known(family, source_id), instant(), said)
    record.keep(family)


def stage(unit: Unit, guest: Guest) -> None:
    """Write what was heard."""
    unit.update(_record(unit.scope, guest))


def stage_seen_at(unit: Unit, guest: Guest, property_id: str, source_id: str) -> None:
    """Let a house that knows a merged guest already be known as one of a source's, too."""
    record = _record(unit.scope, guest)
    family = record.family
    if merging.seen_at(family, _known(family, source_id), property_id):
        record.keep(family)
        unit.update(record)


def news_of(
    scope: Scope, guest: Guest, source_id: str, words: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of another system's words changes the guest, and the lists that are its source's own from now on."""
    if not guest.absorbed_ids:
        return dict(words), {}
    view = merging.state_of(guest.attribute_values)
    known = {name: value for name, value in words.items() if name in merging.FIELDS}
    family = _record(scope, guest).family
    changes, said = merging.news_of(family, _known(family, source_id), view, known)
    return {**{name: value for name, value in words.items() if name not in known}, **changes}, said


def consent_source(scope: Scope, guest: Guest, source_id: str, channel: str) -> str:
    """Under whose id a consent is kept in the history: see `rules.merging.consent_source`."""
    if not guest.absorbed_ids:
        return str(guest.id)
    family = _record(scope, guest).family
    return merging.consent_source(family, _known(family, source_id), channel)[0]


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
