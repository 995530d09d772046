"""Use-cases that write one stay: told by a system or a desk, changed by hand, told again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.agenda import announce
from chalicelib.kernel.errors import FieldError, Invalid, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.text import clean_text
from chalicelib.kernel.unit import Unit, retried
from chalicelib.stays import rules
from chalicelib.stays.events import STAY_CHANGED, STAY_COMPLETED
from chalicelib.stays.models import Stay
from chalicelib.stays.rules import Outcome, Source, Told
from chalicelib.stays.service.finding import by_number, get
from chalicelib.stays.service.writing import Draft, House, house_of, stage

if TYPE_CHECKING:
    from chalicelib.stays.schemas import ExternalStayIn, StayContent, StayIn, StayPatch

TRIES_MAX = 12  # writers of one stay that meet: each round at least one of them gets through


def record(scope: Scope, body: StayIn, *, id: str | None = None) -> tuple[Stay, Outcome]:
    """Record a stay as told. With an external id that is known already, it is the same stay and hears another word.

    Raises Invalid for a guest or property that the caller does not see, another currency, an order that cannot be told.
    """
    if not scope.sees_property(body.property_id) or not _is_property(scope, body.property_id):
        raise Invalid.field("/property_id", N_("There is no such property."), "unknown")
    source = body.source.source() if body.source else None
    return _told(scope, body.property_id, body.external_id, body, source, id)


def upsert_external(
    scope: Scope, system: str, property_id: str, external_id: str, body: ExternalStayIn
) -> tuple[Stay, Outcome]:
    """Record what a system tells of its stay `external_id` at a property; an older word changes nothing.

    Raises NotFound for a property beyond the wall, and Invalid as `record`.
    """
    house_of(scope, property_id)
    number = _clean_number(system, external_id)
    mark = body.source
    if mark is not None and mark.system not in (None, system):
        raise Invalid.field("/source/system", N_("The address names another system."))
    source = Source(system, mark.version if mark else None, mark.updated_at if mark else None)
    return _told(scope, property_id, number, body, source, None)


def update(scope: Scope, stay_id: str, patch: StayPatch, expected_version: int) -> tuple[Stay, Outcome]:
    """Change what the patch says. Without a source the last word wins; raises Stale if the version is another."""
    stay = get(scope, stay_id)
    if int(stay.version) != expected_version:
        raise Stale()
    house = house_of(scope, stay.property_id)
    draft = Draft.of(stay)
    told = _patched(stay.state().told, patch)
    source = patch.source.source() if patch.source else None
    return _written(scope, house, draft, told, source)


# -- inside --------------------------------------------------------------------------------------------------------


def _told(
    scope: Scope,
    property_id: str,
    external_id: str | None,
    body: StayContent,
    source: Source | None,
    new_id: str | None,
) -> tuple[Stay, Outcome]:
    house = house_of(scope, property_id)
    if body.currency not in (None, house.currency):
        raise Invalid.field("/currency", N_("This is not the property's currency."))
    told = _told_by(body, house.currency)

    def attempt() -> tuple[Stay, Outcome]:
        stay = None
        if external_id is not None and source is not None:
            stay = by_number(scope, source.system, property_id, external_id)
        draft = Draft.of(stay) if stay else Draft(property_id, external_id, new_id=new_id)
        return _written(scope, house, draft, told, source)

    return retried(attempt, tries_max=TRIES_MAX)


def _written(scope: Scope, house: House, draft: Draft, told: Told, source: Source | None) -> tuple[Stay, Outcome]:
    """Hear one word and write what follows from it, all or nothing."""
    told = _filed(scope, draft, told)
    try:
        outcome = draft.hear(told, source, house.moment)
    except InvalidValue as reason:
        raise _invalid("/source", reason) from None
    if not draft.is_changed and draft.stay is not None:
        return draft.stay, outcome
    is_new_here = draft.before is None or draft.before.told.guest_id != told.guest_id
    guest = _guest(scope, told.guest_id) if is_new_here else None
    unit = Unit(scope)
    stay = stage(unit, draft, guest)
    _note(unit, draft, stay)
    unit.commit()
    return stay, outcome


def _filed(scope: Scope, draft: Draft, told: Told) -> Told:
    """The word with the id under which the stay lies, if it names the same guest by another one of theirs.

    Whoever was merged is told of under either id; what lies under one stays there.
    """
    if draft.before is None or draft.before.told.guest_id == told.guest_id:
        return told
    guest = guests.find(scope, told.guest_id)
    former_id = draft.before.told.guest_id
    return replace(told, guest_id=former_id) if guest is not None and former_id in guest.ids else told


def _note(unit: Unit, draft: Draft, stay: Stay) -> None:
    """Add the activity log's line and the facts to the unit."""
    before = draft.before.told if draft.before else None
    after = stay.state().told
    status_before = before.status if before else None
    fields = before.changed_fields(after) if before else []
    unit.audit(
        f"stay.{'updated' if before else 'recorded'}",
        str(stay.id),
        step=rules.transition(status_before, after.status),
        fields=",".join(fields) or None,
        property_id=stay.property_id,
    )
    if not draft.is_told_otherwise:
        return
    detail: dict[str, Any] = {
        "guest_id": stay.guest_id,
        "property_id": stay.property_id,
        "from": status_before,
        "to": after.status,
        "is_history": bool(stay.is_history),
    }
    if before and before.guest_id != stay.guest_id:
        detail["from_guest_id"] = before.guest_id
    was = rules.agreed_before(before, after) if before else None
    if was is not None:
        detail["was"] = was
    announce(unit, Event(STAY_CHANGED, str(stay.id), int(stay.version), detail))
    if draft.has_news:
        announce(unit, Event(STAY_COMPLETED, str(stay.id), int(stay.version), detail))


def _guest(scope: Scope, guest_id: str) -> guests.Guest:
    guest = guests.find(scope, guest_id)
    if guest is None or not scope.sees_any(set(guest.property_ids or ())):
        raise Invalid.field("/guest_id", N_("There is no such guest."), "unknown")
    return guest


def _is_property(scope: Scope, property_id: str) -> bool:
    return directory.find_property(scope, property_id) is not None


def _clean_number(system: str, external_id: str) -> str:
    """A number from an address, checked as one in a body is. Raises Invalid."""
    if not re.fullmatch(rules.SYSTEM_PATTERN, system):
        reason = N_("A system's name has small letters, digits, dots, hyphens and underscores, 40 at most.")
        raise Invalid.field("?system", reason)
    try:
        number = clean_text(external_id, rules.EXTERNAL_ID_LENGTH_MAX)
    except InvalidValue as reason:
        raise _invalid("?external_id", reason) from None
    if not number:
        raise Invalid.field("?external_id", N_("This must not be empty."))
    return number


def _invalid(pointer: str, reason: InvalidValue) -> Invalid:
    return Invalid(errors=(FieldError(pointer, reason.reason, "invalid", reason.values),))


def _told_by(body: StayContent, currency: str) -> Told:
    """The word of a whole body."""
    rate = body.rate
    return Told(
        guest_id=body.guest_id,
        arrival=body.arrival.isoformat(),
        departure=body.departure.isoformat(),
        status=body.status,
        currency=currency,
        room_type=body.room_type,
        room_number=body.room_number,
        rate_plan=body.rate_plan,
        rate_amount=rate.amount if rate else None,
        rate_currency=rate.currency if rate else None,
        channel=body.channel,
        segment=body.segment,
        adults=body.adults,
        children=body.children,
        booked_on=body.booked_on.isoformat() if body.booked_on else None,
        room_ready_at=body.room_ready_at,
        revenue_lines=rules.in_order([line.line() for line in body.revenue_lines]),
    )


def _patched(told: Told, patch: StayPatch) -> Told:
    """The word of a patch: what it says, and what was known of the rest."""
    said: dict[str, Any] = {}
    for name in patch.model_fields_set - {"source", "rate", "revenue_lines"}:
        value = getattr(patch, name)
        said[name] = value.isoformat() if isinstance(value, date) else value
    if "rate" in patch.model_fields_set:
        said["rate_amount"] = patch.rate.amount if patch.rate else None
        said["rate_currency"] = patch.rate.currency if patch.rate else None
    if "revenue_lines" in patch.model_fields_set:
        said["revenue_lines"] = rules.in_order([line.line() for line in patch.revenue_lines or ()])
    patched = replace(told, **said)
    try:
        rules.check_days(date.fromisoformat(patched.arrival), date.fromisoformat(patched.departure))
    except InvalidValue as reason:
        raise _invalid("/departure", reason) from None
    return patched
