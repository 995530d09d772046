"""Telling the same things in every order, where orders that begin alike share their beginning: half of the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from infra.proof.walls.stored import fingerprint, put_back


def every_order(things: Sequence[Any], tell: Callable[[Any], object]) -> Iterator[tuple[Any, ...]]:
    """Yield each order when all of it has been told. The tables are then as it has left them, and put back after."""
    beginning = fingerprint()
    for place, thing in enumerate(things):
        tell(thing)
        rest = [*things[:place], *things[place + 1 :]]
        if rest:
            for order in every_order(rest, tell):
                yield (thing, *order)
        else:
            yield (thing,)
        put_back(beginning)
