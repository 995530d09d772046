"""The runner killed in the middle of the greetings, and two of them at once: nobody twice, nobody forgotten."""

from __future__ import annotations

import pytest

from infra.proof.account import taken
from infra.proof.chains import break_ground
from infra.proof.killing import EVE
from tests.journeys.conftest import Script


@pytest.mark.slow
def test_a_killed_runner_doubles_and_forgets_nothing(script: Script) -> None:
    said = script("infra.proof.kills", "--greetings", "120", "--live-greetings", "40", "--kills", "2")
    assert said.count("killed runner") == 4
    assert "due 120, sent 11" in said and "due 40, sent 3" in said
    assert said.count("duplicated 0") == 2
    assert "All is accounted for." in said


@pytest.mark.slow
def test_two_runners_send_every_greeting_once(script: Script) -> None:
    arguments = ("--greetings", "0", "--live-greetings", "150", "--kills", "0", "--runners", "2", "--restless")
    said = script("infra.proof.kills", *arguments)
    assert "due 150, sent 144" in said
    assert "parked 0, unknown 0, skipped 6, failed 0, duplicated 0" in said


def test_the_account_finds_what_is_wrong(engine: object) -> None:
    hq = break_ground(starts_at=EVE).hq
    stray = {"delivery_id": "dlv_x", "guest_id": "gst_x", "message_id": "m"}
    assert taken(hq, [], due=0, parked_max=0).is_right
    found = taken(hq, [stray], due=1, parked_max=0)
    assert found.problems == ["a message of no delivery: dlv_x", "1 were due, 0 were decided"]
