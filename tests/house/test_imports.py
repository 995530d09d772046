"""Who may import whom: the contracts in pyproject.toml, and what a linter of imports cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ROOT / "chalicelib"
CONTEXTS = {"directory", "guests", "stays", "loyalty", "feedback", "segments", "outreach", "insights", "connect"}
PRIVATE_ROOMS = {"models", "rules", "schemas"}

FILES = sorted(PRODUCT.rglob("*.py"))


def imports_of(path: Path) -> list[tuple[str, ast.AST]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[tuple[str, ast.AST]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(f"{node.module}.{alias.name}", node) for alias in node.names]
    return found


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
    for name, _ in imports_of(path):
        parts = name.split(".")
        if parts[0] == "chalicelib" and len(parts) > 2 and parts[1] in CONTEXTS and parts[1] != own:
            assert parts[2] not in PRIVATE_ROOMS, f"{path.name} imports {name}"
        if parts[0] in {"boto3", "botocore"}:
            assert path.relative_to(PRODUCT).as_posix() == "kernel/aws.py", f"{path} imports {name}"
        if name == "os" or name.startswith("os.environ"):
            assert path.relative_to(PRODUCT).as_posix() == "kernel/settings.py", f"{path} imports os"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_no_import_hides_in_a_function(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            hidden = [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 420, f"{path} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 70, f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PRODUCT)))
def test_every_file_says_why_it_exists(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
