"""What the sink reads of a mail and writes of one: headers in plain text, dates, addresses.

Only the head of a mail is parsed, and by the old rules of the standard library: its new ones take ten times as long.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import UTC
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache
from typing import Any

from infra.local.emulator import ses_v2

HEADS_KEPT = 8  # SES and the sink read the same mail one after the other
_PARSER = BytesHeaderParser(policy=compat32)


@lru_cache(maxsize=HEADS_KEPT)
def _parsed(head: bytes) -> dict[str, str]:
    return {name: plain(str(value)) for name, value in _PARSER.parsebytes(head).items()}


def headers_of(content: bytes) -> dict[str, str]:
    """The headers of a mail, unfolded and decoded; of a repeated one the last."""
    ends = [place for place in (content.find(b"\r\n\r\n"), content.find(b"\n\n")) if place >= 0]
    return dict(_parsed(content[: min(ends)] + b"\n\n" if ends else content))


def plain(value: str) -> str:
    """A header's value as a person reads it."""
    unfolded = " ".join(line.strip() for line in value.splitlines())
    if "=?" not in unfolded:
        return unfolded
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, UnicodeError):
        return unfolded


def addresses(headers: dict[str, str], name: str) -> list[str]:
    """The addresses of a header."""
    return [address for _, address in getaddresses([headers.get(name, "")]) if address]


def instant(date: str | None) -> str | None:
    """The mail's own date as an RFC 3339 instant; None when it carries none or a broken one."""
    if not date:
        return None
    try:
        stated = parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def composed(record: dict[str, Any], headers: list[dict[str, str]] | None) -> str:
    """The mail that SES would build from its parts."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = record["Source"], ", ".join(record["To"]), record["Subject"]
    for header in headers or []:
        mail[header["Name"]] = header["Value"]
    mail["Message-ID"] = f"<{record['MessageId']}>"
    if record["BodyText"] or not record["BodyHtml"]:
        mail.set_content(record["BodyText"] or "")
    if record["BodyHtml"] and record["BodyText"]:
        mail.add_alternative(record["BodyHtml"], subtype="html")
    elif record["BodyHtml"]:
        mail.set_content(record["BodyHtml"], subtype="html")
    return mail.as_string()


def parse_raw(data: str) -> dict[str, Any]:
    """What ministack's SES wants to know of a raw mail; its bodies are left to the sink."""
    try:
        headers = headers_of(b64decode(data))
    except NotBase64:
        return {"ParseError": "not base64"}
    return {name: headers.get(name, "") for name in ("From", "To", "Cc", "Bcc", "Subject")} | {"BodyParts": []}


ses_v2._parse_raw_mime = parse_raw
