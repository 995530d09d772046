"""What a function brings along when it starts cold: counted, not timed, but for one ratio with a wide margin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from chalicelib import wiring
from tests.house.test_imports import ROOT

# Reached through botocore, in every process that talks to AWS.
AWS = {"botocore", "dateutil", "jmespath", "six", "urllib3"}
# Optional for urllib3 and botocore: there or not as the machine has them.
OPTIONAL = {"certifi", "brotli", "brotlicffi", "zstandard", "awscrt", "h2", "OpenSSL", "cryptography", "socks", "idna"}
WORKERS = AWS | {"pynamodb"}
API = WORKERS | {
    "annotated_types", "chalice", "itsdangerous", "markupsafe", "pydantic", "pydantic_core", "typing_extensions",
    "typing_inspection",
}  # fmt: skip

# Some above what there is now. Whoever needs more says here why: a room of a context needs none, it is named.
WORKER_MODULES_MAX = 60
API_MODULES_MAX = 90
ROUNDS_MAX = 12
FLOORS = ("chalicelib.kernel.", "chalicelib.web.")

STARTED = """
import json, sys
before = set(sys.modules)
import {entry}
from chalicelib.kernel.deferred import BUILT
known = [name for name in set(sys.modules) - before if getattr(sys.modules[name], "__spec__", None)]
schemas = []
if "pydantic" in sys.modules:
    import pydantic
    left = list(pydantic.BaseModel.__subclasses__())
    while left:
        one = left.pop()
        left += one.__subclasses__()
        if one.__module__.startswith("chalicelib"):
            schemas.append((one.__qualname__, one.__pydantic_complete__))
print(json.dumps({{"modules": known, "schemas": schemas, "built": sorted(BUILT)}}))
"""
SPENT = """
import resource
import {entry}
spent = resource.getrusage(resource.RUSAGE_SELF)
print(spent.ru_utime + spent.ru_stime, spent.ru_maxrss)
"""


def fresh(code: str) -> str:
    """What a new process prints, with compiled modules where it finds them."""
    environment = {**os.environ, "HOSPES_SECRET": "s" * 40, "AWS_DEFAULT_REGION": "eu-west-1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def started(entry: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fresh(STARTED.format(entry=entry)))
    return found


def entry_of(function: wiring.Function) -> str:
    return function.handler.rpartition(".")[0]


WORKER_ENTRIES = sorted({entry_of(one) for one in wiring.FUNCTIONS if one.kind != "api"})


def foreign(entry: str) -> set[str]:
    """Top-level packages that are neither ours nor the standard library's."""
    tops = {name.partition(".")[0] for name in started(entry)["modules"]}
    return {top for top in tops if top not in sys.stdlib_module_names and not top.startswith("_")} - {
        "app", "chalicelib", *OPTIONAL,
    }  # fmt: skip


def own(entry: str) -> list[str]:
    return [name for name in started(entry)["modules"] if name.partition(".")[0] == "chalicelib"]


@pytest.mark.parametrize("entry", WORKER_ENTRIES)
class TestWorkers:
    def test_without_the_web(self, entry: str) -> None:
        rooms = {".".join(name.split(".")[1:]) for name in own(entry)}
        assert not {one for one in rooms if one.split(".")[0] == "web"}
        assert not {one for one in rooms if {"schemas", "api", "pages"} & set(one.split("."))}

    def test_without_what_they_only_name(self, entry: str) -> None:
        rooms = {name.split(".")[2] for name in own(entry) if name.count(".") > 1 and not name.startswith(FLOORS)}
        assert rooms <= {"jobs", "answers", "events", "kinds", "ports"}

    def test_what_they_bring_along(self, entry: str) -> None:
        assert foreign(entry) <= WORKERS, foreign(entry) - WORKERS

    def test_how_much_of_ours(self, entry: str) -> None:
        assert len(own(entry)) <= WORKER_MODULES_MAX


class TestApi:
    def test_what_it_brings_along(self) -> None:
        assert foreign("app") <= API, foreign("app") - API

    def test_how_much_of_ours(self) -> None:
        assert len(own("app")) <= API_MODULES_MAX

    def test_without_any_room(self) -> None:
        rooms = {name.split(".")[2] for name in own("app") if name.count(".") > 1 and not name.startswith(FLOORS)}
        assert rooms <= {"jobs", "answers", "events", "kinds", "ports"}

    def test_no_schema_is_built_before_it_is_used(self) -> None:
        schemas = started("app, chalicelib.rooms")["schemas"]
        assert len(schemas) > 80
        assert [name for name, is_built in schemas if is_built] == []


@pytest.mark.parametrize("entry", [*WORKER_ENTRIES, "app"])
def test_few_dataclasses_are_made_before_they_are_used(entry: str) -> None:
    # Those of which a constant is an instance: the API's wiring and routes. Many rows are of named tuples instead.
    built = started(entry)["built"]
    assert len(built) <= (0 if entry in WORKER_ENTRIES else 6), built


def test_against_the_bare_library() -> None:
    """A regression of a third of a start is seen here; the finer figure is a benchmark's.

    A busy machine makes a start dearer and never cheaper, so the cheapest of several rounds is what it costs. Rounds
    are added, up to a limit, while a ratio looks too high: one that is too high stays so.
    """
    limits = {"chalicelib.workers": 1.4, "app": 2.1}
    cheapest: dict[str, float] = {}
    memory: dict[str, float] = {}
    for _ in range(ROUNDS_MAX):
        for entry in ("boto3", *limits):
            seconds, kilobytes = map(float, fresh(SPENT.format(entry=entry)).split())
            cheapest[entry] = min(seconds, cheapest.get(entry, seconds))
            memory[entry] = kilobytes
        ratios = {entry: cheapest[entry] / cheapest["boto3"] for entry in limits}
        if all(ratios[entry] <= limit for entry, limit in limits.items()):
            break
    assert all(ratios[entry] <= limit for entry, limit in limits.items()), ratios
    assert memory["chalicelib.workers"] <= 1.5 * memory["boto3"] and memory["app"] <= 2 * memory["boto3"], memory
