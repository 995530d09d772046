"""The queues between the functions, as SQS is at its worst: twice, late, in any order, dead after too many tries."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

from chalicelib import wiring
from chalicelib.kernel.settings import settings
from infra.local.inprocess import Engine
from infra.proof.simulator.seams import MadeUpTime

LATE_MAX_S = 900.0
RECEIVED_AT_ONCE = 10


@dataclass
class Letter:
    """One message on its way to a function."""

    id: str
    queue: wiring.Queue
    body: str
    not_before: float
    receives: int = 0


@dataclass
class Weather:
    """How bad the post is: the probability that a message comes a second time, and that it comes late."""

    twice: float = 0.0
    late: float = 0.0


@dataclass
class Post:
    """Takes what the product puts into its queues and hands it out in batches."""

    engine: Engine
    time: MadeUpTime
    random: random.Random
    weather: Weather = field(default_factory=Weather)
    letters: list[Letter] = field(default_factory=list)
    dead: list[Letter] = field(default_factory=list)
    held: frozenset[str] = frozenset()  # names of queues that are not handed out for the time being
    doubled: int = 0
    _numbered: int = 0

    def collect(self) -> None:
        """Fetch what the queues hold."""
        for queue in wiring.QUEUES:
            while found := self._received(settings().queue_url(queue.name)):
                for body in found:
                    late = self.random.random() < self.weather.late
                    wait = self.random.uniform(1, LATE_MAX_S) if late else 0.0
                    self.add(queue, body, wait_s=wait)
                if len(found) < RECEIVED_AT_ONCE:
                    break

    def add(self, queue: wiring.Queue, body: str, *, wait_s: float = 0.0) -> Letter:
        """Put a message of anybody's on its way."""
        self._numbered += 1
        letter = Letter(f"m{self._numbered}", queue, body, self.time.at + wait_s)
        self.letters.append(letter)
        return letter

    def batch(self) -> list[Letter]:
        """Some letters of one queue that may be handed out now, in any order. They wait until they are `done`."""
        ready = [one for one in self._open() if one.not_before <= self.time.at]
        if not ready:
            return []
        queue = self.random.choice(ready).queue
        ready = [one for one in ready if one.queue is queue]
        count = min(len(ready), self.random.randint(1, min(queue.batch_size, 10)))
        taken = self.random.sample(ready, count)
        for letter in taken:
            letter.receives += 1
            letter.not_before = self.time.at + queue.visibility_s
        return taken

    def done(self, batch: list[Letter], failed: frozenset[str]) -> None:
        """A handler has answered: what did not fail is gone, unless the post brings it once more."""
        for letter in batch:
            if letter not in self.letters:
                continue
            if letter.id in failed:
                self.returned([letter])
            elif self.random.random() < self.weather.twice:
                self.doubled += 1
                letter.not_before = self.time.at + self.random.uniform(0, LATE_MAX_S)
            else:
                self.letters.remove(letter)

    def returned(self, batch: list[Letter]) -> None:
        """A handler has died or failed: its letters come again, or are dead."""
        for letter in batch:
            if letter.receives >= letter.queue.max_receives:
                self.letters.remove(letter)
                self.dead.append(letter)

    def next_at(self) -> float | None:
        """When the next letter may be handed out."""
        return min((one.not_before for one in self._open()), default=None)

    def _open(self) -> list[Letter]:
        return [one for one in self.letters if one.queue.name not in self.held]

    def _received(self, url: str) -> list[str]:
        asked = {"QueueUrl": url, "MaxNumberOfMessages": RECEIVED_AT_ONCE}
        messages = self._ask(url, "ReceiveMessage", asked).get("Messages", [])
        if messages:
            entries = [{"Id": str(at), "ReceiptHandle": one["ReceiptHandle"]} for at, one in enumerate(messages)]
            self._ask(url, "DeleteMessageBatch", {"QueueUrl": url, "Entries": entries})
        return [str(one["Body"]) for one in messages]

    def _ask(self, url: str, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}
        _, _, content = self.engine.fetch("POST", url, json.dumps(body).encode(), headers)
        found: dict[str, Any] = json.loads(content)
        return found
