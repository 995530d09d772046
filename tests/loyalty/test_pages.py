"""Points in the portal: a guest joins at the desk, points are redeemed once however often a form is sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.loyalty import service
from tests.builders import PASSWORD, make_staff
from tests.loyalty.conftest import World
from tests.portal.visitor import Visitor


@pytest.fixture
def visit(world: World) -> Callable[..., Visitor]:
    def sign_in(language: str = "en", role: str = "front_desk") -> Visitor:
        house = [world.house.id] if role == "front_desk" else None
        staff = make_staff(
            world.hq, role, email=f"{role}.{language}@staff.example", language=language, property_ids=house
        )
        visitor = Visitor()
        visitor.sign_in(str(staff.email), PASSWORD)
        return visitor

    return sign_in


def test_a_guest_joins_at_the_desk(world: World, visit: Callable[..., Visitor]) -> None:
    guest = world.new_guest()
    desk = visit()
    page = desk.get(f"/portal/guests/{guest.id}")
    assert "This guest has not joined. Join Harbour Points" in page.text
    member_page = desk.follow(desk.submit(page, "/portal/members"))
    assert member_page.status == 200, member_page.text
    (member,) = service.of_guest(world.hq, guest.id)
    assert f"{member.number} · member since 4 March 2026 Active" in member_page.text
    assert "This guest has not joined." not in desk.get(f"/portal/guests/{guest.id}").text


def test_the_page_says_what_there_is_and_why_in_both_languages(world: World, visit: Callable[..., Visitor]) -> None:
    world.tell(amount=10_000)
    text = visit().get(f"/portal/members/{world.member_id}").text
    for words in (
        "1,000 points",
        "You earned 1,000 points for your stay that ended on 4 March 2026.",
        "Ten points a euro: 1,000 points for EUR 100.00.",
        "no end",
    ):
        assert words in text, words
    chinese = visit("zh").get(f"/portal/members/{world.member_id}").text
    assert "您2026年3月4日离店的入住获得 1,000 分。" in chinese
    assert "每欧元十分：1,000 积分，金额欧元 100.00。" in chinese
    assert "Redeem" not in chinese


def test_a_form_that_is_sent_twice_redeems_once(world: World, visit: Callable[..., Visitor]) -> None:
    world.give(500)
    desk = visit()
    page = desk.get(f"/portal/members/{world.member_id}")
    action = f"/portal/members/{world.member_id}/redemptions"
    assert desk.submit(page, action, points="200", reward="late_checkout").status == 303
    again = desk.submit(page, action, points="200", reward="late_checkout")
    assert "This form had been sent already. The entries show what was booked." in again.text
    assert world.points == (300, 0, 0)
    text = desk.get(f"/portal/members/{world.member_id}").text
    assert "You redeemed 200 points." in text
    assert "-200 300" in text


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ("501", "501 points are needed, 500 are available."),
        ("0", "Points are whole numbers from 1 to"),
        ("-5", "Points are whole numbers from 1 to"),
        ("ten", "Write a whole number of points."),
        ("", "Write a whole number of points."),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_nothing_moves(
    world: World, visit: Callable[..., Visitor], points: str, told: str
) -> None:
    world.give(500)
    desk = visit()
    page = desk.get(f"/portal/members/{world.member_id}")
    answer = desk.submit(page, f"/portal/members/{world.member_id}/redemptions", points=points, reward="late_checkout")
    assert (answer.status, world.points) == (422, (500, 0, 0))
    assert told in answer.text


@pytest.mark.parametrize("reward", ["Wang Xiaoming", "wang@guests.example", "x" * 41, "券"])
def test_what_for_is_the_chains_own_word(world: World, visit: Callable[..., Visitor], reward: str) -> None:
    """It stands in the ledger and in the activity log: a browser that lets anything through changes nothing there."""
    world.give(500)
    desk = visit()
    page = desk.get(f"/portal/members/{world.member_id}")
    answer = desk.submit(page, f"/portal/members/{world.member_id}/redemptions", points="1", reward=reward)
    assert (answer.status, world.points) == (422, (500, 0, 0))
    assert "This does not have the expected form." in answer.text


def test_the_desk_adjusts_within_its_limit(world: World, visit: Callable[..., Visitor]) -> None:
    desk = visit()
    page = desk.get(f"/portal/members/{world.member_id}")
    action = f"/portal/members/{world.member_id}/adjustments"
    assert desk.submit(page, action, points="501", reason="goodwill").status == 422
    again = desk.get(f"/portal/members/{world.member_id}")
    assert desk.submit(again, action, points="500", reason="goodwill").status == 303
    entry = world.entries()[-1]
    assert (world.points, entry.cost_owner) == ((500, 0, 0), world.house.id)


def test_a_member_of_another_house_s_guest_is_not_there(world: World, visit: Callable[..., Visitor]) -> None:
    stranger = world.new_guest("Sousa", world.sister)
    member_id = world.enrol(stranger)
    assert visit().get(f"/portal/members/{member_id}").status == 404
