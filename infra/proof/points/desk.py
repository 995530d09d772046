"""Whoever asks for something with points: under trouble, with a twin or a rival, and again under the same key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.proof.points.house import House, Reply
from infra.proof.simulator import faults

RIVAL, TWIN = "rival", "twin"
TROUBLES = ("", "", "", "", faults.LOST, faults.CONFLICT, faults.THROTTLED, faults.CUT, RIVAL, TWIN)
GIFT = 7  # points that a rival gives in between
KEYED_ANSWERS = (409, 422)  # to another body under a key that is known


@dataclass(frozen=True)
class Asked:
    """A call that succeeded, and what it was answered."""

    path: str
    body: Any
    key: str
    reply: Reply


@dataclass
class Desk:
    """Asks, and remembers what was answered."""

    house: House
    asked: list[Asked] = field(default_factory=list)
    number: int = 0
    hits: int = 0
    is_hit: bool = False  # whether the last call met its trouble

    def ask(self, path: str, body: Any, trouble: str = "", *, member_id: str = "") -> Reply:
        """Ask once, with something going wrong at the first transaction; twins have to be answered alike."""
        self.number += 1
        key, twins, house = f"ask-{self.number}", [], self.house
        if trouble == TWIN:
            house.meanwhile(lambda: twins.append(house.ask("POST", path, body, key=key)))
        elif trouble == RIVAL:
            house.meanwhile(lambda: house.must("POST", f"/v1/members/{member_id}/adjustments", gift(), key=f"{key}-r"))
        elif trouble:
            house.befall(trouble)
        house.is_hit = False
        reply = house.ask("POST", path, body, key=key)
        house.trouble = None
        self.is_hit = house.is_hit
        self.hits += house.is_hit
        assert reply.status < 500, f"{path}: {reply}"
        assert all(twin == reply for twin in twins), f"{path}: one call was answered {reply}, its twin {twins}"
        if reply.status < 300:
            self.asked.append(Asked(path, body, key, reply))
        return reply

    def repeat(self, place: int) -> None:
        """Ask something again under its key: the same answer, and nothing changes."""
        one = self.asked[place % len(self.asked)]
        with self._nothing_changes(one):
            reply = self.house.ask("POST", one.path, one.body, key=one.key)
            assert reply == one.reply, f"{one.path}: {one.reply} the first time, {reply} the second"

    def reuse(self, place: int) -> None:
        """Ask something else under a key that was used: refused, and nothing changes."""
        one = self.asked[place % len(self.asked)]
        with self._nothing_changes(one):
            reply = self.house.ask("POST", one.path, {**(one.body or {}), "points": 3}, key=one.key)
            is_same = one.body is not None and one.body.get("points") == 3
            assert is_same or reply.status in KEYED_ANSWERS, f"{one.path}: another body was answered {reply}"

    @contextmanager
    def _nothing_changes(self, one: Asked) -> Iterator[None]:
        before = self.house.stored()
        yield
        after = self.house.stored()
        changed = [table for table in before if before[table] != after[table]]
        assert not changed, f"{one.path}, asked again, changed {changed}"


def gift() -> dict[str, Any]:
    """What a rival does in between: the account changes, and nothing becomes too little."""
    return {"points": GIFT, "reason": "goodwill", "cost_owner": "chain"}
