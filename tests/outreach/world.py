"""A chain with a house and its guests, whose clock the tests turn, and what it sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import jobs as guest_jobs
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn, GuestPatch
from chalicelib.guests.service import Guest
from chalicelib.kernel import aws, settings, testclock
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import jobs, service
from chalicelib.outreach.service import Delivery, DeliveryFilter
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn, StayPatch
from chalicelib.stays.service import Stay
from infra.local.inprocess import Engine
from tests.builders import make_chain, make_property, make_scope

assert guest_jobs and jobs  # importing them is what registers their work

START = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)  # 08:00 in Lisbon
# No two guests of a world resemble each other: else they would be taken for one person, and greeted once.
SURNAMES = ("Silva", "Okafor", "Lindqvist", "Moreau", "Tanaka", "Novak", "Haddad", "Reyes", "Kovacs", "Brandt")
GIVEN_NAMES = ("Ana", "Ruth", "Pavel", "Ingrid", "Yusuf", "Chiara", "Bogdan")
GRANTED = {"purpose": "greeting", "channel": "email", "state": "granted", "source": "booking form"}


@dataclass
class World:
    """A test chain. `hq` sees everything at the chain's present instant."""

    engine: Engine
    run_queues: Callable[[], int]
    chain: directory.Chain
    house: directory.Property
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def hq(self) -> Scope:
        """Head office, now."""
        return make_scope(self.chain)

    def scope(self, **fields: Any) -> Scope:
        """Another caller of the chain, now."""
        return make_scope(self.chain, **fields)

    # -- what is there ---------------------------------------------------------------------------------------------

    def guest(self, *, is_run: bool = True, **fields: Any) -> Guest:
        """A guest of the house, 38 years old next 10 March, who agreed to greetings by mail."""
        number = next(self.numbers)
        given, family = GIVEN_NAMES[number % len(GIVEN_NAMES)], SURNAMES[number % len(SURNAMES)]
        values: dict[str, Any] = {
            "given_name": given,
            "family_name": family,
            "emails": [f"{given}.{family}.{number}@example.com".lower()],
            "language": "en",
            "birth_date": "1988-03-10",
            "home_property_id": self.house.id,
            "consents": [GRANTED],
            **fields,
        }
        made = guests.create(self.hq, GuestIn.model_validate(values))
        if is_run:
            self.run_queues()
        return made

    def change(self, guest: Guest, *, is_run: bool = True, **fields: Any) -> Guest:
        """A guest with some fields changed."""
        present = guests.get(self.hq, guest.id)
        changed = guests.update(self.hq, guest.id, GuestPatch.model_validate(fields), int(present.version))
        if is_run:
            self.run_queues()
        return changed

    def stay(self, guest: Guest, *, house: Any = None, **fields: Any) -> Stay:
        """A stay that has just ended."""
        today = self.hq.now.date()
        values: dict[str, Any] = {
            "guest_id": guest.id,
            "property_id": (house or self.house).id,
            "status": "checked_out",
            "arrival": (today - timedelta(days=2)).isoformat(),
            "departure": today.isoformat(),
            **fields,
        }
        made, _ = stays.record(self.hq, StayIn.model_validate(values))
        self.run_queues()
        return made

    def change_stay(self, stay: Stay, **fields: Any) -> Stay:
        """A stay with some fields changed."""
        present = stays.get(self.hq, str(stay.id))
        changed = stays.update(self.hq, str(stay.id), StayPatch.model_validate(fields), int(present.version))
        self.run_queues()
        return changed[0] if isinstance(changed, tuple) else changed

    # -- what happens ----------------------------------------------------------------------------------------------

    def advance(self, to: datetime) -> None:
        """Turn the clock and do what falls due on the way."""
        testclock.request_advance(self.hq, to=to)
        self.run_queues()
        assert self.hq.now == to

    def hear(self) -> list[str]:
        """Take in the mail service's events that wait in the queue."""
        url, answers = settings.settings().queue_url("mail-events"), []
        while True:
            messages = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            if not messages:
                return answers
            for message in messages:
                answers.append(service.handle_mail_event(message["Body"]))
                aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                self.run_queues()

    # -- what came of it -------------------------------------------------------------------------------------------

    @property
    def outbox(self) -> list[dict[str, Any]]:
        """Everything handed over."""
        return self.engine.outbox()

    def mail(self, number: int = -1) -> EmailMessage:
        """A mail of the outbox, parsed."""
        found = message_from_string(self.outbox[number]["raw"], policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def deliveries(self, **fields: Any) -> list[Delivery]:
        """Deliveries, the latest decision first."""
        return service.deliveries_page(self.hq, DeliveryFilter(**fields), limit=100).items

    def only(self, **fields: Any) -> Delivery:
        """The one delivery that there is."""
        found = self.deliveries(**fields)
        assert len(found) == 1, [(one.occurrence, one.status, one.reason) for one in found]
        return found[0]


def make_world(engine: Engine, run_queues: Callable[[], int], *, now: datetime = START, **fields: Any) -> World:
    """A fresh chain with one house in Lisbon that answers mail. `fields` go to the chain."""
    directory.forget()
    chain, hq = make_chain(now=now, **fields)
    house = make_property(
        hq, email="house@harbour.example", phone="+351 21 000 0000", names={"en": "Harbour House", "zh": "海港酒店"}
    )
    return World(engine, run_queues, chain, house)


def ses_event(name: str, entry: dict[str, Any], **part: Any) -> str:
    """An event of SES about a mail of the outbox, in SNS's envelope."""
    details: dict[str, Any] = {"timestamp": "2026-03-10T10:00:05.000Z", **part}
    event = {
        "eventType": name,
        "mail": {
            "timestamp": "2026-03-10T10:00:00.000Z",
            "messageId": entry["message_id"],
            "destination": [entry["recipient"]],
            "tags": {key: [value] for key, value in entry["tags"].items()},
        },
        name.lower(): details,
    }
    return enveloped(json.dumps(event))


def enveloped(text: str) -> str:
    """SES's text as SNS hands it to a queue."""
    return json.dumps(
        {"Type": "Notification", "MessageId": "m", "TopicArn": settings.settings().ses_topic_arn, "Message": text}
    )
