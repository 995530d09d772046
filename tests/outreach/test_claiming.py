"""Claim before send: whatever dies, races or is lost, no message is sent twice and none is lost without a trace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.directory import service as directory
from chalicelib.guests.service import Guest
from chalicelib.kernel import agenda, work
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import kinds, links, service
from chalicelib.outreach.channels.mail import MailChannel
from chalicelib.outreach.rules.vocabulary import AlreadyDecided
from chalicelib.outreach.service import (
    channels,
    choosing,
    claiming,
    deciding,
    policies,
    prospects,
    suppressing,
    writing,
)
from chalicelib.outreach.service.suppressing import Target
from tests.outreach.faults import Died, answering, dying_at, error, interrupting, on_the_wire
from tests.outreach.world import World

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
URL = "https://email.us-east-1.amazonaws.com"


def run_due(world: World, guest: Guest, now: datetime = TEN) -> None:
    """Everything of a guest that is due, as a worker does it."""
    for item in agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items:
        if item.lane and item.due_at <= agenda.sortable(now):
            work.run(str(item.subject_key), str(item.item_key), now=now)


class TestCrashes:
    @pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
    def test_at_every_call(self, world: World, is_after: bool) -> None:
        number = 0
        while True:
            guest = world.guest()
            sent_before, key = len(world.outbox), world.hq.key(guest.id)
            try:
                with dying_at(number, is_after=is_after) as calls:
                    work.run(key, kinds.BIRTHDAY, now=TEN)
                is_over = True
            except Died:
                is_over = False
            run_due(world, guest)
            run_due(world, guest)
            self.check(world, guest, world.outbox[sent_before:], calls)
            if is_over:
                assert number >= 6, calls  # item, guest, owners, claim, send, note: or the test has tested nothing
                return
            number += 1

    def check(self, world: World, guest: Guest, mails: list[Any], calls: list[str]) -> None:
        assert len(mails) <= 1, calls
        world.hear()
        delivery = service.deliveries_of_guest(world.hq, guest.id, 10)[0]
        assert delivery.status == ("delivered" if mails else "claimed"), calls
        run_due(world, guest, TEN + timedelta(minutes=6))
        run_due(world, guest, TEN + timedelta(hours=25))
        delivery = service.deliveries_of_guest(world.hq, guest.id, 10)[0]
        assert delivery.status == ("delivered" if mails else "unknown"), calls
        live = [one for one in agenda.AgendaRecord.page(world.hq.key(guest.id), limit=100).items if one.lane]
        assert [(one.kind, one.due_at[:10]) for one in live] == [("outreach.birthday", "2027-03-10")]

    def test_due_is_what_was_sent_parked_or_skipped(self, world: World) -> None:
        for number in range(12):
            guest = world.guest(emails=[] if number % 4 == 0 else [f"g{number}@example.com"])
            key = world.hq.key(guest.id)
            try:
                with dying_at(number % 7, is_after=bool(number % 2)):
                    work.run(key, kinds.BIRTHDAY, now=TEN)
            except Died:
                pass
            run_due(world, guest)
        total = service.figures(world.hq, start=TEN.date(), end=TEN.date()).total
        assert total.due == 12 == total.sent + total.parked + total.skipped
        assert total.skipped == total.skipped_by_reason["no_channel"] == 3
        # Those whose note was lost are parked until SES tells.
        world.hear()
        total = service.figures(world.hq, start=TEN.date(), end=TEN.date()).total
        assert total.sent == total.delivered == len(world.outbox)
        assert total.due == total.sent + total.parked + total.skipped


class TestRaces:
    def test_two_runners_one_mail(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        both_decided = threading.Barrier(2, timeout=10)
        choose = prospects.choose

        def wait_for_the_other(*values: Any, **named: Any) -> Any:
            found = choose(*values, **named)
            if not named["is_suspicious"]:
                both_decided.wait()
            return found

        for _ in range(10):
            guest, before = world.guest(), len(world.outbox)
            monkeypatch.setattr(prospects, "choose", wait_for_the_other)
            threads = [threading.Thread(target=run_due, args=(world, guest)) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            monkeypatch.undo()
            assert len(world.outbox) == before + 1
            assert [one.status for one in service.deliveries_of_guest(world.hq, guest.id, 10)] == ["sent"]
            item = agenda.AgendaRecord.find(world.hq.key(guest.id), kinds.BIRTHDAY)
            assert item is not None and (item.occurrence, item.due_at[:10]) == ("birthday#2027", "2027-03-10")

    @pytest.mark.parametrize("way", ["link", "patch", "consent", "complaint", "by_hand", "address"])
    def test_changed_between_decision_and_claim(self, world: World, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
        guest = world.guest()
        ways: dict[str, Callable[[], Any]] = {
            "link": lambda: service.unsubscribe(world_token(world, guest)),
            "patch": lambda: world.change(guest, is_run=False, is_do_not_greet=True),
            "consent": lambda: world.change(guest, is_run=False, birth_date="2010-03-10"),
            "complaint": lambda: stop(world, guest, "complaint"),
            "by_hand": lambda: service.add_suppression(world.hq, "email", guest.emails[0].upper()),
            "address": lambda: world.change(guest, is_run=False, emails=[]),
        }
        reasons = {
            "link": "consent_denied", "patch": "do_not_greet", "consent": "minor", "complaint": "suppressed",
            "by_hand": "suppressed", "address": "no_channel",
        }  # fmt: skip
        write = writing.message

        def first_the_change(*values: Any) -> Any:
            monkeypatch.undo()
            ways[way]()
            return write(*values)

        monkeypatch.setattr(writing, "message", first_the_change)
        run_due(world, guest)
        assert world.outbox == []
        delivery = service.deliveries_of_guest(world.hq, guest.id, 10)[0]
        assert (delivery.status, delivery.reason) == ("skipped", reasons[way])

    def test_a_harmless_change_only_costs_another_look(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        guest = world.guest()
        write = writing.message

        def first_the_change(*values: Any) -> Any:
            monkeypatch.undo()
            world.change(guest, is_run=False, given_name="Anna")
            return write(*values)

        monkeypatch.setattr(writing, "message", first_the_change)
        run_due(world, guest)
        assert [entry["subject"] for entry in world.outbox] == ["Happy birthday, Anna Silva"]


class TestClaim:
    def test_an_occurrence_is_claimed_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever decided the same from what they read before, and brings an item of their own, is refused."""
        guest = world.guest()
        claims: list[Callable[[], None]] = []
        claim = claiming.claim

        def remember(scope: Any, unit: Any, *values: Any, **named: Any) -> None:
            def again() -> None:
                late = Unit(scope)
                claim(scope, late, *values, **named)
                late.commit()

            claims.append(again)
            claim(scope, unit, *values, **named)

        monkeypatch.setattr(deciding.claiming, "claim", remember)
        run_due(world, guest)
        assert len(world.outbox) == len(claims) == 1
        with pytest.raises(AlreadyDecided):
            claims[0]()
        assert len(world.outbox) == 1


class TestAnswers:
    @pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException", "LimitExceededException"])
    def test_a_throttle_is_tried_again(self, world: World, code: str) -> None:
        world.guest()
        with answering("sesv2.SendEmail", lambda: error(code, 429)) as tries:
            world.advance(TEN)
            assert len(tries) == 1
            delivery = world.only()
            assert (delivery.status, delivery.reason, delivery.code) == ("skipped", "busy_channel", code)
        world.advance(TEN + timedelta(minutes=1))
        assert (world.only().status, int(world.only().tries), len(world.outbox)) == ("sent", 2, 1)
        world.advance(TEN + timedelta(days=2))
        assert world.only().status == "sent"

    def test_but_not_for_ever(self, world: World) -> None:
        world.guest()
        with answering("sesv2.SendEmail", lambda: error("TooManyRequestsException", 429)) as tries:
            world.advance(TEN + timedelta(days=1))
        assert (len(tries), world.only().status, world.only().code) == (5, "failed", "TooManyRequestsException")

    def test_a_retry_decides_anew(self, world: World) -> None:
        guest = world.guest()
        with answering("sesv2.SendEmail", lambda: error("TooManyRequestsException", 429)):
            world.advance(TEN)
        world.change(guest, is_do_not_greet=True)
        world.advance(TEN + timedelta(hours=5))
        assert (world.outbox, world.only().reason) == ([], "do_not_greet")

    def test_a_retry_ends_with_the_day(self, world: World) -> None:
        world.advance(TEN + timedelta(hours=9, minutes=59))
        with answering("sesv2.SendEmail", lambda: error("TooManyRequestsException", 429)):
            world.guest()
        world.advance(TEN + timedelta(days=1))
        assert (world.outbox, world.only().reason) == ([], "too_late")

    @pytest.mark.parametrize("service_name", ["sesv2", "sns"])
    @pytest.mark.parametrize("answer", [ReadTimeoutError(endpoint_url=URL), 429, 503])
    def test_the_library_does_not_try_again_by_itself(self, world: World, service_name: str, answer: Any) -> None:
        by_text = {"purpose": "greeting", "channel": "sms", "state": "granted", "source": "desk"}
        if service_name == "sns":
            world.guest(emails=[], phones=["+351912345678"], consents=[by_text])
        else:
            world.guest()
        with on_the_wire(service_name, answer) as requests:
            world.advance(TEN)
        assert len(requests) == 1

    @pytest.mark.parametrize(
        "failure", [EndpointConnectionError(endpoint_url=URL), ConnectTimeoutError(endpoint_url=URL)]
    )
    def test_no_connection_is_tried_again(self, world: World, failure: Exception) -> None:
        world.guest()

        def refuse() -> Any:
            raise failure

        with answering("sesv2.SendEmail", refuse) as tries:
            world.advance(TEN)
        assert (len(tries), world.only().reason) == (1, "busy_channel")
        world.advance(TEN + timedelta(minutes=2))
        assert (world.only().status, len(world.outbox)) == ("sent", 1)

    @pytest.mark.parametrize("code", ["MessageRejected", "MailFromDomainNotVerifiedException", "AccessDeniedException"])
    def test_a_refusal_for_good_fails(self, world: World, code: str) -> None:
        world.guest()
        with answering("sesv2.SendEmail", lambda: error(code, 400)) as tries:
            world.advance(TEN + timedelta(days=2))
        assert (len(tries), world.only().status, world.only().code) == (1, "failed", code)

    @pytest.mark.parametrize("failure", [ReadTimeoutError(endpoint_url=URL), ConnectionClosedError(endpoint_url=URL)])
    def test_a_lost_answer_is_parked_and_settled_by_the_event(self, world: World, failure: Exception) -> None:
        world.guest()
        with interrupting("sesv2.SendEmail", failure):
            world.advance(TEN)
        assert (world.only().status, world.only().code) == ("parked", type(failure).__name__)
        assert (len(world.outbox), world.hear()) == (1, ["noted", "noted"])
        assert (world.only().status, world.only().message_id) == ("delivered", world.outbox[0]["message_id"])
        world.advance(TEN + timedelta(days=3))
        assert (world.only().status, len(world.outbox)) == ("delivered", 1)

    @pytest.mark.parametrize("code", ["InternalServiceErrorException", "ServiceUnavailable"])
    def test_a_broken_service_may_have_sent(self, world: World, code: str) -> None:
        world.guest()
        with answering("sesv2.SendEmail", lambda: error(code, 503)) as tries:
            world.advance(TEN + timedelta(hours=23))
            assert world.only().status == "parked"
            world.advance(TEN + timedelta(hours=25))
        assert (len(tries), world.only().status) == (1, "unknown")
        total = service.figures(world.hq, start=TEN.date(), end=TEN.date()).total
        assert (total.due, total.parked, total.unknown) == (1, 1, 1)

    def test_an_event_after_a_day_still_counts(self, world: World) -> None:
        world.guest()
        with interrupting("sesv2.SendEmail", ReadTimeoutError(endpoint_url=URL)):
            world.advance(TEN + timedelta(days=2))
        assert world.only().status == "unknown"
        world.hear()
        assert world.only().status == "delivered"

    def test_an_event_that_is_faster_than_the_answer(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.guest()
        send = MailChannel.send

        def slowly(self: MailChannel, message: Any) -> Any:
            answer = send(self, message)
            world.hear()
            return answer

        monkeypatch.setattr(MailChannel, "send", slowly)
        world.advance(TEN)
        delivery = world.only()
        assert (delivery.status, sorted(delivery.marks)) == ("delivered", ["claimed", "delivered", "sent"])
        watching = agenda.AgendaRecord.find(world.hq.key(delivery.guest_id), f"{kinds.SETTLE}#{delivery.id}")
        assert watching is not None and not watching.lane

    def test_a_text_that_is_throttled(self, world: World) -> None:
        consent = {"purpose": "greeting", "channel": "sms", "state": "granted", "source": "desk"}
        world.guest(emails=[], phones=["+351912345678"], consents=[consent])
        with answering("sns.Publish", lambda: error("Throttling", 400)):
            world.advance(TEN)
        world.advance(TEN + timedelta(minutes=1))
        assert [entry["kind"] for entry in world.outbox] == ["sms"]


class TestCost:
    def test_a_greeting_makes_no_needless_call(self, world: World) -> None:
        guest = world.guest()
        directory.forget()
        policies.forget()
        channels.forget()
        with dying_at(-1, is_after=False) as calls:
            work.run(world.chain.id + "#" + guest.id, kinds.BIRTHDAY, now=TEN)
        assert calls == [
            "GetItem", "GetItem",  # the item, the guest
            "GetItem", "GetItem", "Query",  # chain, house and policies, remembered for ten seconds
            "Query",  # what the chain says about its channels, remembered as long
            "Query",  # owners of the address
            "GetItem",  # whether the property's mail is paused: of one that is not there is no item
            "Query",  # the rules of care, remembered as long
            "TransactWriteItems", "SendEmail", "TransactWriteItems",
        ]  # fmt: skip

    def test_the_claim_is_one_transaction(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        guest = world.guest()
        seen: list[list[str]] = []
        claim = claiming.claim

        def look(scope: Any, unit: Any, *values: Any, **named: Any) -> None:
            claim(scope, unit, *values, **named)
            seen.append(sorted(kind for kind, _ in ((one.kind, one) for one in unit._operations.values())))

        monkeypatch.setattr(deciding.claiming, "claim", look)
        run_due(world, guest)
        assert seen == [["ConditionCheck", "ConditionCheck", "Put", "Put"]]


def world_token(world: World, guest: Guest) -> str:
    """The token of the link in the guest's greetings."""
    return links.token_of(links.Unsubscription(world.chain.id, guest.id, "greeting", "email"))


def stop(world: World, guest: Guest, cause: str) -> None:
    """Suppress the guest's address."""
    unit = suppressing.Unit(world.hq)
    contact = choosing.contacts_of(world.hq, guest)[0]
    target: Target = suppressing.target_of(world.hq, contact)
    suppressing.stop(unit, target, cause, world.hq.now)
    unit.commit()
