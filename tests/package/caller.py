"""Asks a deployed API over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

TIMEOUT_S = 120  # a cold start on a machine that is busy with other tests


@dataclass(frozen=True)
class Heard:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, or nobody."""

    url: str
    token: str = ""

    def ask(self, method: str, path: str, body: Any = None) -> Heard:
        """One request; JSON goes out with an idempotency key."""
        headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data=content, headers=headers, method=method)
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                return Heard(answer.status, _lowered(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Heard(error.code, _lowered(error.headers), error.read())

    def made(self, path: str, body: Any) -> Any:
        """What a POST has created."""
        heard = self.ask("POST", path, body)
        assert heard.status == 201, heard.body
        return heard.json


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers to look at."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_Stay)


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
