"""Use-cases about consent: what the guest says, what holds, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.guests import rules
from chalicelib.guests.models import ConsentEntry, Guest
from chalicelib.guests.rules import Statement
from chalicelib.guests.service import particulars, writing
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

if TYPE_CHECKING:
    from chalicelib.guests.schemas import ConsentSettingIn


@dataclass(frozen=True)
class History:
    """Some declarations of a guest, the latest first."""

    entries: list[ConsentEntry]
    next: str | None


def set_consent(scope: Scope, guest_id: str, purpose: str, channel: str, body: ConsentSettingIn) -> Guest:
    """Note what the guest says about one consent. Saying the same again changes nothing.

    A statement older than what is known changes nothing either. Raises NotFound, also for a purpose or a channel
    that there is not, and Invalid for a time in the future.
    """
    if purpose not in rules.PURPOSES or channel not in rules.CHANNELS:
        raise NotFound()
    at = body.at
    if at is not None:
        try:
            at = rules.clean_declared_at(at, scope.now)
        except InvalidValue as reason:
            raise Invalid.field("/at", reason.reason) from None
    said = Statement(purpose, channel, body.state, body.source, at)
    return retried(lambda: _set(scope, guest_id, said))


def withdraw_consent(
    scope: Scope, unit: Unit, guest: Guest, purposes: Iterable[str], channel: str, source: str
) -> bool:
    """Let the guest deny purposes on a channel, in the caller's unit; whether that changes anything.

    Raises Stale, when the unit is committed, if the guest has changed since it was read.
    """
    said = [Statement(one, channel, "denied", source) for one in purposes]
    news = [one for one in said if guest.consents.get(one.key, {}).get("state") != "denied"]
    return _declare(scope, unit, guest, news)


def consent_history(scope: Scope, guest_id: str, *, limit: int, after: str | None) -> tuple[Guest, History]:
    """A guest, whose record says what holds, and a page of what was declared. Raises NotFound, Malformed."""
    guest = get(scope, guest_id)
    purpose = f"consents|{guest_id}"
    page = ConsentEntry.newest(scope, guest_id, limit=limit, after=cursor.decode(scope, purpose, after))
    return guest, History(page.items, cursor.encode(scope, purpose, page.next_key))


# -- inside ------------------------------------------------------------------------------------------------


def _set(scope: Scope, guest_id: str, said: Statement) -> Guest:
    guest = get(scope, guest_id)
    unit = Unit(scope)
    if _declare(scope, unit, guest, [said]):
        unit.commit()
    return guest


def _declare(scope: Scope, unit: Unit, guest: Guest, said: list[Statement]) -> bool:
    before = Footprint.of(guest)
    changes = particulars.declare(scope, guest, said, is_reported=False)
    if not changes:
        return False
    writing.stage_changed(unit, guest, before)
    writing.stage_consents(unit, guest, changes)
    keys = ",".join(rules.consent_key(one["purpose"], one["channel"]) for one in changes)
    unit.audit("guest.consent_changed", guest.id, consents=keys, state=changes[0]["state"])
    writing.announce(unit, guest, {"consents"}, is_new=False)
    return True
