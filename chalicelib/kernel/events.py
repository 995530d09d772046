"""Facts that contexts announce, and the register of those who react to them.

An event is an item of the agenda (see `agenda`): written with the change that it tells of, run at once by a nudge, and
found by the sweep if the process died in between. A reaction gets the scope, the event and a Unit; what it adds to the
Unit is committed together with its own name being crossed off, so that a second delivery changes nothing. It reads the
present state through the owner's service and must not depend on the order of events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from chalicelib.kernel import logs
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit


@dataclass(frozen=True)
class Event:
    """A fact: type in the past tense (`stays.stay_completed`), the subject it is about, and thin details (ids only)."""

    type: str
    subject_id: str
    version: int = 0
    detail: dict[str, Any] = field(default_factory=dict)


Reaction = Callable[[Scope, Event, Unit], None]

_REACTIONS: dict[str, dict[str, Reaction]] = {}


def reacts_to(event_type: str, name: str) -> Callable[[Reaction], Reaction]:
    """Register a function as the reaction `name` (`outreach.arm_birthday`) to events of a type."""

    def register(reaction: Reaction) -> Reaction:
        known = _REACTIONS.setdefault(event_type, {})
        if name in known and known[name] != reaction:
            raise ValueError(f"{name} reacts to {event_type} already")
        known[name] = reaction
        logs.allow([name, event_type])
        return reaction

    return register


def reactions_to(event_type: str) -> dict[str, Reaction]:
    """The registered reactions by name."""
    return _REACTIONS.get(event_type, {})
