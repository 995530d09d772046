"""The events SES publishes about a mail, in its event-publishing format, by the rules of its mailbox simulator.

`success@`, `bounce@`, `softbounce@` and `complaint@` behave as at simulator.amazonses.com, at any domain.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any
from uuid import uuid4

from infra.local.wire import REGION_DEFAULT

ACCOUNT = "000000000000"
CONFIGURATION_SET = "hospes"
PROCESSING_MS = 250

OUTCOMES = (
    (re.compile(r"softbounce"), ("Send", "SoftBounce")),
    (re.compile(r"bounce([+.].*)?$"), ("Send", "Bounce")),
    (re.compile(r"complaint"), ("Send", "Delivery", "Complaint")),
)
DELIVERED = ("Send", "Delivery")
BY_PEOPLE = ("Open", "Click")  # what follows from somebody's reading, and not from sending


def outcome(recipient: str) -> tuple[str, ...]:
    """Which events follow a mail to this recipient, in order."""
    local = parseaddr(recipient)[1].partition("@")[0].lower()
    return next((events for pattern, events in OUTCOMES if pattern.match(local)), DELIVERED)


def event(name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """One event about an entry of the outbox."""
    recipients = [recipient.strip() for recipient in entry["recipient"].split(",")]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    kind, detail = {
        "Send": ("Send", send),
        "Delivery": ("Delivery", delivery),
        "Bounce": ("Bounce", permanent_bounce),
        "SoftBounce": ("Bounce", transient_bounce),
        "Complaint": ("Complaint", complaint),
        "Open": ("Open", opening),
        "Click": ("Click", click),
    }[name]
    return {"eventType": kind, "mail": mail(entry, recipients), kind.lower(): detail(recipients, now)}


def mail(entry: dict[str, Any], recipients: list[str]) -> dict[str, Any]:
    """The part of an event that names the mail, with our tags."""
    sender = parseaddr(entry["sender"])[1]
    tags = {name: [value] for name, value in entry["tags"].items()}
    return {
        "timestamp": entry["accepted_at"],
        "source": entry["sender"],
        "sourceArn": f"arn:aws:ses:{REGION_DEFAULT}:{ACCOUNT}:identity/{sender}",
        "sendingAccountId": ACCOUNT,
        "messageId": entry["message_id"],
        "destination": recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in entry["headers"].items()],
        "commonHeaders": {
            "from": [entry["sender"]],
            "to": recipients,
            "messageId": entry["message_id"],
            "subject": entry["subject"],
        },
        "tags": {
            "ses:configuration-set": [CONFIGURATION_SET],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [sender.rpartition("@")[2]],
            "ses:caller-identity": ["hospes-local"],
            **tags,
        },
    }


def send(recipients: list[str], now: str) -> dict[str, Any]:
    """SES accepted the mail."""
    return {}


def delivery(recipients: list[str], now: str) -> dict[str, Any]:
    """The recipient's server took the mail."""
    return {
        "timestamp": now,
        "processingTimeMillis": PROCESSING_MS,
        "recipients": recipients,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }


def permanent_bounce(recipients: list[str], now: str) -> dict[str, Any]:
    """Nobody has this address."""
    return bounce(recipients, now, "Permanent", "5.1.1", "smtp; 550 5.1.1 user unknown")


def transient_bounce(recipients: list[str], now: str) -> dict[str, Any]:
    """The mailbox could not take the mail now."""
    return bounce(recipients, now, "Transient", "4.2.2", "smtp; 452 4.2.2 mailbox full")


def bounce(recipients: list[str], now: str, kind: str, status: str, diagnosis: str) -> dict[str, Any]:
    """A bounce of a kind."""
    return {
        "bounceType": kind,
        "bounceSubType": "General",
        "bouncedRecipients": [
            {"emailAddress": recipient, "action": "failed", "status": status, "diagnosticCode": diagnosis}
            for recipient in recipients
        ],
        "timestamp": now,
        "feedbackId": str(uuid4()),
        "reportingMTA": "dsn; mta.example.com",
    }


def complaint(recipients: list[str], now: str) -> dict[str, Any]:
    """The recipient marked the mail as spam."""
    return {
        "complainedRecipients": [{"emailAddress": recipient} for recipient in recipients],
        "timestamp": now,
        "feedbackId": str(uuid4()),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now,
    }


def opening(recipients: list[str], now: str) -> dict[str, Any]:
    """The picture of one pixel was fetched."""
    return {"timestamp": now, "ipAddress": "127.0.0.1", "userAgent": "Local mailbox"}


def click(recipients: list[str], now: str) -> dict[str, Any]:
    """A link was followed."""
    return {
        "timestamp": now,
        "ipAddress": "127.0.0.1",
        "userAgent": "Local mailbox",
        "link": "https://hospes.example/",
        "linkTags": None,
    }
