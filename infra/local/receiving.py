"""Mails that come in, as SES's receipt rule takes them: into the bucket, then word of it to the topic.

What the rule of the deployed stack does (infra/package/messaging.py), so that the product reads a guest's answer here
as it does there.
"""

from __future__ import annotations

import json
import mimetypes
import os
import secrets
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from infra.local.objects import Objects
from infra.local.sink import Sink, now_text

BUCKET_VARIABLE = "HOSPES_INTAKE_BUCKET"
BUCKET_DEFAULT = "hospes-intake"
MAIL_BYTES_MAX = 40 * 1024 * 1024  # SES gives longer ones back
ID_CHARACTERS = 40
UNKNOWN_TYPE = "application/octet-stream"


class TooLong(ValueError):
    """SES would not take this mail in."""


class Receiving:
    """The receipt rule of the local stack."""

    def __init__(self, objects: Objects, sink: Sink) -> None:
        self._objects = objects
        self._sink = sink

    def take_in(self, content: bytes, recipients: Sequence[str] = ()) -> str:
        """Take a mail in for these addresses, or for those in its own `To`; the id SES gives it. Raises TooLong."""
        if len(content) > MAIL_BYTES_MAX:
            raise TooLong(f"a mail has at most {MAIL_BYTES_MAX} bytes")
        bucket = os.environ.get(BUCKET_VARIABLE) or BUCKET_DEFAULT
        mail_id = secrets.token_hex(ID_CHARACTERS // 2)
        self._objects.keep(bucket, mail_id, content)
        told = notification(mail_id, bucket, message_from_bytes(content), recipients)
        self._sink.publish_arrival(json.dumps(told, ensure_ascii=False))
        return mail_id


def notification(mail_id: str, bucket: str, mail: Any, recipients: Sequence[str] = ()) -> dict[str, Any]:
    """What SES says of a mail that it has put into a bucket, as far as it is of any use."""
    named = [str(mail.get(field, "")) for field in ("From", "To", "Subject")]
    to = list(recipients) or [address for _, address in getaddresses([named[1]]) if address]
    passed = {"status": "PASS"}
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": now_text(),
            "source": named[0],
            "messageId": mail_id,
            "destination": to,
            "headersTruncated": False,
            "headers": [{"name": name, "value": str(value)} for name, value in mail.items()],
            "commonHeaders": {"from": [named[0]], "to": to, "subject": named[2]},
        },
        "receipt": {
            "timestamp": now_text(),
            "processingTimeMillis": 250,
            "recipients": to,
            **dict.fromkeys(("spamVerdict", "virusVerdict", "spfVerdict", "dkimVerdict", "dmarcVerdict"), passed),
            "action": {
                "type": "S3",
                "topicArn": os.environ.get("HOSPES_SES_TOPIC_ARN", ""),
                "bucketName": bucket,
                "objectKey": mail_id,
            },
        },
    }


def answer_to(entry: dict[str, Any], text: str, files: Sequence[tuple[str, bytes]], *, is_stop: bool) -> EmailMessage:
    """The mail by which the recipient of an entry answers it, or stops such mails. Raises LookupError if there is no
    address for that."""
    headers = entry["headers"]
    stop = headers.get("List-Unsubscribe", "").partition("<mailto:")[2].partition(">")[0].partition("?")[0]
    to = stop if is_stop else headers.get("Reply-To", "")
    if not to:
        raise LookupError("this mail says no address for that")
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = entry["recipient"], to
    mail["Subject"] = "unsubscribe" if is_stop else f"Re: {entry['subject']}"
    mail["Message-ID"] = f"<{secrets.token_hex(8)}@local.example>"
    mail["In-Reply-To"] = f"<{entry['message_id']}@email.amazonses.com>"
    mail.set_content(text or "\n")
    for name, content in files:
        main, _, sub = (mimetypes.guess_type(name)[0] or UNKNOWN_TYPE).partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail
