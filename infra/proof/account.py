"""The account of a journey: what was decided, what stands in the outbox, and whether the two tell the same story."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service as outreach
from chalicelib.outreach.service import Delivery, DeliveryFilter

PAGE = 500
OUTBOX_PAGE = 1000
OUTBOX_TIMEOUT_S = 60
SENT = frozenset({"sent", "delivered", "bounced", "complained"})
PARKED = frozenset({"claimed", "parked", "unknown"})
SHOWN_PROBLEMS = 20


@dataclass
class Account:
    """due = sent + parked + skipped + failed; `unknown` is a part of parked, `delivered` of sent."""

    due: int = 0
    sent: int = 0
    delivered: int = 0
    parked: int = 0
    unknown: int = 0
    skipped: int = 0
    failed: int = 0
    duplicated: int = 0
    messages: int = 0
    skipped_by_reason: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        """Whether everything adds up."""
        return not self.problems

    def say(self) -> None:
        """Print it."""
        names = ("due", "sent", "delivered", "parked", "unknown", "skipped", "failed", "duplicated")
        say("  " + ", ".join(f"{name} {getattr(self, name)}" for name in names))
        say(f"  {self.messages} messages at the outbox; skipped: {dict(self.skipped_by_reason) or 'none'}")
        for problem in self.problems[:SHOWN_PROBLEMS]:
            say(f"  WRONG: {problem}")
        if len(self.problems) > SHOWN_PROBLEMS:
            say(f"  … and {len(self.problems) - SHOWN_PROBLEMS} more")


def taken(scope: Scope, entries: Iterable[dict[str, Any]], *, due: int, parked_max: int) -> Account:
    """Compare a chain's deliveries with the outbox. `due` is how many guests had something coming, each once."""
    account = Account(due=due)
    by_delivery: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        account.messages += 1
        by_delivery.setdefault(str(entry["delivery_id"]), []).append(entry)
    guests: Counter[str] = Counter()
    for delivery in deliveries(scope):
        guests[delivery.guest_id] += 1
        _enter(account, delivery, by_delivery.pop(str(delivery.id), []))
    account.problems += [f"{guest} has {number} deliveries" for guest, number in guests.items() if number > 1]
    account.problems += [f"a message of no delivery: {delivery_id}" for delivery_id in by_delivery]
    decided = account.sent + account.parked + account.skipped + account.failed
    if decided != due:
        account.problems.append(f"{due} were due, {decided} were decided")
    if account.parked > parked_max:
        account.problems.append(f"{account.parked} are parked; at most {parked_max} were in flight")
    return account


def _enter(account: Account, delivery: Delivery, entries: list[dict[str, Any]]) -> None:
    status = str(delivery.status)
    account.sent += status in SENT
    account.delivered += status == "delivered"
    account.parked += status in PARKED
    account.unknown += status == "unknown"
    account.failed += status == "failed"
    if status == "skipped":
        account.skipped += 1
        account.skipped_by_reason[str(delivery.reason)] += 1
    if len(entries) > 1:
        account.duplicated += len(entries) - 1
        account.problems.append(f"{delivery.id} is {len(entries)} times in the outbox")
    if bool(entries) != (status in SENT):
        account.problems.append(f"{delivery.id} is {status} and {len(entries)} times in the outbox")
    for entry in entries:
        if entry["guest_id"] != delivery.guest_id or entry["message_id"] != delivery.message_id:
            account.problems.append(f"{delivery.id} and its message disagree on the guest or the message's id")


def deliveries(scope: Scope) -> Iterator[Delivery]:
    """Every delivery of a chain, the latest first."""
    cursor: str | None = None
    while True:
        page = outreach.deliveries_page(scope, DeliveryFilter(), limit=PAGE, after=cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def outbox(engine_url: str, chain_id: str) -> Iterator[dict[str, Any]]:
    """Every message of a chain that an engine was handed, oldest first."""
    cursor = ""
    while True:
        page = _ask(engine_url, "outbox", chain_id=chain_id, limit=OUTBOX_PAGE, cursor=cursor)
        yield from page["data"]
        if not page["has_more"]:
            return
        cursor = page["next"]


def message_count(engine_url: str, chain_id: str) -> int:
    """How many messages of a chain an engine was handed."""
    return int(_ask(engine_url, "outbox/count", chain_id=chain_id)["count"])


def _ask(engine_url: str, name: str, **parameters: Any) -> Any:
    given = urlencode({key: value for key, value in parameters.items() if value != ""})
    with urllib.request.urlopen(f"{engine_url}/_hospes/{name}?{given}", timeout=OUTBOX_TIMEOUT_S) as answer:
        return json.load(answer)


def say(text: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
