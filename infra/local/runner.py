"""Lambda's event sources on this machine: polls the queues, ticks the schedules and calls the app's handlers.

    python -m infra.local.runner

A process for each queue, forked once the app is loaded, and one for the schedules: handlers compute more than they
wait, and Python computes on one processor at a time.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import wiring, workers
from chalicelib.kernel import aws, logs
from chalicelib.kernel.settings import settings
from infra.local import parent
from infra.local.lambdas import Context, failed_ids, queue_event, schedule_event

logger = logging.getLogger("runner")

POLL_S = 10  # how long one poll waits for messages
RECEIVED_MAX = 10  # SQS's own limit for one call
PAUSE_MIN_S, PAUSE_MAX_S = 0.2, 2.0  # between two tries while the engine is away
WATCH_EVERY_S = 0.5
CLIENTS = ("dynamodb", "sqs", "sesv2")  # what nearly every handler uses
STOP_S = 1.5  # how long a stop waits for the handlers that are running


class Runner:
    """Some of what runs without being asked by a person: these queues and these schedules."""

    def __init__(self, queues: Any = None, sources: Sequence[Any] = (), schedules: Sequence[Any] = ()) -> None:
        self.stopping = threading.Event()
        self._sources = sources
        self._schedules = schedules
        self._running = 0
        self._counting = threading.Lock()
        self._queues = queues if queues is not None else queue_client()

    def start(self) -> None:
        """Begin, each source on a thread of its own."""
        for queue in self._sources:
            target = Outage(f"queue {queue.name}", self.stopping).around(self._poller(queue))
            threading.Thread(target=target, daemon=True, name=f"queue {queue.name}").start()
        if self._schedules:
            threading.Thread(target=self._tick, daemon=True, name="schedules").start()

    def stop(self) -> None:
        """Take nothing new and give what is running a moment."""
        self.stopping.set()
        ends_at = time.monotonic() + STOP_S
        while self._running and time.monotonic() < ends_at:
            time.sleep(0.02)

    def _poller(self, queue: Any) -> Callable[[], None]:
        url = settings().queue_url(queue.name)
        handler = getattr(workers, queue.handler)

        def poll() -> None:
            answer = self._queues.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(queue.batch_size, RECEIVED_MAX),
                WaitTimeSeconds=POLL_S,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            if messages and not self.stopping.is_set():
                self.handle(queue, handler, url, messages)

        return poll

    def handle(self, queue: Any, handler: Callable[[Any, Any], Any], url: str, messages: list[dict[str, Any]]) -> None:
        """Call a handler with a batch and delete what it handled; the rest comes back when its time is over."""
        try:
            answer = self._called(queue.handler, handler, queue_event(queue.name, messages))
        except Exception:
            logger.exception("%s failed with %d messages", queue.handler, len(messages))
            return
        failed = failed_ids(answer, messages)
        done = [
            {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
            for place, message in enumerate(messages)
            if message["MessageId"] not in failed
        ]
        if failed:
            logger.warning("%s could not handle %d of %d messages", queue.handler, len(failed), len(messages))
        if done:
            self._queues.delete_message_batch(QueueUrl=url, Entries=done)

    def _called(self, name: str, handler: Callable[[Any, Any], Any], event: dict[str, Any]) -> Any:
        with self._counting:
            self._running += 1
        try:
            return handler(event, Context(name))
        finally:
            with self._counting:
                self._running -= 1

    def _tick(self) -> None:
        """Call each schedule's handler when it is due; one that takes long is called again right after."""
        due = {schedule.name: time.monotonic() for schedule in self._schedules}
        while not self.stopping.is_set():
            for schedule in self._schedules:
                if time.monotonic() >= due[schedule.name] and not self.stopping.is_set():
                    due[schedule.name] = time.monotonic() + schedule.local_every_s
                    self._run_schedule(schedule)
            nearest_s = min(due.values(), default=time.monotonic() + 1) - time.monotonic()
            self.stopping.wait(max(0.01, nearest_s))

    def _run_schedule(self, schedule: Any) -> None:
        try:
            self._called(schedule.handler, getattr(workers, schedule.handler), schedule_event(schedule.name))
        except (BotoCoreError, ClientError) as error:
            logger.warning("schedule %s: the engine does not answer: %s", schedule.name, type(error).__name__)
        except Exception:
            logger.exception("schedule %s failed", schedule.name)


class Outage:
    """Repeats something for ever and bears with an engine that is away, saying so once."""

    def __init__(self, name: str, stopping: threading.Event) -> None:
        self._name = name
        self._stopping = stopping
        self._pause_s = 0.0

    def around(self, work: Callable[[], None]) -> Callable[[], None]:
        """A thread's work: this, again and again."""

        def run() -> None:
            while not self._stopping.is_set():
                try:
                    work()
                    self._over()
                except (BotoCoreError, ClientError) as error:
                    self._wait(error)

        return run

    def _over(self) -> None:
        if self._pause_s:
            logger.info("%s: the engine is back", self._name)
            self._pause_s = 0.0

    def _wait(self, error: Exception) -> None:
        if not self._pause_s:
            logger.warning("%s: the engine does not answer: %s", self._name, type(error).__name__)
        self._pause_s = min(PAUSE_MAX_S, max(PAUSE_MIN_S, self._pause_s * 2))
        self._stopping.wait(self._pause_s)


@cache
def queue_client() -> Any:
    """A client that may wait as long as a poll does; threads share it."""
    patient = Config(
        connect_timeout=2.0,
        read_timeout=POLL_S + 10.0,
        retries={"total_max_attempts": 1},
        max_pool_connections=len(wiring.QUEUES) + 2,
    )
    return boto3.Session(region_name=settings().region).client(
        "sqs", endpoint_url=settings().endpoint_url, config=patient
    )


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(description="The local runner of queues and schedules.")
    parser.add_argument("--parent", type=int, default=0, help="end when this process is gone")
    arguments = parser.parse_args()
    logs.install(sys.stderr)
    parent.die_with(arguments.parent)
    for service in CLIENTS:
        aws.client(service)  # their models are read once, and every worker has them
    queue_client()
    workers = [fork_worker(queue) for queue in wiring.QUEUES]
    runner = Runner(schedules=wiring.SCHEDULES)
    logger.info("working %d queues and %d schedules", len(wiring.QUEUES), len(wiring.SCHEDULES))
    status = work(runner, lambda: all(is_alive(pid) for pid in workers))
    for pid in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    ends_at = time.monotonic() + STOP_S
    while any(is_alive(pid) for pid in workers) and time.monotonic() < ends_at:
        time.sleep(0.02)
    os._exit(status)


def fork_worker(queue: Any) -> int:
    """A process of its own for one queue; its id. It ends at once when this process does."""
    me = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    parent.die_with(me, signal.SIGKILL)
    os._exit(work(Runner(sources=[queue]), lambda: True))


def work(runner: Runner, is_well: Callable[[], bool]) -> int:
    """Run until told to stop, or until something is not well any more; the exit status."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runner.stopping.set())
    runner.start()
    while not runner.stopping.wait(WATCH_EVERY_S):
        if not is_well():
            logger.error("a worker has ended: starting anew")
            runner.stop()
            return 1
    runner.stop()
    sys.stderr.flush()
    return 0


def is_alive(pid: int) -> bool:
    """Whether a forked worker still runs."""
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


if __name__ == "__main__":
    main()
