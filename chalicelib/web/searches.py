"""What somebody looked for, so that its results have an address that names nobody.

A search form is posted; the address it leads to carries the id under which its words are kept for a day, for the person
who typed them. So a page of results can be reloaded, gone back to and bookmarked.
"""

from __future__ import annotations

from datetime import timedelta

from pynamodb.attributes import JSONAttribute, TTLAttribute, UnicodeAttribute

from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.kernel.unit import Unit

KEPT = timedelta(days=1)  # a shift and the one after it; longer would be a list of whom somebody looked for


class SearchRecord(Record):
    """The words of one search. Nobody but its owner can find it."""

    class Meta(Record.Meta):
        table_name = Record.table("searches")

    owner_key = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    words = JSONAttribute()
    expires_at = TTLAttribute()


class SearchForgotten(NotFound):
    """The words are gone, or they were another person's."""

    type, title = "search_forgotten", N_("This search is no longer kept")


def keep(scope: Scope, words: dict[str, str]) -> str:
    """Keep the words of a search and answer the id that stands for them in an address."""
    record = SearchRecord(owner_key=_owner(scope), id=new_id("srh"), words=words, expires_at=real_now() + KEPT)
    unit = Unit(scope)
    unit.create(record)
    unit.commit()
    return str(record.id)


def recall(scope: Scope, search_id: str) -> dict[str, str]:
    """The words of the caller's own search. Raises SearchForgotten."""
    record = SearchRecord.find(_owner(scope), search_id) if is_id(search_id, "srh") else None
    if record is None or record.expires_at <= real_now():  # a time to live removes things late
        raise SearchForgotten()
    return dict(record.words)


def _owner(scope: Scope) -> str:
    return scope.key(scope.actor.id)
