"""`make bench`: every line in a process of its own; prints a table and writes `.local/bench.json`.

The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from infra.local.state import Folder

NAMES = {
    "P1": "Python calls per request ÷ a bare boto3 handler",
    "P2": "capacity units ÷ the least of the design",
    "P3": "AWS round trips ÷ the least of the design",
    "P4": "items read to find one due greeting",
    "P5": "processor time of the sender for a greeting",
    "P6": "import rate ÷ raw TransactWriteItems",
    "P7": "accrual: Python calls ÷ a bare boto3 handler",
    "P8": "cold import ÷ import boto3",
    "P9": "package without boto3",
    "P10": "greetings doubled or lost by kills",
    "import memory": "memory at 119,390 rows ÷ at 10,000",
    "lookup_read_units_10k": "read units to find a guest's doubles, 10,000 guests",
    "lookup_read_units_1m": "the same, a million guests",
    "match_pairs_per_s": "pairs of guests weighed a second",
}
OUTPUT = "bench.json"
AT_LEAST = frozenset({"P6", "match_pairs_per_s"})  # the others are goals from above


def main() -> int:
    """All lines, or those that are named."""
    wanted = sys.argv[1:] or list(NAMES)
    path = Folder.here().path / OUTPUT
    path.parent.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = json.loads(path.read_text()) if sys.argv[1:] and path.exists() else {}
    for name in wanted:
        began = time.monotonic()
        found[name] = _measured(name)
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        say(_row(name, found[name]) + f"  {time.monotonic() - began:5.0f} s")
    missed = [name for name in wanted if not found[name]["is_met"] and found[name]["value"] is not None]
    say(f"{path}: " + (f"missed: {', '.join(missed)}" if missed else "every goal that was measured is met"))
    return 1 if missed else 0


def _measured(name: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "infra.bench.lines", name], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        detail = {"failed": f"the measurement ended with status {done.returncode}"}
        return {"value": -1, "goal": None, "unit": "", "is_met": False, "detail": detail}
    line: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return line


def _row(name: str, line: dict[str, Any]) -> str:
    value = "not measured" if line["value"] is None else f"{line['value']:g} {line['unit']}"
    goal = "–" if line["goal"] is None else f"{'≥' if name in AT_LEAST else '≤'} {line['goal']:g}"
    mark = "  " if line["value"] is None else "✓ " if line["is_met"] else "✗ "
    return f"{mark}{name:13} {NAMES[name]:50} {value:>18}  {goal:>7}"


def say(text: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
