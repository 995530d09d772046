"""A merge is undone: each gets back what was theirs, and what came since follows the id under which it came."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

from chalicelib.guests.events import GUESTS_PARTED
from chalicelib.guests.kinds import PART_KIND
from chalicelib.guests.models import ContactPoint, FamilyRecord, Guest, HouseGuest, Merge, PartedPair
from chalicelib.guests.rules import merging, parting
from chalicelib.guests.rules.merging import Family, NotMerged
from chalicelib.guests.rules.parting import Parted
from chalicelib.guests.service import families, holdings, writing
from chalicelib.guests.service.merging import ITEMS_FOR_ROWS, ROWS_AT_ONCE, require_wall, show, stage_rows, take_rows
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import agenda, text
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import FieldError, Invalid, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

PAIRS_MAX = 9  # of the two groups that part, the nearest first: each is an item


def part(scope: Scope, merge_id: str, reason: str = "") -> Merge:
    """Undo a merge, in whatever order merges were made; both guests are there again.

    Answers the merge: `parted` with its report, or `parting` where it takes more than one transaction. Doing it again
    answers the same. Raises NotFound, Forbidden, and NotMerged for a merge that was never done.
    """
    try:
        cleaned = text.clean_text(reason, merging.MERGE_REASON_LENGTH_MAX)
    except InvalidValue as fault:
        raise Invalid(errors=(FieldError("/reason", fault.reason, "invalid", fault.values),)) from None
    return retried(lambda: _part(scope, merge_id, cleaned))


def merge_of(scope: Scope, merge_id: str) -> Merge:
    """A merge. Raises NotFound, also for one of guests beyond the caller's wall."""
    record = Merge.one(scope, merge_id) if is_id(merge_id, "mrg") else None
    if record is None:
        raise NotFound()
    get(scope, record.survivor_id)
    if record.status == "parted":
        get(scope, str(record.absorbed_id))
    return record


def is_parted(scope: Scope, one_id: str, other_id: str) -> bool:
    """Whether two guests, or any who went into them, were merged once and have been parted."""
    found = Guest.many(scope, (one_id, other_id))
    ids, other_ids = (found[one].ids if one in found else [one] for one in (one_id, other_id))
    return PartedPair.any_of(scope, product(ids, other_ids))


def step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """The next step of an un-merge that takes more than one transaction; run by the agenda until it is done."""
    record = Merge.one(scope, work.subject_id)
    if record is None:
        return Done()
    survivor = Guest.one(scope, record.survivor_id)
    if record.status == "parting":
        return _prepare(scope, work, unit, record)
    if record.status != "parted" or survivor is None:
        return Done()
    gone = set(work.detail.get("houses", ())) - survivor.property_ids
    return take_rows(unit, survivor, gone)


# -- inside ------------------------------------------------------------------------------------------------


def _part(scope: Scope, merge_id: str, reason: str) -> Merge:
    record = merge_of(scope, merge_id)
    if record.status in ("parted", "parting"):
        return record
    if record.status != "merged":
        raise NotMerged()
    whole, family_record, family = _whole(scope, record)
    require_wall(scope, whole)
    view = merging.state_of(whole.attribute_values)
    parted = parting.part(family, view, str(record.absorbed_id))
    record.parting_reason, record.parted_by = reason, f"{scope.actor.kind}#{scope.actor.id}"
    unit = Unit(scope)
    leaver = _stage_decision(unit, record, whole, family_record, family, parted)
    gone = HouseGuest.present(whole, sorted(set(view["property_ids"]) - whole.property_ids))
    if unit.size + len(gone) + len(leaver.property_ids) <= ITEMS_FOR_ROWS:
        stage_rows(unit, leaver, sorted(leaver.property_ids), ITEMS_FOR_ROWS)
        stage_rows(unit, whole, [], ITEMS_FOR_ROWS - len(gone))
        for row in gone:
            unit.delete(row)
        unit.update(record)
        _note(unit, record)
        unit.commit()
        return record
    record = merge_of(scope, merge_id)
    record.status = "parting"
    record.parting_reason, record.parted_by = reason, f"{scope.actor.kind}#{scope.actor.id}"
    unit = Unit(scope)
    unit.update(record)
    _note(unit, record)
    agenda.arm(
        unit,
        subject_id=record.id,
        kind=PART_KIND,
        due_at=real_now(),
        is_recurring=True,
        is_nudged=True,
        in_real_time=True,
    )
    unit.commit()
    return record


def _whole(scope: Scope, record: Merge) -> tuple[Guest, FamilyRecord, Family]:
    """The guest who holds the two now: the survivor, or whom it has gone into since."""
    whole = get(scope, str(record.absorbed_id))
    family_record, family = families.of(scope, whole)
    edge = family.parents.get(str(record.absorbed_id))
    if family_record is None or edge is None or edge["merge_id"] != record.id:
        raise Stale()  # the merge was read before somebody undid it
    return whole, family_record, family


def _stage_decision(
    unit: Unit, record: Merge, whole: Guest, family_record: FamilyRecord, family: Family, parted: Parted
) -> Guest:
    """Add the decision itself to the unit, but for the rows of houses; answers the guest who is there again."""
    scope, ids = unit.scope, list(parted.leaving_family.sources)
    everybody = Guest.many(scope, ids)
    if set(everybody) != set(ids) or any(one.merged_into != whole.id for one in everybody.values()):
        raise Stale()  # somebody merged or parted them between the reads
    leaver = everybody[str(record.absorbed_id)]
    before = Footprint.of(whole)
    fields = show(whole, parted.staying)
    show(leaver, parted.leaving)
    whole.absorbed_ids = [one for one in whole.absorbed_ids or () if one not in ids] or None
    leaver.absorbed_ids = [one for one in ids if one != leaver.id] or None
    leaver.merged_into = None
    for one_id, one in everybody.items():
        if one_id != leaver.id:
            one.merged_into = leaver.id
            unit.update(one)
    for guest in (whole, leaver):
        writing.index(unit, guest)
        unit.update(guest)
    _keep_families(unit, family_record, parted)
    here, there = Footprint.of(whole).points, Footprint.of(leaver).points
    for kind, value in sorted(before.points - here):
        unit.delete(ContactPoint.of(scope, kind, value, whole.id))
    for kind, value in sorted(there):
        unit.put(ContactPoint.of(scope, kind, value, leaver.id))
    for guest, carried in ((leaver, parted.carried), (whole, parted.carried_back)):
        changes = [_declared(key, one) for key, one in carried.items()]
        writing.stage_consents(unit, guest, changes)
    for pair in _pairs(list(parted.staying_family.sources), ids, record):
        unit.put(PartedPair.of(scope, *pair, record.id))
    record.status, record.parted_at = "parted", sortable(scope.now)
    record.report = [
        *(line.as_dict() for line in parted.lines),
        *holdings.lines(scope, parted.staying_family.sources, whole, str(record.merged_at)),
        *holdings.lines(scope, parted.leaving_family.sources, leaver, str(record.merged_at)),
    ]
    detail = {"absorbed_id": str(leaver.id), "merge_id": record.id}
    agenda.announce(unit, Event(GUESTS_PARTED, whole.id, int(whole.version), detail))
    writing.announce(unit, whole, fields | {"absorbed_ids"}, is_new=False)
    writing.announce(unit, leaver, {*merging.FIELDS, "absorbed_ids"}, is_new=False)
    return leaver


def _keep_families(unit: Unit, record: FamilyRecord, parted: Parted) -> None:
    """A family of one is none."""
    if len(parted.staying_family.sources) > 1:
        record.keep(parted.staying_family)
        unit.update(record)
    else:
        unit.delete(record)
    if len(parted.leaving_family.sources) > 1:
        family = parted.leaving_family
        unit.put(FamilyRecord(guest_key=unit.scope.key(family.root), content=family.content(), version=1))


def _pairs(staying: list[str], leaving: list[str], record: Merge) -> Iterable[tuple[str, str]]:
    nearest = (record.survivor_id, str(record.absorbed_id))
    others = [pair for pair in product(staying, leaving) if pair != nearest]
    return [nearest, *others][:PAIRS_MAX]


def _declared(key: str, consent: dict[str, Any]) -> dict[str, str]:
    purpose, channel = key.split(":", 1)
    return {"purpose": purpose, "channel": channel, **consent}


def _note(unit: Unit, record: Merge) -> None:
    unit.audit("guest.parted", record.survivor_id, absorbed_id=str(record.absorbed_id), merge_id=record.id)
    unit.audit("guest.restored", str(record.absorbed_id), survivor_id=record.survivor_id, merge_id=record.id)


def _prepare(scope: Scope, work: Work, unit: Unit, record: Merge) -> Again | Done:
    """Write the rows of the one who comes back, whom nobody sees yet, and then decide."""
    whole, family_record, family = _whole(scope, record)
    view = merging.state_of(whole.attribute_values)
    parted = parting.part(family, view, str(record.absorbed_id))
    left = [one for one in parted.leaving["property_ids"] if one > work.detail.get("after", "")]
    if left:
        tombstone = Guest.one(scope, str(record.absorbed_id))
        if tombstone is None:
            return Done()
        unit.unchanged(tombstone)
        show(tombstone, parted.leaving)
        writing.index(unit, tombstone)  # in memory, for the rows
        for property_id in left[:ROWS_AT_ONCE]:
            unit.put(HouseGuest.of(tombstone, property_id))
        return Again(real_now(), detail={"after": left[:ROWS_AT_ONCE][-1]}, is_nudged=True)
    leaver = _stage_decision(unit, record, whole, family_record, family, parted)
    writing.arm_houses(unit, whole)
    writing.arm_houses(unit, leaver)
    unit.update(record)
    return Again(real_now(), detail={"houses": view["property_ids"]}, is_nudged=True)
