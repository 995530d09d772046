"""Where API Gateway comes in. It knows two addresses, `/` and `/{proxy+}`: the pattern Chalice routes by is found here.

Inside, every address begins with `/`. Behind a stage (`/api`) or a domain's base path this door takes the base off the
path that comes in, and puts it before every address that goes out, so that no page and no endpoint knows of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.web.routing import CATCH_ALL, ROUTER

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

ROOT = "/"
_BASE_PART = re.compile(r"[A-Za-z0-9._~-]{1,128}")  # what a stage's name or a base path can be
_LED_BY = frozenset({"location", "hx-redirect", "hx-location", "hx-push-url", "hx-replace-url"})
# An address of ours in a page. What a person wrote cannot look like one: quotes are escaped wherever text is put.
_ADDRESS = re.compile(r'(?<=[\s"])((?:href|src|action|formaction|hx-(?:get|post|put|patch|delete))=")(/(?!/)[^"]*")')
_COOKIE_PATH = re.compile(r"(;\s*Path=)/(?=;|$)", re.IGNORECASE)


def entrance(app: Handler) -> Handler:
    """The handler Lambda calls: `app` for events of API Gateway's catch-all."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        base, path = split_base(event)
        return with_base(app(routed(event, path), context), base)

    return handle


def split_base(event: Mapping[str, Any]) -> tuple[str, str]:
    """What stands before our addresses (empty, or such as `/api`), and the path below it as it was sent.

    The path a caller sent holds both; how much of it is ours is told by how many parts the catch-all took.
    """
    context = event.get("requestContext") or {}
    sent = str(context.get("path") or event.get("path") or ROOT)
    parts = [part for part in sent.split("/") if part]
    proxy = str((event.get("pathParameters") or {}).get("proxy") or "")
    count = sum(1 for part in proxy.split("/") if part)
    kept = len(parts) - count
    if kept < 0 or not all(_BASE_PART.fullmatch(part) for part in parts[:kept]):
        return "", sent
    below = "/".join(parts[kept:])
    ending = "/" if below and sent.endswith("/") else ""
    return "".join(f"/{part}" for part in parts[:kept]), f"/{below}{ending}"


def routed(event: dict[str, Any], path: str) -> dict[str, Any]:
    """The event as API Gateway would send it if every pattern of ours were declared there, at the root."""
    pattern, parameters = ROUTER.match(path) or (CATCH_ALL, {"proxy": path.strip("/")})
    context = {**(event.get("requestContext") or {}), "resourcePath": pattern, "path": path}
    return {**event, "resource": pattern, "path": path, "pathParameters": parameters, "requestContext": context}


def with_base(answer: dict[str, Any], base: str) -> dict[str, Any]:
    """The answer with `base` before every address of ours: in headers, cookies and pages."""
    if not base:
        return answer
    headers = {name: _led(name, value, base) for name, value in (answer.get("headers") or {}).items()}
    several = {
        name: [_led(name, value, base) for value in values]
        for name, values in (answer.get("multiValueHeaders") or {}).items()
    }
    body = answer.get("body")
    kind = next((str(value) for name, value in headers.items() if name.lower() == "content-type"), "")
    if kind.startswith("text/html") and isinstance(body, str) and not answer.get("isBase64Encoded"):
        body = _ADDRESS.sub(rf"\g<1>{base}\g<2>", body)
    return {**answer, "headers": headers, "multiValueHeaders": several, "body": body}


def _led(name: str, value: Any, base: str) -> Any:
    lowered = name.lower()
    if lowered in _LED_BY and isinstance(value, str) and value.startswith("/") and not value.startswith("//"):
        return base + value
    if lowered == "set-cookie" and isinstance(value, str):
        return _COOKIE_PATH.sub(rf"\g<1>{base}", value)
    return value
