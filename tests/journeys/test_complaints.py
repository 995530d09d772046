"""Complaints as SES tells them: five times, before and after the other events, and by people who are not SES."""

from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import workers
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import aws, testclock
from chalicelib.kernel.settings import settings
from chalicelib.outreach import service as outreach
from infra.local.inprocess import Engine
from infra.local.lambdas import Context, queue_event
from infra.proof import account, inside
from infra.proof.chains import Ground, break_ground
from tests.journeys.conftest import WorkOff

EVE = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
REPLAYS = 5
ORDERS = list(itertools.permutations(("Send", "Delivery", "Complaint")))
AGENDA_ONLY = frozenset({"agenda-event", "agenda-due", "agenda-bulk"})


def greeted(engine: Engine, count: int) -> Ground:
    """A chain whose guests have been greeted today, each with more addresses than one; no event was heard yet."""
    ground = break_ground(starts_at=EVE)
    for number in range(count):
        values = {
            "given_name": "Ana",
            "family_name": f"Silva {number}",
            "emails": [f"complaint+{number}@guests.example"],
            "language": "en",
            "birth_date": "1980-03-10",
            "home_property_id": str(ground.houses[0].id),
            "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": "desk"}],
        }
        guests.create(ground.hq, GuestIn.model_validate(values))
    inside.work_off(only=AGENDA_ONLY)
    testclock.request_advance(ground.hq, to=NIGHT)
    inside.work_off(only=AGENDA_ONLY)
    assert len(engine.outbox()) == count
    return ground


def waiting() -> list[str]:
    """What the mail service has told and nobody has heard, as the queue holds it."""
    url, found = settings().queue_url("mail-events"), []
    while messages := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            found.append(str(message["Body"]))
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def hear(bodies: list[str]) -> int:
    """Give bodies to the handler as Lambda would, ten at a time; how many it could not handle."""
    failed = 0
    for start in range(0, len(bodies), 10):
        batch = [
            {"MessageId": f"m{start + place}", "ReceiptHandle": "r", "Body": body}
            for place, body in enumerate(bodies[start : start + 10])
        ]
        answer = workers.mail_events(queue_event("mail-events", batch), Context("mail_events"))
        failed += len(answer["batchItemFailures"])
    return failed


def event_of(body: str) -> dict[str, Any]:
    """SES's event in an envelope."""
    found: dict[str, Any] = json.loads(json.loads(body)["Message"])
    return found


def forged(body: str, *, topic: str | None = None, **tags: str) -> str:
    """The same event by another topic, or about another delivery."""
    envelope, event = json.loads(body), event_of(body)
    event["mail"]["tags"] |= {name: [value] for name, value in tags.items()}
    event["mail"]["headers"] = []
    return json.dumps({**envelope, "TopicArn": topic or envelope["TopicArn"], "Message": json.dumps(event)})


def test_any_order_and_any_number_make_one_suppression(engine: Engine, work_off: WorkOff) -> None:
    ground = greeted(engine, len(ORDERS))
    by_guest: dict[str, dict[str, str]] = {}
    for body in waiting():
        event = event_of(body)
        by_guest.setdefault(event["mail"]["tags"]["guest"][0], {})[event["eventType"]] = body
    assert len(by_guest) == len(ORDERS)
    told: list[str] = []
    for order, known in zip(ORDERS, by_guest.values(), strict=True):
        told += [known[name] for name in order for _ in range(REPLAYS if name == "Complaint" else 1)]
    late = [body for known in by_guest.values() for body in known.values()]
    random.Random(5).shuffle(late)

    assert hear(told) == 0
    page = outreach.suppressions_page(ground.hq, limit=50, after=None)
    before = [(one.id, sorted(one.causes), int(one.version)) for one in page.items]
    assert len({one[0] for one in before}) == len(ORDERS)
    assert all((causes, version) == (["complaint"], 1) for _, causes, version in before)
    assert hear(late) == 0
    page = outreach.suppressions_page(ground.hq, limit=50, after=None)
    assert [(one.id, sorted(one.causes), int(one.version)) for one in page.items] == before
    assert {one.status for one in account.deliveries(ground.hq)} == {"complained"}

    testclock.request_advance(ground.hq, to=NIGHT + timedelta(days=370))
    work_off()
    assert len(engine.outbox()) == len(ORDERS)
    later = [(one.status, one.reason) for one in account.deliveries(ground.hq) if one.occurrence == "birthday#2027"]
    assert later == [("skipped", "consent_denied")] * len(ORDERS)


def test_another_guest_at_the_same_address_gets_nothing_either(engine: Engine, work_off: WorkOff) -> None:
    ground = greeted(engine, 1)
    hear(waiting())
    values = {
        "given_name": "Rui",
        "family_name": "Silva",
        "emails": ["Complaint+0@guests.example"],
        "birth_date": "1980-03-12",
        "home_property_id": str(ground.houses[0].id),
        "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": "desk"}],
    }
    guests.create(ground.hq, GuestIn.model_validate(values))
    work_off()
    testclock.request_advance(ground.hq, days=5)
    work_off()
    assert len(engine.outbox()) == 1
    assert [(one.status, one.reason) for one in account.deliveries(ground.hq)] == [
        ("skipped", "suppressed"), ("complained", None),
    ]  # fmt: skip


def test_what_is_forged_is_ignored(engine: Engine) -> None:
    ground, other = greeted(engine, 2), break_ground(starts_at=EVE)
    complaints = [body for body in waiting() if event_of(body)["eventType"] == "Complaint"]
    tags = [{name: values[0] for name, values in event_of(body)["mail"]["tags"].items()} for body in complaints]
    nobody = "0" * 26
    lies = [
        forged(complaints[0], topic="arn:aws:sns:us-east-1:999999999999:hospes-ses-events"),
        forged(complaints[0], chain=other.chain_id),
        forged(complaints[0], guest=tags[1]["guest"]),
        forged(complaints[0], delivery=tags[1]["delivery"]),
        forged(complaints[0], delivery=f"dlv_{nobody}"),
        forged(complaints[0], chain=f"{tags[0]['chain']}#{tags[0]['guest']}", guest="", delivery=tags[0]["delivery"]),
    ]
    assert hear(lies * 2) == 0
    for chain in (ground, other):
        assert outreach.suppressions_page(chain.hq, limit=50, after=None).items == []
    assert {one.status for one in account.deliveries(ground.hq)} == {"sent"}
    assert hear([complaints[0]]) == 0
    assert sorted(one.status for one in account.deliveries(ground.hq)) == ["complained", "sent"]
