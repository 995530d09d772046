"""Asks the product over HTTP without a socket: an API Gateway event in, its answer out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import app
from chalicelib.web import routing


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def etag(self) -> str:
        """The version tag."""
        return self.headers["etag"]


@dataclass
class Client:
    """A caller with a token, or none."""

    token: str | None = None

    def ask(self, method: str, target: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Reply:
        """Send a request. Header names are given with underscores: `if_match='"v1"'`."""
        sent = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        if content:
            sent.setdefault("content-type", "application/json")
        answer = app.app(event_of(method, target, content, sent), None)
        merged = {name.lower(): value for name, value in answer["headers"].items()}
        cookies = list(answer.get("multiValueHeaders", {}).get("Set-Cookie", []))
        return Reply(answer["statusCode"], merged, cookies, answer["body"])

    def get(self, target: str, **headers: str) -> Reply:
        """GET."""
        return self.ask("GET", target, **headers)

    def post(self, target: str, body: Any = None, **headers: str) -> Reply:
        """POST a JSON body."""
        return self.ask("POST", target, body, **headers)

    def put(self, target: str, body: Any = None, **headers: str) -> Reply:
        """PUT a JSON body."""
        return self.ask("PUT", target, body, **headers)

    def patch(self, target: str, body: Any = None, **headers: str) -> Reply:
        """PATCH with a JSON body."""
        return self.ask("PATCH", target, body, **headers)

    def delete(self, target: str, **headers: str) -> Reply:
        """DELETE."""
        return self.ask("DELETE", target, **headers)


def event_of(method: str, target: str, content: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """The event API Gateway would make."""
    parts = urlsplit(target)
    found = routing.match(parts.path)
    resource, params = found if found else (routing.CATCH_ALL, {"proxy": parts.path.strip("/")})
    query = parse_qs(parts.query, keep_blank_values=True)
    return {
        "resource": resource,
        "path": parts.path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": params or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": parts.path,
            "stage": "api",
            "requestId": "gateway",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": content.decode("utf-8", "surrogateescape") if content else None,
        "isBase64Encoded": False,
    }
