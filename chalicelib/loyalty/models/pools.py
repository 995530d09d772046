"""Records of pools: whose account it is, and who is in it."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record


class Pool(Record):
    """A household's pool. Its points lie in its owner's account."""

    class Meta(Record.Meta):
        table_name = Record.table("pools")

    pool_key = UnicodeAttribute(hash_key=True)
    programme_id = UnicodeAttribute()
    owner_id = UnicodeAttribute()
    members = JSONAttribute(default=dict)  # by member id: the day of joining; the owner among them
    status = UnicodeAttribute(default="open")  # open | closed
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    @property
    def id(self) -> str:
        """The pool's id."""
        return str(self.pool_key).split("#", 1)[1]

    @classmethod
    def one(cls, scope: Scope, pool_id: str) -> Pool | None:
        """A pool, or None."""
        return cls.find(scope.key(pool_id))
