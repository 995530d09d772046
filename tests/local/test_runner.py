"""The local runner: Lambda's events, partial failures, dead letters, an engine that goes away."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.local import runner
from infra.local.inprocess import Engine
from infra.local.lambdas import failed_ids, queue_event, schedule_event
from tests.local.stack import client

REDRIVE = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:work-dead","maxReceiveCount":"2"}'


@dataclass(frozen=True)
class WorkQueue:
    """A queue as the wiring declares one."""

    name: str = "work"
    handler: str = "work"
    batch_size: int = 10


class Stack:
    """A queue with dead letters, and a runner for it."""

    def __init__(self, engine: Engine) -> None:
        self.queues = client("sqs")
        engine.install(self.queues)
        self.dead_url = self.queues.create_queue(QueueName="work-dead")["QueueUrl"]
        attributes = {"RedrivePolicy": REDRIVE, "VisibilityTimeout": "0"}
        self.url = self.queues.create_queue(QueueName="work", Attributes=attributes)["QueueUrl"]
        self.runner = runner.Runner(self.queues)

    def send(self, *bodies: str) -> None:
        """Put messages into the queue."""
        for body in bodies:
            self.queues.send_message(QueueUrl=self.url, MessageBody=body, MessageGroupId="chn_1")

    def receive(self, url: str) -> list[dict[str, Any]]:
        """What is in a queue now."""
        answer = self.queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        return list(answer.get("Messages", []))

    def work(self, handler: Any) -> int:
        """One batch; how many messages it had."""
        messages = self.receive(self.url)
        if messages:
            self.runner.handle(WorkQueue(), handler, self.url, messages)
        return len(messages)


@pytest.fixture
def stack(inside: Engine) -> Stack:
    """A stack with one queue."""
    return Stack(inside)


def test_a_handler_gets_what_lambda_would_give_it(stack: Stack) -> None:
    seen: list[tuple[Any, Any]] = []
    stack.send("one")
    stack.work(lambda event, context: seen.append((event, context)))
    ((event, context),) = seen
    (record,) = event["Records"]
    assert (record["body"], record["eventSource"]) == ("one", "aws:sqs")
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:work"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert (context.function_name, context.get_remaining_time_in_millis() > 0) == ("work", True)
    assert stack.work(print) == 0


def test_only_what_failed_comes_again_and_ends_with_the_dead_letters(stack: Stack) -> None:
    handled: list[str] = []

    def handler(event: Any, _: Any) -> Any:
        handled.extend(record["body"] for record in event["Records"])
        bad = [record["messageId"] for record in event["Records"] if record["body"] == "poison"]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}

    stack.send("a", "poison", "b")
    while stack.work(handler):
        pass
    assert handled == ["a", "poison", "b", "poison"]
    assert [message["Body"] for message in stack.receive(stack.dead_url)] == ["poison"]


def test_a_handler_that_raises_keeps_the_whole_batch(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Any, __: Any) -> None:
        raise ValueError("broken")

    stack.send("a", "b")
    stack.work(broken)
    assert "work failed with 2 messages" in caplog.text
    assert len(stack.receive(stack.url)) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": "stranger"}]}, {"a", "b"}),
        ({"batchItemFailures": [{}]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
    ],
)
def test_what_lambda_makes_of_an_answer(answer: Any, expected: set[str]) -> None:
    assert failed_ids(answer, [{"MessageId": "a"}, {"MessageId": "b"}]) == expected


def test_events_of_queues_and_schedules() -> None:
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": "b",
        "MessageAttributes": {"x": {"DataType": "String", "StringValue": "1"}},
    }
    record = queue_event("q", [message])["Records"][0]
    assert record["messageAttributes"] == {"x": {"stringValue": "1", "dataType": "String"}}
    event = schedule_event("sweep")
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == ["arn:aws:events:us-east-1:000000000000:rule/sweep"]


def test_an_engine_that_goes_away_is_borne_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="runner")
    stopping = threading.Event()
    calls = 0

    def work() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            stopping.set()
        elif calls > 1:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

    runner.PAUSE_MIN_S, kept = 0.01, runner.PAUSE_MIN_S
    try:
        runner.Outage("queue work", stopping).around(work)()
    finally:
        runner.PAUSE_MIN_S = kept
    assert calls == 4
    assert [record.message for record in caplog.records] == [
        "queue work: the engine does not answer: EndpointConnectionError",
        "queue work: the engine is back",
    ]


def test_a_stop_waits_for_what_is_running(stack: Stack) -> None:
    done = threading.Event()

    def slow(_: Any, __: Any) -> None:
        time.sleep(0.2)
        done.set()

    stack.send("a")
    thread = threading.Thread(target=stack.work, args=(slow,))
    thread.start()
    while not stack.runner._running:
        time.sleep(0.005)
    stack.runner.stop()
    assert done.is_set()
    thread.join()
