"""The guards' line of the proof: each is taken away in a copy of the tree, and a test that is named has to turn red.

The list and the trying belong to the tests; this counts what they say.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.proof.finding import Finding, goal_of

ROOT = Path(__file__).parent.parent.parent
LIST = ROOT / "tests" / "mutation" / "guards.json"


def prove(scale: float, seed: int) -> Finding:
    """The line of the proof: all guards, or as many as the scale asks for, chosen by the seed."""
    known = [str(row["id"]) for row in json.loads(LIST.read_text(encoding="utf-8"))]
    finding = Finding(goal_of(len(known), scale))
    wanted = random.Random(seed).sample(known, finding.goal)
    with tempfile.TemporaryDirectory(prefix="hospes-guards-") as folder:
        verdicts = Path(folder) / "verdicts.json"
        only = [word for one in wanted for word in ("--only", one)]
        command = [sys.executable, "-m", "tests.mutation", *only, "--json", str(verdicts)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        rows = json.loads(verdicts.read_text(encoding="utf-8")) if verdicts.exists() else []
    if not rows:
        finding.failures.append(f"the guards could not be tried: {(done.stdout + done.stderr)[-500:]}")
    finding.count = len(rows)
    finding.failures += [
        f"{row['id']} {row['outcome']}: {row['detail']}" for row in rows if row["outcome"] != "caught"
    ]
    finding.notes = {"seed": seed, "listed": len(known)}
    return finding
