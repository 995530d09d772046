"""Records of programmes and exchange rates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.loyalty.rules.programmes import Version


class Programme(Record):
    """A points programme of a chain. What it says is in its versions."""

    class Meta(Record.Meta):
        table_name = Record.table("programmes")

    chain_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    names = JSONAttribute(default=dict)
    currency = UnicodeAttribute()
    versions = JSONAttribute(default=list)  # Version.as_dict, in order of number
    is_expiry_suspended = BooleanAttribute(default=False)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @property
    def all_versions(self) -> list[Version]:
        """What it says, in order of number."""
        return [Version.of(stored) for stored in self.versions or ()]


class ExchangeRates(Record):
    """One business date's rates towards one currency."""

    class Meta(Record.Meta):
        table_name = Record.table("exchange-rates")

    chain_id = UnicodeAttribute(hash_key=True)
    day_key = UnicodeAttribute(range_key=True)  # `2026-05-07#EUR`
    rates = JSONAttribute(default=dict)
    updated_at = UTCDateTimeAttribute()

    @classmethod
    def on(cls, scope: Scope, day: date, base: str) -> Mapping[str, str]:
        """The rates of a business date, empty where nobody has told them."""
        found = cls.find(scope.chain_id, f"{day}#{base}")
        return dict(found.rates) if found else {}


class LedgerCheck(Record):
    """What a check of a programme's books found: how many members, entries and points, and whose books differ."""

    class Meta(Record.Meta):
        table_name = Record.table("ledger-checks")

    programme_key = UnicodeAttribute(hash_key=True)
    finished_at = UnicodeAttribute(range_key=True)
    members = NumberAttribute()
    entries = NumberAttribute()
    points = NumberAttribute()
    differing = NumberAttribute()
