"""A year of care: what is counted is what was owed, and months in between change nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from infra.demo import care
from infra.proof import care_year
from tests.conftest import fresh_stack, work_off_queues

START = datetime(2027, 3, 10, 8, tzinfo=UTC)
GUESTS = 4  # among them one who comes often, one whose stay is over, one who denies, one who is asked for nothing


def test_a_year_at_once_owes_what_its_months_do() -> None:
    fresh_stack()
    life = care_year.live(START, GUESTS, work_off_queues, stride=care_year.DAYS)
    said: list[str] = []
    figures = care.tell(life.ground.hq, said.append, START.date(), life.ground.hq.now.date())
    story = care_year.story_of(life)
    assert story.total() == sum(row.owed for row in figures.values())
    assert {name: row.kept for name, row in figures.items() if name != "silence"} == {
        name: sum(count for one, count in story.items() if one[1].startswith(name) and one[2] == "kept")
        for name in ("new_guest", "loyal_guest", "blessings")
    }
    assert min(figures[name].kept for name in ("new_guest", "loyal_guest", "blessings")) > 0
    fresh_stack()
    by_months = care_year.story_of(care_year.live(START, GUESTS, work_off_queues, stride=care_year.MONTH_DAYS))
    assert care_year.differences(story, by_months) == []
    made_up = ("Silva 0", "new_guest", "kept")
    assert care_year.differences(story, by_months + Counter([made_up])) == [f"only by months: {made_up}"]
