"""What people need who cannot see well, have a small screen, or no mouse. The rules are axe-core's for WCAG 2.2 AA."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PAGES, Served

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page) -> list[str]:
    """What axe finds wrong, a line for each place."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = page.evaluate("async options => (await axe.run(document, options)).violations", options)
    return [
        f"{fault['impact']} {fault['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for fault in found
        for node in fault["nodes"]
    ]


# Each language in one scheme on a desk and in the other in the hand: all four together, in two openings of a page.
SCHEMES = {"en": ("light", "dark"), "zh": ("dark", "light")}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", PAGES)
def test_no_barriers(look_at: Callable[..., Page], served: Served, name: str, language: str) -> None:
    who, path = served.pages[name]
    on_desk, in_hand = SCHEMES[language]
    page = look_at(who, path, language=language, scheme=on_desk)
    assert faults(page) == []
    page.set_viewport_size({"width": 1100, "height": 760})  # a small desk: its columns have least room here
    assert page.evaluate("document.documentElement.scrollWidth") <= 1100
    page.set_viewport_size({"width": 640, "height": 430})  # a desk's screen zoomed to 200 %
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.set_viewport_size({"width": 320, "height": 640})
    page.emulate_media(color_scheme=in_hand)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert faults(page) == []


def test_with_the_keyboard_alone_from_sign_in_to_a_guest(open_page: Callable[..., Page], served: Served) -> None:
    page = open_page("", "/portal/sign-in")
    page.keyboard.type(served.emails["desk"])  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(served.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/arrivals")

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("link => link === document.activeElement")
    assert skip.bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.getAttribute('href') || ''")
        if focused.startswith("/portal/guests/gst_"):
            break
    else:
        pytest.fail("no guest is reached with the Tab key")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/guests/gst_*")
    assert page.get_by_role("heading", level=1).inner_text() == "Fatima Al-Sayed"


def test_the_account_menu_opens_and_closes_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("desk", "/portal/guests")
    menu = page.locator("summary", has_text="Account of Ana Silva")
    menu.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Sign out").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.get_by_role("button", name="Sign out").is_visible()
    assert menu.evaluate("summary => summary === document.activeElement")


def test_the_sheet_of_the_day_prints_without_the_frame(open_page: Callable[..., Page]) -> None:
    page = open_page("desk", "/portal/arrivals", scheme="dark")
    page.emulate_media(media="print")
    for selector in (".top", ".ribbon", ".days", ".filters"):
        assert not page.locator(selector).first.is_visible(), selector
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_text("Fatima Al-Sayed").is_visible()
    colours = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
