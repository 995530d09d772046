"""Undoing a run of stays: what it brought goes, what it changed comes back, and points follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import workers
from chalicelib.connect import service
from chalicelib.connect.rules.runs import REAL
from chalicelib.guests import service as guests
from chalicelib.kernel import aws
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.unit import Unit
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayPatch
from chalicelib.stays.service import import_undoing
from tests.connect.fakes import World, counts, csv_bytes
from tests.connect.test_crash import Crash
from tests.connect.test_undoing import crash_at_commit, figures, imported, kept, row, undo
from tests.house.world import stored

assert workers  # who listens has to be known

HEADER = [
    *("external_id", "guest_external_id", "arrival_date", "departure_date", "status", "room_type", "adults"),
    *("revenue_room", "source_version"),
]


def stay(number: int, guest: int = 1, status: str = "booked", version: int = 1, room: str = "DLX") -> list[str]:
    days = ["2026-03-05", "2026-03-08"] if status != "checked_out" else ["2026-02-01", "2026-02-03"]
    return [f"S-{number}", f"G-{guest}", *days, status, room, "2", "387.00", str(version)]


def told(world: World, rows: list[list[str]]) -> Any:
    run = world.run(csv_bytes([HEADER, *rows]), kind="stays")
    assert run.state == "done"
    return run


def of_stays() -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored of stays, without what says when it was written."""
    passing = {"version", "change_order", "created_at"}
    return {
        name: sorted(
            ({key: value for key, value in item.items() if key not in passing} for item in stored()[f"test-{name}"]),
            key=repr,
        )
        for name in ("stays", "stay-pointers")
    }


def stay_ids(world: World, count: int) -> dict[int, str]:
    guest_ids = {str(one["guest_key"]["S"]).split("#")[1] for one in stored()["test-guests"]}
    known = {str(one.external_id): str(one.id) for who in guest_ids for one in stays.of_guest(world.hq, who)}
    return {number: known[f"S-{number}"] for number in range(1, count + 1) if f"S-{number}" in known}


@pytest.fixture
def people(world: World) -> World:
    imported(world, [row(number) for number in range(1, 4)])
    return world


class TestTakingBack:
    def test_everything_is_as_before(self, people: World) -> None:
        told(people, [stay(1), stay(2, 2), stay(3, 3, "checked_out")])
        before = of_stays()
        # One is changed twice, in groups far apart; one moves to another guest; many are new, one of them twice in a
        # group, which is one image.
        changed = [stay(1, version=2, status="in_house"), stay(2, 3, version=2)]
        new = [stay(number, 1 + number % 3, "checked_out" if number % 2 else "booked") for number in range(4, 44)]
        run = told(people, [*changed, *new, stay(1, version=3, room="STE"), stay(43, 2, version=2, room="STE")])
        assert counts(run) == {"created": 40, "updated": 4}
        written = of_stays()
        assert figures(undo(people, run, "dry_run")) == (40, 3, 0)
        assert of_stays() == written, "a preview changes nothing"
        assert figures(undo(people, run)) == (40, 3, 0)
        assert kept(people, run) == {}
        assert of_stays() == before
        again = told(people, [*changed, *new])
        assert counts(again) == {"created": 40, "updated": 2}

    def test_what_changed_since_is_kept_and_listed(self, people: World) -> None:
        told(people, [stay(1), stay(2)])
        run = told(people, [stay(1, version=2, room="STE"), stay(2, version=2, room="STE"), stay(3), stay(4), stay(5)])
        who = stay_ids(people, 5)
        for number in (1, 3):
            one = stays.get(people.hq, who[number])
            stays.update(people.hq, who[number], StayPatch(room_type="SGL"), int(one.version))
        told(people, [stay(4, version=2, status="cancelled")])
        assert figures(undo(people, run, "dry_run")) == (1, 1, 3)
        assert figures(undo(people, run)) == (1, 1, 3)
        assert kept(people, run) == {who[number]: (import_undoing.CHANGED, ()) for number in (1, 3, 4)}
        assert stay_ids(people, 5) == {number: who[number] for number in (1, 2, 3, 4)}
        assert stays.get(people.hq, who[2]).room_type == "DLX"
        assert [str(one.action) for one in audit_page(people.hq, who[5], limit=5).items] == ["stay.removed"]
        assert str(audit_page(people.hq, who[2], limit=5).items[0].action) == "stay.import_undone"

    def test_then_the_guests_can_go_too(self, people: World) -> None:
        brought = imported(people, [row(number) for number in range(4, 7)])
        run = told(people, [stay(number, number) for number in range(4, 7)])
        assert figures(undo(people, brought, "dry_run")) == (0, 0, 3)
        assert figures(undo(people, run)) == (3, 0, 0)
        assert figures(undo(people, brought)) == (3, 0, 0)

    def test_a_stay_does_not_go_back_to_a_guest_who_is_gone(
        self, people: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        brought = imported(people, [row(7)])
        told(people, [stay(1, 7)])
        run = told(people, [stay(1, 1, version=2)])
        assert figures(undo(people, brought)) == (1, 0, 0)
        assert figures(undo(people, run)) == (0, 0, 1)
        (reason,) = kept(people, run).values()
        assert reason == (import_undoing.NO_GUEST, ())

    def test_what_has_gone_already_is_told(self, people: World) -> None:
        run = told(people, [stay(1)])
        (stay_id,) = stay_ids(people, 1).values()
        undo(people, run)
        (one,) = stays.stage_undo(people.hq, Unit(people.hq), [[stay_id, "0" * 16]])
        assert (one.outcome, one.reason) == ("kept", import_undoing.GONE)

    @pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
    def test_killed_at_every_transaction(self, people: World, is_after: bool) -> None:
        told(people, [stay(1), stay(2)])
        before, number, crashed = of_stays(), 0, True
        while crashed:
            number += 1
            rows = [stay(one, version=number + 1, room="STE") for one in range(1, 18)]
            run = told(people, rows)
            where = str(run.import_id), str(run.id), REAL
            service.start_undo(people.hq, *where, is_queued=False)
            try:
                with crash_at_commit(number, is_after=is_after):
                    service.advance_undo(people.hq, *where)
                crashed = False
            except Crash:
                crashed = True
            while not service.advance_undo(people.hq, *where):
                pass
            record = service.undo_of(people.hq, *where)[1]
            assert record is not None and figures(record) == (15, 2, 0)
            assert of_stays() == before
        assert number == 4, "two transactions for the rows, and the end"

    def test_reads_are_batches(self, people: World) -> None:
        run = told(people, [stay(number, 1 + number % 3) for number in range(1, 15)])
        images = stored()["test-import-images"][-1]
        assert run.undo_until and len(images["images"]["S"]) < 14 * 70
        calls: list[str] = []
        events = aws.client("dynamodb").meta.events

        def note(model: Any, **_: Any) -> None:
            calls.append(str(model.name))

        events.register("before-call.dynamodb", note)
        try:
            undo(people, run)
        finally:
            events.unregister("before-call.dynamodb", note)
        assert calls.count("Query") == 1, "of the images"
        assert calls.count("BatchGetItem") == 3 and calls.count("TransactWriteItems") == 3


class TestWhatFollows:
    def test_a_guest_without_the_stay_is_told_of(self, people: World, run_queues: Callable[[], int]) -> None:
        run = told(people, [stay(1)])
        run_queues()
        undo(people, run)
        facts = [one for one in stored()["test-agenda"] if one.get("occurrence", {}).get("S") == "stays.stay_changed"]
        assert len(facts) == 1 and '"to": null' in facts[0]["detail"]["S"]
        assert run_queues() >= 1
        assert guests.find_many(people.hq, [str(stored()["test-guests"][0]["guest_key"]["S"]).split("#")[1]])
