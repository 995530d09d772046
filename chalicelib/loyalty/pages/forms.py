"""How the forms of loyalty are read: once however often they are sent, and what was wrong said beside the field."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import field, replace

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, NotFound, Refusal
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Idempotency, Scope
from chalicelib.kernel.unit import KEY_IN_USE
from chalicelib.web.pages import Call
from chalicelib.web.problems import reason, said

KEY_LENGTH_MAX = 40
SENT_BEFORE = N_("This form had been sent already. The entries show what was booked.")


@dataclass
class Attempt:
    """What somebody filled in, and what was wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    told: str = ""


def tried(call: Call, name: str, act: Callable[[Scope], None]) -> Attempt | None:
    """Do it once, however often the form is sent. None when it was done, else what the page is to say about `name`."""
    attempt, say = Attempt(dict(call.form)), translator(call.language).gettext
    try:
        act(_once(call))
    except NotFound:
        raise
    except Refusal as refusal:
        if refusal.detail == KEY_IN_USE:  # the same form was sent before, and has been done
            return Attempt(told=say(SENT_BEFORE))
        attempt.refused = " ".join(_texts(refusal, call.language)) or say(refusal.title)
        attempt.errors = {name: attempt.refused}
        return attempt
    return None


def whole_number(text: str) -> int:
    """Points as they are typed. Raises Invalid."""
    cleaned = text.strip().replace(",", "").replace("，", "")
    try:
        return int(cleaned)
    except ValueError:
        raise Invalid.field("/points", N_("Write a whole number of points.")) from None


def _texts(refusal: Refusal, language: str) -> list[str]:
    told = [said(error, language) for error in refusal.errors]
    whole = reason(refusal, language)
    return told or ([whole] if whole else [])


def _once(call: Call) -> Scope:
    """The scope with the form's own key, so that a form that is sent twice acts once."""
    key = call.form.get("key", "")
    if not key or len(key) > KEY_LENGTH_MAX:
        raise Invalid.field("/key", N_("Open the page anew and try again."))
    body = hashlib.sha256(repr(sorted(call.form.items())).encode()).hexdigest()
    return replace(call.scope, idempotency=Idempotency(f"form {key}", body))
