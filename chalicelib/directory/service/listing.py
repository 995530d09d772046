"""Lists of the directory: one partition, read in pages and filtered here, because catalogues are small.

A request looks at no more than `ROWS_LOOKED_AT_MAX` rows. A list that is larger and sparse under its filter answers a
short page with a cursor to go on from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record

if TYPE_CHECKING:
    from chalicelib.web.endpoints import PageQuery

ROWS_PER_READ = 100
ROWS_LOOKED_AT_MAX = 2000  # some 1 MB of catalogue: 250 read units, the most that one request may cost

R = TypeVar("R", bound=Record)
Read = Callable[[int, Key | None], Page[R]]


@dataclass(frozen=True)
class Found(Generic[R]):
    """Some records and the cursor of those that follow."""

    items: list[R]
    next: str | None


def find(
    scope: Scope,
    purpose: str,
    read: Read[R],
    is_wanted: Callable[[R], bool],
    query: PageQuery,
    *,
    key_of: Callable[[R], Key] = lambda record: record.key(),
) -> Found[R]:
    """The next records that are wanted. `purpose` names the list and its filters, so that cursors are not mixed up."""
    after = cursor.decode(scope, purpose, query.cursor)
    found: list[R] = []
    rows = query.limit + 1  # one more than asked for tells whether there is more
    for _ in range(ROWS_LOOKED_AT_MAX // ROWS_PER_READ):
        page = read(rows, after)
        found.extend(record for record in page.items if is_wanted(record))
        after = page.next_key
        if after is None or len(found) > query.limit:
            break
        rows = ROWS_PER_READ
    if len(found) > query.limit:
        found = found[: query.limit]
        after = key_of(found[-1])
    return Found(found, cursor.encode(scope, purpose, after))
