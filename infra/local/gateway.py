"""API Gateway of this machine: HTTP in, proxy events to the same app that Lambda runs.

    python -m infra.local.gateway --port 8000

It listens on 127.0.0.1 only, a thread for each connection.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import app as product
from chalicelib.kernel import logs
from chalicelib.web import routing
from infra.local import parent
from infra.local.gateway_events import Reply, event_of, problem, reply_of
from infra.local.lambdas import Context

logger = logging.getLogger("gateway")

HOST = "127.0.0.1"
BODY_BYTES_MAX = 10 * 1024 * 1024  # API Gateway's own limit
DRAINED_BYTES_MAX = 64 * 1024 * 1024  # of a refused body that is read so that the caller gets the refusal
READ_TIMEOUT_S = 30.0  # API Gateway gives a request 29 s
API_TIMEOUT_S = 29.0
CONNECTIONS_MAX = 256
CHUNK_LINE_MAX = 1024
STOP_S = 1.5  # how long a stop waits for the requests that are running


class Refused(Exception):
    """A request that does not reach the app."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Server(ThreadingHTTPServer):
    """A bounded number of connections."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        super().__init__((HOST, port), Handler)
        self._free = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self.running = 0
        self.counting = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection, if there is a free place."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no news; anything else is."""
        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            logger.error("a connection failed", exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One keep-alive connection."""

    protocol_version = "HTTP/1.1"
    server_version = "hospes-local"
    sys_version = ""
    timeout = READ_TIMEOUT_S
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    server: Server

    def do_any(self) -> None:
        """Answer a request of any method."""
        with self.server.counting:
            self.server.running += 1
        try:
            self._answer()
        finally:
            with self.server.counting:
                self.server.running -= 1

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any

    def _answer(self) -> None:
        try:
            body = self._body()
            reply = self._options() if self.command == "OPTIONS" else self._call(body)
        except Refused as refused:
            reply = refused.reply
        self._write(reply)

    def _call(self, body: bytes) -> Reply:
        headers = [(name, value) for name, value in self.headers.items()]
        # API Gateway knows no HEAD for a route of GET; a person with curl expects it.
        method = "GET" if self.command == "HEAD" else self.command
        try:
            matched = routing.match(self.path.partition("?")[0])
            event = event_of(method, self.path, headers, body, matched, self.client_address[0])
        except ValueError:
            return problem(400, "The address cannot be read")
        try:
            return reply_of(product.app(event, Context("api", API_TIMEOUT_S)))
        except Exception:
            logger.exception("%s %s failed", self.command, event["resource"])
            return problem(500, "Something went wrong on our side")

    def _options(self) -> Reply:
        matched = routing.match(self.path.partition("?")[0])
        methods = sorted({"OPTIONS", *(product.app.routes.get(matched[0], {}) if matched else ())})
        if "GET" in methods:
            methods.append("HEAD")
        return Reply(204, [("Allow", ", ".join(methods))], b"")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            if self.headers["Transfer-Encoding"].strip().lower() != "chunked" or self.headers.get("Content-Length"):
                raise Refused(self._closing(problem(400, "The request's length is contradictory")))
            return self._chunks()
        lengths = set(self.headers.get_all("Content-Length", ["0"]))
        text = lengths.pop().strip()
        if lengths or not (text.isascii() and text.isdigit()):
            raise Refused(self._closing(problem(400, "The request's length cannot be read")))
        length = int(text)
        if length > BODY_BYTES_MAX:
            self._drain(length)
            raise Refused(self._closing(problem(413, "The body is too large", "At most 10 MB are taken.")))
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionResetError("the caller went away in the middle of a body")
        return body

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            size_text = self.rfile.readline(CHUNK_LINE_MAX).split(b";", 1)[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise Refused(self._closing(problem(400, "The request's chunks cannot be read"))) from None
            if size < 0 or len(body) + size > BODY_BYTES_MAX:
                raise Refused(self._closing(problem(413, "The body is too large", "At most 10 MB are taken.")))
            body += self.rfile.read(size)
            self.rfile.readline(CHUNK_LINE_MAX)
            if size == 0:
                return bytes(body)

    def _drain(self, length: int) -> None:
        left = min(length, DRAINED_BYTES_MAX)
        while left > 0 and (piece := self.rfile.read(min(left, 65_536))):
            left -= len(piece)

    def _closing(self, reply: Reply) -> Reply:
        self.close_connection = True
        return reply

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        bodyless = reply.status in (204, 304)
        if not bodyless:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and not bodyless:
            self.wfile.write(reply.body)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what the standard library could not read, in our own words and form."""
        titles = {
            400: "The request cannot be read",
            414: "The address is too long",
            431: "The headers are too large",
            501: "This method is not known",
            505: "This version of HTTP is not spoken",
        }
        reply = problem(int(code), titles.get(int(code), "The request cannot be read"))
        self.close_connection = True
        if self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.0"
        self._write(reply)

    def parse_request(self) -> bool:
        """Read the head; a request without a version is refused rather than answered without one."""
        if not super().parse_request():
            return False
        if self.request_version == "HTTP/0.9" or not self.path.startswith("/"):
            self.send_error(400)
            return False
        return True

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are not logged: their addresses may carry signed links."""


def one_request_per_thread() -> None:
    """Chalice keeps the current request on the app, which Lambda calls once at a time; here threads share the app."""
    current = threading.local()

    def of_thread(name: str) -> property:
        return property(lambda _: getattr(current, name, None), lambda _, value: setattr(current, name, value))

    names = {"current_request": of_thread("request"), "lambda_context": of_thread("context")}
    product.app.__class__ = type("ThreadedChalice", (product.app.__class__,), names)


def main() -> None:
    """Read the arguments and serve until told to stop."""
    parser = argparse.ArgumentParser(description="The local API Gateway.")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--parent", type=int, default=0, help="end when this process is gone")
    arguments = parser.parse_args()
    logs.install(sys.stderr)
    parent.die_with(arguments.parent)
    one_request_per_thread()
    server = Server(arguments.port)
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="listener").start()
    logger.info("listening on %s:%d", HOST, arguments.port)
    stopping.wait()
    server.shutdown()
    deadline = threading.Event()
    for _ in range(int(STOP_S / 0.05)):
        if server.running == 0:
            break
        deadline.wait(0.05)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
