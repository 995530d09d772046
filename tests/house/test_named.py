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
from chalicelib.directory import ports as directory_ports
from chalicelib.directory.answers import authenticate_key, authenticate_session
from chalicelib.guests import ports
from chalicelib.guests.rules.lookups import KINDS
from chalicelib.kernel import agenda, events, later, testclock
from chalicelib.kernel.later import Named
from chalicelib.rooms import ROOMS
from chalicelib.routes import ROUTES
from chalicelib.web.application import routes_of
from chalicelib.web.auth import Authenticators
from infra import routes
from tests.house.test_cold_start import fresh
from tests.house.test_imports import ROOT

TABLES = ("jobs", "answers")
AT_HOME = {"testclock.py", "activity.py"}  # what register for their own floor, which is there when it is asked
OF_WORK, OF_BURIAL, OF_EVENT = ("scope", "work", "unit"), ("scope", "work"), ("scope", "event", "unit")
OF_LOOK, OF_HOLD, OF_MESSAGE = ("scope", "guest_id", "since"), ("scope", "guest_ids"), ("body",)
OF_CHECK, OF_FINDER = ("scope", "subject_id"), ("scope", "asked")
OF_KEY, OF_SESSION = ("token", "request_id"), ("chain_id", "staff_id", "signed_in_at", "request_id")

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
    "answers": [sorted(ports.HOLDINGS), sorted(ports.FINDERS)],
}))
"""
# Each module in a process of its own that has started as a worker does; exits with how many cannot be the first.
FIRST = """
import os
from importlib import import_module
import {entry}
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
    yield from ((name, look, OF_LOOK) for name, one in ports.HOLDINGS.items() if isinstance(look := one.look, Named))
    yield from ((name, hold, OF_HOLD) for name, one in ports.HOLDINGS.items() if isinstance(hold := one.keeps, Named))
    yield from ((name, check, OF_CHECK) for name, check in directory_ports.CHECKS.items() if isinstance(check, Named))
    yield from ((name, finder, OF_FINDER) for name, finder in ports.FINDERS.items() if isinstance(finder, Named))
    yield "key", authenticate_key, OF_KEY
    yield "session", authenticate_session, OF_SESSION
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
        registering = {"handles", "reacts_to", "know_holding", "know_finder", "know_subjects"}
        for path in (ROOT / "chalicelib").rglob("*.py"):
            called = {
                getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Call)
            }
            assert path.stem in TABLES or path.name in AT_HOME or not registering & called, path

    def test_every_table_is_read_by_the_workers(self) -> None:
        # The directory answers to the front door alone.
        read = {one.__name__ for one in workers.DECLARED} | {"chalicelib.directory.answers"}
        assert {one.__name__ for one in tables()} <= read

    def test_finders_find_by_what_is_shown(self) -> None:
        assert ports.FINDERS and set(ports.FINDERS) <= set(KINDS)


class TestFirst:
    def test_each_can_be_the_first_that_a_worker_imports(self) -> None:
        modules = sorted({named.module for _, named, _ in declared()})
        assert len(modules) > 20
        assert fresh(FIRST.format(entry="chalicelib.workers", modules=modules)) == "[]\n"

    def test_each_room_can_be_the_first_that_the_api_imports(self) -> None:
        modules = sorted({name.partition(":")[0] for name in ROUTES})
        assert len(modules) > 9
        assert fresh(FIRST.format(entry="app", modules=modules)) == "[]\n"


class TestRoutes:
    def test_the_index_is_what_the_rooms_declare(self) -> None:
        assert routes.PATH.read_text(encoding="utf-8") == routes.index_text()

    def test_a_room_has_a_handler_for_each_of_its_routes(self) -> None:
        nobody = Authenticators(authenticate_key, authenticate_session)
        for name, room in ROOMS.items():
            found = [f"{method} {pattern}" for method, pattern, _ in routes_of(room, nobody)]
            listed = [f"{one} {pattern}" for pattern, methods in ROUTES[name].items() for one in methods.split()]
            assert sorted(found) == sorted(listed)
            module, _, attribute = name.partition(":")
            assert getattr(import_module(module), attribute) is room
