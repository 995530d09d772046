"""What the demo prints at its end: bookings beside their truths, and messages counted at the outbox."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.outreach import service as outreach
from chalicelib.stays import service as stays
from infra.demo.timeline import DEMO_AS_OF
from infra.demo.truths import TRUTHS, Truth
from infra.demo.world import PROPERTY_OF

OUTBOX_PAGE = 1000
LINE = "{:<26}{:>16}{:>16}{:>6}"


def print_truths(scope: Scope) -> bool:
    """Bookings by status, revenue and room nights per property beside the data's truths. Returns whether all agree."""
    are_true = True
    for hotel, truth in TRUTHS.items():
        found = stays.totals(scope, PROPERTY_OF[hotel])
        _say(LINE.format(hotel.value, "in Hospes", "truth", ""))
        for name, ours, theirs in _pairs(found, truth):
            agrees = ours == theirs
            are_true = are_true and agrees
            _say(LINE.format(f"  {name}", ours, theirs, "ok" if agrees else "WRONG"))
    return are_true


def print_outreach(scope: Scope) -> int:
    """What was due and what became of it. Returns how many messages the outbox holds twice."""
    found = outreach.figures(scope, start=DEMO_AS_OF, end=scope.now.date())
    by_occasion: dict[str, Counter[str]] = {}
    reasons: dict[str, Counter[str]] = {}
    for row in found.rows:
        counts = by_occasion.setdefault(str(row.occasion), Counter())
        for name in ("due", "sent", "delivered", "bounced", "complained", "parked", "unknown", "failed", "skipped"):
            counts[name] += getattr(row, name)
        reasons.setdefault(str(row.occasion), Counter()).update(row.skipped_by_reason)
    duplicated, sent = duplicates(scope.chain_id)
    for occasion, counts in sorted(by_occasion.items()):
        _say(f"{occasion}: " + ", ".join(f"{number} {name}" for name, number in counts.items() if number))
        for reason, number in reasons[occasion].most_common():
            _say(f"  skipped {reason}: {number}")
    _say(f"At the outbox: {sent} messages, {duplicated} duplicated.")
    return duplicated


def duplicates(chain_id: str) -> tuple[int, int]:
    """How many messages of the chain are at the outbox more than once, and how many there are.

    The same delivery, or the same subject (a text's words) to the same guest: within two months nothing is due twice.
    """
    deliveries: Counter[str] = Counter()
    subjects: Counter[tuple[str, str]] = Counter()
    for entry in outbox(chain_id):
        deliveries[entry["delivery_id"]] += 1
        subjects[entry["guest_id"], str(entry["subject"] or entry["raw"])] += 1
    doubled = max(sum(deliveries.values()) - len(deliveries), sum(subjects.values()) - len(subjects))
    return doubled, sum(deliveries.values())


def message_count(chain_id: str) -> int:
    """How many messages of the chain are at the outbox."""
    return int(_ask("/_hospes/outbox/count", chain_id=chain_id)["count"])


def outbox(chain_id: str) -> Iterator[dict[str, Any]]:
    """Every message of the chain, oldest first."""
    cursor = ""
    while True:
        page = _ask("/_hospes/outbox", chain_id=chain_id, limit=OUTBOX_PAGE, cursor=cursor)
        yield from page["data"]
        if not page["has_more"]:
            return
        cursor = page["next"]


def _ask(path: str, **parameters: Any) -> Any:
    given = urlencode({name: value for name, value in parameters.items() if value != ""})
    with urllib.request.urlopen(f"{settings().endpoint_url}{path}?{given}", timeout=60) as answer:
        return json.load(answer)


def _pairs(found: Any, truth: Truth) -> list[tuple[str, int | str, int | str]]:
    statuses = found.by_status
    return [
        ("bookings", found.bookings, truth.bookings),
        ("checked out", statuses.get("checked_out", 0), truth.checked_out),
        ("cancelled", statuses.get("cancelled", 0), truth.cancelled),
        ("no-show", statuses.get("no_show", 0), truth.no_show),
        ("revenue, EUR", _money(found.revenue), _money(truth.revenue_cents)),
        ("room nights", found.nights, truth.room_nights),
    ]


def _money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
