"""What outreach remembers when a merge of guests is undone: who was written to while two were taken for one."""

from __future__ import annotations

from datetime import datetime

from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest, Held
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import models
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.rules.vocabulary import GREETED_WHILE_MERGED
from chalicelib.outreach.service.choosing import contacts_of

REMEMBERED_MAX = 40  # each is an item of the transaction; four years of messages to one guest


def remember_greeted(scope: Scope, unit: Unit, survivor_id: str, parted_id: str, merge_id: str) -> None:
    """Let the one who parted count as written to wherever a message of the merged guest went to an address of theirs.

    An address that both have is nobody's alone: two people who share it are two people to greet.
    """
    found = guests.find_many(scope, (survivor_id, parted_id))
    survivor, parted = found.get(survivor_id), found.get(parted_id)
    if survivor is None or parted is None or survivor.id == parted.id:
        return
    since = str(guests.merge_of(scope, merge_id).merged_at)
    own = _hashes(scope, parted) - _hashes(scope, survivor)
    sent = [
        one
        for guest_id in survivor.ids
        for one in Delivery.of_guest(scope, guest_id)
        if one.decided_at >= since and one.status != "skipped" and one.address_hash in own
    ][:REMEMBERED_MAX]
    ids = {str(one.id): models.delivery_id(scope.chain_id, parted_id, str(one.occurrence)) for one in sent}
    known = Delivery.find_many((scope.key(parted_id), one) for one in ids.values()) if ids else []
    claimed = {str(one.id) for one in known if one.status != "skipped"}
    for one in sent:
        if ids[str(one.id)] not in claimed:
            unit.put(_remembered(scope, one, parted_id, ids[str(one.id)]))


def held_by(scope: Scope, guest_id: str, since: datetime | None) -> Held:
    """What was sent under one id of a guest, for merges: it stays there."""
    sent = [one for one in Delivery.of_guest(scope, guest_id) if one.status != "skipped"]
    new = [str(one.id) for one in sent if since is not None and one.decided_at >= sortable(since)]
    return Held(len(sent), tuple(new))


def _hashes(scope: Scope, guest: Guest) -> set[str]:
    return {models.address_hash(scope.chain_id, one.channel, one.address) for one in contacts_of(scope, guest)}


def _remembered(scope: Scope, sent: Delivery, guest_id: str, delivery_id: str) -> Delivery:
    record = Delivery(
        id=delivery_id,
        occasion=sent.occasion,
        occurrence=sent.occurrence,
        purpose=sent.purpose,
        day=sent.day,
        status="skipped",
        reason=GREETED_WHILE_MERGED,
        marks={},
        stay_id=sent.stay_id,
        is_test=sent.is_test,
        version=1,
    )
    record.file(scope, guest_id, sent.property_id, sortable(scope.now))
    return record
