"""A proxy on this machine between the product and its engine, which breaks some of the requests on real sockets."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOST = "127.0.0.1"
CUT_BEFORE, CUT_AFTER, SLOW, FAILED, FAILED_LATE, THROTTLED = (
    "cut before",
    "cut after",
    "slow",
    "failed",
    "failed late",
    "throttled",
)
KINDS = (CUT_BEFORE, CUT_AFTER, SLOW, FAILED, FAILED_LATE, THROTTLED)
_EFFECTIVE = frozenset({CUT_AFTER, SLOW, FAILED_LATE})
SES_PATH = "/v2/email/outbound-emails"
ENGINE_TIMEOUT_S = 30.0
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})

real_sleep = time.sleep


class Proxy(ThreadingHTTPServer):
    """Listens on a free port; every request meets a fault with the probability `rate`."""

    daemon_threads = True

    def __init__(self, engine_url: str, source: random.Random, *, slow_s: float) -> None:
        super().__init__((HOST, 0), _Handler)
        self.engine = str(urlsplit(engine_url).netloc)
        self.rate = 0.0
        self.slow_s = slow_s
        self.faults: Counter[str] = Counter()
        self.mails: Counter[str] = Counter()  # requests to send, whether they reached the engine or not, by their body
        self._random = source
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.server_address[1]}"

    def start(self) -> None:
        """Listen in a thread of its own."""
        threading.Thread(target=self.serve_forever, name="proxy", daemon=True).start()

    def drawn(self) -> str | None:
        """The fault of the next request."""
        with self._lock:
            if self._random.random() >= self.rate:
                return None
            fault = self._random.choice(KINDS)
            self.faults[fault] += 1
            return fault

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who has gone away is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy
    _upstream: http.client.HTTPConnection | None = None

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(SES_PATH):
            self.server.mails[body.decode("latin-1")] += 1
        fault = self.server.drawn()
        if fault == CUT_BEFORE:
            self._cut()
            return
        if fault in (FAILED, THROTTLED):
            self._refuse(fault)
            return
        status, headers, content = self._forwarded(body)
        if fault in _EFFECTIVE:
            if fault == SLOW:
                real_sleep(self.server.slow_s)
            if fault == FAILED_LATE:
                self._refuse(FAILED)
            else:
                self._cut()
            return
        self._answer(status, headers, content)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve

    def _forwarded(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._upstream is None:
            self._upstream = http.client.HTTPConnection(self.server.engine, timeout=ENGINE_TIMEOUT_S)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        self._upstream.request(self.command, self.path, body, headers)
        answer = self._upstream.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def _refuse(self, fault: str) -> None:
        """An error in JSON, which DynamoDB, SQS and SES speak."""
        status, code = (500, "InternalServerError") if fault == FAILED else (400, "ThrottlingException")
        if fault == THROTTLED and self.path.startswith(SES_PATH):
            status, code = 429, "TooManyRequestsException"
        headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": code}
        self._answer(status, headers, json.dumps({"__type": f"made.up#{code}", "message": "made up"}).encode())

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def finish(self) -> None:
        """Let go of the engine's connection, too."""
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of single requests."""
