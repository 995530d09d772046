"""What a chain has decided about occasions: one record a version, all of a chain in one partition, its own days too."""

from __future__ import annotations

from typing import ClassVar

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key, Page, Record
from chalicelib.outreach.rules.chain_days import ChainDay
from chalicelib.outreach.rules.policies import Policy

DAY = "chain_day"  # no occasion's name: what stands before the ids of a chain's own days


class PolicyVersion(Record):
    """A version of an occasion's policy. Written once; only that it is withdrawn before it begins is noted later."""

    class Meta(Record.Meta):
        table_name = Record.table("occasion-policies")

    chain_id = UnicodeAttribute(hash_key=True)
    policy_key = UnicodeAttribute(range_key=True)  # birthday#0003
    said = JSONAttribute()

    @classmethod
    def file(cls, scope: Scope, policy: Policy) -> PolicyVersion:
        """The record of a version."""
        key = _key(policy.occasion, policy.number)
        return cls(chain_id=scope.chain_id, policy_key=key, said=policy.as_dict())

    @classmethod
    def one(cls, scope: Scope, occasion: str, number: int) -> PolicyVersion | None:
        """The record of a version that was published."""
        return cls.find(scope.chain_id, _key(occasion, number))

    @classmethod
    def of_chain(cls, scope: Scope) -> tuple[list[Policy], list[ChainDay]]:
        """Every version of every occasion, by occasion and number, and every day of the chain's own, in one reading."""
        policies, days = [], []
        for one in cls.every(scope.chain_id):
            name, _, rest = str(one.policy_key).partition("#")
            if name == DAY:
                if rest:  # the guard holds no day
                    days.append(ChainDay.of(rest, one.said, int(one.version)))
            else:
                policies.append(one.policy)
        return policies, days

    @classmethod
    def of_occasion(cls, scope: Scope, occasion: str) -> list[Policy]:
        """Every version of one occasion, by number."""
        where = cls.policy_key.startswith(f"{occasion}#")
        return [one.policy for one in cls.every(scope.chain_id, where=where)]

    @property
    def policy(self) -> Policy:
        """The version itself."""
        occasion, _, number = str(self.policy_key).partition("#")
        return Policy.of(occasion, int(number), self.said)


class ChainDayRecord(Record):
    """A day of the chain's own. It lies with the policies, because whoever greets needs both."""

    class Meta(Record.Meta):
        table_name = PolicyVersion.Meta.table_name

    lies_in: ClassVar[type[Record] | None] = PolicyVersion

    chain_id = UnicodeAttribute(hash_key=True)
    policy_key = UnicodeAttribute(range_key=True)  # chain_day#chd_…
    said = JSONAttribute()

    @classmethod
    def file(cls, scope: Scope, day: ChainDay) -> ChainDayRecord:
        """The record of a new day."""
        return cls(chain_id=scope.chain_id, policy_key=f"{DAY}#{day.id}", said=day.as_dict())

    @classmethod
    def guard(cls, scope: Scope) -> ChainDayRecord:
        """What every declaration writes, so that two at once do not both count the days without the other's.

        It holds nothing and sorts before the days. Version 0: it has not been written yet.
        """
        return cls.find(scope.chain_id, DAY) or cls(chain_id=scope.chain_id, policy_key=DAY, said={})

    @classmethod
    def one(cls, scope: Scope, day_id: str) -> ChainDayRecord | None:
        """A day's record."""
        return cls.find(scope.chain_id, f"{DAY}#{day_id}")

    @classmethod
    def some(cls, scope: Scope, *, limit: int, after: Key | None) -> Page[ChainDayRecord]:
        """The next days, the latest declared first, active or not."""
        where = cls.policy_key.startswith(f"{DAY}#")
        return cls.page(scope.chain_id, where=where, limit=limit, after=after, is_forward=False)

    @property
    def told(self) -> ChainDay:
        """The day itself."""
        return ChainDay.of(str(self.policy_key).partition("#")[2], self.said, int(self.version))


def _key(occasion: str, number: int) -> str:
    return f"{occasion}#{number:04}"
