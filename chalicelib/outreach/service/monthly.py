"""Regular guests: who is one, which months they are owed a contact in, and what the month's own message amounts to.

Each has one item on the agenda that moves from the first of a month to the day of its message and on to the next
month; it ends where a guest is no regular one any more, and begins again with a later stay. When the rule itself
begins, all guests are gone through, so that nobody has to stay again to be a regular one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from chalicelib.directory import service as directory
from chalicelib.directory.service import Chain
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import Again, Done, Work
from chalicelib.kernel.calendars import day_bounds, local_day, local_instant
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from chalicelib.outreach.rules import care as rules
from chalicelib.outreach.rules.care import CarePolicy
from chalicelib.outreach.rules.timing import Window
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import care, planning, policies
from chalicelib.outreach.service.placing import Place, place_of
from chalicelib.outreach.service.planning import Plan
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay

RULE = care.REGULARS
MESSAGE = "monthly_contact"
OPENS, WRITES = "opens", "writes"  # the two instants of a month
FOLLOWED_AT_ONCE = 40  # one item of the agenda each, of the ninety that a transaction takes
ZONE_SLACK = timedelta(days=1)  # at an instant it is at most two days somewhere


def occurrence_of(month: str) -> str:
    """What is owed in a month."""
    return f"{RULE}#{month}"


def occurrences_around(instant: datetime) -> list[str]:
    """What may be owed in the month that it is at an instant, wherever the guest is."""
    days = (local_day(instant + shift, "UTC") for shift in (-ZONE_SLACK, ZONE_SLACK))
    return [occurrence_of(month) for month in sorted({rules.month_of(day) for day in days})]


def zone_of(chain: Chain, place: Place) -> str:
    """The zone whose months count: that of the property that speaks."""
    return str(place.house.time_zone) if place.house is not None else str(chain.time_zone)


def bounds_of(month: str, zone: str) -> tuple[datetime, datetime]:
    """The instants at which a month comes and at which the next one does."""
    return day_bounds(rules.first_of(month), zone)[0], day_bounds(rules.last_of(month), zone)[1]


def is_regular(known: Iterable[Stay], day: date, policy: CarePolicy) -> bool:
    """Whether a guest with these stays is a regular one on a day. History counts: it is about who somebody is."""
    ended = [date.fromisoformat(str(one.departure)) for one in known if one.status == "checked_out"]
    return rules.is_regular(ended, day, policy.settings)


# -- the agenda ------------------------------------------------------------------------------------------------


def follow(
    scope: Scope, unit: Unit, chain: Chain, guest: Guest, known: list[Stay], *, is_new_rule: bool = False
) -> None:
    """A guest's stays have changed: who has become a regular one is owed a contact from next month on. Of a rule that
    begins with a month, from that month on."""
    if not care.is_any_on(scope, RULE):
        return
    place = place_of(scope, chain, guest)
    policy, zone = care.policy_of(scope, RULE, place.property_id), zone_of(chain, place)
    today = local_day(scope.now, zone)
    if not policy.is_on or not is_regular(known, today, policy):
        return
    if agenda.is_armed(scope, str(guest.id), kinds.LOYAL):
        return  # it is on its way through the months
    is_begun = is_new_rule and today == rules.first_of(rules.month_of(today))
    month = rules.month_of(today) if is_begun else rules.month_after(rules.month_of(today))
    agenda.arm(
        unit, subject_id=str(guest.id), kind=kinds.LOYAL, is_recurring=True, occurrence=month,
        due_at=max(scope.now, bounds_of(month, zone)[0]), detail={"month": month, "stage": OPENS}, is_nudged=is_begun,
    )  # fmt: skip


def follow_some(scope: Scope, work: Work, unit: Unit) -> Again | Done:
    """A version of the rule has begun: follow the next guests of the chain, or of the property that the work names."""
    if work.due_at > scope.now:
        return Again(work.due_at)
    directory.forget(scope.chain_id)
    policies.forget(scope.chain_id)  # this process may still remember what held before
    if not care.is_any_on(scope, RULE):
        return Done()
    property_id = work.subject_id if work.subject_id != scope.chain_id else None
    page = guests.list_page(scope, limit=FOLLOWED_AT_ONCE, after=work.detail.get("after"), property_id=property_id)
    follow_guests(scope, unit, [str(one.id) for one in page.guests], is_new_rule=True)
    return Done() if page.next is None else Again(scope.now, detail={"after": page.next}, is_nudged=True)


def follow_guests(scope: Scope, unit: Unit, guest_ids: Iterable[str], *, is_new_rule: bool = False) -> None:
    """Guests were merged or parted, or the rule is another: follow those who are regular guests by now."""
    if not care.is_any_on(scope, RULE):
        return
    chain = directory.chain_of(scope)
    for guest in {str(one.id): one for one in guests.find_many(scope, guest_ids).values()}.values():
        follow(scope, unit, chain, guest, stays.of_guest(scope, *guest.ids), is_new_rule=is_new_rule)


# -- the month's own message -------------------------------------------------------------------------------------


def plan_of(scope: Scope, chain: Chain, guest: Guest, month: str, place: Place | None = None) -> Plan:
    """The message of a month: from its day on until the month ends where the property is."""
    place = place or place_of(scope, chain, guest)
    policy = care.policy_of(scope, RULE, place.property_id)
    day = rules.first_of(month) + timedelta(days=int(policy.settings["contact_day"]) - 1)
    opens = local_instant(day, time(int(chain.greeting_hour)), place.zone)
    window = Window(opens, bounds_of(month, zone_of(chain, place))[1])
    occasion = policies.policy_for(scope, MESSAGE, opens)
    obstacle = None if occasion.is_on else "policy_off"
    return Plan(OCCASIONS[MESSAGE], f"{MESSAGE}#{month}", day, place, window, obstacle=obstacle, policy=occasion)


def planned(scope: Scope, chain: Chain, guest: Guest, about: str) -> Plan | None:
    """The plan of a month's message, which is tried again."""
    return plan_of(scope, chain, guest, about.partition("#")[2])


planning.PLANNERS[MESSAGE] = planned
