"""Dollars a month for some numbers of properties, from the measured units and the price list.

    python -m infra.bench.cost          prints the table
    python -m infra.bench.cost write    puts it into docs/cost.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.wiring import QUEUES
from infra.bench import prices
from infra.bench.prices import Property
from infra.bench.run import OUTPUT
from infra.local.state import Folder

DOCUMENT = Path(__file__).parents[2] / "docs" / "cost.md"
BEGIN, END = "<!-- table: python -m infra.bench.cost write -->", "<!-- end of table -->"
SIZES = (10, 100, 1000)
MILLION, GB = 1e6, 1e9


@dataclass
class Usage:
    """What a month uses."""

    read: float = 0.0
    write: float = 0.0
    stored_bytes: float = 0.0
    requests: float = 0.0
    invocations: float = 0.0
    gb_s: float = 0.0
    messages: float = 0.0
    mails: float = 0.0

    def add(self, figures: Mapping[str, Any], times: float, memory_gb: float, *, is_request: bool = False) -> None:
        """A use-case so many times, as P2 and P3 have measured it."""
        self.read += figures["read"] * times
        self.write += figures["write"] * times
        self.requests += times if is_request else 0
        self.invocations += times
        seconds = prices.WORK_S + prices.TRIP_S * figures["round_trips"]
        self.gb_s += seconds * memory_gb * times


def month(figures: Mapping[str, Mapping[str, Any]], house: Property, properties: int) -> Usage:
    """What so many properties use, without what runs in any case."""
    used, stays = Usage(), house.stays * properties
    new_guests = stays * house.new_guests
    words = stays * house.words_per_stay
    changes = stays * house.changes_per_stay
    days = prices.HOURS / 24 * properties
    asked = {
        "create guest": new_guests,
        "create stay": words,
        "change guest": changes,
        "profile read": stays * house.profile_reads_per_stay,
        "stay read": stays * house.stay_reads_per_stay,
        "list page of stays": prices.SECONDS / house.sync_every_s * properties,
        "arrivals page": house.desk_pages_day * days,
        "list page of guests": house.guest_pages_day * days,
    }
    for name, times in asked.items():
        used.add(figures[name], times, prices.API_GB, is_request=True)
    events = new_guests + words + changes
    used.mails = house.mails * properties
    for name, times in {"reaction": events, "greeting": used.mails, "settling": used.mails}.items():
        used.add(figures[name], times, prices.WORKER_GB)
    used.add(figures["sweep handing"], used.mails, 0)
    used.messages = events + 2 * used.mails
    kept = house.guests_kept * figures["create guest"]["stored_bytes"]
    kept += house.stays_kept * figures["create stay"]["stored_bytes"]
    used.stored_bytes = kept * properties
    return used


def dollars(used: Usage, idle: Mapping[str, Any]) -> dict[str, float]:
    """The bill of a month, part by part."""
    sweep_s = prices.WORK_S + prices.TRIP_S * idle["queries"]
    sweep_gb_s = prices.MINUTES * sweep_s * prices.SWEEPER_GB
    polls = len(QUEUES) * prices.POLLERS * prices.POLLS_MINUTE * prices.MINUTES
    calls = used.messages * prices.MESSAGE_CALLS * prices.BATCHED
    queue_paid = max(0.0, polls + calls - prices.QUEUE_FREE)
    idle_queues = max(0.0, polls - prices.QUEUE_FREE) / MILLION * prices.QUEUE_MILLION
    logs = (used.invocations + prices.MINUTES) * prices.LOG_BYTES / GB * prices.LOG_GB
    return {
        "DynamoDB writes": used.write / MILLION * prices.WRITE_UNITS_MILLION,
        "DynamoDB reads": used.read / MILLION * prices.READ_UNITS_MILLION,
        "DynamoDB storage and recovery": used.stored_bytes / GB * (prices.STORED_GB + prices.RECOVERY_GB),
        "API Gateway": used.requests / MILLION * prices.GATEWAY_MILLION,
        "Lambda": used.gb_s * prices.LAMBDA_GB_S + used.invocations / MILLION * prices.LAMBDA_MILLION,
        "SES, with its events": used.mails / 1000 * prices.MAIL_THOUSAND
        + 2 * used.mails / MILLION * prices.TOPIC_MILLION,
        "SQS beyond idle polling": queue_paid / MILLION * prices.QUEUE_MILLION - idle_queues,
        "Logs": logs,
        "Idle: the minute's sweep": prices.MINUTES * idle["read"] / MILLION * prices.READ_UNITS_MILLION
        + sweep_gb_s * prices.LAMBDA_GB_S,
        "Idle: polling of queues": idle_queues,
        "Idle: alarms and metrics": prices.ALARMS * prices.ALARM + prices.METRICS * prices.METRIC,
    }


def table(bench: Mapping[str, Any]) -> str:
    """The bill for every size, as Markdown."""
    figures = {
        name: {**units, "round_trips": bench["P3"]["detail"][name]["trips"] + bench["P3"]["detail"][name]["apart"]}
        for name, units in bench["P2"]["detail"].items()
        if name in bench["P3"]["detail"]
    }
    idle, house = bench["P2"]["detail"]["idle sweep"], Property()
    bills = [dollars(month(figures, house, size), idle) for size in SIZES]
    head = "| dollars a month | " + " | ".join(f"{size:,} properties" for size in SIZES) + " |"
    rows = [head, "|---|" + "---:|" * len(SIZES)]
    rows += [f"| {name} | " + " | ".join(f"{bill[name]:,.2f}" for bill in bills) + " |" for name in bills[0]]
    sums = [sum(bill.values()) for bill in bills]
    rows.append("| **together** | " + " | ".join(f"**{one:,.2f}**" for one in sums) + " |")
    each = (f"{one / size:,.2f}" for one, size in zip(sums, SIZES, strict=True))
    rows.append("| for each property | " + " | ".join(each) + " |")
    return "\n".join([f"List prices of {prices.AS_OF}, us-east-1, before tax and free tiers.", "", *rows])


def main() -> int:
    """Print the table, or write it where people read it."""
    said = table(json.loads((Folder.here().path / OUTPUT).read_text()))
    if sys.argv[1:] == ["write"]:
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{said}\n\n{END}{rest.partition(END)[2]}")
    else:
        sys.stdout.write(said + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
