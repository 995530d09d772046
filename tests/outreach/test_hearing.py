"""What SES tells: duplicates, any order, strangers' events, broken ones."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import settings
from chalicelib.outreach import service
from chalicelib.outreach.models import Delivery, Suppression
from tests.outreach.world import World, enveloped, ses_event

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)

BOUNCE = {"bounceType": "Permanent", "bounceSubType": "General"}
SOFT = {"bounceType": "Transient", "bounceSubType": "MailboxFull"}
COMPLAINT = {"complaintFeedbackType": "abuse"}


@pytest.fixture
def sent(world: World) -> dict[str, Any]:
    """A greeting that has been handed over and of which nothing was heard yet."""
    world.guest()
    world.advance(TEN)
    return world.outbox[0]


def state(world: World, entry: dict[str, Any]) -> dict[str, Any]:
    """Everything that events may change."""
    delivery = Delivery.find(world.hq.key(entry["tags"]["guest"]), entry["tags"]["delivery"])
    assert delivery is not None
    known = Suppression.at(world.hq, str(delivery.address_hash))
    guest = guests.get(world.hq, entry["tags"]["guest"])
    return {
        "status": delivery.status,
        "marks": delivery.marks,
        "code": delivery.code,
        "seen": delivery.seen,
        "suppression": None if known is None else (known.causes, known.purposes, known.soft_bounces),
        "consents": {key: one["state"] for key, one in guest.consents.items()},
    }


class TestOutcomes:
    def test_a_delivery(self, world: World, sent: dict[str, Any]) -> None:
        assert service.handle_mail_event(ses_event("Delivery", sent)) == "noted"
        assert state(world, sent)["status"] == "delivered"
        assert state(world, sent)["suppression"] is None

    def test_a_hard_bounce_stops_the_address(self, world: World, sent: dict[str, Any]) -> None:
        service.handle_mail_event(ses_event("Bounce", sent, **BOUNCE))
        found = state(world, sent)
        assert (found["status"], found["code"]) == ("bounced", "Permanent/General")
        page = service.suppressions_page(world.hq, limit=10, after=None)
        assert [(one.address_masked[-12:], one.purposes, list(one.causes)) for one in page.items] == [
            ("@example.com", {"*"}, ["hard_bounce"])
        ]
        assert sent["recipient"] not in json.dumps([one.serialize() for one in page.items])

    def test_a_complaint_also_ends_consent(self, world: World, sent: dict[str, Any]) -> None:
        service.handle_mail_event(ses_event("Complaint", sent, **COMPLAINT))
        found = state(world, sent)
        assert found["status"] == "complained"
        assert found["consents"] == {"greeting:email": "denied", "marketing:email": "denied"}
        assert guests.get(world.hq, sent["tags"]["guest"]).consents["greeting:email"]["source"] == "complaint"

    def test_a_mail_taken_out_of_the_spam_folder_is_none(self, world: World, sent: dict[str, Any]) -> None:
        assert service.handle_mail_event(ses_event("Complaint", sent, complaintFeedbackType="not-spam")) == "ignored"
        assert state(world, sent)["status"] == "sent"

    def test_the_next_greeting_is_skipped(self, world: World, sent: dict[str, Any]) -> None:
        service.handle_mail_event(ses_event("Bounce", sent, **BOUNCE))
        world.advance(TEN + timedelta(days=366))
        assert [(one.occurrence, one.reason) for one in world.deliveries()] == [
            ("birthday#2027", "suppressed"), ("birthday#2026", None),
        ]  # fmt: skip
        assert len(world.outbox) == 1

    def test_another_address_is_taken_instead(self, world: World, sent: dict[str, Any]) -> None:
        service.handle_mail_event(ses_event("Bounce", sent, **BOUNCE))
        guest = guests.get(world.hq, sent["tags"]["guest"])
        world.change(guest, emails=[*guest.emails, "ana.silva@example.org"])
        world.advance(TEN + timedelta(days=366))
        assert [entry["recipient"] for entry in world.outbox[1:]] == ["ana.silva@example.org"]

    def test_three_soft_bounces_in_a_month(self, world: World) -> None:
        for number, address in enumerate(("a@example.com", "A@example.com", "a@Example.com")):
            world.guest(emails=[address], birth_date=f"1980-03-{10 + number * 5:02}")
        for number, day in enumerate((10, 15, 20)):
            world.advance(datetime(2026, 3, day, 12, tzinfo=UTC))
            for _ in range(2):
                service.handle_mail_event(ses_event("Bounce", world.outbox[-1], **SOFT))
            found = service.suppressions_page(world.hq, limit=10, after=None).items
            assert len(found) == (1 if number == 2 else 0)
        assert world.deliveries()[0].status == "bounced"
        assert list(found[0].causes) == ["soft_bounces"]
        world.advance(datetime(2027, 3, 25, 12, tzinfo=UTC))
        assert len(world.outbox) == 3

    def test_soft_bounces_far_apart_stop_nothing(self, world: World) -> None:
        world.guest()
        for year in range(4):
            world.advance(TEN + timedelta(days=365 * year + 1))
            service.handle_mail_event(ses_event("Bounce", world.outbox[-1], **SOFT))
        assert len(world.outbox) == 4
        assert service.suppressions_page(world.hq, limit=10, after=None).items == []

    def test_a_rejected_mail_has_failed(self, world: World, sent: dict[str, Any]) -> None:
        service.handle_mail_event(ses_event("Reject", sent, reason="Bad content"))
        assert (state(world, sent)["status"], state(world, sent)["code"]) == ("failed", "Reject")

    @pytest.mark.parametrize("name", ["Subscription", "Something new"])
    def test_others_are_of_no_consequence(self, world: World, sent: dict[str, Any], name: str) -> None:
        before = state(world, sent)
        assert service.handle_mail_event(ses_event(name, sent)) == "ignored"
        assert state(world, sent) == before


class TestSightings:
    def test_an_open_says_nothing_about_the_status(self, world: World, sent: dict[str, Any]) -> None:
        for name, status in (("Open", "sent"), ("Bounce", "bounced"), ("Click", "bounced")):
            assert service.handle_mail_event(ses_event(name, sent, **(BOUNCE if name == "Bounce" else {}))) == "noted"
            assert state(world, sent)["status"] == status
        assert set(state(world, sent)["seen"]) == {"opened", "clicked"}

    def test_each_counts_once_in_any_order(self, world: World, sent: dict[str, Any]) -> None:
        at = [f"2026-03-10T10:0{minute}:00.000Z" for minute in (3, 1, 2)]
        told = [service.handle_mail_event(ses_event("Open", sent, timestamp=one)) for one in (*at, *at)]
        assert told == ["noted"] * 3 + ["known"] * 3
        seen = state(world, sent)["seen"]["opened"]
        assert seen["told"] == sorted(seen["told"]) and len(seen["told"]) == 3
        assert service.get_delivery(world.hq, sent["tags"]["delivery"]).status == "sent"

    def test_a_scanner_that_opens_for_ever(self, world: World, sent: dict[str, Any]) -> None:
        for second in range(25):
            service.handle_mail_event(ses_event("Click", sent, timestamp=f"2026-03-10T10:00:{second:02}.000Z"))
        assert len(state(world, sent)["seen"]["clicked"]["told"]) == 20

    def test_a_delay_is_no_failure(self, world: World, sent: dict[str, Any]) -> None:
        event = json.loads(json.loads(ses_event("DeliveryDelay", sent))["Message"])
        event["deliveryDelay"] = {"timestamp": "2026-03-10T10:00:05.000Z", "delayType": "MailboxFull"}
        assert service.handle_mail_event(enveloped(json.dumps(event))) == "noted"
        assert (state(world, sent)["status"], state(world, sent)["code"]) == ("sent", "MailboxFull")
        service.handle_mail_event(ses_event("Delivery", sent))
        assert (state(world, sent)["status"], state(world, sent)["code"]) == ("delivered", None)

    def test_what_a_person_does_in_the_local_mailbox(self, world: World, sent: dict[str, Any]) -> None:
        world.hear()
        sink = world.engine._service.sink
        assert sink.tell(1, "Open") and sink.tell(1, "Click")
        assert not sink.tell(1, "Bounce") and not sink.tell(99, "Open")
        assert world.hear() == ["noted", "noted"]
        assert (state(world, sent)["status"], set(state(world, sent)["seen"])) == ("delivered", {"opened", "clicked"})


class TestOrder:
    def test_every_order_ends_alike(self, world: World) -> None:
        told = [("Send", {}), ("Delivery", {}), ("Bounce", SOFT), ("Bounce", BOUNCE), ("Complaint", COMPLAINT)]
        ends = []
        for order in itertools.islice(itertools.permutations(told), 0, 120, 7):
            world.guest(emails=[f"one{len(world.outbox)}@example.com"], is_run=False)
            world.run_queues()
            if world.hq.now < TEN:
                world.advance(TEN)
            entry = world.outbox[-1]
            for name, part in [*order, *order[:2]]:
                service.handle_mail_event(ses_event(name, entry, **part))
            found = state(world, entry)
            bounces = found["suppression"][2]
            assert list(bounces) == [entry["tags"]["delivery"]]
            ends.append({**found, "suppression": found["suppression"][:2]})
        assert len(ends) == 18
        assert all(one == ends[0] for one in ends)
        assert ends[0]["status"] == "complained"

    def test_a_replay_writes_nothing(self, world: World, sent: dict[str, Any]) -> None:
        body = ses_event("Complaint", sent, **COMPLAINT)
        assert service.handle_mail_event(body) == "noted"
        before = Delivery.find(world.hq.key(sent["tags"]["guest"]), sent["tags"]["delivery"])
        assert [service.handle_mail_event(body) for _ in range(3)] == ["known"] * 3
        after = Delivery.find(world.hq.key(sent["tags"]["guest"]), sent["tags"]["delivery"])
        assert before is not None and after is not None and before.version == after.version
        assert len(service.suppressions_page(world.hq, limit=10, after=None).items) == 1


class TestStrangers:
    def test_another_topic(self, world: World, sent: dict[str, Any]) -> None:
        body = json.loads(ses_event("Complaint", sent, **COMPLAINT))
        body["TopicArn"] = "arn:aws:sns:us-east-1:999999999999:somebody-elses"
        assert service.handle_mail_event(json.dumps(body)) == "ignored"
        assert state(world, sent)["status"] == "sent"

    def test_raw_delivery_has_no_envelope(self, world: World, sent: dict[str, Any]) -> None:
        raw = json.loads(ses_event("Delivery", sent))["Message"]
        assert service.handle_mail_event(raw) == "noted"

    def test_an_older_notification_is_known_by_its_header(self, world: World, sent: dict[str, Any]) -> None:
        event = json.loads(json.loads(ses_event("Bounce", sent, **BOUNCE))["Message"])
        event["notificationType"] = event.pop("eventType")
        del event["mail"]["tags"]
        event["mail"]["headers"] = [{"name": name, "value": value} for name, value in sent["headers"].items()]
        assert service.handle_mail_event(enveloped(json.dumps(event))) == "noted"
        assert state(world, sent)["status"] == "bounced"

    @pytest.mark.parametrize(
        "tags",
        [
            {},
            {"chain": ["x"], "guest": ["y"], "delivery": ["z"]},
            {"chain": [1], "guest": None, "delivery": {}},
            {"chain": ["chn_" + "0" * 26], "guest": ["gst_" + "0" * 26], "delivery": ["dlv_" + "0" * 26]},
        ],
    )
    def test_tags_of_nobody(self, world: World, sent: dict[str, Any], tags: dict[str, Any], caplog: Any) -> None:
        body = json.dumps({"eventType": "Complaint", "mail": {"tags": tags, "destination": [sent["recipient"]]}})
        assert service.handle_mail_event(enveloped(body)) == "ignored"
        assert state(world, sent)["status"] == "sent"
        assert sent["recipient"] not in caplog.text

    def test_tags_of_another_chains_delivery(self, world: World, sent: dict[str, Any]) -> None:
        entry = {**sent, "tags": {**sent["tags"], "chain": "chn_" + "1" * 26}}
        assert service.handle_mail_event(ses_event("Complaint", entry, **COMPLAINT)) == "ignored"

    def test_an_event_about_another_mail(self, world: World, sent: dict[str, Any]) -> None:
        entry = {**sent, "message_id": "forged"}
        for name in ("Complaint", "Open"):
            assert service.handle_mail_event(ses_event(name, entry, **COMPLAINT)) == "ignored"
        assert (state(world, sent)["status"], state(world, sent)["seen"]) == ("sent", None)

    def test_what_is_longer_than_any_message(self, world: World, sent: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="longer"):
            service.handle_mail_event(ses_event("Open", sent, userAgent="x" * 300_000))

    def test_a_skip_was_never_sent(self, world: World) -> None:
        guest = world.guest(consents=[])
        world.advance(TEN)
        tags = {"chain": world.chain.id, "guest": guest.id, "delivery": world.only().id}
        entry = {"message_id": "m", "recipient": "a@example.com", "tags": tags}
        assert service.handle_mail_event(ses_event("Delivery", entry)) == "ignored"

    def test_snss_own_business(self, world: World) -> None:
        topic = settings.settings().ses_topic_arn
        for kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
            body = json.dumps({"Type": kind, "TopicArn": topic, "Message": "You have chosen to", "Token": "t"})
            assert service.handle_mail_event(body) == "ignored"
        greeting = enveloped("Successfully validated SNS topic for Amazon SES event publishing.")
        assert service.handle_mail_event(greeting) == "ignored"

    def test_what_is_no_event_goes_to_the_dead_letters(self, world: World) -> None:
        broken = [
            "",
            "{",
            "[]",
            "null",
            "7",
            '"x"',
            "{}",
            '{"eventType": 1}',
            '{"eventType": "Send"}',
            "\x00",
            "[" * 100_000,
        ]
        for body in broken:
            for one in (body, enveloped(body)):
                with pytest.raises(ValueError, match=r"."):
                    service.handle_mail_event(one)


SAMPLE_EVENTS = {
    # Cut from the events in AWS's developer guide for SES.
    "Bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [
        {"emailAddress": "recipient@example.com", "action": "failed", "status": "5.1.1"}], "feedbackId": "f"},
    "Complaint": {"complainedRecipients": [{"emailAddress": "recipient@example.com"}], "feedbackId": "f",
                  "userAgent": "Mozilla/5.0", "complaintFeedbackType": "abuse"},
    "Delivery": {"processingTimeMillis": 11893, "recipients": ["recipient@example.com"],
                 "smtpResponse": "250 2.6.0 Message received", "reportingMTA": "mta.example.com"},
    "Send": {},
    "Reject": {"reason": "Bad content"},
}  # fmt: skip


def test_both_formats_are_read(world: World, sent: dict[str, Any]) -> None:
    for name, part in SAMPLE_EVENTS.items():
        for key in ("eventType", "notificationType"):
            event = json.loads(json.loads(ses_event(name, sent, **part))["Message"])
            event[key] = event.pop("eventType")
            event["mail"] |= {"source": "a@example.com", "sendingAccountId": "123456789012", "headersTruncated": False}
            assert service.handle_mail_event(enveloped(json.dumps(event))) in ("noted", "known")
    assert state(world, sent)["status"] == "complained"
