"""I13: one message that nobody can handle harms only itself.

Batches mix real work with what no product of ours would send: no JSON, other shapes, endless texts, kinds that nobody
handles, other chains' subjects. Only those that cannot be handled may be reported as failed; they come again until
they are dead letters, and the rest is done once. Poison lies on the agenda, too, where it has to die without stopping
the sweep.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import agenda, aws
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.ids import new_id
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.chains import Ground, break_ground
from infra.proof.finding import Finding, goal_of
from infra.proof.simulator import raw
from infra.proof.simulator.post import Letter
from infra.proof.simulator.totals import totals_of
from infra.proof.simulator.world import World, made_up

BATCHES = 2_000
GUESTS = 60  # of one world: each has an event, a greeting and two events of the mail service
POISONED = 3  # messages of a batch, at most
BEGINS_AT = datetime(2027, 3, 9, 7, 0, tzinfo=UTC)
DUE_AT = datetime(2027, 3, 10, 10, 1, 30, tzinfo=UTC)
ALONE = 0.1  # of poison that comes without any work
SHAPED = 0.6  # of poison that can be read
HUGE = 250_000  # characters; a message of SQS takes 256 kB
DEEP = 100_000
AGENDA = ("agenda-event", "agenda-due", "agenda-bulk")

# What cannot be read as a message of ours, whatever queue it lies in. It must be reported as failed.
UNREADABLE: tuple[str, ...] = (
    "",
    "{",
    "null",
    "42",
    '"text"',
    "[]",
    "[[]]",
    "\x00",
    "[" * DEEP,
    '{"a":' * 20_000,
    "x" * HUGE,
    "\ufeff{}",
)
# The same for the agenda's queues only.
MISSHAPEN: tuple[Any, ...] = (
    {},
    {"subject": "chn_a#gst_a"},
    {"subject": "", "item": "", "revision": ""},
    {"subject": 5, "item": 6, "revision": 7},
    {"subject": None, "item": None, "revision": None},
    {"subject": ["a"], "item": {"b": 1}, "revision": True},
    {"subject": "a" * 3000, "item": "b", "revision": "c"},
    {"subject": "a#b", "item": "c" * 3000, "revision": "d"},
    {"subject": "\ud800#b", "item": "c", "revision": "d"},
)
# What can be read and is about nothing: dropped without a word, or refused; both harm nobody.
MAIL_SHAPES: tuple[Any, ...] = (
    {"eventType": 5, "mail": {}},
    {"eventType": "Bounce", "mail": []},
    {"eventType": "Bounce", "mail": {"tags": {"chain": 5, "guest": {}, "delivery": None}}},
    {"eventType": "Bounce", "bounce": "hard", "mail": {"tags": [], "headers": [5, {"name": 1}]}},
    {"eventType": "Complaint", "mail": {"timestamp": "yesterday", "headers": "none"}},
    {"Type": "Notification", "TopicArn": "arn:aws:sns:elsewhere", "Message": "{}"},
    {"Type": "Notification", "TopicArn": [], "Message": {"a": 1}},
)


def prove(scale: float, seed: int) -> Finding:
    """Worlds in turn until there were enough batches."""
    engine = inside.stand_up()
    finding = Finding(goal_of(BATCHES, scale))
    sums: Counter[str] = Counter()
    turn = 0
    while finding.count < finding.goal:
        told, problems = one_world(engine, f"{seed}.{turn}")
        finding.count += told["batches"]
        finding.failures += problems
        sums += told
        turn += 1
    finding.notes |= {"worlds": turn, **sums}
    return finding


def one_world(engine: Engine, seed: str, *, count: int = GUESTS) -> tuple[Counter[str], list[str]]:
    """A chain whose whole work comes mixed with poison; numbers, and what was wrong."""
    with made_up(engine, seed, BEGINS_AT) as world:
        ground = break_ground(starts_at=None)
        other = break_ground(starts_at=None)
        for number in range(count):
            guests.create(ground.hq, GuestIn.model_validate(_guest(number, str(ground.houses[0].id))))
        feast = _Feast(world, ground, other, random.Random(f"{seed} poison"))
        feast.lay_on_the_agenda()
        feast.serve_until(DUE_AT)
        feast.serve_until(DUE_AT + timedelta(days=3))
        return feast.told, [f"seed {seed}: {one}" for one in [*feast.problems, *feast.leftovers()][:20]]


class _Feast:
    """Hands out every batch with poison in it."""

    def __init__(self, world: World, ground: Ground, other: Ground, source: random.Random) -> None:
        self.world = world
        self.told: Counter[str] = Counter()
        self.problems: list[str] = []
        self._ground, self._other, self._random = ground, other, source
        self._poison: set[str] = set()  # bodies that cannot be handled
        self._kinds: set[str] = set()

    def lay_on_the_agenda(self) -> None:
        """Items that fall due and cannot be done: a kind of another version, an event that says nothing readable."""
        for number, lane_class in enumerate(agenda.CLASSES):
            kind = f"gone.kind{number}"
            subject = new_id("gst")
            now = self.world.time.now
            record = AgendaRecord(
                subject_key=self._ground.hq.key(subject),
                item_key=kind,
                kind=kind,
                lane=f"{lane_class}#{number % agenda.LANES_PER_CLASS:02}",
                due_at=sortable(now),
                armed_for=sortable(now),
                revision=new_id("rev"),
            )
            self._kinds.add(kind)
            aws.client("dynamodb").put_item(TableName=AgendaRecord.Meta.table_name, Item=record.serialize())

    def serve_until(self, until: datetime) -> None:
        """Live on, with something in every batch."""
        plain = self.world.hand_out
        self.world.hand_out = self._hand_out  # type: ignore[method-assign]
        try:
            self.world.live(until)
        finally:
            self.world.hand_out = plain  # type: ignore[method-assign]

    def _hand_out(self, batch: list[Letter]) -> None:
        queue = batch[0].queue
        is_work = any(not self._is_poison(letter) for letter in batch)
        room = min(POISONED, queue.batch_size - len(batch)) if is_work else 0
        mixed = [*batch, *(self._drawn(queue) for _ in range(self._random.randint(min(1, room), room)))]
        self._random.shuffle(mixed)
        before = self.world.errors.total()
        World.hand_out(self.world, mixed)
        self.told["batches"] += 1
        self.told["poisonous messages"] += sum(map(self._is_poison, mixed))
        if self.world.errors.total() != before:
            self.problems.append(f"a function failed as a whole: {dict(self.world.errors)}")
        for letter in mixed:
            has_failed = letter in self.world.post.letters or letter in self.world.post.dead
            if self._is_poison(letter) != has_failed:
                what = "failed" if has_failed else "came through"
                self.problems.append(f"{queue.name}: {_shown(letter.body)} {what}")
        if is_work and self._random.random() < ALONE:
            self.world.post.add(self._random.choice(wiring.QUEUES), self._bad())

    def _is_poison(self, letter: Letter) -> bool:
        return letter.body in self._poison or any(kind in letter.body for kind in self._kinds)

    def _drawn(self, queue: wiring.Queue) -> Letter:
        """Something that lies in the queue, too, and is handed out now."""
        body = self._bad()
        if self._random.random() < SHAPED:
            body, is_poison = self._shaped(queue)
            if is_poison:
                self._poison.add(body)
        letter = self.world.post.add(queue, body)
        letter.receives, letter.not_before = 1, self.world.time.at + queue.visibility_s
        return letter

    def _bad(self) -> str:
        body = self._random.choice(UNREADABLE)
        self._poison.add(body)
        return body

    def _shaped(self, queue: wiring.Queue) -> tuple[str, bool]:
        if queue.name not in AGENDA:
            body = json.dumps(self._random.choice((*MAIL_SHAPES, self._foreign_event())))
            return body, _is_unreadable_event(body)
        if self._random.random() < 0.5:
            return json.dumps(self._random.choice(MISSHAPEN)), True
        item = self._random.choice([one for one in raw.every("agenda") if str(one["kind"]) not in self._kinds])
        chain, subject = str(item["subject_key"]).split("#", 1)
        stray: Callable[[], dict[str, Any]] = self._random.choice(
            (
                lambda: {"subject": f"{self._other.chain_id}#{subject}", "item": item["item_key"], "revision": "rev"},
                lambda: {"subject": item["subject_key"], "item": item["item_key"], "revision": "rev_of_nobody"},
                lambda: {"subject": f"{chain}#{new_id('gst')}", "item": item["item_key"], "revision": "rev"},
                lambda: {"subject": item["subject_key"], "item": "no.such#item", "revision": "rev", "more": [1]},
            )
        )
        return json.dumps(stray()), False

    def _foreign_event(self) -> dict[str, Any]:
        """A complaint about a delivery of ours in the name of another chain."""
        tags = {"chain": [self._other.chain_id], "guest": [new_id("gst")], "delivery": [new_id("dlv")]}
        return {"eventType": "Complaint", "complaint": {}, "mail": {"messageId": "m", "tags": tags}}

    def leftovers(self) -> list[str]:
        """What is wrong in the end: work undone or done twice, poison that neither died nor was buried."""
        totals = totals_of(self.world)
        found = [one for one in totals.problems if "gone.kind" not in one]
        found += [f"{name}: {decided}" for name, decided in totals.decisions.items() if decided != "out"]
        if len(totals.decisions) != sum(1 for _ in raw.every("guests")):
            found.append(f"{len(totals.decisions)} greetings were decided")
        buried = {str(one["kind"]) for one in raw.every("agenda") if str(one.get("lane", "")).startswith("dead#")}
        found += [f"{kind} was never buried" for kind in sorted(self._kinds - buried)]
        wronged = [one for one in self.world.post.dead if not self._is_poison(one)]
        found += [f"among the dead letters: {_shown(one.body)}" for one in wronged]
        found += [f"still on its way: {_shown(one.body)}" for one in self.world.post.letters]
        self.told["dead letters"] = len(self.world.post.dead)
        return found


def _is_unreadable_event(body: str) -> bool:
    """Whether nothing can be made of it: neither an envelope of SNS nor an event of SES with a mail."""
    event = json.loads(body)
    if "Message" in event and "TopicArn" in event:
        return False
    return not (isinstance(event.get("eventType"), str) and isinstance(event.get("mail"), dict))


def _guest(number: int, house: str) -> dict[str, Any]:
    return {
        "given_name": "Ana",
        "family_name": f"Silva {number}",
        "emails": [f"ana+{number}@guests.example"],
        "language": ("en", "zh")[number % 2],
        "birth_date": f"{1950 + number % 50}-03-10",
        "home_property_id": house,
        "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": "desk"}],
    }


def _shown(body: str) -> str:
    return ascii(body[:60])
