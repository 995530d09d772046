"""I4 over real sockets: the engine is another process, and a proxy before it cuts, delays and refuses.

What the simulator makes up below botocore is here done to botocore itself: its retries, its time-outs, its pool of
connections. A mail must leave this process once, whatever became of the answer. Pauses between tries are shortened.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from chalicelib import wiring, workers
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import KeyIn
from chalicelib.kernel import aws, work
from chalicelib.kernel.audit import AuditRecord
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.settings import settings
from chalicelib.outreach.service import Delivery
from infra.local.lambdas import Context, failed_ids, queue_event
from infra.proof import account
from infra.proof.around import around
from infra.proof.chains import Ground, break_ground
from infra.proof.finding import Finding, goal_of
from infra.proof.killing import AHEAD, guest_body, midday_zone
from infra.proof.proxy import Proxy, real_sleep
from infra.proof.simulator.caller import Direct
from infra.proof.stack import Stack

FAULTS = 300
RATE = 0.15
GUESTS_AT_ONCE = 10
PAUSE = 0.02  # of the pauses that the product and botocore ask for
READ_TIMEOUT_S, SLOW_S = 0.6, 0.9
ROUNDS_MAX = 60


def prove(scale: float, seed: int) -> Finding:
    """A stack of its own, in a folder that is gone afterwards."""
    finding = Finding(goal_of(FAULTS, scale))
    with tempfile.TemporaryDirectory(prefix="hospes-proof-") as folder:
        told = Path(folder) / "told.json"
        status = around("infra.proof.sockets", [str(finding.goal), str(seed), str(told)])
        broken: dict[str, Any] = {"count": 0, "failures": [f"seed {seed}: the journey broke off with status {status}"]}
        found = json.loads(told.read_text()) if told.exists() else broken
    finding.count, finding.failures = int(found["count"]), list(found["failures"])
    finding.notes |= found.get("notes", {})
    return finding


class _Journey:
    """Guests come in by the API and are greeted at once, through the proxy."""

    def __init__(self, proxy: Proxy, engine_url: str, seed: int) -> None:
        self.proxy = proxy
        self.seed = seed
        self.zone, self.today = midday_zone(real_now())
        self.ground: Ground = break_ground(starts_at=None, zones=(self.zone,))
        key = KeyIn(name="Proof", permissions=sorted(directory.PERMISSIONS))
        self.caller = Direct(directory.create_key(self.ground.hq, key)[1], pause=real_sleep)
        self.created = 0
        self._ahead = AHEAD
        # The poller is Lambda's, not the product's: it speaks to the engine itself.
        self._sqs = boto3.client("sqs", endpoint_url=engine_url, config=Config(read_timeout=10))
        self._waiting: list[tuple[wiring.Queue, dict[str, Any]]] = []

    def go_on(self) -> None:
        """Some more guests, then the work that follows from them."""
        self.proxy.rate = RATE
        for _ in range(GUESTS_AT_ONCE):
            body = guest_body(self.created, self.today, str(self.ground.houses[0].id))
            self.caller.ask("POST", "/v1/guests", body)
            self.created += 1
        for _ in range(3):
            self._work()

    def come_to_rest(self) -> None:
        """Without faults, until every guest has been decided."""
        self.proxy.rate = 0.0
        for _ in range(ROUNDS_MAX):
            self._ahead += AHEAD
            work.sweep(real_now() + self._ahead)
            self._work()
            decided = [one.status for one in account.deliveries(self.ground.hq)]
            if len(decided) >= self.created and not self._waiting and not {"claimed"} & set(decided):
                return

    def _work(self) -> None:
        for queue in wiring.QUEUES:
            url = settings().queue_url(queue.name)
            while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                self._waiting += [(queue, message) for message in messages]
                for message in messages:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        waiting, self._waiting = self._waiting, []
        for queue, message in waiting:
            answer = getattr(workers, queue.handler)(queue_event(queue.name, [message]), Context(queue.handler))
            if failed_ids(answer, [message]):
                self._waiting.append((queue, message))

    def problems(self, engine_url: str) -> list[str]:
        """What is wrong in the end."""
        hq = self.ground.hq
        found = [f"a mail was handed over {n} times" for n in self.proxy.mails.values() if n > 1]
        decided = list(account.deliveries(hq))
        guests = Counter(one.guest_id for one in decided)
        if len(guests) != self.created or len(decided) != self.created:
            found.append(f"{self.created} guests, {len(guests)} of them decided, {len(decided)} decisions")
        by_delivery = Counter(one["delivery_id"] for one in account.outbox(engine_url, self.ground.chain_id))
        found += [f"{one} is {n} times at the sink" for one, n in by_delivery.items() if n > 1]
        for one in decided:
            found += _wrong(one, by_delivery[str(one.id)])
            entries = AuditRecord.page(hq.key(one.guest_id), limit=50).items
            made = sum(entry.action == "guest.created" for entry in entries)
            if made != 1:
                found.append(f"{one.guest_id} was created {made} times")
        return [f"seed {self.seed}: {one}" for one in found]


def _wrong(delivery: Delivery, messages: int) -> list[str]:
    if delivery.status in account.SENT and messages != 1:
        return [f"{delivery.id} is {delivery.status} and {messages} times at the sink"]
    if delivery.status == "skipped" and messages:
        return [f"{delivery.id} is skipped and {messages} times at the sink"]
    return []


def main() -> int:
    """The journey, in an environment that points to an engine."""
    parser = argparse.ArgumentParser()
    parser.add_argument("faults", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("told", type=Path)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what is broken on purpose needs no log
    Stack()  # waits for the engine and makes the resources
    engine_url = str(settings().endpoint_url)
    proxy = Proxy(engine_url, random.Random(f"{asked.seed} sockets"), slow_s=SLOW_S)
    proxy.start()
    os.environ["AWS_ENDPOINT_URL"] = proxy.url
    settings.cache_clear()
    aws.READ_TIMEOUT_S = aws.MESSAGE_READ_TIMEOUT_S = READ_TIMEOUT_S
    aws.client.cache_clear()
    time.sleep = lambda seconds: real_sleep(float(seconds) * PAUSE)
    journey = _Journey(proxy, engine_url, asked.seed)
    while proxy.faults.total() < asked.faults:
        journey.go_on()
    journey.come_to_rest()
    notes = {"guests": journey.created, "mails": proxy.mails.total(), **proxy.faults}
    told = {"count": proxy.faults.total(), "failures": journey.problems(engine_url), "notes": notes}
    asked.told.write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
