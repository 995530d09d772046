"""Records of loyalty and every named way to read them. Costs: docs/access/loyalty.md."""

from chalicelib.loyalty.models.claims import QUEUE, Claim
from chalicelib.loyalty.models.entries import EntryRecord, LiabilityCounter, StayPoints, sequence_key_of
from chalicelib.loyalty.models.members import LIST_SHARDS, NOBODY, LotRecord, Member, MemberPointer, list_order_of
from chalicelib.loyalty.models.pools import Pool
from chalicelib.loyalty.models.programmes import ExchangeRates, LedgerCheck, Programme
from chalicelib.loyalty.models.redemptions import Redemption
from chalicelib.loyalty.models.slices import slice_of, stored

__all__ = [
    "LIST_SHARDS",
    "NOBODY",
    "QUEUE",
    "Claim",
    "EntryRecord",
    "ExchangeRates",
    "LedgerCheck",
    "LiabilityCounter",
    "LotRecord",
    "Member",
    "MemberPointer",
    "Pool",
    "Programme",
    "Redemption",
    "StayPoints",
    "list_order_of",
    "sequence_key_of",
    "slice_of",
    "stored",
]
