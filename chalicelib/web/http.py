"""A request and a response, free of any framework."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Malformed, TooLarge, UnsupportedMedia
from chalicelib.kernel.i18n import N_

BODY_BYTES_MAX = 1_000_000  # a JSON body or a form; files go to S3
FORM_FIELDS_MAX = 200
JSON_DEPTH_HINT = N_("The JSON is nested too deeply.")
SEND_JSON = N_("Send application/json.")


@dataclass(frozen=True)
class Request:
    """What a caller sent. Header names are lower case; repeated query parameters are kept in order."""

    method: str
    path: str
    pattern: str
    path_params: dict[str, str]
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    source_ip: str = ""
    id: str = ""

    @property
    def content_type(self) -> str:
        """The media type without its parameters, lower case."""
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; what cannot be read is left out."""
        pairs = (part.split("=", 1) for part in self.headers.get("cookie", "").split(";") if "=" in part)
        return {name.strip(): value.strip() for name, value in pairs}

    def json_body(self) -> Any:
        """The body as JSON. Raises Malformed, TooLarge or UnsupportedMedia, never anything else."""
        if self.content_type not in ("application/json", ""):
            raise UnsupportedMedia(SEND_JSON)
        return parse_json(self.body)

    def form(self) -> dict[str, str]:
        """The fields of a posted form; the last of a repeated name counts."""
        if self.content_type != "application/x-www-form-urlencoded":
            raise UnsupportedMedia(N_("Send application/x-www-form-urlencoded."))
        if len(self.body) > BODY_BYTES_MAX:
            raise TooLarge(N_("The form is larger than 1 MB."))
        try:
            return dict(
                parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict")
            )
        except (UnicodeDecodeError, ValueError):
            raise Malformed(N_("The form cannot be read.")) from None


@dataclass
class Response:
    """What is answered. `body` is text, or bytes for files. One that `is_secret` is never kept for a repetition.

    `refusal` is the type of the refusal that it tells, for the log.
    """

    status: int = 200
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    is_secret: bool = False
    refusal: str = ""


def parse_json(body: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, no lone surrogates, bounded in size and depth. Raises Malformed or TooLarge."""
    if len(body) > BODY_BYTES_MAX:
        raise TooLarge(N_("The body is larger than 1 MB."))
    if not body.strip():
        raise Malformed(N_("The body is empty; JSON is expected."))
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_repeats)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Malformed(JSON_DEPTH_HINT) from None
    except UnicodeError:
        raise Malformed(N_("The body is not valid UTF-8 text.")) from None
    except json.JSONDecodeError as error:
        where: dict[str, str | int] = {"line": error.lineno, "column": error.colno, "reason": error.msg}
        raise Malformed(N_("This is not JSON at line %(line)s, column %(column)s: %(reason)s."), values=where) from None
    except ValueError:  # of Python, for integers that take too long to read
        raise Malformed(N_("A number has too many digits.")) from None
    return value


def decoded_body(event: dict[str, Any]) -> bytes:
    """The body bytes of an API Gateway event. Raises Malformed for broken base64."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise Malformed(N_("The body cannot be decoded.")) from None


def _no_constant(name: str) -> Any:
    raise Malformed(N_("%(name)s is not a JSON number."), values={"name": name})


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed(N_("A name occurs twice in one object."))
    return result
