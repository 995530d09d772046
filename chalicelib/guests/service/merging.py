"""Two guests become one: seen beforehand, decided in one transaction, prepared and tidied up in bounded steps.

The rows by which houses list a guest may be more than one transaction takes. Then the survivor's rows at the other
one's houses are written first, which nobody sees, because the survivor's record does not name those houses; after the
decision the other one's rows are taken away, which nobody sees either, because they lead to somebody who is merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.guests.events import GUESTS_MERGED
from chalicelib.guests.kinds import MERGE_KIND
from chalicelib.guests.models import ContactPoint, FamilyRecord, Guest, HouseGuest, Merge
from chalicelib.guests.rules import merging
from chalicelib.guests.rules.merging import (
    ABSORBED_MAX,
    FAMILY_BYTES_MAX,
    GROUPS,
    AlreadyMerged,
    Family,
    State,
    TooManyAbsorbed,
    TooManyParticulars,
    Union,
)
from chalicelib.guests.service import families, writing
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import agenda, text
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError, Forbidden, Invalid, Refusal, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

ITEMS_FOR_ROWS = 84  # of a decision, rows of houses included: the rest is for events, the agenda and the log
ROWS_AT_ONCE = 40  # of one step before or after the decision


@dataclass(frozen=True)
class Pair:
    """Two guests as they are, their families, and what they would be together."""

    survivor: Guest
    absorbed: Guest
    survivor_record: FamilyRecord | None
    absorbed_record: FamilyRecord | None
    survivor_family: Family
    absorbed_family: Family
    union: Union


# -- use-cases ---------------------------------------------------------------------------------------------


def merge(
    scope: Scope,
    survivor_id: str,
    absorbed_id: str,
    choices: Mapping[str, str] | None = None,
    reason: str = "",
    *,
    evidence: Mapping[str, Any] | None = None,
    survivor_version: int | None = None,
    absorbed_version: int | None = None,
    id: str | None = None,
) -> Merge:
    """Let one guest go into another. `choices` names the groups of fields whose word is the absorbed one's.

    Answers the merge: `merged`, or `preparing` where it takes more than one transaction. The same again answers the
    merge that there is. Raises NotFound, Invalid, Forbidden for a pair that belongs to head office, AlreadyMerged,
    TooManyAbsorbed, TooManyParticulars, and Stale if one of the two is not in the version given.
    """
    wanted = choices_of(choices or {})
    cleaned = _clean_reason(reason)
    is_versioned = survivor_version is not None or absorbed_version is not None
    made_id = id or new_id("mrg")

    def attempt() -> Merge:
        known = _already(scope, survivor_id, absorbed_id)
        if known is not None:
            return known
        pair = pair_of(scope, survivor_id, absorbed_id, wanted)
        if survivor_version not in (None, pair.survivor.version) or absorbed_version not in (
            None,
            pair.absorbed.version,
        ):
            raise Stale()
        check(pair)
        record = Merge(
            merge_key=scope.key(made_id),
            merge_id=made_id,
            survivor_key=scope.key(survivor_id),
            absorbed_id=absorbed_id,
            choices=wanted,
            reason=cleaned,
            evidence=dict(evidence) if evidence else None,
            survivor_version=int(pair.survivor.version),
            absorbed_version=int(pair.absorbed.version),
            actor_kind=scope.actor.kind,
            actor_id=scope.actor.id,
            created_at=sortable(scope.now),
        )
        return _decide_or_prepare(scope, record, pair)

    return attempt() if is_versioned else retried(attempt)


def pair_of(scope: Scope, survivor_id: str, absorbed_id: str, choices: Mapping[str, str]) -> Pair:
    """The two guests and what they would be together. Raises NotFound, Invalid, Forbidden, AlreadyMerged."""
    if survivor_id == absorbed_id:
        raise Invalid.field("/absorbed_id", N_("Name two guests."))
    survivor, absorbed = get(scope, survivor_id), get(scope, absorbed_id)
    for asked_id, guest in ((survivor_id, survivor), (absorbed_id, absorbed)):
        if guest.id != asked_id:
            raise AlreadyMerged(
                N_("%(guest)s is part of %(survivor)s."), values={"guest": asked_id, "survivor": str(guest.id)}
            )
    require_wall(scope, survivor, absorbed)
    survivor_record, survivor_family = families.of(scope, survivor)
    absorbed_record, absorbed_family = families.of(scope, absorbed)
    union = merging.united(
        merging.state_of(survivor.attribute_values), merging.state_of(absorbed.attribute_values), choices
    )  # fmt: skip
    return Pair(
        survivor, absorbed, survivor_record, absorbed_record, survivor_family, absorbed_family, union
    )  # fmt: skip


def require_wall(scope: Scope, *guests: Guest) -> None:
    """Raise Forbidden if a house beyond the caller's wall knows one of the guests: that is head office's affair."""
    houses = {house for guest in guests for house in guest.property_ids}
    if scope.property_ids is not None and not houses <= scope.property_ids:
        raise Forbidden(N_("Other properties know these guests, too: merging them belongs to head office."))


def check(pair: Pair) -> None:
    """Raise what forbids the merge: TooManyAbsorbed, TooManyParticulars."""
    if len(pair.survivor.ids) + len(pair.absorbed.ids) - 1 > ABSORBED_MAX:
        raise TooManyAbsorbed(
            N_("One guest can hold at most %(limit)d others."), values={"limit": ABSORBED_MAX}
        )  # fmt: skip
    if pair.union.too_many:
        raise TooManyParticulars(errors=tuple(
            FieldError(f"/{name}", N_("would be %(count)d, and may be %(limit)d: remove some first"), "too_many",
                       {"count": count, "limit": limit})
            for name, (count, limit) in pair.union.too_many.items()
        ))  # fmt: skip
    said = {**pair.survivor_family.sources, **pair.absorbed_family.sources}
    if len(repr(said)) > FAMILY_BYTES_MAX:
        raise TooManyParticulars(N_("What is known of the two together is more than one record holds."))


def step(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """The next step of a merge that takes more than one transaction; run by the agenda until it is done."""
    record = Merge.one(scope, work.subject_id)
    if record is None:
        return Done()
    if record.status == "preparing":
        return _prepare(scope, work, unit, record)
    if record.status == "merged":
        return _tidy(scope, unit, record)
    return _take_back(scope, unit, record)


# -- the decision ------------------------------------------------------------------------------------------


def _decide_or_prepare(scope: Scope, record: Merge, pair: Pair) -> Merge:
    unit = Unit(scope)
    new_houses = sorted(pair.absorbed.property_ids - pair.survivor.property_ids)
    old_rows = HouseGuest.present(pair.absorbed, pair.absorbed.property_ids)
    stage_decision(unit, record, pair)
    if unit.size + len(new_houses) + len(old_rows) <= ITEMS_FOR_ROWS:
        stage_rows(unit, pair.survivor, new_houses, ITEMS_FOR_ROWS - len(old_rows))
        for row in old_rows:
            unit.delete(row)
        unit.create(record)
        _note_requested(unit, record)
        unit.commit()
        return record
    unit = Unit(scope)
    record.status, record.merged_at = "preparing", None
    unit.create(record)
    _arm(unit, record)
    _note_requested(unit, record)
    unit.commit()
    return record


def stage_decision(unit: Unit, record: Merge, pair: Pair) -> None:
    """Add the decision itself to the unit: from its commit on there is one guest.

    The rows of houses are the caller's; those that the survivor has already are brought up to date by the agenda.
    """
    scope = unit.scope
    survivor, absorbed = pair.survivor, pair.absorbed
    before, before_absorbed = Footprint.of(survivor), Footprint.of(absorbed)
    at = families.instant()
    family = merging.adopt(pair.survivor_family, pair.absorbed_family, pair.union.chosen, record.id, at)
    fields = show(survivor, pair.union.view)
    if set(survivor.ids) & set(absorbed.ids):
        raise Stale()
    survivor.absorbed_ids = [*(survivor.absorbed_ids or []), *absorbed.ids]
    for one in Guest.many(scope, absorbed.ids[1:]).values():
        if one.merged_into != absorbed.id:
            raise Stale()  # somebody merged or parted them between the reads
        one.merged_into = survivor.id
        unit.update(one)
    absorbed.assign(merged_into=str(survivor.id))
    absorbed.absorbed_ids = None
    absorbed.unlist()
    absorbed.updated_at = scope.now
    writing.index(unit, survivor)
    unit.update(survivor)
    unit.update(absorbed)
    _keep_family(unit, pair, family)
    for kind, value in sorted(before_absorbed.points):
        unit.delete(ContactPoint.of(scope, kind, value, absorbed.id))
    for kind, value in sorted(Footprint.of(survivor).points - before.points):
        unit.put(ContactPoint.of(scope, kind, value, survivor.id))
    record.status, record.merged_at = "merged", sortable(scope.now)
    detail = {"absorbed_id": str(absorbed.id), "merge_id": record.id}
    agenda.announce(unit, Event(GUESTS_MERGED, survivor.id, int(survivor.version), detail))
    writing.announce(unit, survivor, fields | {"absorbed_ids"}, is_new=False)


def stage_rows(unit: Unit, guest: Guest, new_houses: list[str], items_max: int) -> None:
    """Write the rows of a guest at new houses now, and at the others too, or soon where there is no room for them."""
    others = sorted(guest.property_ids - set(new_houses))
    has_room = unit.size + len(new_houses) + len(others) <= items_max
    for property_id in [*new_houses, *others] if has_room else new_houses:
        unit.put(HouseGuest.of(guest, property_id))
    if others and not has_room:
        writing.arm_houses(unit, guest)


def show(guest: Guest, view: State) -> set[str]:
    """Let the guest's record show particulars; the names of those that differ from before."""
    before = merging.state_of(guest.attribute_values)
    for names in GROUPS.values():
        guest.assign(**{name: view[name] for name in names})
    guest.emails, guest.phones = list(view["emails"]), list(view["phones"])
    guest.external_ids = list(view["external_ids"])
    guest.property_ids = set(view["property_ids"])
    guest.consents = dict(view["consents"])
    guest.is_do_not_greet = bool(view["is_do_not_greet"])
    return {name for name in merging.FIELDS if before[name] != view[name]}


def _keep_family(unit: Unit, pair: Pair, family: Family) -> None:
    if pair.absorbed_record is not None:
        unit.delete(pair.absorbed_record)
    if pair.survivor_record is not None:
        pair.survivor_record.keep(family)
        unit.update(pair.survivor_record)
    else:
        unit.create(
            FamilyRecord(guest_key=unit.scope.key(family.root), content=family.content()), refusal=Stale()
        )  # fmt: skip


def _note_requested(unit: Unit, record: Merge) -> None:
    """A line in the log of each of the two."""
    unit.audit("guest.merged", record.survivor_id, absorbed_id=str(record.absorbed_id), merge_id=record.id)
    unit.audit("guest.absorbed", str(record.absorbed_id), survivor_id=record.survivor_id, merge_id=record.id)


# -- steps -------------------------------------------------------------------------------------------------


def _prepare(scope: Scope, work: Work, unit: Unit, record: Merge) -> Again | Done:
    """Write the survivor's rows at houses that only the other one knows, and then decide."""
    try:
        pair = pair_of(scope, record.survivor_id, str(record.absorbed_id), record.choices)
        check(pair)
        _require_versions(record, pair)
    except Refusal as refusal:
        return _refuse(unit, record, refusal.type)
    left = sorted(pair.absorbed.property_ids - pair.survivor.property_ids)
    left = [one for one in left if one > work.detail.get("after", "")]
    if left:
        unit.unchanged(pair.survivor)
        for property_id in left[:ROWS_AT_ONCE]:
            unit.put(HouseGuest.of(pair.survivor, property_id))
        return Again(real_now(), detail={"after": left[:ROWS_AT_ONCE][-1]}, is_nudged=True)
    stage_decision(unit, record, pair)
    writing.arm_houses(unit, pair.survivor)
    unit.update(record)
    return Again(real_now(), detail={}, is_nudged=True)


def _require_versions(record: Merge, pair: Pair) -> None:
    """Raise Stale if what was decided about is not what there is."""
    if (record.survivor_version, record.absorbed_version) != (pair.survivor.version, pair.absorbed.version):
        raise Stale()


def _refuse(unit: Unit, record: Merge, reason: str) -> Again | Done:
    record.status, record.refusal = "refused", reason
    unit.update(record)
    return Again(real_now(), detail={}, is_nudged=True)


def _tidy(scope: Scope, unit: Unit, record: Merge) -> Again | Done:
    """Take the rows away by which houses would list somebody who is merged."""
    absorbed = Guest.one(scope, str(record.absorbed_id))
    if absorbed is None or not absorbed.merged_into:
        return Done()
    return take_rows(unit, absorbed, absorbed.property_ids)


def _take_back(scope: Scope, unit: Unit, record: Merge) -> Again | Done:
    """Take away what was prepared for a merge that could not be done."""
    survivor = Guest.one(scope, record.survivor_id)
    absorbed = Guest.one(scope, str(record.absorbed_id))
    if record.status != "refused" or survivor is None or absorbed is None:
        return Done()
    return take_rows(unit, survivor, absorbed.property_ids - survivor.property_ids)


def take_rows(unit: Unit, guest: Guest, property_ids: set[str]) -> Again | Done:
    """Take away some rows of a guest at houses; again until there are none."""
    rows = HouseGuest.present(guest, sorted(property_ids))
    if not rows:
        return Done()
    unit.unchanged(guest)
    for row in rows[:ROWS_AT_ONCE]:
        unit.delete(row)
    return Done() if len(rows) <= ROWS_AT_ONCE else Again(real_now(), is_nudged=True)


def _arm(unit: Unit, record: Merge) -> None:
    agenda.arm(
        unit,
        subject_id=record.id,
        kind=MERGE_KIND,
        due_at=real_now(),
        is_recurring=True,
        is_nudged=True,
        in_real_time=True,
    )


# -- inside ------------------------------------------------------------------------------------------------


def _already(scope: Scope, survivor_id: str, absorbed_id: str) -> Merge | None:
    """The merge that has done this before, if it holds."""
    survivor = get(scope, survivor_id)
    if survivor.id != survivor_id or absorbed_id not in (survivor.absorbed_ids or ()):
        return None
    edge = families.of(scope, survivor)[1].parents[absorbed_id]
    return Merge.one(scope, str(edge["merge_id"])) if edge["into"] == survivor_id else None


def choices_of(choices: Mapping[str, str]) -> dict[str, str]:
    """The choices, of which each is one that there is. Raises Invalid."""
    wrong = [
        FieldError(f"/choices/{group}", N_("There is no such choice."), "unknown")
        for group, side in choices.items()
        if group not in GROUPS or side not in merging.SIDES
    ]
    if wrong:
        raise Invalid(errors=tuple(wrong))
    return dict(choices)


def _clean_reason(reason: str) -> str:
    try:
        return text.clean_text(reason, merging.MERGE_REASON_LENGTH_MAX)
    except InvalidValue as fault:
        raise Invalid(errors=(FieldError("/reason", fault.reason, "invalid", fault.values),)) from None
