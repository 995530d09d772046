"""Addresses that take no messages: how they come to be so, how they are listed, and how they are freed again."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice

from chalicelib.kernel import agenda, cursor, logs
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden, Invalid, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import events, models
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.models import Suppression
from chalicelib.outreach.rules import eligibility, outcomes
from chalicelib.outreach.rules.channels import consent_channel
from chalicelib.outreach.rules.eligibility import Consents, Contact
from chalicelib.outreach.rules.vocabulary import PURPOSES, AddressSuppressed

log = logs.Log(__name__)

LIST = "suppressions"
LOOKED_AT_MAX = 500  # for a page of a filtered list: a second of reading; such a page may be short
logs.allow(("complaint", "hard_bounce", "soft_bounces", "manual", outcomes.OPT_OUT))
logs.allow(outcomes.unsubscribed(purpose) for purpose in PURPOSES)
_ABSENT = "attribute_not_exists(address_key) OR NOT (contains(purposes, :every) OR contains(purposes, :purpose))"


@dataclass(frozen=True)
class Target:
    """An address as suppressions know it."""

    channel: str
    hashed: str
    masked: str


@dataclass(frozen=True)
class SuppressionPage:
    """Some suppressions and the cursor of those that follow."""

    items: list[Suppression]
    next: str | None


def target_of(scope: Scope, contact: Contact) -> Target:
    """A contact as suppressions know it."""
    hashed = models.address_hash(scope.chain_id, contact.channel, contact.address)
    return Target(contact.channel, hashed, CHANNELS[contact.channel].masked(contact.address))


# -- deciding --------------------------------------------------------------------------------------------------


def check_free(unit: Unit, target: Target, purpose: str) -> None:
    """Make `unit` depend on the address taking messages of a purpose; else it raises AddressSuppressed."""
    unit.check(
        Suppression,
        (unit.scope.key(target.hashed), None),
        _ABSENT,
        values={":every": {"S": outcomes.EVERY_PURPOSE}, ":purpose": {"S": purpose}},
        refusal=AddressSuppressed(),
    )


@dataclass(frozen=True)
class Stopped:
    """Which of a guest's contacts take no message, and which suppressions the guest's own later word has ended."""

    held: frozenset[Contact]
    ended: dict[Contact, Suppression]


def stopped(scope: Scope, contacts: Collection[Contact], consents: Consents, purpose: str) -> Stopped:
    """Look at the suppressions of contacts for a purpose. One read for all."""
    hashes = {models.address_hash(scope.chain_id, one.channel, one.address): one for one in contacts}
    found = Suppression.many(scope, hashes) if hashes else {}
    held, ended = set(), {}
    for hashed, record in found.items():
        contact, purposes = hashes[hashed], record.purposes or set()
        if outcomes.EVERY_PURPOSE in purposes:
            held.add(contact)
        elif purpose in purposes:
            since = from_sortable(record.causes[outcomes.unsubscribed(purpose)])
            if eligibility.is_regranted(consents.get(f"{purpose}:{consent_channel(contact.channel)}"), since):
                ended[contact] = record
            else:
                held.add(contact)
    return Stopped(frozenset(held), ended)


def end_for(unit: Unit, record: Suppression, purpose: str) -> None:
    """Take the unsubscription from a purpose back, in the caller's unit: the guest has agreed anew."""
    causes = {cause: at for cause, at in record.causes.items() if cause != outcomes.unsubscribed(purpose)}
    _write(unit, record, causes)


# -- stopping --------------------------------------------------------------------------------------------------


def stop(unit: Unit, target: Target, cause: str, at: datetime) -> Suppression:
    """Suppress an address for a cause, in the caller's unit. Nothing is written if it is known already.

    Raises Stale, when the unit is committed, if somebody else writes the same suppression.
    """
    record = _known(unit.scope, target)
    causes = outcomes.merged(record.causes, {cause: sortable(at)})
    if causes != record.causes:
        is_first = not record.causes
        _write(unit, record, causes)
        unit.after(lambda: _tell_stopped(unit.scope, record, cause))
        if is_first:
            detail = {"channel": target.channel, "cause": cause}
            agenda.announce(unit, Event(events.ADDRESS_SUPPRESSED, record.id, int(record.version), detail))
    return record


def start(unit: Unit, target: Target, cause: str) -> None:
    """Take one cause of a suppression back, in the caller's unit; what else stops the address stays."""
    record = Suppression.at(unit.scope, target.hashed)
    if record is not None and cause in record.causes:
        _write(unit, record, {one: at for one, at in record.causes.items() if one != cause})


def id_of(target: Target) -> str:
    """The public id that the suppression of an address has, or would have."""
    return models.suppression_id(target.hashed)


def _tell_stopped(scope: Scope, record: Suppression, cause: str) -> None:
    """A line for each address stopped: a restore of older tables has to stop it again."""
    with logs.bound(chain=scope.chain_id):
        log.info("address_suppressed", suppression=record.id, channel=str(record.channel), reason=cause)


def note_soft_bounce(unit: Unit, target: Target, delivery_id: str, at: datetime) -> None:
    """Count a soft bounce of an address; too many in a month suppress it."""
    record = _known(unit.scope, target)
    bounces = outcomes.soft_bounces_merged(record.soft_bounces or {}, delivery_id, sortable(at))
    if bounces == record.soft_bounces:
        return
    record.soft_bounces = bounces
    stops_at = outcomes.soft_bounces_stop_at(models.soft_bounce_instants(record))
    causes = outcomes.merged(record.causes, {"soft_bounces": sortable(stops_at)}) if stops_at else dict(record.causes)
    if causes != record.causes:
        unit.after(lambda: _tell_stopped(unit.scope, record, "soft_bounces"))
    _write(unit, record, causes)


def _known(scope: Scope, target: Target) -> Suppression:
    found = Suppression.at(scope, target.hashed)
    return found or Suppression(
        address_key=scope.key(target.hashed),
        channel=target.channel,
        address_masked=target.masked,
        causes={},
        soft_bounces={},
    )


def _write(unit: Unit, record: Suppression, causes: dict[str, str]) -> None:
    record.causes = causes
    record.purposes = outcomes.purposes_stopped(causes) or None
    hashed = str(record.address_key).split("#", 1)[1]
    record.list_key = models.suppression_list_key(unit.scope, hashed) if causes else None
    record.listed_at = f"{min(causes.values())}#{hashed}" if causes else None
    if int(record.version) == 0:
        unit.create(record, refusal=Stale())
    else:
        unit.update(record)


# -- the list --------------------------------------------------------------------------------------------------


def suppressions_page(
    scope: Scope, *, limit: int, after: str | None, channel: str | None = None, cause: str | None = None
) -> SuppressionPage:
    """The chain's suppressions, the latest first, of a channel or for a cause where one is named: such a page may be
    short. Raises Forbidden for callers of single properties, and Malformed."""
    _require_chain(scope)
    is_filtered = channel is not None or cause is not None
    name = f"{LIST}|{channel or ''}|{cause or ''}" if is_filtered else LIST
    key = cursor.decode(scope, name, after)
    most = LOOKED_AT_MAX if is_filtered else limit
    rows = list(islice(Suppression.newest(scope, key["before"]["S"] if key else None), most + 1))
    shown: list[Suppression] = []
    looked = 0
    while looked < min(len(rows), most) and len(shown) < limit:
        some = rows[looked : min(looked + limit, most)]
        found = {one.id: one for one in Suppression.find_many([(str(row.address_key), None) for row in some])}
        for row in some:
            if len(shown) == limit:
                break
            looked += 1
            one = found.get(row.id)
            if one is not None and _fits(one, channel, cause):
                shown.append(one)
    last = {"before": {"S": str(rows[looked - 1].listed_at)}} if looked < len(rows) else None
    return SuppressionPage(shown, cursor.encode(scope, name, last))


def _fits(record: Suppression, channel: str | None, cause: str | None) -> bool:
    kinds = {one.partition(":")[0] for one in record.causes}
    return channel in (None, str(record.channel)) and (cause is None or cause in kinds)


def get_suppression(scope: Scope, suppression_id: str) -> Suppression:
    """A suppression in force. Raises NotFound, and Forbidden for callers of single properties."""
    _require_chain(scope)
    hashed = models.hash_of_suppression(suppression_id)
    found = Suppression.at(scope, hashed) if hashed else None
    if found is None or not found.causes:
        raise NotFound()
    return found


def find_suppression(scope: Scope, channel: str, text: str) -> Suppression | None:
    """What stops an address, if anything does. Raises Invalid for a broken one, and Forbidden like the list."""
    _require_chain(scope)
    found = Suppression.at(scope, _typed(scope, channel, text).hashed)
    return found if found is not None and found.causes else None


def add_suppression(scope: Scope, channel: str, text: str) -> tuple[Suppression, bool]:
    """Stop every message to an address by hand; whether it was not stopped before. Raises Invalid for a broken one."""
    _require_chain(scope)
    target = _typed(scope, channel, text)

    def attempt() -> tuple[Suppression, bool]:
        unit = Unit(scope)
        record = stop(unit, target, "manual", scope.now)
        is_new = unit.size > 0
        if is_new:
            unit.audit("suppression.added", record.id, channel=channel)
            unit.commit()
        return record, is_new

    return retried(attempt)


def lift_suppression(scope: Scope, suppression_id: str, expected_version: int) -> None:
    """Let an address take messages again and forget its bounces. Consents stay as they are. Raises Stale, NotFound."""
    record = get_suppression(scope, suppression_id)
    if int(record.version) != expected_version:
        raise Stale()
    unit = Unit(scope)
    unit.delete(record)
    unit.audit("suppression.lifted", record.id, causes=",".join(sorted(record.causes)))
    unit.commit()


def _typed(scope: Scope, channel: str, text: str) -> Target:
    """An address as somebody has typed it."""
    try:
        return target_of(scope, Contact(channel, CHANNELS[channel].read(text)))
    except InvalidValue as reason:
        raise Invalid.field("/address", reason.reason) from None


def _require_chain(scope: Scope) -> None:
    """An address belongs to no property: its suppression is the chain's affair."""
    if scope.property_ids is not None:
        raise Forbidden(N_("Suppressions are kept by the chain: this needs access to all of its properties."))


def stop_all(unit: Unit, targets: Iterable[Target], cause: str, at: datetime) -> None:
    """Suppress several addresses for one cause."""
    for target in targets:
        stop(unit, target, cause, at)
