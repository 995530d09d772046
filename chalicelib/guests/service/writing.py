"""Everything that is written when a guest is: the record itself, and the rows by which it is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chalicelib.guests import rules
from chalicelib.guests.events import GUEST_CHANGED
from chalicelib.guests.kinds import HOUSES_KIND
from chalicelib.guests.models import ConsentEntry, ContactPoint, ExternalId, Guest, HouseGuest
from chalicelib.guests.rules import ExternalKey
from chalicelib.guests.rules.merging import State, state_of
from chalicelib.guests.service import families
from chalicelib.kernel import agenda, logs, text
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

log = logs.Log(__name__)
logs.allow((*rules.PURPOSES, *rules.CHANNELS))

# How many items the houses of a guest may take in one unit: beyond it, one of them is the agenda's item that writes
# the rows that are left. With every contact point and number replaced a change is 90 items, which a unit takes.
HOUSES_IN_UNIT_MAX = 6
HOUSES_OF_NEW_MAX = rules.EXTERNAL_IDS_MAX + 1  # a new guest replaces nothing, so there is room for all
SEEN_HOUSES_MAX = 2  # of being seen at a new house, which other contexts add to units of their own
HOUSES_AT_ONCE = 40  # of one step of the job that writes the others

Points = frozenset[tuple[str, str]]
Numbers = frozenset[tuple[str, str | None, str]]


class Footprint(NamedTuple):
    """The rows that a guest's state asks for. The difference of two is what a change has to write."""

    points: Points = frozenset()
    numbers: Numbers = frozenset()
    houses: frozenset[str] = frozenset()
    merged: State | None = None  # the particulars, of one who has absorbed others: the sources have to hear the change

    @classmethod
    def of(cls, guest: Guest) -> Footprint:
        """What the guest as it is now asks for."""
        values = guest.attribute_values
        emails = {("email", text.email_key(email)) for email in values["emails"]}
        phones = {("phone", phone) for phone in values["phones"]}
        numbers = {rules.external_tuple(key) for key in values["external_ids"]}
        merged = state_of(values) if values.get("absorbed_ids") else None
        return cls(frozenset(emails | phones), frozenset(numbers), frozenset(values["property_ids"]), merged)


NOTHING = Footprint()


def stage_new(
    unit: Unit, guest: Guest, *, houses_max: int = HOUSES_OF_NEW_MAX, under: ExternalKey | None = None
) -> None:
    """Add a new guest and its rows. Committing raises NumberTaken if a number of it is somebody's already.

    It raises Stale instead for the number `under` which the guest was looked for: somebody was faster.
    """
    index(unit, guest)
    unit.create(guest)
    _stage_rows(unit, guest, NOTHING, houses_max, under)


def stage_changed(
    unit: Unit,
    guest: Guest,
    before: Footprint,
    *,
    houses_max: int = HOUSES_IN_UNIT_MAX,
    source_id: str | None = None,
    said: Mapping[str, Any] | None = None,
) -> None:
    """Add a changed guest and the rows that come and go with the change.

    Of one who has absorbed others, `source_id` says under whose id the change came (by default the guest's own), and
    `said` what is that source's alone.
    """
    index(unit, guest)
    unit.update(guest)
    if before.merged is not None:
        houses_max -= 1  # the family is an item too
        families.stage_heard(unit, guest, before.merged, source_id or str(guest.id), said)
    _stage_rows(unit, guest, before, houses_max, None, source_id)


def stage_consents(
    unit: Unit, guest: Guest, changes: list[dict[str, str]], source_id: str | None = None
) -> ConsentEntry | None:
    """Add what was declared to the history of the guest, under the id under which it came. Answers the line, if any."""
    if not changes:
        return None
    entry = ConsentEntry.of(unit.scope, source_id or guest.id, changes)
    unit.put(entry)
    unit.after(lambda: _tell_withdrawn(unit.scope, str(guest.id), changes))
    return entry


def _tell_withdrawn(scope: Scope, guest_id: str, changes: list[dict[str, str]]) -> None:
    """A line for each consent withdrawn: a restore of older tables has to withdraw it again."""
    with logs.bound(chain=scope.chain_id):
        for one in changes:
            if one["state"] == "denied":
                log.info("consent_withdrawn", guest=guest_id, purpose=one["purpose"], channel=one["channel"])


def announce(unit: Unit, guest: Guest, fields: Iterable[str], *, is_new: bool) -> None:
    """Tell that a guest is new or has changed."""
    detail = {"fields": sorted(fields), "is_new": is_new}
    agenda.announce(unit, Event(GUEST_CHANGED, guest.id, int(guest.version), detail))


def note_seen_at(unit: Unit, guest: Guest, property_id: str, source_id: str | None = None) -> None:
    """Let a house know the guest, in the caller's unit: at most four items, and none if it does already.

    `source_id` is the id under which the guest was seen there: of one who was merged, another than the guest's own.
    Raises Stale, when the unit is committed, if the guest has changed since it was read.
    """
    if property_id in guest.property_ids:
        if guest.absorbed_ids:
            families.stage_seen_at(unit, guest, property_id, source_id or str(guest.id))
        return
    before = Footprint.of(guest)
    guest.property_ids = guest.property_ids | {property_id}
    stage_changed(unit, guest, before, houses_max=SEEN_HOUSES_MAX, source_id=source_id)


def arm_houses(unit: Unit, guest: Guest) -> None:
    """Let the agenda write the rows of the guest's houses, soon after the unit is committed."""
    agenda.arm(
        unit,
        subject_id=guest.id,
        kind=HOUSES_KIND,
        due_at=real_now(),
        is_recurring=True,
        is_nudged=True,
        in_real_time=True,
    )


def refresh_houses(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Write the rows of a guest's houses as the guest is now, some at a time."""
    guest = Guest.one(scope, work.subject_id)
    if guest is None or guest.merged_into:
        return Done()
    left = sorted(one for one in guest.property_ids if one > work.detail.get("after", ""))
    unit.unchanged(guest)
    for property_id in left[:HOUSES_AT_ONCE]:
        unit.put(HouseGuest.of(guest, property_id))
    if len(left) <= HOUSES_AT_ONCE:
        return Done()
    return Again(real_now(), detail={"after": left[HOUSES_AT_ONCE - 1]}, is_nudged=True)


def index(unit: Unit, guest: Guest) -> None:
    """Set what lists and names find the guest by, as it is from now on."""
    guest.index(unit.scope.now, *rules.name_keys(guest.given_name, guest.family_name))


# -- inside ------------------------------------------------------------------------------------------------


def _stage_rows(
    unit: Unit,
    guest: Guest,
    before: Footprint,
    houses_max: int,
    under: ExternalKey | None,
    source_id: str | None = None,
) -> None:
    scope, now = unit.scope, Footprint.of(guest)
    guest_id = guest.id
    sought = rules.external_tuple(under) if under else None
    for kind, value in sorted(before.points - now.points):
        unit.delete(ContactPoint.of(scope, kind, value, guest_id))
    for kind, value in sorted(now.points - before.points):
        unit.put(ContactPoint.of(scope, kind, value, guest_id))
    for key in before.numbers - now.numbers:
        unit.delete(ExternalId.of(scope, key, guest_id))
    for key in now.numbers - before.numbers:
        refusal = Stale() if key == sought else rules.NumberTaken()
        unit.create(ExternalId.of(scope, key, source_id or guest_id), refusal=refusal)
    houses = [*sorted(now.houses - before.houses), *sorted(now.houses & before.houses)]
    is_too_many = len(houses) > houses_max
    for property_id in houses[: houses_max - 1] if is_too_many else houses:
        unit.put(HouseGuest.of(guest, property_id))
    if is_too_many:
        arm_houses(unit, guest)
