"""Somebody with a browser, without one: keeps cookies, fills in forms, follows redirects as asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import app
from tests.client import Reply, event_of

HOST = "portal.example"


@dataclass
class Visitor:
    """A browser's worth of state."""

    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, target: str, **headers: str) -> Page:
        """Open an address."""
        return self._ask("GET", target, b"", headers)

    def post(self, target: str, fields: dict[str, str], **headers: str) -> Page:
        """Send a form as it stands."""
        headers = {"origin": f"https://{HOST}", **headers}
        content = urlencode(fields).encode()
        return self._ask("POST", target, content, {"content-type": "application/x-www-form-urlencoded", **headers})

    def submit(self, page: Page, action: str, **fields: str) -> Page:
        """Fill in the form that posts to `action` and send it."""
        return self.post(action, {**page.form(action), **fields})

    def sign_in(self, email: str, password: str) -> Page:
        """Sign in and answer the first page."""
        answer = self.submit(self.get("/portal/sign-in"), "/portal/sign-in", email=email, password=password)
        return self.follow(answer)

    def follow(self, page: Page) -> Page:
        """Go where redirects lead."""
        while page.status == 303:
            page = self.get(page.headers["location"])
        return page

    def _ask(self, method: str, target: str, content: bytes, headers: dict[str, str]) -> Page:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("host", HOST)
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = app.app(event_of(method, target, content, sent), None)
        values = answer.get("multiValueHeaders") or {}
        merged = {name.lower(): value for name, value in answer["headers"].items()}
        merged |= {name.lower(): found[-1] for name, found in values.items()}
        cookies = [value for name, found in values.items() if name.lower() == "set-cookie" for value in found]
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return Page(Reply(answer["statusCode"], merged, cookies, answer["body"]))


@dataclass
class Page:
    """What came back, and ways to look at it."""

    reply: Reply

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.reply.status

    @property
    def headers(self) -> dict[str, str]:
        """Header names are lower case."""
        return self.reply.headers

    @property
    def html(self) -> str:
        """The page as it was sent."""
        return self.reply.text

    @property
    def text(self) -> str:
        """What a person reads, with single spaces."""
        seen = _Seen()
        seen.feed(self.html)
        return re.sub(r"\s+", " ", " ".join(seen.words)).strip()

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [value for tag, attributes in self.tags if tag == "a" for name, value in attributes if name == "href"]

    @property
    def tags(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        """Every tag with its attributes."""
        seen = _Seen()
        seen.feed(self.html)
        return seen.tags

    def form(self, action: str) -> dict[str, str]:
        """The hidden fields of the form that posts to `action`."""
        found: dict[str, str] = {}
        is_inside = False
        for tag, attributes in self.tags:
            values = dict(attributes)
            if tag == "form":
                is_inside = values.get("action") == action
            elif tag == "input" and is_inside and values.get("type") == "hidden":
                found[values["name"]] = values.get("value") or ""
        assert found, f"no form posts to {action}"
        return found


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, list[tuple[str, Any]]]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.append((tag, attrs))
        self._hidden += tag in ("script", "style", "title", "datalist")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "title", "datalist")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
