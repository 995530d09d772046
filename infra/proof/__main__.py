"""The proof: every invariant of the product that there is a line for, tried as often as its goal asks.

    python -m infra.proof [--scale ci|full|0.05] [--only I5] [--seed 7]

Each line is a process of its own, two at a time. `.local/proof.json` has what was found; the exit status is 1 if a line
failed or fell short of its goal. The seed and the name of a line repeat a failure exactly.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.local.state import Folder
from infra.proof.account import say
from infra.proof.finding import SHOWN_FAILURES, Prove

# By name: what holds, and the module that tries it. The longest come first, because two run at a time.
LINES: Mapping[str, tuple[str, str]] = {
    "I1": ("balance = entries = open lots, by a model that reads raw items", "infra.proof.points.lives"),
    "I15": ("a refund takes points back, in all orders", "infra.proof.points.orders"),
    "I3": ("one key, one effect, one answer", "infra.proof.points.repeating"),
    "I2": ("no point is spent twice", "infra.proof.points.racing"),
    "I6": ("one greeting per guest, occasion, year and channel", "infra.proof.greetings"),
    "I8": ("whoever said no gets nothing", "infra.proof.consents"),
    "I7": ("nobody due is forgotten, in any zone", "infra.proof.calendar_days"),
    "I7-lunar": ("nor by the lunar calendar", "infra.proof.lunar_days"),
    "I5": ("a crash between any two calls heals", "infra.proof.crashes"),
    "I13": ("one poison message harms only itself", "infra.proof.poison"),
    "I4": ("lost answers change no totals", "infra.proof.answers"),
    "I5-kills": ("a killed runner doubles and forgets nothing", "infra.proof.killed"),
    "I4-sockets": ("the same over real sockets", "infra.proof.sockets"),
    "guards": ("each guard that is taken away turns a test red", "infra.proof.guards"),
    "I9": ("a chain never sees another", "infra.proof.walls"),
    "I17": ("no personal data in logs, every write audited", "infra.proof.privacy"),
}
SCALES = {"full": 1.0, "ci": 0.1}
AT_ONCE = 2
POLL_S = 0.1
SEED = 1


def prover(name: str) -> Prove | None:
    """The function behind a line; None while there is no such module."""
    module = LINES[name][1]
    if importlib.util.find_spec(module) is None:
        return None
    found: Prove = importlib.import_module(module).prove
    return found


def try_line(name: str, scale: float, seed: int) -> dict[str, Any]:
    """Try one line in this process; what was found, as it is written down."""
    prove = prover(name)
    if prove is None:
        raise LookupError(f"no line {name}")
    began, worked = time.perf_counter(), time.process_time()
    finding = prove(scale, seed)
    told = asdict(finding)
    return {
        "count": told["count"],
        "failures": len(finding.failures),
        "goal": told["goal"],
        "seed": seed,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "is_met": finding.is_met,
        "notes": told["notes"],
        "examples": finding.failures[:SHOWN_FAILURES],
    }


class _Running:
    """One line in a process of its own, where sets have the same order every time."""

    def __init__(self, name: str, scale: float, seed: int, folder: Path) -> None:
        self.name = name
        self._told = folder / f"{name}.json"
        self._log = folder / f"{name}.log"
        self._scale, self._seed = scale, seed
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HOSPES_", "AWS_"))}
        command = [sys.executable, "-m", "infra.proof", "--line", name, "--told", str(self._told)]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--scale", str(scale), "--seed", str(seed)],
                env={**kept, "PYTHONHASHSEED": "0"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def found(self) -> dict[str, Any]:
        """What it wrote down, or that it broke off."""
        if self._told.exists():
            told: dict[str, Any] = json.loads(self._told.read_text())
            return told
        last = self._log.read_text(errors="replace").strip().splitlines()[-5:]
        seeded = {"seed": self._seed, "seconds": 0.0, "cpu_seconds": 0.0, "notes": {}}
        return {"count": 0, "failures": 1, "goal": 1, "is_met": False, "examples": ["broke off", *last], **seeded}


def try_all(names: list[str], scale: float, seed: int) -> dict[str, dict[str, Any]]:
    """Try lines, two at a time, and say what each found."""
    waiting, found = list(names), {}
    running: list[_Running] = []
    with tempfile.TemporaryDirectory(prefix="hospes-proof-") as folder:
        try:
            while waiting or running:
                while waiting and len(running) < AT_ONCE:
                    running.append(_Running(waiting.pop(0), scale, seed, Path(folder)))
                for one in [one for one in running if one.process.poll() is not None]:
                    running.remove(one)
                    found[one.name] = one.found()
                    _say_line(one.name, found[one.name])
                time.sleep(POLL_S)
        finally:
            for one in running:
                one.process.terminate()
    return {name: found[name] for name in names}


def _say_line(name: str, told: Mapping[str, Any]) -> None:
    mark = "ok   " if told["is_met"] else "WRONG"
    notes = ", ".join(f"{value} {key}" for key, value in told["notes"].items())
    say(f"{mark} {name:<11}{told['count']:>9,} of {told['goal']:>9,}{told['seconds']:>8.0f} s  {LINES[name][0]}")
    if notes:
        say(f"                  {notes}")
    for one in told["examples"]:
        say(f"      {one}")


def written(found: Mapping[str, Any], path: Path) -> None:
    """Write what was found; lines that were not tried this time keep what they said."""
    known = json.loads(path.read_text()) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**known, **found}, indent=2, ensure_ascii=False) + "\n")


def main() -> int:
    """Try the lines that were asked for; the exit status."""
    parser = argparse.ArgumentParser(description="Try every invariant as often as its goal asks.")
    parser.add_argument("--scale", default="full", help="full, ci (a tenth of every count), or a number")
    parser.add_argument("--only", default="", help="names of lines, with commas; all of them by default")
    parser.add_argument("--seed", default=str(SEED), help="a number, or `random`")
    parser.add_argument("--line", help=argparse.SUPPRESS)
    parser.add_argument("--told", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    scale = SCALES.get(asked.scale) or float(asked.scale)
    seed = random.randrange(1_000_000) if asked.seed == "random" else int(asked.seed)
    if asked.line:
        asked.told.write_text(json.dumps(try_line(asked.line, scale, seed)))
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the lines end with it
    names = [name for name in asked.only.split(",") if name] or list(LINES)
    unknown = sorted(set(names) - set(LINES))
    if unknown:
        parser.error(f"no such line: {', '.join(unknown)}")
    missing = [name for name in names if importlib.util.find_spec(LINES[name][1]) is None]
    names = [name for name in names if name not in missing]
    began = time.perf_counter()
    say(f"Seed {seed}, {scale:g} of every count. `make proof ONLY=<line> SEED={seed}` repeats one line.")
    found = try_all(names, scale, seed)
    path = Folder.here().path / "proof.json"
    written(found, path)
    met = sum(told["is_met"] for told in found.values())
    say(f"{met} of {len(names)} lines hold; {time.perf_counter() - began:.0f} s; {path}")
    return 0 if met == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
