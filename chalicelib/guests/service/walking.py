"""How work that goes through all guests of a chain, in small steps over days if need be, gets from one to the next."""

from __future__ import annotations

from chalicelib.guests.models.quality import guests_in
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key


def some_of(scope: Scope, bucket: int, after: Key | None, *, limit: int) -> tuple[list[str], Key | None]:
    """Some guests of a bucket, and where to go on in it; if the guest at `after` was renamed, from its beginning."""
    try:
        page = guests_in(scope, bucket, limit=limit, after=after)
    except LookupError:
        page = guests_in(scope, bucket, limit=limit, after=None)
    following = {"guest_key": {"S": str(page.items[-1].guest_key)}} if page.next_key is not None else None
    return [row.id for row in page.items], following
