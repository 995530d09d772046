"""Days of a guest that recur every year, besides the birthday: which there are, when each is due, what it says.

Each is one item of the agenda, under the guest and the day's name (`stay_anniversary`), that moves from year to year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain, Property
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.later import later
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.models.days import GuestDays, OwnDay
from chalicelib.outreach.rules import timing
from chalicelib.outreach.rules.festivals import FESTIVALS, Festival, kept_by
from chalicelib.outreach.rules.timing import Due, Yearly
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import planning, policies
from chalicelib.outreach.service.deciding import decide
from chalicelib.outreach.service.placing import Place, place_of, zones_of
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays

if TYPE_CHECKING:
    from chalicelib.loyalty import service as loyalty
else:
    loyalty = later("chalicelib.loyalty.service")  # of which most messages need nothing


@dataclass(frozen=True)
class Kept:
    """A day of a guest by its name, which is the occurrence without the year, and what its message says of it."""

    name: str
    occasion: str
    yearly: Yearly
    said: Mapping[str, str]
    said_at: datetime | None = None  # of a festival of the chain's own: see `counts_at`


def _stay(scope: Scope, chain: Chain, guest: Guest) -> list[Kept]:
    """The day on which the guest's first stay ended. History counts."""
    ended = [str(one.departure) for one in stays.of_guest(scope, *guest.ids) if one.status == "checked_out"]
    return [_anniversary(chain, "stay_anniversary", min(ended))] if ended else []


def _membership(scope: Scope, chain: Chain, guest: Guest) -> list[Kept]:
    """The day on which the guest joined the first of the programmes that they are still in."""
    joined = [str(one.enrolled_on) for one in loyalty.of_guest(scope, guest.id) if one.status != "closed"]
    return [_anniversary(chain, "member_anniversary", min(joined))] if joined else []


def _anniversary(chain: Chain, occasion: str, first: str) -> Kept:
    return Kept(occasion, occasion, Yearly(date.fromisoformat(first), planning.leap_rule_of(chain)), {})


def own_name(day: OwnDay) -> str:
    """The name of a day of a guest's own."""
    return f"special_day:{day.id}"


def _own(scope: Scope, chain: Chain, guest: Guest) -> list[Kept]:
    """What the guest has told."""
    return _own_days(chain, GuestDays.of_ids(scope, guest.ids))


def _own_days(chain: Chain, told: GuestDays) -> list[Kept]:
    rule = planning.leap_rule_of(chain)
    return [
        Kept(own_name(one), "special_day", Yearly(one.date, rule, one.calendar), {"day": one.name})
        for one in told.own_days
    ]


def festival_of(chain: Chain, festival: Festival) -> Kept:
    """A festival as a day that is kept."""
    yearly = festival.yearly(planning.leap_rule_of(chain))
    return Kept(f"festival:{festival.name}", "festival", yearly, {"festival": festival.name}, festival.said_at)


def festival_named(scope: Scope, name: str) -> Festival | None:
    """A festival by its name, a day of the chain's own by its id, also one that has ended."""
    if name in FESTIVALS:
        return FESTIVALS[name]
    day = policies.declared(scope).get(name)
    return day.festival if day is not None else None


def own_festivals(scope: Scope, property_id: str | None) -> list[Festival]:
    """The chain's own days that are kept for the guests of a property."""
    found = (one.festival for one in policies.declared(scope).values() if one.status == "active")
    return [one for one in found if one.property_id is None or one.property_id == property_id]


def counts_at(chain: Chain, kept: Kept, day: date, house: Property) -> bool:
    """Whether a day is gone through at a house: not one that was put there after the house's hour had come."""
    return kept.said_at is None or local_instant(day, time(int(chain.greeting_hour)), house.time_zone) >= kept.said_at


def _festivals(scope: Scope, chain: Chain, guest: Guest) -> list[Kept]:
    """The festivals that the guest keeps: by language, by their own choice, and those of their chain and house.

    None of a guest whom no house speaks to: festivals are gone through house by house.
    """
    place = place_of(scope, chain, guest)
    if place.house is None:
        return []
    chosen = GuestDays.of_ids(scope, guest.ids).chosen
    known = (*FESTIVALS.values(), *own_festivals(scope, place.property_id))
    return [festival_of(chain, one) for one in kept_by(guest.language or chain.default_language, chosen, known)]


# By occasion: which days of the kind a guest has.
FINDERS: dict[str, Callable[[Scope, Chain, Guest], list[Kept]]] = {
    "stay_anniversary": _stay,
    "member_anniversary": _membership,
    "special_day": _own,
    "festival": _festivals,
}


def occasion_of(name: str) -> str:
    """The occasion that a day's name belongs to."""
    return name.partition(":")[0]


def find(scope: Scope, chain: Chain, guest: Guest, name: str) -> Kept | None:
    """A guest's day by its name; None if there is none any more."""
    finder = FINDERS.get(occasion_of(name))
    found = finder(scope, chain, guest) if finder is not None else []
    return next((one for one in found if one.name == name), None)


def all_of(scope: Scope, chain: Chain, guest: Guest, occasions: Iterable[str] = tuple(FINDERS)) -> list[Kept]:
    """A guest's days of those occasions that the chain writes for."""
    known = policies.in_force(scope)
    return _found(scope, chain, guest, [name for name in occasions if known[name].is_on])


def all_to_come(scope: Scope, chain: Chain, guest: Guest) -> list[Kept]:
    """A guest's days of those occasions that the chain writes for, or will by what is decided by now."""
    return _found(scope, chain, guest, [name for name in FINDERS if policies.is_on_from(scope, name)])


def _found(scope: Scope, chain: Chain, guest: Guest, occasions: Iterable[str]) -> list[Kept]:
    return [one for name in occasions for one in FINDERS[name](scope, chain, guest)]


# -- the agenda ------------------------------------------------------------------------------------------------


def arm(scope: Scope, unit: Unit, guest: Guest, occasions: Iterable[str], *, is_imported: bool) -> None:
    """Put a guest's days on the agenda in the caller's unit; those there already are moved to where they belong.

    Festivals are not among them: they are the affair of the guest's house (see `celebrating`).
    """
    chain = directory.chain_of(scope)
    names = [one for one in occasions if one != "festival"]
    _arm(scope, unit, chain, guest, all_of(scope, chain, guest, names), is_imported=is_imported)


def arm_told(scope: Scope, unit: Unit, guest: Guest, told: GuestDays) -> None:
    """Put the days that a guest has just told on the agenda, in the caller's unit that writes them."""
    if policies.policy_of(scope, "special_day").is_on:
        chain = directory.chain_of(scope)
        _arm(scope, unit, chain, guest, _own_days(chain, told), is_imported=False)


def _arm(scope: Scope, unit: Unit, chain: Chain, guest: Guest, days: Iterable[Kept], *, is_imported: bool) -> None:
    for kept in days:
        due = _next(scope, chain, guest, kept, is_imported=is_imported)
        agenda.arm(
            unit,
            subject_id=guest.id,
            kind=kinds.KEEP,
            occurrence=kept.name,
            due_at=due.at,
            detail={"day": due.day.isoformat()},
            is_nudged=due.at <= scope.now,
        )


def keep(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Decide a day of a guest and go on with the next year's. The day is worked out again."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    guest, chain, name = guests.find(scope, work.subject_id), directory.chain_of(scope), str(work.occurrence)
    kept = find(scope, chain, guest, name) if guest is not None else None
    if guest is None or guest.id != work.subject_id:
        return Done()  # who is merged is written to as the survivor
    if kept is None or not policies.policy_of(scope, kept.occasion).is_on:
        return Done()  # switching it on again arms what lies ahead
    day = date.fromisoformat(work.detail["day"])
    if kept.yearly.day_in(kept.yearly.year_of(day)) != day:
        return _again(_next(scope, chain, guest, kept, is_imported=False))
    plan = plan_of(scope, chain, guest, kept, day)
    waits_until = decide(scope, unit, chain, guest, plan, refusal=work.refusal)
    return Again(waits_until) if waits_until is not None else _again(_after(scope, chain, guest, kept, day))


def keeping_lost(scope: Scope, work: Work) -> Again | Done:
    """How it goes on after a day that could not be decided: with the next year's."""
    guest, chain = guests.find(scope, work.subject_id), directory.chain_of(scope)
    is_own = guest is not None and guest.id == work.subject_id
    kept = find(scope, chain, guest, str(work.occurrence)) if guest is not None and is_own else None
    if guest is None or kept is None:
        return Done()
    return _again(_after(scope, chain, guest, kept, date.fromisoformat(work.detail["day"])))


def _next(scope: Scope, chain: Chain, guest: Guest, kept: Kept, *, is_imported: bool) -> Due:
    zones, hour = zones_of(scope, guest), int(chain.greeting_hour)
    return timing.next_greeting(kept.yearly, scope.now, zones, chain.time_zone, hour, is_imported=is_imported)


def _after(scope: Scope, chain: Chain, guest: Guest, kept: Kept, day: date) -> Due:
    zones, hour = zones_of(scope, guest), int(chain.greeting_hour)
    return timing.greeting_after(day, kept.yearly, scope.now, zones, chain.time_zone, hour)


def _again(due: Due) -> Again:
    return Again(due.at, detail={"day": due.day.isoformat()})


# -- plans -----------------------------------------------------------------------------------------------------


def plan_of(scope: Scope, chain: Chain, guest: Guest, kept: Kept, day: date, place: Place | None = None) -> Plan:
    """What a day of a guest amounts to in the year of `day`."""
    place = place or place_of(scope, chain, guest)
    year = kept.yearly.year_of(day)
    years = {"years": str(year - kept.yearly.year_of(kept.yearly.first))}
    window = timing.greeting_window(day, int(chain.greeting_hour), place.zone)
    policy = policies.policy_for(scope, kept.occasion, window.opens)
    return Plan(
        OCCASIONS[kept.occasion], f"{kept.name}#{year}", day, place, window,
        obstacle=planning.obstacle_of(policy, window), policy=policy, said={**years, **kept.said},
    )  # fmt: skip


def planned(scope: Scope, chain: Chain, guest: Guest, about: str) -> Plan | None:
    """The plan of an occurrence, which is tried again; None if there is no such day any more."""
    name, _, year = about.rpartition("#")
    kept = find(scope, chain, guest, name)
    day = kept.yearly.day_in(int(year)) if kept is not None else None
    return plan_of(scope, chain, guest, kept, day) if kept is not None and day is not None else None


planning.PLANNERS.update(dict.fromkeys(FINDERS, planned))
