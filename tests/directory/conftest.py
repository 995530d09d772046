"""Calls the product's own address, as a program would."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app import app
from chalicelib.directory import service as directory
from chalicelib.kernel.scope import Scope
from chalicelib.web.routing import CATCH_ALL, match
from tests.builders import make_chain, make_key, make_property
from tests.conftest import OPERATOR_KEY


@dataclass(frozen=True)
class Answer:
    """What came back: `body` is the JSON, or None."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def pointers(self) -> set[str]:
        """The fields that a problem complains of."""
        return {error["pointer"] for error in self.body["errors"]}


class Caller:
    """Sends requests with one token."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, method: str, path: str, body: Any = None, *, match: int | None = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        if match is not None:
            sent["If-Match"] = f'"v{match}"'
        content = b""
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = app(event_of(method, path, sent, content), None)
        return Answer(
            answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None,
            {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()} | answer["headers"],
        )  # fmt: skip


def event_of(method: str, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The event that API Gateway makes of a request."""
    parts = urlsplit(path)
    found = match(parts.path)
    return {
        "resource": found[0] if found else CATCH_ALL,
        "path": parts.path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": parse_qs(parts.query, keep_blank_values=True) or None,
        "pathParameters": found[1] if found else {"proxy": parts.path.strip("/")},
        "stageVariables": None,
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
        "requestContext": {
            "httpMethod": method,
            "path": parts.path,
            "resourcePath": found[0] if found else CATCH_ALL,
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }


@dataclass(frozen=True)
class World:
    """A chain with two houses and callers of every kind, and a stranger from another chain."""

    chain: directory.Chain
    hq: Scope
    house: directory.Property
    sister: directory.Property
    anonymous: Caller
    stranger: Caller
    admin: Caller
    at_house: Caller  # every permission, but for one house only
    reader: Caller  # reads all of the chain, writes nothing
    nobody: Caller  # a valid key without the permissions of the directory

    def caller(self, token: str) -> Caller:
        """Somebody with this token."""
        return Caller(token)


@pytest.fixture
def world(engine: Any) -> World:
    """See `World`."""
    directory.forget()
    chain, hq = make_chain()
    _, rival = make_chain()
    house, sister = make_property(hq, "Harbour House"), make_property(hq, "Sister House")
    reading = sorted(one for one in directory.PERMISSIONS if one.endswith(":read"))
    return World(
        chain, hq, house, sister,
        anonymous=Caller(None),
        stranger=Caller(make_key(rival)),
        admin=Caller(make_key(hq)),
        at_house=Caller(make_key(hq, property_ids=[house.id])),
        reader=Caller(make_key(hq, reading)),
        nobody=Caller(make_key(hq, ["guests:read"])),
    )  # fmt: skip


@pytest.fixture
def operator(engine: Any) -> Caller:
    """Whoever runs the installation."""
    return Caller(OPERATOR_KEY)
