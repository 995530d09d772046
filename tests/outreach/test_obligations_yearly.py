"""Regular guests month by month, blessings year by year, and calls after silence."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, work
from chalicelib.outreach import kinds, service
from chalicelib.outreach.events import CALL_CLOSED, CALL_OPENED
from chalicelib.outreach.service import care, compliance, monthly
from tests.outreach.test_obligations import at, call, owe, owed
from tests.outreach.world import GRANTED, World

MARKETING = {**GRANTED, "purpose": "marketing"}
OFFER = {"en": "Stay three nights and pay for two.", "zh": "住三晚，付两晚。"}


def regular(world: World, **fields: Any) -> Any:
    """A guest with three stays, the last of which has just ended."""
    guest = world.guest(**{"birth_date": None, **fields})
    for back in (40, 20, 0):
        day = world.hq.now.date() - timedelta(days=back)
        world.stay(guest, arrival=(day - timedelta(days=1)).isoformat(), departure=day.isoformat())
    return guest


def on(world: World, occasion: str, **offer: str) -> None:
    service.publish(world.hq, occasion, is_on=True, offer=offer)
    world.run_queues()


def due(world: World, guest: Any) -> list[str]:
    """When the guest's months go on."""
    items = agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items
    return [str(one.due_at)[:16] for one in items if one.lane and one.kind == kinds.LOYAL]


class TestRegularGuests:
    def test_a_word_in_every_month_while_they_are(self, world: World) -> None:
        owe(world, "loyal_guest")
        on(world, "monthly_contact")
        guest = regular(world)
        assert due(world, guest) == ["2026-03-31T23:00"]  # 1 April in Lisbon
        world.advance(at(4, 2))
        assert owed(world, rule="loyal_guest") == [("loyal_guest#2026-04", "open", None)]
        world.advance(at(7, 15))
        # On 1 May the first of the three stays lies more than 90 days back: a regular guest no more.
        assert owed(world) == [("loyal_guest#2026-04", "kept", None)]
        assert due(world, guest) == []
        sent = world.deliveries(occasion="monthly_contact")
        assert [(one.status, one.day, one.purpose) for one in sent] == [("sent", "2026-04-15", "greeting")]
        assert sent[0].decided_at.startswith("2026-04-15T09:00")
        assert "a word from Harbour House" in str(world.mail()["Subject"])
        back = world.stay(guest, arrival="2026-07-13", departure="2026-07-15")
        assert back and due(world, guest) == []  # one stay does not make a regular guest

    def test_nothing_of_its_own_where_somebody_has_been_in_contact(self, world: World) -> None:
        owe(world, "loyal_guest")
        on(world, "monthly_contact")
        born, spoken, late = (
            regular(world, birth_date=day, consents=[GRANTED]) for day in ("1980-04-02", None, "1980-04-28")
        )
        world.advance(at(4, 3))
        call(world, spoken, CALL_CLOSED, "2026-04-05", "reached")
        world.advance(at(5, 2))
        months = world.deliveries(occasion="monthly_contact")
        assert [one.guest_id for one in months] == [late.id]  # only the birthday after the fifteenth could not be known
        found = compliance.obligations_page(world.hq, compliance.ObligationFilter(rule="loyal_guest"), limit=50).items
        april = {one.guest_id: one for one in found if one.occurrence == "loyal_guest#2026-04"}
        assert {one.status for one in april.values()} == {"kept"}
        assert [one["kind"] for one in april[spoken.id].evidence] == ["task"]
        assert len(april[late.id].evidence) == 2 and len(april[born.id].evidence) == 1

    @pytest.mark.parametrize(
        ("is_on", "fields", "expected"),
        [
            (False, {}, ("breached", "no_contact")),
            (False, {"consents": [{**GRANTED, "state": "denied"}]}, ("excused", "consent_denied")),
            (False, {"is_do_not_greet": True}, ("excused", "do_not_greet")),
            (True, {"emails": []}, ("excused", "no_channel")),
            (True, {"consents": [{**GRANTED, "state": "denied"}]}, ("excused", "consent_denied")),
        ],
    )
    def test_why_not(self, world: World, is_on: bool, fields: dict[str, Any], expected: tuple[str, str]) -> None:
        owe(world, "loyal_guest")
        if is_on:
            on(world, "monthly_contact")
        regular(world, **fields)
        world.advance(at(5, 2))
        (found,) = [one for one in owed(world) if one[0] == "loyal_guest#2026-04"]
        assert found[1:] == (expected if is_on or expected[0] == "excused" else ("breached", "policy_off"))

    def test_with_an_offer_it_is_marketing_and_counts(self, world: World) -> None:
        owe(world, "loyal_guest", per_month=2)
        on(world, "monthly_contact", **OFFER)
        willing, unwilling = regular(world, consents=[GRANTED, MARKETING]), regular(
            world, consents=[{**MARKETING, "state": "denied"}]
        )
        world.advance(at(5, 2))
        found = {one.guest_id: one for one in world.deliveries(occasion="monthly_contact")}
        assert (found[willing.id].purpose, found[willing.id].status) == ("marketing", "sent")
        assert found[unwilling.id].reason == "consent_denied"
        assert OFFER["en"] in world.outbox[-1]["raw"].replace("=\r\n", "").replace("=\n", "")
        april = [one[1:] for one in owed(world) if one[0] == "loyal_guest#2026-04"]
        assert sorted(april) == [("breached", "too_few"), ("excused", "consent_denied")]

    def test_off_ends_it(self, world: World) -> None:
        guest = regular(world)
        assert due(world, guest) == []  # nothing is owed yet
        owe(world, "loyal_guest")
        world.stay(guest, arrival="2026-03-03", departure="2026-03-04")
        assert len(due(world, guest)) == 1
        care.publish(world.hq, "loyal_guest", {}, is_on=False, may_override=False, property_id=None)
        world.advance(at(5, 2))
        assert (owed(world), due(world, guest)) == ([], [])

    def test_whoever_is_one_already_when_the_rule_begins(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(monthly, "FOLLOWED_AT_ONCE", 2)
        known, other = [regular(world) for _ in range(3)], world.guest()
        owe(world, "loyal_guest")
        world.run_queues()
        assert [due(world, one) for one in known] == [["2026-03-31T23:00"]] * 3 and due(world, other) == []
        owe(world, "loyal_guest", stays=2)  # another version: they are on their way already
        world.advance(at(4, 2))
        assert [one[:2] for one in owed(world)] == [("loyal_guest#2026-04", "open")] * 3

    def test_one_that_begins_with_a_month_is_owed_in_it(self, world: World) -> None:
        guest = regular(world)
        care.publish(
            world.hq, "loyal_guest", {}, is_on=True, may_override=False, property_id=None, valid_from=date(2026, 4, 1)
        )
        world.run_queues()
        assert due(world, guest) == []
        world.advance(at(4, 2))
        assert owed(world) == [("loyal_guest#2026-04", "open", None)]

    def test_one_that_is_withdrawn_brings_nothing(self, world: World) -> None:
        guest = regular(world)
        policy, _ = care.publish(
            world.hq, "loyal_guest", {}, is_on=True, may_override=False, property_id=None, valid_from=date(2026, 4, 1)
        )
        care.withdraw(world.hq, "loyal_guest", policy.number, property_id=None)
        world.advance(at(4, 2))
        assert (owed(world), due(world, guest)) == ([], [])

    def test_a_property_that_asks_for_more(self, world: World) -> None:
        owe(world, "loyal_guest")
        guest = world.guest(birth_date=None)
        for back in (20, 0):
            day = world.hq.now.date() - timedelta(days=back)
            world.stay(guest, arrival=(day - timedelta(days=1)).isoformat(), departure=day.isoformat())
        assert due(world, guest) == []
        care.publish(
            world.hq, "loyal_guest", {"stays": 2}, is_on=True, may_override=False, property_id=str(world.house.id)
        )
        world.run_queues()
        assert due(world, guest) == ["2026-03-31T23:00"]

    def test_two_who_are_one_are_owed_one_word(self, world: World) -> None:
        owe(world, "loyal_guest")
        on(world, "monthly_contact")
        one, two = regular(world), regular(world)
        world.advance(at(4, 2))
        guests.merge(world.hq, str(one.id), str(two.id))
        world.run_queues()
        world.advance(at(5, 2))
        april = [found for found in owed(world) if found[0] == "loyal_guest#2026-04"]
        assert sorted(april) == [("loyal_guest#2026-04", "excused", "merged"), ("loyal_guest#2026-04", "kept", None)]
        assert len(world.deliveries(occasion="monthly_contact")) == 1
        assert len(due(world, one)) == 1

    def test_an_outage_over_a_month_opens_nothing_afterwards(self, world: World) -> None:
        owe(world, "loyal_guest")
        guest = regular(world)
        (key,) = [
            (str(one.subject_key), str(one.item_key))
            for one in agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items
            if one.kind == kinds.LOYAL
        ]
        work.run(*key, now=at(5, 20))
        assert (owed(world), due(world, guest)) == ([], ["2026-04-30T23:00"])  # May, which is looked at at once
        work.run(*key, now=at(5, 20, 9))
        assert (owed(world), due(world, guest)) == ([], [])  # and by then the guest is no regular one


class TestBlessings:
    def test_kept_excused_and_breached(self, world: World) -> None:
        owe(world, "blessings", occasions=["festival", "birthday", "special_day"])
        world.guest()
        world.guest(consents=[{**GRANTED, "state": "denied"}])
        world.guest(emails=["bounce@simulator.amazonses.com"])
        world.advance(at(3, 10, 12))
        world.hear()
        assert sorted(one[1] for one in owed(world)) == ["excused", "open", "open"]
        world.advance(at(3, 12))
        assert sorted(one[1:] for one in owed(world)) == [
            ("breached", "bounced"), ("excused", "consent_denied"), ("kept", None),
        ]  # fmt: skip
        assert {one[0] for one in owed(world)} == {"blessings#birthday#2026"}

    def test_every_year_also_to_those_who_no_longer_come(self, world: World) -> None:
        owe(world, "blessings")
        on(world, "festival")
        guest = world.guest(language="zh")
        world.stay(guest)
        world.advance(at(3, 20, year=2028))
        found = {name.removeprefix("blessings#"): status for name, status, _ in owed(world)}
        assert set(found.values()) == {"kept"}
        assert {f"birthday#{year}" for year in (2026, 2027, 2028)} <= found.keys()
        festivals = [name for name in found if name.startswith("festival:")]
        assert len(festivals) >= 5, found  # two years of them

    def test_a_greeting_that_is_switched_off_is_still_owed(self, world: World) -> None:
        owe(world, "blessings")
        world.guest()
        service.publish(world.hq, "birthday", is_on=False, offer={})
        world.advance(at(3, 12))
        assert owed(world) == [("blessings#birthday#2026", "breached", "policy_off")]

    def test_decided_anew_on_the_day(self, world: World) -> None:
        """An address is entered after the skip: what was excused is owed after all, and kept."""
        owe(world, "blessings")
        guest = world.guest(emails=[])
        world.advance(at(3, 10, 11))
        assert owed(world) == [("blessings#birthday#2026", "excused", "no_channel")]
        world.change(guest, emails=["ana@example.com"], birth_date="1988-03-10")
        world.advance(at(3, 12))
        delivery = world.only()
        assert (delivery.status, owed(world)) == ("sent", [("blessings#birthday#2026", "kept", None)])

    def test_what_lies_before_is_not_owed(self, world: World) -> None:
        world.guest()
        world.advance(at(3, 10, 12))
        owe(world, "blessings")
        world.advance(at(3, 12))
        assert owed(world) == []


class TestCalls:
    @pytest.mark.parametrize(
        ("outcome", "day", "expected"),
        [
            ("reached", 6, ("kept", None)),
            ("no_answer", 6, ("excused", "not_reached")),
            ("cancelled", 6, ("excused", "withdrawn")),
            ("expired", 6, ("breached", "not_called")),
            ("reached", 9, ("breached", "not_called")),
            (None, 9, ("breached", "not_called")),
        ],
    )
    def test_closed(self, world: World, outcome: str | None, day: int, expected: tuple[str, str | None]) -> None:
        owe(world, "silence")
        guest = world.guest()
        call(world, guest, CALL_OPENED, "2026-03-06")
        call(world, guest, CALL_OPENED, "2026-03-06")
        assert owed(world) == [("silence#tsk_1", "open", None)]
        world.advance(at(3, day))
        if outcome is not None:
            call(world, guest, CALL_CLOSED, "2026-03-06", outcome)
        assert owed(world) == [("silence#tsk_1", *expected)]

    def test_the_end_may_be_heard_of_first(self, world: World) -> None:
        owe(world, "silence", grace_days=1)
        guest = world.guest()
        call(world, guest, CALL_CLOSED, "2026-03-06", "reached")
        call(world, guest, CALL_OPENED, "2026-03-06")
        (found,) = compliance.obligations_page(world.hq, compliance.ObligationFilter(), limit=10).items
        assert (found.status, found.due_on, found.task_id) == ("kept", "2026-03-07", "tsk_1")

    def test_not_owed_not_noted(self, world: World) -> None:
        guest = world.guest()
        call(world, guest, CALL_OPENED, "2026-03-06")
        call(world, guest, CALL_CLOSED, "2026-03-06", "reached")
        assert owed(world) == []
