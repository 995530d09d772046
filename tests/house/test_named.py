"""What contexts declare by name, for no linter follows a name: it leads to a function of the same context that takes
what it will be given, it is declared in one place, and its module can be the first that a process imports."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from chalicelib import workers
from chalicelib.guests import ports
from chalicelib.kernel import agenda, events, later, testclock
from chalicelib.kernel.later import Named
from tests.house.test_cold_start import fresh
from tests.house.test_imports import ROOT

TABLES = ("jobs", "answers")
OF_WORK, OF_BURIAL, OF_EVENT = ("scope", "work", "unit"), ("scope", "work"), ("scope", "event", "unit")
OF_LOOK, OF_HOLD, OF_MESSAGE = ("scope", "guest_id", "since"), ("scope", "guest_ids"), ("body",)

# What a process knows that has imported the workers and nothing else.
KNOWN = """
import json
import re
from chalicelib import workers
from chalicelib.guests import ports
from chalicelib.kernel import agenda, events
print(json.dumps({
    "kinds": {kind: one.lane_class for kind, one in agenda._KINDS.items()},
    "reactions": {kind: sorted(known) for kind, known in events._REACTIONS.items()},
    "answers": [sorted(ports.LOOKS), sorted(ports.HOLDS)],
}))
"""
# Each module in a process of its own that has started as a worker does; exits with how many cannot be the first.
FIRST = """
import os, sys
from importlib import import_module
from chalicelib import workers
failed = []
for module in {modules}:
    child = os.fork()
    if child == 0:
        import_module(module)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(module)
print(failed)
"""


def tables() -> Iterator[ModuleType]:
    for path in sorted((ROOT / "chalicelib").glob("*/*.py")):
        if path.stem in TABLES:
            yield import_module(f"chalicelib.{path.parent.name}.{path.stem}")


def declared() -> Iterator[tuple[str, Named, tuple[str, ...]]]:
    """Everything that is known by name: what for, by which name, and what it will be given."""
    for kind, one in agenda._KINDS.items():
        if isinstance(one.handler, Named):
            yield kind, one.handler, OF_WORK
        if isinstance(one.bury, Named):
            yield kind, one.bury, OF_BURIAL
    for known in events._REACTIONS.values():
        yield from ((name, one, OF_EVENT) for name, one in known.items() if isinstance(one, Named))
    yield from ((name, look, OF_LOOK) for name, look in ports.LOOKS.items() if isinstance(look, Named))
    yield from ((name, hold, OF_HOLD) for name, hold in ports.HOLDS.items() if isinstance(hold, Named))
    yield "outreach.mail_events", workers.outreach_jobs.handle_mail_event, OF_MESSAGE


def own_kinds() -> set[str]:
    """What the contexts name as their work, in their modules `kinds`."""
    found = set()
    for path in (ROOT / "chalicelib").glob("*/kinds.py"):
        module = import_module(f"chalicelib.{path.parent.name}.kinds")
        found |= {value for name, value in vars(module).items() if name.isupper()}
    return found


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fresh(KNOWN))
    return found


class TestNames:
    def test_there_are_some(self) -> None:
        assert len(list(declared())) > 70

    def test_they_lead_to_functions_that_take_what_they_are_given(self) -> None:
        for what, named, given in declared():
            taken = inspect.signature(named.function).parameters
            assert len(taken) == len(given), (what, taken)
            assert next(iter(taken)) == given[0], (what, taken)
            assert all(one.default is one.empty for one in taken.values()), (what, taken)

    def test_it_stays_in_its_context(self) -> None:
        for table in tables():
            context = table.__name__.rpartition(".")[0]
            own = [one for one in vars(table).values() if isinstance(one, later.Names)]
            assert [one("service:x").module for one in own] == [f"{context}.service"]

    def test_nobody_else_names(self) -> None:
        """A name is made in the tables alone, so what a table may import is what names may be made of."""
        makers = [
            path
            for path in (ROOT / "chalicelib").rglob("*.py")
            if re.search(r"\bNam(es|ed)\(\S", path.read_text(encoding="utf-8")) and path.stem != "later"
        ]
        assert {one.stem for one in makers} == set(TABLES)
        assert len(makers) == len(list(tables()))

    def test_tables_hold_declarations_alone(self) -> None:
        for table in tables():
            body = ast.parse((ROOT / f"{table.__name__.replace('.', '/')}.py").read_text(encoding="utf-8")).body
            assert all(isinstance(one, ast.Import | ast.ImportFrom | ast.Assign | ast.Expr) for one in body), table


class TestRegisters:
    def test_workers_know_every_kind_of_work(self, known: dict[str, Any]) -> None:
        assert set(known["kinds"]) == own_kinds() | {testclock.ADVANCE_KIND, testclock.CATCH_UP_KIND}

    def test_nothing_is_added_by_what_is_imported_later(self, known: dict[str, Any]) -> None:
        everything = fresh(f"import app\nfrom chalicelib.kernel import later\nlater.fetch()\n{KNOWN}")
        assert json.loads(everything) == known

    def test_only_the_tables_register(self) -> None:
        registering = {"handles", "reacts_to", "know_holdings", "holds_guests"}
        for path in (ROOT / "chalicelib").rglob("*.py"):
            called = {
                getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Call)
            }
            is_table = path.stem in TABLES or path.name == "testclock.py"  # the kernel's own work is always there
            assert is_table or not registering & called, path

    def test_every_table_is_read_by_the_workers(self) -> None:
        assert {one.__name__ for one in tables()} <= {one.__name__ for one in workers.DECLARED}


def test_each_can_be_the_first_that_a_process_imports() -> None:
    modules = sorted({named.module for _, named, _ in declared()})
    assert len(modules) > 20
    assert fresh(FIRST.format(modules=modules)) == "[]\n"
