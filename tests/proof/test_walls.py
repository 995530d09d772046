"""The proof of the walls, small: it asks enough, finds nothing, and would find what there is to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from chalicelib.kernel import cursor
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.outreach import links
from chalicelib.outreach.links import Unsubscription
from infra.local.inprocess import Engine
from infra.proof import walls
from infra.proof.walls.judging import Judge, listening
from infra.proof.walls.probes import ENDPOINTS, PAGES
from infra.proof.walls.world import Twin, make_twins
from tests.conftest import fresh_stack

SEED = 20260304

Patch = pytest.MonkeyPatch


@pytest.mark.slow
def test_nothing_is_seen_beyond_a_wall(engine: Engine) -> None:
    finding = walls.probe(engine, 0.03, SEED)
    assert finding.failures == []
    assert finding.is_met and finding.count >= 300
    assert finding.notes["routes"] > len(ENDPOINTS) + len(PAGES)


@pytest.fixture(scope="module")
def twins() -> tuple[Twin, Twin]:
    """Both chains; probes leave them as they were."""
    fresh_stack()
    return make_twins()


def no_chain_in_cursors(patch: Patch) -> None:
    patch.setattr(
        cursor, "_signer", lambda scope, purpose: URLSafeSerializer(settings().secret, salt=f"cursor|{purpose}")
    )


def no_signature_on_links(patch: Patch) -> None:
    patch.setattr(links, "read_token", lambda token: Unsubscription(*token.split(".")[:4]))


def no_property_wall(patch: Patch) -> None:
    patch.setattr(Scope, "sees_property", lambda self, property_id: True)


def no_wall_around_guests(patch: Patch) -> None:
    patch.setattr(Scope, "sees_any", lambda self, property_ids: True)


def talkative_logs(patch: Patch) -> None:
    patch.setattr("infra.proof.walls.judging.Ear.taken", lambda self: "a line about xqbeast")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hole", "broken"),
    [
        ("cursor", no_chain_in_cursors),
        ("link", no_signature_on_links),
        ("path", no_property_wall),
        ("own", no_wall_around_guests),
        ("own", talkative_logs),
    ],
)
def test_a_hole_in_a_wall_is_found(
    twins: tuple[Twin, Twin], monkeypatch: Patch, hole: str, broken: Callable[[Patch], Any]
) -> None:
    """Every way at every route once finds it; and without the hole, there is nothing to find."""

    def failures() -> list[str]:
        wanted = [one for one in walls.all_probes(*twins) if hole in one.group.split(",")[0]]
        wanted = walls.sample(wanted, len({one.group for one in wanted}), SEED)
        with listening() as ear:
            judge = Judge(*twins, ear)
            for one in wanted:
                judge.take(one)
        return judge.failures

    assert failures() == []
    broken(monkeypatch)
    assert failures()
