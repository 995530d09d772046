"""I8: whoever says no, bounces or complains before the claim is committed gets nothing, at whatever moment it comes.

Guests' greetings are due. For each of them a runner works on the greeting, and at one of its calls to AWS, or by turns
with it, the change is made. Which of the two was first is read off the order in which the transactions were committed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn, GuestIn, GuestPatch
from chalicelib.outreach import service as outreach
from chalicelib.outreach.links import Unsubscription, token_of
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from chalicelib.wiring import SES_QUEUE
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.chains import Ground, break_ground
from infra.proof.finding import Finding, goal_of
from infra.proof.simulator import faults, raw
from infra.proof.simulator.baton import Choice, Coin, PreemptAt
from infra.proof.simulator.calls import WRITES, Call
from infra.proof.simulator.faults import Seeded
from infra.proof.simulator.post import Letter
from infra.proof.simulator.world import World, made_up

INTERLEAVINGS = 10_000
GUESTS = 60  # of one world
CALLS_OF_A_GREETING = 9  # the change comes at one of them, or after the last
ARRIVED_AT = datetime(2027, 3, 7, 8, 0, tzinfo=UTC)
DUE_AT = datetime(2027, 3, 10, 10, 1, 30, tzinfo=UTC)  # the sweep has handed all greetings out
GREETING_HOUR = 10
DUE_QUEUE = "agenda-due"
RATES = {faults.LOST: 0.02, faults.CONFLICT: 0.02, faults.THROTTLED: 0.01}
# What is changed, and whether an earlier mail is needed for it, with what as its address.
CHANGES = {
    "denied": "",
    "unsubscribed": "",
    "suppressed": "",
    "do not greet": "",
    "address": "",
    "bounced": "bounce",
    "complained": "complaint",
}
NEW_ADDRESS = "new@guests.example"
RUNNER, DESK = "runner-1", "desk"


def prove(scale: float, seed: int) -> Finding:
    """Worlds in turn until there were enough interleavings."""
    engine = inside.stand_up()
    finding = Finding(goal_of(INTERLEAVINGS, scale))
    sums: Counter[str] = Counter()
    turn = 0
    while finding.count < finding.goal:
        told, problems = one_world(engine, f"{seed}.{turn}")
        finding.count += told["interleavings"]
        finding.failures += problems
        sums += told
        turn += 1
    if not (sums["change first"] and sums["claim first"]):
        finding.failures.append("one of the two was always first: this proves nothing")
    finding.notes |= sums
    return finding


@dataclass
class _Order:
    """At which place in the order of all commits something happened to one guest."""

    guest_id: str
    change: str
    committed: int = 0
    claimed_at: int | None = None
    changed_at: int | None = None

    def hear(self, call: Call, status: int) -> None:
        """A request was performed."""
        if status != 200 or call.service != "dynamodb" or call.operation not in WRITES:
            return
        self.committed += 1
        claims = [item for item in call.puts("deliveries") if item["delivery_status"]["S"] == "claimed"]
        if claims and call.worker == RUNNER and self.claimed_at is None:
            self.claimed_at = self.committed
        is_change = any(table.endswith(("guests", "suppressions")) for table in call.tables)
        if is_change and call.worker == DESK and self.changed_at is None:
            self.changed_at = self.committed

    @property
    def is_changed_first(self) -> bool:
        """Whether the change was committed, and no claim before it."""
        return self.changed_at is not None and (self.claimed_at is None or self.changed_at < self.claimed_at)


def one_world(engine: Engine, seed: str, *, count: int = GUESTS) -> tuple[Counter[str], list[str]]:
    """Guests whose greetings are due, each with a change at a moment of its own; numbers, and what was wrong."""
    source = random.Random(f"{seed} changes")
    with made_up(engine, seed, ARRIVED_AT) as world:
        ground = break_ground(starts_at=None, greeting_hour=GREETING_HOUR)
        changes = _guests(ground, source, count)
        world.post.held = frozenset({SES_QUEUE})
        world.live(DUE_AT - timedelta(hours=2))
        world.post.held = frozenset({SES_QUEUE, DUE_QUEUE})
        world.live(DUE_AT)
        waiting = _by_guest(world, DUE_QUEUE)
        heard = _by_guest(world, SES_QUEUE)
        orders = []
        for guest_id, change in changes.items():
            order = _Order(guest_id, change)
            acts: dict[str, Callable[[], None]] = {
                RUNNER: partial(world.hand_out, waiting[guest_id][:1]),
                DESK: partial(_change, world, ground, order, heard.get(guest_id, [])),
            }
            world.door.listeners = [order.hear]
            with world.under(Seeded(random.Random(f"{seed} {guest_id}"), RATES)):
                world.baton.run(acts, _choice(source))
            orders.append(order)
        world.door.listeners = []
        world.post.held = frozenset({SES_QUEUE})  # what the first mails became must not stop anybody else's
        world.live(DUE_AT + timedelta(hours=12))
        told = Counter({"interleavings": len(orders)})
        told["change first"] = sum(one.is_changed_first for one in orders)
        told["claim first"] = len(orders) - told["change first"]
        return told, [f"seed {seed}: {one}" for one in problems_of(world, orders)]


def _choice(source: random.Random) -> Choice:
    """Half of the time by turns, half of the time all at once at one call."""
    if source.random() < 0.5:
        return Coin(source)
    return PreemptAt(RUNNER, source.randint(0, CALLS_OF_A_GREETING))


def _guests(ground: Ground, source: random.Random, count: int) -> dict[str, str]:
    """Guests who left three days ago and have their birthday on the day; what will be changed, by guest."""
    found = {}
    for number in range(count):
        change = source.choice(list(CHANGES))
        local = CHANGES[change]
        body: dict[str, Any] = {
            "given_name": "Ana",
            "family_name": f"Silva {number}",
            "emails": [f"{local or 'ana'}+{number}@guests.example"],
            "language": ("en", "zh")[number % 2],
            "birth_date": f"{1950 + number % 50}-03-10",
            "home_property_id": str(ground.houses[0].id),
            "consents": [
                {"purpose": purpose, "channel": "email", "state": "granted", "source": "desk"}
                for purpose in ("greeting", "service")
            ],
        }
        made = guests.create(ground.hq, GuestIn.model_validate(body))
        found[str(made.id)] = change
        if local:  # their first mail is the thanks for a stay
            days = {"arrival": "2027-03-05", "departure": "2027-03-07"}
            stay = {"guest_id": str(made.id), "property_id": str(ground.houses[0].id), "status": "checked_out", **days}
            stays.record(ground.hq, StayIn.model_validate(stay))
    return found


def _by_guest(world: World, queue: str) -> dict[str, list[Letter]]:
    found: dict[str, list[Letter]] = {}
    ids = [str(one["guest_key"]).split("#")[1] for one in raw.every("guests")]
    for letter in world.post.letters:
        if letter.queue.name == queue:
            guest_id = next((one for one in ids if one in letter.body), None)
            if guest_id is not None:
                found.setdefault(guest_id, []).append(letter)
    return found


def _change(world: World, ground: Ground, order: _Order, letters: list[Letter]) -> None:
    """Make the change. What a fault interrupts is asked for again, as a person would."""
    hq, guest_id = ground.hq, order.guest_id
    if order.change in ("bounced", "complained"):
        world.hand_out(letters)
    elif order.change == "denied":
        guests.set_consent(hq, guest_id, "greeting", "email", ConsentSettingIn(state="denied", source="desk"))
    elif order.change == "unsubscribed":
        outreach.unsubscribe(token_of(Unsubscription(ground.chain_id, guest_id, "greeting", "email")))
    elif order.change == "suppressed":
        outreach.add_suppression(hq, "email", str(guests.get(hq, guest_id).emails[0]))
    else:
        fields = {"is_do_not_greet": True} if order.change == "do not greet" else {"emails": [NEW_ADDRESS]}
        known = guests.get(hq, guest_id)
        guests.update(hq, guest_id, GuestPatch.model_validate(fields), int(known.version))


def problems_of(world: World, orders: list[_Order]) -> list[str]:
    """Guests who got what they had said no to, or got it twice, or were not decided at all."""
    decided = {
        str(one["guest_key"]).split("#")[1]: one for one in raw.every("deliveries") if one["occasion"] == "birthday"
    }
    sent: dict[str, list[str]] = {}
    for entry in world.engine.outbox():
        if entry["tags"].get("kind") == "birthday":
            sent.setdefault(str(entry["guest_id"]), []).append(str(entry["recipient"]))
    found = []
    for order in orders:
        mails = sent.get(order.guest_id, [])
        status = str(decided.get(order.guest_id, {}).get("delivery_status", "nothing"))
        when = f"{order.change} at commit {order.changed_at}, claimed at {order.claimed_at}"
        told = f"{when}: {status}, {len(mails)} mails"
        if order.changed_at is None or status == "nothing" or len(mails) > 1:
            found.append(told)
        elif order.is_changed_first and order.change == "address":
            if mails != [NEW_ADDRESS] and status != "skipped":
                found.append(f"{told}; not to the address of now")
        elif order.is_changed_first and (mails or status != "skipped"):
            found.append(told)
    return found
