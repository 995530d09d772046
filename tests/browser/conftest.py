"""A real browser in front of the real gateway. Without chromium these tests are skipped, and say so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 180_000  # with a machine that does much else; what never comes is found all the same
SIZES = {"desk": (1280, 860), "phone": (390, 844), "narrow": (320, 640)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this room opens a browser."""
    here = Path(__file__).parent
    for item in items:
        if item.path.parent == here:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no chromium is installed (apt-get install chromium)"))


@dataclass(frozen=True)
class Served:
    """Where the world is served, and what is in it."""

    base_url: str
    password: str
    emails: dict[str, str]
    cookies: dict[str, str]
    guests: dict[str, str]
    import_id: str
    harbour: str
    member: str
    hill: str
    task: str

    @property
    def pages(self) -> dict[str, tuple[str, str]]:
        """Every page: who looks at it, and where."""
        return {
            "sign-in": ("", "/portal/sign-in?next=/portal/guests"),
            "arrivals": ("desk", "/portal/arrivals"),
            "arrivals of another day": ("hq", f"/portal/arrivals?property={self.harbour}&day=2026-03-05"),
            "properties": ("hq", "/portal/properties"),
            "guests": ("hq", "/portal/guests"),
            "guests with an error": ("desk", "/portal/guests?language=nonsense!"),
            "guest": ("hq", f"/portal/guests/{self.guests['wang']}"),
            "days of a guest": ("desk", f"/portal/guests/{self.guests['wang']}/days"),
            "guest who is not greeted": ("desk", f"/portal/guests/{self.guests['rossi']}"),
            "deliveries": ("hq", "/portal/deliveries"),
            "occasions": ("hq", "/portal/occasions"),
            "occasion": ("hq", "/portal/occasions/birthday"),
            "own days": ("hq", "/portal/occasions/days"),
            "calendar": ("hq", "/portal/calendar"),
            "contact plan": ("hq", "/portal/contact-plan"),
            "care rule": ("hq", f"/portal/contact-plan/new_guest?property={self.harbour}"),
            "care": ("hq", "/portal/care?month=2026-03"),
            "channels": ("hq", "/portal/channels"),
            "channels for a house": ("manager", "/portal/channels/texts"),
            "channel texts": ("hq", "/portal/channels/texts"),
            "connectors": ("hq", "/portal/channels/connectors"),
            "channel versions": ("hq", "/portal/channels/versions"),
            "contacts": ("hq", f"/portal/guests/{self.guests['silva']}/contacts"),
            "thread": ("desk", f"/portal/guests/{self.guests['silva']}/messages"),
            "inbox": ("hq", "/portal/inbox"),
            "hotline": ("desk", "/portal/hotline?show=all"),
            "calls": ("hq", "/portal/calls"),
            "call": ("manager", f"/portal/calls/{self.task}"),
            "at risk": ("hq", f"/portal/at-risk?property={self.hill}&days=90"),
            "new task": ("manager", f"/portal/guests/{self.guests['silva']}/tasks"),
            "strategies": ("hq", "/portal/strategies"),
            "stopped": ("hq", "/portal/suppressions"),
            "sending": ("hq", "/portal/sending"),
            "clock": ("hq", "/portal/clock"),
            "imports": ("hq", "/portal/imports"),
            "import": ("hq", f"/portal/imports/{self.import_id}"),
            "new import": ("hq", "/portal/imports/new"),
            "file": ("manager", f"/portal/imports/{self.import_id}/file"),
            "match report": ("hq", "/portal/match-report"),
            "member": ("hq", f"/portal/members/{self.member}"),
            "member at the desk": ("desk", f"/portal/members/{self.member}"),
            "claims": ("manager", "/portal/claims"),
            "nothing": ("desk", "/portal/nowhere"),
        }

    def cookies_of(self, who: str, language: str) -> list[Any]:
        """What the browser of somebody who has signed in holds; signing in itself has tests of its own."""
        held: list[Any] = [{"name": "hospes-language", "value": language, "url": self.base_url}]
        for name, one in SimpleCookie(self.cookies.get(who, "")).items():
            seen = {"httpOnly": bool(one["httponly"]), "sameSite": one["samesite"]}
            held.append({"name": name, "value": one.value, "url": self.base_url, **seen})
        return held


PAGES = (
    "sign-in", "arrivals", "arrivals of another day", "properties", "guests", "guests with an error", "guest",
    "guest who is not greeted", "deliveries", "channels", "occasions", "imports", "import", "member",
    "member at the desk", "claims", "nothing",
    "calendar",
    "contact plan", "care", "contacts", "thread", "inbox", "hotline", "calls", "call", "at risk", "new task",
    "strategies", "sending", "clock", "own days", "care rule", "occasion", "stopped", "days of a guest",
    "new import", "file", "match report",
)  # fmt: skip


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The world of the portal's tests, served by a process of its own until the tests end."""
    command = [sys.executable, "-m", "tests.browser.serve"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        line = process.stdout.readline()
        assert line, "the world could not be served"
        yield Served(**json.loads(line))
        process.stdin.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each has a context of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


class Complaints:
    """What the browser complains of in the pages of one test."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def hear(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._of_console)
        page.on("pageerror", self._of_script)

    def leave(self, page: Page) -> None:
        """Listen no longer."""
        page.remove_listener("console", self._of_console)
        page.remove_listener("pageerror", self._of_script)

    def _of_console(self, message: Any) -> None:
        # What we refuse on purpose is logged by the browser as well.
        refused = ("Failed to load resource", "Response Status Error Code")
        if message.type == "error" and not message.text.startswith(refused):
            self.heard.append(message.text)

    def _of_script(self, error: Any) -> None:
        self.heard.append(str(error))


@pytest.fixture(scope="session")
def household(served: Served, browser: Browser) -> Iterator[BrowserContext]:
    """The context that tests share one after the other: each new one brings processes that cost more than a look."""
    context = browser.new_context(base_url=served.base_url)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture(scope="session")
def window(household: BrowserContext) -> Page:
    """One page for all who only look, which stays open."""
    return household.new_page()


def enter(page: Page, served: Served, who: str, language: str) -> None:
    """Leave nothing of who was here before, and be somebody else."""
    page.context.clear_cookies()
    page.context.add_cookies(served.cookies_of(who, language))


def leave(page: Page, served: Served) -> None:
    """Forget what scripts have kept."""
    if page.url.startswith(served.base_url):
        page.evaluate("localStorage.clear(); sessionStorage.clear()")


@pytest.fixture
def open_page(
    served: Served, browser: Browser, household: BrowserContext, window: Page
) -> Iterator[Callable[..., Page]]:
    """A function that opens a page as somebody, and fails the test for whatever the browser complains of.

    A test's first page is one of the shared context, where `window` keeps the process; further ones, and those with
    options, have a context of their own.
    """
    pages: list[Page] = []
    complaints = Complaints()

    def open_(
        who: str, path: str, *, language: str = "en", scheme: Any = "light", size: str = "desk", **options: Any
    ) -> Page:
        width, height = SIZES[size]
        is_shared = not pages and not options
        context = household if is_shared else browser.new_context(base_url=served.base_url, **options)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        pages.append(page)
        enter(page, served, who, language)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        complaints.hear(page)
        page.goto(path)
        return page

    yield open_
    for page in pages:
        if page.context is household:
            leave(page, served)
            page.close()
        else:
            page.context.close()
    assert not complaints.heard


@pytest.fixture
def look_at(served: Served, window: Page) -> Iterator[Callable[..., Page]]:
    """As `open_page`, in the page in which others have looked before: for a test that changes nothing there."""
    complaints = Complaints()

    def look_at_(who: str, path: str, *, language: str = "en", scheme: Any = "light", size: str = "desk") -> Page:
        width, height = SIZES[size]
        enter(window, served, who, language)
        window.set_viewport_size({"width": width, "height": height})
        window.emulate_media(color_scheme=scheme)
        complaints.hear(window)
        window.goto(path)
        return window

    yield look_at_
    complaints.leave(window)
    leave(window, served)
    assert not complaints.heard
