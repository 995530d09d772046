"""How the call desk's forms are read: once however often they are sent, values kept, faults said beside the fields."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any

from pydantic import BaseModel, ValidationError

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, NotFound, Refusal, Stale
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Idempotency, Scope
from chalicelib.kernel.unit import KEY_IN_USE
from chalicelib.web.pages import Call
from chalicelib.web.problems import invalid, reason, said

KEY_LENGTH_MAX = 40
_WHOLE = re.compile(r"-?[0-9]{1,9}")  # no number that is asked for has more digits
REOPEN = N_("Open the page anew and try again.")


@dataclass
class Filled:
    """What somebody filled in, and what was wrong with it: by field, and as a whole."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    refused: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether there is something to put right."""
        return bool(self.errors or self.refused)


def tried(call: Call, act: Callable[[Scope], None]) -> Filled | None:
    """Do it once, however often the form is sent. None when it is done, else what the page is to show again."""
    filled, say = Filled(dict(call.form)), translator(call.language).gettext
    try:
        act(_once(call))
    except NotFound:
        raise
    except Refusal as refusal:
        if refusal.detail == KEY_IN_USE:  # the same form was sent before, and has been done
            return None
        filled.errors = {one.pointer: said(one, call.language) for one in refusal.errors}
        if not filled.errors:
            filled.refused = reason(refusal, call.language) or say(refusal.title)
        if isinstance(refusal, Stale):
            filled.refused = say(REOPEN)
        return filled
    return None


def read(schema: type[BaseModel], values: Mapping[str, Any]) -> Any:
    """What a form says, by the same rules as the API. Raises Invalid."""
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise invalid(error) from None


def given(form: Mapping[str, str], *names: str) -> dict[str, str]:
    """The fields of a form that hold something."""
    return {name: text for name in names if (text := form.get(name, "").strip())}


def whole(text: str) -> Any:
    """The whole number that a field holds; what is none stays as it is, for the rules of the API to refuse."""
    found = text.strip()
    return int(found) if _WHOLE.fullmatch(found) else found


def _once(call: Call) -> Scope:
    """The scope with the form's own key, so that a form that is sent twice acts once."""
    key = call.form.get("key", "")
    if not key or len(key) > KEY_LENGTH_MAX:
        raise Invalid.field("/key", REOPEN)
    body = hashlib.sha256(repr(sorted(call.form.items())).encode()).hexdigest()
    return replace(call.scope, idempotency=Idempotency(f"form {key}", body))
