"""How a guest can be reached beside mail and telephone, and what they prefer: read and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import models
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.models.channels import GuestChannels
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import channels

ADDRESS_TAKEN = N_("This address is another guest's.")


@dataclass(frozen=True)
class Reach:
    """All that channels look at: addresses of every kind. `record` is the guest's own, if it was read and is there."""

    guest_id: str
    emails: Sequence[str]
    phones: Sequence[str]
    addresses: Mapping[str, Sequence[str]]
    preferred: Sequence[str] = ()
    record: GuestChannels | None = None


def reach_of(scope: Scope, guest: Guest) -> Reach:
    """How a guest can be reached. Guests' own records are read only in chains in which there are any."""
    emails, phones = list(guest.emails or ()), list(guest.phones or ())
    if not channels.known_of(scope).is_asked:
        return Reach(guest.id, emails, phones, {})
    record = GuestChannels.of_ids(scope, guest.ids)
    kept = record if int(record.version) else None
    return Reach(guest.id, emails, phones, record.by_channel, record.preferences, kept)


def contacts_in(scope: Scope, reach: Reach) -> list[Contact]:
    """Every contact of a guest on the channels that there are for the chain, channel by channel."""
    connected = channels.known_of(scope).connectors
    return [
        contact
        for name, channel in CHANNELS.items()
        if not channel.is_connected or name in connected
        for contact in channel.contacts_of(reach)
    ]


def channels_of(scope: Scope, guest_id: str) -> GuestChannels:
    """What is known of a guest's channels. Raises NotFound beyond the wall."""
    return GuestChannels.of_ids(scope, guests.get(scope, guest_id).ids)


def tell_channels(scope: Scope, guest_id: str, preferred: Sequence[str], addresses: Sequence[Contact]) -> GuestChannels:
    """Replace what a guest prefers, and their addresses on connected channels. Devices stay as they are.

    Raises NotFound beyond the wall, and Conflict for an address that is another guest's.
    """

    def attempt() -> GuestChannels:
        guest = guests.get(scope, guest_id)
        record = GuestChannels.of_ids(scope, guest.ids)
        before = [Contact(one["channel"], one["address"]) for one in record.addresses]
        wanted = list(dict.fromkeys(addresses))
        if wanted == before and list(preferred) == record.preferences and int(record.version):
            return record
        unit = Unit(scope)
        for contact in set(before) - set(wanted):
            _let_go(scope, unit, guest, contact)
        for contact in set(wanted) - set(before):
            _take(scope, unit, guest, contact)
        record.addresses = [{"channel": one.channel, "address": one.address} for one in wanted]
        record.preferred = list(preferred) or None
        keep(scope, unit, guest, record)
        detail = {"preferred": len(preferred), "addresses": len(wanted)}
        unit.audit("guest.channels_set", guest.id, **detail)
        unit.commit()
        return record

    return retried(attempt)


def keep(scope: Scope, unit: Unit, guest: Guest, record: GuestChannels) -> None:
    """Write a guest's record in the caller's unit; what was kept under the ids of absorbed guests goes into it."""
    record.updated_at = sortable(scope.now)
    if int(record.version):
        unit.update(record)
    else:
        unit.create(record, refusal=Stale())
    for other_id in guest.ids[1:]:
        other = GuestChannels.find(scope.key(other_id))
        if other is not None and (other.addresses or other.devices or other.preferred):
            other.addresses, other.devices, other.preferred = [], [], None
            unit.update(other)
    guests.check_unchanged(unit, guest, Stale())
    channels.note_asked(unit)


def hash_of(scope: Scope, channel: str, address: str) -> str:
    """What an address is known by, in suppressions and here."""
    return models.address_hash(scope.chain_id, channel, address)


def _take(scope: Scope, unit: Unit, guest: Guest, contact: Contact) -> None:
    owner = GuestChannels.owner(scope, hash_of(scope, contact.channel, contact.address))
    if owner.owner_id in guest.ids:
        return
    if owner.owner_id:
        raise Conflict(ADDRESS_TAKEN)
    write_owner(unit, owner, guest.id)


def _let_go(scope: Scope, unit: Unit, guest: Guest, contact: Contact) -> None:
    owner = GuestChannels.owner(scope, hash_of(scope, contact.channel, contact.address))
    if owner.owner_id in guest.ids:
        write_owner(unit, owner, None)


def write_owner(unit: Unit, owner: GuestChannels, guest_id: str | None) -> None:
    """Write in the caller's unit whose address it is; None: nobody's."""
    owner.owner_id = guest_id
    if int(owner.version):
        unit.update(owner)
    else:
        unit.create(owner, refusal=Stale())
