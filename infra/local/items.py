"""How the local DynamoDB keeps its items: packed, with every index in order, and every change told to a listener.

ministack keeps an item as nested dicts (5 kB each) and sorts a whole partition for each query. Here an item is one
`bytes` object, decoded when it is read, and an index partition is a sorted list. What ministack reads and writes
through its own functions stays the same; tests/local compares the two.
"""

from __future__ import annotations

import marshal
import time
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from typing import Any

from infra.local.emulator import dynamodb

Item = dict[str, Any]
# A change: the table's ARN, both stored key values, the packed item or None when it is gone.
Change = tuple[str, Any, Any, bytes | None]
# An index entry: the values it is ordered by, then the stored keys of its item.
IndexEntry = tuple[Any, ...]

MARSHAL_VERSION = 4  # readable by every Python this runs on
NO_SORT_KEY = "__no_sort__"  # ministack's stored sort key of a table without one
ORDERED_FROM = 32  # a smaller base partition is sorted faster than kept in order
EXPIRY_SLICE_ITEMS = 2000  # some milliseconds: what one slice of the expiry may take

pack = marshal.dumps
unpack = marshal.loads


# How often anything was written, by whatever way: who has seen everything at a count need not look again at the same.
writes = 0


def _written() -> None:
    global writes
    writes += 1


class Partition(dict[Any, Any]):
    """The items of one partition key by sort key; packed inside, dicts outside."""

    __slots__ = ("order",)

    def __init__(self) -> None:
        super().__init__()
        # Sorted (order value, sort key), kept only once a query of a large partition asked for it.
        self.order: list[tuple[Any, Any]] | None = None

    def __getitem__(self, key: Any) -> Item:
        item: Item = unpack(dict.__getitem__(self, key))
        return item

    def __setitem__(self, key: Any, item: Item) -> None:
        dict.__setitem__(self, key, pack(item, MARSHAL_VERSION))
        _written()

    def get(self, key: Any, default: Any = None) -> Any:
        """The item, or the default."""
        packed = dict.get(self, key)
        return default if packed is None else unpack(packed)

    def values(self) -> list[Item]:  # type: ignore[override]
        """Every item, decoded."""
        return [unpack(packed) for packed in dict.values(self)]

    def items(self) -> list[tuple[Any, Item]]:  # type: ignore[override]
        """Every sort key and item, decoded."""
        return [(key, unpack(packed)) for key, packed in dict.items(self)]

    def packed(self, key: Any) -> bytes | None:
        """The item as it is kept."""
        return dict.get(self, key)

    def packed_items(self) -> Iterator[tuple[Any, bytes]]:
        """Every sort key and packed item."""
        return iter(dict.items(self))

    def put(self, key: Any, packed: bytes) -> None:
        """Keep an item that is packed already."""
        dict.__setitem__(self, key, packed)
        _written()

    def remove(self, key: Any) -> None:
        """Forget an item."""
        dict.pop(self, key, None)
        _written()


class Items(dict[Any, Partition]):
    """The partitions of a table."""

    def partition(self, key: Any) -> Partition:
        """The partition of a key, made if absent."""
        found = self.get(key)
        if found is None:
            found = self[key] = Partition()
        return found


class Index:
    """One secondary index: its partitions, each a sorted list of entries."""

    __slots__ = ("hashes", "order", "partitions", "ranges", "unique")

    def __init__(self, table: dict[str, Any], definition: dict[str, Any]) -> None:
        self.hashes, self.ranges = dynamodb._index_key_lists(definition)
        self.order: list[tuple[str, str]] = dynamodb._index_order_keys(table, self.ranges)
        self.partitions: dict[Any, list[IndexEntry]] = {}

    def partition_of(self, item: Item) -> Any:
        """The index partition of an item; None when it is not in this index."""
        return dynamodb._index_partition(item, self.hashes, self.ranges)

    def entry_of(self, item: Item, pk: Any, sk: Any) -> IndexEntry:
        """The entry of an item."""
        return (*(dynamodb._index_order_value(item, name, kind) for name, kind in self.order), pk, sk)

    def add(self, item: Item, pk: Any, sk: Any) -> None:
        """Put an item in its place, if it belongs here."""
        partition = self.partition_of(item)
        if partition is None:
            return
        entries = self.partitions.get(partition)
        if entries is None:
            self.partitions[partition] = [self.entry_of(item, pk, sk)]
        else:
            insort(entries, self.entry_of(item, pk, sk))

    def discard(self, item: Item, pk: Any, sk: Any) -> None:
        """Take an item out."""
        partition = self.partition_of(item)
        entries = self.partitions.get(partition) if partition is not None else None
        if not entries:
            return
        entry = self.entry_of(item, pk, sk)
        place = bisect_left(entries, entry)
        if place < len(entries) and entries[place] == entry:
            del entries[place]
            if not entries:
                del self.partitions[partition]

    def get(self, partition: Any, default: Any = ()) -> Any:
        """The stored keys of a partition's items: the view of the index that ministack's own query takes."""
        entries = self.partitions.get(partition)
        return default if entries is None else [entry[-2:] for entry in entries]


def build_indexes(table: dict[str, Any]) -> dict[str, Index]:
    """Every index of a table, built from its items once and kept current from then on."""
    known: dict[str, Index] | None = table.get(dynamodb._INDEX_MEMBERS)
    if known is not None:
        return known
    definitions = table.get("GlobalSecondaryIndexes", []) + table.get("LocalSecondaryIndexes", [])
    built = {definition["IndexName"]: Index(table, definition) for definition in definitions}
    if built:
        for pk, partition in table["items"].items():
            for sk, item in partition.items():
                for index in built.values():
                    place = index.partition_of(item)
                    if place is not None:
                        index.partitions.setdefault(place, []).append(index.entry_of(item, pk, sk))
        for index in built.values():
            for entries in index.partitions.values():
                entries.sort()
    table[dynamodb._INDEX_MEMBERS] = built
    return built


def items_of(table: dict[str, Any]) -> Items:
    """The table's items in our form; a table fresh from ministack gets it here."""
    items = table["items"]
    if type(items) is Items:
        return items
    ours = Items()
    for pk, by_sort_key in items.items():
        partition = ours.partition(pk)
        for sk, item in by_sort_key.items():
            partition[sk] = item
    table["items"] = ours
    table.pop(dynamodb._INDEX_MEMBERS, None)
    return ours


def order_value(table: dict[str, Any], sk: Any) -> Any:
    """What a base partition is ordered by."""
    kind = dynamodb._get_attr_type(table, table["sk_name"])
    return dynamodb._sort_key_value({kind: sk}, kind)


def ordered(table: dict[str, Any], partition: Partition) -> list[tuple[Any, Any]] | None:
    """The sorted sort keys of a large base partition; None for one that is quicker to sort."""
    if partition.order is None and len(partition) >= ORDERED_FROM:
        partition.order = sorted((order_value(table, sk), sk) for sk in partition)
    return partition.order


def indexed(table: dict[str, Any]) -> bool:
    """Whether a change of the table must be carried into indexes that are already built."""
    return bool(table.get(dynamodb._INDEX_MEMBERS))


# Who hears of changes; the journal puts itself here.
changes: list[Change] = []


def set_item(table: dict[str, Any], pk: Any, sk: Any, item: Item) -> Item | None:
    """Store an item, keep the count and the indexes current, note the change; the item it replaces."""
    partition = items_of(table).partition(pk)
    old_packed = partition.packed(sk)
    old = None if old_packed is None else unpack(old_packed)
    packed = pack(item, MARSHAL_VERSION)
    partition.put(sk, packed)
    if old is None:
        count(table, 1)
        if partition.order is not None:
            insort(partition.order, (order_value(table, sk), sk))
    if indexed(table):
        for index in table[dynamodb._INDEX_MEMBERS].values():
            if old is not None:
                index.discard(old, pk, sk)
            index.add(item, pk, sk)
    changes.append((table["TableArn"], pk, sk, packed))
    return old


def remove_item(table: dict[str, Any], pk: Any, sk: Any) -> Item | None:
    """Delete an item, keep the count and the indexes current, note the change; the item that was there."""
    items = items_of(table)
    partition = items.get(pk)
    packed = None if partition is None else partition.packed(sk)
    if partition is None or packed is None:
        return None
    old: Item = unpack(packed)
    partition.remove(sk)
    if not partition:
        del items[pk]
    elif partition.order is not None:
        place = bisect_left(partition.order, (order_value(table, sk), sk))
        del partition.order[place]
    count(table, -1)
    if indexed(table):
        for index in table[dynamodb._INDEX_MEMBERS].values():
            index.discard(old, pk, sk)
    changes.append((table["TableArn"], pk, sk, None))
    return old


def count(table: dict[str, Any], by: int) -> None:
    """Keep ministack's item count."""
    table["ItemCount"] = max(0, table.get("ItemCount", 0) + by)
    table["TableSizeBytes"] = table["ItemCount"] * 200


def items_replaced(table: dict[str, Any]) -> None:
    """After ministack swapped all items of a table: our form, the count and the indexes anew."""
    items = items_of(table)
    table.pop(dynamodb._INDEX_MEMBERS, None)
    table["ItemCount"] = sum(len(partition) for partition in items.values())
    table["TableSizeBytes"] = table["ItemCount"] * 200


class Expiry:
    """Time to live: walks the tables that have it, a slice at a time, and removes what is over."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._walk: Iterator[int] | None = None

    def slice(self) -> bool:
        """Take one slice; False when the round is complete."""
        if self._walk is None:
            self._walk = self._round()
        if next(self._walk, None) is None:
            self._walk = None
            return False
        return True

    def whole(self) -> int:
        """Take a whole round at once; how many items went."""
        before = len(changes)
        while self.slice():
            pass
        return len(changes) - before

    def _round(self) -> Iterator[int]:
        looked_at = 0
        for key, setting in dynamodb._ttl_settings.all_items():
            table = dynamodb._tables.get_scoped(*key)
            attribute = setting.get("AttributeName", "")
            if setting.get("TimeToLiveStatus") != "ENABLED" or not attribute or table is None:
                continue
            mark = attribute.encode()
            for pk in list(table["items"]):
                partition = items_of(table).get(pk)
                if partition is None:
                    continue
                for sk, packed in list(partition.packed_items()):
                    looked_at += 1
                    if mark in packed and self._is_over(unpack(packed).get(attribute)):
                        remove_item(table, pk, sk)
                if looked_at >= EXPIRY_SLICE_ITEMS:
                    yield looked_at
                    looked_at = 0

    def _is_over(self, value: Any) -> bool:
        try:
            return value is not None and float(dynamodb._extract_key_val(value)) <= self._clock()
        except ValueError:
            return False


dynamodb._set_item = set_item
dynamodb._remove_item = remove_item
dynamodb._items_replaced = items_replaced
dynamodb._index_members = build_indexes
dynamodb._index_item = lambda *_, **__: None
