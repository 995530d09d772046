"""What a chain has decided about occasions: one record a version, all of a chain in one partition."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.outreach.rules.policies import Policy


class PolicyVersion(Record):
    """A version of the policy of an occasion. Written once, never changed."""

    class Meta(Record.Meta):
        table_name = Record.table("occasion-policies")

    chain_id = UnicodeAttribute(hash_key=True)
    policy_key = UnicodeAttribute(range_key=True)  # birthday#0003
    said = JSONAttribute()

    @classmethod
    def file(cls, scope: Scope, policy: Policy) -> PolicyVersion:
        """The record of a version."""
        key = f"{policy.occasion}#{policy.number:04}"
        return cls(chain_id=scope.chain_id, policy_key=key, said=policy.as_dict())

    @classmethod
    def of_chain(cls, scope: Scope) -> list[Policy]:
        """Every version of every occasion, by occasion and number."""
        return [one.policy for one in cls.every(scope.chain_id)]

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
