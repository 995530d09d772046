"""The days on which a guest will be written to, and why or why not: the same decision, asked before it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules import frequency, timing
from chalicelib.outreach.rules.journey import STEPS
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import journey_showing as showing
from chalicelib.outreach.service import keeping, outlook, planning, policies
from chalicelib.outreach.service.journeys import is_any_to_come
from chalicelib.outreach.service.placing import place_of
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

DAYS_BY_DEFAULT = 365
DAYS_MAX = 5 * 366


@dataclass(frozen=True)
class Foreseen:
    """One occasion of a guest. Without a day it cannot be reckoned, and `reason` says why.

    `delivery` is what was decided, if it has been; else `will_send` and `reason` are what the rules of now would say,
    with the policy that will be in force at that hour.
    `moved` is why it leaves later than its hour, one reason for each time that it has to wait.
    """

    occasion: str
    occurrence: str
    day: date | None = None
    at: datetime | None = None
    zone: str | None = None
    property_id: str | None = None
    stay_id: str | None = None
    name: str | None = None
    channel: str | None = None
    will_send: bool = False
    reason: str | None = None
    delivery: Delivery | None = None
    moved: tuple[str, ...] = ()


def occasion_days(scope: Scope, start: date | None, end: date | None) -> tuple[date, date]:
    """The days that occasions are asked for, filled in: by default a year from today. Raises Invalid."""
    first = start or local_day(scope.now, directory.chain_of(scope).time_zone)
    last = end or first + timedelta(days=DAYS_BY_DEFAULT)
    if last < first:
        raise Invalid.field("?to", N_("The last day lies before the first."))
    if (last - first).days > DAYS_MAX:
        raise Invalid.field("?to", N_("Ask for at most five years."))
    return first, last


def occasions_of_guest(scope: Scope, guest_id: str, start: date, end: date) -> list[Foreseen]:
    """A guest's occasions from `start` to `end`, both included, by day. Raises NotFound beyond the wall."""
    guest = guests.get(scope, guest_id)
    chain = directory.chain_of(scope)
    # What will be sent does not depend on who asks: the decision looks over the caller's wall, the answer does not.
    whole = replace(scope, property_ids=None)
    decided = _decided(whole, guest)
    # Offers of the weeks before count for those that are asked for.
    begin = min(start, max(local_day(scope.now, chain.time_zone), start - frequency.LOOKED_BACK))
    plans = _birthdays(whole, chain, guest, begin, end, decided) + _kept(whole, chain, guest, begin, end)
    plans += [one for one in _first_stays(whole, chain, guest) if start <= one.day <= end and _is_seen(scope, one)]
    plans += [one for one in _journeys(whole, chain, guest) if start <= one.day <= end and _is_seen(scope, one)]
    plans = [one for one in plans if one.day >= start or frequency.is_limited(one.purpose)]
    ahead = outlook.Ahead(whole, guest)
    plans.sort(key=lambda one: one.window.opens)  # an offer that leaves takes the place of the next one
    found = [_foresee(scope, ahead, chain, guest, plan, decided) for plan in plans] + _unreckoned(chain, guest)
    asked = [one for one in found if one.day is None or one.day >= start]
    return sorted(asked, key=lambda one: (one.day or date.max, one.occasion))


@dataclass(frozen=True)
class ShownJourney:
    """A stay with what went and what comes, in the order of the journey. A step without a day is none of this stay's,
    for the reason that it names, or because it does not call for it."""

    stay: Stay
    steps: tuple[Foreseen, ...]


def journeys_of_guest(scope: Scope, guest_id: str) -> list[ShownJourney]:
    """The journeys of a guest's stays at the properties that the caller sees, those over for some days among them.
    Raises NotFound beyond the wall."""
    guest = guests.get(scope, guest_id)
    chain, whole = directory.chain_of(scope), replace(scope, property_ids=None)
    decided = _decided(whole, guest)
    known = policies.in_force(scope)
    found = []
    for journey in showing.travelling(whole, guest):
        stay = journey.stay
        if not scope.sees_property(stay.property_id):
            continue
        sent = {key: one for key, one in decided.items() if one.stay_id == stay.id}
        if not sent and not is_any_to_come(scope):
            continue  # a chain that goes along with no stay is not told so of each
        plans = {one.occurrence: one for one in showing.plans_of(whole, chain, guest, journey)}
        ahead = outlook.Ahead(whole, guest)
        steps = [_foresee(scope, ahead, chain, guest, one, decided) for one in plans.values()]
        steps += [_gone(one) for key, one in sent.items() if key not in plans]
        there = {one.occasion for one in steps}
        for name in showing.ALWAYS_SHOWN:
            if name not in there:
                steps.append(Foreseen(name, name, reason=None if known[name].is_on else "policy_off"))
        order = {name: place for place, name in enumerate((*STEPS, "first_stay"))}
        found.append(ShownJourney(stay, tuple(sorted(steps, key=lambda one: (order[one.occasion], str(one.day))))))
    return found


def _gone(delivery: Delivery) -> Foreseen:
    return Foreseen(
        occasion=str(delivery.occasion),
        occurrence=str(delivery.occurrence),
        day=date.fromisoformat(str(delivery.day)),
        channel=delivery.channel,
        reason=delivery.reason,
        delivery=delivery,
    )


def _journeys(scope: Scope, chain: Chain, guest: Guest) -> list[Plan]:
    """What the guest's stays call for, as far as the chain has it on by then."""
    if not is_any_to_come(scope):
        return []
    return [one for stay in showing.travelling(scope, guest) for one in showing.plans_of(scope, chain, guest, stay)]


def _decided(scope: Scope, guest: Guest) -> dict[str, Delivery]:
    """What was decided, by occurrence; under whichever of the guest's ids, a message before a silence."""
    known = [one for guest_id in guest.ids for one in Delivery.of_guest(scope, guest_id)]
    known.sort(key=lambda one: one.status != "skipped")
    return {str(one.occurrence): one for one in known}


def _birthdays(
    scope: Scope, chain: Chain, guest: Guest, start: date, end: date, decided: Mapping[str, Delivery]
) -> list[Plan]:
    """The guest's birthdays, without one that follows a greeting at once because its date was corrected."""
    kept = planning.birthday_kept(chain, guest)
    if kept is None:
        return []
    place = place_of(scope, chain, guest)
    plans = []
    said = [one for one in decided.values() if one.occasion == "birthday" and one.status != "skipped"]
    greeted = [date.fromisoformat(one.day) for one in said]
    for day in kept.between(start, end):
        if timing.is_too_near(day, greeted):
            continue
        window = timing.greeting_window(day, int(chain.greeting_hour), place.zone)
        occurrence = planning.birthday_of(day, guest)
        policy = policies.policy_for(scope, "birthday", window.opens)
        obstacle = planning.obstacle_of(policy, window)
        plans.append(Plan(OCCASIONS["birthday"], occurrence, day, place, window, obstacle=obstacle, policy=policy))
    return plans


def _kept(scope: Scope, chain: Chain, guest: Guest, start: date, end: date) -> list[Plan]:
    """The guest's other days, of those occasions that are on by then."""
    found = [(one, day) for one in keeping.all_to_come(scope, chain, guest) for day in one.yearly.between(start, end)]
    if not found:
        return []
    place = place_of(scope, chain, guest)
    plans = [
        keeping.plan_of(scope, chain, guest, kept, day, place)
        for kept, day in found
        if place.house is None or keeping.counts_at(chain, kept, day, place.house)
    ]
    return [one for one in plans if one.obstacle != "policy_off"]


def _is_seen(scope: Scope, plan: Plan) -> bool:
    return plan.place.property_id is not None and scope.sees_property(plan.place.property_id)


def _unreckoned(chain: Chain, guest: Guest) -> list[Foreseen]:
    if planning.birthday_kept(chain, guest) is not None:
        return []
    reason = "no_birth_date" if guest.birth_date is None else "lunar_unknown"
    return [Foreseen("birthday", "birthday", reason=reason)]


def _first_stays(scope: Scope, chain: Chain, guest: Guest) -> list[Plan]:
    known = stays.of_guest(scope, *guest.ids)
    first = next((stay for stay in known if planning.is_first(known, stay)), None)
    plan = planning.plan_of_stay(scope, chain, guest, known, str(first.id)) if first is not None else None
    return [plan] if plan is not None else []


def _foresee(
    scope: Scope, ahead: outlook.Ahead, chain: Chain, guest: Guest, plan: Plan, decided: dict[str, Delivery]
) -> Foreseen:
    delivery = decided.get(plan.occurrence)
    property_id = plan.place.property_id
    seen = Foreseen(
        occasion=plan.occasion.name,
        occurrence=plan.occurrence,
        day=plan.day,
        at=timing.moment_in(plan.window, plan.window.opens, plan.place.zone, plan.place.quiet) or plan.window.opens,
        zone=plan.place.zone,
        property_id=property_id if property_id is not None and scope.sees_property(property_id) else None,
        stay_id=plan.stay_id,
        name=_name(scope, plan),
    )
    if delivery is not None:
        return replace(seen, delivery=delivery, channel=delivery.channel, reason=delivery.reason)
    found = ahead.of(chain, plan)
    if found.reason is not None:
        return replace(seen, reason=found.reason, moved=found.moved)
    return replace(seen, channel=found.channel, will_send=True, at=found.at, moved=found.moved)


def _name(scope: Scope, plan: Plan) -> str | None:
    """Which day of its kind it is, in the reader's language or in the guest's own words."""
    if "festival" in plan.said:
        festival = keeping.festival_named(scope, plan.said["festival"])
        return festival.called(scope.language) if festival is not None else None
    return plan.said.get("day")
