"""What scripts make faster, and that everything works without them. Nothing personal stays in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served

Open = Callable[..., Page]


def test_choosing_a_filter_changes_the_list_only(open_page: Open, served: Served) -> None:
    page = open_page("hq", "/portal/deliveries")
    page.evaluate("window.isSamePage = true")
    page.get_by_label("Outcome").focus()
    page.get_by_label("Outcome").select_option("skipped")
    expect(page.get_by_role("row")).to_have_count(2)
    assert urlsplit(page.url).query == "status=skipped"
    assert page.evaluate("window.isSamePage") is True
    assert page.evaluate("document.activeElement.id") == "status"
    expect(page.locator("#told")).to_have_text("1 delivery is shown")

    page.go_back()
    expect(page.get_by_role("row")).to_have_count(7)
    assert urlsplit(page.url).query == ""
    page.go_forward()
    expect(page.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("row")).to_have_count(2)


def test_turning_days_changes_the_sheet_only(open_page: Open) -> None:
    page = open_page("desk", "/portal/arrivals")
    page.evaluate("window.isSamePage = true")
    page.get_by_role("link", name="The day after").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thursday, 5 March 2026")
    assert page.url.endswith("/portal/arrivals?day=2026-03-05")
    assert page.title() == "Arrivals · Harbour House · 5 March 2026 · Hospes"
    assert page.evaluate("window.isSamePage") is True
    assert page.evaluate("document.activeElement.id") == "day-after"
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday, 4 March 2026")


def test_choosing_all_properties_leads_to_them(open_page: Open, served: Served) -> None:
    page = open_page("hq", f"/portal/arrivals?property={served.harbour}")
    page.get_by_label("Property").select_option("all")
    page.wait_for_url("**/portal/properties")
    expect(page.get_by_role("heading", level=1)).to_have_text("Properties")


def test_a_slash_leads_to_the_search(open_page: Open) -> None:
    page = open_page("desk", "/portal/arrivals")
    page.keyboard.press("/")
    page.keyboard.type("王")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/portal/lookups[?]search=srh_"))
    expect(page.get_by_role("link", name="王小明")).to_be_visible()


def test_a_row_is_a_link(open_page: Open) -> None:
    page = open_page("desk", "/portal/arrivals")
    page.get_by_text("4–11 March 2026").click()
    page.wait_for_url("**/portal/guests/gst_*")


def test_what_was_refused_is_shown_as_a_page(open_page: Open) -> None:
    page = open_page("hq", "/portal/deliveries")
    page.evaluate("document.querySelector('#status').innerHTML += '<option value=lost>Lost</option>'")
    page.get_by_label("Outcome").select_option("lost")
    expect(page.get_by_role("heading", level=1)).to_have_text("The request cannot be read")


def test_a_session_that_ended_leads_to_sign_in_and_back(open_page: Open, served: Served) -> None:
    page = open_page("hq", "/portal/deliveries")
    page.context.clear_cookies()
    page.get_by_label("Outcome").select_option("skipped")
    page.wait_for_url(re.compile("/portal/sign-in[?]next="))
    page.get_by_label("E-mail").fill(served.emails["hq"])
    page.get_by_label("Password").fill(served.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/portal/deliveries[?]status=skipped$"))


def test_nothing_personal_stays_in_the_browser(open_page: Open) -> None:
    page = open_page("hq", "/portal/deliveries")
    page.get_by_label("Occasion").select_option("birthday")
    expect(page.locator("#told")).to_have_text("3 deliveries are shown")
    page.get_by_label("Occasion").select_option("first_stay")
    expect(page.locator("#told")).to_have_text("3 deliveries are shown")
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Johnson" not in kept and "<" not in kept


def test_nothing_is_fetched_from_elsewhere(open_page: Open, served: Served) -> None:
    page = open_page("desk", "/portal/sign-in")
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    for path in ("/portal/arrivals", "/portal/guests", f"/portal/guests/{served.guests['wang']}"):
        page.goto(path)
    assert hosts == {urlsplit(served.base_url).netloc}


class TestWithoutScripts:
    """Buttons do what scripts did."""

    @pytest.fixture
    def plain(self, open_page: Open) -> Open:
        return lambda who, path: open_page(who, path, java_script_enabled=False)

    def test_filters_have_a_button(self, plain: Open) -> None:
        page = plain("hq", "/portal/deliveries")
        page.get_by_label("Outcome").select_option("skipped")
        page.get_by_role("button", name="Show").click()
        assert "status=skipped" in page.url
        expect(page.get_by_role("row")).to_have_count(2)

    def test_search(self, plain: Open) -> None:
        page = plain("desk", "/portal/guests")
        page.get_by_label("Name, e-mail address or phone number").fill("ferr")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_role("link", name="João Ferreira")).to_be_visible()

    def test_days_languages_and_signing_out(self, plain: Open) -> None:
        page = plain("desk", "/portal/arrivals")
        page.get_by_role("link", name="The day before").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tuesday, 3 March 2026")
        page.get_by_role("button", name="中文").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("2026年3月3日 星期二")
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="退出登录").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("登录")
