"""A connector as a chain would run it: it verifies what it is sent, answers as it is told, and tells states."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.client import Client, Reply


@dataclass
class Receiver:
    """What was posted, and what is answered: a status, or `None` to hang up without a word."""

    port: int = 0
    status: int | None = 200
    body: bytes = b'{"message_id": "wa-1"}'
    location: str | None = None
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?chain=demo"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body)["data"] for _, body in self.posts]


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if receiver.status is None:
                return
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def signed(secret: str, body: bytes, message_id: str = "msg_1", timestamp: int | None = None) -> dict[str, str]:
    """The headers of Standard Webhooks, made by the book and not by our own code."""
    stamp = str(int(time.time()) if timestamp is None else timestamp)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook_id": message_id,
        "webhook_timestamp": stamp,
        "webhook_signature": "v1," + base64.b64encode(digest).decode(),
    }


def tell(connector: dict[str, Any], *states: dict[str, Any], secret: str | None = None, **headers: str) -> Reply:
    """Post states as a connector does."""
    body = json.dumps({"states": list(states)}).encode()
    path = "/" + connector["states_url"].split("/", 3)[3]
    return Client().ask("POST", path, raw=body, **{**signed(secret or connector["secret"], body), **headers})
