"""Refusals as RFC 9457 problems. No other error body leaves the product."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from chalicelib.kernel.errors import FieldError, Invalid, Refusal, TooMany
from chalicelib.kernel.i18n import N_, InvalidValue, translator
from chalicelib.web.http import Response

FIELD_ERRORS_MAX = 100  # enough to repair a form; a hostile body does not earn a longer answer
PROBLEM = "application/problem+json"
TYPE_BASE = "https://hospes.example/problems/"

_MESSAGES = {
    "missing": N_("This field is required."),
    "extra_forbidden": N_("This field is not known here."),
    "string_type": N_("This must be text."),
    "string_too_long": N_("This is too long."),
    "string_too_short": N_("This must not be empty."),
    "string_pattern_mismatch": N_("This does not have the expected form."),
    "int_type": N_("This must be a whole number."),
    "int_parsing": N_("This must be a whole number."),
    "int_from_float": N_("This must be a whole number."),
    "bool_type": N_("This must be true or false."),
    "bool_parsing": N_("This must be true or false."),
    "list_type": N_("This must be a list."),
    "dict_type": N_("This must be an object."),
    "model_type": N_("This must be an object."),
    "model_attributes_type": N_("This must be an object."),
    "too_long": N_("This holds too many entries."),
    "too_short": N_("This holds too few entries."),
    "greater_than_equal": N_("This is too small."),
    "less_than_equal": N_("This is too large."),
    "greater_than": N_("This is too small."),
    "less_than": N_("This is too large."),
    "date_type": N_("This must be a day such as 2026-03-04."),
    "date_parsing": N_("This must be a day such as 2026-03-04."),
    "date_from_datetime_parsing": N_("This must be a day such as 2026-03-04."),
    "datetime_type": N_("This must be an instant such as 2026-03-04T05:06:07Z."),
    "datetime_parsing": N_("This must be an instant such as 2026-03-04T05:06:07Z."),
    "datetime_from_date_parsing": N_("This must be an instant such as 2026-03-04T05:06:07Z."),
    "timezone_aware": N_("This must be an instant such as 2026-03-04T05:06:07Z."),
    "literal_error": N_("This is not one of the values allowed."),
    "enum": N_("This is not one of the values allowed."),
}

_TITLES = (
    N_("Refused"),
    N_("The request cannot be read"),
    N_("Sign in or send a valid API key"),
    N_("Your role does not allow this"),
    N_("There is nothing here"),
    N_("This has been erased"),
    N_("The present state does not allow this"),
    N_("It exists already"),
    N_("Somebody else is writing this at the moment"),
    N_("It was changed meanwhile"),
    N_("Too large"),
    N_("This content type is not read here"),
    N_("Some fields are not right"),
    N_("Send If-Match with the ETag you read"),
    N_("Too many requests"),
    N_("This method is not offered here"),
    N_("Something went wrong on our side"),
)


def problem(refusal: Refusal, *, instance: str, language: str = "en") -> Response:
    """The answer for a refusal. `instance` is the request id."""
    say = translator(language).gettext
    body: dict[str, Any] = {
        "type": TYPE_BASE + refusal.type,
        "title": say(refusal.title),
        "status": refusal.status,
        "instance": instance,
    }
    if refusal.detail:
        body["detail"] = reason(refusal, language)
    if refusal.errors:
        body["errors"] = [
            {"pointer": error.pointer, "detail": said(error, language), "code": error.code}
            for error in refusal.errors[:FIELD_ERRORS_MAX]
        ]
    headers = {"Content-Type": PROBLEM, "Content-Language": language, "Cache-Control": "no-store"}
    if isinstance(refusal, TooMany):
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(refusal.status, json.dumps(body, ensure_ascii=False), headers, refusal=refusal.type)


def invalid(error: ValidationError, *, prefix: str = "/") -> Invalid:
    """All field errors of a pydantic validation at once. `prefix` is `/` for bodies and `?` for parameters."""
    found = error.errors(include_url=False, include_input=False)
    return Invalid(errors=tuple(_field_error(one, prefix) for one in found))


def reason(refusal: Refusal, language: str) -> str:
    """The sentence of a refusal in a language; empty if it has none."""
    text = translator(language).gettext(refusal.detail)
    return text % refusal.values if refusal.values else text


def said(error: FieldError, language: str) -> str:
    """What is wrong with a field, in a language."""
    text = translator(language).gettext(error.detail)
    return text % error.values if error.values else text


def _field_error(error: Any, prefix: str) -> FieldError:
    code = str(error["type"])
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in error["loc"]]
    pointer = prefix + ("/" if prefix == "/" else ".").join(parts)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, InvalidValue):
        return FieldError(pointer, cause.reason, "invalid", cause.values)
    if code == "value_error":
        return FieldError(pointer, str(cause or error["msg"]), "invalid")
    return FieldError(pointer, _MESSAGES.get(code, str(error["msg"])), code)
