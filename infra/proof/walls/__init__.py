"""I9: a chain never sees another, and a property never sees a sister's.

Two chains are made that are twins in everything that people type. Every caller of one asks for everything of the other,
and those of one house for everything of the sister's, on every declared route, in every place that takes an id or a
cursor. What they are answered must be, to the letter, what is answered about something that there never was; nothing of
it may show in any answer, log line or mail; and nothing of it may change. Time is not judged.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.walls import keys_and_links
from infra.proof.walls.asking import Ask
from infra.proof.walls.judging import Judge, listening
from infra.proof.walls.probes import (
    Probe,
    Side,
    by_address,
    by_body,
    by_cursor,
    by_form,
    by_parameter,
    by_words,
    cursors_of,
    own_views,
    sides,
)
from infra.proof.walls.world import EAST, HQ, Twin, make_twins

FULL = 10_000
READABLE = {
    "gst": "guests", "sty": "stays", "prp": "properties", "brd": "brands", "stf": "staff", "key": "api-keys",
    "imp": "imports", "dlv": "deliveries", "sup": "suppressions", "adv": "test-clock/advances", "prg": "programmes",
    "mem": "members",
}  # fmt: skip


def prove(scale: float, seed: int) -> Finding:
    """The line of the proof, on a stack of its own in this process."""
    return probe(inside.stand_up(), scale, seed)


def probe(engine: Engine, scale: float, seed: int) -> Finding:
    """The same on a stack that stands."""
    twins = own, other = make_twins()
    finding = Finding(goal_of(FULL, scale))
    everybody = sides(own, other)
    with listening() as ear:
        judge = Judge(own, other, ear)
        keys_and_links.mails(judge, twins, engine.outbox())
        for one in sample(all_probes(own, other), finding.goal, seed):
            judge.take(one)
        strangers = [*sides(other, own)[:1], _sister(own)]
        keys_and_links.reused_keys(judge, everybody, strangers)
        keys_and_links.followed_links(judge, own)
        keys_and_links.file_addresses(judge, [side for side in everybody if _imports(side)], other)
        keys_and_links.crossed_events(judge, own, other)
    finding.count = judge.count
    finding.failures = [*absent_things(own), *absent_things(other), *judge.failures]
    finding.notes = {"seed": seed, "routes": len(judge.groups), "callers": len(everybody)}
    finding.notes |= {f"answers {status}": count for status, count in sorted(judge.statuses.items())}
    return finding


def all_probes(own: Twin, other: Twin) -> list[Probe]:
    """Everything that everybody of a chain can ask about what is not theirs."""
    everybody = sides(own, other)
    foreign = cursors_of(other, ["hq_admin.hq", "everything.east"], is_of_sister=False)
    sisters = cursors_of(own, ["everything.east"], is_of_sister=True)
    return [
        *keys_and_links.forged_links(own, other),
        *(one for side in everybody for one in _of(side, other)),
        *(one for side in everybody for one in by_cursor(side, foreign if side.place == HQ else [*foreign, *sisters])),
    ]


def sample(probes: list[Probe], count: int, seed: int) -> list[Probe]:
    """So many of them, chosen by the seed; every way at every route comes once before any comes twice."""
    probes = list(probes)
    random.Random(seed).shuffle(probes)
    seen: Counter[str] = Counter()
    ranked = []
    for one in probes:
        seen[one.group] += 1
        ranked.append((seen[one.group], one))
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])][:count]


def absent_things(twin: Twin) -> list[str]:
    """What should be there and is not: or else nothing would be compared with nothing."""
    owner = twin.callers["hq_admin.hq"]
    failures = []
    for place in twin.ids:
        for kind, path in READABLE.items():
            for one in twin.of(place, kind):
                status = Ask("GET", f"/v1/{path}/{one}").by(owner).status
                if status != 200:
                    failures.append(f"{kind} of {place} is not there: {status}")
    kinds = {kind for place in twin.ids.values() for kind in place}
    missing = {*READABLE, "run"} - kinds
    return failures + [f"there is no {kind}" for kind in sorted(missing)]


def _of(side: Side, other: Twin) -> Iterator[Probe]:
    for way in (by_address, by_parameter, by_form, by_body, own_views):
        yield from way(side)
    yield from by_words(side, other)


def _sister(own: Twin) -> Side:
    return Side(own.callers["everything.east"], EAST, own, {}, None)


def _imports(side: Side) -> bool:
    """Whether a caller may import files."""
    return side.caller.name.split(".")[0] in ("hq_admin", "property_manager", "everything")
