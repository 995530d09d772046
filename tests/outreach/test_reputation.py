"""A property whose mail bounces or annoys pauses by itself, and only what is not service waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.unit import Unit
from chalicelib.outreach import service
from chalicelib.outreach.models.reputation import SendingDay
from chalicelib.outreach.rules import reputation as rules
from chalicelib.outreach.rules.reputation import Counts
from chalicelib.outreach.service import reputation
from tests.outreach.test_api import Doors, doors
from tests.outreach.world import World, ses_event

assert doors  # the fixture
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BOUNCE = {"bounceType": "Permanent", "bounceSubType": "General"}
PATH = "/v1/properties/{}/sending-pause"


class TestFormula:
    @pytest.mark.parametrize(
        ("counts", "cause"),
        [
            (Counts(0, 0, 0), None),
            (Counts(3, 3, 0), None),  # three of three are no verdict on a house
            (Counts(4, 4, 0), "bounces"),
            (Counts(100, 3, 0), None),
            (Counts(100, 4, 0), "bounces"),
            (Counts(1_000, 39, 0), None),
            (Counts(1_000, 40, 0), "bounces"),
            (Counts(1, 0, 1), None),  # one complaint never pauses
            (Counts(2_500, 0, 2), "complaints"),
            (Counts(2_501, 0, 2), None),
            (Counts(10_000, 0, 7), None),
            (Counts(10_000, 0, 8), "complaints"),
            (Counts(100, 50, 50), "complaints"),
        ],
    )
    def test_when_it_trips(self, counts: Counts, cause: str | None) -> None:
        assert rules.cause_to_pause(counts) == cause

    @given(st.lists(st.sampled_from(["sent", "delivered", "bounced", "soft_bounced", "complained", "delayed"])))
    def test_each_mail_counts_once_in_any_order(self, told: list[str]) -> None:
        marks: set[str] = {"claimed"}
        total = Counts()
        for mark in told:
            total = Counts(*(a + b for a, b in zip(total, rules.news(marks, marks | {mark}), strict=True)))
            marks.add(mark)
        spoken = {"delivered", "bounced", "soft_bounced", "complained"} & set(told)
        assert total == Counts(bool(spoken), "bounced" in told, "complained" in told)

    def test_what_was_known_at_the_lifting_counts_no_more(self) -> None:
        days = [("2026-03-09", Counts(50, 9, 1)), ("2026-03-10", Counts(40, 5, 0)), ("2026-03-11", Counts(10, 1, 0))]
        assert rules.summed(days, None) == Counts(100, 15, 1)
        assert rules.summed(days, ("2026-03-10", Counts(30, 4, 0))) == Counts(20, 2, 0)
        assert rules.summed(days[2:], ("2026-03-10", Counts(30, 4, 0))) == Counts(10, 1, 0)  # its day has gone by


def many(world: World, count: int) -> list[str]:
    """Mails of guests with one birthday, sent; what to tell of each."""
    for number in range(count):
        world.guest(emails=[f"number{number}@example.com"], is_run=False)
    world.run_queues()
    world.advance(TEN)
    return [ses_event("Bounce", entry, **BOUNCE) for entry in world.outbox]


class TestPause:
    def test_it_pauses_at_the_fourth_and_only_what_is_not_service(self, world: World, doors: Doors) -> None:
        path = PATH.format(world.house.id)
        bodies = many(world, 4)
        for body in (*bodies[:3], *bodies[:3]):
            service.handle_mail_event(body)
        before = doors.hq.get(path).json
        assert (before["is_paused"], before["told"], before["bounced"]) == (False, 3, 3)
        assert service.handle_mail_event(bodies[3]) == "noted"
        paused = doors.hq.get(path)
        assert (paused.json["cause"], paused.json["bounces_per_10_000"]) == ("bounces", 400)
        assert paused.json["since"] == "2026-03-10T10:00:00Z"

        greeted = world.guest(emails=["fresh@example.com"], birth_date="1980-03-12")
        texted = world.guest(emails=[], phones=["+351912000123"], birth_date="1980-03-12", consents=[
            {"purpose": "greeting", "channel": "sms", "state": "granted", "source": "desk"}])  # fmt: skip
        thanked = world.guest(emails=["thanks@example.com"], birth_date=None)
        world.stay(thanked)
        world.advance(TEN + timedelta(days=4))
        found = {one.guest_id: (one.status, one.reason) for one in world.deliveries() if one.guest_id in (
            greeted.id, texted.id, thanked.id)}  # fmt: skip
        assert found == {
            greeted.id: ("skipped", "property_paused"), texted.id: ("sent", None), thanked.id: ("sent", None),
        }  # fmt: skip
        skipped = next(one for one in world.deliveries() if one.guest_id == greeted.id)
        assert "lifts the pause" in doors.hq.get(f"/v1/deliveries/{skipped.id}").json["remedy"]

        assert doors.hq.delete(path, if_match='"v2"').status == 412
        assert doors.hq.delete(path, if_match=paused.etag).status == 204
        assert doors.hq.delete(path, if_match=paused.etag).status == 404
        after = doors.hq.get(path).json
        assert (after["is_paused"], after["bounced"], after["lifted_at"]) == (False, 0, "2026-03-14T10:00:00Z")
        later = world.guest(emails=["later@example.com"], birth_date="1980-03-16")
        world.advance(TEN + timedelta(days=7))
        assert [one.status for one in world.deliveries(guest_id=later.id)] == ["sent"]
        log = [one["action"] for one in doors.hq.get(f"/v1/activity?subject_id={world.house.id}").json["data"]]
        assert log[:2] == ["sending_pause.lifted", "sending_pause.begun"]

    def test_old_mails_count_no_more(self, world: World) -> None:
        scope = world.hq
        unit = Unit(scope)
        SendingDay.add(unit, world.house.id, "2026-02-10T00:00:00.000000Z", "dlv_1", Counts(100, 50, 9))
        SendingDay.add(unit, world.house.id, "2026-02-18T00:00:00.000000Z", "dlv_1", Counts(9, 2, 0))
        unit.commit()
        assert reputation.standing(scope, world.house.id).counts == Counts(9, 2, 0)
        assert reputation.judge(scope, world.house.id) is False

    def test_who_died_before_looking_is_made_good_by_the_second_telling(self, world: World) -> None:
        bodies = many(world, 4)
        for body in bodies:
            service.handle_mail_event(body)
        scope = world.hq
        pause = SendingDay.pause_of(scope, world.house.id)
        assert pause is not None
        unit = Unit(scope)
        unit.delete(pause)
        unit.commit()
        assert service.handle_mail_event(bodies[0]) == "known"
        assert SendingDay.pause_of(scope, world.house.id) is not None


class TestDoors:
    def test_who_may(self, world: World, doors: Doors) -> None:
        path = PATH.format(world.house.id)
        for method, statuses in (("GET", (404, 404, 200)), ("POST", (404, 403, 403)), ("DELETE", (404, 403, 403))):
            match = {"if_match": '"v1"'} if method == "DELETE" else {}
            assert doors.anonymous.ask(method, path, **match).status == 401
            assert doors.poor.ask(method, path, **match).status == 403
            found = [one.ask(method, path, **match).status for one in (doors.stranger, doors.sister, doors.desk)]
            assert tuple(found) == statuses, method
        first, second = doors.hq.post(path), doors.hq.post(path)
        assert (first.status, second.status, first.json["cause"]) == (201, 200, "by_hand")
        assert first.json == second.json
        unknown = PATH.format("prp_" + "0" * 26)
        assert [doors.hq.ask(one, unknown, if_match='"v1"').status for one in ("GET", "DELETE")] == [404, 404]
