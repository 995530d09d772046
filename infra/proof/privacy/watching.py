"""What may not give a person away: log lines, the two streams, headers, keys of tables, messages of queues, tags."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib import wiring
from chalicelib.kernel import aws
from chalicelib.kernel.audit import AuditRecord
from chalicelib.kernel.settings import settings
from infra.local import items
from infra.proof.privacy.tokens import Planted
from infra.proof.walls.asking import Reply
from infra.proof.walls.judging import Ear, listening
from infra.proof.walls.stored import Row

LINES_SHOWN = 300  # characters of what gave somebody away


@dataclass
class Watch:
    """Looks for one person's data in everything that comes by."""

    who: Planted
    ear: Ear
    streams: io.StringIO
    failures: list[str] = field(default_factory=list)

    def look(self, where: str, text: str, *, said: str = "") -> None:
        """Note what a text gives away, unless the caller has said it in that very place."""
        found = [one for one in self.who.found_in(text) if one not in self.who.found_in(said)]
        if found:
            at = next((line for line in text.splitlines() if self.who.found_in(line)), text)
            self.failures.append(f"{where}: {', '.join(found)} in {at[:LINES_SHOWN]!r}")

    def logs(self, where: str) -> None:
        """Look at what was logged and printed since the last time."""
        self.look(f"{where}, logged", self.ear.taken())
        self.look(f"{where}, printed", self.streams.getvalue())
        self.streams.seek(0)
        self.streams.truncate()

    def reply(self, where: str, reply: Reply, said: str) -> None:
        """Look at the headers of an answer: addresses are kept by browsers and proxies."""
        for name, value in reply.headers.items():
            self.look(f"{where}, header {name}", value, said=said)
        if reply.status >= 500:
            self.look(f"{where}, answer {reply.status}", reply.text)

    def rows(self, where: str, rows: frozenset[Row]) -> None:
        """Look at the hash keys of what was written, and at the activity log as a whole."""
        for table, hash_value, _, packed in rows:
            self.look(f"{where}, key of {table}", str(hash_value))
            if table == AuditRecord.Meta.table_name:
                self.look(f"{where}, activity log", json.dumps(items.unpack(packed), ensure_ascii=False, default=str))


@contextlib.contextmanager
def watching(who: Planted) -> Iterator[Watch]:
    """Watch logs and streams meanwhile."""
    streams = io.StringIO()
    with listening() as ear, contextlib.redirect_stdout(streams), contextlib.redirect_stderr(streams):
        yield Watch(who, ear, streams)


def taken_messages() -> list[tuple[str, str]]:
    """What lies in the queues, with the worker that it is for; it is taken out."""
    found: list[tuple[str, str]] = []
    for queue in wiring.QUEUES:
        url = settings().queue_url(queue.name)
        while True:
            messages: list[dict[str, Any]] = (
                aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            )
            if not messages:
                break
            for one in messages:
                found.append((queue.handler, str(one["Body"])))
                aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found
