"""What head office does of an evening: a paused house sends again, and the log tells it."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.outreach.service import reputation
from infra.demo import attention
from infra.proof.chains import break_ground
from tests.conftest import fresh_stack


def test_a_pause_is_looked_at_once() -> None:
    fresh_stack()
    ground = break_ground(starts_at=datetime(2017, 8, 1, 22, 30, tzinfo=UTC), zones=("Europe/Lisbon", "Asia/Shanghai"))
    paused, other = (str(house.id) for house in ground.houses)
    reputation.pause(ground.hq, paused)
    for _ in range(2):
        attention.look(ground.hq)
        assert [reputation.standing(ground.hq, one).pause for one in (paused, other)] == [None, None]
    said: list[str] = []
    attention.show(ground.hq, said.append)
    assert said == [
        "Mail of House 1: paused, 2017-08-01 (by_hand)",
        "Mail of House 1: looked at by head office, and sent again, 2017-08-01 (by_hand)",
    ]
