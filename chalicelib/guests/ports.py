"""What guests asks of the contexts above it, which it cannot import: they say by which function they answer.

    ports.know_holdings("stays", named("service.finding:held_by"))

Whoever answers is declared in its context's `answers`, where every process finds it, and imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope


@dataclass(frozen=True)
class Held:
    """What lies under one id: how much, which of it came since, and what speaks for looking twice before a merge."""

    count: int
    since_ids: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


Look = Callable[[Scope, str, datetime | None], Held]
# Which of some guests a context holds something on, by id, with the reason as an N_-marked sentence.
Hold = Callable[[Scope, Sequence[str]], Mapping[str, str]]

LOOKS: dict[str, Look] = {}
HOLDS: dict[str, Hold] = {}


def know_holdings(name: str, look: Look) -> None:
    """Say how to look what lies under one id of a guest: `look(scope, guest_id, since)`. `name` is `stays` or such."""
    LOOKS[name] = look


def holds_guests(name: str, hold: Hold) -> None:
    """Say what keeps a guest from being removed when an import is undone."""
    HOLDS[name] = hold
