"""The engine's HTTP: long polls that wake, requests in a row, what is no HTTP."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from tests.local.stack import PATIENCE_S, PREFIX_TABLE, EngineProcess, thing

WAIT_MAX_S = 20  # the longest that SQS lets a poll wait


def raw(port: int, text: bytes, answers: int = 1) -> bytes:
    """Send bytes; what comes back until so many answers are there or the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(text)
        received = b""
        while received.count(b"HTTP/1.1 ") < answers or not complete(received):
            piece = connection.recv(65_536)
            if not piece:
                break
            received += piece
    return received


def complete(received: bytes) -> bool:
    """Whether the last answer is whole."""
    head, found, body = received[received.rfind(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    return bool(found) and len(body) >= length


def test_a_long_poll_ends_when_a_message_comes_and_keeps_nobody_waiting(outside: EngineProcess) -> None:
    queues, database = outside.client("sqs"), outside.client("dynamodb")
    url = queues.create_queue(QueueName="work")["QueueUrl"]
    database.create_table(**PREFIX_TABLE)
    ended: list[str] = []

    def wait(url: str, seconds: int) -> None:
        answer = queues.receive_message(QueueUrl=url, WaitTimeSeconds=seconds)
        ended.append(answer["Messages"][0]["Body"] if "Messages" in answer else "nothing")

    # What came first is told by the order of things, never by a clock: this one began first, and nothing comes to it.
    other = queues.create_queue(QueueName="other")["QueueUrl"]
    threads = [threading.Thread(target=wait, args=(other, WAIT_MAX_S))]
    threads += [threading.Thread(target=wait, args=(url, WAIT_MAX_S)) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    database.put_item(TableName="things", Item=thing("p", "1"))
    assert ended == [], "a long poll kept another request waiting"
    for body in ("a", "b", "c"):
        queues.send_message(QueueUrl=url, MessageBody=body)
    for thread in threads[1:]:
        thread.join(PATIENCE_S)
    assert sorted(ended) == ["a", "b", "c"], "a message did not end a wait"
    queues.send_message(QueueUrl=other, MessageBody="d")
    threads[0].join(PATIENCE_S)
    assert ended[3:] == ["d"]
    began = time.monotonic()
    assert "Messages" not in queues.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert time.monotonic() - began > 0.9


def test_requests_in_a_row_are_answered_in_order(outside: EngineProcess) -> None:
    one = b"GET /_hospes/outbox/count HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /_hospes/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = raw(outside.port, one + two, answers=2)
    assert received.index(b'{"count":0}') < received.index(b'{"status":"ok"}')
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_a_body_may_come_in_chunks_and_after_a_hundred(outside: EngineProcess) -> None:
    body = json.dumps({"Limit": 5}).encode()
    head = (
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
        b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    )
    received = raw(outside.port, head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), answers=2)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b'{"TableNames": []}' in received


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000, 431),
        (b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /_hospes/outbox HTTP/1.1\r\n\r\n", 405),
        (b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.Nothing\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\nContent-Length: 3\r\n\r\n[1]", 500),
        (
            b"POST / HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=t/2/us-east-1/lambda/aws4_request\r\n\r\n",
            501,
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_and_the_engine_goes_on(
    outside_once: EngineProcess, text: bytes, status: int
) -> None:
    assert raw(outside_once.port, text).startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(outside_once.get("/_hospes/health")) == {"status": "ok"}


@pytest.fixture(scope="module")
def outside_once(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """One engine for all of the refusals."""
    engine = EngineProcess(tmp_path_factory.mktemp("engine"))
    engine.start()
    yield engine
    engine.kill()
