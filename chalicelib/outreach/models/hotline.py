"""Calls and questions to the hotline, each under its own id; by property, by guest, and while nobody has answered."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record

PAGE_KEYS = 100


class HotlineByProperty(GlobalSecondaryIndex[Any]):
    """A property's contacts by when they were asked, with what figures need."""

    class Meta:
        index_name = "by-property"
        projection = IncludeProjection(["waited_s"])

    property_key = UnicodeAttribute(hash_key=True)
    asked = UnicodeAttribute(range_key=True)


class HotlineOpen(GlobalSecondaryIndex[Any]):
    """A property's contacts that nobody has answered, by age."""

    class Meta:
        index_name = "open"
        projection = KeysOnlyProjection()

    open_key = UnicodeAttribute(hash_key=True)
    asked = UnicodeAttribute(range_key=True)


class HotlineByGuest(GlobalSecondaryIndex[Any]):
    """A guest's contacts."""

    class Meta:
        index_name = "by-guest"
        projection = KeysOnlyProjection()

    guest_key = UnicodeAttribute(hash_key=True)
    asked = UnicodeAttribute(range_key=True)


class HotlineContact(Record):
    """Somebody has called: who, about what, and when it was answered."""

    class Meta(Record.Meta):
        table_name = Record.table("hotline-contacts")

    contact_key = UnicodeAttribute(hash_key=True)
    property_key = UnicodeAttribute()
    asked = UnicodeAttribute()  # asked_at#id
    open_key = UnicodeAttribute(null=True)
    guest_key = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)  # of a caller who is no guest
    about = UnicodeAttribute()
    answered_at = UnicodeAttribute(null=True)
    answer = UnicodeAttribute(null=True)
    waited_s = NumberAttribute(null=True)
    logged_by = UnicodeAttribute()
    answered_by = UnicodeAttribute(null=True)

    by_property = HotlineByProperty()
    opened = HotlineOpen()
    by_guest = HotlineByGuest()

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.contact_key).split("#", 1)[1]

    @property
    def property_id(self) -> str:
        """The property that was asked."""
        return str(self.property_key).split("#", 1)[1]

    @property
    def guest_id(self) -> str | None:
        """Who has asked, if it is a guest."""
        return str(self.guest_key).split("#", 1)[1] if self.guest_key else None

    @property
    def asked_at(self) -> str:
        """When, as sortable text."""
        return str(self.asked).split("#", 1)[0]

    @property
    def is_answered(self) -> bool:
        """Whether nobody waits any more."""
        return bool(self.answered_at)

    @classmethod
    def one(cls, scope: Scope, contact_id: str) -> HotlineContact | None:
        """A contact of the chain."""
        return cls.find(scope.key(contact_id))

    @classmethod
    def of_properties(
        cls, scope: Scope, property_ids: Iterable[str], *, is_open: bool, past: str | None
    ) -> Iterator[HotlineContact]:
        """Keys of some properties' contacts: the oldest of those that are open first, of all the latest first."""
        streams = [cls._walk(scope.key(one), is_open, past) for one in sorted(property_ids)]
        return heapq.merge(*streams, key=lambda one: str(one.asked), reverse=not is_open)

    @classmethod
    def _walk(cls, key: str, is_open: bool, past: str | None) -> Iterator[HotlineContact]:
        """Keys of one partition past a place. Reads a page only when it is asked for more."""
        index = "open" if is_open else "by-property"
        while True:
            where = None if past is None else cls.asked > past if is_open else cls.asked < past
            page = cls.page(key, where=where, index=index, limit=PAGE_KEYS, is_forward=is_open)
            yield from page.items
            if page.next_key is None or not page.items:
                return
            past = str(page.items[-1].asked)

    @classmethod
    def of_guest(cls, scope: Scope, guest_id: str, *, limit: int) -> list[HotlineContact]:
        """A guest's contacts, the latest first."""
        page = cls.page(scope.key(guest_id), index="by-guest", limit=limit, is_forward=False)
        return cls.full(page.items)

    @classmethod
    def full(cls, keys: list[HotlineContact]) -> list[HotlineContact]:
        """The whole records of keys, in their order."""
        found = {str(one.contact_key): one for one in cls.find_many([(str(key.contact_key), None) for key in keys])}
        return [found[str(key.contact_key)] for key in keys if str(key.contact_key) in found]

    @classmethod
    def times(cls, scope: Scope, property_id: str, first: str, until: str) -> Iterator[int | None]:
        """Answer times of the contacts asked in [first, until); None of those that are open."""
        where = cls.asked.between(first, until)
        for one in cls.every(scope.key(property_id), where=where, index="by-property", page_size=500):
            yield int(one.waited_s) if one.waited_s is not None else None
