"""P7: Python calls of the accrual ÷ those of a bare boto3 handler that asks for the same, counted by cProfile.

The accrual is what a word about a completed stay leads to: the worker takes the event, prices the stay and books entry,
lot and header in one transaction. As for P1 the bare handler is a floor: it makes the very same calls with parameters
that are ready, decides nothing and builds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore import xform_name

from chalicelib.kernel import agenda, aws, work
from chalicelib.kernel.agenda import EVENT_KIND, AgendaRecord
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.events import reactions_to
from infra.bench.calls import calls_of
from infra.bench.tape import Call, Tape, bare_botocore
from infra.bench.world import World
from infra.proof import inside

GOAL = 1.5
OWN = "loyalty."
RULE = {"id": "spend", "kind": "spend", "points": 10, "per": 100, "categories": ["room"], "names": {"en": "Spent"}}
DIRECT = {
    "id": "direct",
    "kind": "multiplier",
    "percent": 20,
    "where": {"channels": ["direct"]},
    "names": {"en": "Direct"},
}
FILLED = 3  # accruals of a member before the one that is measured: the account has lots already


@dataclass(frozen=True)
class Count:
    """Calls of the product and of the bare handler, and which requests both made."""

    product: int
    bare: int
    transaction: int  # of a bare handler that makes the transaction alone
    asked: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """The product's calls for each of the bare handler's."""
        return self.product / self.bare


@dataclass
class Members:
    """A programme in a world, and guests of it who are members."""

    world: World
    programme_id: str
    ids: list[str]

    def tell(self, number: int, member: int = 0) -> tuple[str, str]:
        """A stay of a member ends; where the event lies that tells of it."""
        today = real_now().date()
        days = {"arrival": (today - timedelta(days=2)).isoformat(), "departure": today.isoformat()}
        stay = self.world.create_stay(number, self.world.guests[member]["id"], status="checked_out", **days)
        subject = self.world.ground.hq.key(stay["id"])
        item = next(
            one
            for one in AgendaRecord.every(subject)
            if one.kind == EVENT_KIND and one.occurrence == "stays.stay_changed"
        )
        return subject, str(item.item_key)


@contextmanager
def alone(context: str = OWN) -> Iterator[None]:
    """Let nobody but one context react inside, by default loyalty: what others do is measured apart."""
    held = vars(agenda)["reactions_to"]
    vars(agenda)["reactions_to"] = lambda event_type: {
        name: one for name, one in reactions_to(event_type).items() if name.startswith(context)
    }
    try:
        yield
    finally:
        vars(agenda)["reactions_to"] = held


def members_in(world: World, count: int = 2) -> Members:
    """A programme of ten points a euro, and members of it who have been there before."""
    version = {"valid_from": "2015-01-01", "rules": [RULE, DIRECT], "expiry": {"months": 24}}
    programme = world.ask(
        world.event("POST", "/v1/programmes", {"name": "Points", "currency": "EUR", "version": version})
    )
    ids = []
    for guest in world.guests[:count]:
        body = {"programme_id": programme["id"], "guest_id": guest["id"], "consent_source": "front_desk"}
        ids.append(str(world.ask(world.event("POST", "/v1/members", body))["id"]))
    found = Members(world, str(programme["id"]), ids)
    inside.work_off()
    with alone():
        for number in range(FILLED):
            found.tell(800 + number)
            inside.work_off()
    return found


def counted(world: World) -> Count:
    """The accrual, counted."""
    members = members_in(world)
    clients = tuple(aws.client(service) for service in ("dynamodb", "sqs"))
    tape = Tape(clients, world.engine)
    with alone():
        subject, item = members.tell(850)
    world.remember()
    with tape.recording():
        work.run(subject, item)
    world.remember()
    product = calls_of(lambda: work.run(subject, item), tape)
    asked = tuple(f"{one.operation} {_table(one.params)}" for one in tape.calls)
    with bare_botocore():
        least = calls_of(lambda: _made(tape.calls), tape)
        return Count(product, least, _alone(tape), asked)


def _made(calls: list[Call]) -> list[Any]:
    return [getattr(aws.client(one.service), xform_name(one.operation))(**one.params) for one in calls]


def _alone(tape: Tape) -> int:
    """Calls of the transaction without what was read before it."""
    chosen = [place for place, one in enumerate(tape.calls) if one.operation == "TransactWriteItems"]
    short = Tape(tape.clients, tape.engine, [tape.calls[one] for one in chosen], [tape._sent[one] for one in chosen])
    return calls_of(lambda: _made(short.calls), short)


def _table(params: dict[str, Any]) -> str:
    operations = [next(iter(one.values())) for one in params.get("TransactItems", ())]
    names = [params["TableName"]] if "TableName" in params else [one["TableName"] for one in operations]
    return "+".join(str(name).rpartition("-")[2] for name in names)
