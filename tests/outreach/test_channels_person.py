"""Channels that a person carries: the task is opened in the transaction of the claim, and only where somebody opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel import audit
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.channels import person
from chalicelib.outreach.rules.vocabulary import AlreadyDecided
from chalicelib.outreach.service import claiming
from tests.outreach.test_api import Doors, doors
from tests.outreach.world import GRANTED, World

assert doors  # the fixture
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BY_LETTER = {**GRANTED, "channel": "letter"}


@pytest.fixture
def opened() -> Iterator[list[dict[str, Any]]]:
    """Somebody keeps tasks: each is a line in the activity log of the guest."""
    tasks: list[dict[str, Any]] = []

    def opener(scope: Any, unit: Any, **task: Any) -> str:
        unit.audit("task.opened", task["guest_id"], kind=task["kind"], cause=task["cause"])
        unit.after(lambda: tasks.append(task))
        return "tsk_1"

    before = list(person._openers)
    person.opens_tasks(opener)
    yield tasks
    person.opens_tasks(before[0] if before else None)


def allow(doors: Doors, *channels: str) -> None:
    assert doors.hq.put("/v1/channel-settings", {"allowed": {"greeting": list(channels)}}).status == 200


def test_a_task_and_a_delivery_or_neither(world: World, doors: Doors, opened: list[dict[str, Any]]) -> None:
    allow(doors, "letter", "email")
    guest = world.guest(consents=[BY_LETTER, GRANTED])
    world.advance(TEN)
    delivery = world.only()
    assert (delivery.status, delivery.channel, delivery.message_id) == ("sent", "letter", "tsk_1")
    assert [(one["kind"], one["guest_id"], one["cause"]) for one in opened] == [("letter", guest.id, delivery.id)]
    assert (opened[0]["property_id"], opened[0]["due_on"].isoformat()) == (world.house.id, "2026-03-10")
    world.advance(TEN + timedelta(days=2))
    assert (len(opened), world.outbox, world.only().status) == (1, [], "sent")


def test_a_claim_that_fails_opens_nothing(
    world: World, doors: Doors, opened: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(doors, "gift", "email")
    guest = world.guest(consents=[BY_LETTER, GRANTED])
    doors.hq.post("/v1/suppressions", {"channel": "gift", "address": guest.id})
    world.advance(TEN)
    assert (opened, world.only().channel, world.only().chosen) == ([], "email", "only gift=suppressed")
    assert "task.opened" not in str([one.action for one in audit.audit_page(world.hq, guest.id, limit=100).items])


def test_a_change_between_decision_and_claim_opens_nothing(
    world: World, doors: Doors, opened: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(doors, "letter")
    guest = world.guest(consents=[BY_LETTER])
    open_task = person.open_task

    def first_the_change(*values: Any, **task: Any) -> str:
        monkeypatch.undo()
        world.change(guest, is_run=False, is_do_not_greet=True)
        return open_task(*values, **task)

    monkeypatch.setattr(person, "open_task", first_the_change)
    world.advance(TEN)
    assert (opened, world.only().status, world.only().reason) == ([], "skipped", "do_not_greet")


def test_a_task_is_claimed_once(
    world: World, doors: Doors, opened: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever decided the same from what they read before is refused, and opens no second task."""
    allow(doors, "letter")
    world.guest(consents=[BY_LETTER])
    claims: list[Callable[[], None]] = []
    claim = claiming.claim

    def remember(scope: Any, unit: Any, *values: Any, **named: Any) -> None:
        def again() -> None:
            late = Unit(scope)
            claim(scope, late, *values, **named)
            late.commit()

        claims.append(again)
        claim(scope, unit, *values, **named)

    monkeypatch.setattr(claiming, "claim", remember)
    world.advance(TEN)
    assert len(opened) == len(claims) == 1
    with pytest.raises(AlreadyDecided):
        claims[0]()
    assert len(opened) == 1


@pytest.fixture
def nobody() -> Iterator[None]:
    """Nobody keeps tasks."""
    before = list(person._openers)
    person.opens_tasks(None)
    yield
    person.opens_tasks(before[0])


def test_the_call_desk_keeps_them(world: World, doors: Doors) -> None:
    allow(doors, "letter")
    guest = world.guest(phones=["+351912345678"], consents=[BY_LETTER])
    world.advance(TEN)
    (task,) = doors.hq.get("/v1/tasks").json["data"]
    assert (task["kind"], task["guest_id"], task["status"]) == ("letter", guest.id, "open")
    assert task["cause"] == f"delivery#{world.only().id}"
    noted = doors.hq.post(f"/v1/tasks/{task['id']}/attempts", {"outcome": "done"})
    assert noted.status in (200, 201), noted.text
    contacts = doors.hq.get(f"/v1/guests/{guest.id}/contacts").json["data"]
    assert ("task", "letter", "done") in [(one["kind"], one["channel"], one["status"]) for one in contacts]


def test_nobody_keeps_tasks(world: World, doors: Doors, nobody: None) -> None:
    allow(doors, "call", "letter", "gift", "visit")
    world.guest(phones=["+351912345678"], consents=[BY_LETTER, GRANTED])
    world.advance(TEN)
    assert (world.only().status, world.only().reason) == ("skipped", "not_allowed")
    with pytest.raises(LookupError):
        person.open_task(
            world.hq,
            None,
            guest_id="g",
            property_id=None,
            kind="call",
            due_on=TEN.date(),
            cause="x",  # type: ignore[arg-type]
        )


def test_without_consent_nobody_calls(world: World, doors: Doors, opened: list[dict[str, Any]]) -> None:
    allow(doors, "call", "visit")
    world.guest(phones=["+351912345678"], consents=[{**GRANTED, "channel": "phone", "state": "denied"}])
    world.advance(TEN)
    assert (world.only().channel, [one["kind"] for one in opened]) == ("visit", ["visit"])
    assert world.only().chosen == "only email=not_allowed sms=not_allowed call=consent_denied"
