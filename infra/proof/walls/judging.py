"""Sends probes and says what is wrong with the answers."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from infra.proof.walls.asking import Ask, Caller, Reply
from infra.proof.walls.probes import Probe
from infra.proof.walls.stored import Row, fingerprint, put_back
from infra.proof.walls.world import BOTH, EAST, HOUSES, HQ, WEST, Twin

SHOWN_LENGTH_MAX = 200  # of an answer that should have been another

EMULATOR = "/ministack/"  # in the path of its modules


class Ear(logging.Handler):
    """Keeps what is logged, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, but for those of the emulator: it stands where the cloud would."""
        if EMULATOR in record.pathname:
            return
        self.lines.append(self.format(record))

    def taken(self) -> str:
        """What was logged since the last time."""
        lines, self.lines = self.lines, []
        return "\n".join(lines)


@contextmanager
def listening() -> Iterator[Ear]:
    """Hear everything of the product, and of libraries what a function in the cloud would log."""
    ear, root, ours = Ear(), logging.getLogger(), logging.getLogger("chalicelib")
    levels = root.level, ours.level
    root.addHandler(ear)
    root.setLevel(logging.INFO)
    ours.setLevel(logging.DEBUG)
    try:
        yield ear
    finally:
        root.removeHandler(ear)
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


@dataclass
class Judge:
    """Takes probes one by one; `failures` says what was wrong."""

    own: Twin
    other: Twin
    ear: Ear
    failures: list[str] = field(default_factory=list)
    count: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    groups: set[str] = field(default_factory=set)
    _twins: dict[tuple[str, str, str], Reply] = field(default_factory=dict)
    _beginning: frozenset[Row] = field(default_factory=fingerprint)

    def take(self, probe: Probe) -> None:
        """Send a probe, look at the answer and at what became of the tables, and put everything back."""
        self.ear.taken()
        reply = probe.ask.by(probe.caller)
        logged = self.ear.taken()
        self.count += 1
        self.statuses[reply.status] += 1
        self.groups.add(probe.group)
        wrong = [*self._shown(probe, reply, logged), *self._changed(probe, reply)]
        if probe.twin is not None:
            answer = self._twin_of(probe.caller, probe.twin)
            if reply.comparable(*probe.foreign) != answer.comparable(*probe.absent):
                wrong.append(f"told apart from nothing: {_short(reply)} | {_short(answer)}")
        self.failures += [f"{probe.group} as {probe.caller.name}: {probe.ask}: {one}" for one in wrong]

    def _twin_of(self, caller: Caller, twin: Ask) -> Reply:
        """What is answered about nothing; asked once, because it is always the same."""
        key = caller.name, f"{twin.method} {twin.said}", caller.cookie or ""
        if key not in self._twins:
            self._twins[key] = twin.by(caller)
            put_back(self._beginning)
        return self._twins[key]

    def _shown(self, probe: Probe, reply: Reply, logged: str) -> Iterator[str]:
        """Marks from beyond the wall, unless the caller brought them."""
        said = probe.ask.said.casefold()
        for mark in self.hidden_from(probe.caller):
            if mark in said:
                continue
            if mark in f"{reply.headers} {reply.text}".casefold():
                yield f"{mark} is shown"
            if mark in logged.casefold():
                yield f"{mark} is logged"

    def hidden_from(self, caller: Caller) -> list[str]:
        """The marks that a caller must never see."""
        place = caller.name.split(".")[1]
        sister = {WEST: [self.own.mark(EAST)], EAST: [self.own.mark(WEST)]}.get(place, [])
        return [self.other.mark(one) for one in (HQ, BOTH, *HOUSES)] + sister

    def _changed(self, probe: Probe, reply: Reply) -> Iterator[str]:
        now = fingerprint()
        if now == self._beginning:
            return
        changed = now ^ self._beginning
        put_back(self._beginning)
        if reply.status >= 400:
            yield f"refused, and yet it changed {sorted({row[0] for row in changed})}"
        beyond = [row for row in changed if not str(row[1]).startswith(self.own.id)]
        if beyond:
            yield f"it changed what is not the caller's: {sorted({row[0] for row in beyond})}"
        if probe.is_refused and probe.foreign and reply.status < 400 and probe.ask.method != "GET":
            yield f"it was taken: {reply.status}"


def _short(reply: Reply) -> str:
    return f"{reply.status} {reply.text[:SHOWN_LENGTH_MAX]}"
