"""The local API Gateway: events of the right shape, answers written back, refusals in our own form."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.web import routing
from infra.local import gateway
from infra.local.gateway_events import event_of, problem, reply_of
from tests.local.stack import PATIENCE_S

HEADERS = [("Host", "127.0.0.1"), ("Accept", "a"), ("X-Twice", "1"), ("X-Twice", "2")]


class TestEvent:
    """What the app is given."""

    def test_a_request_with_everything(self) -> None:
        event = event_of(
            "POST",
            "/v1/guests/gst%201?a=1&a=2&b=",
            HEADERS,
            '{"é":1}'.encode(),
            ("/v1/guests/{guest_id}", {"guest_id": "gst 1"}),
            "127.0.0.1",
        )
        assert (event["resource"], event["path"]) == ("/v1/guests/{guest_id}", "/v1/guests/gst%201")
        assert event["pathParameters"] == {"guest_id": "gst 1"}
        assert event["queryStringParameters"] == {"a": "2", "b": ""}
        assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
        assert event["headers"]["X-Twice"] == "2"
        assert event["multiValueHeaders"]["X-Twice"] == ["1", "2"]
        assert (event["body"], event["isBase64Encoded"], event["stageVariables"]) == ('{"é":1}', False, None)
        context = event["requestContext"]
        assert (context["resourcePath"], context["httpMethod"]) == ("/v1/guests/{guest_id}", "POST")
        assert (context["identity"]["sourceIp"], context["stage"]) == ("127.0.0.1", "api")
        assert len(context["requestId"]) == 36

    def test_an_unknown_path_goes_to_the_catch_all(self) -> None:
        event = event_of("GET", "/nowhere/at/all", [], b"", None, "127.0.0.1")
        assert (event["resource"], event["pathParameters"]) == ("/{proxy+}", {"proxy": "nowhere/at/all"})
        assert event["queryStringParameters"] is event["multiValueQueryStringParameters"] is event["body"] is None

    def test_a_body_that_is_no_text_is_encoded(self) -> None:
        event = event_of("PUT", "/", [], b"\xff\x00", None, "127.0.0.1")
        assert (event["isBase64Encoded"], base64.b64decode(event["body"])) == (True, b"\xff\x00")


class TestReply:
    """What the app's answer becomes."""

    def test_repeated_and_single_headers(self) -> None:
        reply = reply_of(
            {
                "statusCode": 201,
                "headers": {"A": "1", "Set-Cookie": "no", "Content-Length": "9"},
                "multiValueHeaders": {"Set-Cookie": ["x=1", "y=2"]},
                "body": "é",
            }
        )
        assert reply.headers == [("Set-Cookie", "x=1"), ("Set-Cookie", "y=2"), ("A", "1")]
        assert (reply.status, reply.body) == (201, "é".encode())

    def test_encoded_bodies_are_decoded(self) -> None:
        body = base64.b64encode(b"\xff").decode()
        assert reply_of({"statusCode": 200, "body": body, "isBase64Encoded": True}).body == b"\xff"

    @pytest.mark.parametrize(
        "answer", [{}, {"statusCode": 200, "body": {}}, {"statusCode": 200, "headers": {"A": "1\r\nB: 2"}}]
    )
    def test_what_api_gateway_would_refuse(self, answer: dict[str, Any]) -> None:
        with pytest.raises((KeyError, TypeError, ValueError)):
            reply_of(answer)

    def test_a_problem_is_rfc_9457(self) -> None:
        reply = problem(413, "Too large", "At most 10 MB.")
        assert reply.headers == [("Content-Type", "application/problem+json")]
        assert json.loads(reply.body) == {
            "type": "about:blank",
            "title": "Too large",
            "status": 413,
            "detail": "At most 10 MB.",
        }


class FakeApp:
    """Stands in for the product: echoes the event, or fails."""

    routes = {"/echo": dict.fromkeys(("GET", "POST"))}

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """What the product would answer."""
        assert context.get_remaining_time_in_millis() > 0
        if event["path"] == "/crash":
            raise RuntimeError("secret detail")
        if event["path"] == "/cookies":
            return {"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": ""}
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(event)}


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A gateway in front of the fake app."""
    monkeypatch.setattr(gateway.product, "app", FakeApp())
    monkeypatch.setattr(routing, "match", lambda path: ("/echo", {}) if path == "/echo" else None)
    server = gateway.Server(0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def ask(port: int, method: str, path: str, **more: Any) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request(method, path, **more)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def raw(port: int, text: bytes) -> bytes:
    """Send bytes as they are; everything that comes back until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


class TestServer:
    """HTTP in and out."""

    def test_a_connection_is_kept(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        sockets = set()
        for number in range(3):
            connection.request("POST", "/echo?n=1", body=str(number))
            event = json.loads(connection.getresponse().read())
            assert (event["resource"], event["body"]) == ("/echo", str(number))
            sockets.add(id(connection.sock))
        assert len(sockets) == 1
        connection.close()

    def test_head_has_the_length_and_no_body(self, port: int) -> None:
        answer, body = ask(port, "HEAD", "/echo")
        assert (answer.status, body) == (200, b"") and int(answer.headers["Content-Length"]) > 100

    def test_options_names_the_methods(self, port: int) -> None:
        answer, body = ask(port, "OPTIONS", "/echo")
        assert (answer.status, answer.headers["Allow"], body) == (204, "GET, OPTIONS, POST, HEAD", b"")

    def test_cookies_stay_apart(self, port: int) -> None:
        assert ask(port, "GET", "/cookies")[0].headers.get_all("Set-Cookie") == ["a=1", "b=2"]

    def test_a_crash_is_a_problem_without_a_trace(self, port: int, caplog: pytest.LogCaptureFixture) -> None:
        answer, body = ask(port, "GET", "/crash")
        assert (answer.status, answer.headers["Content-Type"]) == (500, "application/problem+json")
        assert b"secret" not in body and b"Traceback" not in body
        assert "secret detail" in caplog.text

    def test_a_chunked_body_arrives_whole(self, port: int) -> None:
        _, body = ask(
            port,
            "POST",
            "/echo",
            body=iter([b"ab", b"", b"c" * 70_000]),
            encode_chunked=True,
            headers={"Transfer-Encoding": "chunked"},
        )
        assert json.loads(body)["body"] == "ab" + "c" * 70_000

    def test_a_body_over_ten_megabytes_is_refused(self, port: int) -> None:
        answer, body = ask(port, "POST", "/echo", body=b"x" * (gateway.BODY_BYTES_MAX + 1))
        assert (answer.status, json.loads(body)["status"]) == (413, 413)

    @pytest.mark.parametrize(
        ("text", "status"),
        [
            (b"nonsense\r\n\r\n", 400),
            (b"GET /echo\r\n\r\n", 400),
            (b"GET echo HTTP/1.1\r\n\r\n", 400),
            (b"BREW / HTTP/1.1\r\n\r\n", 501),
            (b"GET / HTTP/3.0\r\n\r\n", 505),
            (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", 431),
            (b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: 1\r\n" % n for n in range(200)) + b"\r\n", 431),
        ],
    )
    def test_what_is_no_http_is_refused_in_our_form(self, port: int, text: bytes, status: int) -> None:
        received = raw(port, text)
        assert received.startswith(b"HTTP/1.1 %d " % status), received[:100]
        head, _, body = received.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == status

    def test_a_body_that_breaks_off_reaches_nobody(self, port: int) -> None:
        assert raw(port, b"POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc") == b""


def test_threads_do_not_see_each_others_request() -> None:
    class App:
        current_request: Any = None

    holder = gateway.product.app
    gateway.product.app = App()
    try:
        gateway.one_request_per_thread()
        app = gateway.product.app
        app.current_request = "mine"
        seen = []
        thread = threading.Thread(target=lambda: seen.append(app.current_request))
        thread.start()
        thread.join()
        assert (seen, app.current_request) == ([None], "mine")
    finally:
        gateway.product.app = holder
