"""The test clock in the portal: told to go on, once however often the form is sent, and what fell due has been done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kernel.audit import audit_page
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import START, World

CLOCK = "/portal/clock"


def test_a_week_on_the_birthday_has_been_kept(world: World) -> None:
    world.guest()
    hq = signed_in(world, "hq_admin")
    page = hq.get(CLOCK)
    assert CLOCK in hq.get("/portal/deliveries").links and "It shows 4 March 2026, 08:00 Europe/Lisbon" in page.text
    for _ in range(2):  # a button that is pressed twice
        assert hq.submit(page, CLOCK, days="7").headers["location"] == CLOCK
    going = hq.get(CLOCK)
    assert "It goes on to 11 March 2026, 08:00" in going.text and 'hx-trigger="every 2s"' in going.html
    world.run_queues()
    there = hq.get(CLOCK)
    assert "It shows 11 March 2026, 08:00" in there.text and "hx-trigger" not in there.html
    assert world.hq.now == START + timedelta(days=7) and len(world.outbox) == 1
    late = hq.submit(page, CLOCK, days="1")  # of a page that was opened before
    assert late.status == 422 and "A test clock does not step back." in late.text
    noted = [one.action for one in audit_page(world.hq, world.hq.chain_id, limit=10).items]
    assert noted.count("clock.advance_requested") == 2


def test_to_an_hour_of_the_chains_own_day(world: World) -> None:
    hq = signed_in(world, "hq_admin")
    page = hq.get(CLOCK)
    assert hq.submit(page, CLOCK, day="2026-03-29", hour="01:30").status == 303  # an hour that Lisbon leaves out
    world.run_queues()
    assert "It shows 29 March 2026, 02:00" in hq.get(CLOCK).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"day": "2026-03-03", "hour": "12:00"}, "A test clock does not step back."),
        ({"day": "2046-03-03", "hour": "12:00"}, "An advance covers at most 1830 days."),
        ({"day": "soon", "hour": "12:00"}, "Give a day, and the hour as 12:00."),
        ({"day": "2026-03-05", "hour": "noon"}, "Give a day, and the hour as 12:00."),
        ({"days": "9999999"}, "Give a day, and the hour as 12:00."),
        ({"days": "7", "from": "9999-12-31T00:00:00Z"}, "Give a day, and the hour as 12:00."),
    ],
)
def test_what_cannot_be_is_said_and_kept(world: World, fields: dict[str, str], said: str) -> None:
    hq = signed_in(world, "hq_admin")
    answer = hq.submit(hq.get(CLOCK), CLOCK, **fields)
    assert answer.status == 422 and said in answer.text and world.hq.now == START
    assert "day" not in fields or f'value="{fields["day"]}"' in answer.html


def test_who_may_look_and_who_may_turn_it(world: World) -> None:
    analyst = signed_in(world, "hq_analyst")
    page = analyst.get(CLOCK)
    assert page.status == 200 and "A day on" not in page.text
    token = analyst.get("/portal/deliveries").form("/portal/sign-out")
    assert analyst.post(CLOCK, {**token, "days": "1", "from": "2026-03-04T08:00:00Z"}).status == 403
    desk = signed_in(world, "front_desk", property_ids=[world.house.id])
    assert desk.get(CLOCK).status == 403 and CLOCK not in desk.get("/portal/arrivals").links
