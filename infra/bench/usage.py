"""What each use-case asks of AWS, watched once: for P2 (capacity units) and P3 (round trips).

Signing in with a key and the nudge that follows a commit belong to every request alike, and are told apart.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chalicelib.kernel import aws, work
from chalicelib.kernel.agenda import EVENT_KIND, AgendaRecord, lane_of
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.settings import settings
from chalicelib.outreach.service import handle_mail_event
from chalicelib.wiring import QUEUES, SES_QUEUE
from infra.bench.accrual import alone, members_in
from infra.bench.requests import requests_of
from infra.bench.watch import Bill, watching
from infra.bench.world import World, build
from infra.proof import inside
from infra.proof.killing import midday_zone

AUTHENTICATION = "api-keys"
NUDGE = "SendMessageBatch"
SWEPT = 60  # items due in one lane: less than a page, so that the lane is asked once
REQUEST_NAMES = {
    "GET guest": "profile read",
    "GET stay": "stay read",
    "POST guest": "create guest",
    "POST stay": "create stay",
    "PATCH guest": "change guest",
    "list of 25 guests": "list page of guests",
    "list of 25 stays": "list page of stays",
    "arrivals": "arrivals page",
}


def bills(world: World) -> dict[str, Bill]:
    """The bill of every use-case by name."""
    found = {}
    for name, event in requests_of(world).items():
        found[REQUEST_NAMES[name]] = _watched(world, lambda event=event: world.answer(event))  # type: ignore[misc]
    inside.work_off()
    found |= _greeting(world)
    found |= _points(world)
    return found | _sweep(world)


def own(bill: Bill) -> tuple[float, int]:
    """Units and round trips without the caller's authentication and the nudge."""
    units = bill.read + bill.write - bill.reads[AUTHENTICATION]
    return units, bill.trip_count - bill.reads[AUTHENTICATION] - bill.trips[NUDGE]


def _watched(world: World, run: Callable[[], object], *, forgets: bool = True) -> Bill:
    if forgets:
        world.remember()
    with watching() as bill:
        run()
    return bill


# -- what no request waits for ---------------------------------------------------------------------------------


def _greeting(world: World) -> dict[str, Bill]:
    """A guest has a birthday today: the reaction that arms it, the greeting, and what the mail service tells of it."""
    zone, today = midday_zone(real_now())
    party = build(world.engine, zones=(zone,))
    with alone("outreach."):
        guest = party.create_guest(700, time_zone=None, birth_date=f"1990-{today}")
    subject = party.ground.hq.key(guest["id"])
    event = next(one for one in AgendaRecord.every(subject) if one.kind == EVENT_KIND)
    reaction = _watched(party, lambda: work.run(subject, str(event.item_key)))
    birthday = next(one for one in AgendaRecord.every(subject) if one.kind == "outreach.birthday")
    greeting = _watched(party, lambda: work.run(subject, str(birthday.item_key)))
    told = _mail_events()
    settling = _watched(party, lambda: [handle_mail_event(body) for body in told])
    inside.work_off()
    return {"reaction": reaction, "greeting": greeting, "settling": settling}


def _points(world: World) -> dict[str, Bill]:
    """A stay of a member is over: the accrual, what is spent of it, and a look at the balance."""
    party = members_in(build(world.engine))
    with alone():
        subject, item = party.tell(850)
        accrual = _watched(party.world, lambda: work.run(subject, item))
        inside.work_off()
    path = f"/v1/members/{party.ids[0]}"
    house = party.world.house
    spend = party.world.event("POST", f"{path}/redemptions", {"points": 50, "reward": "coffee", "property_id": house})
    party.world.ask(spend)  # the programme is known from now on, as it is to a process at work
    redemption = _watched(party.world, lambda: party.world.answer(spend), forgets=False)
    balance = _watched(party.world, lambda: party.world.answer(party.world.event("GET", path)))
    inside.work_off()
    return {"accrual": accrual, "redemption": redemption, "balance": balance}


def _mail_events() -> list[str]:
    """What the mail service has told of deliveries, taken from its queue."""
    queue = next(queue for queue in QUEUES if queue.name == SES_QUEUE)
    answer = aws.client("sqs").receive_message(QueueUrl=settings().queue_url(queue.name), MaxNumberOfMessages=10)
    bodies = [str(message["Body"]) for message in answer.get("Messages", [])]
    return [body for body in bodies if json.loads(json.loads(body)["Message"])["eventType"] == "Delivery"]


def _sweep(world: World) -> dict[str, Bill]:
    """A sweep that finds nothing, and one that hands out; the first is taken off the second."""
    now = real_now()
    idle = _watched(world, lambda: work.sweep(now))
    plant(world, SWEPT, due_at=sortable(now - timedelta(minutes=1)))
    busy = _watched(world, lambda: work.sweep(now))
    return {"idle sweep": idle, "sweep handing": _difference(busy, idle)}


def _difference(busy: Bill, idle: Bill) -> Bill:
    """What one item cost that was handed out."""
    found = Bill(read=(busy.read - idle.read) / SWEPT, write=busy.write / SWEPT)
    found.trips = Counter({"UpdateItem": busy.trips["UpdateItem"] // SWEPT})
    found.touched = Counter({place: units // SWEPT for place, units in busy.touched.items()})
    found.evaluated = Counter({place: count // SWEPT for place, count in busy.evaluated.items()})
    return found


def plant(world: World, count: int, *, due_at: str) -> None:
    """Put items of no consequence into one lane of the agenda."""
    chain_id, client = world.ground.chain_id, aws.client("dynamodb")
    subject = new_id("gst")
    lane = lane_of(chain_id, subject, "due", False)
    for _ in range(count):
        client.put_item(TableName=AgendaRecord.Meta.table_name, Item=agenda_item(chain_id, lane, due_at))


def agenda_item(chain_id: str, lane: str, due_at: str) -> dict[str, Any]:
    """A birthday on the agenda, as the product stores it."""
    record = AgendaRecord(
        subject_key=f"{chain_id}#{new_id('gst')}",
        item_key="outreach.birthday",
        kind="outreach.birthday",
        occurrence="birthday#2027",
        lane=lane,
        due_at=due_at,
        armed_for=due_at,
        revision=new_id("rev"),
        detail={"day": "2027-08-05"},
    )
    return record.serialize()
