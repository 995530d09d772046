"""What was said between a guest and the house, both ways; and what came in of which nobody knows whose it is.

An incoming message lies under an id made of when it came and of the carrier's own id, so that a second telling meets
the first. Ids are in order of time, so a thread is read newest first from its partition.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kernel import ids
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record

INBOX = "inbox"  # stands in the place of a guest for what nobody could be found for
_MS_BYTES, _BYTES = 6, 16


class Message(Record):
    """One message of a thread. An address is kept masked only."""

    class Meta(Record.Meta):
        table_name = Record.table("messages")

    guest_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    direction = UnicodeAttribute()  # in | out
    channel = UnicodeAttribute()
    at = UnicodeAttribute()  # on the chain's clock, as sortable text
    subject = UnicodeAttribute(null=True)
    text = UnicodeAttribute()
    state = UnicodeAttribute()  # received; of what staff write: queued, claimed, sent, delivered, failed, unknown
    is_automatic = NumberAttribute(default=0)
    attachments = NumberAttribute(default=0)
    files = JSONAttribute(null=True)  # of what was attached, the first ones: name, type, size; never what is in it
    address_masked = UnicodeAttribute(null=True)
    delivery_id = UnicodeAttribute(null=True)  # what it answers
    staff_id = UnicodeAttribute(null=True)
    code = UnicodeAttribute(null=True)
    message_id = UnicodeAttribute(null=True)
    address_hash = UnicodeAttribute(null=True)  # of what staff write: by which its address is stopped
    told = JSONAttribute(null=True)  # kinds of events that SES has told of it
    mail_id = UnicodeAttribute(null=True)  # of a mail that came in: its Message-ID, which an answer names
    references = JSONAttribute(null=True)  # the mails that it names itself, the first one first

    @property
    def guest_id(self) -> str | None:
        """Whose thread it lies in; None for the inbox of the chain."""
        found = str(self.guest_key).split("#", 1)[1]
        return None if found == INBOX else found

    @classmethod
    def one(cls, scope: Scope, guest_id: str, message_id: str) -> Message | None:
        """A message of a thread."""
        return cls.find(scope.key(guest_id), message_id)

    @classmethod
    def newest(cls, scope: Scope, guest_id: str, *, limit: int, after: Key | None = None) -> Page[Message]:
        """Messages of a thread, the latest first."""
        return cls.page(scope.key(guest_id), limit=limit, after=after, is_forward=False)


def incoming_id(came_at: datetime, carrier_id: str) -> str:
    """The id of what came in: always the same for the same message, and in order of time among others."""
    ms = int(came_at.timestamp() * 1000).to_bytes(_MS_BYTES, "big")
    digest = hashlib.blake2b(carrier_id.encode(), digest_size=_BYTES - _MS_BYTES).digest()
    return ids.id_of("msg", ms + digest)
