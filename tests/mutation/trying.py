"""Tries guards in a copy of the tree: patch, run the guard's tests, put back. The tree itself is never touched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutation.guards import ROOT, DoesNotApply, Guard

COPIED = ("app.py", "pyproject.toml", "Makefile", "chalicelib", "infra", "tests", "docs")
RUN_S_MAX = 120  # a guard's tests take seconds; one without its guard might also wait for ever
QUIET = ("-q", "-p", "no:cacheprovider", "--tb=no", "-rfE")
_RED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
_ALL_PASSED = 0
_SOME_FAILED = 1


@dataclass(frozen=True)
class Verdict:
    """What became of a guard: `caught`, `survived`, or `broken` when the try itself says nothing."""

    guard: Guard
    outcome: str
    detail: str

    @property
    def is_caught(self) -> bool:
        """Whether a test that was named turned red."""
        return self.outcome == "caught"


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy of what tests need, for as long as it is looked at."""
    with tempfile.TemporaryDirectory(prefix="hospes-guards-") as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            else:
                shutil.copy2(source, tree / name)
        yield tree


def try_all(wanted: Iterable[Guard]) -> Iterator[Verdict]:
    """The verdict on each guard. Its tests have to be green first: a test that is always red guards nothing."""
    wanted = list(wanted)
    with copied_tree() as tree:
        named = sorted({node for guard in wanted for node in guard.test})
        code, output = _run_tests(tree, named, stops_at_once=False)
        red_already = set(_RED.findall(output))
        if code not in (_ALL_PASSED, _SOME_FAILED) or (code == _SOME_FAILED and not red_already):
            raise RuntimeError(f"the guards' tests cannot be run as they stand:\n{output}")
        for guard in wanted:
            if any(_is_named(node, guard) for node in red_already):
                yield Verdict(guard, "broken", "its test is red while the guard is still there")
            else:
                yield try_one(tree, guard)


def try_one(tree: Path, guard: Guard) -> Verdict:
    """Take a guard out of a copied tree, run its tests, and put it back."""
    path = tree / guard.file
    text = path.read_text(encoding="utf-8")
    try:
        patched = guard.without(text)
        compile(patched, guard.file, "exec")
    except (DoesNotApply, SyntaxError) as error:
        return Verdict(guard, "broken", str(error))
    try:
        _write(path, patched)
        code, output = _run_tests(tree, guard.test, stops_at_once=True)
    except subprocess.TimeoutExpired:
        return Verdict(guard, "broken", f"its tests did not end within {RUN_S_MAX} s")
    finally:
        _write(path, text)
    red = [node for node in _RED.findall(output) if _is_named(node, guard)]
    if code == _ALL_PASSED:
        return Verdict(guard, "survived", "every test named is green without it")
    if code == _SOME_FAILED and red:
        return Verdict(guard, "caught", red[0])
    return Verdict(guard, "broken", output.strip()[-500:])


def _run_tests(tree: Path, nodes: Iterable[str], *, stops_at_once: bool) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", *QUIET, *(["-x"] if stops_at_once else []), *nodes]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOSPES_", "PYTEST_"))}
    done = subprocess.run(
        command,
        cwd=tree,
        # No test of a guard needs a plugin, and loading them takes longer than most of these tests.
        env={**inherited, "PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=None if not stops_at_once else RUN_S_MAX,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _is_named(node: str, guard: Guard) -> bool:
    """Whether a test is one that the guard names, or a case of it."""
    return any(node == name or node.startswith((f"{name}[", f"{name}::")) for name in guard.test)


def _write(path: Path, text: str) -> None:
    """Write a module and forget what was compiled of it: two writes within a second may look alike to Python."""
    path.write_text(text, encoding="utf-8")
    Path(cache_from_source(str(path))).unlink(missing_ok=True)
