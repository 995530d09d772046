"""What happened after the point restored, read from the log: ids only, written before each message was handed over.

The tables have forgotten it and the mail service does not keep it, but the log is elsewhere and outlives both.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LEAVING, SENT, REFUSED = "delivery_leaving", "delivery_sent", "delivery_refused"
SUPPRESSED, WITHDRAWN = "address_suppressed", "consent_withdrawn"
EVENTS = (LEAVING, SENT, REFUSED, SUPPRESSED, WITHDRAWN)
SLACK = timedelta(minutes=2)  # clocks differ, and a restore's instant is exact to a second only; what is known stays


@dataclass(frozen=True)
class Attempt:
    """A message that was handed to a channel, or was about to be. `answer` is what the channel said, if it is known."""

    at: str
    chain: str
    guest: str
    delivery: str
    occurrence: str
    channel: str
    answer: str | None = None


@dataclass(frozen=True)
class Withdrawal:
    """A guest who wants no more of a purpose on a channel."""

    at: str
    chain: str
    guest: str
    purpose: str
    channel: str


@dataclass(frozen=True)
class Stop:
    """An address that takes no more messages, by the id of its suppression."""

    at: str
    chain: str
    suppression: str
    channel: str
    cause: str


@dataclass
class Evidence:
    """Everything that has to be done again in older tables."""

    attempts: list[Attempt] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    unreadable: int = 0


def read(lines: Iterable[dict[str, Any]], since: datetime) -> Evidence:
    """The evidence in lines that were written since an instant, each thing once."""
    first = (since - SLACK).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    found = Evidence()
    attempts: dict[str, Attempt] = {}
    answers: dict[str, str] = {}
    for line in lines:
        if line.get("event") not in EVENTS or str(line.get("at", "")) < first:
            continue
        try:
            event, delivery = str(line["event"]), str(line.get("delivery"))
            if event == LEAVING:
                # A message that was refused may leave again: the last attempt is the one that counts.
                attempts[delivery] = Attempt(
                    line["at"], line["chain"], line["guest"], line["delivery"], line["occurrence"], line["channel"]
                )
                answers.pop(delivery, None)
            elif event in (SENT, REFUSED):
                answers[delivery] = event
            elif event == WITHDRAWN:
                withdrawal = Withdrawal(line["at"], line["chain"], line["guest"], line["purpose"], line["channel"])
                found.withdrawals.append(withdrawal)
            else:
                stop = Stop(line["at"], line["chain"], line["suppression"], line["channel"], line["reason"])
                found.stops.append(stop)
        except KeyError:
            found.unreadable += 1
    found.attempts = [
        Attempt(one.at, one.chain, one.guest, one.delivery, one.occurrence, one.channel, answers.get(delivery))
        for delivery, one in attempts.items()
    ]
    return found


def local_lines(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of the local log files, in the order of time."""
    found = []
    for path in [*folder.glob("*.log.1"), *folder.glob("*.log")]:
        for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):  # the text of a crash, or a line that a crash cut off
                line = json.loads(text)
                if isinstance(line, dict) and "at" in line:
                    found.append(line)
    return iter(sorted(found, key=lambda line: str(line["at"])))


def cloud_lines(client: Any, groups: Iterable[str], since: datetime) -> Iterator[dict[str, Any]]:
    """The lines of CloudWatch log groups, in the order of time."""
    pattern = "{ " + " || ".join(f'($.event = "{event}")' for event in EVENTS) + " }"
    start_ms = int((since - SLACK).timestamp() * 1000)
    found = []
    for group in groups:
        pages = client.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group, filterPattern=pattern, startTime=start_ms):
            found += [json.loads(event["message"]) for event in page["events"]]
    return iter(sorted(found, key=lambda line: str(line["at"])))
