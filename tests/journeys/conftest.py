"""What the journeys have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.inprocess import Engine
from infra.proof import inside

ROOT = Path(__file__).parents[2]
SCRIPT_S = 540  # a minute on a calm machine

WorkOff = Callable[[], int]
Script = Callable[..., str]


@pytest.fixture
def work_off(engine: Engine) -> WorkOff:
    """A function that works all queues off by the app's own handlers, those of the mail service's events too."""
    assert engine is not None
    return inside.work_off


@pytest.fixture
def script() -> Script:
    """Run one of the journeys' scripts as a person would; what it printed. Fails if its status is not 0."""

    def run(module: str, *arguments: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOSPES_", "AWS_"))}
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=kept,
            text=True,
            timeout=SCRIPT_S,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
