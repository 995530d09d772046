"""Several workers of which exactly one runs at a time; at every AWS call the baton may pass to another, by the seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

ALONE = "main"


class Choice(Protocol):
    """Says who goes on at a call."""

    def next(self, running: str | None, ready: Sequence[str]) -> str:
        """One of `ready`. `running` is at a call, or None at the start and when somebody has ended."""


class Coin:
    """Passes the baton at a call with some probability, to anybody."""

    def __init__(self, source: random.Random, probability: float = 0.5) -> None:
        self._random = source
        self._probability = probability

    def next(self, running: str | None, ready: Sequence[str]) -> str:
        """Whoever the coin says."""
        if running is not None and self._random.random() >= self._probability:
            return running
        return self._random.choice(ready)


class PreemptAt:
    """The first worker runs to its call of a number; then the others run to their end, and it goes on."""

    def __init__(self, first: str, number: int) -> None:
        self._first = first
        self._left = number

    def next(self, running: str | None, ready: Sequence[str]) -> str:
        """The first until its call, then the others, then the first again."""
        others = [one for one in ready if one != self._first]
        if running == self._first:
            self._left -= 1
        if self._first in ready and (self._left >= 0 or not others):
            return self._first
        return running if running in others else others[0]


class Baton:
    """Runs workers in threads of which one holds the baton."""

    def __init__(self) -> None:
        self.running = ALONE
        self.on_switch: Callable[[str, str], None] = lambda former, latter: None
        self._choice: Choice | None = None
        self._gates: dict[str, threading.Semaphore] = {}
        self._ready: list[str] = []
        self._errors: list[BaseException] = []
        self._is_over = threading.Semaphore(0)

    def run(self, workers: Mapping[str, Callable[[], None]], choice: Choice) -> None:
        """Run all workers to their ends. Raises the first error that one of them raised."""
        self._choice = choice
        self._ready, self._errors = list(workers), []
        self._gates = {name: threading.Semaphore(0) for name in workers}
        threads = [
            threading.Thread(target=self._live, args=(name, act), name=name, daemon=True)
            for name, act in workers.items()
        ]
        for thread in threads:
            thread.start()
        self._hand_to(choice.next(None, tuple(self._ready)))
        self._is_over.acquire()
        for thread in threads:
            thread.join()
        self._choice = None
        self._turn(ALONE)
        if self._errors:
            raise self._errors[0]

    def pass_on(self) -> None:
        """Called by whoever runs, where another may go on."""
        if self._choice is None:
            return
        me = self.running
        chosen = self._choice.next(me, tuple(self._ready))
        if chosen != me:
            self._hand_to(chosen)
            self._gates[me].acquire()
            self._turn(me)

    def _live(self, name: str, act: Callable[[], None]) -> None:
        self._gates[name].acquire()
        self._turn(name)
        try:
            act()
        except BaseException as error:  # noqa: BLE001  (it is raised again where the workers were started)
            self._errors.append(error)
        self._ready.remove(name)
        if self._ready and self._choice is not None:
            self._hand_to(self._choice.next(None, tuple(self._ready)))
        else:
            self._is_over.release()

    def _hand_to(self, name: str) -> None:
        self._gates[name].release()

    def _turn(self, name: str) -> None:
        if name != self.running:
            self.on_switch(self.running, name)
            self.running = name
