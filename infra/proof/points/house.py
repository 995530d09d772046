"""A test chain with a programme of points: asks over the API, delivers the work that follows when it is told to, and
lets something go wrong with the next transaction.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

import app
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import KeyIn
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import agenda, aws, testclock, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import ClockRecord
from chalicelib.kernel.events import reactions_to
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import ExternalStayIn
from chalicelib.web import routing
from infra.local import gateway_events
from infra.local.inprocess import ANSWERED, Engine, emitter
from infra.local.lambdas import Context
from infra.proof.chains import Ground, break_ground
from infra.proof.points.books import Policies
from infra.proof.points.store import Books, counted
from infra.proof.simulator import faults, raw
from infra.proof.simulator.calls import Call, call_of, response_of

BEGINNING = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
TRANSACTION = "before-send.dynamodb.TransactWriteItems"  # more than the engine listens to, and so before it
OWN = "loyalty."  # whose reactions are at work: those of other contexts have proofs of their own
ROUNDS_MAX = 20  # of delivering, or of an advance, each some seconds: work that never ends is a finding
TABLES = (
    "members",
    "member-pointers",
    "entries",
    "redemptions",
    "stay-points",
    "liability",
    "programmes",
    "audit",
)


@dataclass(frozen=True)
class Reply:
    """What was answered."""

    status: int
    kind: str
    body: Any


@dataclass
class House:
    """The chain, and what waits for delivery."""

    engine: Engine
    ground: Ground
    token: str
    source: random.Random
    policies: Policies
    programme_id: str = ""
    guests: list[str] = field(default_factory=list)
    nudges: list[AgendaRecord] = field(default_factory=list)
    trouble: Callable[[Call], AWSResponse | None] | None = None
    is_hit: bool = False

    @property
    def today(self) -> date:
        """The chain's local day."""
        return date.fromisoformat(self.policies.day(self.ground.hq.now.isoformat()))

    @property
    def houses(self) -> list[str]:
        """Ids of the properties."""
        return [str(one.id) for one in self.ground.houses]

    # -- asking ----------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, if_match: str = "") -> Reply:
        """One request, once."""
        sent = [("authorization", f"Bearer {self.token}")]
        sent += [("idempotency-key", key)] if key else []
        sent += [("if-match", if_match)] if if_match else []
        content = b"" if body is None else json.dumps(body).encode()
        sent += [("content-type", "application/json")] if content else []
        event = gateway_events.event_of(method, path, sent, content, routing.match(path), "192.0.2.1")
        answer = gateway_events.reply_of(app.app(event, Context("api")))
        told = json.loads(answer.body) if answer.body else None
        kind = str(told.get("type", "")).rpartition("/")[2] if isinstance(told, dict) and answer.status >= 400 else ""
        return Reply(answer.status, kind, told)

    def must(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """A request that has to succeed; its answer. Raises AssertionError."""
        reply = self.ask(method, path, body, **options)
        assert reply.status < 300, (method, path, reply)
        return reply.body

    def tell(self, number: str, guest_id: str, **fields: Any) -> None:
        """Let the property system tell of a stay."""
        body = ExternalStayIn.model_validate({"guest_id": guest_id, **fields})
        stays.upsert_external(self.ground.hq, "pms", self.houses[0], number, body)

    # -- what follows ----------------------------------------------------------------------------------------------

    def deliver(self, *, is_shuffled: bool = False, is_doubled: bool = False) -> None:
        """Do what was nudged, and what follows from it, until nothing is left."""
        for _ in range(ROUNDS_MAX):
            batch, self.nudges = self.nudges, []
            if not batch:
                return
            batch += batch if is_doubled else []
            if is_shuffled:
                self.source.shuffle(batch)
            for one in batch:
                work.run(str(one.subject_key), str(one.item_key), str(one.revision))
        raise RuntimeError("there is always more to do")

    def advance(self, days: float) -> None:
        """Let the chain's clock run; what is overdue is done first, whether or not its nudge arrived."""
        scope = self.ground.hq
        testclock.request_advance(scope, to=scope.now + timedelta(days=days))
        subject = scope.key(scope.chain_id)
        for _ in range(ROUNDS_MAX):
            work.run(subject, testclock.ADVANCE_KIND)
            clock = ClockRecord.find(scope.chain_id)
            if clock is not None and not clock.target_at:
                self.nudges = []  # they are stale: the advance has done them
                return
        raise RuntimeError("the clock does not arrive")

    # -- what goes wrong -------------------------------------------------------------------------------------------

    def befall(self, fault: str) -> None:
        """Let a fault befall the next transaction."""
        self.trouble = lambda call: faults.befall(call, fault, self._perform, self.source)

    def meanwhile(self, act: Callable[[], object]) -> None:
        """Have somebody do something between the decision of the next transaction and its commit."""

        def first(call: Call) -> None:
            act()

        self.trouble = first

    def hook(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """Every transaction passes here, before the engine."""
        if self.trouble is None:
            return None
        trouble, self.trouble, self.is_hit = self.trouble, None, True
        answer = trouble(call_of(request, "house", 0))
        if answer is not None:
            setattr(request, ANSWERED, answer)
        return answer

    def _perform(self, call: Call) -> AWSResponse:
        status, headers, body = self.engine.fetch(call.method, call.url, call.content, call.headers)
        return response_of(call, status, headers, body)

    # -- what lies stored ------------------------------------------------------------------------------------------

    def stored(self) -> dict[str, list[dict[str, Any]]]:
        """All items of loyalty, and the activity log."""
        return {table: list(raw.every(table)) for table in TABLES}

    def headers(self) -> dict[str, dict[str, Any]]:
        """Members' headers by id."""
        found = (one for one in raw.every("members") if one["part"] == "member")
        return {one["member_key"].split("#", 1)[1]: one for one in found}

    def sums(self) -> dict[str, tuple[int, int, int]]:
        """Balance, pending and held of every member."""
        return {id: (one["balance"], one["pending"], one["held"]) for id, one in self.headers().items()}


def version(**fields: Any) -> dict[str, Any]:
    """Ten points a euro of room, fifty for two nights or more, a fifth more for direct bookings."""
    rules = [
        {
            "id": "spend",
            "kind": "spend",
            "points": 10,
            "per": 100,
            "categories": ["room"],
            "names": {"en": "Spent"},
        },
        {"id": "nights", "kind": "stay", "points": 50, "where": {"nights_min": 2}, "names": {"en": "Stayed"}},
        {
            "id": "direct",
            "kind": "multiplier",
            "percent": 20,
            "where": {"channels": ["direct"]},
            "names": {"en": "Direct"},
        },
    ]
    return {"valid_from": "2015-01-01", "rules": rules, "transfer_max_year": 1_000, **fields}


@contextmanager
def opened(
    engine: Engine, seed: str, policies: Policies, *, members: int = 2, pause: float = 0.0, **fields: Any
) -> Iterator[House]:
    """A fresh house with a programme and guests in it; who sleeps while it is open sleeps for a part of the time."""
    engine.forget_items()
    directory.forget()
    changed: dict[tuple[Any, str], Any] = {
        (time, "sleep"): lambda seconds, sleep=time.sleep: sleep(seconds * pause) if pause else None,
        (agenda, "send"): lambda lane_class, records: house.nudges.extend(records) if house is not None else None,
        (agenda, "reactions_to"): _own_reactions,
    }
    held = {(place, name): getattr(place, name) for place, name in changed}
    client = aws.client("dynamodb")
    house: House | None = None
    try:
        for (place, name), value in changed.items():
            setattr(place, name, value)
        ground = break_ground(starts_at=BEGINNING, zones=(policies.zone, policies.zone))
        _, token = directory.create_key(ground.hq, KeyIn(name="Proof", permissions=sorted(directory.PERMISSIONS)))
        house = House(engine, ground, token, random.Random(f"{seed} house"), policies)
        emitter(client).register_first(TRANSACTION, house.hook)
        said = {
            "returns": policies.returns,
            "lapsed": policies.lapsed,
            "lapsed_days": policies.lapsed_days,
            **fields,
        }
        body = {"name": "Points", "currency": "EUR", "version": version(**said)}
        house.programme_id = house.must("POST", "/v1/programmes", body, key="programme")["id"]
        for number in range(members):
            house.guests.append(new_guest(house, number))
        yield house
    finally:
        if house is not None:
            emitter(client).unregister(TRANSACTION, house.hook)
        for (place, name), value in held.items():
            setattr(place, name, value)


def _own_reactions(event_type: str) -> dict[str, Any]:
    return {name: one for name, one in reactions_to(event_type).items() if name.startswith(OWN)}


@contextmanager
def silenced() -> Iterator[None]:
    """What the product logs of all this is its own affair."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(level)


def new_guest(house: House, number: int) -> str:
    """A guest of the house; the id."""
    body = {"given_name": "Ana", "family_name": f"Silva {number}", "home_property_id": house.houses[0]}
    return str(guests.create(house.ground.hq, GuestIn.model_validate(body)).id)


def join(house: House, guest_id: str, *, key: str | None = None) -> str:
    """Make a guest a member; the member's id."""
    body = {"programme_id": house.programme_id, "guest_id": guest_id, "consent_source": "front_desk"}
    return str(house.must("POST", "/v1/members", body, key=key)["id"])


def problems_of(house: House, books: Books, *, is_settled: bool) -> list[str]:
    """What is wrong with the books; with the counters only when nothing waits for delivery."""
    found = books.read()
    if is_settled:
        ours, theirs = books.owed(), counted()
        found += [
            f"counter {cell}: {theirs[cell]}, the entries say {ours[cell]}"
            for cell in sorted(ours.keys() | theirs.keys())
            if ours[cell] != theirs[cell]
        ]
        owed = sum(_sign(cell[-1]) * points for cell, points in theirs.items())
        balances = sum(one[0] for one in house.sums().values())
        if owed != balances:
            found.append(f"{owed} are owed by the counters, {balances} by the balances")
    return found


def _sign(column: str) -> int:
    return {"issued": 0, "confirmed": 1, "adjusted": 1}.get(column, -1)
