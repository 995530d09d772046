"""Builds the Chalice app from what the contexts declare. Chalice carries; every decision is in our own wrappers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from chalice.app import Chalice
from chalice.app import Response as ChaliceResponse

from chalicelib.kernel import logs, meter, metrics, tenancy
from chalicelib.kernel.errors import Malformed, NotFound, Refusal, TooLarge, UnsupportedMedia
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.web.auth import Authenticators
from chalicelib.web.endpoints import Api
from chalicelib.web.http import SEND_JSON, Request, Response, decoded_body
from chalicelib.web.pages import START as PORTAL
from chalicelib.web.pages import refused_page
from chalicelib.web.problems import problem
from chalicelib.web.routing import CATCH_ALL, METHODS, ROUTER, Handler
from chalicelib.web.serving import language_of, serve

log = logs.Log(__name__)
FUNCTION = "api"

CONTENT_TYPES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]


class MethodNotAllowed(Refusal):
    """The path is known, the method is not."""

    status, type, title = 405, "method_not_allowed", "This method is not offered here"


class Broken(Refusal):
    """A defect of ours; the log has the rest."""

    status, type, title = 500, "broken", "Something went wrong on our side"


class Room(Protocol):
    """Some pages, or another door of our own."""

    def routes(self, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
        """Method, pattern and handler of each route."""


def build_app(name: str, routes: Mapping[str, Mapping[str, str]], authenticators: Authenticators) -> Chalice:
    """The Chalice app with all routes and the catch-all for unknown paths.

    `routes`: by the name of a room the methods by pattern. The room is imported with the first request to one of them.
    """
    for room, patterns in routes.items():
        for pattern, methods in patterns.items():
            for method in methods.split():
                ROUTER.add(method, pattern, _door_to(room, method, pattern, authenticators))
    # A room's own refusals are allowed when it is opened; what is refused before any was is the kernel's.
    logs.allow([*ROUTER.handlers, CATCH_ALL, *(kind.type for kind in _kinds_of(Refusal))])
    app = Chalice(app_name=name, configure_logs=False)
    app.api.binary_types = ["application/octet-stream", "font/woff2", "image/png"]
    for pattern, handlers in ROUTER.handlers.items():
        _route(app, pattern, handlers)
    _route(app, CATCH_ALL, {})
    app.register_middleware(_own_bodies, "http")
    return app


def _door_to(room: str, method: str, pattern: str, authenticators: Authenticators) -> Handler:
    def handle(request: Request) -> Response:
        return _opened(room, authenticators)[method, pattern](request)

    return handle


@cache
def _opened(room: str, authenticators: Authenticators) -> dict[tuple[str, str], Handler]:
    """The handlers of a room by method and pattern."""
    module, _, name = room.partition(":")
    found = routes_of(getattr(import_module(module), name), authenticators)
    logs.allow(kind.type for kind in _kinds_of(Refusal))
    return {(method, pattern): handler for method, pattern, handler in found}


def routes_of(room: Api | Room, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
    """Method, pattern and handler of each route of a room."""
    if isinstance(room, Api):
        return [(one.method, one.path, serve(one, authenticators)) for one in room.endpoints]
    return room.routes(authenticators)


def _kinds_of(refusal: type[Refusal]) -> Iterator[type[Refusal]]:
    """Every kind of refusal that is declared by now."""
    for kind in refusal.__subclasses__():
        yield kind
        yield from _kinds_of(kind)


def with_event(worker: Callable[[dict[str, Any], Any], Any]) -> Callable[[Any], Any]:
    """A worker as Chalice's decorators want it: its event comes wrapped."""

    def run(event: Any) -> Any:
        return worker(event.to_dict(), event.context)

    return run


def _route(app: Chalice, pattern: str, handlers: dict[str, Handler]) -> None:
    """Every method of a pattern goes to one view, so that 404 and 405 are ours."""

    def view(**_: str) -> ChaliceResponse:
        return _to_chalice(_handled(app, pattern, handlers))

    view.__name__ = "view"
    names = [*METHODS, "HEAD", "OPTIONS"]
    app.route(pattern, methods=names, content_types=CONTENT_TYPES, name=f"view {pattern}")(view)


@tenancy.door
def _handled(app: Chalice, pattern: str, handlers: dict[str, Handler]) -> Response:
    current = app.current_request
    event = current.to_original_event() if current is not None else {}
    request_id = new_id("req")
    with _told(str(event.get("httpMethod")), pattern, request_id) as told, meter.metered() as usage:
        try:
            response = _by_method(handlers, request_of(event, pattern, request_id))
        except Refusal as refusal:
            response = problem(refusal, instance=request_id)
        told(response, usage)
    if event.get("httpMethod") == "HEAD":
        response.body = ""
    response.headers.setdefault("Request-Id", request_id)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if usage is not None:
        response.headers["Server-Timing"] = usage.server_timing()
    return response


@contextmanager
def _told(method: str, pattern: str, request_id: str) -> Iterator[Callable[[Response, meter.Usage | None], None]]:
    """One request: every line inside carries its id; the function given tells in one line what was answered."""
    began = time.perf_counter()

    def tell(response: Response, usage: meter.Usage | None) -> None:
        took_ms = (time.perf_counter() - began) * 1000
        log.info(
            "request",
            method=method,
            route=pattern,
            status=response.status,
            refusal=response.refusal or None,
            ms=took_ms,
            trips=usage.trips if usage is not None else None,
        )
        metrics.count(metrics.REQUESTS, label=f"{response.status // 100}xx")
        metrics.observe(metrics.REQUEST_MS, took_ms, chain="")
        if response.refusal:
            metrics.count(metrics.REFUSALS, label=response.refusal, chain="")

    with metrics.invocation(FUNCTION), logs.bound(request=request_id):
        yield tell


def _by_method(handlers: dict[str, Handler], request: Request) -> Response:
    if not handlers:
        return _refused(request, NotFound(N_("There is no such address.")))
    if request.method == "OPTIONS":
        return Response(204, "", {"Allow": allowed(handlers), "Cache-Control": "no-store"})
    if request.method == "HEAD" and "GET" in handlers:
        return _guarded(handlers["GET"], replace(request, method="GET"))
    if request.method not in handlers:
        response = _refused(request, MethodNotAllowed())
        response.headers["Allow"] = allowed(handlers)
        return response
    return _guarded(handlers[request.method], request)


def allowed(handlers: Iterable[str]) -> str:
    """The value of the Allow header where these methods are declared."""
    offered = {*handlers, "OPTIONS", *(("HEAD",) if "GET" in handlers else ())}
    return ", ".join(sorted(offered))


def _guarded(handler: Handler, request: Request) -> Response:
    try:
        return handler(request)
    except Refusal as refusal:
        return _refused(request, refusal)
    except Exception as error:  # noqa: BLE001  (whatever it is, no trace of it may reach the caller)
        log.error("defect", error)
        metrics.count(metrics.DEFECTS, chain="")
        return _refused(request, Broken())


def _refused(request: Request, refusal: Refusal) -> Response:
    """A page for whoever is in the portal, a problem for everybody else."""
    if request.path == PORTAL or request.path.startswith(f"{PORTAL}/"):
        return refused_page(request, refusal)
    return problem(refusal, instance=request.id, language=language_of(request))


def request_of(event: dict[str, Any], pattern: str, request_id: str) -> Request:
    """Our request from an API Gateway event. Raises Malformed for what cannot be decoded."""
    context = event.get("requestContext") or {}
    multi = event.get("multiValueHeaders") or {}
    headers = {str(name).lower(): ",".join(values) for name, values in multi.items()}
    path = str(context.get("path") or event.get("path") or "/")
    found = ROUTER.match(path)
    return Request(
        method=str(context.get("httpMethod") or event.get("httpMethod")),
        path=path,
        pattern=pattern,
        path_params=found[1] if found else dict(event.get("pathParameters") or {}),
        query={name: list(values) for name, values in (event.get("multiValueQueryStringParameters") or {}).items()},
        headers=headers,
        body=decoded_body(event),
        source_ip=str((context.get("identity") or {}).get("sourceIp") or ""),
        id=request_id,
    )


def _to_chalice(response: Response) -> ChaliceResponse:
    headers: dict[str, Any] = dict(response.headers)
    if response.cookies:
        headers["Set-Cookie"] = response.cookies
    return ChaliceResponse(response.body, headers, response.status)


def _own_bodies(event: Any, get_response: Any) -> Any:
    """Rewrites the framework's own error bodies (unreadable body, method, media type) as problems."""
    response = get_response(event)
    body = response.body
    if isinstance(body, dict) and set(body) == {"Code", "Message"}:
        known: dict[int, Refusal] = {
            404: NotFound(),
            405: MethodNotAllowed(),
            413: TooLarge(),
            415: UnsupportedMedia(SEND_JSON),
        }
        request_id = new_id("req")
        own = problem(known.get(response.status_code, Malformed()), instance=request_id)
        own.headers |= {"Request-Id": request_id, "X-Content-Type-Options": "nosniff"}
        found = ROUTER.match(event.path)
        if own.status == 405 and found:
            own.headers["Allow"] = allowed(ROUTER.handlers[found[0]])
        with _told(str(event.method), found[0] if found else CATCH_ALL, request_id) as told:
            told(own, None)
        return _to_chalice(own)
    return response
