"""Old stays by the thousand: their import sends nothing and arms nothing, and afterwards only birthdays speak.

    python -m infra.proof.history --stays 5000

Guests and their stays of earlier years come in through the real importer. Then the clock goes on for ten days. Which
greetings are due in them is reckoned here from the rows alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, testclock
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from infra.local.inprocess import Engine
from infra.proof import account, inside
from infra.proof.account import say
from infra.proof.chains import SYSTEM, Ground, break_ground, bring_in

START = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)  # before the greeting hour: this day counts and the last one does not
DAYS = 10
EVERY_WITHOUT_CONSENT = 3
FOLLOW_UP = "outreach.first_stay"


def guest_row(number: int) -> dict[str, str]:
    """A guest as a row: birthdays all over the year, two of three with consent."""
    born = date(1960 + number % 40, 1, 1) + timedelta(days=number * 7 % 365)
    return {
        "external_id": f"H-{number}",
        "given_name": "Ana",
        "family_name": f"Silva {number}",
        "email": f"guest{number}@guests.example",
        "language": "en",
        "birth_date": born.isoformat(),
        "consent_service_email": "granted",
        "consent_greeting_email": "" if number % EVERY_WITHOUT_CONSENT == 0 else "granted",
        "consent_source": "booking form",
    }


def stay_row(number: int) -> dict[str, str]:
    """A stay as a row: over since yesterday at the latest, by every kind of end."""
    departure = START.date() - timedelta(days=1 + number * 3 % 1500)
    status = {7: "cancelled", 8: "no_show"}.get(number % 10, "checked_out")
    return {
        "external_id": f"HS-{number}",
        "guest_external_id": f"H-{number}",
        "arrival_date": (departure - timedelta(days=1 + number % 5)).isoformat(),
        "departure_date": departure.isoformat(),
        "status": status,
        "currency": "EUR",
        "revenue_room": "120.50" if status == "checked_out" else "",
        "source_version": "1",
    }


def expected(rows: Sequence[Mapping[str, str]]) -> set[str]:
    """Who has a birthday in the ten days and agreed to be greeted, reckoned from the rows."""
    days = [START.date() + timedelta(days=number) for number in range(DAYS)]  # the last morning is not reached
    wished = {(day.month, day.day) for day in days}
    return {
        row["email"]
        for row in rows
        if row["consent_greeting_email"] and (int(row["birth_date"][5:7]), int(row["birth_date"][8:])) in wished
    }


def follow_ups_armed(ground: Ground) -> int:
    """How many messages after first stays lie in the chain's lane."""
    count, after = 0, None
    while True:
        page = agenda.lane_page(f"test#{ground.chain_id}", limit=500, after=after)
        count += sum(1 for item in page.items if str(item.item_key).startswith(FOLLOW_UP))
        after = page.next_key
        if after is None:
            return count


def journey(engine: Engine, work_off: Callable[[], object], count: int) -> list[str]:
    """Import, look, wait ten days, look again; what was wrong."""
    ground = break_ground(starts_at=START)
    rows = [guest_row(number) for number in range(count)]
    began = time.monotonic()
    told = [bring_in(ground, "guests", rows), bring_in(ground, "stays", [stay_row(number) for number in range(count)])]
    work_off()
    say(f"  {count} guests and {count} stays imported in {time.monotonic() - began:.1f} s")
    wrong = [f"not all rows were taken: {one}" for one in told if one["created"] != count]
    armed = follow_ups_armed(ground)
    if armed or sent(engine, ground):
        wrong.append(f"the import armed {armed} messages and sent {len(sent(engine, ground))}")
    testclock.request_advance(ground.hq, days=DAYS)
    work_off()
    greeted = expected(rows)
    found = sent(engine, ground)
    say(f"  after {DAYS} days: {found.total()} messages, {len(greeted)} birthdays with consent")
    if found != Counter(greeted):
        wrong.append(f"{len(found - Counter(greeted))} too many, {len(Counter(greeted) - found)} too few")
    occasions = Counter((one.occasion, one.status, one.reason) for one in account.deliveries(ground.hq))
    if set(occasions) - {("birthday", "delivered", None), ("birthday", "skipped", "consent_missing")}:
        wrong.append(f"something else was decided: {dict(occasions)}")
    return wrong + _control(ground, work_off)


def _control(ground: Ground, work_off: Callable[[], object]) -> list[str]:
    """A guest without history who leaves now is thanked: silence is not all that there is."""
    hq, house = ground.hq, str(ground.houses[0].id)
    bring_in(ground, "guests", [guest_row(1) | {"external_id": "H-new", "email": "new@guests.example"}])
    work_off()
    guest_id = next(iter(guests.ids_by_external(hq, [(SYSTEM, house, "H-new")]).values()))
    body: dict[str, Any] = {
        "guest_id": guest_id,
        "property_id": house,
        "status": "checked_out",
        "arrival": (hq.now - timedelta(days=2)).date().isoformat(),
        "departure": hq.now.date().isoformat(),
    }
    stays.record(hq, StayIn.model_validate(body))
    work_off()
    return [] if follow_ups_armed(ground) == 1 else ["a live first stay armed nothing"]


def sent(engine: Engine, ground: Ground) -> Counter[str]:
    """How many messages each address got."""
    return Counter(entry["recipient"] for entry in engine.outbox() if entry["chain_id"] == ground.chain_id)


def main() -> int:
    """The journey; the exit status."""
    parser = argparse.ArgumentParser(description="Import old stays and see that they are silent.")
    parser.add_argument("--stays", type=int, default=5000)
    asked = parser.parse_args()
    engine = inside.stand_up()
    wrong = journey(engine, inside.work_off, asked.stays)
    for one in wrong:
        say(f"  WRONG: {one}")
    say("Old stays are silent." if not wrong else "Old stays are not silent.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
