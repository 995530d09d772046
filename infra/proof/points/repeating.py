"""I3: one key, one effect, one answer. Everything that moves points is asked for again: at once, later, by several at
the same moment, by another process that remembers nothing, and with another body under the same key.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.directory import service as directory
from infra.local import gateway
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.points.books import Policies
from infra.proof.points.house import House, Reply, join, new_guest, opened, problems_of, silenced
from infra.proof.points.store import Books

KEYS = 10_000
KEYS_AT_ONCE = 60  # in one chain
TWINS = 4  # threads that ask under one key at the same moment
PARALLEL_EVERY = 4  # keys of which one is asked for in parallel
TRIES_MAX = 200
PAUSE = 0.1
LATE = 12  # keys after which one is asked for again


@dataclass(frozen=True)
class Ask:
    """A call, its key, and what it was answered first."""

    path: str
    body: Any
    key: str
    reply: Reply


def prove(scale: float, seed: int) -> Finding:
    """Keys in chains of some each."""
    engine = inside.stand_up()
    gateway.one_request_per_thread()
    finding = Finding(goal_of(KEYS, scale))
    asked = 0
    with silenced():
        while finding.count < finding.goal and not finding.failures:
            keys = min(KEYS_AT_ONCE, finding.goal - finding.count)
            repeats, problems = in_one_chain(engine, f"{seed}.{finding.count}", keys)
            finding.count += keys
            asked += repeats
            finding.failures += problems
    finding.notes["asked again"] = asked
    return finding


def in_one_chain(engine: Engine, seed: str, keys: int) -> tuple[int, list[str]]:
    """Some keys of one chain; how often was asked again, and what is wrong."""
    with opened(engine, seed, Policies(), members=0, pause=PAUSE, transfer_max_year=10**9) as house:
        chain = _Chain(house, seed)
        for number in range(keys):
            chain.one_key(number)
        for one in chain.asked:
            chain.again(one, "in the end")
        house.deliver()
        chain.problems += problems_of(house, Books(house.policies), is_settled=True)
    return chain.repeats, [f"seed {seed}: {one}" for one in chain.problems]


class _Chain:
    def __init__(self, house: House, seed: str) -> None:
        self.house = house
        self.random = random.Random(f"{seed} keys")
        self.members = [join(house, new_guest(house, one), key=f"join-{one}") for one in (0, 1)]
        self.open: list[str] = []  # redemptions that wait to be settled
        self.spent: list[str] = []
        self.asked: list[Ask] = []
        self.repeats = 0
        self.problems: list[str] = []

    def one_key(self, number: int) -> None:
        """A fresh key, asked for once or by several at a time, then again in every way."""
        path, body, effect = self._chosen(number)
        before = self._entries()
        count = TWINS if number % PARALLEL_EVERY == 0 else 1
        replies = self._together(count, lambda: self.house.ask("POST", path, body, key=f"key-{number}"))
        first = Ask(path, body, f"key-{number}", replies[0])
        if any(one != first.reply for one in replies) or first.reply.status >= 300:
            self.problems.append(f"{path} {body} by {count} at a time was answered {replies}")
            return
        self.repeats += count - 1
        if self._entries() != before + effect:
            self.problems.append(
                f"{path} {body} by {count} at a time: {self._entries() - before} entries, not {effect}"
            )
        self.asked.append(first)
        self._note(path, body, first.reply)
        self.again(first, "at once")
        directory.forget()  # what follows is asked of a process that remembers nothing
        self.again(first, "of another process")
        self.other_body(first)
        if number >= LATE:
            self.again(self.asked[self.random.randrange(len(self.asked) - LATE // 2)], "later")

    def _chosen(self, number: int) -> tuple[str, Any, int]:
        """What is asked for, and how many entries it writes."""
        member, other = self.members if number % 2 else reversed(self.members)
        base, points = f"/v1/members/{member}", 20 + number
        gift = {"points": 400 + number, "reason": "goodwill", "cost_owner": "chain"}
        spend = {"points": points, "reward": "night"}
        ways: list[tuple[str, Any, int]] = [
            (f"{base}/adjustments", gift, 1),
            (
                f"{base}/opening-balances",
                {"points": points, "earned_on": "2026-01-31", "reference": f"old-{number}"},
                1,
            ),
        ]
        balance, _, held = self.house.sums()[member]
        if number > 3 and balance - held >= points:
            ways += [
                (f"{base}/redemptions", spend, 1),
                (f"{base}/redemptions", {**spend, "is_hold": True}, 1),
                (f"{base}/transfers", {"points": 7, "to_member_id": other}, 2),
                (f"{base}/adjustments", {"points": -5, "reason": "fraud", "cost_owner": "chain"}, 1),
            ]
        if self.open:
            ways += [(f"{self.open[0]}/captures", {}, 1), (f"{self.open[0]}/releases", None, 1)]
        if self.spent:
            ways.append((f"{self.spent[0]}/cancellations", {"penalty": 1}, 1))
        return ways[number % 2] if number < 4 else self.random.choice(ways)

    def _note(self, path: str, body: Any, reply: Reply) -> None:
        if path.endswith("/redemptions"):
            (self.open if body.get("is_hold") else self.spent).append(f"{path}/{reply.body['id']}")
        elif path.endswith(("/captures", "/releases")):
            done = self.open.pop(0)
            self.spent += [done] if path.endswith("/captures") else []
        elif path.endswith("/cancellations"):
            self.spent.pop(0)

    def again(self, one: Ask, when: str) -> None:
        """The same call under the same key: the same answer, and no entry."""
        before = self._state()
        reply = self.house.ask("POST", one.path, one.body, key=one.key)
        self.repeats += 1
        if reply != one.reply or self._state() != before:
            self.problems.append(
                f"{one.path}, {when}: {one.reply} first, {reply} now, from {before} to {self._state()}"
            )

    def other_body(self, one: Ask) -> None:
        """Another body under the same key: refused, and no entry."""
        before = self._state()
        reply = self.house.ask("POST", one.path, {**(one.body or {}), "points": 3}, key=one.key)
        self.repeats += 1
        if reply.status < 400 or reply.status >= 500 or self._state() != before:
            self.problems.append(f"{one.path} with another body was answered {reply}")

    def _together(self, count: int, ask: Callable[[], Reply]) -> list[Reply]:
        if count == 1:
            return [ask()]
        start, found = threading.Barrier(count), list[Reply]()

        def run() -> None:
            start.wait()
            found.append(_until_answered(ask))

        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def _entries(self) -> int:
        return sum(int(one["sequence"]) for one in self.house.headers().values())

    def _state(self) -> tuple[Any, ...]:
        return self._entries(), tuple(sorted(self.house.sums().items()))


def _until_answered(ask: Callable[[], Reply]) -> Reply:
    """The first answer that means something: not that a twin is at work."""
    for _ in range(TRIES_MAX):
        reply = ask()
        if reply.kind not in ("busy", "answer_lost"):
            break
    return reply
