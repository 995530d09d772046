"""Records what a piece of work asks of AWS, and plays the answers back, so that the engine adds nothing to a count.

A tape notes every call with its parameters. While it plays, botocore does all its work (serialising, signing, parsing)
and gets the recorded bytes instead of a connection; the calls must come in the order in which they were recorded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from chalicelib.kernel import aws, wire
from infra.local.inprocess import ANSWERED, EVENT, Engine, emitter

PARAMETERS = "provide-client-params.*.*"
ANSWERS = tuple(f"before-parse.dynamodb.{operation}" for operation in wire.READS)


@contextmanager
def bare_botocore() -> Iterator[None]:
    """Let botocore walk through requests and answers by itself inside, as it does for whoever has no shortcut."""
    events = aws.client("dynamodb").meta.events
    for answer in ANSWERS:
        events.unregister(answer, wire.receive)
    try:
        yield
    finally:
        for answer in ANSWERS:
            events.register(answer, wire.receive)


class TornTape(RuntimeError):
    """The work asked for something else than it did when it was recorded."""


@dataclass(frozen=True)
class Call:
    """One call of AWS: which one, with what, and what came back."""

    service: str
    operation: str
    params: dict[str, Any]
    answer: dict[str, Any]


@dataclass(frozen=True)
class _Sent:
    """One answer on the wire."""

    url: str
    status: int
    headers: dict[str, str]
    content: bytes


@dataclass
class Tape:
    """What happened between `recording` and its end."""

    clients: tuple[Any, ...]
    engine: Engine
    calls: list[Call] = field(default_factory=list)
    _sent: list[_Sent] = field(default_factory=list)
    _asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    _place: int = 0

    @contextmanager
    def recording(self) -> Iterator[Tape]:
        """Note the calls that are made inside."""
        self.calls, self._sent, self._asked = [], [], []
        for client in self.clients:
            client.meta.events.register(PARAMETERS, self._note_parameters)
            client.meta.events.register("after-call.*.*", self._note_answer)
            client.meta.events.register_last(EVENT, self._note_sent)
        try:
            yield self
        finally:
            for client in self.clients:
                client.meta.events.unregister(PARAMETERS, self._note_parameters)
                client.meta.events.unregister("after-call.*.*", self._note_answer)
                client.meta.events.unregister(EVENT, self._note_sent)

    @contextmanager
    def playing(self) -> Iterator[Tape]:
        """Answer from the tape, again and again from its beginning after `rewind`."""
        for client in self.clients:
            self.engine.uninstall(client)
            emitter(client).register_first(EVENT, self._play)
        self.rewind()
        try:
            yield self
        finally:
            for client in self.clients:
                emitter(client).unregister(EVENT, self._play)
                self.engine.install(client)

    def rewind(self) -> None:
        """Play from the beginning again."""
        self._place = 0

    def check_played_out(self) -> None:
        """Raise TornTape if the work asked for less than was recorded."""
        if self._place != len(self._sent):
            raise TornTape(f"{self._place} of {len(self._sent)} calls were made")

    def _note_parameters(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        plain = {name: _plain(value) for name, value in params.items()}
        self._asked.append((model.service_model.service_name, model.name, plain))

    def _note_answer(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        service, operation, params = self._asked.pop()
        if operation != model.name:
            raise TornTape(f"{model.name} answers {operation}")
        self.calls.append(Call(service, operation, params, parsed))

    def _note_sent(self, request: AWSPreparedRequest, **_: Any) -> None:
        answer: AWSResponse = getattr(request, ANSWERED)
        headers = {str(name): str(value) for name, value in answer.headers.items()}
        self._sent.append(_Sent(request.url, answer.status_code, headers, answer.content))
        answer.raw.seek(0)

    def _play(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        if self._place >= len(self._sent):
            raise TornTape(f"call {self._place + 1} was not recorded: {request.url}")
        sent = self._sent[self._place]
        self._place += 1
        return AWSResponse(sent.url, sent.status, sent.headers, Raw(sent.content))


def _plain(value: Any) -> Any:
    """A parameter as whoever has no shortcut gives it."""
    if isinstance(value, wire.Operations):
        return list(value)
    return dict(value) if isinstance(value, wire.Reads) else value


class Raw(io.BytesIO):
    """A body as botocore reads it off a connection."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The rest of the body in one piece."""
        piece = self.read()
        while piece:
            yield piece
            piece = self.read()
