"""The pages of a chain's channels with all of their forms open: none may be out of anybody's reach."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_everybody_can_use_it import faults

ROOMS = ("channels", "channel texts", "connectors", "channel versions")
WIDTHS = (1100, 640, 320)
OPEN_ALL = "document.querySelectorAll('main details').forEach(one => { one.open = true })"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_barriers_in_any_form(look_at: Callable[..., Page], served: Served, language: str) -> None:
    for name in ROOMS:
        page = look_at(*served.pages[name], language=language, scheme="dark" if language == "zh" else "light")
        page.evaluate(OPEN_ALL)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        assert faults(page) == [], name


def test_a_house_reads_it(look_at: Callable[..., Page], served: Served) -> None:
    page = look_at(*served.pages["channels for a house"], size="narrow")
    assert faults(page) == [] and page.locator("main form").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_order_without_scripts(open_page: Callable[..., Page]) -> None:
    page = open_page("hq", "/portal/channels", size="narrow", java_script_enabled=False)
    page.get_by_text("Put the channels in order").click()
    page.get_by_label("Letter for Greeting").select_option("1")
    page.get_by_role("button", name="Save").click()
    beside = page.get_by_text("Another channel has this place already.")
    expect(beside).to_have_count(1)
    assert page.get_by_label("Letter for Greeting").get_attribute("aria-describedby") == beside.get_attribute("id")
    page.get_by_label("Letter for Greeting").select_option("9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("E-mail · WeChat · Text message · Call · Letter")).to_be_visible()
