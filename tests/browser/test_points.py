"""Points at the desk, in a real browser: what there is and why, redeeming and adjusting, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_everybody_can_use_it import faults

Open = Callable[..., Page]

WORDS = {
    "en": "Ten points a euro",
    "zh": "每欧元十分",
}


def balance_of(page: Page) -> int:
    """The figure in the head of the page."""
    return int(re.sub(r"\D", "", page.locator(".page-head strong").inner_text()))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_entry_says_why(open_page: Open, served: Served, language: str) -> None:
    page = open_page("hq", f"/portal/members/{served.member}", language=language)
    rows = page.locator("table.folds tbody tr")
    assert rows.count() >= 9
    earned = rows.filter(has_text=WORDS[language])
    expect(earned).to_have_count(1)
    rule = earned.locator("li").first
    expect(rule).not_to_be_visible()
    earned.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(rule).to_be_visible()
    assert faults(page) == []
    # What every row says adds up to what stands in the head.
    told = [text.replace(",", "") for text in rows.locator("td:nth-child(3)").all_inner_texts()]
    points = [int(text) for text in told if text.strip("–-+ ").isdigit()]
    assert sum(points) == balance_of(page)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_desk_redeems_and_is_told_when_there_is_too_little(open_page: Open, served: Served, language: str) -> None:
    page = open_page("desk", f"/portal/members/{served.member}", language=language, size="phone")
    before = balance_of(page)
    form = page.locator("form[action$='/redemptions']")
    form.locator("#redeem-points").fill("999999")
    form.locator("#reward").fill("late_checkout")
    form.get_by_role("button").click()
    error = page.locator("#redeem-error")
    expect(error).to_be_visible()
    assert page.locator("#redeem-points").get_attribute("aria-invalid") == "true"
    assert page.locator("#reward").input_value() == "late_checkout"
    assert faults(page) == []
    page.locator("#redeem-points").fill("40")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]").first).to_be_visible()
    expect(page.locator("#redeem-error")).to_have_count(0)
    assert balance_of(page) == before - 40
    page.reload()
    assert balance_of(page) == before - 40
    assert faults(page) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_desk_adjusts_within_its_limit(open_page: Open, served: Served, language: str) -> None:
    page = open_page("desk", f"/portal/members/{served.member}", language=language)
    before = balance_of(page)
    page.locator("#adjust-points").fill("501")
    page.locator("form[action$='/adjustments'] button").click()
    expect(page.locator("#adjust-error")).to_be_visible()
    assert balance_of(page) == before
    page.locator("#adjust-points").fill("25")
    page.locator("#reason").select_option("goodwill")
    page.locator("form[action$='/adjustments'] button").click()
    expect(page.locator("#adjust-error")).to_have_count(0)
    expect(page.locator("table.folds tbody tr").first).to_contain_text("+25")
    assert balance_of(page) == before + 25
