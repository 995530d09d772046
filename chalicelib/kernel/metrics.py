"""Figures for CloudWatch, written as log lines in its Embedded Metric Format: no call to AWS, nothing to wait for.

What one invocation counts is added up and written at its end, a line for each chain and label that it touched. Every
set of dimensions has its price, so a chain becomes one only of the few metrics that are worth it; on all others, chain
and function are searchable fields of the line.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, NamedTuple

from chalicelib.kernel import aws, logs
from chalicelib.kernel.settings import stage

NAMESPACE = "Hospes"
VALUES_MAX = 100  # of one metric in one line: the format's own limit
LINES_MAX = 200  # of one invocation: a batch touches few chains; more would be a defect that must not cost a fortune


class Metric(NamedTuple):
    """One figure. `by` names its label, a dimension with few values; `is_by_chain`: each chain has a graph of its own.

    Counts are added up within an invocation; of durations every value is kept, so that percentiles are true.
    """

    name: str
    unit: str = "Count"
    by: str = ""
    is_by_chain: bool = False


REQUESTS = Metric("Requests", by="status_class")
REQUEST_MS = Metric("RequestMs", "Milliseconds")
REFUSALS = Metric("Refusals", by="refusal")
DEFECTS = Metric("Defects")
SIGN_IN_PAUSES = Metric("SignInPauses")
SWEEPS = Metric("Sweeps")
SWEEP_MS = Metric("SweepMs", "Milliseconds")
AGENDA_HANDED = Metric("AgendaHanded")
AGENDA_DONE = Metric("AgendaDone")
AGENDA_DEAD = Metric("AgendaDead", is_by_chain=True)
AGENDA_LAG_S = Metric("AgendaLag", "Seconds")
NUDGES_LOST = Metric("NudgesLost")
REACTIONS = Metric("Reactions")
CONFLICTS_RETRIED = Metric("ConflictsRetried")
MESSAGES_FAILED = Metric("MessagesFailed")
POISON_MESSAGES = Metric("PoisonMessages")
DELIVERIES_SENT = Metric("DeliveriesSent", by="channel", is_by_chain=True)
DELIVERIES_SKIPPED = Metric("DeliveriesSkipped", by="reason")
DELIVERIES_FAILED = Metric("DeliveriesFailed", by="channel")
DELIVERIES_PARKED = Metric("DeliveriesParked", by="channel")
DELIVERIES_UNKNOWN = Metric("DeliveriesUnknown", by="channel", is_by_chain=True)
BOUNCES = Metric("Bounces", is_by_chain=True)
COMPLAINTS = Metric("Complaints", is_by_chain=True)
PROPERTIES_PAUSED = Metric("PropertiesPaused", by="reason", is_by_chain=True)
MESSAGES_RECEIVED = Metric("MessagesReceived", by="channel")
MAIL_EVENTS_REFUSED = Metric("MailEventsRefused", by="reason")
IMPORT_ROWS = Metric("ImportRows", by="outcome")
IMPORT_RUNS_FAILED = Metric("ImportRunsFailed")
BOOKS_DIFFERING = Metric("BooksDiffering", is_by_chain=True)

METRICS: dict[str, Metric] = {one.name: one for one in list(globals().values()) if isinstance(one, Metric)}

_Group = tuple[str, str, str]  # chain, name of the label, its value

Handler = Callable[[dict[str, Any], Any], Any]

_log = logging.getLogger(__name__)
log = logs.Log(__name__)


class Failed(RuntimeError):
    """A handler ended in a defect; the log has its kind and places, which are all that may be told of it."""


class _Tally:
    """What one invocation has counted so far."""

    def __init__(self, function: str) -> None:
        self.function = function
        self.counts: dict[_Group, dict[str, float]] = {}
        self.values: dict[_Group, dict[str, list[float]]] = {}


_tally: ContextVar[_Tally | None] = ContextVar("tally", default=None)


@contextmanager
def collected(function: str) -> Iterator[None]:
    """Adds up what is counted inside, and writes it at the end, whatever the end is like."""
    tally = _Tally(function)
    token = _tally.set(tally)
    try:
        yield
    finally:
        _tally.reset(token)
        for line in _lines(tally):
            logs.write(_log, logging.INFO, line)


@contextmanager
def invocation(function: str) -> Iterator[None]:
    """One call of a function: its lines carry the function's name, its figures are written at its end."""
    with logs.bound(function=function), collected(function):
        yield


def observed(handler: Handler) -> Handler:
    """A function's handler as one invocation. Lambda writes out what leaves a handler, words and all.

    So a defect leaves it as `Failed`, which has no words; what AWS itself answers may pass.
    """

    @wraps(handler)
    def run(event: dict[str, Any], context: Any) -> Any:
        with invocation(handler.__name__):
            try:
                return handler(event, context)
            except (aws.ClientError, aws.BotoCoreError) as error:
                log.error("invocation_failed", error)
                raise
            except Exception as error:  # noqa: BLE001  (whatever it is, its words may quote personal data)
                log.error("invocation_failed", error)
                raise Failed(type(error).__name__) from None

    return run


def count(metric: Metric, number: float = 1, *, label: str = "", chain: str | None = None) -> None:
    """Add to a count. `chain` is the one that the log lines carry at the moment, unless told otherwise."""
    tally = _tally.get()
    if tally is None or not number:
        return
    group = tally.counts.setdefault(_group(metric, label, chain), {})
    group[metric.name] = group.get(metric.name, 0) + number


def observe(metric: Metric, value: float, *, chain: str | None = None) -> None:
    """Keep one value, such as a duration."""
    tally = _tally.get()
    if tally is not None:
        tally.values.setdefault(_group(metric, "", chain), {}).setdefault(metric.name, []).append(value)


def _group(metric: Metric, label: str, chain: str | None) -> _Group:
    found = logs.current().chain if chain is None else chain
    by = metric.by if label else ""
    return found, by, logs.word(label) if by else ""


def _lines(tally: _Tally) -> Iterator[str]:
    """The lines of an invocation: a chunk of values at a time, the counts with the first."""
    written = 0
    for group in sorted({**dict.fromkeys(tally.counts), **dict.fromkeys(tally.values)}):
        counts, values = tally.counts.get(group, {}), tally.values.get(group, {})
        chunks = max((-(-len(found) // VALUES_MAX) for found in values.values()), default=1)
        for chunk in range(chunks):
            written += 1
            if written > LINES_MAX:
                return
            start = chunk * VALUES_MAX
            some = {name: found[start : start + VALUES_MAX] for name, found in values.items()}
            figures: dict[str, Any] = {name: [round(one, 3) for one in found] for name, found in some.items() if found}
            yield _line(tally.function, group, {**(counts if chunk == 0 else {}), **figures})


def _line(function: str, group: _Group, figures: dict[str, Any]) -> str:
    chain, by, label = group
    sets = [["stage"], ["stage", by]] if by else [["stage"]]
    directives = [_directive(sets, sorted(figures))]
    of_chain = [name for name in sorted(figures) if METRICS[name].is_by_chain]
    if chain and of_chain:
        directives.append(_directive([["stage", "chain", by] if by else ["stage", "chain"]], of_chain))
    content: dict[str, Any] = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives},
        "event": "metrics",
        "stage": stage(),
        "function": function,
    }
    if chain:
        content["chain"] = chain
    if by:
        content[by] = label
    return logs.encoded(content | figures)


def _directive(sets: list[list[str]], names: list[str]) -> dict[str, Any]:
    described = [{"Name": name, "Unit": METRICS[name].unit} for name in names]
    return {"Namespace": NAMESPACE, "Dimensions": sets, "Metrics": described}
