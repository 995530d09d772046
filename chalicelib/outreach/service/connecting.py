"""A chain's connectors: who carries WeChat and WhatsApp for it, and what they tell of messages and guests.

What a connector tells is learnt like a mail service's events: twice, late and in any order it leads to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel import agenda, cursor, logs
from chalicelib.kernel.clock import chain_now, from_sortable, real_now, sortable
from chalicelib.kernel.errors import Conflict, Invalid, NotFound, Stale, Unauthenticated
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.tenancy import inside
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach import events
from chalicelib.outreach.channels import secrets
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.channels import CONNECTOR, ChannelRecord
from chalicelib.outreach.rules import connectors as rules
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.rules.connectors import Connector
from chalicelib.outreach.rules.vocabulary import PURPOSES_ENDED_BY_COMPLAINT
from chalicelib.outreach.service import channels, sending, suppressing
from chalicelib.outreach.service.suppressing import Target

log = logs.Log(__name__)

LIST = "connectors"
SENT_BY_ANOTHER, UNKNOWN_DELIVERY = "sent_by_another", "unknown_delivery"
NOTED, KNOWN = "noted", "known"
logs.allow((SENT_BY_ANOTHER, UNKNOWN_DELIVERY, NOTED, KNOWN, *rules.STATES, rules.OPTED_OUT))


class State(NamedTuple):
    """What a connector tells of one message. `at` None: it did not say when."""

    guest_id: str
    delivery_id: str
    state: str
    at: datetime | None
    code: str | None


# -- keeping them ----------------------------------------------------------------------------------------------


def connectors_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Connector], str | None]:
    """The chain's connectors, by channel. Raises Forbidden for callers of single properties."""
    channels.require_chain(scope)
    channels.forget(scope.chain_id)
    found = sorted(channels.known_of(scope).connectors.values(), key=lambda one: one.channel)
    key = cursor.decode(scope, LIST, after)
    start = int(key["start"]["N"]) if key else 0
    following = {"start": {"N": str(start + limit)}} if start + limit < len(found) else None
    return found[start : start + limit], cursor.encode(scope, LIST, following)


def get_connector(scope: Scope, connector_id: str) -> Connector:
    """A connector. Raises NotFound, and Forbidden for callers of single properties."""
    return _found(_record(scope, connector_id))


def create_connector(
    scope: Scope, *, name: str, url: str, channel: str, id: str | None = None
) -> tuple[Connector, str | None]:
    """A new connector and its secret, which is shown once. Raises Conflict if the channel has another, and Invalid.

    Asked again for the same one, it answers that one, and no secret.
    """
    channels.require_chain(scope)
    _check_url(url)

    def attempt() -> tuple[Connector, bool]:
        channels.forget(scope.chain_id)
        known = channels.known_of(scope).connectors.get(channel)
        if known is not None and (known.name, known.url) == (name, url):
            return known, False
        if known is not None:
            raise Conflict(N_("This channel has a connector already: change it, or remove it first."))
        made = Connector(id or new_id("con"), name, url, channel, 1, scope_time(), scope_time(), 1)
        unit = Unit(scope)
        record = ChannelRecord(chain_id=scope.chain_id, piece=f"{CONNECTOR}{made.id}", said=made.as_dict())
        unit.create(record, refusal=Stale())
        # One connector for a channel: of two at once the second is told so.
        slot = ChannelRecord(chain_id=scope.chain_id, piece=f"slot#{channel}", said={"connector": made.id})
        unit.create(slot, refusal=Conflict(N_("This channel has a connector already: change it, or remove it first.")))
        unit.audit("connector.created", made.id, channel=channel)
        unit.commit()
        channels.forget(scope.chain_id)
        return made, True

    made, is_new = retried(attempt)
    return made, rules.shown_secret(secrets.key_of(scope.chain_id, made.id, made.generation)) if is_new else None


def change_connector(
    scope: Scope, connector_id: str, expected_version: int, *, name: str | None, url: str | None
) -> Connector:
    """Change what a connector is called, or where it is. Raises NotFound, Stale, Invalid."""
    if url is not None:
        _check_url(url)
    return _changed(
        scope,
        connector_id,
        expected_version,
        "connector.changed",
        lambda one: replace(one, name=name if name is not None else one.name, url=url if url is not None else one.url),
    )


def rotate_secret(scope: Scope, connector_id: str, expected_version: int | None = None) -> tuple[Connector, str]:
    """A new secret, shown once; the one before holds on for a day. Raises NotFound, and Stale where a version is
    expected that is not the present one: somebody else may have given it another secret just now.
    """
    version = get_connector(scope, connector_id).version if expected_version is None else expected_version
    made = _changed(
        scope,
        connector_id,
        version,
        "connector.secret_rotated",
        lambda one: replace(one, generation=one.generation + 1, rotated_at=scope_time()),
    )
    return made, rules.shown_secret(secrets.key_of(scope.chain_id, made.id, made.generation))


def remove_connector(scope: Scope, connector_id: str, expected_version: int) -> None:
    """Take a connector away: nothing is sent on its channel any more. Raises NotFound, Stale."""
    record = _record(scope, connector_id)
    if int(record.version) != expected_version:
        raise Stale()
    unit = Unit(scope)
    unit.delete(record)
    slot = ChannelRecord.find(scope.chain_id, f"slot#{record.said['channel']}")
    if slot is not None:
        unit.delete(slot)
    unit.audit("connector.removed", connector_id, channel=record.said["channel"])
    unit.commit()
    channels.forget(scope.chain_id)


def scope_time() -> datetime:
    """Secrets follow real time, whatever a chain's clock shows."""
    return real_now().replace(microsecond=0)


def _changed(
    scope: Scope, connector_id: str, expected_version: int, action: str, change: Callable[[Connector], Connector]
) -> Connector:
    record = _record(scope, connector_id)
    if int(record.version) != expected_version:
        raise Stale()
    made = change(_found(record))
    record.said = made.as_dict()
    unit = Unit(scope)
    unit.update(record)
    unit.audit(action, connector_id, channel=made.channel)
    unit.commit()
    channels.forget(scope.chain_id)
    return _found(record)


def _record(scope: Scope, connector_id: str) -> ChannelRecord:
    channels.require_chain(scope)
    found = ChannelRecord.connector(scope, connector_id) if is_id(connector_id, "con") else None
    if found is None:
        raise NotFound()
    return found


def _found(record: ChannelRecord) -> Connector:
    return Connector.of(record.said, int(record.version))


def _check_url(url: str) -> None:
    if not rules.is_url(url, allows_loopback=settings().is_loopback_allowed):
        raise Invalid.field("/url", N_("This must be an https address with the name of a host."))


# -- what they tell --------------------------------------------------------------------------------------------


def recognise(chain_id: str, connector_id: str, headers: Mapping[str, str], body: bytes) -> tuple[Scope, Connector]:
    """Whose post it is, by its signature. Raises NotFound for no such connector, Unauthenticated for a false one.

    The chain and the connector come from an address that we have signed, so that the chain's keys may be looked at.
    """
    asking = Scope(chain_id, Actor("connector", connector_id), real_now())
    with inside(chain_id):
        record = ChannelRecord.connector(asking, connector_id)
        if record is None:
            raise NotFound()
        connector = _found(record)
        keys = secrets.keys_of(chain_id, connector, real_now())
        if not rules.is_signed(keys, headers, body, channels.real_now_s()):
            raise Unauthenticated(N_("The signature is missing, wrong, or older than five minutes."))
        is_test = directory.chain_of(asking).is_test
        scope = Scope(chain_id, asking.actor, chain_now(chain_id, is_test=is_test), is_test=is_test)
        return scope, connector


def hear_states(scope: Scope, connector: Connector, states: list[State]) -> list[str]:
    """Learn what a connector tells. Answers for each: `noted`, `known`, or why it is of no consequence."""
    with inside(scope.chain_id):
        return [retried(lambda one=one: _heard(scope, connector, one)) for one in states]  # type: ignore[misc]


def _heard(scope: Scope, connector: Connector, told: State) -> str:
    is_sound = is_id(told.delivery_id, "dlv") and is_id(told.guest_id, "gst")
    record = Delivery.one(scope, told.guest_id, told.delivery_id) if is_sound else None
    if record is None or record.status == "skipped":
        return _ignored(UNKNOWN_DELIVERY)
    if record.channel != connector.channel:
        return _ignored(SENT_BY_ANOTHER)
    if told.state == rules.OPTED_OUT:
        return _opted_out(scope, record)
    was_settled = outcomes.is_settled(record.marks)
    claimed_at = from_sortable(record.marks["claimed"])
    # Nothing happened to a message before it was claimed, nor later than now, whatever the other clock says.
    at = scope.now if told.at is None or scope.is_test else min(max(told.at, claimed_at), scope.now)
    if not sending.learn(record, {rules.STATES[told.state]: sortable(at)}, code=told.code):
        return KNOWN
    unit = Unit(scope)
    sending.stage_learnt(unit, record, was_settled=was_settled)
    unit.commit()
    with logs.bound(chain=scope.chain_id):
        log.info("connector_state", mark=told.state, delivery=str(record.id), guest=record.guest_id)
    return NOTED


def _opted_out(scope: Scope, record: Delivery) -> str:
    """The guest has told the connector to stop: as if they had followed the link in the message."""
    stopped = [_stop(scope, record, purpose) for purpose in PURPOSES_ENDED_BY_COMPLAINT]
    return NOTED if any(stopped) else KNOWN


def _stop(scope: Scope, record: Delivery, purpose: str) -> bool:
    guest, channel = guests.find(scope, record.guest_id), str(record.channel)
    if guest is None:
        return False
    unit = Unit(scope)
    guests.withdraw_consent(scope, unit, guest, (purpose,), channel, "unsubscribe", record.guest_id)
    target = Target(channel, str(record.address_hash), str(record.address_masked))
    suppressing.stop(unit, target, outcomes.unsubscribed(purpose), scope.now)
    if unit.size == 0:
        return False
    detail = {"purpose": purpose, "channel": channel}
    agenda.announce(unit, Event(events.GUEST_UNSUBSCRIBED, guest.id, int(guest.version), detail))
    unit.audit("guest.unsubscribed", guest.id, purpose=purpose, channel=channel)
    unit.commit()
    return True


def _ignored(why: str) -> str:
    log.warning("connector_state_ignored", reason=why)
    return why
