"""Records of guests and every named way to read them. Which index serves what, and at what cost: docs/access/guests.md.

A guest's other rows (house, contact point, external id, consent entry) are only written together with the guest, under
the condition that it is as it was read; so they need no conditions of their own.
"""

from chalicelib.guests.models.consents import ConsentEntry
from chalicelib.guests.models.guests import (
    GIVEN,
    INITIALS,
    LIST_SHARDS,
    NAMES,
    UPDATED,
    Guest,
    HouseGuest,
    list_shard,
    name_bucket,
)
from chalicelib.guests.models.listing import Listed, Span, Stream, listed
from chalicelib.guests.models.merges import FamilyRecord, Merge, PartedPair
from chalicelib.guests.models.points import ContactPoint, ExternalId, contact_key, pointer_key

__all__ = [
    "GIVEN",
    "INITIALS",
    "LIST_SHARDS",
    "NAMES",
    "UPDATED",
    "ConsentEntry",
    "ContactPoint",
    "ExternalId",
    "FamilyRecord",
    "Guest",
    "HouseGuest",
    "Listed",
    "Merge",
    "PartedPair",
    "Span",
    "Stream",
    "contact_key",
    "list_shard",
    "listed",
    "name_bucket",
    "pointer_key",
]
