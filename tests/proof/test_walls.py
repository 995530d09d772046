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
from infra.proof.walls.probes import ENDPOINTS, PAGES, Probe
from infra.proof.walls.world import EAST, Twin, make_twins
from tests.conftest import fresh_stack
from tests.walls.judge import JUDGE

SEED = 20260304

Patch = pytest.MonkeyPatch
Choice = Callable[[tuple[Twin, Twin], Probe], bool]


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


@pytest.fixture(scope="module")
def probes(twins: tuple[Twin, Twin]) -> list[Probe]:
    """Everything that can be asked of them."""
    return walls.all_probes(*twins)


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


def of(word: str) -> Choice:
    """Probes of one way, at every route once."""
    return lambda twins, probe: word in probe.group.split(",")[0]


def of_the_sister(twins: tuple[Twin, Twin], probe: Probe) -> bool:
    """What those of one house ask about the other's guests, stays and imports."""
    theirs = {one for kind in ("gst", "sty", "imp") for one in twins[0].of(EAST, kind)}
    is_allowed = probe.caller.name == "everything.west"
    return is_allowed and " path" in probe.group and bool(probe.foreign) and theirs.issuperset(probe.foreign)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_wanted", "broken"),
    [
        (of("cursor"), no_chain_in_cursors),
        (of("link"), no_signature_on_links),
        (of_the_sister, no_property_wall),
        (of_the_sister, no_wall_around_guests),
        (of("own"), talkative_logs),
    ],
)
def test_a_hole_in_a_wall_is_found(
    twins: tuple[Twin, Twin],
    probes: list[Probe],
    monkeypatch: Patch,
    is_wanted: Choice,
    broken: Callable[[Patch], Any],
) -> None:
    """It is found; and without the hole, there is nothing to find."""

    def failures(probes: list[Probe]) -> list[str]:
        wanted = [one for one in probes if is_wanted(twins, one)]
        wanted = walls.sample(wanted, len({one.group for one in wanted}), SEED)
        with listening() as ear:
            judge = Judge(*twins, ear)
            for one in wanted:
                judge.take(one)
        return judge.failures

    assert failures(probes) == []
    broken(monkeypatch)
    # A cursor that was signed before the hole was there is refused all the same.
    assert failures(walls.all_probes(*twins) if broken is no_chain_in_cursors else probes)
    JUDGE.breaches.clear()  # the second wall, that of the chain's role, has seen some of it as well
