"""Sign-in cookies and form tokens. Both are signed, carry ids only, and follow real time."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.settings import settings
from chalicelib.web.http import Request

SESSION_HOURS = 12  # one long shift
LANGUAGE_COOKIE = "hospes-language"


@dataclass(frozen=True)
class Session:
    """Who signed in, and when."""

    chain_id: str
    staff_id: str
    signed_in_at: datetime


def cookie_name() -> str:
    """`__Host-hospes` where the address is secure; over plain loopback the prefix is not allowed."""
    return "__Host-hospes" if _is_secure() else "hospes"


def session_cookie(chain_id: str, staff_id: str) -> str:
    """The Set-Cookie value that signs somebody in."""
    token = _sessions().dumps([chain_id, staff_id, real_now().timestamp()])
    return _cookie(cookie_name(), str(token), SESSION_HOURS * 3600, is_http_only=True)


def ended_cookie() -> str:
    """The Set-Cookie value that signs out."""
    return _cookie(cookie_name(), "", 0, is_http_only=True)


def language_cookie(language: str) -> str:
    """The Set-Cookie value that remembers a language."""
    return _cookie(LANGUAGE_COOKIE, language, 365 * 86_400, is_http_only=True)


def session_of(request: Request) -> Session | None:
    """The session a request carries, or None if there is none, or it is forged or has ended."""
    token = request.cookies.get(cookie_name(), "")
    if not token:
        return None
    try:
        chain_id, staff_id, signed_in = _sessions().loads(token, max_age=SESSION_HOURS * 3600)
        return Session(str(chain_id), str(staff_id), datetime.fromtimestamp(float(signed_in), UTC))
    except (BadData, ValueError, TypeError):
        return None


def form_token(session: Session | None) -> str:
    """A token that ties a form to the session it was shown in."""
    return str(_forms().dumps(_bound(session)))


def check_form(request: Request, session: Session | None, token: str) -> None:
    """Raise Forbidden for a form that was not shown by us to this session, or that comes from elsewhere.

    Browsers say where a form stood. Only what says nothing at all (an old browser, a program) rests on the token alone.
    """
    origin = request.headers.get("origin") or request.headers.get("referer")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if is_foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden(N_("This form was sent from another site."))
    try:
        bound = _forms().loads(token)
    except BadData:
        bound = None
    if bound != _bound(session):
        raise Forbidden(N_("This form is too old. Load the page again."))


def _bound(session: Session | None) -> list[str]:
    return [session.chain_id, session.staff_id, str(session.signed_in_at.timestamp())] if session else []


def _sessions() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret, salt="portal session")


def _forms() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret, salt="portal form")


def _cookie(name: str, value: str, max_age_s: int, *, is_http_only: bool) -> str:
    parts = [f"{name}={value}", "Path=/", f"Max-Age={max_age_s}", "SameSite=Lax"]
    if is_http_only:
        parts.append("HttpOnly")
    if _is_secure():
        parts.append("Secure")
    return "; ".join(parts)


def _is_secure() -> bool:
    return settings().base_url.startswith("https://")
