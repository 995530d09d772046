"""Reconciling in tables that have forgotten: what left is claimed, what was stopped stays stopped, twice is once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel import aws
from chalicelib.kernel.ids import new_id
from chalicelib.outreach import models
from chalicelib.outreach import service as outreach
from chalicelib.outreach.models import Delivery, Suppression
from chalicelib.outreach.service.suppressing import Target
from infra.drill import evidence, reconcile
from infra.drill.evidence import Attempt, Evidence, Stop, Withdrawal
from infra.local.inprocess import Engine
from tests.lines import caught
from tests.outreach.world import START, World, make_world

BIRTHDAY = START + timedelta(days=7)
AT = "2026-03-10T10:00:00.000Z"


@pytest.fixture
def world(engine: Engine, run_queues: Callable[..., int]) -> World:
    """A chain on the morning of 4 March."""
    return make_world(engine, run_queues)


def attempt_of(world: World, guest_id: str, **fields: Any) -> Attempt:
    """The greeting of a guest, as the log tells of it."""
    occurrence = str(fields.pop("occurrence", "birthday#2026"))
    delivery = models.delivery_id(str(world.chain.id), guest_id, occurrence)
    return Attempt(AT, str(world.chain.id), guest_id, delivery, occurrence, "email", **fields)


def forget(*records: Any) -> None:
    """As a restore of older tables forgets."""
    for record in records:
        aws.client("dynamodb").delete_item(TableName=record.Meta.table_name, Key=record.key())


class TestWhatLeft:
    def test_is_claimed_and_not_sent_again(self, world: World) -> None:
        guest = world.guest()
        report = reconcile.reconcile(Evidence(attempts=[attempt_of(world, str(guest.id), answer=evidence.SENT)]))
        assert report.counts["claimed"] == 1
        world.advance(BIRTHDAY)
        assert world.outbox == []
        assert world.only().status == "sent"

    def test_with_the_lines_that_the_product_itself_wrote(self, world: World) -> None:
        """The whole way: what is read from the log of a greeting is what keeps it from being sent again."""
        guest = world.guest()
        with caught() as lines:
            world.advance(BIRTHDAY)
        assert len(world.outbox) == 1
        sent = world.only()
        forget(sent)
        found = evidence.read(lines.all, START - timedelta(days=300))
        assert reconcile.reconcile(found).counts["claimed"] == 1
        again = world.only()
        same = ("id", "occasion", "occurrence", "purpose", "day", "channel", "address_hash", "address_masked", "status")
        assert {name: getattr(again, name) for name in same} == {name: getattr(sent, name) for name in same}
        assert (again.guest_id, again.property_id) == (str(guest.id), sent.property_id)

    def test_a_second_time_changes_nothing(self, world: World) -> None:
        guest = world.guest()
        found = Evidence(attempts=[attempt_of(world, str(guest.id))])
        assert [dict(reconcile.reconcile(found).counts) for _ in range(2)] == [
            {"unreadable": 0, "claimed": 1},
            {"unreadable": 0, "known": 1},
        ]
        assert int(world.only().version) == 1

    def test_without_an_answer_becomes_unknown_and_is_never_sent(self, world: World) -> None:
        guest = world.guest()
        reconcile.reconcile(Evidence(attempts=[attempt_of(world, str(guest.id))]))
        assert world.only().status == "claimed"
        world.advance(BIRTHDAY + timedelta(days=1))
        assert (world.only().status, world.outbox) == ("unknown", [])

    def test_refused_by_the_channel_may_be_tried_by_the_agenda(self, world: World) -> None:
        guest = world.guest()
        report = reconcile.reconcile(Evidence(attempts=[attempt_of(world, str(guest.id), answer=evidence.REFUSED)]))
        assert report.counts["refused"] == 1
        world.advance(BIRTHDAY)
        assert len(world.outbox) == 1

    def test_takes_the_place_of_a_skip(self, world: World) -> None:
        guest = world.guest()
        with caught() as lines:
            world.advance(BIRTHDAY)
        sent = world.only()
        sent.status, sent.reason, sent.marks = "skipped", "no_channel", {}
        sent.save()
        reconcile.reconcile(evidence.read(lines.all, START - timedelta(days=300)))
        assert Delivery.one(world.hq, str(guest.id), str(sent.id)).status == "sent"  # type: ignore[union-attr]

    def test_a_bounce_that_comes_later_still_finds_it(self, world: World) -> None:
        world.guest(emails=["bounce.later@example.com"])
        with caught() as lines:
            world.advance(BIRTHDAY)
        forget(world.only())
        reconcile.reconcile(evidence.read(lines.all, START - timedelta(days=300)))
        world.hear()
        assert world.only().status == "bounced"
        assert len(outreach.suppressions_page(world.hq, limit=10, after=None).items) == 1

    def test_to_guests_that_the_tables_do_not_know_is_listed(self, world: World) -> None:
        stranger = new_id("gst")
        report = reconcile.reconcile(Evidence(attempts=[attempt_of(world, stranger)]))
        assert (report.counts["unknown_guest"], report.unknown_guests) == (1, [stranger])
        assert world.deliveries() == []

    @pytest.mark.parametrize("change", [{"delivery": new_id("dlv")}, {"occurrence": "festival#2026"}])
    def test_what_does_not_fit_together_is_counted_and_not_written(self, world: World, change: dict[str, str]) -> None:
        guest = world.guest()
        fitting = attempt_of(world, str(guest.id))
        broken = Attempt(**{**fitting.__dict__, **change})
        assert reconcile.reconcile(Evidence(attempts=[broken])).counts["misfit"] == 1
        assert world.deliveries() == []

    def test_thanks_for_a_first_stay_too(self, world: World) -> None:
        consents = [{"purpose": "service", "channel": "email", "state": "granted", "source": "desk"}]
        guest = world.guest(birth_date=None, consents=consents)
        stay = world.stay(guest)
        reconcile.reconcile(Evidence(attempts=[attempt_of(world, str(guest.id), occurrence="first_stay")]))
        assert world.only().stay_id == stay.id
        world.advance(START + timedelta(days=3))
        assert world.outbox == []


class TestWhatGuestsSaid:
    def test_a_consent_withdrawn_stays_withdrawn(self, world: World) -> None:
        guest = world.guest()
        old = guests.get(world.hq, str(guest.id)).serialize()
        with caught() as lines:
            body = ConsentSettingIn.model_validate({"state": "denied", "source": "desk"})
            guests.set_consent(world.hq, str(guest.id), "greeting", "email", body)
        aws.client("dynamodb").put_item(TableName=guest.Meta.table_name, Item=old)
        found = evidence.read(lines.all, START - timedelta(days=300))
        report = reconcile.reconcile(found)
        assert report.withdrawn == [f"{guest.id} greeting:email"]
        assert reconcile.reconcile(found).counts["withdrawn_already"] == 1
        world.advance(BIRTHDAY)
        assert (world.only().reason, world.outbox) == ("consent_denied", [])

    def test_of_somebody_unknown_is_listed(self, world: World) -> None:
        said = Withdrawal(AT, str(world.chain.id), new_id("gst"), "greeting", "email")
        assert reconcile.reconcile(Evidence(withdrawals=[said])).unknown_guests == [said.guest]

    def test_an_address_stopped_stays_stopped(self, world: World) -> None:
        with caught() as lines:
            made, _ = outreach.add_suppression(world.hq, "email", "ana@example.com")
        forget(made)
        found = evidence.read(lines.all, START - timedelta(days=300))
        assert reconcile.reconcile(found).counts["stopped"] == 1
        assert reconcile.reconcile(found).counts["stopped_already"] == 1
        (again,) = outreach.suppressions_page(world.hq, limit=10, after=None).items
        assert (again.id, again.causes.keys()) == (made.id, {"manual"})
        world.guest(emails=["ana@example.com"])
        world.advance(BIRTHDAY)
        assert (world.only().reason, world.outbox) == ("suppressed", [])

    def test_a_broken_id_of_a_suppression_is_counted(self, world: World) -> None:
        stop = Stop(AT, str(world.chain.id), "sup_nonsense", "email", "complaint")
        assert reconcile.reconcile(Evidence(stops=[stop])).counts["misfit"] == 1
        assert Suppression.at(world.hq, Target("email", "x", "***").hashed) is None


class TestHolding:
    def test_claims_what_fell_due_in_between_and_nothing_later(self, world: World) -> None:
        world.guest()
        late = world.guest(birth_date="1988-03-20")
        past = world.guest(birth_date="1988-03-05")
        held = reconcile.hold(str(world.chain.id), START + timedelta(days=3), START + timedelta(days=8))
        assert held == 1
        world.advance(START + timedelta(days=20))
        assert sorted(entry["tags"]["guest"] for entry in world.outbox) == sorted([str(late.id), str(past.id)])

    def test_twice_is_once(self, world: World) -> None:
        world.guest()
        until = START + timedelta(days=8)
        assert [reconcile.hold(str(world.chain.id), START, until) for _ in range(2)] == [1, 0]

    def test_of_a_live_chain_looks_into_the_shared_lanes(self, engine: Engine, run_queues: Callable[..., int]) -> None:
        world = make_world(engine, run_queues, mode="live")
        today: datetime = world.hq.now
        born = (today + timedelta(days=2)).replace(year=1980).date().isoformat()
        world.guest(birth_date=born)
        assert reconcile.hold(str(world.chain.id), today - timedelta(days=1), today + timedelta(days=4)) == 1
        assert world.only().status == "claimed"
