"""Kills the runner in the middle of the greetings, again and again, and then counts: nobody twice, nobody forgotten.

`python -m infra.proof.kills` starts it, and it takes two ways. In a test chain the clock advances over a day on which
all guests have their birthday. In a live chain the greetings are due now, and come by nudge, queue and sweep. After a
kill the product waits until the dead worker's lease has run out; unless `--patient` is given, the sweep is told that
this time has passed, and the queues soon hand out again what the dead had taken. Two runners (`--runners 2 --restless
--kills 0`) are at the same greetings at once.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import testclock, work
from chalicelib.kernel.clock import real_now
from infra.proof import account
from infra.proof.account import Account, say
from infra.proof.chains import Ground, break_ground, bring_in
from infra.proof.stack import Stack

EVE = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
BIRTHDAY = "03-10"
EVENING = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
TWO_DAYS_ON = datetime(2026, 3, 12, 0, 0, tzinfo=UTC)  # by then what is still unheard of has become unknown
# Guests without consent, and with an address that nobody has: so few of those that no house's mail pauses for them,
# in whatever order they are heard of. Four among a hundred would be enough.
EVERY_REFUSED, EVERY_BOUNCED = 25, 100
WAIT_MAX_S = 1800
POLL_S = 0.05
PATIENT_POLL_S = 0.25
EVENTS_WAIT_S = 150  # an event that a killed runner had taken comes again after the queue's 120 s
AHEAD = timedelta(seconds=work.LEASE_S + 30)  # how much further every kill moves the sweep
MIDDAY = 13
ONSETS, VOWELS = "bdfgklmnprstvz", "aeiou"
RESTLESS_S = 2.0
IN_FLIGHT = 3  # handlers that one runner has at work at a time


class Journey:
    """One chain's greetings, with kills on the way."""

    def __init__(self, up: Stack, ground: Ground, asked: argparse.Namespace, count: int) -> None:
        self._up = up
        self._ground = ground
        self._asked = asked
        self._random = random.Random(f"{asked.seed} {ground.chain.mode}")
        self.count = count
        self._ahead = timedelta()
        self._next_sweep = 0.0
        self.kills = 0
        self._marks = self._thresholds()

    def _thresholds(self) -> list[int]:
        """After how many messages a runner dies, in order; all in the middle of the greetings."""
        expected = self.count - self.count // EVERY_REFUSED
        return sorted(self._random.randint(expected // 20, expected * 9 // 10) for _ in range(self._asked.kills))

    def live_through(self, is_over: Callable[[], bool]) -> float:
        """Run until it is over, with the kills; how long it took."""
        began = time.monotonic()
        next_look = began
        while True:
            now = time.monotonic()
            if now - began > WAIT_MAX_S:
                raise TimeoutError("the greetings are not done")
            if self._marks and self.messages() >= self._marks[0]:
                self._marks.pop(0)
                time.sleep(self._random.uniform(0, 0.05))
                self._kill()
            for runner in self._up.runners:
                runner.revive()
            if self._asked.restless and now > self._next_sweep:
                self._sweep_ahead()
                self._next_sweep = time.monotonic() + RESTLESS_S
            if not self._marks and now >= next_look:
                if is_over():
                    return time.monotonic() - began
                next_look = now + PATIENT_POLL_S
            time.sleep(POLL_S)

    def _kill(self) -> None:
        victim = self._random.choice(self._up.runners)
        pid = self._up.kill(victim)
        self.kills += 1
        say(f"  killed runner {pid} after {self.messages()} messages")
        if not self._asked.patient:
            self._sweep_ahead()
        victim.start()

    def _sweep_ahead(self) -> None:
        """Hand everything out anew that is not done, as if every lease had run out."""
        self._ahead += AHEAD
        work.sweep(real_now() + self._ahead)

    def messages(self) -> int:
        """How many messages of the chain have reached the outbox."""
        return account.message_count(self._up.engine_url, self._ground.chain_id)

    def account(self) -> Account:
        """Count, once the mail service's events have told what became of the messages of the dead."""
        in_flight = self.kills * IN_FLIGHT
        ends_at = time.monotonic() + EVENTS_WAIT_S
        while True:
            entries = account.outbox(self._up.engine_url, self._ground.chain_id)
            found = account.taken(self._ground.hq, entries, due=self.count, parked_max=in_flight)
            if found.is_right or time.monotonic() > ends_at:
                return found
            time.sleep(PATIENT_POLL_S)


@dataclass
class Ended:
    """One way and its end."""

    is_right: bool
    kills: int
    problems: list[str]


def in_a_test_chain(up: Stack, asked: argparse.Namespace) -> Ended:
    """Greetings that an advance brings on. Whether the account is right, and stays so."""
    ground = break_ground(starts_at=EVE)
    began = time.monotonic()
    counts = bring_in(ground, "guests", [guest_row(number) for number in range(asked.greetings)])
    say(f"Test chain: {counts['created']} guests imported in {time.monotonic() - began:.1f} s")
    _until(lambda: testclock.overdue_count(ground.hq, ground.hq.now) == 0)
    journey = Journey(up, ground, asked, asked.greetings)

    def is_over() -> bool:
        return not testclock.clock_of(ground.hq).target_at

    testclock.request_advance(ground.hq, to=EVENING)
    seconds = journey.live_through(is_over)
    overdue = testclock.overdue_count(ground.hq, ground.hq.now)
    found = journey.account()
    say(f"  {journey.count} greetings in {seconds:.1f} s, {journey.count / seconds:.0f} a second, {overdue} overdue")
    found.say()
    testclock.request_advance(ground.hq, to=TWO_DAYS_ON)
    _until(is_over)
    later = journey.account()
    if later.messages != found.messages or later.unknown != later.parked:
        later.problems.append("a day later something was sent again, or a parked message is not known as unknown")
    say(f"  a day later: {later.messages} messages, {later.unknown} unknown")
    is_right = overdue == 0 and found.is_right and later.is_right
    return Ended(is_right, journey.kills, [*found.problems, *later.problems])


def in_a_live_chain(up: Stack, asked: argparse.Namespace) -> Ended:
    """Greetings that are due now. Whether the account is right."""
    zone, today = midday_zone(real_now())
    ground = break_ground(starts_at=None, zones=(zone,))
    runners, hq = list(up.runners), ground.hq
    for runner in runners:
        up.kill(runner)  # nothing is to begin before all are there
    began = time.monotonic()
    for number in range(asked.live_greetings):
        guests.create(hq, GuestIn.model_validate(guest_body(number, today, str(ground.houses[0].id))))
    say(f"Live chain: {asked.live_greetings} guests created in {time.monotonic() - began:.1f} s")
    journey = Journey(up, ground, asked, asked.live_greetings)
    for runner in runners:
        runner.start()
    seconds = journey.live_through(lambda: sum(1 for _ in account.deliveries(ground.hq)) >= journey.count)
    found = journey.account()
    say(f"  {journey.count} greetings in {seconds:.1f} s, {journey.count / seconds:.0f} a second")
    found.say()
    return Ended(found.is_right, journey.kills, found.problems)


def guest_row(number: int) -> Mapping[str, str]:
    """A guest as a row of a file."""
    return {
        "external_id": f"P-{number}",
        "given_name": name(f"given {number}"),
        "family_name": name(f"family {number}"),
        "email": address(number),
        "language": "zh" if number % 3 == 0 else "en",
        "birth_date": f"{1950 + number % 50}-{BIRTHDAY}",
        "consent_greeting_email": consent(number),
        "consent_source": "booking form",
    }


def guest_body(number: int, today: str, house: str) -> dict[str, object]:
    """A guest as a body of the API."""
    return {
        "given_name": name(f"given {number}"),
        "family_name": name(f"family {number}"),
        "emails": [address(number)],
        "language": "zh" if number % 3 == 0 else "en",
        "birth_date": f"{1950 + number % 50}-{today}",
        "home_property_id": house,
        "consents": [
            {"purpose": "greeting", "channel": "email", "state": consent(number), "source": "booking form"},
        ],
    }


def name(seed: str) -> str:
    """A name of three syllables, so that the guests are not one another's doubles, each to be told from all others."""
    chosen = random.Random(seed)
    return "".join(chosen.choice(ONSETS) + chosen.choice(VOWELS) for _ in range(3)).capitalize()


def address(number: int) -> str:
    """A guest's address; some that nobody has."""
    return f"bounce+{number}@guests.example" if number % EVERY_BOUNCED == 1 else f"ana.{number}@guests.example"


def consent(number: int) -> str:
    """Most have agreed to greetings."""
    return "denied" if number % EVERY_REFUSED == 0 else "granted"


def midday_zone(now: datetime) -> tuple[str, str]:
    """A zone in which it is early afternoon, and its month and day."""
    offset = MIDDAY - now.hour
    zone = f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"  # the names count westwards
    return zone, (now + timedelta(hours=offset)).strftime("%m-%d")


def _until(claim: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + WAIT_MAX_S
    while not claim():
        if time.monotonic() > ends_at:
            raise TimeoutError("it does not come to an end")
        time.sleep(PATIENT_POLL_S)


def main() -> int:
    """Both ways; the exit status."""
    parser = argparse.ArgumentParser(description="Kill the runner in the middle of the greetings, and count.")
    parser.add_argument("--greetings", type=int, default=3000, help="in the test chain; 0 leaves it out")
    parser.add_argument("--live-greetings", type=int, default=300, help="in the live chain; 0 leaves it out")
    parser.add_argument("--kills", type=int, default=3, help="in each chain")
    parser.add_argument("--runners", type=int, default=1, help="at work at the same time")
    parser.add_argument("--seed", default="hospes", help="of the moments of the kills")
    parser.add_argument("--patient", action="store_true", help="wait for leases to run out by themselves")
    parser.add_argument("--restless", action="store_true", help="hand out again, all the time, what is being done")
    parser.add_argument("--told", type=Path, help="where to write the end as JSON")
    asked = parser.parse_args()
    up = Stack()
    if not asked.patient:
        up.hurry()
    try:
        for _ in range(asked.runners):
            up.start_runner()
        ended = [in_a_test_chain(up, asked)] if asked.greetings else []
        ended += [in_a_live_chain(up, asked)] if asked.live_greetings else []
    finally:
        up.stop()
    is_right = all(one.is_right for one in ended)
    if asked.told is not None:
        problems = [problem for one in ended for problem in one.problems]
        asked.told.write_text(json.dumps({"kills": sum(one.kills for one in ended), "problems": problems}))
    say("All is accounted for." if is_right else "The account is WRONG.")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
