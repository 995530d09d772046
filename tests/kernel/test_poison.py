"""What nobody can handle harms only itself: in a batch of messages, and on the agenda."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kernel import agenda, aws, queue, work
from chalicelib.kernel.agenda import Again, AgendaRecord, Done, Work
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.scope import Scope, system_scope
from chalicelib.kernel.unit import Unit

DONE: list[str] = []


@agenda.handles("test.poison_good")
def good(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """Notes that it ran."""
    DONE.append(item.subject_id)
    return Done()


def _lost(scope: Scope, item: Work) -> Again | Done:
    raise KeyError("day")


@agenda.handles("test.poison_unburied", bury=_lost)
def unburied(scope: Scope, item: Work, unit: Unit) -> Again | Done:
    """Fails, and cannot say how it goes on."""
    raise ValueError("broken on purpose")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    DONE.clear()


def _scope() -> Scope:
    return system_scope("chn_a", real_now(), is_test=False)


def _armed(subject: str, kind: str, *, lane_kind: str | None = None, attempts: int = 0) -> AgendaRecord:
    unit = Unit(_scope())
    agenda.arm(unit, subject_id=subject, kind=lane_kind or kind, due_at=real_now() - timedelta(seconds=5))
    unit.commit()
    record = AgendaRecord.find(f"chn_a#{subject}", lane_kind or kind)
    assert record is not None
    record.kind, record.attempts, record.error = kind, attempts, "ValueError" if attempts else None
    aws.client("dynamodb").put_item(TableName=AgendaRecord.Meta.table_name, Item=record.serialize())
    return record


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "42",
        "[" * 100_000,
        "{}",
        json.dumps({"subject": "", "item": "", "revision": ""}),
        json.dumps({"subject": 5, "item": 6, "revision": 7}),
        json.dumps({"subject": "a" * 3000, "item": "b", "revision": "c"}),
        json.dumps({"subject": "\ud800", "item": "b", "revision": "c"}),
    ],
)
def test_a_message_that_nobody_can_handle_fails_alone(body: str) -> None:
    message = agenda.message_of(_armed("gst_good", "test.poison_good"))
    records: list[dict[str, Any]] = [{"messageId": "bad", "body": body}, {"messageId": "good", "body": message}]
    assert queue.each({"Records": records}, work.run_message) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert DONE == ["gst_good"]


def test_a_failure_that_cannot_be_noted_is_reported_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, message = _armed("gst_bad", "test.poison_unburied"), agenda.message_of(_armed("gst_good", "test.poison_good"))
    monkeypatch.setattr(work, "note_failure", lambda *_: 1 / 0)
    records = [{"messageId": "bad", "body": agenda.message_of(bad)}, {"messageId": "good", "body": message}]
    assert queue.each({"Records": records}, work.run_message) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert DONE == ["gst_good"]


@pytest.mark.parametrize("kind", ["gone.kind", "test.poison_unburied"])
def test_what_cannot_be_buried_as_it_should_does_not_stop_the_sweep(kind: str) -> None:
    dying = [
        _armed(f"gst_dying{number}", kind, lane_kind="test.poison_good", attempts=work.ATTEMPTS_MAX)
        for number in range(3)
    ]
    for number in range(3):
        _armed(f"gst_good{number}", "test.poison_good")
    assert work.sweep() == {"handed": 3, "buried": 3}
    for one in dying:
        record = AgendaRecord.find(str(one.subject_key), str(one.item_key))
        assert record is not None and record.lane == "dead#chn_a"


def test_a_dead_item_of_a_kind_that_is_gone_can_be_put_back_to_work() -> None:
    _armed("gst_dying", "gone.kind", lane_kind="test.poison_good", attempts=work.ATTEMPTS_MAX)
    work.sweep()
    assert work.revive(_scope(), "gst_dying", "test.poison_good")
    record = AgendaRecord.find("chn_a#gst_dying", "test.poison_good")
    assert record is not None and str(record.lane).startswith("due#")


def test_a_lane_that_cannot_be_read_does_not_keep_the_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        _armed(f"gst_good{number}", "test.poison_good")
    shut = str(AgendaRecord.find("chn_a#gst_good0", "test.poison_good").lane)  # type: ignore[union-attr]
    due_page, asked = agenda.due_page, []

    def page(lane: str, *arguments: Any, **named: Any) -> Any:
        if lane == shut:
            raise aws.ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")
        asked.append(lane)
        return due_page(lane, *arguments, **named)

    monkeypatch.setattr(agenda, "due_page", page)
    with pytest.raises(aws.ClientError):
        work.sweep()
    assert len(asked) >= len(agenda.CLASSES) * agenda.LANES_PER_CLASS - 1
    left = [
        AgendaRecord.find(f"chn_a#gst_good{number}", "test.poison_good").attempts  # type: ignore[union-attr]
        for number in range(8)
    ]
    assert left.count(1) >= 1 and left[0] == 0
