"""Policies that begin on a later day: nothing before it, everything from it on, by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel import agenda
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from chalicelib.outreach import kinds, service
from chalicelib.outreach.models.care import CarePolicyVersion
from chalicelib.outreach.service import care, compliance, planning, policies
from chalicelib.outreach.service.compliance import ObligationFilter
from tests.builders import make_property
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_obligations import told
from tests.outreach.test_obligations_yearly import regular
from tests.outreach.test_policies import sent
from tests.outreach.world import World

assert doors  # the fixture
APRIL = datetime(2026, 3, 31, 23, tzinfo=UTC)  # 1 April, 00:00 in Lisbon, where it is summer
FIRST = date(2026, 4, 1)
OFFER = {"en": "Stay three nights and pay for two.", "zh": "住三晚，付两晚。"}


def promise(world: World, days: int, begins: date | datetime | None = None, **fields: Any) -> care.CarePolicy:
    wanted: dict[str, Any] = {"is_on": True, "may_override": True, "property_id": None, **fields}
    return care.publish(world.hq, "new_guest", {"days": days}, valid_from=begins, **wanted)[0]


def held(world: World, at: datetime | None = None) -> int:
    return care.policy_of(world.hq, "new_guest", at=at).number


class TestCare:
    def test_begins_by_itself_whatever_was_read_before(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is remembered is what was decided, never what was in force when it was read."""
        promise(world, 7)
        ahead = promise(world, 3, FIRST)
        assert (ahead.number, ahead.valid_from, ahead.on_since) == (2, APRIL, world.hq.now)
        monkeypatch.setattr(care, "REMEMBERED_S", 1e9)  # nothing is read again
        care.forget()
        before = world.hq.at(APRIL - timedelta(microseconds=1))
        assert care.policy_of(before, "new_guest").settings["days"] == 7
        read: list[str | None] = []
        monkeypatch.setattr(CarePolicyVersion, "of_place", lambda scope, place, rule="": read.append(place) or [])
        assert care.policy_of(world.hq.at(APRIL), "new_guest").settings["days"] == 3
        assert care.policy_of(before, "new_guest").settings["days"] == 7
        assert care.in_force(world.hq.at(APRIL))["new_guest"].id == "new_guest#2"
        assert read == []

    def test_owes_nothing_before_and_keeps_what_is_open(self, world: World) -> None:
        promise(world, 3, FIRST)
        early, open_, later = (world.guest(birth_date=None, consents=[]) for _ in range(3))
        world.stay(early)
        world.advance(datetime(2026, 3, 30, 8, tzinfo=UTC))
        promise(world, 7)
        world.stay(open_)
        world.advance(datetime(2026, 4, 2, 8, tzinfo=UTC))
        world.stay(later)
        found = {
            one.guest_id: (one.policy, one.due_on)
            for one in compliance.obligations_page(world.hq, ObligationFilter(rule="new_guest"), limit=10).items
        }
        assert found == {
            open_.id: ("new_guest#2", "2026-04-06"),  # as it began, though three days are the standard by now
            later.id: ("new_guest#1", "2026-04-05"),
        }
        assert care.policy_of(world.hq, "new_guest").on_since == datetime(2026, 3, 30, 8, tzinfo=UTC)

    def test_a_month_is_owed_by_the_version_that_begins_with_it(self, world: World) -> None:
        wanted: dict[str, Any] = {"is_on": True, "may_override": False, "property_id": None}
        for times, begins in ((1, None), (2, FIRST), (3, date(2026, 4, 2))):
            care.publish(world.hq, "loyal_guest", {"per_month": times}, valid_from=begins, **wanted)
        regular(world)
        world.advance(datetime(2026, 4, 3, tzinfo=UTC))
        found = compliance.obligations_page(world.hq, ObligationFilter(rule="loyal_guest"), limit=10).items
        assert [(one.occurrence, one.policy, one.needed) for one in found] == [
            ("loyal_guest#2026-04", "loyal_guest#2", 2)
        ]

    def test_a_stay_that_is_told_of_late_ended_before_anything_was_owed(self, world: World) -> None:
        promise(world, 3, FIRST)
        world.advance(APRIL - timedelta(hours=8))
        guest = world.guest(birth_date=None)
        stay = world.stay(guest)
        world.advance(APRIL + timedelta(hours=8))
        told(world, "stays.stays_imported", world.house.id, guest_ids=[guest.id], completed=[[guest.id, str(stay.id)]])
        assert compliance.obligations_page(world.hq, ObligationFilter(), limit=10).items == []

    def test_what_says_nothing_new_and_what_takes_anothers_place(self, world: World) -> None:
        assert promise(world, 7, FIRST, is_on=False).number == 1  # properties may have their own: that is new
        assert promise(world, 3, FIRST).number == 2
        assert promise(world, 3, FIRST).number == promise(world, 3, date(2026, 5, 1)).number == 2
        assert promise(world, 3, seen=2).number == 3  # for now, it is new
        known = care.versions_of(world.hq, "new_guest")
        assert [(one.number, one.withdrawn_at is not None) for one in known] == [
            (0, False), (1, True), (2, False), (3, False),
        ]  # fmt: skip
        assert promise(world, 5, FIRST, seen=3).number == 4
        with pytest.raises(Conflict, match="another version meanwhile"):
            promise(world, 4, FIRST, seen=3)
        assert [held(world), held(world, APRIL)] == [3, 4]

    def test_withdrawn(self, world: World) -> None:
        promise(world, 7)
        promise(world, 3, FIRST)
        gone = care.withdraw(world.hq, "new_guest", 2, property_id=None)
        assert (gone.withdrawn_at, gone.withdrawn_by) == (world.hq.now, world.hq.actor.id)
        assert care.withdraw(world.hq, "new_guest", 2, property_id=None) == gone
        assert held(world, APRIL) == 1
        for number, refusal in ((1, Conflict), (9, NotFound), (0, NotFound)):
            with pytest.raises(refusal):
                care.withdraw(world.hq, "new_guest", number, property_id=None)
        with pytest.raises(Forbidden):
            care.withdraw(world.scope(property_ids=[world.house.id]), "new_guest", 2, property_id=None)
        noted = audit_page(world.hq, world.hq.chain_id, limit=100).items
        assert [dict(one.detail) for one in noted if one.action == "care_policy.withdrawn"] == [
            {"rule": "new_guest", "number": 2}
        ]
        assert promise(world, 3, FIRST).number == 3  # the same may be decided again
        world.advance(APRIL - timedelta(seconds=5))
        with pytest.raises(Conflict, match="begins within seconds"):
            care.withdraw(world.hq, "new_guest", 3, property_id=None)

    def test_a_property_beside_a_chain_that_moves_on(self, world: World) -> None:
        house, desk = str(world.house.id), world.scope(property_ids=[world.house.id])
        promise(world, 7, may_override=False)
        promise(world, 5, FIRST)
        own: dict[str, Any] = {"is_on": True, "may_override": False, "property_id": house}
        with pytest.raises(Conflict):  # not yet
            care.publish(desk, "new_guest", {"days": 4}, **own)
        made, _ = care.publish(desk, "new_guest", {"days": 4}, valid_from=date(2026, 4, 10), **own)
        with pytest.raises(Invalid) as refused:
            care.publish(desk, "new_guest", {"days": 6}, valid_from=FIRST, **own)
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("/days", "below_chain")]
        promise(world, 3, date(2026, 5, 1))
        days = [
            care.policy_of(world.hq, "new_guest", house, at=at).id
            for at in (world.hq.now, APRIL, datetime(2026, 4, 10, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
        ]
        assert days == ["new_guest#1", "new_guest#2", made.id, "new_guest#3"]
        assert care.withdraw(desk, "new_guest", 1, property_id=house).withdrawn_at is not None
        with pytest.raises(NotFound):
            care.withdraw(desk, "new_guest", 1, property_id=str(make_property(world.hq, "Hill House").id))


class TestOccasions:
    def test_switched_on_from_a_day_on(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Anniversaries of before and of the day's morning far east stay silent; those after it are kept."""
        before, after = world.guest(birth_date=None), world.guest(birth_date=None)
        east = world.guest(birth_date=None, time_zone="Pacific/Kiritimati")
        for guest, day in ((before, "03-31"), (after, "04-02"), (east, "04-01")):
            world.stay(guest, arrival=f"2020-{day[:2]}-01", departure=f"2020-{day}", status="checked_out")
        policy = service.publish(world.hq, "stay_anniversary", is_on=True, offer={}, valid_from=FIRST)
        assert (policy.number, policy.valid_from, policy.on_since) == (1, APRIL, APRIL)
        assert service.publish(world.hq, "stay_anniversary", is_on=True, offer={}, valid_from=FIRST) == policy
        assert world.run_queues() == 0  # nothing is gone through before it begins
        assert agenda.is_armed(world.hq, world.chain.id, agenda.item_key(kinds.POLICY_BEGINS, policy.id))
        foreseen = service.occasions_of_guest(world.hq, after.id, world.hq.now.date(), date(2026, 12, 1))
        assert [(str(one.day), one.will_send) for one in foreseen if one.occasion == "stay_anniversary"] == [
            ("2026-04-02", True)
        ]
        earlier = service.occasions_of_guest(world.hq, before.id, world.hq.now.date(), date(2026, 12, 1))
        assert [one for one in earlier if one.occasion == "stay_anniversary"] == []
        passes: list[str] = []
        monkeypatch.setattr(
            "chalicelib.outreach.service.arming.arm_all_again",
            lambda *args, real=service.arm_all_again: passes.append(args[2]) or real(*args),
        )
        world.advance(datetime(2027, 4, 3, tzinfo=UTC))
        assert passes == [world.chain.id]
        assert [one for one in sent(world) if one[0].startswith("stay_anniv")] == [
            ("stay_anniversary#2026", "2026-04-02"), ("stay_anniversary#2027", "2027-03-31"),
            ("stay_anniversary#2027", "2027-04-01"), ("stay_anniversary#2027", "2027-04-02"),
        ]  # fmt: skip

    def test_days_step_by_step_as_in_one(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.stay(guest, arrival="2020-04-01", departure="2020-04-02")
        service.publish(world.hq, "stay_anniversary", is_on=True, offer={}, valid_from=FIRST)
        for day in range(30, 34):
            world.advance(datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=day - 1))
        assert sent(world) == [("stay_anniversary#2026", "2026-04-02")]

    def test_festivals_of_the_first_day(self, world: World) -> None:
        """New Year's own greeting, by a standard that begins with the year; an offer comes a day later."""
        guest, east = (world.guest(birth_date=None, time_zone=zone) for zone in (None, "Pacific/Kiritimati"))
        service.publish(world.hq, "festival", is_on=True, offer={}, valid_from=date(2027, 1, 1))
        service.publish(world.hq, "festival", is_on=True, offer=OFFER, valid_from=date(2027, 1, 2))
        found = service.occasions_of_guest(world.hq, guest.id, date(2026, 12, 20), date(2027, 1, 3))
        assert [(one.occurrence, one.will_send) for one in found if one.occasion == "festival"] == [
            ("festival:new_year#2027", True)
        ]
        world.advance(datetime(2027, 1, 1, 12, tzinfo=UTC))
        assert {(one.guest_id, one.occurrence, one.policy, one.status, one.reason) for one in world.deliveries()} == {
            (guest.id, "festival:new_year#2027", "festival#1", "sent", None),
            (east.id, "festival:new_year#2027", "festival#1", "skipped", "before_activation"),  # ten came before it
        }
        found = service.occasions_of_guest(world.hq, east.id, date(2027, 1, 2), date(2028, 1, 2))
        assert {(one.occurrence, one.reason) for one in found if one.occasion == "festival"} == {
            ("festival:new_year#2028", "consent_missing")  # by then with an offer
        }

    def test_steps_of_stays_that_were_booked_before(self, world: World) -> None:
        guest = world.guest(birth_date=None, consents=[])
        world.stay(guest, arrival="2026-04-20", departure="2026-04-22", status="booked")
        world.stay(guest, arrival="2026-04-02", departure="2026-04-03", status="booked")
        for step in ("booking_confirmed", "pre_arrival"):
            service.publish(world.hq, step, is_on=True, offer={}, valid_from=FIRST)
        found = service.occasions_of_guest(world.hq, guest.id, date(2026, 3, 4), date(2026, 5, 1))
        assert [(one.occasion, str(one.day), one.will_send) for one in found if one.stay_id] == [
            ("pre_arrival", "2026-04-17", True)
        ]
        world.advance(datetime(2026, 4, 19, 20, tzinfo=UTC))
        assert [(one.occasion, one.status, one.day[:7]) for one in world.deliveries()] == [
            ("pre_arrival", "sent", "2026-04")
        ], [(one.occasion, one.status, one.reason, one.day) for one in world.deliveries()]

    def test_what_was_on_before_goes_through_nobody(self, world: World) -> None:
        service.publish(world.hq, "special_day", is_on=True, offer=OFFER, valid_from=FIRST)
        world.advance(APRIL + timedelta(days=1))
        assert policies.policy_of(world.hq, "special_day").offer == OFFER
        assert agenda.AgendaRecord.find(world.hq.key(world.chain.id), kinds.REARM) is None

    def test_looked_at_before_its_hour_by_the_version_of_that_hour(self, world: World) -> None:
        """An item of the agenda may be looked at long before the hour where the guest is."""
        guest = world.guest(birth_date="1988-03-10")
        service.publish(world.hq, "birthday", is_on=False, offer={})
        service.publish(world.hq, "birthday", is_on=True, offer=OFFER, valid_from=date(2026, 3, 10))
        plan = planning.birthday_plan(world.hq, world.chain, guest, "2026")
        assert plan is not None and plan.policy is not None
        assert (plan.policy.number, plan.obstacle, plan.purpose) == (2, None, "marketing")

    def test_withdrawn_or_switched_on_before(self, world: World) -> None:
        guest = world.guest(birth_date=None)
        world.stay(guest, arrival="2020-04-01", departure="2020-04-02")
        service.publish(world.hq, "stay_anniversary", is_on=True, offer={}, valid_from=FIRST)
        item = agenda.item_key(kinds.POLICY_BEGINS, "stay_anniversary#1")
        gone = service.withdraw(world.hq, "stay_anniversary", 1)
        assert gone.withdrawn_at == world.hq.now and not agenda.is_armed(world.hq, world.chain.id, item)
        assert service.withdraw(world.hq, "stay_anniversary", 1) == gone
        for number in (0, 2):
            with pytest.raises(NotFound):
                service.withdraw(world.hq, "stay_anniversary", number)
        with pytest.raises(Forbidden):
            service.withdraw(world.scope(property_ids=[world.house.id]), "stay_anniversary", 1)
        world.advance(datetime(2026, 4, 3, tzinfo=UTC))
        assert world.outbox == []
        now = service.publish(world.hq, "stay_anniversary", is_on=True, offer={})
        with pytest.raises(Conflict, match="has begun"):
            service.withdraw(world.hq, "stay_anniversary", now.number)

    def test_remembered_across_the_beginning(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        service.publish(world.hq, "birthday", is_on=False, offer={}, valid_from=FIRST)
        monkeypatch.setattr(policies, "REMEMBERED_S", 1e9)
        policies.forget()
        assert policies.policy_of(world.hq, "birthday").is_on
        monkeypatch.setattr("chalicelib.outreach.models.policies.PolicyVersion.of_chain", lambda scope: ([], []))
        at = world.hq.at(APRIL)
        assert (policies.policy_of(at, "birthday").is_on, policies.in_force(at)["birthday"].number) == (False, 1)
        assert policies.policy_of(world.hq, "birthday").number == 0

    def test_switched_off_ahead_is_foreseen(self, world: World) -> None:
        guest = world.guest(birth_date="1988-04-10")
        service.publish(world.hq, "birthday", is_on=False, offer={}, valid_from=FIRST)
        (found,) = service.occasions_of_guest(world.hq, guest.id, date(2026, 3, 5), date(2026, 12, 1))
        assert (found.will_send, found.reason) == (False, "policy_off")
        service.withdraw(world.hq, "birthday", 1)
        (found,) = service.occasions_of_guest(world.hq, guest.id, date(2026, 3, 5), date(2026, 12, 1))
        assert found.will_send


class TestDoors:
    def test_care(self, world: World, doors: Doors) -> None:
        path = "/v1/care-policies/new_guest/versions"
        for begins in ("2026-03-03", "2027-03-07", "2026-02-30", "soon", 20260401, "2026-03-04T07:59:59Z"):
            wrong = doors.hq.post(path, {"is_on": True, "valid_from": begins})
            assert (wrong.status, pointers(wrong)) == (422, ["/valid_from"]), begins
        body = {"is_on": True, "days": 3, "valid_from": "2026-04-01"}
        first = doors.hq.post(path, body)
        assert (first.status, first.json["version"], first.json["standing"]) == (201, 1, "ahead")
        assert (first.json["valid_from"], first.json["on_since"]) == ("2026-03-31T23:00:00Z", "2026-03-31T23:00:00Z")
        again = doors.hq.post(path, {**body, "valid_from": "2026-03-31T23:00:00Z"})
        assert (again.status, again.json) == (200, first.json)
        listed = doors.desk.get(path).json["data"]
        assert [(one["version"], one["standing"]) for one in listed] == [(1, "ahead"), (0, "in_force")]
        away = f"{path}/1/withdraw"
        for who, status in (("anonymous", 401), ("poor", 403), ("sister", 403), ("desk", 403), ("stranger", 404)):
            assert getattr(doors, who).post(away, {}).status == status, who
        gone = doors.hq.post(away, {})
        assert (gone.status, gone.json["standing"]) == (200, "withdrawn")
        assert gone.json["withdrawn_at"] == "2026-03-04T08:00:00Z"
        for number in ("0", "01", "x", "2", "99999"):
            assert doors.hq.post(f"{path}/{number}/withdraw", {}).status == 404, number
        assert doors.hq.post("/v1/care-policies/tax_day/versions/1/withdraw", {}).status == 404

    def test_occasions(self, world: World, doors: Doors) -> None:
        path = "/v1/occasion-policies/stay_anniversary"
        assert pointers(doors.hq.put(path, {"is_on": True, "valid_from": "2026-03-03"})) == ["/valid_from"]
        made = doors.hq.put(path, {"is_on": True, "valid_from": "2026-04-01T00:00:00+01:00"})
        assert (made.status, made.json["standing"], made.json["valid_from"]) == (200, "ahead", "2026-03-31T23:00:00Z")
        assert (doors.hq.get(path).json["version"], doors.hq.get(path).json["standing"]) == (0, "in_force")
        assert doors.stranger.post(f"{path}/versions/1/withdraw").status == 404
        assert doors.desk.post(f"{path}/versions/1/withdraw").status == 403
        assert doors.hq.post(f"{path}/versions/1/withdraw").json["standing"] == "withdrawn"
        assert doors.hq.put(path, {"is_on": True}).json["version"] == 2
        assert doors.hq.post(f"{path}/versions/2/withdraw").status == 409
        listed = doors.desk.get(f"{path}/versions").json["data"]
        assert [(one["version"], one["standing"]) for one in listed] == [
            (2, "in_force"), (1, "withdrawn"), (0, "ended"),
        ]  # fmt: skip
