"""R1 in numbers: guests who all fall silent on one day at one property open five calls, the others are written to.

    python -m infra.proof.silence [--guests 2000]

Guests and stays come in through the importer; the clock then goes on until everybody is silent. What was sent is
counted at the outbox. The property's day is then gone through again from its beginning, as if a message came twice.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from chalicelib.kernel import agenda, testclock, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import kinds
from chalicelib.outreach import service as outreach
from chalicelib.outreach.rules.silence import CALLS_MAX
from chalicelib.outreach.service import DeliveryFilter, queueing
from chalicelib.outreach.service.queueing import TaskFilter
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.chains import Ground, break_ground, bring_in

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEFT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SILENT_DAY = "2026-03-19"
OVER = datetime(2026, 3, 23, 12, 0, tzinfo=UTC)
PAGE = 100
REPEATS = 3


def main() -> int:
    """Live through it and say what was counted; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guests", type=int, default=2000)
    many = parser.parse_args().guests
    began = time.perf_counter()
    engine = inside.stand_up()
    ground = _lived(many)
    _go_through_it_again(ground.hq, str(ground.houses[0].id))
    found = _counted(engine, ground.hq)
    for name, value in found.items():
        print(f"{name:32} {value:>7,}")
    print(f"{'seconds':32} {time.perf_counter() - began:>7.0f}")
    wanted = {"calls opened": min(CALLS_MAX, many), "guests written to": max(0, many - CALLS_MAX)}
    wanted |= {"mails at the outbox": wanted["guests written to"], "called and written to": 0, "in silence": 0}
    missed = {name: (found[name], goal) for name, goal in wanted.items() if found[name] != goal}
    print("missed:", missed or "nothing")
    return 1 if missed else 0


def _lived(many: int) -> Ground:
    """A house whose guests have all left on one day, and have not come back."""
    ground = break_ground(starts_at=START)
    outreach.publish(ground.hq, "silence", is_on=True, offer={})
    bring_in(ground, "guests", [_guest(number) for number in range(many)])
    bring_in(ground, "stays", [row for number in range(many) for row in _stays(number, "booked")])
    _advance(ground.hq, LEFT)
    bring_in(ground, "stays", [list(_stays(number, "checked_out"))[-1] for number in range(many)])
    _advance(ground.hq, OVER)
    return ground


def _guest(number: int) -> dict[str, str]:
    return {
        "external_id": f"G-{number}",
        "given_name": f"Given{number}",
        "family_name": f"Family{number}",
        "email": f"guest.{number}@proof.example",
        "phone": f"+3519120{number:05}",
        "consent_greeting_email": "granted",
    }


def _stays(number: int, last: str) -> Iterator[dict[str, str]]:
    """Three stays; the last is booked, or has ended. The higher the number, the more it has brought."""
    days = (("2026-01-05", "2026-01-07"), ("2026-02-02", "2026-02-04"), ("2026-03-02", "2026-03-04"))
    for place, (arrival, departure) in enumerate(days):
        yield {
            "external_id": f"S-{number}-{place}",
            "guest_external_id": f"G-{number}",
            "arrival": arrival,
            "departure": departure,
            "status": "checked_out" if place < len(days) - 1 else last,
            "room_revenue": f"{100 + number}.00",
        }


def _advance(scope: Scope, to: datetime) -> None:
    testclock.request_advance(scope, to=to)
    inside.work_off()


def _go_through_it_again(scope: Scope, property_id: str) -> None:
    """The property's day from its beginning, as often as a queue may bring it again."""
    for _ in range(REPEATS):
        item = agenda.item_key(kinds.SILENT_DAY, SILENT_DAY)
        record = AgendaRecord.find(scope.key(property_id), item)
        if record is None:
            raise LookupError("the property's day was never on the agenda")
        record.lane = agenda.lane_of(scope.chain_id, property_id, "bulk", True)
        record.due_at = record.armed_for = sortable(scope.now)
        record.detail = {"phase": "call"}
        record.save()
        work.run(str(record.subject_key), item, now=scope.now)
        _advance(scope, scope.now + timedelta(hours=1))


def _counted(engine: Engine, scope: Scope) -> dict[str, int]:
    """What came of it: at the outbox, among the tasks, among the deliveries."""
    called: Counter[str] = Counter()
    after = None
    while True:
        page = queueing.tasks_page(scope, TaskFilter(kind="call"), limit=PAGE, after=after)
        called.update(one.guest_id for one in page.items)
        after = page.next
        if after is None:
            break
    posted = Counter(str(one["tags"]["guest"]) for one in engine.outbox())
    skipped = outreach.deliveries_page(scope, DeliveryFilter(status="skipped", occasion="silence"), limit=PAGE)
    return {
        "calls opened": called.total(),
        "guests called": len(called),
        "mails at the outbox": posted.total(),
        "guests written to": len(posted),
        "called and written to": len(posted.keys() & called.keys()),
        "in silence": len(skipped.items),
    }


if __name__ == "__main__":
    raise SystemExit(main())
