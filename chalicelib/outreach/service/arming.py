"""Puts occasions on the agenda when what they depend on has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import birthday_year, local_day
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules import timing
from chalicelib.outreach.rules.timing import Due
from chalicelib.outreach.service import keeping, planning, policies
from chalicelib.outreach.service.placing import zones_of
from chalicelib.stays import service as stays

# What moves a birthday's instant; anything else matters only on the day itself, when a skip may be decided anew.
MOVES_BIRTHDAY = frozenset({"birth_date", "birthday_calendar", "time_zone", "home_property_id", "external_ids"})
CORRECTS_BIRTHDAY = frozenset({"birth_date", "birthday_calendar"})
REARMED_AT_ONCE = 10  # a transaction takes ninety items, and a guest has up to eight days that are kept
# What moves the birthdays of all guests of a chain, or of a property.
MOVES_CHAIN = frozenset({"greeting_hour", "leap_rule", "time_zone"})
MOVES_PROPERTY = frozenset({"time_zone"})


def arm_birthday(scope: Scope, unit: Unit, guest_id: str, fields: Collection[str], *, is_new: bool) -> None:
    """A guest was created or changed: put the birthday where it belongs now."""
    guest = guests.find(scope, guest_id)
    if guest is None or guest.id != guest_id:
        return  # who is merged has no birthday of their own
    chain = directory.chain_of(scope)
    due = planning.next_birthday(scope, chain, guest, is_imported=False)
    if due is None:
        if not is_new and not MOVES_BIRTHDAY.isdisjoint(fields):
            agenda.disarm(unit, subject_id=guest_id, kind=kinds.BIRTHDAY)
        return
    if not is_new and not CORRECTS_BIRTHDAY.isdisjoint(fields):
        due = _past_what_was_kept(scope, chain, guest, due, is_other_calendar="birthday_calendar" in fields)
    if is_new or due.at <= scope.now or not MOVES_BIRTHDAY.isdisjoint(fields):
        _arm(scope, unit, guest, due)


def arm_birthdays(scope: Scope, unit: Unit, guest_ids: Iterable[str]) -> None:
    """Guests were imported: an hour that has passed today is not made up for."""
    for guest in _distinct(guests.find_many(scope, guest_ids)):
        _arm_quietly(scope, unit, guest)


def forget_birthday(unit: Unit, guest_id: str) -> None:
    """A guest is no longer there: nothing is left to be greeted."""
    agenda.disarm(unit, subject_id=guest_id, kind=kinds.BIRTHDAY)


def arm_all_again(scope: Scope, unit: Unit, subject_id: str) -> None:
    """The chain's or a property's clock, hour or rule has changed: go through its guests, some at a time.

    On a test chain's own clock: where a policy begins within an advance, its guests are gone through at that instant.
    """
    agenda.arm(
        unit,
        subject_id=subject_id,
        kind=kinds.REARM,
        due_at=scope.now,
        is_recurring=True,
        is_nudged=True,
    )


def arm_some_again(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """One step of `arm_all_again`: the next guests of the chain, or of the property that the work is about."""
    directory.forget(scope.chain_id)  # this process may still remember the settings of before
    policies.forget(scope.chain_id)
    chain = directory.chain_of(scope)
    property_id = work.subject_id if work.subject_id != scope.chain_id else None
    after = work.detail.get("after")
    page = guests.list_page(scope, limit=REARMED_AT_ONCE, after=after, property_id=property_id)
    for guest in page.guests:
        if planning.birthday_kept(chain, guest) is not None:
            _arm_quietly(scope, unit, guest)
        keeping.arm(scope, unit, guest, keeping.FINDERS, is_imported=True)
    return Done() if page.next is None else Again(scope.now, detail={"after": page.next}, is_nudged=True)


def follow_zones(scope: Scope, unit: Unit, guest_ids: Iterable[str]) -> None:
    """Stays have changed: a guest without a zone of their own may now have several, of which the first counts.

    With one zone or none there is nothing to move: it was known before, or the handler finds it when it looks.
    """
    if len({str(house.time_zone) for house in directory.properties(scope)}) < 2:
        return  # wherever in this chain its guests stay, their clocks show the same
    for guest in _distinct(guests.find_many(scope, guest_ids)):
        if not guest.time_zone and len(zones_of(scope, guest)) > 1:
            _arm_quietly(scope, unit, guest)


def arm_first_stays(scope: Scope, unit: Unit, completed: Iterable[tuple[str, str]]) -> None:
    """Stays have completed: thank those guests for whom it was the first, if there is still time."""
    chain = directory.chain_of(scope)
    by_guest: dict[str, set[str]] = {}
    for guest_id, stay_id in completed:
        by_guest.setdefault(guest_id, set()).add(stay_id)
    known_guests = guests.find_many(scope, by_guest) if by_guest else {}
    for guest_id, guest in known_guests.items():
        known = stays.of_guest(scope, *guest.ids)
        for stay_id in sorted(by_guest[guest_id]):
            plan = planning.plan_of_stay(scope, chain, guest, known, stay_id)
            if plan is None or plan.obstacle is not None or scope.now >= plan.window.closes:
                continue
            agenda.arm(
                unit,
                subject_id=guest.id,
                kind=kinds.FIRST_STAY,
                occurrence=stay_id,
                due_at=max(plan.window.opens, scope.now),
                is_nudged=plan.window.opens <= scope.now,
            )


def arm_stay_anniversaries(scope: Scope, unit: Unit, guest_ids: Iterable[str]) -> None:
    """Stays have completed or come in: guests may now have a first one to remember."""
    _arm_days(scope, unit, guest_ids, "stay_anniversary")


def arm_member_anniversary(scope: Scope, unit: Unit, guest_id: str) -> None:
    """A guest has become a member."""
    _arm_days(scope, unit, [guest_id], "member_anniversary")


def _arm_days(scope: Scope, unit: Unit, guest_ids: Iterable[str], occasion: str) -> None:
    if not policies.policy_of(scope, occasion).is_on:
        return
    for guest in _distinct(guests.find_many(scope, guest_ids)):
        keeping.arm(scope, unit, guest, [occasion], is_imported=True)


def follow_merge(scope: Scope, unit: Unit, absorbed_id: str) -> None:
    """A guest went into another: the birthday is the survivor's from now on."""
    guest = guests.find(scope, absorbed_id)
    if guest is None or guest.id == absorbed_id:
        return  # parted again meanwhile
    guests.check_unchanged(unit, guest)
    agenda.disarm(unit, subject_id=absorbed_id, kind=kinds.BIRTHDAY)
    keeping.arm(scope, unit, guest, keeping.FINDERS, is_imported=True)


def _distinct(found: dict[str, Guest]) -> list[Guest]:
    """Each guest once: two ids may be one guest's."""
    return list({str(guest.id): guest for guest in found.values()}.values())


def _arm_quietly(scope: Scope, unit: Unit, guest: Guest) -> None:
    """Arm a birthday without making up for an hour that has passed; but what is overdue stays due."""
    chain = directory.chain_of(scope)
    due = planning.next_birthday(scope, chain, guest, is_imported=True)
    if due is None:
        agenda.disarm(unit, subject_id=guest.id, kind=kinds.BIRTHDAY)
        return
    due = _past_what_was_kept(scope, chain, guest, due)
    today = planning.next_birthday(scope, chain, guest, is_imported=False)
    if today != due and today is not None and _is_armed(scope, guest, planning.birthday_of(today.day, guest)):
        return
    _arm(scope, unit, guest, due)


def _past_what_was_kept(
    scope: Scope, chain: Chain, guest: Guest, due: Due, *, is_other_calendar: bool = False
) -> Due:
    """The birthday to look at once its date or calendar may have been corrected: not one that follows a greeting at
    once, and none in a year that has had its greeting.

    The two calendars count years differently, so what was greeted by the one may lie in another year of the other.
    """
    if not is_other_calendar and not _may_be_near(scope, chain, guest, due):
        return due
    occurrences = [f"birthday#{year}" for year in range(due.day.year - 1, due.day.year + 1)]
    decided = [one for each in guest.ids for one in Delivery.of_occurrences(scope, each, occurrences)]
    greeted = [date.fromisoformat(one.day) for one in decided if one.status != "skipped"]
    is_had = is_other_calendar and any(
        day.year == due.day.year or birthday_year(day, "lunar") == birthday_year(due.day, "lunar") for day in greeted
    )
    if is_had or timing.is_too_near(due.day, greeted):
        return planning.birthday_after(scope, chain, guest, due.day) or due
    return due


def _may_be_near(scope: Scope, chain: Chain, guest: Guest, due: Due) -> bool:
    """Whether a greeting that has left may be too near to a birthday, and belong to another year. Reads nothing."""
    before, today = due.day - timing.BIRTHDAYS_APART_MIN, local_day(scope.now, chain.time_zone)
    kept = planning.birthday_kept(chain, guest)
    return before <= today + timing.ONE_DAY and kept is not None and kept.year_of(before) != kept.year_of(due.day)


def _is_armed(scope: Scope, guest: Guest, occurrence: str) -> bool:
    found = agenda.AgendaRecord.find(scope.key(guest.id), kinds.BIRTHDAY)
    return found is not None and bool(found.lane) and found.occurrence == occurrence


def _arm(scope: Scope, unit: Unit, guest: Guest, due: Due) -> None:
    agenda.arm(
        unit,
        subject_id=guest.id,
        kind=kinds.BIRTHDAY,
        occurrence=planning.birthday_of(due.day, guest),
        is_recurring=True,
        due_at=due.at,
        detail={"day": due.day.isoformat()},
        is_nudged=due.at <= scope.now,
    )
