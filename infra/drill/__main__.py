"""`make drill`: a chain loses all its data and gets it back, on an engine of its own that is gone afterwards.

    python -m infra.drill [--guests 8] [--without-reconcile]

It takes the same steps as a real restore (docs/runbook.md, "Restore"), measures them, and looks at the outbox in the
end: nobody was written to twice, nobody was forgotten. Without the reconciliation it shows what that would have cost.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from infra.drill import tables
from infra.local.children import Child
from infra.local.state import TABLE_PREFIX, Folder, environment, free_port, variables

RESTORED_PREFIX = "hospes-r1-"
ENGINE_WAIT_S = 30.0
STOP_S = 5.0
PART_S = 300.0
COMPLAINT_ENDS = 2  # purposes: greetings and marketing
NEW_GUESTS = 2  # as many as `life.after` creates


class Broken(RuntimeError):
    """A step of the drill failed."""


@dataclass
class Drill:
    """One drill in one folder."""

    folder: Folder
    told: dict[str, str]
    steps: dict[str, float] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the engine is."""
        return self.told["AWS_ENDPOINT_URL"]

    def part(self, module: str, *arguments: str, prefix: str = TABLE_PREFIX) -> dict[str, Any]:
        """Run a part of the drill in a process of its own, with its log beside the others; what it told."""
        with (self.folder.logs / f"{module.rpartition('.')[2]}.log").open("ab") as log:
            done = subprocess.run(
                [sys.executable, "-m", module, *arguments],
                env={**self.told, "HOSPES_TABLE_PREFIX": prefix},
                stdout=subprocess.PIPE,
                stderr=log,
                timeout=PART_S,
                check=False,
            )
        if done.returncode != 0:
            said = done.stdout.decode("utf-8", "replace")
            raise Broken(f"{module} {arguments[:1]} ended with {done.returncode}\n{said}\n{self._tail(module)}")
        return dict(json.loads(done.stdout))

    def step(self, name: str, began: float) -> None:
        """Note how long a step took."""
        self.steps[name] = time.monotonic() - began

    def expect(self, is_so: bool, what: str) -> None:
        """Note what is not as it should be."""
        if not is_so:
            self.findings.append(what)

    def outbox(self) -> list[dict[str, Any]]:
        """Every message that was handed over."""
        with urllib.request.urlopen(f"{self.url}/_hospes/outbox?limit=1000", timeout=30) as answer:
            return list(json.load(answer)["data"])

    def _tail(self, module: str) -> str:
        path = self.folder.logs / f"{module.rpartition('.')[2]}.log"
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def run(drill: Drill, guests: int, *, is_reconciled: bool) -> None:
    """Live, lose, restore, reconcile, live on."""
    client = boto3.Session(region_name=drill.told["AWS_REGION"], **_keys(drill.told)).client(
        "dynamodb", endpoint_url=drill.url
    )
    began = time.monotonic()
    life = drill.part("infra.drill.life", "before", json.dumps({"guests": guests}))
    drill.step("seed and live to the point", began)

    began = time.monotonic()
    names = tables.names_of(client, TABLE_PREFIX)
    lives = tables.time_to_live(client, TABLE_PREFIX, names)
    sums = tables.checksums(client, TABLE_PREFIX, names)
    backups = tables.back_up(client, TABLE_PREFIX, names, "drill")
    point, point_at = datetime.now(UTC), time.monotonic()
    drill.step("back up", began)
    before = Counter(_delivery(entry) for entry in drill.outbox())

    life = drill.part("infra.drill.life", "after", json.dumps(life))
    between = Counter(_delivery(entry) for entry in drill.outbox()) - before

    lost_at = time.monotonic()
    for name in names:
        client.delete_table(TableName=TABLE_PREFIX + name)
    drill.step("lost with the tables (RPO)", point_at)

    began = time.monotonic()
    tables.restore_backups(client, backups, RESTORED_PREFIX)
    tables.equip(client, RESTORED_PREFIX, names, lives)
    drill.step("restore", began)
    began = time.monotonic()
    restored = tables.checksums(client, RESTORED_PREFIX, names)
    drill.step("verify checksums", began)
    for name in names:
        drill.expect(restored[name] == sums[name], f"table {name}: {restored[name]} instead of {sums[name]}")
    present = tables.time_to_live(client, RESTORED_PREFIX, names)
    drill.expect(present == lives, f"time to live: {present} instead of {lives}")

    arguments = ["--since", point.isoformat(), "--log-folder", str(drill.folder.logs)]
    report = _reconciled(drill, arguments) if is_reconciled else None
    drill.step("until the sweep may run again (RTO)", lost_at)
    if report is not None:
        _check(drill, report, _reconciled(drill, arguments), between, guests)
    life = drill.part("infra.drill.life", "again", json.dumps(life), prefix=RESTORED_PREFIX)
    _verify(drill, life, guests)
    counted = {"items": sum(one.items for one in sums.values()), "tables": len(names), "armed": life["armed"]}
    say(drill, {**counted, "mails before the point": before.total(), "mails between": between.total()})


def _reconciled(drill: Drill, arguments: list[str]) -> dict[str, Any]:
    """Tell the restored tables what they have forgotten; the report."""
    began = time.monotonic()
    report = drill.part("infra.drill.reconcile", *arguments, prefix=RESTORED_PREFIX)
    drill.steps.setdefault("reconcile", time.monotonic() - began)
    return report


def _check(drill: Drill, first: dict[str, Any], second: dict[str, Any], between: Counter[str], guests: int) -> None:
    """Whether everything was told, and a second time changed nothing."""
    counts = first["counts"]
    sys.stdout.write(f"reconciled: {json.dumps(counts)}\n")
    sys.stdout.write(f"  guests that only the log knows: {len(first['unknown_guests'])}\n")
    sys.stdout.write(f"  consents withdrawn again: {len(first['withdrawn'])}\n")
    lines = first["evidence"]["attempts"]
    drill.expect(lines >= between.total(), f"{between.total()} mails have left, the log tells of {lines}")
    # Each of the unwilling one purpose; the one who complained, all that a complaint ends.
    drill.expect(counts.get("withdrawn") == guests + COMPLAINT_ENDS, "not every withdrawal was repeated")
    drill.expect(len(first["unknown_guests"]) == NEW_GUESTS, "the guests created after the point were not listed")
    written = sum(second["counts"].get(name, 0) for name in ("claimed", "withdrawn", "stopped"))
    drill.expect(written == 0, f"a second reconciliation wrote {written} things")


def _verify(drill: Drill, life: dict[str, Any], guests: int) -> None:
    """Look at what left the house, and at what the restored tables say of it."""
    mails: dict[str, Counter[str]] = {}
    for entry in drill.outbox():
        mails.setdefault(entry["tags"]["guest"], Counter())[_delivery(entry)] += 1
    twice = [guest for guest, sent in mails.items() if max(sent.values()) > 1]
    drill.expect(not twice, f"{len(twice)} guests were written to twice")
    for group, expected in (("early", 1), ("between", 1), ("late", 1), ("stayed", 1), ("unwilling", 0)):
        count = sum(mails.get(guest, Counter()).total() > 0 for guest in life["groups"][group])
        drill.expect(count == guests * expected, f"{group}: {count} guests were written to, not {guests * expected}")
    drill.expect(life["suppressed"] == 1, f"{life['suppressed']} addresses are suppressed instead of the one")


def say(drill: Drill, counted: dict[str, int]) -> None:
    """The report."""
    for name, number in counted.items():
        sys.stdout.write(f"{name:<40} {number:>8}\n")
    for name, seconds in drill.steps.items():
        sys.stdout.write(f"{name:<40} {seconds:>8.1f} s\n")
    for finding in drill.findings:
        sys.stdout.write(f"NOT RIGHT: {finding}\n")
    good = "Nobody was written to twice, nobody was forgotten."
    sys.stdout.write(f"{'The drill failed.' if drill.findings else good}\n")


def _delivery(entry: dict[str, Any]) -> str:
    return str(entry["tags"]["delivery"])


def _keys(told: dict[str, str]) -> dict[str, str]:
    return {"aws_access_key_id": told["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": told["AWS_SECRET_ACCESS_KEY"]}


def wait_for(url: str) -> None:
    """Return when the engine answers. Raises Broken."""
    ends_at = time.monotonic() + ENGINE_WAIT_S
    while time.monotonic() < ends_at:
        try:
            urllib.request.urlopen(f"{url}/_hospes/health", timeout=2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise Broken("the engine does not answer")


def main() -> int:
    """Run the drill; the exit status."""
    parser = argparse.ArgumentParser(description="Rehearses the loss of all tables and their restore.")
    parser.add_argument("--guests", type=int, default=8, help="of each group")
    parser.add_argument("--without-reconcile", action="store_true", help="show what leaving it out would cost")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hospes-drill-") as path:
        folder = Folder(Path(path))
        port = free_port()
        told = environment(variables(folder, port, free_port()))
        engine = Child("engine", "infra.local.engine", ["--port", str(port), "--data", path], told, folder.logs)
        engine.start()
        drill = Drill(folder, {**told, "HOSPES_LOCAL": path, "PYTHONPATH": os.pathsep.join(sys.path)})
        try:
            wait_for(drill.url)
            run(drill, asked.guests, is_reconciled=not asked.without_reconcile)
        except Broken as broken:
            sys.stdout.write(f"{broken}\n")
            return 1
        finally:
            engine.end()
            engine.wait(STOP_S)
            engine.close()
        return 1 if drill.findings else 0


if __name__ == "__main__":
    sys.exit(main())
