"""The page behind a message's link to stop: nobody signs in, a look changes nothing, a post stops (RFC 8058).

Mail programs post by themselves, people press the button; either is taken. The page says what is stopped, not whose.
"""

from __future__ import annotations

import secrets
from typing import Any

from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_, translator
from chalicelib.outreach import service
from chalicelib.outreach.links import Unsubscription
from chalicelib.web.auth import Authenticators
from chalicelib.web.http import Request, Response
from chalicelib.web.rendering import render
from chalicelib.web.routing import Handler
from chalicelib.web.serving import language_of

PATTERN = "/u/{token}"

_SUBJECTS = {
    ("greeting", "email"): N_("Greetings by e-mail, for birthdays, anniversaries and festivals"),
    ("greeting", "sms"): N_("Greetings by text message, for birthdays, anniversaries and festivals"),
    ("marketing", "email"): N_("Greetings with offers, and news, by e-mail"),
    ("marketing", "sms"): N_("Greetings with offers, and news, by text message"),
    ("service", "email"): N_("Messages after your stay by e-mail"),
    ("service", "sms"): N_("Messages after your stay by text message"),
}
_OTHERS = N_("Messages of this kind")


class UnsubscribePages:
    """What the front door registers for guests."""

    def routes(self, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
        """Method, pattern and handler. Nobody is asked who they are: the link is the proof."""
        return [("GET", PATTERN, show_unsubscription), ("POST", PATTERN, post_unsubscription)]


def show_unsubscription(request: Request) -> Response:
    """Ask whether to stop. Changes nothing."""
    try:
        wish = service.unsubscription_of(request.path_params["token"])
    except NotFound:
        return _not_found(request)
    say = translator(_language(request)).gettext
    lines = [
        say(_subject(wish)),
        say(N_("Press the button, and none will be sent any more.")),
    ]
    return _page(request, 200, say(N_("Stop these messages?")), lines, has_button=True)


def post_unsubscription(request: Request) -> Response:
    """Stop, and say so. A second time is as good as the first."""
    try:
        wish = service.unsubscribe(request.path_params["token"])
    except NotFound:
        return _not_found(request)
    say = translator(_language(request)).gettext
    lines = [
        say(_subject(wish)),
        say(N_("None will be sent any more. If you change your mind, tell the hotel.")),
    ]
    return _page(request, 200, say(N_("Stopped")), lines)


def _subject(wish: Unsubscription) -> str:
    return _SUBJECTS.get((wish.purpose, wish.channel), _OTHERS)


def _not_found(request: Request) -> Response:
    say = translator(_language(request)).gettext
    lines = [say(N_("The address is not complete or not one of ours. Please use the link in the message again."))]
    return _page(request, 404, say(N_("This link does not work")), lines)


def _language(request: Request) -> str:
    chosen = request.query.get("lang", [""])[0]
    return chosen if chosen in ("en", "zh") else language_of(request)


def _page(request: Request, status: int, title: str, lines: list[str], *, has_button: bool = False) -> Response:
    language, nonce = _language(request), secrets.token_urlsafe(16)
    context: dict[str, Any] = {"title": title, "lines": lines, "has_button": has_button, "nonce": nonce}
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
    }
    return Response(status, render(language, "outreach/unsubscribe.html", context), headers)


room = UnsubscribePages()
