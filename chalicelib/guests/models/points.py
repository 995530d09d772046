"""Whose a contact point or a number of another system is."""

from __future__ import annotations

from collections.abc import Iterable

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record


class ContactPoint(Record):
    """That a guest owns an e-mail address or a phone number. A shared one has a row for each owner."""

    class Meta(Record.Meta):
        table_name = Record.table("contact-points")

    point_key = UnicodeAttribute(hash_key=True)
    guest_id = UnicodeAttribute(range_key=True)

    @classmethod
    def of(cls, scope: Scope, kind: str, value: str, guest_id: str) -> ContactPoint:
        """The row of one owner. `value` is the form in which such values are compared."""
        return cls(point_key=contact_key(scope, kind, value), guest_id=guest_id)


class ExternalId(Record):
    """Whose guest a number of another system is. There is one such row or none, whoever asks first."""

    class Meta(Record.Meta):
        table_name = Record.table("external-ids")

    pointer_key = UnicodeAttribute(hash_key=True)  # of the number alone, so that it is found whose-ever it is
    whose = UnicodeAttribute(range_key=True)
    guest_id = UnicodeAttribute()

    @classmethod
    def of(cls, scope: Scope, key: tuple[str, str | None, str], guest_id: str) -> ExternalId:
        """The pointer from a number to its guest, as it is stored for good: it is made once and never changed."""
        pointer, whose = pointer_key(scope, key)
        return cls(pointer_key=pointer, whose=whose, guest_id=guest_id, version=1)

    @property
    def property_id(self) -> str | None:
        """Whose system's number it is; None for the chain's."""
        return str(self.whose).partition("#")[2] or None

    @classmethod
    def of_number(cls, scope: Scope, number: str, *, limit: int) -> list[ExternalId]:
        """Whose a number is in whichever systems use it."""
        return cls.page(_number_key(scope, number), limit=limit).items

    @classmethod
    def many(cls, scope: Scope, keys: Iterable[tuple[str, str | None, str]]) -> dict[tuple[str, str | None, str], str]:
        """The guests' ids of many numbers, of those that are known."""
        by_pointer = {pointer_key(scope, key): key for key in keys}
        found = cls.find_many(by_pointer)
        return {by_pointer[str(one.pointer_key), str(one.whose)]: str(one.guest_id) for one in found}


# -- keys --------------------------------------------------------------------------------------------------


def contact_key(scope: Scope, kind: str, value: str) -> str:
    """Partition of a contact point's owners."""
    return scope.key(kind, keyed_hash(scope.chain_id, kind, value))


def pointer_key(scope: Scope, key: tuple[str, str | None, str]) -> tuple[str, str]:
    """Key of the pointer from another system's number: the number, and whose it is."""
    system, property_id, number = key
    return _number_key(scope, number), f"{system}#{property_id or ''}"


def _number_key(scope: Scope, number: str) -> str:
    """Numbers may be phone numbers, so they are hashed too."""
    return scope.key(keyed_hash(scope.chain_id, "external", number))
