"""What API and imports have in common: a stay's house, hearing words, and the writes that follow."""

from __future__ import annotations

from datetime import time

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.stays import rules
from chalicelib.stays.models import NO_ROOM, Stay, StayPointer, change_key_of
from chalicelib.stays.rules import Moment, Outcome, Source, State, Told


@dataclass(frozen=True)
class House:
    """What has to be known of the property at which a stay is."""

    property_id: str
    currency: str
    moment: Moment


@dataclass
class Draft:
    """One stay in the course of a unit: what is stored of it, and where the words heard so far leave it.

    Words are folded in memory and written once, so that a stay that is told of twice in one unit comes out right.
    """

    property_id: str
    external_id: str | None = None
    stay: Stay | None = None
    new_id: str | None = None
    before: State | None = None
    after: State | None = None
    has_news: bool = False

    @classmethod
    def of(cls, stay: Stay) -> Draft:
        """The draft of a stored stay."""
        state = stay.state()
        return cls(stay.property_id, stay.external_id, stay, None, state, state)

    @property
    def stay_id(self) -> str:
        """The stay's id, given at the latest now."""
        if self.stay is not None:
            return str(self.stay.id)
        self.new_id = self.new_id or new_id("sty")
        return self.new_id

    @property
    def is_changed(self) -> bool:
        """Whether there is something to write."""
        return self.after is not None and self.after != self.before

    @property
    def is_told_otherwise(self) -> bool:
        """Whether what is said of the stay has changed, not only which word said it."""
        return self.after is not None and (self.before is None or self.before.told != self.after.told)

    def hear(self, told: Told, source: Source | None, moment: Moment) -> Outcome:
        """Take in one word and answer what it did. Raises InvalidValue for one that cannot be put in order."""
        former = self.after
        self.after, outcome = rules.hear(former, told, source, moment)
        self.has_news |= rules.is_news(former, self.after, is_import=moment.is_import)
        return outcome


def house_of(scope: Scope, property_id: str, *, is_import: bool = False) -> House:
    """The house of a property that the caller sees. Raises NotFound."""
    house = directory.property_of(scope, property_id)
    moment = Moment(
        now=scope.now,
        today=local_day(scope.now, str(directory.chain_of(scope).time_zone)),
        time_zone=str(house.time_zone),
        close=time.fromisoformat(str(house.business_day_close)),
        is_import=is_import,
    )
    return House(str(house.id), str(house.currency), moment)


def stage(unit: Unit, draft: Draft, guest: guests.Guest | None = None) -> Stay:
    """Add a draft's writes to the unit: the stay, its pointers, and that the guest is known at the house.

    `guest` is to be given for a new stay, and for one that moves to a guest, unless the house is known to know the
    guest. A stay that somebody else writes at the same moment makes the unit Stale: read again and decide again.
    """
    state = _needed(draft.after)
    if guest is not None:
        guests.note_seen_at(unit, guest, draft.property_id, state.told.guest_id)
    if draft.stay is None:
        return _create(unit, draft, state)
    if draft.stay.guest_id != state.told.guest_id:
        return _move(unit, draft.stay, state)
    _fill(draft.stay, state, unit.scope)
    unit.update(draft.stay)
    return draft.stay


def _needed(state: State | None) -> State:
    if state is None:
        raise ValueError("nothing has been told of this stay")
    return state


def _create(unit: Unit, draft: Draft, state: State) -> Stay:
    stay = Stay(
        guest_key=unit.scope.key(state.told.guest_id),
        id=draft.stay_id,
        property_key=unit.scope.key(draft.property_id),
        external_id=draft.external_id,
        created_at=unit.scope.now,
    )
    _fill(stay, state, unit.scope)
    unit.create(stay, refusal=Stale())
    for pointer in StayPointer.pair(unit.scope, stay):
        unit.create(pointer, refusal=Stale())
    return stay


def _move(unit: Unit, stay: Stay, state: State) -> Stay:
    """A stay lies with its guest, so that another guest means another place; id and version go along."""
    scope = unit.scope
    moved = Stay(
        guest_key=scope.key(state.told.guest_id),
        id=stay.id,
        property_key=stay.property_key,
        external_id=stay.external_id,
        created_at=stay.created_at,
        version=int(stay.version) + 1,
    )
    _fill(moved, state, scope)
    unit.delete(stay)
    unit.replace(moved, "attribute_not_exists(guest_key)", {}, refusal=Stale())
    for pointer in StayPointer.pair(scope, moved):
        unit.put(pointer)
    return moved


def _fill(stay: Stay, state: State, scope: Scope) -> None:
    """Write a state into a record, with everything that is reckoned from it."""
    told, source = state.told, state.source
    is_in_house = told.status == "in_house"
    rate = {"amount": told.rate_amount, "currency": told.rate_currency} if told.rate_amount is not None else None
    stay_id = str(stay.id)
    stay.assign(
        status=told.status,
        arrival=told.arrival,
        departure=told.departure,
        nights=rules.nights(told.arrival, told.departure),
        currency=told.currency,
        room_type=told.room_type,
        room_number=told.room_number,
        rate_plan=told.rate_plan,
        channel=told.channel,
        segment=told.segment,
        rate=rate,
        adults=told.adults,
        children=told.children,
        booked_on=told.booked_on,
        room_ready_at=told.room_ready_at,
        revenue_lines=[line.as_dict() for line in told.revenue_lines],
        revenue_total=rules.revenue_total(told.revenue_lines),
        source_system=source.system if source else None,
        source_version=source.version if source else None,
        source_updated_at=source.updated_at if source else None,
        is_history=state.is_history,
        checked_out_at=state.checked_out_at,
        in_house_key=stay.property_key if is_in_house else None,
        room_order=f"{told.room_number or NO_ROOM}#{stay_id}" if is_in_house else None,
        change_key=change_key_of(scope, stay_id),
        change_order=f"{sortable(scope.now)}#{stay_id}",
    )
