"""How often a guest was written to of late, in the classes of content that are limited."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record


class ContactFrequency(Record):
    """What was claimed for a guest in the last weeks. Written with the claim, under its version."""

    class Meta(Record.Meta):
        table_name = Record.table("contact-frequencies")

    guest_key = UnicodeAttribute(hash_key=True)
    claims = JSONAttribute(default=dict)  # purpose → {delivery: sortable instant}

    @classmethod
    def of(cls, scope: Scope, guest_id: str) -> ContactFrequency:
        """What was claimed for a guest; an empty record if nothing."""
        return cls.find(scope.key(guest_id)) or cls(guest_key=scope.key(guest_id))
