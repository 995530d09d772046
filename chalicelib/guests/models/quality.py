"""What is known of contact points, what is wrong with them, and the figures of each house."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.guests.models.guests import NAME_BUCKETS, NAMES, Guest
from chalicelib.guests.models.listing import Stream
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.kernel.unit import Unit

SETTINGS = "settings"  # sorts after every property's id: the chain's rule, and its last run


class ContactFacts(Record):
    """When a guest's contact point was seen to work, or not to. Known points only: most have no row."""

    class Meta(Record.Meta):
        table_name = Record.table("contact-facts")

    guest_key = UnicodeAttribute(hash_key=True)
    point = UnicodeAttribute(range_key=True)  # kind#hash, as contact points are compared
    arrived_at = UnicodeAttribute(null=True)
    checked_at = UnicodeAttribute(null=True)
    bounced_at = UnicodeAttribute(null=True)

    @classmethod
    def note(cls, unit: Unit, guest_id: str, point: str, name: str, at: datetime) -> None:
        """Note when something happened to a contact point: `arrived_at`, `checked_at` or `bounced_at`."""
        key = (unit.scope.key(guest_id), point)
        unit.amend(cls, key, f"SET {name} = :at", values={":at": {"S": sortable(at)}})

    @classmethod
    def many(cls, scope: Scope, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], ContactFacts]:
        """What is known of some points, by guest and point."""
        found = cls.find_many((scope.key(guest_id), point) for guest_id, point in keys)
        return {(str(one.guest_key).split("#", 1)[1], str(one.point)): one for one in found}


class ContactFinding(Record):
    """A contact point that somebody should look at, as one run found it. Gone with the runs after it."""

    class Meta(Record.Meta):
        table_name = Record.table("contact-findings")

    run_key = UnicodeAttribute(hash_key=True)  # chain#property#run
    finding = UnicodeAttribute(range_key=True)  # reason#guest#point
    expires_at = TTLAttribute()

    @property
    def parts(self) -> tuple[str, str, str]:
        """Reason, guest and point."""
        reason, guest_id, point = str(self.finding).split("#", 2)
        return reason, guest_id, point

    @classmethod
    def of(cls, scope: Scope, property_id: str, run: str, *, limit: int, after: Key | None) -> Page[ContactFinding]:
        """What a run found in a house: bounced ones first, then malformed, then stale."""
        return cls.page(scope.key(property_id, run), limit=limit, after=after)


class QualityFigures(Record):
    """A house's figures of the last run that ended; and under `settings` the chain's rule and which run that was."""

    class Meta(Record.Meta):
        table_name = Record.table("quality-figures")

    chain_id = UnicodeAttribute(hash_key=True)
    property_id = UnicodeAttribute(range_key=True)
    run = UnicodeAttribute(null=True)
    stale_months = NumberAttribute(null=True)
    points = NumberAttribute(default=0)
    bounced = NumberAttribute(default=0)
    malformed = NumberAttribute(default=0)
    stale = NumberAttribute(default=0)
    counted_at = UTCDateTimeAttribute(null=True)

    @classmethod
    def settings(cls, scope: Scope) -> QualityFigures | None:
        """The chain's rule and last run."""
        return cls.find(scope.chain_id, SETTINGS)

    @classmethod
    def of_chain(cls, scope: Scope, *, limit: int, after: Key | None) -> Page[QualityFigures]:
        """The houses' figures, and the settings at the end."""
        return cls.page(scope.chain_id, limit=limit, after=after)


def guests_in(scope: Scope, bucket: int, *, limit: int, after: Key | None) -> Page[Guest]:
    """Keys of some guests in one of the chain's buckets of names: they stay where they are while a run goes by.

    Raises LookupError if the guest at `after` is there no more.
    """
    return Stream(Guest, f"{scope.chain_id}#b{bucket:02}", NAMES).page(limit=limit, after=after)


BUCKETS = NAME_BUCKETS


def point_of(scope: Scope, kind: str, compared: str) -> str:
    """How a contact point is called in keys."""
    return f"{kind}#{keyed_hash(scope.chain_id, kind, compared)}"
