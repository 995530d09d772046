"""Asks the product without a socket, as one of its callers, and makes its answers comparable."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import app
from chalicelib.web import routing
from infra.local.gateway_events import event_of, reply_of

HOST = "portal.example"
_INSTANCE = re.compile(r"req_[0-9a-hjkmnp-tv-z]{26}")
_NONCE = re.compile(r"""nonce[-=]\\*["']?[\w-]+""")
# An address of a file is signed anew for every answer, with the second in which it was.
_SIGNED = re.compile(r"X-Amz-(?:Date|Signature|Credential)=[^&\"\\]*|expires_at\W+[\d:TZ.-]+")
# What a page or an answer makes anew each time: the key of a form, the id under which a search is kept.
_MADE = re.compile(r"""name=\\*"key\\*" value=\\*"[^"\\]*|srh_[0-9a-hjkmnp-tv-z]{26}""")
_PASSING = frozenset({"request-id"})  # of the request alone


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: by an API key, or signed in to the portal."""

    name: str
    token: str | None = None
    cookie: str | None = None


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        return json.loads(self.text) if self.text[:1] in ("{", "[") else None

    def comparable(self, *placeholders: str) -> tuple[Any, ...]:
        """The whole answer but for what belongs to the request alone, and for what was asked for."""
        headers = sorted((name, value) for name, value in self.headers.items() if name not in _PASSING)
        text = json.dumps([headers, self.text], ensure_ascii=False)
        for passing in (_INSTANCE, _NONCE, _SIGNED, _MADE):
            text = passing.sub("", text)
        for number, one in enumerate(placeholders):
            text = text.replace(one, f"<{number}>")
        return self.status, text


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    target: str
    body: Any = None
    form: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=())
    text: str | None = None  # a body that says it is JSON, and may be none

    def __str__(self) -> str:
        return f"{self.method} {self.target} {json.dumps(self.body) if self.body is not None else self.form or ''}"

    @property
    def said(self) -> str:
        """All that it says."""
        return f"{self.target} {json.dumps(self.body, ensure_ascii=False)} {self.form} {self.text} {self.headers}"

    def by(self, caller: Caller) -> Reply:
        """Send it."""
        content, kind = b"", ""
        if self.body is not None:
            content, kind = json.dumps(self.body, ensure_ascii=False).encode(), "application/json"
        elif self.text is not None:
            content, kind = self.text.encode(), "application/json"
        elif self.form is not None:
            content, kind = self.form.encode(), "application/x-www-form-urlencoded"
        headers = [("host", HOST), *self.headers]
        headers += [("content-type", kind)] if kind else []
        headers += [("authorization", f"Bearer {caller.token}")] if caller.token else []
        headers += [("cookie", caller.cookie)] if caller.cookie else []
        matched = routing.match(self.target.split("?", 1)[0])
        event = event_of(self.method, self.target, headers, content, matched, "127.0.0.1")
        answer = reply_of(app.app(event, None))
        merged = {name.lower(): value for name, value in answer.headers}
        return Reply(answer.status, merged, answer.body.decode("utf-8", "replace"))
