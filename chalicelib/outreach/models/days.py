"""What a guest has told about their own days, and which festivals they keep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, cast

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.kernel.calendars import BirthdayCalendar
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record


class OwnDay(NamedTuple):
    """A day of a guest's own. The date is Gregorian; by the lunar calendar the lunar day that it was is kept."""

    id: str
    name: str
    date: date
    calendar: BirthdayCalendar


class GuestDays(Record):
    """The days of one guest."""

    class Meta(Record.Meta):
        table_name = Record.table("guest-days")

    guest_key = UnicodeAttribute(hash_key=True)
    days = JSONAttribute(default=list)  # [{"id", "name", "date", "calendar"}]
    festivals = UnicodeSetAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)

    @classmethod
    def of(cls, scope: Scope, guest_id: str) -> GuestDays:
        """What a guest has told; an empty record if nothing."""
        return cls.find(scope.key(guest_id)) or cls(guest_key=scope.key(guest_id))

    @classmethod
    def many(cls, scope: Scope, guest_ids: Iterable[str]) -> dict[str, GuestDays]:
        """What guests have told, by guest; those who have told nothing left out."""
        found = cls.find_many([(scope.key(one), None) for one in guest_ids])
        return {str(one.guest_key).split("#", 1)[1]: one for one in found}

    @property
    def own_days(self) -> list[OwnDay]:
        """The days, in the order in which they were told."""
        return [
            OwnDay(one["id"], one["name"], date.fromisoformat(one["date"]), cast(BirthdayCalendar, one["calendar"]))
            for one in self.days or ()
        ]

    @property
    def chosen(self) -> list[str]:
        """The festivals that the guest keeps, by name."""
        return sorted(self.festivals or ())
