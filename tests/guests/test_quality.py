"""The quality of contact points: what is noted, the run over all of them in bounded steps, and the worklist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.guests.kinds import QUALITY_KIND
from chalicelib.guests.models import Guest
from chalicelib.guests.models.quality import ContactFacts, ContactFinding, point_of
from chalicelib.guests.rules import quality as rules
from chalicelib.guests.rules.quality import Facts, finding
from chalicelib.guests.service import quality
from chalicelib.kernel import agenda
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.errors import Malformed, NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from tests.guests.conftest import World

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LONG_AGO, LATELY = NOW - timedelta(days=800), NOW - timedelta(days=10)


@pytest.mark.parametrize(
    ("kind", "value", "facts", "found"),
    [
        ("email", "a@b.example", Facts(LATELY), None),
        ("email", "a@b.example", Facts(LONG_AGO), "stale"),
        ("email", "a@b.example", Facts(None), "stale"),
        ("email", "a@b.example", Facts(LONG_AGO, arrived_at=LATELY), None),
        ("email", "a@b.example", Facts(LONG_AGO, checked_at=LATELY), None),
        ("email", "a@b.example", Facts(LATELY, bounced_at=LONG_AGO), "bounced"),
        ("email", "a@b.example", Facts(LONG_AGO, arrived_at=LATELY, bounced_at=LONG_AGO), None),
        ("email", "a@b.example", Facts(LONG_AGO, arrived_at=LONG_AGO, bounced_at=LATELY), "bounced"),
        ("email", "a@@b", Facts(LATELY), "malformed"),
        ("phone", "+351912345678", Facts(LATELY), None),
        ("phone", "912", Facts(LATELY), "malformed"),
    ],
)
def test_what_is_wrong(kind: str, value: str, facts: Facts, found: str | None) -> None:
    assert finding(kind, value, facts, NOW, 24) == found


def test_how_it_was_last_known_to_be_right() -> None:
    assert Facts(LONG_AGO, arrived_at=LATELY).verified_by == "delivery"
    assert Facts(LONG_AGO, checked_at=LATELY).verified_at == LATELY
    assert Facts(LATELY).verified_by == "record"


def later(scope: Scope, days: int) -> Scope:
    """The same caller some days on."""
    return replace(scope, now=scope.now + timedelta(days=days))


def waiting(world: World) -> AgendaRecord:
    """The run's item on the agenda."""
    record = AgendaRecord.find(world.hq.key(str(world.chain.id)), agenda.item_key(QUALITY_KIND, None))
    assert record is not None
    return record


def run_whole(scope: Scope, world: World) -> int:
    """Live through a run step by step, as the worker does; how many steps there were."""
    detail: dict[str, object] = {}
    for steps in range(1, 200):
        unit = Unit(scope)
        answer = quality.step(scope, agenda.Work(str(world.chain.id), QUALITY_KIND, None, scope.now, 0, detail), unit)
        assert unit.size <= 90
        unit.commit()
        detail = dict(answer.detail or {})
        if "run" not in detail:
            assert answer.due_at == scope.now + rules.EVERY
            return steps
    raise AssertionError("a run does not end")


def reasons(scope: Scope, property_id: str, limit: int = 50) -> dict[str, str]:
    """What is wrong in a house, by value, over all pages."""
    found: dict[str, str] = {}
    after = None
    while True:
        page = quality.findings(scope, property_id, limit=limit, after=after)
        found |= {one.value: one.reason for one in page.items}
        after = page.next
        if after is None:
            return found


class TestRun:
    def test_what_it_finds_and_counts(self, world: World) -> None:
        ana = world.create(given_name="Ana", emails=["old@guests.example", "gone@guests.example"])
        world.create(given_name="Rui", phones=["+351912345678"], home_property_id=world.sister.id)
        then = later(world.hq, 800)
        unit = Unit(then)
        gone = point_of(world.hq, "email", "gone@guests.example").removeprefix("email#")
        quality.note_contact(unit, ana.id, gone, "bounced", then.now)
        unit.commit()
        fresh = Guest.one(world.hq, world.create(given_name="Eva", emails=["new@guests.example"]).id)
        assert fresh is not None
        fresh.created_at = then.now
        fresh.save()
        quality.set_rule(world.hq, 24)
        run_whole(then, world)
        both = {"old@guests.example": "stale", "gone@guests.example": "bounced"}
        assert reasons(then, world.house.id, limit=1) == both
        assert reasons(then, world.sister.id) == {"+351912345678": "stale"}
        counts = {one.property_id: (one.points, one.bounced, one.malformed, one.stale) for one in
                  quality.figures(then, limit=10)[0]}  # fmt: skip
        assert counts == {world.house.id: (3, 1, 0, 1), world.sister.id: (1, 0, 0, 1)}
        quality.verify(then, ana.id, "email", "OLD@guests.example")
        assert reasons(then, world.house.id) == {"gone@guests.example": "bounced"}
        quality.verify(later(then, 1), ana.id, "email", "gone@guests.example")
        assert reasons(later(then, 1), world.house.id) == {}

    def test_in_steps_of_bounded_size(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same whether a step holds one guest or all; a step done twice counts once."""
        for number in range(7):
            world.create(given_name=f"Ana{number}", emails=[f"a{number}@guests.example"])
        quality.set_rule(world.hq, 24)
        then = later(world.hq, 800)
        whole = run_whole(then, world)
        expected = reasons(then, world.house.id)
        assert len(expected) == 7
        monkeypatch.setattr(rules, "GUESTS_PER_STEP", 2)
        monkeypatch.setattr(rules, "FINDINGS_PER_STEP", 1)
        assert run_whole(then, world) > whole
        assert reasons(then, world.house.id, limit=3) == expected
        assert [one.points for one in quality.figures(then, limit=10)[0]] == [7]

    def test_the_worker_runs_it_and_comes_again_in_a_week(self, world: World, run_queues: Callable[[], int]) -> None:
        world.create(emails=["a@guests.example"])
        quality.set_rule(world.hq, 24)
        run_queues()
        assert [one.points for one in quality.figures(world.hq, limit=10)[0]] == [1]
        record = waiting(world)
        assert record.armed_for > "2026-03-11" and "counts" not in record.detail
        quality.set_rule(world.hq, 12)
        assert quality.rule(world.hq) == 12

    def test_who_was_merged_is_not_counted(self, world: World) -> None:
        gone = Guest.one(world.hq, world.create(emails=["a@guests.example"]).id)
        assert gone is not None
        gone.merged_into = world.create().id
        gone.save()
        quality.set_rule(world.hq, 24)
        run_whole(world.hq, world)
        assert quality.figures(world.hq, limit=10)[0] == []


class TestWalls:
    def test_a_house_sees_its_own(self, world: World) -> None:
        world.create(emails=["a@guests.example"])
        quality.set_rule(world.hq, 24)
        then = later(world.hq, 800)
        run_whole(then, world)
        sister = replace(world.desk(world.sister), now=then.now)
        assert quality.figures(sister, limit=10)[0] == []
        for place in (world.house.id, rules.HOUSELESS):
            with pytest.raises(NotFound):
                quality.findings(sister, place, limit=10)
        with pytest.raises(Malformed):
            quality.findings(then, world.house.id, limit=10, after="cur_forged")

    def test_nothing_before_the_first_run(self, world: World) -> None:
        assert quality.findings(world.hq, world.house.id, limit=5) == quality.Findings([], None)
        assert quality.rule(world.hq) == rules.STALE_MONTHS_DEFAULT

    def test_only_what_the_guest_has_is_checked(self, world: World) -> None:
        ana = world.create(emails=["a@guests.example"])
        with pytest.raises(NotFound):
            quality.verify(world.hq, ana.id, "email", "b@guests.example")
        with pytest.raises(NotFound):
            quality.verify(world.desk(world.sister), ana.id, "email", "a@guests.example")

    def test_no_address_lies_in_a_key(self, world: World) -> None:
        ana = world.create(emails=["zuzu@guests.example"])
        quality.verify(world.hq, ana.id, "email", "zuzu@guests.example")
        point = point_of(world.hq, "email", "zuzu@guests.example")
        (row,) = ContactFacts.many(world.hq, [(ana.id, point)]).values()
        assert "zuzu" not in str(row.serialize()) and row.checked_at
        assert ContactFinding(finding=f"stale#{ana.id}#{point}").parts == ("stale", ana.id, point)
