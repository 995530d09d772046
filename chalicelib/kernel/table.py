"""The base of every stored record: one shared client, a schema number, optimistic versions, paged reads.

Contexts build their named reads on `find`, `find_many` and `page`; those take finished keys, and the named reads
are the ones that take a scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar

from pynamodb.attributes import ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import AttributeNullError, DoesNotExist
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.kernel import aws
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.settings import table_prefix

BATCH_GET_MAX = 100  # DynamoDB's limit
BATCH_GET_TRIES_MAX = 6
PAGES_MAX = 1000  # of `every`: a bound on loops over one partition, far above what one guest or chain holds

Key = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some records in order, and the storage key to go on from, or None at the end."""

    items: list[T]
    next_key: Key | None


class Record(Model):
    """A stored record. `version` is raised by every update; `schema` says which shape the item was written in."""

    class Meta:
        table_name: str
        billing_mode = "PAY_PER_REQUEST"

    schema = NumberAttribute(default=1)
    version = NumberAttribute(default=0)

    # Index attributes that hold personal data and therefore never travel in a cursor.
    private_keys: ClassVar[frozenset[str]] = frozenset()

    # The record in whose table this one lies too, where one query is to read both.
    lies_in: ClassVar[type[Record] | None] = None

    @staticmethod
    def table(name: str) -> str:
        """The full table name for this installation."""
        return table_prefix() + name

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """PynamoDB's connection, over the product's only DynamoDB client instead of one client for each model."""
        connection = super()._get_connection()
        connection.connection._client = aws.client("dynamodb")
        return connection

    @classmethod
    def key_names(cls) -> tuple[str, str | None]:
        """Names of the hash and range attributes as stored."""
        attributes = cls.get_attributes()
        range_name = attributes[cls._range_keyname].attr_name if cls._range_keyname else None
        return attributes[str(cls._hash_keyname)].attr_name, range_name

    def serialize(self, null_check: bool = True) -> Key:
        """The stored form, as PynamoDB makes it, in half the time: an import does this for every item."""
        values, item = self.attribute_values, {}
        for name, attribute, kind in _plan(type(self)):
            value = values.get(name)
            if kind is NumberAttribute and type(value) is int:
                value = str(value)
            elif kind in (ListAttribute, MapAttribute) and value is not None:
                value = attribute.serialize(value, null_check=null_check)
            elif kind is not UnicodeAttribute and value is not None:
                value = attribute.serialize(value)
            if value is not None:
                item[attribute.attr_name] = {attribute.attr_type: value}
            elif null_check and not attribute.null:
                raise AttributeNullError(name)
        return item

    def key(self) -> Key:
        """The storage key of this record as DynamoDB takes it."""
        range_value = str(getattr(self, self._range_keyname)) if self._range_keyname else None
        return self.raw_key(str(getattr(self, str(self._hash_keyname))), range_value)

    @classmethod
    def raw_key(cls, hash_value: str, range_value: str | None = None) -> Key:
        """The storage key made from its values."""
        hash_name, range_name = cls.key_names()
        key: Key = {hash_name: {"S": hash_value}}
        if range_name and range_value is not None:
            key[range_name] = {"S": range_value}
        return key

    @classmethod
    def find(cls, hash_value: str, range_value: str | None = None, *, is_consistent: bool = True) -> Self | None:
        """The record under a key, or None."""
        try:
            found: Self = cls.get(hash_value, range_value, consistent_read=is_consistent)
        except DoesNotExist:
            return None
        return found

    @classmethod
    def find_many(cls, keys: Iterable[tuple[str, str | None]], *, is_consistent: bool = True) -> list[Self]:
        """The records under many keys, in no order, absent ones left out; one call per hundred."""
        wanted = [cls.raw_key(*key) for key in dict.fromkeys(keys)]
        found: list[Self] = []
        name = cls.Meta.table_name
        for start in range(0, len(wanted), BATCH_GET_MAX):
            pending: dict[str, Any] = {
                name: {"Keys": wanted[start : start + BATCH_GET_MAX], "ConsistentRead": is_consistent}
            }
            for _ in range(BATCH_GET_TRIES_MAX):
                answer = aws.client("dynamodb").batch_get_item(RequestItems=pending)
                found.extend(cls.from_raw_data(item) for item in answer["Responses"].get(name, []))
                pending = answer.get("UnprocessedKeys") or {}
                if not pending:
                    break
            else:
                raise TimeoutError(f"batch read of {name} kept being throttled")
        return found

    @classmethod
    def page(
        cls,
        hash_value: str,
        *,
        limit: int,
        where: Condition | None = None,
        only: Condition | None = None,
        index: str | None = None,
        after: Key | None = None,
        is_forward: bool = True,
    ) -> Page[Self]:
        """One page of a partition, at most `limit` records, by `where` on the range key and filtered by `only`."""
        result = cls.query(
            hash_value,
            where,
            only,
            consistent_read=index is None,
            index_name=index,
            scan_index_forward=is_forward,
            limit=limit,
            page_size=limit,
            last_evaluated_key=cls._completed(after) if after else None,
        )
        items = list(result)
        return Page(items, result.last_evaluated_key)

    @classmethod
    def every(
        cls, hash_value: str, *, where: Condition | None = None, index: str | None = None, page_size: int = 100
    ) -> Iterator[Self]:
        """All records of one bounded partition, page by page."""
        after: Key | None = None
        for _ in range(PAGES_MAX):
            page = cls.page(hash_value, where=where, index=index, after=after, limit=page_size)
            yield from page.items
            after = page.next_key
            if after is None:
                return
        raise OverflowError(f"{cls.Meta.table_name}: more than {PAGES_MAX} pages in one partition")

    @classmethod
    def _completed(cls, key: Key) -> Key:
        """A cursor's key with its private parts read back from the record it points to."""
        missing = key.get("_private", {}).get("SS", [])
        if not missing:
            return key
        hash_name, range_name = cls.key_names()
        record = cls.find(key[hash_name]["S"], key[range_name]["S"] if range_name else None)
        if record is None:
            raise LookupError("the record a cursor points to is gone")
        item = record.serialize()
        return {**{k: v for k, v in key.items() if k != "_private"}, **{name: item[name] for name in missing}}

    @classmethod
    def public_key(cls, key: Key | None) -> Key | None:
        """A continuation key without personal data, to be put into a cursor."""
        if key is None:
            return None
        private = sorted(cls.private_keys & key.keys())
        if not private:
            return key
        return {**{k: v for k, v in key.items() if k not in private}, "_private": {"SS": private}}


@cache
def _plan(record: type[Record]) -> list[tuple[str, Any, type]]:
    """The attributes of a record type: name, attribute, and its kind where that decides how it is stored."""
    kinds = (ListAttribute, MapAttribute)
    return [
        (name, attribute, next((kind for kind in kinds if isinstance(attribute, kind)), type(attribute)))
        for name, attribute in record.get_attributes().items()
    ]
