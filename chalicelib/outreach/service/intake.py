"""Mails that came in, read: out of the notification that brought them, or out of the bucket that SES puts them into.

A mail in the bucket passes by in pieces, for the function that hears has no room for 40 MB. It is left where it is: its
chain is known only now, nobody else may read it, and the bucket forgets it by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

from chalicelib.kernel import aws, logs, metrics
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tenancy import INTAKE, through
from chalicelib.outreach.rules import inbound, mail_parts
from chalicelib.outreach.rules.arrivals import MailArrival
from chalicelib.outreach.rules.inbound import Letter

log = logs.Log(__name__)

PIECE_BYTES = 128 * 1024
BYTES_MAX = mail_parts.MAIL_BYTES_MAX
FOREIGN_STORE, ENDED = "foreign_store", "ended"
logs.allow((FOREIGN_STORE, ENDED))
# The hearer may list the bucket, so S3 says 404 of what is not there. A refusal is our own defect: the message waits
# among the dead letters until it is mended, and the mail in its bucket.
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


def letter_of(arrival: MailArrival) -> Letter | None:
    """What a mail says; None where its words did not come along, are not ours to read, or are there no more.

    Raises what AWS says if the mail cannot be read now: the message comes again.
    """
    if arrival.content is not None:
        return inbound.read_mail(arrival.content)
    if arrival.stored is None:
        return None
    if not arrival.stored.is_of(arrival.carrier_id, settings().intake_bucket):
        _tell(FOREIGN_STORE)
        return None
    with through(INTAKE):
        try:
            answer = aws.client("s3").get_object(Bucket=settings().intake_bucket, Key=arrival.stored.key)
        except aws.ClientError as error:
            if aws.error_code(error) not in _ABSENT:
                raise
            _tell(ENDED)
            return None
        with closing(answer["Body"]) as body:
            return inbound.read_pieces(_pieces(body), bytes_max=BYTES_MAX)


def _pieces(body: Any) -> Iterator[bytes]:
    while piece := body.read(PIECE_BYTES):
        yield piece


def _tell(why: str) -> None:
    """Nobody reads on; but it is counted, and the thread says that a mail came."""
    log.warning("mail_without_words", reason=why)
    metrics.count(metrics.MAIL_EVENTS_REFUSED, label=why)
