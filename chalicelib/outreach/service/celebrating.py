"""Festivals, house by house: one item of the agenda for each property, which streams through its guests.

Each guest is decided in a transaction of their own, so a page that is gone through twice after a crash sends nothing
twice. A house is gone through twice: when the day's hour comes first anywhere on Earth, for guests with a zone of their
own, whose hour may be long over when the house's comes; and at the house's hour for everybody. A chain's own days are
gone through with the festivals of everybody: a change of them moves each house's item to the next day of all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain, Property
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import earliest_instant, local_day, local_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Stale
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, models
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.days import GuestDays
from chalicelib.outreach.rules import timing
from chalicelib.outreach.rules.festivals import Festival, asks_for_choice, kept_by, next_day, on_day
from chalicelib.outreach.service import keeping, planning, policies
from chalicelib.outreach.service.deciding import decide
from chalicelib.outreach.service.keeping import Kept
from chalicelib.outreach.service.placing import place_of

GUESTS_AT_ONCE = 50  # of a house in one step: some seconds of a worker, half of what its lease lasts
HOUSES_AT_ONCE = 50  # each is an item of the transaction
DECIDED_TRIES_MAX = 4
EARLY, MAIN = "early", "main"  # the two rounds through a house
ONE_DAY = timedelta(days=1)


# -- the agenda ------------------------------------------------------------------------------------------------


def arm_festivals(unit: Unit, chain_id: str) -> None:
    """Festivals were switched on: have every property's next one put on the agenda."""
    agenda.arm(
        unit, subject_id=chain_id, kind=kinds.ARM_FESTIVALS, due_at=unit.scope.now, is_recurring=True, is_nudged=True
    )  # fmt: skip


def arm_some_festivals(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """One step of `arm_festivals`."""
    policies.forget(scope.chain_id)  # this process may still remember what was kept before
    start = int(work.detail.get("start", 0))
    houses = directory.properties(scope)
    for house in houses[start : start + HOUSES_AT_ONCE]:
        _arm_house(scope, unit, house)
    if start + HOUSES_AT_ONCE >= len(houses):
        return Done()
    return Again(scope.now, detail={"start": start + HOUSES_AT_ONCE}, is_nudged=True)


def arm_house(scope: Scope, unit: Unit, property_id: str) -> None:
    """Put a property's next festival on the agenda, if the chain keeps festivals."""
    house = directory.find_property(scope, property_id)
    if house is not None:
        _arm_house(scope, unit, house)


def _arm_house(scope: Scope, unit: Unit, house: Property) -> None:
    if not policies.policy_of(scope, "festival").is_on:
        return
    chain, today = directory.chain_of(scope), local_day(scope.now, house.time_zone)
    known = agenda.AgendaRecord.find(scope.key(str(house.id)), kinds.FESTIVAL)
    if known is not None and known.lane and _is_under_way(scope, chain, house, known.detail or {}):
        return  # it goes on by itself, with what is kept by then
    day = _day_after(scope, chain, house, today - ONE_DAY)
    if _opens(chain, house, day) < scope.now:
        day = _day_after(scope, chain, house, day)
    due_at = max(scope.now, earliest_instant(day, time(int(chain.greeting_hour))))
    agenda.arm(
        unit,
        subject_id=str(house.id),
        kind=kinds.FESTIVAL,
        is_recurring=True,
        due_at=due_at,
        occurrence=day.isoformat(),
        detail={"day": day.isoformat(), "round": EARLY},
    )


def _is_under_way(scope: Scope, chain: Chain, house: Property, detail: Mapping[str, Any]) -> bool:
    """Whether a house is being gone through, or is about to be because its hour has come."""
    if detail.get("after"):
        return True
    return "day" in detail and _opens(chain, house, date.fromisoformat(detail["day"])) < scope.now


def celebrate(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """Write to the next guests of a property, then go on with those after them, then with the next festival."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    house = directory.find_property(scope, work.subject_id)
    if house is None or not policies.policy_of(scope, "festival").is_on:
        return Done()  # switching it on again arms what lies ahead
    chain, day = directory.chain_of(scope), date.fromisoformat(work.detail["day"])
    festivals = _kept_on(scope, chain, house, day)
    window = timing.greeting_window(day, int(chain.greeting_hour), house.time_zone)
    if not festivals or scope.now >= window.closes + timing.LATE_MAX:
        return _next(scope, chain, house, day)  # an outage over the day: nobody is congratulated afterwards
    round_, after = work.detail["round"], work.detail.get("after")
    page = guests.list_page(scope, limit=GUESTS_AT_ONCE, after=after, property_id=str(house.id))
    people = [one for one in page.guests if round_ == MAIN or one.time_zone]
    _celebrate_with(scope, Feast(chain, house, day, tuple(festivals)), people)
    detail = {"day": day.isoformat(), "round": round_}
    if page.next is not None:
        return Again(scope.now, detail={**detail, "after": page.next}, is_nudged=True)
    if round_ == EARLY:
        return Again(max(scope.now, window.opens), detail={**detail, "round": MAIN})
    return _next(scope, chain, house, day)


def festival_lost(scope: Scope, work: Work) -> Again | Done:
    """How it goes on after a day that could not be gone through to its end: with the next festival."""
    house = directory.find_property(scope, work.subject_id)
    if house is None:
        return Done()
    return _next(scope, directory.chain_of(scope), house, date.fromisoformat(work.detail["day"]))


def _next(scope: Scope, chain: Chain, house: Property, day: date) -> Again:
    following = _day_after(scope, chain, house, day)
    due_at = earliest_instant(following, time(int(chain.greeting_hour)))
    return Again(due_at, occurrence=following.isoformat(), detail={"day": following.isoformat(), "round": EARLY})


def _day_after(scope: Scope, chain: Chain, house: Property, day: date) -> date:
    """The next day on which there is something to keep at a house."""
    return next_day(day, keeping.own_festivals(scope, str(house.id)), planning.leap_rule_of(chain))


def _kept_on(scope: Scope, chain: Chain, house: Property, day: date) -> list[Festival]:
    """What is kept at a house on a day."""
    own = keeping.own_festivals(scope, str(house.id))
    found = on_day(day, own, planning.leap_rule_of(chain))
    return [one for one in found if keeping.counts_at(chain, keeping.festival_of(chain, one), day, house)]


def _opens(chain: Chain, house: Property, day: date) -> datetime:
    return local_instant(day, time(int(chain.greeting_hour)), house.time_zone)


# -- one page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Feast:
    """A day of festivals at a property."""

    chain: Chain
    house: Property
    day: date
    festivals: tuple[Festival, ...]


def _celebrate_with(scope: Scope, feast: Feast, people: Collection[Guest]) -> None:
    """Decide for each of some guests each festival of the day that is theirs, unless it has been decided."""
    told = GuestDays.many(scope, [one.id for one in people]) if asks_for_choice(feast.festivals) else {}
    wanted: list[tuple[Guest, Kept]] = []
    for guest in people:
        chosen = told[guest.id].chosen if guest.id in told else ()
        theirs = kept_by(guest.language or feast.chain.default_language, chosen, feast.festivals)
        wanted += [(guest, keeping.festival_of(feast.chain, one)) for one in theirs]
    keys = [(scope.key(guest.id), _delivery_of(scope, guest, kept, feast.day)) for guest, kept in wanted]
    decided = {(str(one.guest_key), str(one.id)) for one in Delivery.find_many(keys)}
    for (guest, kept), key in zip(wanted, keys, strict=True):
        if key not in decided:
            _decide(scope, feast, guest, kept)


def _delivery_of(scope: Scope, guest: Guest, kept: Kept, day: date) -> str:
    return models.delivery_id(scope.chain_id, guest.id, f"{kept.name}#{kept.yearly.year_of(day)}")


def _decide(scope: Scope, feast: Feast, guest: Guest, kept: Kept) -> None:
    """Decide one guest's festival in a transaction of its own; where they are to be written to later, arm that."""
    place = place_of(scope, feast.chain, guest)
    if place.property_id != feast.house.id:
        return  # another house speaks to this guest
    refusal: Stale | None = None
    present: Guest | None = guest
    for _ in range(DECIDED_TRIES_MAX):
        if present is None or present.id != guest.id:
            return
        plan = keeping.plan_of(scope, feast.chain, present, kept, feast.day, place)
        unit = Unit(scope)
        waits_until = decide(scope, unit, feast.chain, present, plan, refusal=refusal)
        if waits_until is not None:
            agenda.arm(
                unit, subject_id=guest.id, kind=kinds.RETRY, due_at=waits_until,
                occurrence=_delivery_of(scope, guest, kept, feast.day),
                detail={"occasion": "festival", "about": plan.about, "tries": 0},
            )  # fmt: skip
        try:
            unit.commit()
        except Stale as stale:
            refusal, present = stale, guests.find(scope, guest.id)
            continue
        return
