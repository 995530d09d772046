"""The activity log's side: one line for each write, with who and what, and none for what changed nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chalicelib.kernel.audit import AuditRecord
from infra.local import items
from infra.proof.privacy.planting import Visit, is_write
from infra.proof.walls.asking import Reply
from infra.proof.walls.stored import Row

WHO_AND_WHAT = ("subject_key", "action", "actor_kind", "actor_id", "at", "real_at", "request_id")
# What of a request is written beside its effect, and is no effect of its own.
ASIDE = frozenset({"idempotency", "searches", "attempts"})
OF_TWO = frozenset({"create_merge", "part_guests"})  # what is done to two guests is in the log of each


def judged(visit: Visit, reply: Reply, written: frozenset[Row], removed: frozenset[Row]) -> list[str]:
    """What is wrong with what a request left in the activity log."""
    table = AuditRecord.Meta.table_name
    lines = [items.unpack(row[3]) for row in written if row[0] == table]
    effects = [row for row in written | removed if row[0] != table and row[0].partition("-")[2] not in ASIDE]
    subjects = 2 if visit.endpoint.operation_id in OF_TWO else 1
    wanted = subjects if effects and is_write(visit.endpoint) else 0
    wrong = [] if len(lines) == wanted else [f"{len(lines)} lines of the activity log for {reply.status}"]
    for line in lines:
        missing = [name for name in WHO_AND_WHAT if not line.get(name, {}).get("S")]
        if missing:
            wrong.append(f"its line lacks {', '.join(missing)}")
        elif line["request_id"]["S"] != reply.headers["request-id"] or line["actor_kind"]["S"] != visit.endpoint.caller:
            wrong.append("its line names another request or actor")
        elif not line["subject_key"]["S"].startswith("chn_"):
            wrong.append("its line names no subject")
    if visit.is_first and reply.status not in range(200, 400):
        wrong.append(f"it was not taken: {reply.status} {reply.text}")
    if visit.is_first and is_write(visit.endpoint) and not lines:
        wrong.append("it wrote nothing, so nothing was tried")
    return [f"{visit.where}: {one}" for one in wrong]


def totals_wrong(visits: Iterable[Visit], writes: Counter[str]) -> list[str]:
    """Routes that write and of which no write was seen."""
    routes = {visit.endpoint.operation_id for visit in visits if is_write(visit.endpoint)}
    return [f"no write of {route} was noted" for route in sorted(routes) if not writes[route]]
