"""What a chain says about its channels and its connectors, and how each guest can be reached beside mail and telephone.

All that decides for a chain lies in one partition under `now#`, so that it is one read, remembered for some seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import JSONAttribute, ListAttribute, UnicodeAttribute

from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Record
from chalicelib.outreach.rules.channels import Settings

NOW, SETTINGS, CONNECTOR, ASKED = "now#", "now#settings", "now#connector#", "now#asked"


class ChannelRecord(Record):
    """A piece of what a chain has said: its present settings, a version of them, a connector, or that guests say which
    channel they prefer."""

    class Meta(Record.Meta):
        table_name = Record.table("channel-settings")

    chain_id = UnicodeAttribute(hash_key=True)
    piece = UnicodeAttribute(range_key=True)
    said = JSONAttribute(default=dict)

    @classmethod
    def present(cls, scope: Scope) -> list[ChannelRecord]:
        """All that holds now."""
        return list(cls.every(scope.chain_id, where=cls.piece.startswith(NOW)))

    @classmethod
    def versions(cls, scope: Scope, first: int, last: int) -> list[Settings]:
        """The versions of the settings from one number to another, by number."""
        where = cls.piece.between(f"version#{first:04}", f"version#{last:04}")
        return [Settings.of(one.said) for one in cls.every(scope.chain_id, where=where)]

    @classmethod
    def version_of(cls, scope: Scope, settings: Settings) -> ChannelRecord:
        """The record of a version, written once."""
        return cls(chain_id=scope.chain_id, piece=f"version#{settings.number:04}", said=settings.as_dict())

    @classmethod
    def settings(cls, scope: Scope) -> ChannelRecord:
        """The present settings; an empty record if nothing was said."""
        return cls.find(scope.chain_id, SETTINGS) or cls(chain_id=scope.chain_id, piece=SETTINGS)

    @classmethod
    def connector(cls, scope: Scope, connector_id: str) -> ChannelRecord | None:
        """A connector."""
        return cls.find(scope.chain_id, f"{CONNECTOR}{connector_id}")

    @classmethod
    def asked(cls, scope: Scope) -> ChannelRecord:
        """The note that guests of the chain have said something about channels."""
        return cls(chain_id=scope.chain_id, piece=ASKED, said={}, version=1)


class GuestChannels(Record):
    """Where a guest can be reached beside mail and telephone, and what they prefer.

    Under the hash of an address instead of a guest lies whose address it is: one address has one owner.
    """

    class Meta(Record.Meta):
        table_name = Record.table("guest-addresses")

    guest_key = UnicodeAttribute(hash_key=True)
    addresses = JSONAttribute(default=list)  # [{"channel", "address"}]
    devices = JSONAttribute(default=list)  # [{"id", "platform", "token", "endpoint"}]
    preferred: Any = ListAttribute(of=UnicodeAttribute, null=True)
    owner_id = UnicodeAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)

    @classmethod
    def of(cls, scope: Scope, guest_id: str) -> GuestChannels:
        """What is known of a guest; an empty record if nothing."""
        return cls.find(scope.key(guest_id)) or cls(guest_key=scope.key(guest_id))

    @classmethod
    def of_ids(cls, scope: Scope, guest_ids: Sequence[str]) -> GuestChannels:
        """What is known of a guest under any of their ids, the present one first, whose preference counts."""
        record, *others = (cls.of(scope, one) for one in guest_ids)
        for other in others:
            record.addresses = [*record.addresses, *(one for one in other.addresses if one not in record.addresses)]
            known = {one["id"] for one in record.devices}
            record.devices = [*record.devices, *(one for one in other.devices if one["id"] not in known)]
            record.preferred = list(record.preferred or other.preferred or ()) or None
        return record

    @classmethod
    def owner(cls, scope: Scope, hashed: str) -> GuestChannels:
        """Whose address it is; an empty record if nobody's."""
        return cls.find(scope.key(hashed)) or cls(guest_key=scope.key(hashed))

    @property
    def guest_id(self) -> str:
        """Whose record it is."""
        return str(self.guest_key).split("#", 1)[1]

    @property
    def preferences(self) -> list[str]:
        """What the guest prefers, best first."""
        return [str(one) for one in self.preferred or ()]

    @property
    def by_channel(self) -> dict[str, list[str]]:
        """Addresses by channel; a device is known by its endpoint."""
        found: dict[str, list[str]] = {}
        for one in self.addresses or ():
            found.setdefault(one["channel"], []).append(one["address"])
        for one in self.devices or ():
            found.setdefault("push", []).append(one["endpoint"])
        return found
