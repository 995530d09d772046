"""What is owed to guests: it opens once, and closes by the evidence of its last moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, events
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from chalicelib.kernel.scope import system_scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import service
from chalicelib.outreach.events import CALL_CLOSED
from chalicelib.outreach.rules.care import CarePolicy
from chalicelib.outreach.service import care, compliance
from chalicelib.outreach.service.compliance import ObligationFilter
from tests.builders import make_property
from tests.outreach.world import GRANTED, World

ALL = ("silence", "new_guest", "loyal_guest", "blessings")


def at(month: int, day: int, hour: int = 8, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def owe(world: World, *rules: str, **settings: Any) -> CarePolicy:
    """Switch rules on."""
    policy = None
    for rule in rules:
        policy, _ = care.publish(
            world.hq, rule, settings, is_on=True, may_override=True, property_id=None
        )  # fmt: skip
    assert policy is not None
    return policy


def owed(world: World, **fields: Any) -> list[tuple[str, str, str | None]]:
    """What is owed: occurrence, status, reason, by their last day."""
    found = compliance.obligations_page(world.hq, ObligationFilter(**fields), limit=100).items
    return [(str(one.occurrence), str(one.status), one.reason) for one in reversed(found)]


def told(world: World, kind: str, subject: str, **detail: Any) -> None:
    """Something is announced."""
    unit = Unit(system_scope(world.chain.id, world.hq.now, is_test=True))
    agenda.announce(unit, events.Event(kind, subject, 0, detail))
    unit.commit()
    world.run_queues()


def call(world: World, guest: Any, kind: str, due_on: str, outcome: str | None = None, task: str = "tsk_1") -> None:
    about = {"guest_id": guest.id, "property_id": world.house.id, "due_on": due_on, "cause": "silence"}
    told(world, kind, task, **about, outcome=outcome)


class TestPolicies:
    def test_nothing_is_owed_until_somebody_says_so(self, world: World) -> None:
        assert {name: (one.number, one.is_on) for name, one in care.in_force(world.hq).items()} == dict.fromkeys(
            ALL, (0, False)
        )
        world.stay(world.guest())
        world.advance(at(4, 1))
        assert owed(world) == []

    def test_a_version_is_dated_and_stays_as_it_is(self, world: World) -> None:
        first = owe(world, "new_guest", days=5)
        world.advance(at(3, 5))
        second = owe(world, "new_guest", days=3)
        again, is_new = care.publish(
            world.hq, "new_guest", {"days": 3}, is_on=True, may_override=True, property_id=None
        )  # fmt: skip
        assert (second.number, second.on_since, again, is_new) == (2, first.on_since, second, False)
        known = care.versions_of(world.hq, "new_guest")
        assert [(one.number, one.settings["days"]) for one in known] == [(0, 7), (1, 5), (2, 3)]
        assert known[1] == first

    @pytest.mark.parametrize(
        ("rule", "settings", "wrong"),
        [
            ("new_guest", {"days": 8}, {"/days"}),
            ("new_guest", {"days": 0, "stays": 3}, {"/days", "/stays"}),
            ("loyal_guest", {"per_month": 0, "stays": 4, "window_days": 30}, {"/per_month", "/stays", "/window_days"}),
            ("blessings", {"occasions": ["birthday", "special_day"]}, {"/occasions"}),
            ("silence", {"grace_days": 4}, {"/grace_days"}),
        ],
    )
    def test_below_the_minimum(self, world: World, rule: str, settings: dict[str, Any], wrong: set[str]) -> None:
        with pytest.raises(Invalid) as refused:
            care.publish(world.hq, rule, settings, is_on=True, may_override=False, property_id=None)
        assert {one.pointer for one in refused.value.errors} == wrong

    def test_a_property_of_its_own(self, world: World) -> None:
        hill = make_property(world.hq, "Hill House")
        desk = world.scope(property_ids=[world.house.id])
        wanted: dict[str, Any] = {"is_on": True, "may_override": False}
        with pytest.raises(Conflict):
            care.publish(desk, "new_guest", {"days": 2}, property_id=world.house.id, **wanted)
        owe(world, "new_guest")
        with pytest.raises(NotFound):
            care.publish(desk, "new_guest", {"days": 2}, property_id=hill.id, **wanted)
        with pytest.raises(Forbidden):
            care.publish(desk, "new_guest", {"days": 2}, property_id=None, **wanted)
        with pytest.raises(Invalid) as refused:
            care.publish(
                desk, "new_guest", {"days": 9}, is_on=False, may_override=True, property_id=world.house.id
            )  # fmt: skip
        assert {one.pointer for one in refused.value.errors} == {"/days", "/is_on", "/may_override"}
        own, _ = care.publish(desk, "new_guest", {"days": 2}, property_id=world.house.id, **wanted)
        assert own.id == f"new_guest@{world.house.id}#1"
        assert care.policy_of(world.hq, "new_guest", world.house.id).settings["days"] == 2
        assert care.policy_of(world.hq, "new_guest", hill.id).settings["days"] == 7
        care.publish(world.hq, "new_guest", {}, is_on=True, may_override=False, property_id=None)
        assert care.policy_of(world.hq, "new_guest", world.house.id).settings["days"] == 7


class TestNewGuests:
    def test_kept_by_the_thanks(self, world: World) -> None:
        policy = owe(world, "new_guest")
        guest = world.guest(birth_date=None, consents=[])
        stay = world.stay(guest)
        (record,) = compliance.obligations_page(world.hq, ObligationFilter(), limit=10).items
        assert (record.status, record.policy, record.stay_id, record.due_on) == (
            "open", policy.id, stay.id, "2026-03-11",
        )  # fmt: skip
        world.advance(at(3, 20))
        (record,) = compliance.obligations_page(world.hq, ObligationFilter(), limit=10).items
        delivery = world.only()
        assert (record.status, record.reason, record.property_id) == ("kept", None, world.house.id)
        assert record.evidence == [{"kind": "delivery", "id": delivery.id, "at": delivery.decided_at}]

    @pytest.mark.parametrize(
        ("fields", "status", "reason"),
        [
            ({"emails": []}, "excused", "no_channel"),
            ({"is_do_not_greet": True}, "excused", "do_not_greet"),
            ({"birth_date": "2012-01-01"}, "excused", "minor"),
            ({"consents": [{**GRANTED, "purpose": "service", "state": "denied"}]}, "excused", "consent_denied"),
        ],
    )
    def test_excused(self, world: World, fields: dict[str, Any], status: str, reason: str) -> None:
        owe(world, "new_guest")
        world.stay(world.guest(**{"birth_date": None, "consents": [], **fields}))
        world.advance(at(3, 20))
        assert owed(world) == [("new_guest", status, reason)]

    def test_a_chain_that_writes_no_thanks_is_in_breach_unless_somebody_spoke(self, world: World) -> None:
        owe(world, "new_guest")
        service.publish(world.hq, "first_stay", is_on=False, offer={})
        silent, spoken = (world.guest(birth_date=None, consents=[]) for _ in range(2))
        for guest in (silent, spoken):
            world.stay(guest)
        world.advance(at(3, 6))
        call(world, spoken, CALL_CLOSED, "2026-03-06", "reached")
        call(world, silent, CALL_CLOSED, "2026-03-06", "no_answer", task="tsk_2")
        world.advance(at(3, 20))
        found = compliance.obligations_page(world.hq, ObligationFilter(), limit=10).items
        assert {(one.guest_id, one.status, one.reason) for one in found} == {
            (silent.id, "breached", "policy_off"), (spoken.id, "kept", None),
        }  # fmt: skip
        kept = next(one for one in found if one.status == "kept")
        assert [(one["kind"], one["id"]) for one in kept.evidence] == [("task", "tsk_1")]

    def test_a_message_that_came_back_is_no_contact(self, world: World) -> None:
        owe(world, "new_guest")
        world.stay(world.guest(birth_date=None, consents=[], emails=["bounce@simulator.amazonses.com"]))
        world.advance(at(3, 7))
        world.hear()
        world.advance(at(3, 20))
        delivery = world.only()
        assert owed(world) == [("new_guest", "breached", "bounced")], (delivery.status, delivery.code)

    def test_history_and_what_lies_before_are_never_owed(self, world: World) -> None:
        guest, other = world.guest(), world.guest()
        world.stay(guest)  # before the rule
        world.advance(at(3, 5))
        owe(world, "new_guest")
        told(world, "stays.stays_imported", world.house.id, guest_ids=[guest.id], completed=[])
        world.stay(other, arrival="2025-01-01", departure="2025-01-03")
        world.stay(other)  # not the first
        world.advance(at(3, 20))
        assert owed(world) == []

    def test_twice_is_once_and_a_reversed_stay_comes_back(self, world: World) -> None:
        owe(world, "new_guest")
        guest = world.guest(birth_date=None, consents=[])
        stay = world.stay(guest)
        completed = [[guest.id, str(stay.id)]]
        told(world, "stays.stays_imported", world.house.id, guest_ids=[guest.id], completed=completed)
        assert owed(world) == [("new_guest", "open", None)]
        world.change_stay(stay, status="in_house", departure="2026-03-14")
        world.advance(at(3, 14))
        assert owed(world) == [("new_guest", "excused", "stay_reversed")]
        world.change_stay(stay, status="checked_out")
        assert owed(world) == [("new_guest", "open", None)]
        world.advance(at(3, 25))
        assert owed(world) == [("new_guest", "kept", None)]

    def test_two_who_are_one(self, world: World) -> None:
        owe(world, "new_guest")
        first, second = (world.guest(birth_date=None, consents=[]) for _ in range(2))
        world.stay(first)
        world.stay(second)
        _merge(world, first, second)
        world.advance(at(3, 20))
        assert sorted(owed(world)) == [("new_guest", "excused", "merged"), ("new_guest", "kept", None)]
        assert len(world.outbox) == 1


def _merge(world: World, survivor: Any, absorbed: Any) -> None:
    guests.merge(world.hq, str(survivor.id), str(absorbed.id))
    world.run_queues()
