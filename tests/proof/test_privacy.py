"""The proof that nobody is given away, small: it goes everywhere, finds nothing, and would find what there is."""

from __future__ import annotations

import base64
import json
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from chalicelib.kernel.unit import Unit
from infra.local.inprocess import Engine
from infra.proof import privacy
from infra.proof.privacy.tokens import Planted
from infra.proof.privacy.watching import watching
from infra.proof.walls.probes import sides
from infra.proof.walls.world import Twin, make_twins
from tests.conftest import fresh_stack

SEED = 20260304
WHO = Planted.of(SEED)

Patch = pytest.MonkeyPatch


@pytest.mark.slow
def test_nobody_is_given_away_and_every_write_is_noted(engine: Engine) -> None:
    finding = privacy.search(engine, 0.05, SEED)
    assert finding.failures == []
    assert finding.is_met
    assert finding.notes["routes"] == len(privacy.ENDPOINTS)
    writes = [one for one in privacy.ENDPOINTS if privacy.is_write(one)]
    assert int(finding.notes["writes noted"]) >= len(writes) > 20


@pytest.fixture(scope="module")
def twins() -> tuple[Twin, Twin]:
    """Two chains; visits leave them as they were."""
    fresh_stack()
    return make_twins()


def words_in_traces(patch: Patch) -> None:
    patch.setattr("chalicelib.kernel.logs.trace_of", repr)


def unnoted(patch: Patch) -> None:
    patch.setattr(Unit, "audit", lambda self, action, subject_id, **detail: None)


def noted_with_values(patch: Patch) -> None:
    audit = Unit.audit
    patch.setattr(Unit, "audit", lambda self, *words, **detail: audit(self, *words, **detail, name=WHO.email))


def noted_twice(patch: Patch) -> None:
    audit = Unit.audit

    def twice(self: Unit, *words: str, **detail: Any) -> None:
        audit(self, *words, **detail)
        audit(self, *words, **detail)

    patch.setattr(Unit, "audit", twice)


def logged_when_written(patch: Patch) -> None:
    serialize = json.dumps

    def dumps(value: Any, *more: Any, **named: Any) -> str:
        text = serialize(value, *more, **named)
        logging.getLogger("chalicelib.anywhere").debug("wrote %s", base64.b64encode(text.encode()).decode())
        return text

    patch.setattr("infra.proof.walls.asking.json.dumps", dumps)


def printed(patch: Patch) -> None:
    commit = Unit.commit

    def aloud(self: Unit) -> None:
        print(self)
        commit(self)

    patch.setattr(Unit, "commit", aloud)


@pytest.mark.parametrize(
    "broken", [words_in_traces, unnoted, noted_with_values, noted_twice, logged_when_written, printed]
)
def test_what_gives_somebody_away_is_found(
    twins: tuple[Twin, Twin], monkeypatch: Patch, broken: Callable[[Patch], None]
) -> None:
    head = sides(*twins)[0]
    wanted = [one for one in privacy.visits_of(head, WHO) if one.endpoint.operation_id == "create_guest"]

    def failures() -> list[str]:
        with watching(WHO) as watch:
            for one in wanted[:2]:
                privacy.visit_one(one, twins[0], watch, Counter())
        return watch.failures

    assert failures() == []
    broken(monkeypatch)
    assert failures()


class TestTheSearch:
    @pytest.mark.parametrize("value", WHO.values())
    @pytest.mark.parametrize(
        "disguise",
        [
            str,
            str.upper,
            quote,
            quote_plus,
            json.dumps,
            lambda value: json.dumps({"a": [value]}),
            lambda value: base64.b64encode(value.encode()).decode(),
            lambda value: base64.b64encode(f"x{value}y".encode()).decode(),
            lambda value: base64.urlsafe_b64encode(f"xy{value}".encode()).decode(),
        ],
        ids=["plain", "upper", "quoted", "plus", "json", "nested", "base64", "shifted", "shifted twice"],
    )
    def test_finds_every_disguise(self, value: str, disguise: Callable[[str], str]) -> None:
        assert value in WHO.found_in(f"something {disguise(value)} else")

    @pytest.mark.parametrize("digits", [WHO.phone[1:], WHO.birth_date.replace("-", "")])
    def test_finds_bare_digits(self, digits: str) -> None:
        assert WHO.found_in(f"call{digits}now")

    def test_finds_a_part_of_an_address(self) -> None:
        assert WHO.found_in(WHO.email.split("@")[0]) and WHO.found_in(WHO.email.split("@")[1])

    def test_finds_nothing_in_what_is_not_theirs(self) -> None:
        other = Planted.of(SEED + 1)
        assert WHO.found_in(json.dumps(other.values())) == []
        assert WHO.found_in("defect request=req_01m8079yxf2atfppbkx3ecz56b 2026-03-04T05:06:07.000000Z") == []
