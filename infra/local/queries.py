"""Queries that read only what they answer: hand ministack's own query the few candidates of its page.

ministack copies, sorts and filters a whole partition for each query. For a key condition of the usual form the
candidates are found by bisection, and its code then sees a table that holds only them. Anything unusual goes the
long way, so the answer is always ministack's.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from infra.local.emulator import dynamodb
from infra.local.items import Items, Partition, build_indexes, items_of, ordered, unpack

PAGE_BYTES = dynamodb._DDB_PAGE_SIZE_BYTES
# Packed items are rarely much shorter than their size by DynamoDB's rules; below this no page can be full.
CERTAINLY_ONE_PAGE_BYTES = PAGE_BYTES // 4
EXPRESSIONS_KEPT = 4096
COMPARISONS = {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}

plain_query: Callable[[dict[str, Any]], Any] = dynamodb._query
plain_scan: Callable[[dict[str, Any]], Any] = dynamodb._scan


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition on one key, with placeholders."""

    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Narrowing:
    """What the running query has been narrowed to: these items satisfy its key condition already."""

    expression: str
    cursor: Any


running: Narrowing | None = None


@lru_cache(maxsize=EXPRESSIONS_KEPT)
def clauses(expression: str) -> tuple[Clause, ...] | None:
    """The conditions of a key condition, or None when it has a form that only the long way understands."""
    slot = "KeyConditionExpression"
    every = dynamodb._tokenize(expression)
    if dynamodb._check_redundant_parens(every, slot) or dynamodb._check_reserved_keyword_usage(every):
        return None
    if dynamodb._condition_syntax_error(expression, slot):
        return None
    tokens = every[:-1]
    if tokens and tokens[0][0] == "LPAREN" and tokens[-1][0] == "RPAREN":
        tokens = tokens[1:-1]
    found = []
    while tokens:
        clause, tokens = next_clause(tokens)
        if clause is None:
            return None
        found.append(clause)
        if tokens:
            if tokens[0][0] != "IDENT" or tokens[0][1].upper() != "AND" or len(tokens) == 1:
                return None
            tokens = tokens[1:]
    return tuple(found) or None


def next_clause(tokens: list[tuple[str, str]]) -> tuple[Clause | None, list[tuple[str, str]]]:
    """The first condition of a token list and the tokens behind it."""
    kinds = [kind for kind, _ in tokens[:6]]
    texts = [text for _, text in tokens[:6]]
    if kinds[:1] == ["LPAREN"]:
        clause, rest = next_clause(tokens[1:])
        if clause is None or not rest or rest[0][0] != "RPAREN":
            return None, []
        return clause, rest[1:]
    is_name = kinds[:1] in (["IDENT"], ["NAME_REF"])
    if is_name and len(kinds) > 2 and kinds[1] in COMPARISONS and kinds[2] == "VALUE_REF":
        return Clause(texts[0], COMPARISONS[kinds[1]], (texts[2],)), tokens[3:]
    is_between = len(kinds) > 4 and [text.upper() for text in texts[1:4:2]] == ["BETWEEN", "AND"]
    if is_name and is_between and kinds[2] == kinds[4] == "VALUE_REF":
        return Clause(texts[0], "between", (texts[2], texts[4])), tokens[5:]
    if texts[:2] == ["begins_with", "("] and kinds[2:6] in (
        ["IDENT", "COMMA", "VALUE_REF", "RPAREN"],
        ["NAME_REF", "COMMA", "VALUE_REF", "RPAREN"],
    ):
        return Clause(texts[2], "begins_with", (texts[4],)), tokens[6:]
    return None, []


def query(data: dict[str, Any]) -> Any:
    """Answer a Query, over its candidates only where they can be told."""
    global running
    name = data.get("TableName")
    table = dynamodb._tables.get(name) if isinstance(name, str) else None
    view = narrowed(table, data) if table is not None else None
    if view is None:
        return plain_query(data)
    dynamodb._tables[name] = view
    running = Narrowing(data["KeyConditionExpression"], data.get("ExclusiveStartKey"))
    try:
        return plain_query(data)
    finally:
        running = None
        dynamodb._tables[name] = table


def narrowed(table: dict[str, Any], data: dict[str, Any]) -> dict[str, Any] | None:
    """The table as this query needs to see it; None when only the long way will do."""
    expression, values = data.get("KeyConditionExpression"), data.get("ExpressionAttributeValues")
    names, cursor = data.get("ExpressionAttributeNames") or {}, data.get("ExclusiveStartKey")
    if not isinstance(expression, str) or not isinstance(values, dict) or not isinstance(names, dict):
        return None
    if cursor is not None and (not isinstance(cursor, dict) or not cursor):
        return None
    found = clauses(expression)
    if found is None or len(found) > 2:
        return None
    conditions = {names.get(clause.name, clause.name): clause for clause in found}
    index_name = data.get("IndexName")
    definition = dynamodb._index_def(table, index_name) if index_name else None
    if index_name and definition is None:
        return None
    hashes, ranges = (
        dynamodb._index_key_lists(definition)
        if definition
        else ([table["pk_name"]], [table["sk_name"]] if table["sk_name"] else [])
    )
    if len(hashes) != 1 or len(ranges) > 1 or len(conditions) != len(found):
        return None
    on_hash = conditions.pop(hashes[0], None)
    if on_hash is None or on_hash.operator != "=":
        return None
    partition_key = dynamodb._extract_key_val(values.get(on_hash.values[0]) or {})
    bounds = None
    if conditions:
        on_range = conditions.get(ranges[0]) if ranges else None
        if on_range is None:
            return None
        kind = dynamodb._get_attr_type(table, ranges[0])
        operands = [values.get(value) for value in on_range.values]
        if kind not in ("S", "N") or (kind == "N" and on_range.operator == "begins_with"):
            return None
        if any(not isinstance(operand, dict) or list(operand) != [kind] for operand in operands):
            return None
        bounds = on_range.operator, [dynamodb._sort_key_value(operand, kind) for operand in operands]
    if definition and index_name:
        return index_view(table, data, index_name, partition_key, bounds)
    return base_view(table, data, partition_key, bounds) if ranges else None


def index_view(
    table: dict[str, Any], data: dict[str, Any], index_name: str, partition_key: Any, bounds: Any
) -> dict[str, Any] | None:
    """The table as a query of an index sees it."""
    index = build_indexes(table)[index_name]
    entries = index.partitions.get(partition_key, [])
    low, high = span(entries, bounds)
    cursor, forward = data.get("ExclusiveStartKey"), data.get("ScanIndexForward", True)
    if cursor is not None:
        try:
            start = tuple(dynamodb._index_order_value(cursor, name, kind) for name, kind in index.order)
            low, high = after(entries, start, low, high, forward)
        except TypeError:
            return None
    items, places = items_of(table), range(low, high) if forward else range(high - 1, low - 1, -1)
    stored = ((*entries[at][-2:], items[entries[at][-2]].packed(entries[at][-1])) for at in places)
    # ministack filters by attributes that an index does not hold, so only an unfiltered page is cut down early.
    is_cut = not data.get("FilterExpression") and not data.get("QueryFilter")
    kept = projected_names(table, index_name)
    chosen: dict[Any, dict[Any, Any]] = {}
    keys = []
    for pk, sk, item in page(stored, data.get("Limit"), kept):
        chosen.setdefault(pk, {})[sk] = cut(item, kept) if is_cut else item
        keys.append((pk, sk))
    view = {**table, "items": chosen, dynamodb._INDEX_MEMBERS: {index_name: {partition_key: keys}}}
    if is_cut and kept is not None:
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            view[kind] = [whole(index) if index["IndexName"] == index_name else index for index in table.get(kind, [])]
    return view


def projected_names(table: dict[str, Any], index_name: str) -> frozenset[str] | None:
    """The attributes that an index holds; None for all."""
    definition = dynamodb._index_def(table, index_name)
    projection = definition.get("Projection") or {}
    if projection.get("ProjectionType", "ALL") == "ALL":
        return None
    names = {key["AttributeName"] for key in definition["KeySchema"]} | {table["pk_name"], table["sk_name"]}
    if projection["ProjectionType"] == "INCLUDE":
        names |= set(projection.get("NonKeyAttributes") or [])
    return frozenset(names)


def cut(item: dict[str, Any], names: frozenset[str] | None) -> dict[str, Any]:
    """The attributes of an item that are named."""
    return item if names is None else {name: value for name, value in item.items() if name in names}


def whole(index: dict[str, Any]) -> dict[str, Any]:
    """The definition of an index whose items have been cut down already."""
    return {**index, "Projection": {"ProjectionType": "ALL"}}


def base_view(table: dict[str, Any], data: dict[str, Any], partition_key: Any, bounds: Any) -> dict[str, Any] | None:
    """The table as a query of one of its own partitions sees it."""
    partition = items_of(table).get(partition_key)
    if partition is None:
        return {**table, "items": {}}
    entries = ordered(table, partition)
    if entries is None:
        return None
    low, high = span(entries, bounds)
    cursor, forward = data.get("ExclusiveStartKey"), data.get("ScanIndexForward", True)
    if cursor is not None:
        if dynamodb._extract_key_val(cursor.get(table["pk_name"]) or {}) != partition_key:
            return None
        kind = dynamodb._get_attr_type(table, table["sk_name"])
        start = (dynamodb._index_order_value(cursor, table["sk_name"], kind),)
        try:
            low, high = after(entries, start, low, high, forward)
        except TypeError:
            return None
    places = range(low, high) if forward else range(high - 1, low - 1, -1)
    stored = ((partition_key, entries[at][1], partition.packed(entries[at][1])) for at in places)
    chosen = {sk: item for _, sk, item in page(stored, data.get("Limit"), None)}
    return {**table, "items": {partition_key: chosen}}


def span(entries: list[tuple[Any, ...]], bounds: tuple[str, list[Any]] | None) -> tuple[int, int]:
    """Where the entries begin and end that satisfy a condition on their first value."""
    if bounds is None:
        return 0, len(entries)
    operator, operands = bounds
    first = operands[0]

    def left(value: Any) -> int:
        return bisect_left(entries, value, key=lambda entry: entry[0])

    def right(value: Any) -> int:
        return bisect_right(entries, value, key=lambda entry: entry[0])

    if operator == "=":
        return left(first), right(first)
    if operator == "<":
        return 0, left(first)
    if operator == "<=":
        return 0, right(first)
    if operator == ">":
        return right(first), len(entries)
    if operator == ">=":
        return left(first), len(entries)
    if operator == "between":
        return left(first), max(left(first), right(operands[1]))
    cut = len(first)
    return left(first), bisect_right(entries, first, key=lambda entry: entry[0][:cut])


def after(
    entries: list[tuple[Any, ...]], start: tuple[Any, ...], low: int, high: int, forward: bool
) -> tuple[int, int]:
    """What is left of a span past a cursor."""
    width = len(start)
    if forward:
        return max(low, bisect_right(entries, start, key=lambda entry: entry[:width])), high
    return low, min(high, bisect_left(entries, start, key=lambda entry: entry[:width]))


def page(
    stored: Iterator[tuple[Any, Any, bytes | None]], limit: Any, kept: frozenset[str] | None
) -> Iterator[tuple[Any, Any, Any]]:
    """Decode items until the page is certainly full: by its limit, or by DynamoDB's megabyte."""
    count_max = int(limit) if limit is not None else None
    waiting: list[Any] = []
    packed_bytes = size = 0
    for taken, (pk, sk, packed) in enumerate(stored):
        if taken == count_max or packed is None:
            break
        item = unpack(packed)
        yield pk, sk, item
        packed_bytes += len(packed)
        waiting.append(item)
        if packed_bytes > CERTAINLY_ONE_PAGE_BYTES:
            size += sum(dynamodb._item_size_bytes(cut(each, kept)) for each in waiting)
            waiting.clear()
            if size > PAGE_BYTES:
                break


def scan(data: dict[str, Any]) -> Any:
    """Answer a Scan over the items of its page only; a parallel one or one of an index goes the long way."""
    name = data.get("TableName")
    table = dynamodb._tables.get(name) if isinstance(name, str) else None
    if table is None or any(data.get(word) is not None for word in ("IndexName", "Segment", "TotalSegments")):
        return plain_scan(data)
    limit, cursor = data.get("Limit"), data.get("ExclusiveStartKey")
    if (limit is not None and (not isinstance(limit, int) or limit < 1)) or not isinstance(cursor, dict | None):
        return plain_scan(data)
    items = items_of(table)
    chosen: dict[Any, dict[Any, Any]] = {}
    for pk, sk, item in page(stored_after(items, table, cursor), limit, None):
        chosen.setdefault(pk, {})[sk] = item
    dynamodb._tables[name] = {**table, "items": chosen}
    try:
        return plain_scan(data)
    finally:
        dynamodb._tables[name] = table


def stored_after(items: Items, table: dict[str, Any], cursor: Any) -> Iterator[tuple[Any, Any, bytes | None]]:
    """Every item past a scan's cursor, in the order of a scan."""
    keys = sorted(items)
    start_pk: Any = None
    start_sk: Any = ""
    if cursor:
        start_pk = dynamodb._extract_key_val(cursor.get(table["pk_name"]) or {})
        start_sk = dynamodb._extract_key_val(cursor.get(table["sk_name"] or "") or {})
        keys = keys[bisect_left(keys, start_pk) :]
    for pk in keys:
        partition: Partition = items[pk]
        for sk in sorted(partition):
            if pk == start_pk and (not table["sk_name"] or sk <= start_sk):
                continue
            yield pk, sk, partition.packed(sk)


def settled(expression: str, item: Any, slot: str) -> bool:
    """Whether an item of the running query is known to satisfy this expression."""
    return (
        slot == "KeyConditionExpression"
        and running is not None
        and running.expression == expression
        and item is not running.cursor
    )


dynamodb._query = query
dynamodb._scan = scan
