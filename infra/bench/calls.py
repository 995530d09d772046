"""P1: Python calls of a request ÷ those of a bare boto3 handler that makes the same AWS calls, counted by cProfile.

The bare handler is a floor, not a rival: a Chalice view that reads its JSON, makes the very same calls with parameters
that are ready, on botocore as it is, and answers JSON that is ready. It checks nothing and builds nothing. Both get
their answers from a tape, whose own calls are taken off; both have run before, so that nothing is counted that happens
once in a process.
"""

from __future__ import annotations

import cProfile
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from chalice.app import Chalice

import app
from chalicelib.kernel import aws
from infra.bench import tape as tape_module
from infra.bench.requests import LISTS, requests_of
from infra.bench.tape import Call, Tape, bare_botocore
from infra.bench.world import World

WARM_RUNS = 3
GOAL = 1.5
GOAL_OF_LISTS = 2.0
PATTERN = "/bare/{subject}"


@dataclass(frozen=True)
class Count:
    """One kind of request: calls of the product and of the bare handler."""

    name: str
    product: int
    bare: int
    aws_calls: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """The product's calls for each of the bare handler's."""
        return self.product / self.bare

    @property
    def goal(self) -> float:
        """What the ratio may be at most."""
        return GOAL_OF_LISTS if self.name in LISTS else GOAL


def counts(world: World) -> list[Count]:
    """All requests, counted."""
    return [_count(world, name, event) for name, event in requests_of(world).items()]


def _count(world: World, name: str, event: dict[str, Any]) -> Count:
    clients = tuple(aws.client(service) for service in ("dynamodb", "sqs"))
    tape = Tape(clients, world.engine)
    world.remember()
    with tape.recording():
        answer = world.answer(event)
    world.remember()
    product = calls_of(lambda: app.app(event, None), tape)
    bare = bare_app(tape.calls, answer["body"])
    plain = {**event, "resource": PATTERN, "pathParameters": {"subject": "x"}}
    plain["requestContext"] = {**event["requestContext"], "resourcePath": PATTERN}
    with bare_botocore():
        least = calls_of(lambda: bare(plain, None), tape)
    return Count(name, product, least, tuple(call.operation for call in tape.calls))


def bare_app(calls: list[Call], body: str) -> Chalice:
    """A Chalice app that makes these calls and answers this body."""
    bare = Chalice(app_name="bare")

    @bare.route(PATTERN, methods=["GET", "POST", "PATCH"])
    def view(subject: str) -> Any:
        request = bare.current_request
        if request is not None and request.method != "GET":
            request.json_body  # noqa: B018  (reading it is what is counted)
        for call, method in methods:
            getattr(aws.client(call.service), method)(**call.params)
        return json.loads(body)

    methods = [(call, xform_name(call.operation)) for call in calls]
    return bare


def calls_of(run: Callable[[], object], tape: Tape) -> int:
    """Function calls, Python's and C's, of one run on the tape, without the tape's own."""
    with tape.playing():
        for _ in range(WARM_RUNS):
            tape.rewind()
            run()
        tape.rewind()
        profile = cProfile.Profile()
        profile.enable()
        run()
        profile.disable()
        tape.check_played_out()
    total = 0
    for entry in profile.getstats():
        total += entry.callcount
        if not isinstance(entry.code, str) and entry.code.co_filename == tape_module.__file__:
            total -= entry.callcount
            total -= sum(sub.callcount for sub in entry.calls or () if isinstance(sub.code, str))
    return total
