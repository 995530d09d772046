"""P5: processor time of the sender for one greeting, from the item of the agenda to the note of what SES answered.

The greeting is decided and sent once on the engine and then again and again on its tape, so that neither engine nor
network is counted, and all of the product and of botocore is: decision, letter, claim, mail, outcome. Beside it stands
what the same calls to AWS cost with parameters that are ready: the floor under whoever sends one message at a time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from chalicelib.kernel import aws, work
from chalicelib.kernel.agenda import EVENT_KIND, AgendaRecord
from chalicelib.kernel.clock import real_now
from infra.bench.accrual import alone
from infra.bench.tape import Tape, bare_botocore
from infra.bench.world import World, build
from infra.proof.killing import midday_zone

GOAL = 1.0  # milliseconds
ROUNDS, AT_ONCE = 15, 20  # the middle of fifteen rounds of twenty greetings each


@dataclass(frozen=True)
class Time:
    """Milliseconds of processor time for one greeting, and for its calls to AWS alone."""

    greeting_ms: float
    calls_ms: float
    calls: tuple[str, ...]


def measured(world: World) -> Time:
    """One birthday greeting by mail."""
    zone, today = midday_zone(real_now())
    party = build(world.engine, zones=(zone,))
    with alone("outreach."):
        guest = party.create_guest(700, time_zone=None, birth_date=f"1990-{today}")
    subject = party.ground.hq.key(guest["id"])
    event = next(one for one in AgendaRecord.every(subject) if one.kind == EVENT_KIND)
    work.run(subject, str(event.item_key))
    birthday = next(one for one in AgendaRecord.every(subject) if one.kind == "outreach.birthday")
    tape = Tape(tuple(aws.client(service) for service in ("dynamodb", "sqs", "sesv2")), world.engine)
    party.remember()
    with tape.recording():
        work.run(subject, str(birthday.item_key))
    calls = [(getattr(aws.client(one.service), xform_name(one.operation)), one.params) for one in tape.calls]
    greeting = _milliseconds(party, tape, lambda: work.run(subject, str(birthday.item_key)))
    with bare_botocore():
        least = _milliseconds(party, tape, lambda: [call(**params) for call, params in calls])
    return Time(round(greeting, 3), round(least, 3), tuple(one.operation for one in tape.calls))


def _milliseconds(world: World, tape: Tape, run: Callable[[], Any]) -> float:
    _round(world, tape, run)
    return statistics.median(_round(world, tape, run) for _ in range(ROUNDS))


def _round(world: World, tape: Tape, run: Callable[[], Any]) -> float:
    world.remember()  # for ten seconds, which a round does not take
    with tape.playing():
        began = time.process_time()
        for _ in range(AT_ONCE):
            tape.rewind()
            run()
        return (time.process_time() - began) * 1000 / AT_ONCE
