"""Nudges that are gathered: as many items as before, in a tenth of the calls, and none is lost when work breaks off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kernel import agenda, aws
from chalicelib.kernel.agenda import Done
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.unit import Unit
from infra.bench.watch import watching
from tests.builders import make_chain

KIND = "tests.nudged"
SUBJECTS = [f"gst_{number:026}" for number in range(23)]


@pytest.fixture
def hq() -> Scope:
    """Head office of a live chain."""
    agenda.handles(KIND)(_nothing)
    return make_chain("live")[1]


def _nothing(*_: object) -> Done:
    return Done()


def arm(scope: Scope, subject: str) -> None:
    """Work that is to begin at once."""
    unit = Unit(scope)
    agenda.arm(unit, subject_id=subject, kind=KIND, due_at=real_now() + timedelta(hours=1), is_nudged=True)
    unit.commit()


def nudged() -> set[str]:
    """Whose work is in the queue."""
    url = settings().queue_url("agenda-due")
    found: set[str] = set()
    while messages := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found |= {subject for subject in SUBJECTS for one in messages if subject in one["Body"]}
    return found


def test_ten_go_in_a_call(hq: Scope) -> None:
    with watching() as bill, agenda.few_nudges():
        for subject in SUBJECTS:
            arm(hq, subject)
        assert bill.trips["SendMessageBatch"] == 2
    assert bill.trips["SendMessageBatch"] == 3
    assert nudged() == set(SUBJECTS)


def test_without_gathering_each_goes_at_once(hq: Scope) -> None:
    with watching() as bill:
        for subject in SUBJECTS[:3]:
            arm(hq, subject)
    assert bill.trips["SendMessageBatch"] == 3


def test_what_was_committed_is_nudged_when_the_rest_fails(hq: Scope) -> None:
    with pytest.raises(RuntimeError), agenda.few_nudges():
        arm(hq, SUBJECTS[0])
        raise RuntimeError
    assert nudged() == {SUBJECTS[0]}
