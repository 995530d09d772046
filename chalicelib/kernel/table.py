"""The base of every stored record: one shared client, a schema number, optimistic versions, paged reads.

Contexts build their named reads on `find`, `find_many` and `page`; those take finished keys, and the named reads
are the ones that take a scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from json import JSONDecoder, JSONEncoder
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from pynamodb.attributes import (
    Attribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import AttributeDeserializationError, AttributeNullError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from chalicelib.kernel import aws
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.settings import table_prefix
from chalicelib.kernel.together import together
from chalicelib.kernel.wire import Reads

BATCH_GET_MAX = 100  # DynamoDB's limit
BATCH_GET_TRIES_MAX = 6
INSTANTS_KEPT = 256  # all that one transaction writes is of one instant
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
    _dynamo_to_python_attrs: ClassVar[dict[str, str]]  # PynamoDB's: only names that differ

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

    # What PynamoDB does attribute by attribute, through properties and descriptors, is done here in one loop over a
    # plan made once: half of a request's work, and most of an import's, would otherwise go into it.

    def __init__(self, hash_key: Any = None, range_key: Any = None, **attributes: Any) -> None:
        if hash_key is not None or range_key is not None or "_user_instantiated" in attributes:
            super().__init__(hash_key, range_key, **attributes)
            return
        plan = _plan(type(self))
        values = {name: default() if is_made else default for name, default, is_made in plan.defaults}
        self.attribute_values = values
        if plan.settable.issuperset(attributes):
            values.update(attributes)
            return
        for name, value in attributes.items():
            if name not in plan.names:
                raise ValueError(f"Attribute {name} specified does not exist")
            setattr(self, name, value)

    @classmethod
    def _instantiate(cls, attribute_values: Key) -> Self:
        """The record of a stored item, as PynamoDB reads it. Attributes that no model knows are left out."""
        plan = _plan(cls)
        known = plan.by_stored_name
        values: dict[str, Any] = {}
        for stored_name, stored in attribute_values.items():
            if stored_name not in known or "NULL" in stored:
                continue
            field = known[stored_name]
            if field.type not in stored:
                raise AttributeDeserializationError(stored_name, field.type)
            value = stored[field.type]
            values[field.name] = value if field.read is None else field.read(value)
        for name, default, is_made in plan.defaults:
            if name not in values:
                values[name] = default() if is_made else default
        record = cls.__new__(cls)
        record.attribute_values = values
        return record

    def serialize(self, null_check: bool = True) -> Key:
        """The stored form, as PynamoDB makes it."""
        value_of, item = self.attribute_values.get, {}
        for name, stored_name, kind, is_nullable, write in _plan(type(self)).writing:
            value = value_of(name)
            if value is not None and (write is None or (value := write(value)) is not None):
                item[stored_name] = {kind: value}
            elif null_check and not is_nullable:
                raise AttributeNullError(name)
        return item

    def assign(self, **values: Any) -> None:
        """Set many attributes at once."""
        plan = _plan(type(self))
        if not plan.settable.issuperset(values):
            raise ValueError(f"not to be assigned together: {sorted(values.keys() - plan.settable)}")
        self.attribute_values.update(values)

    @classmethod
    def key_names(cls) -> tuple[str, str | None]:
        """Names of the hash and range attributes as stored."""
        return _plan(cls).key_names

    def key_values(self) -> list[str]:
        """The values of the storage key: hash, and range if there is one."""
        values = self.attribute_values
        return [str(values[name]) for name in _plan(type(self)).key_attributes]

    def key(self) -> Key:
        """The storage key of this record as DynamoDB takes it."""
        return self.raw_key(*self.key_values())

    @classmethod
    def raw_key(cls, hash_value: str, range_value: str | None = None) -> Key:
        """The storage key made from its values."""
        hash_name, range_name = _plan(cls).key_names
        key: Key = {hash_name: {"S": hash_value}}
        if range_name and range_value is not None:
            key[range_name] = {"S": range_value}
        return key

    @classmethod
    def find(cls, hash_value: str, range_value: str | None = None, *, is_consistent: bool = True) -> Self | None:
        """The record under a key, or None."""
        answer = aws.client("dynamodb").get_item(
            TableName=cls.Meta.table_name, Key=cls.raw_key(hash_value, range_value), ConsistentRead=is_consistent
        )
        return cls._instantiate(answer["Item"]) if "Item" in answer else None

    @classmethod
    def find_many(cls, keys: Iterable[tuple[str, str | None]], *, is_consistent: bool = True) -> list[Self]:
        """The records under many keys, in no order, absent ones left out; one call per hundred."""
        wanted = [cls.raw_key(*key) for key in dict.fromkeys(keys)]
        found: list[Self] = []
        name = cls.Meta.table_name
        for start in range(0, len(wanted), BATCH_GET_MAX):
            pending = Reads({name: {"Keys": wanted[start : start + BATCH_GET_MAX], "ConsistentRead": is_consistent}})
            for _ in range(BATCH_GET_TRIES_MAX):
                answer = aws.client("dynamodb").batch_get_item(RequestItems=pending)
                found += [cls._instantiate(item) for item in answer["Responses"].get(name, ())]
                pending = Reads(answer.get("UnprocessedKeys") or {})
                if not pending:
                    break
            else:
                raise TimeoutError(f"batch read of {name} kept being throttled")
        return found

    @classmethod
    def occupied(cls, hash_values: Iterable[str]) -> set[str]:
        """Which of some partitions hold anything: one item of each is counted, none is sent, all at the same time."""
        name, hash_name = cls.Meta.table_name, cls.key_names()[0]

        def count(hash_value: str) -> int:
            answer = aws.client("dynamodb").query(
                TableName=name,
                KeyConditionExpression="#k = :k",
                ExpressionAttributeNames={"#k": hash_name},
                ExpressionAttributeValues={":k": {"S": hash_value}},
                ConsistentRead=True,
                Select="COUNT",
                Limit=1,
            )
            return int(answer["Count"])

        wanted = list(dict.fromkeys(hash_values))
        counts = together([partial(count, one) for one in wanted])
        return {one for one, found in zip(wanted, counts, strict=True) if found}

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


class _Field(NamedTuple):
    """One attribute of a record type: how it is called here and there, and how its values cross over."""

    name: str
    stored_name: str
    type: str
    is_nullable: bool
    read: Callable[[Any], Any] | None  # None: stored as it is
    write: Callable[[Any], Any] | None


class _Plan(NamedTuple):
    """How records of one type are made, read and stored."""

    writing: tuple[tuple[str, str, str, bool, Callable[[Any], Any] | None], ...]  # the fields, for a loop without names
    by_stored_name: dict[str, _Field]
    defaults: tuple[tuple[str, Any, bool], ...]  # name, the value or what makes it, whether it makes it
    names: frozenset[str]
    settable: frozenset[str]  # all but those that PynamoDB changes when they are set
    key_attributes: tuple[str, ...]
    key_names: tuple[str, str | None]


@cache
def _plan(record: type[Record]) -> _Plan:
    attributes = record.get_attributes()
    fields = tuple(_field(name, attribute) for name, attribute in attributes.items())
    stored = {field.name: field.stored_name for field in fields}
    defaults = [(name, attribute.default) for name, attribute in attributes.items()]
    hash_name, range_name = str(record._hash_keyname), record._range_keyname
    return _Plan(
        tuple((one.name, one.stored_name, one.type, one.is_nullable, one.write) for one in fields),
        {field.stored_name: field for field in fields},
        tuple((name, default, callable(default)) for name, default in defaults if default is not None),
        frozenset(attributes),
        frozenset(name for name, one in attributes.items() if type(one).__set__ is Attribute.__set__),
        (hash_name, range_name) if range_name else (hash_name,),
        (stored[hash_name], stored[range_name] if range_name else None),
    )


def _field(name: str, attribute: Attribute[Any]) -> _Field:
    kind = type(attribute)
    read: Callable[[Any], Any] | None = attribute.deserialize
    write: Callable[[Any], Any] | None = attribute.serialize
    if kind is UnicodeAttribute:
        read = write = None
    elif kind is NumberAttribute:
        read, write = partial(_number, attribute), partial(_stored_number, attribute)
    elif isinstance(attribute, ListAttribute) and attribute.element_type is UnicodeAttribute:
        read, write = _texts, _stored_texts
    elif kind is JSONAttribute:
        read, write = _JSON.decode, _encode
    elif kind is UTCDateTimeAttribute:
        write = _stored_instant
    return _Field(name, attribute.attr_name, attribute.attr_type, bool(attribute.null), read, write)


_JSON = JSONDecoder(strict=False)  # as PynamoDB reads JSON; it makes a decoder for every value
_encode = JSONEncoder(check_circular=False).encode  # as it writes it; nothing that is stored holds itself


def _number(attribute: Attribute[Any], text: str) -> Any:
    """A stored number; nearly all are whole."""
    try:
        return int(text)
    except ValueError:
        return attribute.deserialize(text)


def _stored_number(attribute: Attribute[Any], number: Any) -> Any:
    return str(number) if type(number) is int else attribute.serialize(number)


def _texts(stored: list[dict[str, str]]) -> list[str]:
    return [one["S"] for one in stored]


def _stored_texts(texts: Iterable[str]) -> list[dict[str, str]]:
    return [{"S": text} for text in texts]


@lru_cache(maxsize=INSTANTS_KEPT)
def _stored_instant(instant: datetime) -> str:
    """An instant as PynamoDB stores it; one without a zone is taken for UTC."""
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "+0000"
