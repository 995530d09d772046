"""What can go wrong with one request to AWS, told in the way in which it reaches botocore: below its own retries."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from infra.proof.simulator.calls import Call, response_of

CRASH_BEFORE, CRASH_AFTER = "crash before", "crash after"
LOST = "lost answer"  # the effect happened, the caller sees a time-out
CUT = "cut"  # the connection was closed; the effect happened or not, and the caller cannot know
REFUSED = "refused"  # no connection at all
THROTTLED = "throttled"
CONFLICT = "conflict"  # with another transaction
FAILED, FAILED_LATE = "failed", "failed late"  # a 5xx without, and with, the effect
PARTLY = "partly"  # a batch of which some was not done

CRASHES = frozenset({CRASH_BEFORE, CRASH_AFTER})
EFFECTIVE = frozenset({CRASH_AFTER, LOST, FAILED_LATE})  # those after which the effect has happened

_ERRORS: dict[tuple[str, str], tuple[int, str]] = {
    ("dynamodb", THROTTLED): (400, "ProvisionedThroughputExceededException"),
    ("dynamodb", FAILED): (500, "InternalServerError"),
    ("sqs", THROTTLED): (403, "RequestThrottled"),
    ("sqs", FAILED): (500, "InternalFailure"),
    ("sesv2", THROTTLED): (429, "TooManyRequestsException"),
    ("sesv2", FAILED): (500, "InternalServiceErrorException"),
    ("sns", THROTTLED): (400, "Throttling"),
    ("sns", FAILED): (500, "InternalError"),
    ("s3", THROTTLED): (503, "SlowDown"),
    ("s3", FAILED): (500, "InternalError"),
}


class Died(BaseException):
    """The process is gone: nothing of the product catches this."""


class Plan(Protocol):
    """Says what goes wrong with a call, or None."""

    def choose(self, call: Call) -> str | None:
        """The fault of this call."""


class Calm:
    """Nothing goes wrong."""

    def choose(self, call: Call) -> str | None:
        """None."""
        return None


class AtCall:
    """One fault at the call of a number, and none after it."""

    def __init__(self, number: int, fault: str) -> None:
        self.number = number
        self.fault = fault
        self.hit: Call | None = None

    def choose(self, call: Call) -> str | None:
        """The fault, once."""
        if call.number != self.number or self.hit is not None:
            return None
        self.hit = call
        return self.fault


class Seeded:
    """Faults at random, each kind at its own rate, up to a bound. A kind that does not suit a call is left out."""

    def __init__(self, source: random.Random, rates: Mapping[str, float], *, most: int | None = None) -> None:
        self._random = source
        self._rates = dict(rates)
        self.left = most

    def choose(self, call: Call) -> str | None:
        """A fault, at its rate."""
        drawn = self._random.random()
        if self.left == 0:
            return None
        for fault, rate in self._rates.items():
            drawn -= rate
            if drawn < 0:
                if not suits(call, fault):
                    return None
                if self.left is not None:
                    self.left -= 1
                return fault
        return None


def suits(call: Call, fault: str) -> bool:
    """Whether a fault can befall a call."""
    if fault == CONFLICT:
        return call.operation == "TransactWriteItems"
    if fault == PARTLY:
        return call.operation in ("BatchGetItem", "SendMessageBatch")
    return True


def befall(call: Call, fault: str, perform: Callable[[Call], AWSResponse], source: random.Random) -> AWSResponse:
    """Let a fault befall a call: performs it or not, then answers, fails or dies as the fault is."""
    if fault == PARTLY:
        return _partly(call, perform)
    if fault in EFFECTIVE or (fault == CUT and source.random() < 0.5):
        perform(call)
    if fault in CRASHES:
        raise Died
    if fault == LOST:
        raise ReadTimeoutError(endpoint_url=call.url)
    if fault == CUT:
        raise ConnectionClosedError(endpoint_url=call.url)
    if fault == REFUSED:
        raise EndpointConnectionError(endpoint_url=call.url)
    if call.operation == "TransactWriteItems" and fault in (CONFLICT, THROTTLED):
        return _cancelled(call, "TransactionConflict" if fault == CONFLICT else "ThrottlingError", source)
    return error(call, *_ERRORS[call.service, FAILED if fault == FAILED_LATE else fault])


def error(call: Call, status: int, code: str) -> AWSResponse:
    """An error in the form of the call's service."""
    if call.service in ("s3", "sns"):
        inner = f"<Error><Code>{code}</Code><Message>made up</Message></Error>"
        text = inner if call.service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>"
        return response_of(call, status, {"Content-Type": "text/xml"}, text.encode())
    body = json.dumps({"__type": f"com.amazonaws.made.up#{code}", "message": "made up"}).encode()
    return response_of(call, status, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": code}, body)


def _cancelled(call: Call, code: str, source: random.Random) -> AWSResponse:
    """A transaction that was cancelled because of one of its items."""
    count = len(call.data["TransactItems"])
    place = source.randrange(count)
    reasons = [{"Code": code if number == place else "None"} for number in range(count)]
    body = {"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": reasons}
    content = json.dumps({**body, "Message": "Transaction cancelled"}).encode()
    return response_of(call, 400, {"Content-Type": "application/x-amz-json-1.0"}, content)


def _partly(call: Call, perform: Callable[[Call], AWSResponse]) -> AWSResponse:
    """A batch of which nothing was done, and which says so in an answer that looks well."""
    if call.operation == "BatchGetItem":
        body = {"Responses": {}, "UnprocessedKeys": call.data["RequestItems"]}
    else:
        entries = [one["Id"] for one in call.data["Entries"]]
        failed = [{"Id": one, "Code": "InternalError", "SenderFault": False} for one in entries]
        body = {"Successful": [], "Failed": failed}
    return response_of(call, 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())
