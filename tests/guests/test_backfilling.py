"""Guests whom no pass has seen are matched by going through all of them once; a second time finds nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import app
from chalicelib.guests import reactions, service
from chalicelib.guests.models import Guest
from chalicelib.guests.models.matches import GuestMatch, MatchBackfill, MatchBucket, MatchCount, MatchedGuest
from chalicelib.guests.rules import pairs
from chalicelib.guests.service import backfilling, candidates, weighing
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import AgendaRecord, Done
from chalicelib.kernel.errors import Forbidden
from chalicelib.kernel.unit import Unit
from tests.builders import PASSWORD, make_key, make_staff
from tests.client import Client
from tests.guests.conftest import Calls, World
from tests.portal.visitor import Visitor

assert app.app and reactions.match_changed and weighing.Matcher

DOUBLES = 3


def forget_matching(world: World) -> None:
    """The chain as it was before there was matching."""
    for record in (MatchBucket, GuestMatch, MatchCount):
        for row in list(record.scan()):
            row.delete()


@pytest.fixture
def doubles(world: World, run_queues: Callable[[], int]) -> set[str]:
    """Three pairs of doubles whom nobody has compared, a guest with nobody, and one who was merged away."""
    world.chain.automatic_linking = False
    world.chain.save()
    found = set()
    for number in range(DOUBLES):
        told: dict[str, Any] = {"given_name": "Ana", "family_name": f"Quintela{number * 'x'}"}
        told |= {"birth_date": f"198{number}-08-05", "phones": [f"+35191234567{number}"]}
        one, other = world.create(**told), world.create(**told, emails=[f"ana{number}@mail.example"])
        found.add(pairs.pair_id(one.id, other.id))
    world.create(given_name="Rui", family_name="Zarco")
    gone = world.create(given_name="Eva", family_name="Zweig")
    service.merge(world.hq, world.create(given_name="Eva", family_name="Zweig").id, gone.id)
    run_queues()
    forget_matching(world)
    return found


def walk_whole(world: World, detail: dict[str, Any], *, twice: bool = False) -> int:
    """Live through a walk step by step; how many there were. `twice`: each is done once in vain before."""
    for steps in range(1, 60):
        work = agenda.Work(world.hq.chain_id, service.BACKFILL_KIND, None, world.hq.now, 0, detail)
        if twice:
            backfilling.backfill_step(world.hq, work, Unit(world.hq))  # died before it could be committed
        unit = Unit(world.hq)
        answer = backfilling.backfill_step(world.hq, work, unit)
        unit.commit()
        if isinstance(answer, Done):
            return steps
        detail = dict(answer.detail or {})
    raise AssertionError("a walk does not end")


def opened() -> set[str]:
    return {one.id for one in GuestMatch.scan() if one.state == "open"}


class TestWalk:
    def test_who_was_never_compared_is(
        self, world: World, doubles: set[str], run_queues: Callable[[], int]
    ) -> None:
        assert opened() == set()
        before = service.backfill_of(world.hq)
        assert (before.state, before.is_due) == ("never", True)
        assert service.start_backfill(world.hq).state == "running"
        run_queues()
        after = service.backfill_of(world.hq)
        living = 2 * DOUBLES + 2
        assert (after.state, after.is_due, after.seen, after.matched) == ("done", False, living, living)
        assert opened() == doubles
        assert service.report(world.hq)[0].waiting == DOUBLES

    @pytest.mark.parametrize("twice", [False, True])
    def test_a_step_holds_few_and_may_die_at_its_end(
        self, world: World, doubles: set[str], monkeypatch: pytest.MonkeyPatch, twice: bool
    ) -> None:
        monkeypatch.setattr(backfilling, "GUESTS_PER_STEP", 3)
        unit = Unit(world.hq)
        MatchBackfill.begin(unit, "run_1", 1)
        unit.commit()
        assert walk_whole(world, {"run": "run_1"}, twice=twice) > 3
        assert opened() == doubles
        told = service.backfill_of(world.hq)
        assert (told.seen, told.matched) == (2 * DOUBLES + 2,) * 2

    def test_a_second_walk_writes_nothing_but_that_it_was(
        self, world: World, doubles: set[str], run_queues: Callable[[], int], counted: Callable[[], Any]
    ) -> None:
        for _ in range(2):
            service.start_backfill(world.hq)
            kept = {one.key_id: one.version for one in MatchedGuest.scan()}
            calls: Calls
            with counted() as calls:
                run_queues()
        assert service.backfill_of(world.hq).matched == 0
        assert {one.key_id: one.version for one in MatchedGuest.scan()} == kept
        written = {
            next(iter(change.values()))["TableName"]
            for request in calls.requests
            for change in request.get("TransactItems", ())
        }
        assert {name.removeprefix("test-") for name in written} <= {"agenda", "match-counts"}

    def test_who_has_other_keys_by_now(
        self, world: World, doubles: set[str], run_queues: Callable[[], int]
    ) -> None:
        """As after a change of what keys are made of: the former ones are left, the present ones joined."""
        service.start_backfill(world.hq)
        run_queues()
        guest = next(one for one in Guest.scan() if one.family_name == "Quintela")
        kept = MatchedGuest.many(world.hq, [guest.id])[guest.id]
        former, dropped = "former-hash", sorted(kept.hashes)[0]
        kept.hashes = (kept.hashes - {dropped}) | {former}
        kept.save()
        for name, members in ((dropped, None), (former, {guest.id})):
            MatchBucket(key_id=world.hq.key(name), guest_ids=members).save()
        assert candidates.misplaced(world.hq, [guest.id]) == [guest.id]
        service.start_backfill(world.hq)
        run_queues()
        assert service.backfill_of(world.hq).matched == 1
        assert MatchBucket.many(world.hq, [dropped])[dropped].guest_ids == {guest.id}
        assert not MatchBucket.many(world.hq, [former])[former].guest_ids

    def test_an_over_full_key_is_no_lack(self, world: World) -> None:
        own, over = {"one", "full"}, {"full"}
        assert not pairs.is_misplaced(own, {"one"}, over) and not pairs.is_misplaced(own, {"one", "full"}, over)
        assert pairs.is_misplaced(own, {"full"}, over) and pairs.is_misplaced(own, {"one", "other"}, over)

    def test_it_is_due_when_the_keys_have_changed(
        self, world: World, run_queues: Callable[[], int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service.start_backfill(world.hq)
        run_queues()
        assert not service.backfill_of(world.hq).is_due
        monkeypatch.setattr(backfilling, "KEYS_VERSION", pairs.KEYS_VERSION + 1)
        assert service.backfill_of(world.hq).is_due

    def test_one_that_failed_for_good_says_so_and_starts_again(self, world: World) -> None:
        service.start_backfill(world.hq)
        record = AgendaRecord.find(world.hq.key(world.hq.chain_id), agenda.item_key(service.BACKFILL_KIND, None))
        assert record is not None
        assert service.start_backfill(world.hq).state == "running"
        again = AgendaRecord.find(world.hq.key(world.hq.chain_id), agenda.item_key(service.BACKFILL_KIND, None))
        assert again is not None and again.revision == record.revision  # the one under way goes on
        backfilling.after_backfill_failure(world.hq, agenda.work_of(record))
        assert service.backfill_of(world.hq).state == "failed" and service.backfill_of(world.hq).is_due
        assert service.start_backfill(world.hq).state == "running"


class TestDoors:
    def test_who_may(self, world: World) -> None:
        assert Client().post("/v1/match-backfills").status == 401
        house = Client(make_key(world.hq, property_ids=[world.house.id]))
        assert house.post("/v1/match-backfills").status == 403
        assert house.get("/v1/match-report").json["backfill"] is None
        with pytest.raises(Forbidden):
            service.start_backfill(world.desk(world.house))

    def test_over_rest_and_in_the_portal(
        self, world: World, doubles: set[str], run_queues: Callable[[], int]
    ) -> None:
        hq = Client(make_key(world.hq))
        assert hq.get("/v1/match-report").json["backfill"]["state"] == "never"
        started = hq.post("/v1/match-backfills")
        assert started.status == 202 and started.json["state"] == "running"
        visitor = Visitor()
        visitor.sign_in(str(make_staff(world.hq).email), PASSWORD)
        page = visitor.get("/portal/match-report?lang=en")
        assert "Running" in page.text and 'action="/portal/match-report/backfills"' not in page.html
        run_queues()
        told = hq.get("/v1/match-report").json["backfill"]
        assert (told["state"], told["matched"]) == ("done", 2 * DOUBLES + 2) and told["ended_at"]
        page = visitor.get("/portal/match-report?lang=zh")
        assert "逐一比对全部客人" in page.text
        assert visitor.submit(page, "/portal/match-report/backfills").status == 303
        assert hq.get("/v1/match-report").json["backfill"]["state"] == "running"
