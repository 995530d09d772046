"""Undoing a run of guests: what it brought goes, what it changed comes back, what has changed since is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from chalicelib import workers
from chalicelib.connect import service
from chalicelib.connect.rules.runs import REAL
from chalicelib.connect.service import plans, undoing
from chalicelib.guests import ports
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn, GuestPatch
from chalicelib.guests.service import holdings
from chalicelib.kernel import agenda
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds
from tests.builders import make_property, make_scope
from tests.connect.fakes import World, counts, csv_bytes
from tests.connect.test_crash import Crash
from tests.house.world import stored

assert workers  # what is armed, and who holds a guest, has to be known

HEADER = ["external_id", "given_name", "family_name", "email", "phone", "birth_date", "consent_greeting_email"]


def row(number: int, family: str = "Silva", mail: str = "a") -> list[str]:
    name, address = f"{family} {number}", f"{mail}{number}@guests.example"
    return [f"G-{number}", "Ana", name, address, f"+35191{number:07}", "1980-05-06", "granted"]


def imported(world: World, rows: list[list[str]]) -> Any:
    run = world.run(csv_bytes([HEADER, *rows]), kind="guests")
    assert run.state == "done"
    return run


def undo(world: World, run: Any, mode: str = REAL, **how: Any) -> Any:
    where = str(run.import_id), str(run.id)
    service.start_undo(world.hq, *where, mode, is_queued=False)
    while not service.advance_undo(world.hq, *where, mode, **how):
        pass
    return service.undo_of(world.hq, *where, mode)[1]


def figures(record: Any) -> tuple[int, int, int]:
    assert record.state == "done"
    return int(record.removed), int(record.restored), int(record.kept)


def kept(world: World, run: Any, mode: str = REAL) -> dict[str, tuple[str, tuple[str, ...]]]:
    page = service.kept_page(world.hq, str(run.import_id), str(run.id), mode, limit=100)
    return {one.record_id: (one.reason, one.fields) for one in page.items}


def ids(world: World, count: int) -> dict[int, str]:
    keys = {number: ("import", world.house.id, f"G-{number}") for number in range(1, count + 1)}
    found = guests.ids_by_external(world.hq, keys.values())
    return {number: found[key] for number, key in keys.items() if key in found}


def of_guests() -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored of guests, without what says when it was written."""
    tables = ("guests", "house-guests", "contact-points", "external-ids", "consent-entries")
    passing = {"version", "updated_at", "updated_key"}
    kept_rows = {}
    for name in tables:
        rows = [{key: value for key, value in item.items() if key not in passing} for item in stored()[f"test-{name}"]]
        kept_rows[name] = sorted(rows, key=repr)
    return kept_rows


@contextmanager
def crash_at_commit(number: int, *, is_after: bool) -> Iterator[None]:
    """The process dies at its transaction `number`, before it reaches the store or after it had its effect."""
    made, real = 0, BaseClient._make_api_call

    def call(self: Any, name: str, params: Any) -> Any:
        nonlocal made
        made += name == "TransactWriteItems"
        is_now = name == "TransactWriteItems" and made == number
        if is_now and not is_after:
            raise Crash
        answer = real(self, name, params)
        if is_now:
            raise Crash
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield


class TestWho:
    def test_strangers_and_sisters_find_nothing(self, world: World) -> None:
        run = imported(world, [row(1)])
        sister = make_scope(world.chain, property_ids=[make_property(world.hq, "Hill House").id])
        for scope in (World().hq, sister):
            with pytest.raises(NotFound):
                service.start_undo(scope, str(run.import_id), str(run.id), REAL)
            with pytest.raises(NotFound):
                service.kept_page(scope, str(run.import_id), str(run.id), REAL, limit=5)

    def test_a_property_undoes_its_own(self, world: World) -> None:
        run = imported(world, [row(1)])
        own = make_scope(world.chain, property_ids=[world.house.id])
        assert service.start_undo(own, str(run.import_id), str(run.id), REAL).state == "running"

    def test_what_cannot_be_undone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        check = world.run(csv_bytes([HEADER, row(1)]), "dry_run", kind="guests")
        things = world.run(csv_bytes([["external_id"], ["T-1"]]))
        record = world.uploaded(csv_bytes([HEADER, row(1)]), kind="guests")
        waiting = service.start_run(world.hq, record.id, REAL, is_queued=False)
        monkeypatch.setattr(plans, "UNDO_DAYS", -1)
        old = imported(world, [row(2)])
        said = {}
        for name, run in {"check": check, "things": things, "waiting": waiting, "old": old}.items():
            with pytest.raises(Conflict) as caught:
                service.start_undo(world.hq, str(run.import_id), str(run.id), REAL)
            said[name] = caught.value.detail
        assert said == {
            "check": undoing.NOT_A_REAL_RUN,
            "things": undoing.NOT_THIS_KIND,
            "waiting": undoing.NOT_OVER,
            "old": undoing.TOO_LATE,
        }


class TestTakingBack:
    def test_everything_is_as_before(self, world: World, run_queues: Callable[[], int]) -> None:
        imported(world, [row(number) for number in range(1, 15)])
        run_queues()
        before = of_guests()
        # Half of them change, in the midst of new ones; some stand twice, in groups far apart.
        changed = [row(number, "Costa", "b") for number in range(8, 30)]
        changed[0][6] = "denied"
        run = imported(world, [*changed, row(9, "Rocha", "c"), row(25, "Rocha", "c")])
        assert counts(run) == {"created": 15, "updated": 9}
        assert of_guests() != before
        assert figures(undo(world, run, "dry_run")) == (15, 9, 0)
        assert len(ids(world, 30)) == 29, "a preview changes nothing"
        assert figures(undo(world, run)) == (15, 9, 0)
        assert kept(world, run) == {}
        after = of_guests()
        for table in ("guests", "house-guests", "contact-points", "external-ids"):
            assert after[table] == before[table], table
        again = imported(world, changed)
        assert counts(again) == {"created": 15, "updated": 7}

    def test_what_changed_since_is_kept_and_listed(self, world: World) -> None:
        imported(world, [row(1), row(2)])
        before = guests.get(world.hq, ids(world, 1)[1])
        run = imported(world, [row(1, "Costa", "b"), row(2, "Costa", "b"), *(row(n) for n in range(3, 8))])
        who = ids(world, 7)
        for number, patch in {1: {"family_name": "Since"}, 3: {"occupation": "Architect"}}.items():
            guest = guests.get(world.hq, who[number])
            guests.update(world.hq, who[number], GuestPatch.model_validate(patch), int(guest.version))
        stay = [["external_id", "guest_external_id", "arrival_date", "departure_date", "status", "currency"]]
        world.run(csv_bytes([*stay, ["S-1", "G-4", "2026-03-05", "2026-03-07", "booked", "EUR"]]), kind="stays")
        assert figures(undo(world, run, "dry_run")) == (3, 2, 2)
        assert figures(undo(world, run)) == (3, 2, 2)
        assert kept(world, run) == {
            who[1]: ("It has been changed since.", ("family_name",)),
            who[3]: ("It has been changed since.", ()),
            who[4]: ("The guest has stays.", ()),
        }
        first = guests.get(world.hq, who[1])
        assert (first.family_name, list(first.emails)) == ("Since", list(before.emails))
        assert set(ids(world, 7)) == {1, 2, 3, 4}

    def test_out_of_order_nothing_is_lost(self, world: World) -> None:
        run, other = imported(world, [row(1), row(2)]), imported(world, [row(1, "Costa"), row(2)])
        who = ids(world, 2)
        assert figures(undo(world, run)) == (1, 0, 1)
        assert kept(world, run) == {who[1]: ("It has been changed since.", ())}
        assert figures(undo(world, other)) == (0, 1, 0)

    def test_runs_are_undone_backwards(self, world: World) -> None:
        first, second = imported(world, [row(1)]), imported(world, [row(1, "Costa")])
        assert figures(undo(world, second)) == (0, 1, 0)
        assert figures(undo(world, first)) == (1, 0, 0)

    def test_who_has_gone_already_is_told(self, world: World) -> None:
        run = imported(world, [row(1), row(2)])
        who, images = ids(world, 2), stored()["test-import-images"]
        undo(world, run)
        assert guests.find(world.hq, who[1]) is None
        told = guests.stage_undo(world.hq, Unit(world.hq), json.loads(images[0]["images"]["S"]))
        assert {(one.outcome, one.reason) for one in told} == {("kept", "It is no longer there.")}

    def test_once_only(self, world: World) -> None:
        run = imported(world, [row(1)])
        first = undo(world, run)
        imported(world, [row(1)])
        again = undo(world, run)
        assert again.finished_at == first.finished_at
        assert len(ids(world, 1)) == 1
        actions = [str(one.action) for one in audit_page(world.hq, str(run.import_id), limit=10).items]
        assert actions[:2] == ["import.undone", "import.undo_started"]
        assert actions.count("import.undo_started") == 1

    def test_a_guest_who_is_held_in_the_last_moment_comes_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = imported(world, [row(1), row(2)])
        who, before, asked = ids(world, 2), of_guests(), []

        def late(scope: Any, wanted: Any) -> dict[str, str]:
            asked.append(list(wanted))
            return {who[1]: "The guest has stays."} if len(asked) > 1 else {}

        monkeypatch.setattr(holdings, "HOLDINGS", {"stays": ports.Holding(late)})
        undo(world, run)
        assert set(ids(world, 2)) == {1}
        one = guests.get(world.hq, who[1])
        mine = [row for row in before["guests"] if row["guest_key"]["S"].endswith(who[1])]
        assert [row for row in of_guests()["guests"] if row["guest_key"]["S"] == one.guest_key] == mine

    def test_the_birthday_is_taken_off_the_agenda(self, world: World, run_queues: Callable[[], int]) -> None:
        run = imported(world, [row(1)])
        run_queues()
        (guest_id,) = ids(world, 1).values()
        assert agenda.is_armed(world.hq, guest_id, kinds.BIRTHDAY)
        undo(world, run)
        run_queues()
        assert not agenda.is_armed(world.hq, guest_id, kinds.BIRTHDAY)
        entries = audit_page(world.hq, guest_id, limit=5).items
        assert [str(one.action) for one in entries] == ["guest.removed"]

    def test_others_with_the_same_address_are_left_alone(self, world: World) -> None:
        body = {"given_name": "Rui", "home_property_id": world.house.id, "emails": ["a1@guests.example"]}
        other = guests.create(world.hq, GuestIn.model_validate(body))
        run = imported(world, [row(1)])
        assert figures(undo(world, run)) == (1, 0, 0)
        assert guests.contact_owner_count(world.hq, "email", "a1@guests.example") == 1
        assert guests.get(world.hq, other.id).given_name == "Rui"


class TestGoingOn:
    @pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
    def test_killed_at_every_transaction(self, world: World, is_after: bool) -> None:
        imported(world, [row(number) for number in range(1, 6)])
        before, number, crashed = of_guests(), 0, True
        while crashed:
            number += 1
            run = imported(world, [row(one, "Costa", "b") for one in range(3, 15)])
            where = str(run.import_id), str(run.id), REAL
            service.start_undo(world.hq, *where, is_queued=False)
            try:
                with crash_at_commit(number, is_after=is_after):
                    service.advance_undo(world.hq, *where)
                crashed = False
            except Crash:
                crashed = True
            while not service.advance_undo(world.hq, *where):
                pass
            record = service.undo_of(world.hq, *where)[1]
            assert record is not None and figures(record) == (9, 3, 0)
            after = of_guests()
            assert after["guests"] == before["guests"] and after["contact-points"] == before["contact-points"]
        assert number == 5, "two transactions for the first group, one for the second, and the end"

    def test_in_many_steps_and_from_the_queue(self, world: World, run_queues: Callable[[], int]) -> None:
        run = imported(world, [row(number) for number in range(1, 31)])
        assert figures(undo(world, run, for_s=0.0)) == (30, 0, 0)
        run = imported(world, [row(number) for number in range(1, 31)])
        service.start_undo(world.hq, str(run.import_id), str(run.id), REAL)
        run_queues()
        record = service.undo_of(world.hq, str(run.import_id), str(run.id), REAL)[1]
        assert record is not None and figures(record) == (30, 0, 0)

    def test_kept_ones_come_in_pages(self, world: World) -> None:
        run = imported(world, [row(number) for number in range(1, 31)])
        for number, guest_id in ids(world, 30).items():
            if number % 2:
                guest = guests.get(world.hq, guest_id)
                guests.update(world.hq, guest_id, GuestPatch(occupation="Architect"), int(guest.version))
        assert figures(undo(world, run)) == (15, 0, 15)
        found: list[str] = []
        after = None
        while True:
            page = service.kept_page(world.hq, str(run.import_id), str(run.id), REAL, limit=4, after=after)
            found += [one.record_id for one in page.items]
            after = page.next
            if after is None:
                break
        assert len(found) == 15 and set(found) == set(ids(world, 30).values())

    def test_images_are_forgotten_in_time(self, world: World, engine: Any) -> None:
        imported(world, [row(1)])
        imported(world, [row(1, "Costa")])
        rows = stored()["test-import-images"]
        assert len(rows) == 2
        days = [(int(one["expires_at"]["N"]) - real_now().timestamp()) / 86_400 for one in rows]
        assert all(32 < one < 34 for one in days)
