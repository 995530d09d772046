"""A property whose mail bounces or annoys too much is paused by itself; head office looks at it and lifts the pause.

Only greetings and offers by mail wait: service messages and texts go on.
"""

from __future__ import annotations

import time

from chalicelib.directory import service as directory
from chalicelib.directory.service import Property
from chalicelib.kernel import logs, metrics
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden, NotFound, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.reputation import LIFTED, PAUSED, SendingDay
from chalicelib.outreach.rules import reputation
from chalicelib.outreach.rules.reputation import Counts
from chalicelib.outreach.service import policies

log = logs.Log(__name__)

BOUNCES, COMPLAINTS, BY_HAND = "bounces", "complaints", "by_hand"
logs.allow((BOUNCES, COMPLAINTS, BY_HAND))
HELD_BACK = "property_paused"
REMEMBERED_S = 10.0  # as long as policies are
PROPERTIES_REMEMBERED_MAX = 5000

_remembered: dict[str, tuple[float, bool]] = {}  # by property: read when, and whether it was paused


@dataclass(frozen=True)
class Standing:
    """How a property's mail stands: what is counted, the pause if there is one, and the last lifting."""

    counts: Counts
    pause: SendingDay | None
    lifted: SendingDay | None

    @property
    def version(self) -> int:
        """0 while it is not paused."""
        return int(self.pause.version) if self.pause is not None else 0


def count(unit: Unit, record: Delivery, before: dict[str, str]) -> None:
    """Count in the caller's unit what a mail's new marks tell of its property. Texts count for nothing here."""
    found = reputation.news(before, record.marks)
    if record.property_id is not None and record.channel == "email" and any(found):
        SendingDay.add(unit, record.property_id, record.marks["claimed"], str(record.id), found)


def judge(scope: Scope, property_id: str) -> bool:
    """Pause a property if what is counted asks for it; whether this call did.

    It reads after the count was committed, so that of several bounces at once the last to look sees all.
    """
    known = _standing(scope, property_id)
    cause = reputation.cause_to_pause(known.counts)
    if cause is None or known.pause is not None:
        return False
    try:
        _pause(scope, property_id, cause, known.counts)
    except Stale:
        return False  # somebody else has paused it at the same moment
    return True


def holds_back(scope: Scope, property_id: str | None, purpose: str, channel: str) -> bool:
    """Whether a message may not leave because its property's mail is paused.

    Read once, then remembered for some seconds, as policies are: a run of greetings of one house asks once.
    """
    if property_id is None or purpose == "service" or channel != "email":
        return False
    key = scope.key(property_id)
    known = _remembered.get(key)
    if known is None or time.monotonic() - known[0] >= REMEMBERED_S:
        if len(_remembered) >= PROPERTIES_REMEMBERED_MAX:
            _remembered.clear()
        known = time.monotonic(), SendingDay.pause_of(scope, property_id) is not None
        _remembered[key] = known
    return known[1]


def forget(chain_id: str | None = None) -> None:
    """Read afresh from now on whether properties are paused: those of a chain, or all."""
    for key in [one for one in _remembered if chain_id is None or one.startswith(f"{chain_id}#")]:
        del _remembered[key]


policies.ALSO_FORGOTTEN.append(forget)


def standing(scope: Scope, property_id: str) -> Standing:
    """How a property's mail stands. Raises NotFound beyond the caller's wall."""
    directory.property_of(scope, property_id)
    return _standing(scope, property_id)


def standings(scope: Scope, houses: list[Property]) -> dict[str, Standing]:
    """How the mail of several properties stands. A query each."""
    return {str(house.id): _standing(scope, str(house.id)) for house in houses}


def pause(scope: Scope, property_id: str) -> tuple[Standing, bool]:
    """Pause a property's mail by hand; whether it was not paused before. Raises NotFound, and Forbidden."""
    _require_chain(scope)
    directory.property_of(scope, property_id)

    def attempt() -> tuple[Standing, bool]:
        known = _standing(scope, property_id)
        if known.pause is not None:
            return known, False
        _pause(scope, property_id, BY_HAND, known.counts)
        return _standing(scope, property_id), True

    return retried(attempt)


def lift(scope: Scope, property_id: str, expected_version: int) -> None:
    """Let a property's mail go out again; what is known by now counts no more. Raises NotFound, Forbidden, Stale."""
    _require_chain(scope)
    directory.property_of(scope, property_id)
    found = list(SendingDay.since_day(scope, property_id, scope.now))
    present = next((one for one in found if one.part == PAUSED), None)
    if present is None:
        raise NotFound()
    if int(present.version) != expected_version:
        raise Stale()
    # Days before this one count no more at all, and of this one what is known by now.
    today = reputation.summed([(str(one.day), one.counts) for one in found if one.day is not None], None)
    lifted = SendingDay.state(scope, property_id, LIFTED, today)
    lifted.since = sortable(scope.now)
    unit = Unit(scope)
    unit.delete(present)
    unit.put(lifted)
    unit.audit("sending_pause.lifted", property_id, cause=str(present.cause))
    unit.commit()
    forget(scope.chain_id)
    with logs.bound(chain=scope.chain_id):
        log.info("property_resumed", property=property_id)


def _standing(scope: Scope, property_id: str) -> Standing:
    rows = list(SendingDay.since_day(scope, property_id, scope.now - reputation.WINDOW))
    marks = {str(one.part): one for one in rows if one.day is None}
    lifted = marks.get(LIFTED)
    baseline = (str(lifted.since)[:10], lifted.counts) if lifted is not None else None
    days = [(str(one.day), one.counts) for one in rows if one.day is not None]
    return Standing(reputation.summed(days, baseline), marks.get(PAUSED), lifted)


def _pause(scope: Scope, property_id: str, cause: str, counts: Counts) -> None:
    record = SendingDay.state(scope, property_id, PAUSED, counts)
    record.cause, record.since = cause, sortable(scope.now)
    unit = Unit(scope)
    unit.create(record, refusal=Stale())
    unit.audit("sending_pause.begun", property_id, cause=cause)
    unit.commit()
    forget(scope.chain_id)
    with logs.bound(chain=scope.chain_id):
        log.warning("property_paused", property=property_id, reason=cause)
        metrics.count(metrics.PROPERTIES_PAUSED, label=cause)


def _require_chain(scope: Scope) -> None:
    if scope.property_ids is not None:
        raise Forbidden(N_("Whether a property's mail is paused is decided by the chain: this needs access to all."))
