"""The contact plan, what became of it, and what is owed to a guest, as people read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.outreach.pages import obligations as care_pages
from chalicelib.outreach.rules.care import RULE_NAMES, RULES
from chalicelib.outreach.rules.obligations import OBLIGATION_STATUSES
from chalicelib.web.sessions import LANGUAGE_COOKIE
from tests.conftest import work_off_queues
from tests.portal.owed import owe
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


@pytest.fixture
def owed(world: World) -> World:
    """The world, in which something is owed."""
    owe(world)
    work_off_queues()
    return world


def test_the_plan_says_what_whom_and_when(owed: World, visit: Visit) -> None:
    page = visit("hq").get("/portal/contact-plan")
    for text in (
        "R2 After the first stay Guests whose first stay has ended",
        "Once, within 5 days after the stay.", "In force since 4 March 2026",
        "At least 2 contacts in each calendar month. Where there was none, our message leaves on day 15",
        "at least 3 stays in 90 days", "A word to regular guests Off What is off is owed all the same",
        "Not in force the house's own rule", "A person calls.",
    ):  # fmt: skip
        assert text in page.text, text
    own = visit("desk").get(f"/portal/contact-plan?property={owed.harbour.id}")
    assert "Once, within 1 day after the stay." in own.text and "The property's own version 1" in own.text
    reader = visit("hq")
    reader.cookies[LANGUAGE_COOKIE] = "zh"
    chinese = reader.get("/portal/contact-plan").text
    for text in ("联络计划", "一次，离店后5天内。", "90天内至少入住3次", "每个自然月至少2次。", "由员工致电。"):
        assert text in chinese, text


def test_a_month_house_by_house(owed: World, visit: Visit) -> None:
    page = visit("hq").get("/portal/care?month=2026-03")
    assert "1–31 March 2026" in page.text
    assert "A call after silence 1 1 50.0 % 0 1 1 × Nobody called." in page.text
    assert "Giulia Rossi A call after silence Not fulfilled Nobody called." in page.text
    assert "王小明" not in page.text and f"/portal/guests/{owed.guests['rossi']}" in page.links
    kept = visit("desk").get("/portal/care?month=2026-03&status=kept")
    assert "王小明 A call after silence Fulfilled Somebody spoke with the guest, 4 March 2026" in kept.text
    assert "month=2026-02" in "".join(page.links) and "month=2026-04" in "".join(page.links)
    empty = visit("hq").get("/portal/care?month=2025-01")
    assert "Nothing was owed in this month" in empty.text
    for target in ("month=2026-13", "status=lost", "cursor=cur_x"):
        assert visit("hq").get(f"/portal/care?{target}").status == 400
    assert visit("hq").get("/portal/care?property=prp_00000000000000000000000000").status == 404


def test_what_we_owe_a_guest(owed: World, visit: Visit) -> None:
    page = visit("desk").get(f"/portal/guests/{owed.guests['silva']}")
    assert "What we owe" in page.text and "A call after silence Still open" in page.text
    assert "Nothing is owed to this guest by the contact plan." in visit("desk").get(
        f"/portal/guests/{owed.guests['kim']}"
    ).text  # fmt: skip


def test_every_status_and_rule_has_words() -> None:
    assert set(care_pages.STATUS_LABELS) == set(care_pages.STATUS_LOOKS) == set(OBLIGATION_STATUSES)
    assert set(RULES) == set(RULE_NAMES)
