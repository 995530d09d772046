"""The made-up world: the product's functions, who is at work, the post between them, and a time that one seed rules."""

from __future__ import annotations

import heapq
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import workers
from chalicelib.directory.service import catalogue
from chalicelib.kernel import agenda, aws
from chalicelib.kernel.errors import Refusal
from chalicelib.outreach.service import care, channels, policies, reputation
from infra.local.inprocess import Engine
from infra.local.lambdas import Context, failed_ids, queue_event
from infra.proof.simulator import door, raw, seams
from infra.proof.simulator.baton import Baton, Coin
from infra.proof.simulator.faults import Died, Plan
from infra.proof.simulator.post import Letter, Post

STARTS_AT = datetime(2027, 3, 9, 7, 0, tzinfo=UTC)
REPLY_DOMAIN = "replies.hospes.example"
OPERATOR_KEY = "operator-key-of-the-proof"
SWEEP_EVERY = timedelta(minutes=1)
# The product spreads its work over 32 lanes a class for DynamoDB's sake; here each would only cost one more query.
LANES = 2
STEPS_MAX = 20_000  # of one life: work that never ends is a finding, not a reason to wait


class Endless(RuntimeError):
    """There is always more to do: something keeps putting itself on the agenda."""


class World:
    """One life of the product."""

    def __init__(self, engine: Engine, seed: str, starts_at: datetime) -> None:
        self.engine = engine
        self.seed = seed
        self.random = random.Random(f"{seed} world")
        self.baton = Baton()
        self.time = seams.MadeUpTime(starts_at, lambda: self.baton.running)
        self.door = door.Door(engine, self.time, self.baton, random.Random(f"{seed} door"))
        self.post = Post(engine, self.time, random.Random(f"{seed} post"))
        self.errors: Counter[str] = Counter()  # of handlers, by kind
        self._errands: list[tuple[datetime, int, Callable[[], object]]] = []
        self._memories: dict[str, Any] = {}
        self.baton.on_switch = self._swap_memories
        self.time.on_sleep = self.baton.pass_on

    # -- one worker at a time ---------------------------------------------------------------------------------

    def call(self, handler: str, event: dict[str, Any]) -> Any:
        """Call one of the functions as Lambda does. A process that dies answers nothing and starts afresh."""
        self.door.handler = handler
        try:
            return getattr(workers, handler)(event, Context(handler))
        except Died:
            self.restart()
        except Exception as error:  # noqa: BLE001  (Lambda only notes that the call failed)
            self.errors[f"{handler}: {type(error).__name__}"] += 1
        return NO_ANSWER

    def restart(self) -> None:
        """The worker's process is a new one: it remembers nothing."""
        self.door.revive(self.baton.running)
        _forget()

    def hand_out(self, batch: list[Letter]) -> None:
        """Give letters of one queue to its function."""
        queue = batch[0].queue
        messages = [{"MessageId": one.id, "ReceiptHandle": one.id, "Body": one.body} for one in batch]
        answer = self.call(queue.handler, queue_event(queue.name, messages))
        if answer is NO_ANSWER:
            self.post.returned(batch)
        else:
            self.post.done(batch, frozenset(failed_ids(answer, messages)))

    def sweep(self) -> None:
        """One tick of the schedule."""
        self.call("sweep", {})

    def errand(self, at: datetime, act: Callable[[], object]) -> None:
        """Have somebody do something at an instant of a life to come, whatever is under way then; tried once."""
        heapq.heappush(self._errands, (at, len(self._errands), act))

    def _go(self, act: Callable[[], object]) -> None:
        self.door.handler = "errand"
        try:
            act()
        except Died:
            self.restart()
        except (Refusal, LookupError, aws.ClientError, aws.BotoCoreError) as error:
            self.errors[f"errand: {type(error).__name__}"] += 1

    # -- many -------------------------------------------------------------------------------------------------

    def live(self, until: datetime, *, runners: int = 1, is_restless: bool = False) -> None:
        """Work on until nothing is left to be done before an instant, which it then is.

        With several runners each takes letters of its own, and they go on by turns. Restless: the schedule also ticks
        when nothing is due, while the runners work.
        """
        for _ in range(STEPS_MAX):
            self.post.collect()
            acts = self._acts(runners, is_restless)
            if acts:
                self._run(acts)
                continue
            next_at = self._next_at()
            if next_at is None or next_at > until:
                self.time.jump(until)
                return
            self.time.jump(next_at)
        raise Endless(f"seed {self.seed}: after {STEPS_MAX} steps it is {self.time.now} and there is more to do")

    def _acts(self, runners: int, is_restless: bool) -> dict[str, Callable[[], None]]:
        acts: dict[str, Callable[[], None]] = {}
        for number in range(runners):
            batch = self.post.batch()
            if batch:
                acts[f"runner-{number + 1}"] = partial(self.hand_out, batch)
        due = raw.first_due()
        if due is not None and due <= self.time.now:
            acts["sweeper-1"] = self.sweep
        if self._errands and self._errands[0][0] <= self.time.now:
            act = heapq.heappop(self._errands)[2]
            acts["desk"] = partial(self._go, act)
        if is_restless and acts and self.random.random() < 0.2:
            acts["sweeper-2"] = self.sweep
        return acts

    def _run(self, acts: dict[str, Callable[[], None]]) -> None:
        if len(acts) == 1:
            next(iter(acts.values()))()
        else:
            self.baton.run(acts, Coin(self.random))

    def _next_at(self) -> datetime | None:
        """The next letter, or the tick of the schedule after something has fallen due."""
        found = []
        letter_at = self.post.next_at()
        if letter_at is not None:
            found.append(datetime.fromtimestamp(letter_at, UTC))
        if self._errands:
            found.append(self._errands[0][0])
        due = raw.first_due()
        if due is not None:
            found.append(due.replace(second=0, microsecond=0) + SWEEP_EVERY)
        return max(min(found), self.time.now + timedelta(milliseconds=1)) if found else None

    @contextmanager
    def under(self, plan: Plan) -> Iterator[None]:
        """Let a plan say what goes wrong inside; afterwards it is as it was before."""
        before, self.door.plan = self.door.plan, plan
        try:
            yield
        finally:
            self.door.plan = before

    def _swap_memories(self, former: str, latter: str) -> None:
        """What a process remembers of chains and their policies is its own."""
        self._memories[former] = [catalogue._memory._shelves, *(one._remembered for one in REMEMBERING)]
        shelves, *remembered = self._memories.get(latter) or [{}, *({} for _ in REMEMBERING)]
        catalogue._memory._shelves = shelves
        for one, memory in zip(REMEMBERING, remembered, strict=True):
            vars(one)["_remembered"] = memory


NO_ANSWER = object()
REMEMBERING = (policies, care, channels, reputation)  # what a process reads once in some seconds


def _forget() -> None:
    """Let the process at work remember nothing."""
    catalogue.forget()
    policies.forget()
    channels.forget()


@contextmanager
def made_up(engine: Engine, seed: str, starts_at: datetime = STARTS_AT) -> Iterator[World]:
    """An empty world of one seed. What the product logs in it is its own affair."""
    world = World(engine, seed, starts_at)
    with ExitStack() as stack:
        engine.forget_items()
        _forget()
        stack.callback(_forget)
        lanes, agenda.LANES_PER_CLASS = agenda.LANES_PER_CLASS, LANES
        stack.callback(setattr, agenda, "LANES_PER_CLASS", lanes)
        level = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        stack.callback(logging.disable, level)
        stack.enter_context(seams.let_in(world.time, seed))
        stack.enter_context(seams.known_operator(OPERATOR_KEY))
        stack.enter_context(seams.told("HOSPES_REPLY_DOMAIN", REPLY_DOMAIN))
        door.hang(world.door)
        stack.callback(door.unhang, world.door)
        yield world
