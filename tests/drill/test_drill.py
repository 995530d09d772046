"""The restore drill, as a person runs it: with its reconciliation nobody is greeted twice, without it many are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRILL_S = 300

pytestmark = pytest.mark.slow


def drill(*arguments: str) -> tuple[int, str]:
    """Run it; its status and what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOSPES_", "AWS_"))}
    command = [sys.executable, "-m", "infra.drill", "--guests", "2", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=kept, text=True, timeout=DRILL_S, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nobody_is_greeted_twice_and_nobody_is_forgotten() -> None:
    status, said = drill()
    assert status == 0, said
    assert "Nobody was written to twice, nobody was forgotten." in said
    # Two birthdays, one who complained, two thanks for a stay.
    assert '"claimed": 5' in said and "guests that only the log knows: 2" in said
    for step in ("(RPO)", "(RTO)", "restore", "reconcile", "verify checksums"):
        assert step in said, said


def test_without_the_reconciliation_it_says_what_that_costs() -> None:
    status, said = drill("--without-reconcile")
    assert status == 1, said
    assert "NOT RIGHT: 5 guests were written to twice" in said
    assert "NOT RIGHT: unwilling: 2 guests were written to, not 0" in said
