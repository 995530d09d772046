"""Reads what the mail service and the carriers tell about messages that came in. Everything in it is checked."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.kernel.calendars import parse_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import InvalidValue

RECIPIENTS_MAX = 20
_NUMBER = re.compile(r"\+[1-9][0-9]{5,14}")
_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True)
class Stored:
    """Where SES says that it has put a mail."""

    bucket: str
    key: str

    def is_of(self, carrier_id: str, bucket: str) -> bool:
        """Whether it is in our own bucket, under the mail's own name: whoever tells of it may not choose another's."""
        return self.bucket == bucket and self.key == carrier_id


@dataclass(frozen=True)
class MailArrival:
    """A mail that SES took in: to which of our addresses, and the mail itself if it came along, or where it lies."""

    carrier_id: str
    at: datetime
    recipients: tuple[str, ...]
    content: bytes | None
    is_infected: bool
    stored: Stored | None = None


@dataclass(frozen=True)
class TextArrival:
    """A text that came to one of our numbers."""

    carrier_id: str
    at: datetime | None
    sender: str
    number: str
    text: str


def read(text: str, came_at: datetime | None) -> MailArrival | TextArrival | None:
    """What came in; None for what is no arrival, or one that is not as the services make them."""
    if '"Received"' not in text and '"originationNumber"' not in text:
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    return _mail(told) if told.get("notificationType") == "Received" else _text(told, came_at)


def _mail(told: Mapping[str, Any]) -> MailArrival | None:
    mail, receipt = told.get("mail"), told.get("receipt")
    if not isinstance(mail, dict) or not isinstance(receipt, dict):
        return None
    at, carrier_id, recipients = _instant(mail.get("timestamp")), mail.get("messageId"), receipt.get("recipients")
    if at is None or not isinstance(carrier_id, str) or not _ID.fullmatch(carrier_id):
        return None
    action, virus = receipt.get("action"), receipt.get("virusVerdict")
    is_encoded = isinstance(action, dict) and action.get("encoding") == "BASE64"
    return MailArrival(
        carrier_id=carrier_id,
        at=at,
        recipients=tuple(str(one) for one in recipients[:RECIPIENTS_MAX]) if isinstance(recipients, list) else (),
        content=_content(told.get("content"), is_encoded=is_encoded),
        is_infected=isinstance(virus, dict) and virus.get("status") == "FAIL",
        stored=_stored(action),
    )


def _stored(action: Any) -> Stored | None:
    if not isinstance(action, dict) or action.get("type") != "S3":
        return None
    return Stored(str(action.get("bucketName")), str(action.get("objectKey")))


def _content(text: Any, *, is_encoded: bool) -> bytes | None:
    if not isinstance(text, str):
        return None
    if not is_encoded:
        return text.encode("utf-8", "replace")
    try:
        return b64decode(text)
    except ValueError:
        return None


def _text(told: Mapping[str, Any], came_at: datetime | None) -> TextArrival | None:
    names = ("inboundMessageId", "originationNumber", "destinationNumber", "messageBody")
    carrier_id, sender, number, text = (told.get(name) for name in names)
    if not all(isinstance(one, str) for one in (carrier_id, sender, number, text)):
        return None
    if not _ID.fullmatch(str(carrier_id)) or not all(_NUMBER.fullmatch(str(one)) for one in (sender, number)):
        return None
    return TextArrival(str(carrier_id), came_at, str(sender), str(number), str(text))


def _instant(text: Any) -> datetime | None:
    try:
        found = parse_instant(text) if isinstance(text, str) else None
    except InvalidValue:
        return None
    # Before 1970 there is no message, and an id has room until the year 10889.
    return found if found is None or found >= datetime(1970, 1, 1, tzinfo=UTC) else None
