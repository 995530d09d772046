"""Records of the directory. Each catalogue is one partition per chain; sign-in alone is keyed by a hash.

The named exceptions to keys that begin with the chain: `SignIn` and `Attempts` (whoever signs in does not say which
chain), and `Chain.all` (the operator's list of chains).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.kernel.clock import from_sortable, real_now, sortable
from chalicelib.kernel.table import Record

ALL_CHAINS = "chains"  # the one partition of the operator's list; a chain is written a few times in its life


class AllChains(GlobalSecondaryIndex[Any]):
    """Every chain of the installation, by id and so by age. Only the operator reads it."""

    class Meta:
        index_name = "all"
        projection = AllProjection()

    shelf = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class Chain(Record):
    """A hotel chain. `activated_at` is the instant, on the chain's clock, before which nothing is acted on."""

    class Meta(Record.Meta):
        table_name = Record.table("chains")

    id = UnicodeAttribute(hash_key=True)
    shelf = UnicodeAttribute(default=ALL_CHAINS)
    name = UnicodeAttribute()
    mode = UnicodeAttribute()  # test | live, for ever
    languages: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    default_language = UnicodeAttribute()
    time_zone = UnicodeAttribute()
    country = UnicodeAttribute()
    leap_rule = UnicodeAttribute()
    greeting_hour = NumberAttribute()
    sender_name = UnicodeAttribute()
    sender_address = UnicodeAttribute(null=True)  # None: the installation's own sender
    sms_sender = UnicodeAttribute(null=True)
    notice = UnicodeAttribute(null=True)
    automatic_linking = BooleanAttribute(default=True)  # of guests who are one person beyond doubt
    activated_at = UTCDateTimeAttribute()
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()

    all = AllChains()

    @property
    def is_test(self) -> bool:
        """Whether the chain lives on a test clock and never reaches a real address."""
        return bool(self.mode == "test")


class ChainPart(Record):
    """What the catalogues of one chain have in common."""

    chain_id = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)
    created_at = UTCDateTimeAttribute()
    updated_at = UTCDateTimeAttribute()


class Brand(ChainPart):
    """A name under which a chain runs some of its properties."""

    class Meta(Record.Meta):
        table_name = Record.table("brands")

    name = UnicodeAttribute()


class Property(ChainPart):
    """One hotel. Its wall-clock settings are `HH:MM` in its own `time_zone`."""

    class Meta(Record.Meta):
        table_name = Record.table("properties")

    brand_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute()
    names = JSONAttribute()  # {"en": …, "zh": …}, whichever there is; `name` is the fallback
    time_zone = UnicodeAttribute()
    country = UnicodeAttribute()
    currency = UnicodeAttribute()
    languages: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    business_day_close = UnicodeAttribute()
    quiet_start = UnicodeAttribute()
    quiet_end = UnicodeAttribute()
    address = UnicodeAttribute(null=True)
    phone = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)


class Staff(ChainPart):
    """Somebody who signs in to the portal. `property_ids` None means every property of the chain."""

    class Meta(Record.Meta):
        table_name = Record.table("staff")

    email = UnicodeAttribute()
    name = UnicodeAttribute()
    role = UnicodeAttribute()
    property_ids = UnicodeSetAttribute(null=True)
    language = UnicodeAttribute()
    is_disabled = BooleanAttribute(default=False)
    password_hash = UnicodeAttribute()
    password_changed_at = UTCDateTimeAttribute()  # real time: sessions that began earlier have ended
    ended_sessions = UnicodeSetAttribute(null=True)  # when those began (sortable instants) that were signed out of


class ApiKey(ChainPart):
    """A program's key. `former` holds the hashes that rotation has replaced and until when each is still taken.

    The attribute is not called `expires_at`, because an expired key stays listed: no time to live removes it.
    """

    class Meta(Record.Meta):
        table_name = Record.table("api-keys")

    name = UnicodeAttribute()
    permissions = UnicodeSetAttribute()
    property_ids = UnicodeSetAttribute(null=True)
    secret_hash = UnicodeAttribute()
    secret_end = UnicodeAttribute()  # the last characters, so that people can tell secrets apart
    former = JSONAttribute(null=True)  # [{"hash": …, "until": sortable instant}], newest first
    ends_at: Any = UTCDateTimeAttribute(null=True)
    rotated_at: Any = UTCDateTimeAttribute(null=True)
    revoked_at: Any = UTCDateTimeAttribute(null=True)
    last_used_at: Any = UTCDateTimeAttribute(null=True)  # real time, written at most once an hour

    @property
    def expires_at(self) -> datetime | None:
        """Real time; None for a key that does not expire."""
        ends_at: datetime | None = self.ends_at
        return ends_at

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.ends_at is not None and self.ends_at <= real_now() else "active"

    @property
    def former_secrets(self) -> list[tuple[str, str]]:
        """Hashes that rotation has replaced, and until when (sortable instants) each is taken."""
        return [(str(one["hash"]), str(one["until"])) for one in self.former or ()]

    @property
    def former_until(self) -> datetime | None:
        """Until when the secret before this one is taken, if it still is."""
        ends = [end for _, end in self.former_secrets if end > sortable(real_now())]
        return from_sortable(max(ends)) if ends else None


class SignIn(Record):
    """Which member of staff an e-mail address belongs to, over all chains. The key is a keyed hash of the address."""

    class Meta(Record.Meta):
        table_name = Record.table("sign-ins")

    email_hash = UnicodeAttribute(hash_key=True)
    chain_id = UnicodeAttribute()
    staff_id = UnicodeAttribute()


class Attempts(Record):
    """How often a password was tried for an address, or from one, whether or not anybody has that address."""

    class Meta(Record.Meta):
        table_name = Record.table("sign-in-attempts")

    subject_hash = UnicodeAttribute(hash_key=True)
    tries = NumberAttribute()
    blocked_until = UTCDateTimeAttribute()
    expires_at = TTLAttribute()
