"""What must wake somebody: each alarm with its metric, its limit and the page of the runbook that says what to do.

Dimensions are named as in the wiring: a function, a queue and a table by their names there, without stage or prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.kernel import metrics
from chalicelib.kernel.metrics import Metric
from chalicelib.wiring import FUNCTIONS, QUEUES, SCHEDULES

MINUTE_S = 60
FIVE_MINUTES_S = 300
HOUR_S = 3600
TIMEOUT_SHARE = 0.8  # of a function's time-out: what comes this near will be cut off on the next bad day
TRANSACTIONS = "TransactWriteItems"  # nearly every one of ours writes to the agenda
AGENDA_TABLE = "agenda"
# What a day's traffic goes through; on the others a burst is office work. An alarm costs ten cents a month.
BUSY_TABLES = ("agenda", "audit", "contact-points", "deliveries", "guests", "idempotency", "stays")
SMS_LIMIT_USD = 1.0  # a new account's monthly limit; whoever has it raised raises this, too
SMS_LIMIT_SHARE = 0.8


@dataclass(frozen=True)
class Alarm:
    """One alarm. `dimensions` may name a queue, a function or a table of the wiring; `{stage}` stands for the stage."""

    name: str
    namespace: str
    metric: str
    statistic: str  # Sum | Maximum | Minimum | Average | p99
    threshold: float
    period_s: int
    periods: int
    runbook: str  # the heading in docs/runbook.md
    dimensions: dict[str, str] = field(default_factory=dict)
    comparison: str = "GreaterThanThreshold"
    missing_is: str = "notBreaching"
    reason: str = ""  # why this limit and no other


def alarms() -> list[Alarm]:
    """Every alarm of one stage, in order of name."""
    found = [*_of_api(), *_of_functions(), *_of_queues(), *_of_agenda(), *_of_messages(), *_of_tables(), *_of_doors()]
    return sorted(found, key=lambda alarm: alarm.name)


def _own(
    name: str, metric: Metric, statistic: str, threshold: float, period_s: int, periods: int, runbook: str, reason: str
) -> Alarm:
    """An alarm on a figure that the product itself writes."""
    return Alarm(
        name, metrics.NAMESPACE, metric.name, statistic, threshold, period_s, periods, runbook, {"stage": "{stage}"},
        reason=reason,
    )  # fmt: skip


def _of_api() -> Iterator[Alarm]:
    dimensions = {"ApiName": "hospes-{stage}", "Stage": "api"}
    yield Alarm(
        "api-5xx", "AWS/ApiGateway", "5XXError", "Sum", 5, FIVE_MINUTES_S, 1, "API answers 5xx", dimensions,
        reason="One may be a time-out at a bad moment; six in five minutes are something that stays.",
    )  # fmt: skip
    yield Alarm(
        "api-slow", "AWS/ApiGateway", "Latency", "p99", 3000, FIVE_MINUTES_S, 3, "API is slow", dimensions,
        reason="A cold start takes about a second; people at a front desk wait three seconds and ask again.",
    )  # fmt: skip
    yield _own(
        "api-defects", metrics.DEFECTS, "Sum", 0, FIVE_MINUTES_S, 1, "API answers 5xx",
        "A defect is an error that nobody foresaw: each has its line in the log, and somebody was told `broken`.",
    )  # fmt: skip


def _of_functions() -> Iterator[Alarm]:
    scheduled = {schedule.handler for schedule in SCHEDULES}
    for function in FUNCTIONS:
        dimensions = {"FunctionName": function.name}
        several = 3 if function.name in scheduled else 1
        yield Alarm(
            f"function-{function.name}-errors", "AWS/Lambda", "Errors", "Sum", 0, FIVE_MINUTES_S, several,
            "A function fails", dimensions,
            reason="Handlers catch what a message or a request provokes; what leaves them is a crash or a time-out. "
            "A schedule is tried again a minute later, so it has to go on failing.",
        )  # fmt: skip
        yield Alarm(
            f"function-{function.name}-throttles", "AWS/Lambda", "Throttles", "Sum", 0, FIVE_MINUTES_S, 2,
            "A function is throttled", dimensions,
            reason="The account's concurrency is used up: callers of the API are turned away.",
        )  # fmt: skip
        yield Alarm(
            f"function-{function.name}-near-timeout", "AWS/Lambda", "Duration", "Maximum",
            function.timeout_s * 1000 * TIMEOUT_SHARE, FIVE_MINUTES_S, 1, "A function nears its time-out", dimensions,
            reason="Four fifths of the time-out: what is cut off is done again, and may be cut off again.",
        )  # fmt: skip


def _of_queues() -> Iterator[Alarm]:
    for queue in QUEUES:
        yield Alarm(
            f"queue-{queue.dead_letter}-not-empty", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 0,
            FIVE_MINUTES_S, 1, "Messages lie among the dead letters", {"QueueName": queue.dead_letter},
            reason="Nothing belongs there: each message is one that nobody could read or that failed five times.",
        )  # fmt: skip
        limit_s = HOUR_S if queue.handler == "work_bulk" else 10 * MINUTE_S
        yield Alarm(
            f"queue-{queue.name}-old", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", limit_s,
            FIVE_MINUTES_S, 2, "A queue is not worked off", {"QueueName": queue.name},
            reason="Bulk work may wait behind an import for an hour; events and what is due are done in seconds.",
        )  # fmt: skip
    yield _own(
        "messages-poison", metrics.POISON_MESSAGES, "Sum", 0, FIVE_MINUTES_S, 1, "Messages lie among the dead letters",
        "A message that is not ours to read; after five tries it lies among the dead letters.",
    )  # fmt: skip


def _of_agenda() -> Iterator[Alarm]:
    yield Alarm(
        "sweep-silent", metrics.NAMESPACE, metrics.SWEEPS.name, "Sum", 1, FIVE_MINUTES_S, 2, "The sweep does not run",
        {"stage": "{stage}"}, "LessThanThreshold", "breaching",
        reason="It runs each minute. Ten minutes without it are longer than a greeting's hour should wait.",
    )  # fmt: skip
    yield _own(
        "agenda-dead", metrics.AGENDA_DEAD, "Sum", 0, FIVE_MINUTES_S, 1, "Agenda items died",
        "An item dies after eight failures: somebody's greeting, import or event has not happened.",
    )  # fmt: skip
    yield _own(
        "books-differ", metrics.BOOKS_DIFFERING, "Sum", 0, FIVE_MINUTES_S, 1, "Points do not add up",
        "The entries, the header and the lots of a member are to be equal, always: one member is one too many.",
    )  # fmt: skip
    yield _own(
        "agenda-late", metrics.AGENDA_LAG_S, "p99", 900, FIVE_MINUTES_S, 3, "The agenda lags",
        "A minute is the sweep's grain, two a lease; a quarter of an hour late, greetings come at the wrong hour.",
    )  # fmt: skip
    yield _own(
        "nudges-lost", metrics.NUDGES_LOST, "Sum", 50, FIVE_MINUTES_S, 2, "The agenda lags",
        "A lost nudge costs a minute. Many mean that queues cannot be reached, and everything waits for the sweep.",
    )  # fmt: skip


def _of_messages() -> Iterator[Alarm]:
    yield _own(
        "deliveries-unknown", metrics.DELIVERIES_UNKNOWN, "Sum", 0, FIVE_MINUTES_S, 1, "Deliveries are unknown",
        "A day after the attempt nobody knows whether the guest was written to; it will not be tried again.",
    )  # fmt: skip
    yield _own(
        "deliveries-parked", metrics.DELIVERIES_PARKED, "Sum", 20, FIVE_MINUTES_S, 3, "Deliveries are parked",
        "One is a worker that died. Twenty in five minutes, three times running, are a mail service that hangs.",
    )  # fmt: skip
    yield _own(
        "property-paused", metrics.PROPERTIES_PAUSED, "Sum", 0, FIVE_MINUTES_S, 1, "A property's mail is paused",
        "Its guests get no greetings until head office has looked at the addresses and lifts the pause.",
    )  # fmt: skip
    yield _own(
        "imports-failed", metrics.IMPORT_RUNS_FAILED, "Sum", 0, FIVE_MINUTES_S, 1, "An import failed",
        "A property's file was not taken: today's arrivals are missing until somebody sends a better one.",
    )  # fmt: skip
    yield Alarm(
        "ses-bounces", "AWS/SES", "Reputation.BounceRate", "Maximum", 0.04, HOUR_S, 1, "Bounces or complaints rise", {},
        "GreaterThanOrEqualToThreshold", "ignore",
        reason="SES puts an account under review at 5 %: one percent is left to act.",
    )  # fmt: skip
    yield Alarm(
        "ses-complaints", "AWS/SES", "Reputation.ComplaintRate", "Maximum", 0.0008, HOUR_S, 1,
        "Bounces or complaints rise", {}, "GreaterThanOrEqualToThreshold", "ignore",
        reason="SES puts an account under review at 0.1 %: a fifth of that is left to act.",
    )  # fmt: skip
    yield Alarm(
        "sms-spend", "AWS/SNS", "SMSMonthToDateSpentUSD", "Maximum", SMS_LIMIT_USD * SMS_LIMIT_SHARE, HOUR_S, 1,
        "Texts near their spending limit", {}, missing_is="ignore",
        reason="At the limit SNS takes no more texts until the month ends; four fifths leave days to have it raised.",
    )  # fmt: skip


def _of_tables() -> Iterator[Alarm]:
    for name in BUSY_TABLES:
        for metric, short in (("WriteThrottleEvents", "writes"), ("ReadThrottleEvents", "reads")):
            yield Alarm(
                f"table-{name}-{short}-throttled", "AWS/DynamoDB", metric, "Sum", 100, FIVE_MINUTES_S, 2,
                "DynamoDB throttles or fails", {"TableName": name},
                reason="On demand, a table refuses a burst for a moment while it grows. Ten minutes are a hot key.",
            )  # fmt: skip
    for operation in (TRANSACTIONS, "Query"):
        yield Alarm(
            f"table-{AGENDA_TABLE}-{operation.lower()}-errors", "AWS/DynamoDB", "SystemErrors", "Sum", 10,
            FIVE_MINUTES_S, 2, "DynamoDB throttles or fails", {"TableName": AGENDA_TABLE, "Operation": operation},
            reason="AWS's own failures, retried by us. Nearly every change writes here, so this table speaks for all.",
        )  # fmt: skip


def _of_doors() -> Iterator[Alarm]:
    yield _own(
        "sign-in-pauses", metrics.SIGN_IN_PAUSES, "Sum", 50, FIVE_MINUTES_S, 1, "Somebody guesses passwords",
        "A forgetful person is paused a few times; fifty pauses in five minutes are a machine.",
    )  # fmt: skip
