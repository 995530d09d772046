"""Reads what SES tells about a mail, in either of its formats: event publishing, and the older notifications."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from chalicelib.kernel.calendars import parse_instant
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.i18n import InvalidValue

Kind = Literal[
    "sent", "delayed", "delivered", "bounced", "soft_bounced", "complained", "failed", "opened", "clicked", "other"
]  # fmt: skip

LENGTH_MAX = 262_144  # a message of SQS, in characters: nothing longer comes from SES by way of a queue

# Sent to a topic once when it is connected to SES; it is no event.
GREETING = "Successfully validated SNS topic"
NO_COMPLAINT = "not-spam"  # a mailbox owner who takes a mail out of the spam folder

_HEADER = "x-hospes-delivery"
_IDS = re.compile(r"chn_[0-9a-z]{26}/gst_[0-9a-z]{26}/(?:dlv|msg)_[0-9a-z]{26}")
_KINDS: dict[str, Kind] = {
    "Send": "sent",
    "DeliveryDelay": "delayed",
    "Open": "opened",
    "Click": "clicked",
    "Delivery": "delivered",
    "Complaint": "complained",
    "Reject": "failed",
    "Rendering Failure": "failed",
    "RenderingFailure": "failed",
}
_PARTS = {"DeliveryDelay": "deliveryDelay"}  # the others are the event's name in small letters


class Unreadable(ValueError):
    """This is no event of SES, and nobody knows what it is: it belongs among the dead letters."""


@dataclass(frozen=True)
class Letter:
    """What a queue message holds: SES's own text, and the topic that it came by if an envelope names one."""

    topic_arn: str | None
    text: str
    told_at: datetime | None = None


@dataclass(frozen=True)
class MailEvent:
    """One event about one mail. `ids` are chain, guest and delivery, or staff's answer, as our tags name them; None
    without them."""

    kind: Kind
    ids: tuple[str, str, str] | None
    at: datetime | None
    message_id: str | None
    code: str | None = None


def open_envelope(body: str) -> Letter | None:
    """What a message of the queue holds, with SNS's envelope or without; None for SNS's own business."""
    if len(body) > LENGTH_MAX:
        raise Unreadable("longer than any event")
    outer = _object(body)
    if "Message" not in outer or "TopicArn" not in outer:
        return Letter(None, body)
    text = outer["Message"]
    if outer.get("Type") != "Notification" or not isinstance(text, str) or text.startswith(GREETING):
        return None
    return Letter(str(outer["TopicArn"]), text, _instant(outer.get("Timestamp")))


def read(text: str) -> MailEvent:
    """The event in SES's text. Raises Unreadable."""
    event = _object(text)
    name = event.get("eventType") or event.get("notificationType")
    mail = event.get("mail")
    if not isinstance(name, str) or not isinstance(mail, dict):
        raise Unreadable("neither an event nor a notification of SES")
    kind, code = _kind(name, event)
    return MailEvent(
        kind=kind,
        ids=_ids(mail),
        at=_instant(_part(event, name).get("timestamp") or mail.get("timestamp")),
        message_id=_text(mail.get("messageId")),
        code=code,
    )


def _kind(name: str, event: Mapping[str, Any]) -> tuple[Kind, str | None]:
    part = _part(event, name)
    if name == "Bounce":
        code = f"{part.get('bounceType')}/{part.get('bounceSubType')}"
        return ("bounced" if part.get("bounceType") == "Permanent" else "soft_bounced"), code
    if name == "Complaint":
        feedback = part.get("complaintFeedbackType")
        return ("other" if feedback == NO_COMPLAINT else "complained"), _text(feedback)
    if name == "Reject":
        return "failed", "Reject"
    if name == "DeliveryDelay":
        return "delayed", _text(part.get("delayType"))
    return _KINDS.get(name, "other"), None


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(_PARTS.get(name, name.lower()))
    return found if isinstance(found, dict) else {}


def _ids(mail: Mapping[str, Any]) -> tuple[str, str, str] | None:
    tags = mail.get("tags")
    if isinstance(tags, dict):
        joined = "/".join(_first(tags.get(name)) for name in ("chain", "guest", "delivery"))
        if _IDS.fullmatch(joined):
            return _three(joined)
    headers = mail.get("headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, dict) and str(header.get("name")).lower() == _HEADER:
            value = str(header.get("value"))
            return _three(value) if _IDS.fullmatch(value) else None
    return None


def _three(joined: str) -> tuple[str, str, str]:
    chain_id, guest_id, delivery_id = joined.split("/")
    return chain_id, guest_id, delivery_id


def _first(values: Any) -> str:
    return str(values[0]) if isinstance(values, list) and values else ""


def _instant(text: Any) -> datetime | None:
    try:
        return parse_instant(text) if isinstance(text, str) else None
    except InvalidValue:
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("not an object")
    return found
