"""How a context declares its portal pages: same services as the API, other door.

    pages = Pages("guests")

    @pages.get("/portal/guests", permission="guests:read")
    def guests_page(call: Call) -> View: ...

A page answers with a `View` (template and what it shows), a `Redirect`, or a `Response`. Refusals become pages, too.
Contexts on higher floors put panels on a page of a lower one with `panel`.

When htmx asks for the part of a page that changes, the same template answers with its block `results` only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from chalicelib.kernel import logs
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden, Malformed, NotFound, Refusal, Unauthenticated
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Scope
from chalicelib.web.auth import Authenticators
from chalicelib.web.http import Request, Response
from chalicelib.web.problems import reason, said
from chalicelib.web.rendering import fragment, render
from chalicelib.web.routing import Handler
from chalicelib.web.serving import language_of
from chalicelib.web.sessions import LANGUAGE_COOKIE, Session, check_form, form_token, session_of

HTML = "text/html; charset=utf-8"
START = "/portal"
SIGN_IN = "/portal/sign-in"
POLICY = "Content-Security-Policy"
SECURITY = {
    POLICY: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FRAME, FRAGMENT = "web/frame.html", "web/fragment.html"


@dataclass(frozen=True)
class View:
    """A template and what it shows. `sends_to` is an origin beside our own that one of its forms may be sent to."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    sends_to: str = ""


@dataclass(frozen=True)
class Redirect:
    """Go and read another page (303)."""

    to: str
    cookies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """What a page handler is given. `scope` is None only on public pages before sign-in."""

    request: Request
    language: str
    session: Session | None
    caller: Scope | None
    form: dict[str, str]

    @property
    def scope(self) -> Scope:
        """The caller's scope. Raises Unauthenticated on public pages without a session."""
        if self.caller is None:
            raise Unauthenticated()
        return self.caller

    def parameter(self, name: str, default: str = "") -> str:
        """A query parameter, trimmed; the first of a repeated one."""
        return self.request.query.get(name, [default])[0].strip()

    @property
    def path_params(self) -> dict[str, str]:
        """The parameters in the path."""
        return self.request.path_params

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the page only."""
        return _wants_fragment(self.request)


PageHandler = Callable[[Call], View | Redirect | Response]


@dataclass(frozen=True)
class _Page:
    method: str
    path: str
    handler: PageHandler
    permission: str | None
    is_public: bool


@dataclass(frozen=True)
class NavigationEntry:
    """A line of the portal's navigation, shown to those who hold the permission (and see several properties or all)."""

    label: str
    path: str
    permission: str
    order: int
    is_for_several: bool = False
    is_for_chain: bool = False
    under: str | None = None  # the path of the entry in whose section it stands

    def is_here(self, path: str) -> bool:
        """Whether a page is this entry's, or below it."""
        return path == self.path or path.startswith(f"{self.path}/")

    def is_shown_to(self, scope: Scope) -> bool:
        """Whether it belongs into the navigation of somebody."""
        sees_all = scope.property_ids is None
        sees_several = sees_all or len(scope.property_ids or ()) > 1
        return (
            scope.may(self.permission)
            and (sees_several or not self.is_for_several)
            and (sees_all or not self.is_for_chain)
        )


@dataclass(frozen=True)
class SearchBox:
    """The search that stands in the frame of every page, for those who hold the permission."""

    label: str
    path: str
    permission: str


Panel = Callable[[Scope, str, str], View | None]

_NAVIGATION: list[NavigationEntry] = []
_SEARCH: list[SearchBox] = []
_PANELS: dict[str, list[tuple[int, str, Panel]]] = {}
# Who the signed-in person is, for the frame: name, role, chain, properties. Handed over by the directory.
_FRAME: list[Callable[[Scope], dict[str, Any]]] = []


def navigation(
    label: str,
    path: str,
    *,
    permission: str,
    order: int,
    is_for_several: bool = False,
    is_for_chain: bool = False,
    under: str | None = None,
) -> None:
    """Put a line into the portal's navigation; `under` the path of another one: into the section that it opens."""
    _NAVIGATION.append(NavigationEntry(label, path, permission, order, is_for_several, is_for_chain, under))
    _NAVIGATION.sort(key=lambda entry: entry.order)


def _sections(scope: Scope | None, path: str) -> dict[str, Any]:
    """What the frame shows of the navigation: the main entries, which of them is open, and what its section holds.

    An entry whose section's own entry is not shown to the reader stands among the main ones.
    """
    shown = [entry for entry in _NAVIGATION if scope is not None and entry.is_shown_to(scope)]
    paths = {entry.path for entry in shown}
    main = [entry for entry in shown if entry.under not in paths]
    for entry in main:
        section = [entry, *(one for one in shown if one.under == entry.path)]
        if any(one.is_here(path) for one in section):
            return {"navigation": main, "open_entry": entry, "section": section if len(section) > 1 else []}
    return {"navigation": main, "open_entry": None, "section": []}


def search_box(label: str, path: str, *, permission: str) -> None:
    """Put a search into the frame: its form posts `q` to `path`."""
    _SEARCH[:] = [SearchBox(label, path, permission)]


def frame_facts(provider: Callable[[Scope], dict[str, Any]]) -> Callable[[Scope], dict[str, Any]]:
    """Register who tells the frame about the signed-in person."""
    _FRAME[:] = [provider]
    return provider


def panel(page: str, *, permission: str, order: int) -> Callable[[Panel], Panel]:
    """Put a panel on another context's page (`guest`). It is called as `f(scope, subject_id, language)`."""

    def register(maker: Panel) -> Panel:
        _PANELS.setdefault(page, []).append((order, permission, maker))
        _PANELS[page].sort(key=lambda entry: entry[0])
        return maker

    return register


def panels_of(page: str, call: Call, subject_id: str) -> list[Markup]:
    """The panels of a page that the caller may see, rendered, in order."""
    made, scope, language = [], call.scope, call.language
    token = form_token(call.session)
    for _, permission, maker in _PANELS.get(page, []):
        view = maker(scope, subject_id, language) if scope.may(permission) else None
        if view is not None:
            made.append(fragment(language, view.template, {**view.context, "scope": scope, "form_token": token}))
    return made


class Pages:
    """The portal pages of one context."""

    def __init__(self, context: str) -> None:
        self.context = context
        self.pages: list[_Page] = []

    def get(self, path: str, *, permission: str | None = None, is_public: bool = False) -> Callable[..., PageHandler]:
        """Declare a page that shows."""
        return self._declare("GET", path, permission, is_public)

    def post(self, path: str, *, permission: str | None = None, is_public: bool = False) -> Callable[..., PageHandler]:
        """Declare what a form of ours is posted to. Origin and form token are checked first."""
        return self._declare("POST", path, permission, is_public)

    def _declare(self, method: str, path: str, permission: str | None, is_public: bool) -> Callable[..., PageHandler]:
        if permission is None and not is_public:
            raise ValueError(f"{method} {path} names no permission")

        def declare(handler: PageHandler) -> PageHandler:
            self.pages.append(_Page(method, path, handler, permission, is_public))
            return handler

        return declare

    def routes(self, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
        """What the front door registers."""
        return [(page.method, page.path, _serve(page, authenticators)) for page in self.pages]


def _serve(page: _Page, authenticators: Authenticators) -> Handler:
    def handle(request: Request) -> Response:
        session = session_of(request)
        call = Call(request, _language(request, None), session, None, {})
        try:
            caller = _caller(page, authenticators, session, request)
            if caller is not None:
                logs.bind(**logs.known_of(caller))
            language = _language(request, caller)
            call = replace(call, caller=replace(caller, language=language) if caller else None, language=language)
            if page.permission is not None and not call.scope.may(page.permission):
                raise Forbidden()
            if page.method == "POST":
                form = request.form()
                check_form(request, session, form.pop("form_token", ""))
                call = replace(call, form=form)
            return _answer(call, page.handler(call))
        except Unauthenticated:
            return _to_sign_in(request)
        except Refusal as refusal:
            return _refused(call, refusal)

    return handle


def _caller(page: _Page, authenticators: Authenticators, session: Session | None, request: Request) -> Scope | None:
    if session is None:
        if page.is_public:
            return None
        raise Unauthenticated()
    try:
        return authenticators.by_session(session.chain_id, session.staff_id, session.signed_in_at, request.id)
    except Unauthenticated:
        if page.is_public:
            return None
        raise


def _language(request: Request, scope: Scope | None) -> str:
    chosen = request.query.get("lang", [""])[0] or request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in ("en", "zh"):
        return chosen
    return scope.language if scope is not None and scope.language in ("en", "zh") else language_of(request)


def _answer(call: Call, result: View | Redirect | Response) -> Response:
    if isinstance(result, Response):
        result.headers = {**SECURITY, **result.headers}
        return result
    if isinstance(result, Redirect):
        return _gone_to(call.request, result.to, result.cookies)
    context = {**_surroundings(call), **result.context}
    body = render(call.language, result.template, context)
    headers = {**SECURITY, "Content-Type": HTML, "Content-Language": call.language}
    if result.sends_to:
        policy = headers[POLICY].replace("form-action 'self'", f"form-action 'self' {result.sends_to}")
        headers[POLICY] = policy
    return Response(result.status, body, headers)


def _surroundings(call: Call) -> dict[str, Any]:
    """What every template may refer to; a fragment needs less, and costs less."""
    scope = call.caller
    common = {"call": call, "scope": scope, "form_token": form_token(call.session), "here": call.request.path}
    if call.is_fragment:
        return {**common, "layout": FRAGMENT}
    search = _SEARCH[0] if _SEARCH and scope is not None and scope.may(_SEARCH[0].permission) else None
    return {
        **common,
        "layout": FRAME,
        **_sections(scope, call.request.path),
        "search": search,
        "back_here": _back_here(call.request),
        "me": _FRAME[0](scope) if scope is not None and _FRAME else None,
    }


def _wants_fragment(request: Request) -> bool:
    # A page that the browser's history has lost is fetched again by htmx, and then as a whole.
    is_whole = "hx-boosted" in request.headers or "hx-history-restore-request" in request.headers
    return request.headers.get("hx-request") == "true" and not is_whole


def _back_here(request: Request) -> str:
    kept = [(name, value) for name, values in request.query.items() for value in values if name != "lang"]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def _to_sign_in(request: Request) -> Response:
    target = SIGN_IN if request.method != "GET" else f"{SIGN_IN}?next={quote(_back_here(request))}"
    return _gone_to(request, target)


def _gone_to(request: Request, target: str, cookies: tuple[str, ...] = ()) -> Response:
    """The answer that leads elsewhere. For a part of a page, the browser itself has to go, not htmx behind its back."""
    if _wants_fragment(request):
        return Response(204, "", {**SECURITY, "HX-Redirect": target}, list(cookies))
    return Response(303, "", {**SECURITY, "Location": target}, list(cookies))


def safe_next(path: str) -> str:
    """Where to go on to: only an address inside the portal that a header can carry as it stands."""
    is_ours = path == START or path.startswith((f"{START}/", f"{START}?"))
    if not is_ours or "\\" in path or not (path.isascii() and path.isprintable()):
        return START
    return path


def refused_page(request: Request, refusal: Refusal) -> Response:
    """The page for what no page could answer: an address that there is not, or a defect of ours."""
    return _refused(Call(request, _language(request, None), session_of(request), None, {}), refusal)


_EXPLAINED = {
    Forbidden.status: N_("Your role does not include this page. Ask your chain's administrator if you need it."),
    NotFound.status: N_("It does not exist, or it belongs to another property."),
    Malformed.status: N_("The address or the form could not be read."),
    500: N_("It was our fault, and it has been noted. Try again in a moment."),
}


def _refused(call: Call, refusal: Refusal) -> Response:
    say = translator(call.language).gettext
    context = {
        "layout": FRAME,
        "status": refusal.status,
        "title": say(refusal.title),
        "detail": reason(refusal, call.language) or say(_EXPLAINED.get(refusal.status, "")),
        "errors": [said(error, call.language) for error in refusal.errors],
    }
    whole = replace(call, request=replace(call.request, headers=_without_htmx(call.request.headers)))
    response = _answer(whole, View("web/refused.html", context, status=refusal.status))
    response.refusal = refusal.type
    return response


def _without_htmx(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith("hx-")}
