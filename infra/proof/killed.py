"""I5 with real processes: the runner is killed by SIGKILL in the middle of the greetings, again and again.

The journey itself is `infra.proof.killing`, which can be taken by hand with `python -m infra.proof.kills`.
"""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

from infra.proof.around import around
from infra.proof.finding import Finding, goal_of

KILLS = 200
GREETINGS_PER_KILL = 12  # so that every kill meets greetings that are under way
GREETINGS_MIN = 120


def prove(scale: float, seed: int) -> Finding:
    """Half of the kills in a test chain, half in a live one."""
    finding = Finding(goal_of(KILLS, scale))
    each = math.ceil(finding.goal / 2)
    greetings = str(max(GREETINGS_MIN, each * GREETINGS_PER_KILL))
    with tempfile.TemporaryDirectory(prefix="hospes-proof-") as folder:
        told = Path(folder) / "told.json"
        asked = ["--greetings", greetings, "--live-greetings", greetings, "--kills", str(each), "--seed", str(seed)]
        status = around("infra.proof.killing", [*asked, "--told", str(told)])
        found = json.loads(told.read_text()) if told.exists() else {}
    finding.count = int(found.get("kills", 0))
    finding.failures = [f"seed {seed}: {one}" for one in found.get("problems", ["the journey broke off"])]
    if status and not finding.failures:
        finding.failures.append(f"seed {seed}: the account is wrong; `python -m infra.proof.kills` tells where")
    finding.notes["greetings"] = int(greetings) * 2
    return finding
