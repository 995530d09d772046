"""The hotline: who called about what, how long they waited, who still waits, and how long people wait at a property."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import cursor, ids
from chalicelib.kernel.calendars import day_bounds, local_day
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, Invalid, NotFound
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.text import clean_text, normalise_phone
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models.hotline import HotlineContact
from chalicelib.outreach.rules import hotline as rules
from chalicelib.outreach.rules.hotline import Waiting

DAYS_BY_DEFAULT = 30
DAYS_MAX = 400
ROWS_MAX = 50_000  # of one property that a figure reads: some 130 a day for a year


@dataclass(frozen=True)
class ContactPage:
    """Some contacts and the cursor of those that follow."""

    items: list[HotlineContact]
    next: str | None


@dataclass(frozen=True)
class HotlineFigure:
    """How long people waited at a property. Not complete: there were more contacts than one request reads."""

    property_id: str
    asked: int
    waiting: Waiting
    is_complete: bool


@dataclass(frozen=True)
class Told:
    """What is logged of a call. Without an instant of asking it was now."""

    property_id: str
    about: str
    guest_id: str | None = None
    phone: str | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str | None = None


def log_contact(scope: Scope, told: Told, *, id: str | None = None) -> HotlineContact:
    """Log a call. Raises NotFound beyond the wall, and Invalid for what cannot be."""
    directory.property_of(scope, told.property_id)
    guest = _caller(scope, told)
    asked_at = told.asked_at or scope.now
    if not scope.now - rules.LOGGED_BACK <= asked_at <= scope.now + rules.CLOCKS_APART:
        raise Invalid.field("/asked_at", N_("is not within the last 31 days"))
    contact_id = id or ids.new_id("hot")
    record = HotlineContact(
        contact_key=scope.key(contact_id),
        property_key=scope.key(told.property_id),
        asked=f"{sortable(asked_at)}#{contact_id}",
        open_key=scope.key(told.property_id),
        guest_key=scope.key(guest.id) if guest is not None else None,
        phone=_phone(told.phone) if guest is None else None,
        about=_clean(told.about, "/about"),
        logged_by=scope.actor.id,
    )
    if told.answered_at is not None or told.answer is not None:
        _answer(scope, record, told.answered_at or scope.now, told.answer)
    unit = Unit(scope)
    unit.create(record)
    unit.audit("hotline_contact.logged", contact_id, property=told.property_id)
    unit.commit()
    return record


def answer(scope: Scope, contact_id: str, *, answered_at: datetime | None, text: str | None) -> HotlineContact:
    """Note that a caller was answered, once: the same again changes nothing. Raises NotFound, Conflict, Invalid."""

    def attempt() -> HotlineContact:
        record = get(scope, contact_id)
        if record.is_answered:
            if text is not None and text != record.answer:
                raise Conflict(N_("This caller has been answered already."))
            return record
        _answer(scope, record, answered_at or scope.now, text)
        unit = Unit(scope)
        unit.update(record)
        unit.audit("hotline_contact.answered", contact_id)
        unit.commit()
        return record

    return retried(attempt)


def get(scope: Scope, contact_id: str) -> HotlineContact:
    """A contact of a property that the caller sees. Raises NotFound."""
    found = HotlineContact.one(scope, contact_id) if ids.is_id(contact_id, "hot") else None
    if found is None or not scope.sees_property(found.property_id):
        raise NotFound()
    return found


def contacts_page(
    scope: Scope, property_id: str | None, *, is_open: bool, limit: int, after: str | None
) -> ContactPage:
    """Contacts of one property or of all that the caller sees: the oldest of those that wait first, else the latest.

    Raises NotFound.
    """
    name = f"hotline|{property_id}|{is_open}"
    key = cursor.decode(scope, name, after)
    past = key["past"]["S"] if key else None
    found = HotlineContact.of_properties(scope, _houses(scope, property_id), is_open=is_open, past=past)
    rows = list(islice(found, limit + 1))
    shown = rows[:limit]
    last = {"past": {"S": str(shown[-1].asked)}} if len(rows) > limit else None
    return ContactPage(HotlineContact.full(shown), cursor.encode(scope, name, last))


def _houses(scope: Scope, property_id: str | None) -> list[str]:
    if property_id is not None:
        return [str(directory.property_of(scope, property_id).id)]
    return [str(one.id) for one in directory.properties(scope)]


def figure_days(scope: Scope, start: date | None, end: date | None) -> tuple[date, date]:
    """The days of a figure, both included: by default the last thirty. Raises Invalid."""
    last = end or local_day(scope.now, str(directory.chain_of(scope).time_zone))
    first = start or last - timedelta(days=DAYS_BY_DEFAULT - 1)
    if not timedelta(0) <= last - first < timedelta(days=DAYS_MAX):
        raise Invalid.field("?to", N_("must not be before the first day, nor more than 400 days after it"))
    return first, last


def figures(scope: Scope, property_id: str | None, first: date, last: date) -> list[HotlineFigure]:
    """How long people waited on some days, at one property or at each that the caller sees. Raises NotFound."""
    return [_figure(scope, one, first, last) for one in _houses(scope, property_id)]


def _figure(scope: Scope, property_id: str, first: date, last: date) -> HotlineFigure:
    zone = directory.property_of(scope, property_id).time_zone
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    rows = list(islice(HotlineContact.times(scope, property_id, sortable(start), sortable(end)), ROWS_MAX + 1))
    counted = rows[:ROWS_MAX]
    found = rules.waiting(one for one in counted if one is not None)
    return HotlineFigure(property_id, len(counted), found, len(rows) <= ROWS_MAX)


def _answer(scope: Scope, record: HotlineContact, at: datetime, text: str | None) -> None:
    asked_at = from_sortable(record.asked_at)
    if not asked_at <= at <= scope.now + rules.CLOCKS_APART:
        raise Invalid.field("/answered_at", N_("is before the question, or has yet to come"))
    waited_s = int((at - asked_at).total_seconds())
    record.assign(answered_at=sortable(at), waited_s=waited_s, open_key=None)
    record.answer = _clean(text, "/answer") if text is not None else None
    record.answered_by = scope.actor.id


def _caller(scope: Scope, told: Told) -> Guest | None:
    if (told.guest_id is None) == (told.phone is None):
        raise Invalid.field("/guest_id", N_("either a guest or a number has called"))
    if told.guest_id is None:
        return None
    guest = guests.find(scope, told.guest_id)
    if guest is None:
        raise Invalid.field("/guest_id", N_("is no guest of the chain"))
    return guest


def _phone(text: str | None) -> str:
    try:
        return normalise_phone(text or "")
    except InvalidValue as reason:
        raise Invalid.field("/phone", reason.reason) from None


def _clean(text: str, where: str) -> str:
    try:
        cleaned = clean_text(text, rules.ABOUT_LENGTH_MAX, is_multiline=True)
    except InvalidValue as reason:
        raise Invalid.field(where, reason.reason) from None
    if not cleaned:
        raise Invalid.field(where, N_("is empty"))
    return cleaned
