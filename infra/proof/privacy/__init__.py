"""I17: no personal data in logs, and every write is noted in the activity log.

A person's data are planted wherever a request has room for them, on every declared route: where they belong, and in
parameters, headers, wrong fields and broken bodies; while AWS fails with errors that quote them; in files, in queue
messages, in the forms of the portal. Whatever is logged or printed then, every header, every key and every queue
message is searched for them, also escaped, encoded and as bare digits. Each write that succeeds has to leave one line
of the activity log, with who did it and to what, and without what was in it.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from chalicelib import rooms, workers
from chalicelib.connect import service as connect
from chalicelib.kernel.settings import settings
from chalicelib.web.endpoints import Endpoint
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding
from infra.proof.privacy import audits, elsewhere
from infra.proof.privacy.faults import broken
from infra.proof.privacy.planting import Visit, cases, is_write
from infra.proof.privacy.tokens import Planted
from infra.proof.privacy.watching import Watch, taken_messages, watching
from infra.proof.walls.asking import Ask, Caller
from infra.proof.walls.probes import Side, sides
from infra.proof.walls.stored import fingerprint, put_back
from infra.proof.walls.world import WEST, Twin, make_twins

ENDPOINTS: list[Endpoint] = [one for api in rooms.APIS for one in api.endpoints]
OPERATOR_VARIABLE = "HOSPES_OPERATOR_KEY_HASH"
OPERATOR_KEY = "the operator of the proof"
NOBODY = Caller("nobody.hq")
ROUNDS_MAX = 20  # of work that makes work


def prove(scale: float, seed: int) -> Finding:
    """The line of the proof, on a stack of its own in this process."""
    return search(inside.stand_up(), scale, seed)


def search(engine: Engine, scale: float, seed: int) -> Finding:
    """The same on a stack that stands."""
    own, other = make_twins()
    who = Planted.of(seed)
    visits = sample(visits_of(sides(own, other)[0], who), scale, seed)
    finding = Finding(len(visits))
    writes: Counter[str] = Counter()
    with operator_in_office(), watching(who) as watch:
        for visit in visits:
            visit_one(visit, own, watch, writes)
        elsewhere_count = elsewhere.look_round(watch, own)
    finding.count = len(visits) + elsewhere_count
    finding.failures = [*watch.failures, *audits.totals_wrong(visits, writes)]
    finding.notes = {
        "seed": seed,
        "routes": len({visit.endpoint.operation_id for visit in visits}),
        "writes noted": sum(writes.values()),
        "elsewhere": elsewhere_count,
    }
    return finding


def visits_of(head: Side, who: Planted) -> list[Visit]:
    """Every case of every route, each by whoever may ask it."""
    callers = {"key": head.caller, "operator": Caller("operator.hq", token=OPERATOR_KEY), "public": NOBODY}
    return [Visit(one, callers[one.caller], case) for one in ENDPOINTS for case in cases(one, head, who)]


def sample(visits: list[Visit], scale: float, seed: int) -> list[Visit]:
    """A part of them: every route as it should be, and of the other cases as many as the scale asks for."""
    first = [one for one in visits if one.is_first]
    rest = [one for one in visits if not one.is_first]
    random.Random(seed).shuffle(rest)
    return [*first, *rest[: math.ceil(len(rest) * scale)]]


@contextmanager
def operator_in_office() -> Iterator[None]:
    """An operator whose key is known here."""
    before = os.environ.get(OPERATOR_VARIABLE)
    os.environ[OPERATOR_VARIABLE] = hashlib.sha256(OPERATOR_KEY.encode()).hexdigest()
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.pop(OPERATOR_VARIABLE)
        if before is not None:
            os.environ[OPERATOR_VARIABLE] = before
        settings.cache_clear()


def visit_one(visit: Visit, own: Twin, watch: Watch, writes: Counter[str]) -> None:
    """Send one, look at all that came of it, count what was noted, and put everything back."""
    beginning = fingerprint()
    ask = _prepared(visit, own)
    taken_messages()
    before = fingerprint()
    with broken(visit.case.fault, watch.who):
        reply = ask.by(NOBODY if visit.case.is_nobody else visit.caller)
    written, removed = fingerprint() - before, before - fingerprint()
    watch.logs(visit.where)
    watch.reply(visit.where, reply, ask.said)
    watch.rows(visit.where, written)
    watch.failures += audits.judged(visit, reply, written, removed)
    writes[visit.endpoint.operation_id] += is_write(visit.endpoint) and reply.status < 300
    _run_what_follows(visit, watch)
    put_back(beginning)


def _prepared(visit: Visit, own: Twin) -> Ask:
    """The request with the version that is there, and for a cancellation with a run that can be cancelled."""
    ask = visit.case.ask
    if visit.endpoint.operation_id == "cancel_import_run" and visit.is_first:
        import_id = own.of(WEST, "imp")[0]
        run = connect.start_run(own.hq, import_id, "real")
        ask = replace(ask, target=f"/v1/imports/{import_id}/runs/{run.id}/cancellations")
    if visit.endpoint.needs_match and ("if-match", '"v1"') in ask.headers:
        tag = Ask("GET", ask.target.partition("?")[0]).by(visit.caller).headers.get("etag", '"v1"')
        others = tuple(one for one in ask.headers if one[0] != "if-match")
        ask = replace(ask, headers=(*others, ("if-match", tag)))
    return ask


def _run_what_follows(visit: Visit, watch: Watch) -> None:
    """Look at the messages that a request left in the queues; after one as it should be, work them off as well."""
    for _ in range(ROUNDS_MAX):
        messages = taken_messages()
        for handler, body in messages:
            watch.look(f"{visit.where}, queue message", body)
            if visit.is_first:
                getattr(workers, handler)({"Records": [{"messageId": "1", "body": body}]}, None)
        watch.logs(f"{visit.where}, what follows")
        if not messages or not visit.is_first:
            return
