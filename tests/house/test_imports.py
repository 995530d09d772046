"""Who may import whom: the contracts in pyproject.toml, and what a linter of imports cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ROOT / "chalicelib"
CONTEXTS = {"directory", "guests", "stays", "loyalty", "feedback", "segments", "outreach", "insights", "connect"}
PRIVATE_ROOMS = {"models", "rules", "schemas"}
FILE_LINES_MAX = 420
FUNCTION_LINES_MAX = 70

FILES = sorted(PRODUCT.rglob("*.py"))


@dataclass(frozen=True)
class Look:
    """What the tests below want to know of a file: it is parsed once for all of them, and its tree is let go."""

    imports: tuple[str, ...]
    hidden: tuple[str, ...]
    long: tuple[str, ...]
    lines: int
    says_why: bool


@cache
def look(path: Path) -> Look:
    """Read a file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    hidden, long = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(isinstance(inner, ast.Import | ast.ImportFrom) for inner in ast.walk(node)):
                hidden.append(f"{path}:{node.lineno} {node.name}")
            if (node.end_lineno or 0) - node.lineno > FUNCTION_LINES_MAX:
                long.append(f"{path}:{node.lineno} {node.name}")
    return Look(tuple(imports_in(tree)), tuple(hidden), tuple(long), text.count("\n"), bool(ast.get_docstring(tree)))


def imports_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def context_of(path: Path) -> str:
    return path.relative_to(PRODUCT).parts[0].removesuffix(".py")


def test_contracts_hold() -> None:
    # In a process of its own: the linter's set-up of logging switches off the loggers that are there already.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_rooms_keep_to_themselves(path: Path) -> None:
    own = context_of(path)
    for name in look(path).imports:
        parts = name.split(".")
        if parts[0] == "chalicelib" and len(parts) > 2 and parts[1] in CONTEXTS and parts[1] != own:
            assert parts[2] not in PRIVATE_ROOMS, f"{path.name} imports {name}"
        if parts[0] in {"boto3", "botocore"}:
            assert path.relative_to(PRODUCT).as_posix() == "kernel/aws.py", f"{path} imports {name}"
        if name == "os" or name.startswith("os.environ"):
            assert path.relative_to(PRODUCT).as_posix() == "kernel/settings.py", f"{path} imports os"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_no_import_hides_in_a_function(path: Path) -> None:
    assert not look(path).hidden


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert look(path).lines <= FILE_LINES_MAX, f"{path} has {look(path).lines} lines"
    assert not look(path).long


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_every_file_says_why_it_exists(path: Path) -> None:
    assert look(path).says_why
