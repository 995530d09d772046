"""Every refusal the product can answer with.

Refusal                 the request was understood and is refused; carries an HTTP status and a type
├── Invalid        422  the payload breaks a rule; lists every field at once
├── Malformed      400  it cannot be read at all
├── Unauthenticated 401 · Forbidden 403 · NotFound 404 (also: outside your scope) · Gone 410
├── Conflict       409  the state of things forbids it
│   └── Stale      412  somebody changed it meanwhile
├── PreconditionRequired 428 · TooLarge 413 · UnsupportedMedia 415
└── TooMany        429  with a number of seconds to wait
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from chalicelib.kernel.deferred import dataclass


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: a JSON pointer into the body (`/emails/0`) or `?name` for a parameter."""

    pointer: str
    detail: str
    code: str = "invalid"
    values: Mapping[str, str | int] = field(default_factory=dict)  # fill the places of `detail`


class Refusal(Exception):
    """A named, expected refusal. `detail` is a sentence for the caller and holds no personal data.

    It may hold `%(name)s` places, which `values` fill once it is said in the caller's language.
    """

    status: ClassVar[int] = 400
    type: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        values: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = errors
        self.values = dict(values or {})


class Malformed(Refusal):
    """The request cannot be read."""

    status, type, title = 400, "malformed", "The request cannot be read"


class Unauthenticated(Refusal):
    """No valid key or session."""

    status, type, title = 401, "unauthenticated", "Sign in or send a valid API key"


class Forbidden(Refusal):
    """Known, but not allowed."""

    status, type, title = 403, "forbidden", "Your role does not allow this"


class NotFound(Refusal):
    """Absent, or outside the caller's scope: the two are never told apart."""

    status, type, title = 404, "not_found", "There is nothing here"


class Gone(Refusal):
    """It was here and has been erased."""

    status, type, title = 410, "gone", "This has been erased"


class Conflict(Refusal):
    """The present state forbids it."""

    status, type, title = 409, "conflict", "The present state does not allow this"


class AlreadyExists(Conflict):
    """Something of that name or key is there already."""

    type, title = "already_exists", "It exists already"


class Busy(Conflict):
    """Too many writers met at one record; trying again is right."""

    type, title = "busy", "Somebody else is writing this at the moment"


class Stale(Refusal):
    """The record changed since it was read."""

    status, type, title = 412, "stale", "It was changed meanwhile"


class TooLarge(Refusal):
    """A body, a page or a file over its limit."""

    status, type, title = 413, "too_large", "Too large"


class UnsupportedMedia(Refusal):
    """A content type that is not read here."""

    status, type, title = 415, "unsupported_media_type", "This content type is not read here"


class Invalid(Refusal):
    """The payload breaks a rule."""

    status, type, title = 422, "invalid", "Some fields are not right"

    @classmethod
    def field(cls, pointer: str, detail: str, code: str = "invalid") -> Invalid:
        """A refusal of one field."""
        return cls(errors=(FieldError(pointer, detail, code),))


class PreconditionRequired(Refusal):
    """If-Match is needed and missing."""

    status, type, title = 428, "precondition_required", "Send If-Match with the ETag you read"


class TooMany(Refusal):
    """Slow down."""

    status, type, title = 429, "too_many_requests", "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
