"""What a chain, or a property in its stead, has decided about care: one record a version, all in one partition."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.outreach.rules.care import CarePolicy

OF_CHAIN = "-"  # sorts before any property, and stands where a property would


class CarePolicyVersion(Record):
    """A version of a rule of care. Written once; only that it is withdrawn before it begins is noted later."""

    class Meta(Record.Meta):
        table_name = Record.table("care-policies")

    chain_id = UnicodeAttribute(hash_key=True)
    policy_key = UnicodeAttribute(range_key=True)  # -#new_guest#0003, or prp_…#new_guest#0003
    said = JSONAttribute()

    @classmethod
    def file(cls, scope: Scope, policy: CarePolicy) -> CarePolicyVersion:
        """The record of a version."""
        key = _key(policy.rule, policy.number, policy.property_id)
        return cls(chain_id=scope.chain_id, policy_key=key, said=policy.as_dict())

    @classmethod
    def one(cls, scope: Scope, rule: str, number: int, property_id: str | None) -> CarePolicyVersion | None:
        """The record of a version that was published."""
        return cls.find(scope.chain_id, _key(rule, number, property_id))

    @classmethod
    def of_place(cls, scope: Scope, property_id: str | None, rule: str = "") -> list[CarePolicy]:
        """Every version of the chain or of a property, by rule and number; of one rule, if one is named."""
        prefix = f"{property_id or OF_CHAIN}#" + (f"{rule}#" if rule else "")
        return [one.policy for one in cls.every(scope.chain_id, where=cls.policy_key.startswith(prefix))]

    @property
    def policy(self) -> CarePolicy:
        """The version itself."""
        place, rule, number = str(self.policy_key).split("#")
        return CarePolicy.of(rule, int(number), None if place == OF_CHAIN else place, self.said)


def _key(rule: str, number: int, property_id: str | None) -> str:
    return f"{property_id or OF_CHAIN}#{rule}#{number:04}"
