"""I2: no point is spent twice. Sixteen threads race for a balance that covers exactly so many of them.

They meet on the local engine, whose conditions and transactions are real; each asks over the API under a key of its own
until it has an answer. Exactly as many as the balance covers may succeed, whatever they want the points for, and in the
end the raw items must say so.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local import gateway
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.points.books import Policies
from infra.proof.points.house import House, Reply, join, new_guest, opened, problems_of, silenced
from infra.proof.points.store import Books

ROUNDS, RACERS = 1_000, 16
ROUNDS_AT_ONCE = 20  # in one chain, each with a member of its own
TRIES_MAX = 200  # of somebody who is told that others are at work
PAUSE = 0.1  # of the pauses that the product takes after a conflict
REFUSED = frozenset({"insufficient_points"})
WAYS = ("redemptions", "holds", "adjustments", "transfers", "everything")


@dataclass(frozen=True)
class Race:
    """What one round is about: points for each, how many the balance covers, and how many points remain."""

    way: str
    each: int
    covered: int
    rest: int

    def body(self, racer: int, other: str) -> tuple[str, Any]:
        """What a racer asks for."""
        way = WAYS[racer % 4] if self.way == "everything" else self.way
        if way == "adjustments":
            return way, {"points": -self.each, "reason": "correction", "cost_owner": "chain"}
        if way == "transfers":
            return way, {"points": self.each, "to_member_id": other}
        return "redemptions", {"points": self.each, "reward": "night", "is_hold": way == "holds"}


def prove(scale: float, seed: int) -> Finding:
    """Races in chains of some rounds each."""
    engine = inside.stand_up()
    gateway.one_request_per_thread()
    finding = Finding(goal_of(ROUNDS, scale))
    won = 0
    with silenced():
        while finding.count < finding.goal and not finding.failures:
            rounds = min(ROUNDS_AT_ONCE, finding.goal - finding.count)
            successes, problems = races(engine, f"{seed}.{finding.count}", rounds)
            finding.count += rounds
            won += successes
            finding.failures += problems
    finding.notes |= {"threads": RACERS, "of them paid": won, "refused": finding.count * RACERS - won}
    return finding


def races(engine: Engine, seed: str, rounds: int) -> tuple[int, list[str]]:
    """Some rounds in one chain; how many racers succeeded, and what is wrong."""
    source = random.Random(f"{seed} races")
    won, found = 0, []
    with opened(engine, seed, Policies(), members=0, pause=PAUSE, transfer_max_year=10**9) as house:
        for number in range(rounds):
            ids = [join(house, new_guest(house, 2 * number + one), key=f"join-{number}-{one}") for one in (0, 1)]
            race = Race(WAYS[number % len(WAYS)], source.randint(1, 90), source.randint(1, 12), 0)
            race = Race(race.way, race.each, race.covered, source.randrange(race.each))
            answers = _raced(house, race, number, ids)
            done = sum(answers[kind] for kind in ("done",))
            won += done
            left = house.sums()[ids[0]]
            told = f"seed {seed}, round {number}, {race}: {dict(answers)}, {left} left"
            if done != race.covered or answers["insufficient_points"] != RACERS - race.covered:
                found.append(told)
            if left[0] - left[2] != race.rest:
                found.append(told)
        house.deliver(is_shuffled=True)
        found += [f"seed {seed}: {one}" for one in problems_of(house, Books(house.policies), is_settled=True)]
    return won, found


def _raced(house: House, race: Race, number: int, ids: list[str]) -> Counter[str]:
    """One round; how each racer ended."""
    total = race.each * race.covered + race.rest
    lots = [total // 3, total // 3, total - 2 * (total // 3)]
    for place, points in enumerate(one for one in lots if one):
        body = {"points": points, "reason": "goodwill", "cost_owner": "chain"}
        house.must("POST", f"/v1/members/{ids[0]}/adjustments", body, key=f"fill-{number}-{place}")
    start, answers = threading.Barrier(RACERS), list[str]()

    def run(racer: int) -> None:
        what, body = race.body(racer, ids[1])
        path = f"/v1/members/{ids[0]}/{what}"
        start.wait()
        answers.append(_until_answered(lambda: house.ask("POST", path, body, key=f"race-{number}-{racer}")))

    threads = [threading.Thread(target=run, args=(racer,)) for racer in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(answers)


def _until_answered(ask: Callable[[], Reply]) -> str:
    for _ in range(TRIES_MAX):
        reply = ask()
        if reply.status < 300:
            return "done"
        if reply.kind != "busy":
            return reply.kind
    return "never answered"
