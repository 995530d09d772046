"""What a due occasion amounts to: for which day, from which place, in which window, and what already forbids it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date, datetime, time
from typing import cast

from chalicelib.directory.service import Chain, find_property
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import BirthdayCalendar, CalendarNotSupported, LeapRule, birthday_year, local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules import timing
from chalicelib.outreach.rules.policies import Policy, purpose_of
from chalicelib.outreach.rules.timing import Due, Window, Yearly
from chalicelib.outreach.rules.vocabulary import OCCASIONS, Occasion
from chalicelib.outreach.service.placing import Place, place_at, place_of, zones_of
from chalicelib.outreach.service.policies import policy_for
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay


@dataclass(frozen=True)
class Plan:
    """One occurrence of an occasion for one guest. `obstacle` is a reason that lies in the occasion itself."""

    occasion: Occasion
    occurrence: str
    day: date
    place: Place
    window: Window
    stay_id: str | None = None
    obstacle: str | None = None
    policy: Policy | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def purpose(self) -> str:
        """What the message asks consent for."""
        return purpose_of(self.policy, self.occasion.purpose) if self.policy is not None else self.occasion.purpose

    @property
    def about(self) -> str:
        """What the occasion is planned from when it is tried again: a stay, or the occurrence itself."""
        return self.stay_id or self.occurrence


# -- birthdays -------------------------------------------------------------------------------------------------


def birth_date_of(guest: Guest) -> date | None:
    """The guest's date of birth, in the Gregorian calendar, if it is known."""
    return date.fromisoformat(guest.birth_date) if guest.birth_date is not None else None


def birthday_kept(chain: Chain, guest: Guest) -> Yearly | None:
    """The birthday as the guest keeps it; None if it is unknown, or from before what is known of the lunar calendar."""
    born = birth_date_of(guest)
    if born is None:
        return None
    kept = Yearly(born, leap_rule_of(chain), cast(BirthdayCalendar, guest.birthday_calendar))
    try:
        kept.year_of(born)
    except CalendarNotSupported:
        return None
    return kept


def leap_rule_of(chain: Chain) -> LeapRule:
    """When the chain keeps a birthday on 29 February in common years."""
    return cast(LeapRule, chain.leap_rule)


def next_birthday(scope: Scope, chain: Chain, guest: Guest, *, is_imported: bool) -> Due | None:
    """When to look at a guest's next birthday; None if none is known."""
    kept = birthday_kept(chain, guest)
    if kept is None:
        return None
    zones, hour = zones_of(scope, guest), int(chain.greeting_hour)
    return timing.next_greeting(kept, scope.now, zones, chain.time_zone, hour, is_imported=is_imported)


def birthday_after(scope: Scope, chain: Chain, guest: Guest, day: date) -> Due | None:
    """When to look at the birthday after the one of `day`, whose year is decided."""
    kept = birthday_kept(chain, guest)
    if kept is None:
        return None
    zones, hour = zones_of(scope, guest), int(chain.greeting_hour)
    return timing.greeting_after(day, kept, scope.now, zones, chain.time_zone, hour)


def birthday_plan(scope: Scope, chain: Chain, guest: Guest, year: str) -> Plan | None:
    """The greeting of a year (`2026`, or the whole occurrence), lunar for whoever keeps a lunar birthday; None if there
    is no birthday in it."""
    kept, number = birthday_kept(chain, guest), year.rpartition("#")[2]
    day = kept.day_in(int(number)) if kept is not None else None
    if day is None:
        return None
    place = place_of(scope, chain, guest)
    window = timing.greeting_window(day, int(chain.greeting_hour), place.zone)
    policy = policy_for(scope, "birthday", window.opens)
    obstacle = obstacle_of(policy, window)
    return Plan(OCCASIONS["birthday"], f"birthday#{number}", day, place, window, obstacle=obstacle, policy=policy)


def birthday_of(day: date, guest: Guest) -> str:
    """The occurrence that a birthday is: one in a year, lunar or not, whatever becomes of the birth date."""
    return f"birthday#{birthday_year(day, cast(BirthdayCalendar, guest.birthday_calendar))}"


# -- the first stay --------------------------------------------------------------------------------------------


def first_stay_plan(scope: Scope, chain: Chain, guest: Guest, stay_id: str) -> Plan | None:
    """The thanks for a stay; None if there is no such stay any more.

    A guest is thanked for a first stay once, so the occurrence does not name the stay.
    """
    return plan_of_stay(scope, chain, guest, stays.of_guest(scope, *guest.ids), stay_id)


def plan_of_stay(scope: Scope, chain: Chain, guest: Guest, known: list[Stay], stay_id: str) -> Plan | None:
    """The thanks for one of a guest's stays, of which all are known."""
    stay = next((one for one in known if one.id == stay_id), None)
    house = find_property(scope, stay.property_id) if stay is not None else None
    if stay is None or house is None:
        return None
    left_at = left_at_of(stay)
    is_reversed = left_at is None
    left_at = left_at or scope.now
    close = time.fromisoformat(house.business_day_close)
    window = timing.follow_up_window(left_at, int(chain.greeting_hour), house.time_zone, close)
    obstacle, policy = None, policy_for(scope, "first_stay", window.opens)
    if is_reversed:
        obstacle = "stay_reversed"
    elif not policy.is_on:
        obstacle = "policy_off"
    elif not is_first(known, stay):
        obstacle = "not_first_stay"
    elif left_at < acts_since(chain, policy):
        obstacle = "before_activation"
    day = local_day(window.opens, house.time_zone)
    place = place_at(chain, guest, house)
    return Plan(
        OCCASIONS["first_stay"], "first_stay", day, place, window, stay_id=stay_id, obstacle=obstacle, policy=policy
    )


def obstacle_of(policy: Policy, window: Window) -> str | None:
    """Why a day is not greeted on, as far as its policy forbids it: it is off, or was until after the day's hour."""
    if not policy.is_on:
        return "policy_off"
    is_before = policy.on_since is not None and window.opens < policy.on_since
    return "before_activation" if is_before else None


def acts_since(chain: Chain, policy: Policy) -> datetime:
    """The instant before which a chain does nothing for an occasion."""
    begins: datetime = chain.activated_at
    return max(begins, policy.on_since) if policy.on_since is not None else begins


def is_first(known: list[Stay], stay: Stay) -> bool:
    """Whether none of a guest's stays ended before this one. History counts."""
    ends = [(left_at, str(one.id)) for one in known if (left_at := left_at_of(one)) is not None]
    return bool(ends) and min(ends)[1] == stay.id


def left_at_of(stay: Stay) -> datetime | None:
    """When the guest left; None if they have not, or no longer have."""
    found: datetime | None = stay.checked_out_at if stay.status == "checked_out" else None
    return found


# How the occurrence of an occasion is planned, from what its item on the agenda says: a year, a stay.
Planner = Callable[[Scope, Chain, Guest, str], Plan | None]
PLANNERS: dict[str, Planner] = {
    "birthday": birthday_plan,
    "first_stay": first_stay_plan,
}
