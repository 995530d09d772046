"""The way of every request of this process to AWS: here the made-up world decides who goes on and what goes wrong."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from chalicelib.kernel import aws
from infra.local.inprocess import ANSWERED, EVENT, Engine, emitter
from infra.proof.simulator import seams
from infra.proof.simulator.baton import Baton
from infra.proof.simulator.calls import Call, call_of, response_of
from infra.proof.simulator.faults import CUT, EFFECTIVE, Calm, Died, Plan, befall
from infra.proof.simulator.seams import MadeUpTime
from infra.proof.simulator.stale import Past

CALL_S = 0.004  # what a request takes in the made-up time

Listener = Callable[[Call, int], None]  # a call that was performed, and the status it was answered with

_installed: Door | None = None


class Door:
    """What one world does with the requests of its workers."""

    def __init__(self, engine: Engine, time: MadeUpTime, baton: Baton, source: random.Random) -> None:
        self.engine = engine
        self.plan: Plan = Calm()
        self.stale_rate = 0.0
        self.listeners: list[Listener] = []
        self.past = Past()
        self.made = 0  # calls of workers, which are those that a plan is asked about
        self.handler = ""  # what is at work, for whoever counts what was covered
        self.befallen: Counter[str] = Counter()
        self.covered: Counter[tuple[str, str]] = Counter()
        self.sends_hit: set[str] = set()  # deliveries whose attempt was hit: they may stay in doubt
        self._dead: set[str] = set()
        self._time = time
        self._baton = baton
        self._random = source
        self._trace = hashlib.blake2b(digest_size=16)

    @property
    def trace(self) -> str:
        """A digest of every byte that was sent so far, by whom, and of what went wrong."""
        return self._trace.hexdigest()

    def revive(self, worker: str) -> None:
        """A new process of that name."""
        self._dead.discard(worker)

    def take(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a request of a worker, or let happen what the plan says."""
        worker = self._baton.running
        if worker in self._dead:
            raise Died  # whatever cleans up after a death has no process to do it in
        self._baton.pass_on()
        self._time.pass_by(CALL_S)
        call = call_of(request, worker, self.made)
        self.made += 1
        fault = self.plan.choose(call)
        self._trace.update(f"{worker} {call.service} {call.operation} {fault} ".encode() + call.content)
        if fault is None:
            return self.perform(call)
        self.befallen[fault] += 1
        self.covered[self.handler, call.operation] += 1
        self._note_hit(call, fault)
        try:
            return befall(call, fault, self.perform, self._random)
        except Died:
            self._dead.add(worker)
            raise

    def _note_hit(self, call: Call, fault: str) -> None:
        """From a claim that was committed until the attempt is noted a fault leaves the outcome in doubt."""
        self.sends_hit.update(call.deliveries)
        for item in call.puts("deliveries"):
            if item["delivery_status"]["S"] != "claimed" or fault in EFFECTIVE or fault == CUT:
                self.sends_hit.add(item["id"]["S"])

    def perform(self, call: Call) -> AWSResponse:
        """Let a request have its effect."""
        if call.index is not None and self.stale_rate and self._random.random() < self.stale_rate:
            answer = self.past.seen_late(call.tables[0], self._random, lambda: self._ask(call))
        else:
            answer = self._ask(call)
        for listener in self.listeners:
            listener(call, answer.status_code)
        return answer

    def _ask(self, call: Call) -> AWSResponse:
        status, headers, body = self.engine.fetch(call.method, call.url, call.content, call.headers)
        return response_of(call, status, headers, body)


def _before_send(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
    if _installed is None:
        return None  # there is no made-up world: whoever comes next answers
    answer: AWSResponse | None = getattr(request, ANSWERED, None)
    if answer is None:
        answer = _installed.take(request)
        setattr(request, ANSWERED, answer)  # the engine's own listener answers nothing a second time
    return answer


_hung: set[int] = set()


def hang(door: Door) -> None:
    """Send every request of this process through a door from now on."""
    global _installed
    if id(aws.session()) not in _hung:
        _hung.add(id(aws.session()))
        seams.know_quotas()
        door.engine.uninstall(aws.session())
        emitter(aws.session()).register_first(EVENT, _before_send)
        door.engine.install(aws.session())  # behind the door
        aws.client.cache_clear()  # clients that exist already do not know the door
    _installed = door
    door.past.listen()


def unhang(door: Door) -> None:
    """Let requests go as they did before."""
    global _installed
    if _installed is door:
        _installed = None
    door.past.unlisten()
