"""The engine without a port, for tests: this process's AWS requests go straight to the code that `make run` runs on.

    engine = Engine()
    engine.install(boto3_session_or_botocore_session_or_client, …)   # or engine.install() for every later client
    …
    engine.outbox()     # what was handed to SES and SNS
    engine.reset()      # empty again

The state is the process's own and only one test may use it at a time; threads of that test may share it.
"""

from __future__ import annotations

import atexit
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS

from infra.local import emulator
from infra.local.service import Service
from infra.local.wire import Answer, Request

EVENT = "before-send"
ANSWERED = "_answered_by_engine"
TOPIC_VARIABLE = "HOSPES_SES_TOPIC_ARN"


class _Raw(io.BytesIO):
    """A body as botocore reads it off a connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The rest of the body in one piece."""
        piece = self.read()
        while piece:
            yield piece
            piece = self.read()


class Engine:
    """DynamoDB, SES, SNS, SQS, S3 and STS of this process; fresh and empty when made."""

    def __init__(self, topic_arn: str | None = None) -> None:
        folder = tempfile.mkdtemp(prefix="hospes-engine-")
        # An engine lives as long as the process; a finalizer would warn when a test run ends.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self._lock = threading.RLock()
        self._service = Service(Path(folder), in_memory=True)
        self._topic_arn = topic_arn
        self._builtin: tuple[str, Any] | None = None
        self.reset()

    def install(self, *targets: Any) -> None:
        """Take the requests of boto3 or botocore sessions and clients; with no target, of every client made later."""
        for target in targets:
            emitter(target).register_first(EVENT, self._before_send)
        if not targets and self._builtin is None:
            self._builtin = (EVENT, self._before_send)
            BUILTIN_HANDLERS.append(self._builtin)

    def uninstall(self, *targets: Any) -> None:
        """Let go of the targets again, or of every client made later."""
        for target in targets:
            emitter(target).unregister(EVENT, self._before_send)
        if not targets and self._builtin is not None:
            BUILTIN_HANDLERS.remove(self._builtin)
            self._builtin = None

    def reset(self) -> None:
        """Empty every service and the outbox."""
        with self._lock:
            self._service.clear()

    def forget_items(self) -> None:
        """Empty tables, queues, objects and the outbox, but keep what they are: quicker than making them again."""
        with self._lock:
            self._service.forget_items()

    def has(self, table: str, queue_url: str) -> bool:
        """Whether a table and a queue are there."""
        with self._lock:
            return emulator.has(table, queue_url)

    def outbox(self) -> list[dict[str, Any]]:
        """Every mail and text that was handed over, oldest first."""
        with self._lock:
            return self._service.sink.page({}, limit=1_000_000)[0]

    def receive_mail(self, content: bytes, *recipients: str) -> str:
        """Have SES take in a mail, as its receipt rule says: into the bucket, and word of it to the topic. Its id."""
        with self._lock:
            self._service.sink.topic = self._topic_arn or os.environ.get(TOPIC_VARIABLE)
            return self._service.receiving.take_in(content, recipients)

    def fetch(
        self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Follow a presigned address as a browser would: status, headers and body."""
        answer = self._answer(method, url, headers or {}, body)
        return answer.status, answer.headers, answer.content()

    def expire(self) -> int:
        """Remove what has outlived its time to live, as DynamoDB does in its own time; how many items went."""
        with self._lock:
            return self._service.expire()

    def _answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        lowered = {name.lower(): text(value) for name, value in headers.items()}
        lowered.setdefault("host", parts.netloc)
        with self._lock:
            self._service.sink.topic = self._topic_arn or os.environ.get(TOPIC_VARIABLE)
            return self._service.answer_now(Request.of(method, target, lowered, body))

    def _before_send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        # botocore asks every handler; one that is installed twice must not write twice.
        answered: AWSResponse | None = getattr(request, ANSWERED, None)
        if answered is None:
            answered = self._sent(request)
            setattr(request, ANSWERED, answered)
        return answered

    def _sent(self, request: AWSPreparedRequest) -> AWSResponse:
        body = request.body if request.body is not None else b""
        if not isinstance(body, str | bytes | bytearray):
            body = body.read()
        content = body.encode() if isinstance(body, str) else bytes(body)
        answer = self._answer(request.method, request.url, dict(request.headers.items()), content)
        raw = b"" if request.method == "HEAD" else answer.content()
        headers = {"Content-Length": str(answer.length), **answer.headers}
        return AWSResponse(request.url, answer.status, headers, _Raw(raw))


def text(value: str | bytes) -> str:
    """A header's value as text."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def emitter(target: Any) -> Any:
    """Where a session or a client announces its requests."""
    if hasattr(target, "meta"):
        return target.meta.events
    if hasattr(target, "events"):
        return target.events
    if hasattr(target, "get_component"):
        return target.get_component("event_emitter")
    raise TypeError(f"cannot install into {type(target).__name__}")
