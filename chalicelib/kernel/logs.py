"""Structured log lines: one JSON object each, with chain, actor and request, and nothing about a person.

A line is an event's constant name and fields out of a fixed list. What a field may hold is checked by its kind: an id
by its shape, a word by being one of the product's own. Anything else is left out and its type named instead, so that a
careless line tells too little, never too much. Writing a line never raises.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, TextIO

from chalicelib.kernel.settings import is_in_lambda, stage, trace_id
from chalicelib.kernel.traces import trace_of

SERVICE = "hospes"
NUMBER_MAX = 10**9  # more is no count of ours, and may be somebody's telephone number
DECIMALS = 3
UNKNOWN_WORD = "other"

encoded = json.JSONEncoder(separators=(",", ":")).encode  # made once: json.dumps makes one for each such call

Value = str | int | float | bool | type[BaseException] | None

_ID = re.compile(r"[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}")
_EVENT = re.compile(r"[a-z][a-z0-9_]{2,40}")
# Names of errors as AWS and Python make them. A surname does not end like this.
_ERROR = re.compile(r"[A-Za-z]{2,60}(Exception|Error|Exceeded|Rejected|Throttling|Throttled|Failure|Denied|Down)")
_TRACE = re.compile(r"[0-9a-fA-F:=;a-zA-Z-]{1,200}")
_OCCURRENCE = re.compile(r"([a-z_]{2,30})(?:#[0-9]{4})?")  # a word of ours, and a year

ID, NUMBER, FLAG, WORD, ERROR, OCCURRENCE = "id", "number", "flag", "word", "error", "occurrence"

# Every field a line may have, and what it may hold. A new one is a line here.
FIELDS: dict[str, str] = {
    **dict.fromkeys(("delivery", "guest", "stay", "subject", "run", "import_id", "property", "suppression"), ID),
    **dict.fromkeys(("ms", "trips", "status", "count", "failed", "handed", "buried", "attempts", "tries"), NUMBER),
    **dict.fromkeys(("lag_s", "rows"), NUMBER),
    **dict.fromkeys(("is_test", "is_last"), FLAG),
    **dict.fromkeys(("method", "route", "refusal", "kind", "outcome", "channel", "occasion", "purpose"), WORD),
    **dict.fromkeys(("reason", "queue", "lane", "mode", "mark"), WORD),
    **dict.fromkeys(("cause", "code"), ERROR),
    **dict.fromkeys(("occurrence",), OCCURRENCE),
}

_WORDS = {
    *("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    *("2xx", "3xx", "4xx", "5xx"),
    *("key", "staff", "system", "operator", "guest", "public"),
    *("done", "again", "dropped", "event", "due", "bulk"),
    *("email", "sms"),
    *("claimed", "parked", "unknown", "sent", "failed", "skipped"),
    *("soft_bounced", "delivered", "bounced", "complained", "ignored", "known", "noted"),
    *("created", "updated", "unchanged", "rejected", "dry_run", "commit"),
    UNKNOWN_WORD,
}


class Context(NamedTuple):  # a third of what a dataclass costs at a cold start
    """What every line of an invocation, a request or a piece of work carries."""

    function: str = ""
    chain: str = ""
    actor_kind: str = ""
    actor: str = ""
    request: str = ""


_NOTHING = Context()
_context: ContextVar[Context] = ContextVar("log_context", default=_NOTHING)


def current() -> Context:
    """What lines carry at the moment."""
    return _context.get()


@contextmanager
def bound(**known: str) -> Iterator[None]:
    """Lines written inside carry this (`function`, `chain`, `actor_kind`, `actor`, `request`); then what was before.

    What `bind` learns inside is forgotten at the end, too.
    """
    token = _context.set(_context.get()._replace(**known))
    try:
        yield
    finally:
        _context.reset(token)


def bind(**known: str) -> None:
    """Lines from here to the end of the surrounding `bound` carry this."""
    _context.set(_context.get()._replace(**known))


class Caller(Protocol):
    """The part of a scope that lines carry."""

    @property
    def chain_id(self) -> str:
        """The chain, if there is one."""

    @property
    def actor(self) -> Any:
        """Who acts: kind and id."""

    @property
    def request_id(self) -> str:
        """The request, or the work."""


def known_of(scope: Caller) -> dict[str, str]:
    """What lines carry of a scope: for `bound` and `bind`."""
    known = {"chain": scope.chain_id, "actor_kind": str(scope.actor.kind), "actor": str(scope.actor.id)}
    return {**known, "request": scope.request_id} if scope.request_id else known


def allow(words: Iterable[str]) -> None:
    """Declare words of the product, such as the kinds of agenda work: constants of the code, never anybody's input."""
    _WORDS.update(words)


def word(text: str) -> str:
    """A word of the product as it stands; `other` for anything else."""
    return text if text in _WORDS else UNKNOWN_WORD


class Log:
    """Writes the lines of one module."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, /, **fields: Value) -> None:
        """Something happened as it should."""
        self._write(logging.INFO, event, fields, None)

    def warning(self, event: str, error: BaseException | None = None, /, **fields: Value) -> None:
        """Something went wrong and mends itself."""
        self._write(logging.WARNING, event, fields, error)

    def error(self, event: str, error: BaseException | None = None, /, **fields: Value) -> None:
        """Something went wrong that somebody has to look at. Of `error`, kinds and places are written, no words."""
        self._write(logging.ERROR, event, fields, error)

    def _write(self, level: int, event: str, fields: dict[str, Value], error: BaseException | None) -> None:
        if not self._logger.isEnabledFor(level):
            return
        content = _head(level, event if _EVENT.fullmatch(event) else UNKNOWN_WORD)
        for name, value in fields.items():
            if value is not None:
                content[name] = _checked(name, value)
        if error is not None:
            content["cause"] = type(error).__name__
            content["trace_of"] = trace_of(error).split("\n")
        write(self._logger, level, encoded(content))


def write(logger: logging.Logger, level: int, line: str) -> None:
    """Write a finished line. Only this module and `metrics` make such lines."""
    if logger.isEnabledFor(level):
        logger.log(level, "%s", line, extra={"is_finished": True})


def _head(level: int, event: str) -> dict[str, Any]:
    known = _context.get()
    content: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": logging.getLevelName(level).lower(),
        "event": event,
        "service": SERVICE,
        "stage": stage(),
    }
    if known.function:
        content["function"] = known.function
    if known.chain:
        content["chain"] = _shown(known.chain, ID)
    if known.actor_kind:
        content["actor"] = _shown(known.actor_kind, WORD)
        if _ID.fullmatch(known.actor):
            content["actor_id"] = known.actor
    if known.request:
        content["request"] = _shown(known.request, ID)
    trace = trace_id()
    if trace and _TRACE.fullmatch(trace):
        content["trace"] = trace
    return content


def _checked(name: str, value: Value) -> Value:
    """A field's value, or the name of its type if the field may not hold it."""
    return _shown(value, FIELDS.get(name, ""))


def _shown(value: Value, kind: str) -> Value:
    if isinstance(value, type):
        return value.__name__ if kind == ERROR else "<type>"
    if isinstance(value, str):
        text = str(value)
        return text if _is_text_of(text, kind) else f"<{type(value).__name__}>"
    if isinstance(value, bool):
        return value if kind == FLAG else "<bool>"
    if isinstance(value, int | float) and kind == NUMBER and math.isfinite(value) and abs(value) <= NUMBER_MAX:
        return round(value, DECIMALS)
    return f"<{type(value).__name__}>"


def _is_text_of(text: str, kind: str) -> bool:
    if kind == ID:
        return _ID.fullmatch(text) is not None
    if kind == WORD:
        return text in _WORDS
    if kind == ERROR:
        return text in _WORDS or _ERROR.fullmatch(text) is not None
    found = _OCCURRENCE.fullmatch(text) if kind == OCCURRENCE else None
    return found is not None and found[1] in _WORDS


# -- setting up a process --------------------------------------------------------------------------------------


class Formatter(logging.Formatter):
    """Passes our own lines on as they are; of a library's message only the fact that there was one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if getattr(record, "is_finished", False):
            return record.getMessage()
        content = _head(record.levelno, "library")
        content["logger"] = record.name
        if isinstance(record.msg, str) and record.name in _OWN_LOGGERS:
            content["message"] = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            content["cause"] = type(record.exc_info[1]).__name__
            content["trace_of"] = trace_of(record.exc_info[1]).split("\n")
        return encoded(content)


# The local stack's own processes talk about queues and ports, not about guests.
_OWN_LOGGERS = ("gateway", "runner", "engine", "service", "server", "journal")


def install(stream: TextIO | None = None) -> None:
    """Make this process write lines: ours from `info` on, those of libraries from `warning` on."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(Formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]  # Lambda brings a handler of its own, which would write every line twice
    root.setLevel(logging.WARNING)
    for name in ("chalicelib", *_OWN_LOGGERS):
        logging.getLogger(name).setLevel(logging.INFO)


if is_in_lambda():
    install()
