"""A guest's own days and festivals, as they have told them: read, replaced, put on the agenda."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.kernel.calendars import BirthdayCalendar, CalendarNotSupported, birthday_year, local_day
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, Invalid, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import kinds
from chalicelib.outreach.models.days import GuestDays, OwnDay
from chalicelib.outreach.service import keeping


@dataclass(frozen=True)
class Told:
    """A day as it is told, without an id."""

    name: str
    date: date
    calendar: BirthdayCalendar


def days_of(scope: Scope, guest_id: str) -> GuestDays:
    """What a guest has told. Raises NotFound beyond the wall."""
    return GuestDays.of_ids(scope, guests.get(scope, guest_id).ids)


def tell_days(
    scope: Scope, guest_id: str, told: Sequence[Told], festivals: Collection[str], *, seen: int | None = None
) -> GuestDays:
    """Replace what a guest has told, and arm what follows from it. Raises NotFound, Invalid, and Conflict if `seen`,
    the version that the caller has looked at, is no longer what is known.

    A day keeps its id, and with it what was greeted this year, as long as its name or its date is the same.
    """
    _check(scope, told)

    def attempt() -> GuestDays:
        guest = guests.get(scope, guest_id)
        record = GuestDays.of_ids(scope, guest.ids)
        before = {keeping.own_name(one) for one in record.own_days}
        days = _identified(told, record.own_days)
        stored = [{**one._asdict(), "date": one.date.isoformat()} for one in days]
        if stored == record.days and set(festivals) == set(record.chosen):
            return record
        if seen is not None and seen != int(record.version):
            raise Conflict(N_("Somebody has changed these days meanwhile: look at them first."))
        record.days, record.festivals = stored, set(festivals) or None
        record.updated_at = sortable(scope.now)
        unit = Unit(scope)
        if int(record.version):
            unit.update(record)
        else:
            unit.create(record, refusal=Stale())
        for other in [one for guest_id in guest.ids[1:] if (one := GuestDays.find(scope.key(guest_id))) is not None]:
            other.days, other.festivals = [], None  # told before a merge, and now told anew
            unit.update(other)
        guests.check_unchanged(unit, guest, Stale())
        for name in before - {keeping.own_name(one) for one in days}:
            agenda.disarm(unit, subject_id=guest.id, kind=kinds.KEEP, occurrence=name)
        keeping.arm_told(scope, unit, guest, record)
        unit.audit("guest.special_days_set", guest.id, count=len(days), festivals=len(record.chosen))
        unit.commit()
        return record

    return retried(attempt)


def _identified(told: Sequence[Told], known: Sequence[OwnDay]) -> list[OwnDay]:
    free = list(known)
    found: list[OwnDay | None] = [None] * len(told)
    tests = (
        lambda day, one: (day.name, day.date, day.calendar) == (one.name, one.date, one.calendar),
        lambda day, one: day.name == one.name,
        lambda day, one: (day.date, day.calendar) == (one.date, one.calendar),
    )
    for is_same in tests:
        for place, one in enumerate(told):
            match = next((day for day in free if is_same(day, one)), None) if found[place] is None else None
            if match is not None:
                free.remove(match)
                found[place] = OwnDay(match.id, one.name, one.date, one.calendar)
    return [
        day or OwnDay(new_id("day"), one.name, one.date, one.calendar) for day, one in zip(found, told, strict=True)
    ]


def _check(scope: Scope, told: Sequence[Told]) -> None:
    today = local_day(scope.now, str(directory.chain_of(scope).time_zone))
    for place, one in enumerate(told):
        if one.date > today:
            raise Invalid.field(f"/days/{place}/date", N_("This day is still to come: tell when it first was."))
        try:
            birthday_year(one.date, one.calendar)
        except CalendarNotSupported:
            raise Invalid.field(f"/days/{place}/date", N_("The lunar calendar is known from 1900 on.")) from None
