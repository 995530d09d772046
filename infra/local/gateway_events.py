"""Turns HTTP into API Gateway's proxy event and a handler's answer back into HTTP."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

CATCH_ALL = "/{proxy+}"
STAGE = "api"
QUERY_FIELDS_MAX = 1000
# Headers that belong to the connection, which the server sets itself.
HOP_HEADERS = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer ready to be written."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def event_of(
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    body: bytes,
    matched: tuple[str, dict[str, str]] | None,
    source_ip: str,
) -> dict[str, Any]:
    """The REST proxy event. Raises ValueError for a query that cannot be read."""
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=QUERY_FIELDS_MAX) if query else []
    resource, path_parameters = matched if matched else (CATCH_ALL, {"proxy": path.lstrip("/")})
    content, is_encoded = encoded(body)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers) or None,
        "multiValueHeaders": grouped(headers),
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": grouped(pairs),
        "pathParameters": path_parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": path,
            "stage": STAGE,
            "requestId": str(uuid4()),
            "requestTimeEpoch": int(time.time() * 1000),
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": source_ip, "userAgent": dict(headers).get("User-Agent")},
        },
        "body": content,
        "isBase64Encoded": is_encoded,
    }


def encoded(body: bytes) -> tuple[str | None, bool]:
    """A body as an event carries it: text, or base64 for what is no text."""
    if not body:
        return None, False
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True


def grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]] | None:
    """Every value of every name; None when there is none, as API Gateway has it."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found or None


def reply_of(answer: dict[str, Any]) -> Reply:
    """What a handler's answer means. Raises ValueError or TypeError for an answer API Gateway would refuse."""
    body = answer.get("body")
    body = "" if body is None else body
    if not isinstance(body, str):
        raise TypeError("the body of an answer is text")
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode("utf-8")
    headers = [
        (name, str(value))
        for name, values in (answer.get("multiValueHeaders") or {}).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    repeated = {name.lower() for name, _ in headers}
    headers += [(n, str(v)) for n, v in (answer.get("headers") or {}).items() if n.lower() not in repeated]
    kept = [(name, value) for name, value in headers if name.lower() not in HOP_HEADERS]
    if any("\r" in value or "\n" in value or "\r" in name or "\n" in name for name, value in kept):
        raise ValueError("a header of the answer breaks the line")
    return Reply(int(answer["statusCode"]), kept, content)


def problem(status: int, title: str, detail: str = "") -> Reply:
    """A refusal of the gateway's own, as RFC 9457 has it."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, [("Content-Type", "application/problem+json")], text.encode())
