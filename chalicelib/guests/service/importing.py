"""Stages rows of a file: one group is one transaction, read in two batches, however many rows it has.

Per row at most seven items: the guest, its number or its line in the activity log, two for its houses, two contact
points, and what was declared. That a guest is new needs no line: the record says so, and the run is on record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import rules
from chalicelib.guests.events import GUESTS_IMPORTED
from chalicelib.guests.models import ConsentEntry, ExternalId, Guest
from chalicelib.guests.rules import ExternalKey
from chalicelib.guests.rules.merging import state_of
from chalicelib.guests.service import families, particulars, writing
from chalicelib.guests.service.import_cells import GuestRow, Reading, kept_cells, read_row
from chalicelib.guests.service.import_undoing import image_of_changed, image_of_new
from chalicelib.guests.service.reading import followed
from chalicelib.guests.service.writing import NOTHING, Footprint
from chalicelib.kernel import agenda, text
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.imports import ImportFormat, ImportRow, Outcome, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

IMPORT_GROUP_ROWS = 11  # of at most 7 items each, and one event
HOUSES_PER_ROW_MAX = 2

_NO_NAME = FieldError("/family_name", N_("is needed where there is no given name"))
_TOO_MANY_EMAILS = FieldError("/email", N_("would be the guest's eleventh: remove one first"))
_TOO_MANY_PHONES = FieldError("/phone", N_("would be the guest's eleventh: remove one first"))


@dataclass
class _Known:
    """A guest that the group is about: as stored, and as the rows have made it so far."""

    guest: Guest
    before: Footprint = NOTHING
    is_new: bool = False
    fields: set[str] = field(default_factory=set)
    consents: dict[str, list[dict[str, str]]] = field(default_factory=dict)  # by the id under which they came
    was: dict[str, Any] = field(default_factory=dict)  # the stored guest's attributes before the rows


def read_ahead(
    scope: Scope, rows: list[ImportRow], *, property_id: str | None, format: ImportFormat
) -> dict[str, str | None]:
    """Whose the numbers of several groups of rows are, by number; None for those that are nobody's yet.

    A number's owner never changes. That it has none may be out of date: then the group is Stale and staged again.
    """
    cells = (row.cells.get("external_id", "") for row in rows)
    numbers = {rules.external_tuple(_key(format, property_id, cell)): cell for cell in cells if cell}
    owners = ExternalId.many(scope, numbers) if numbers else {}
    return {cell: owners.get(number) for number, cell in numbers.items()}


def stage_import(
    scope: Scope,
    unit: Unit,
    rows: list[ImportRow],
    *,
    property_id: str | None,
    format: ImportFormat,
    ahead: dict[str, str | None] | None = None,
) -> list[Staged]:
    """Add the writes of one group of rows to `unit` and answer what becomes of each row, in order.

    A cell that is empty leaves the guest as it is. Committing raises Stale if somebody else wrote one of the guests
    meanwhile: then the group has to be staged again, without what was read `ahead`.
    """
    reading = _reading(scope, property_id)
    language = _language(scope, property_id)
    read_rows = [read_row(row.cells, reading) for row in rows]
    numbers = {row.external_id: _key(format, property_id, row.external_id) for row, _ in read_rows if row.external_id}
    known, sources = _known(scope, numbers, {} if ahead is None else ahead)
    answers: list[Staged] = []
    for row, faults in read_rows:
        errors = tuple(faults.errors)
        if not errors:
            is_first = row.external_id not in known
            one = known.get(row.external_id) or _fresh(scope, numbers[row.external_id], language, property_id)
            errors = _unfit(row, one.guest)
        if errors:
            answers.append(Staged("rejected", None, errors[0].detail, errors))
            continue
        known[row.external_id] = one
        source_id = sources.get(row.external_id, str(one.guest.id))
        answers.append(Staged(_take_in(scope, one, row, property_id, source_id, is_first=is_first), one.guest.id))
    images = _stage(unit, known.values())
    return [_with_image(answer, images) if answer.record_id in images else answer for answer in answers]


def show_import(
    scope: Scope, rows: list[ImportRow], *, property_id: str | None, format: ImportFormat
) -> list[dict[str, str]]:
    """How the cells of each row would be kept, by column; what cannot be kept is left out."""
    reading = _reading(scope, property_id)
    return [kept_cells(read_row(row.cells, reading)[0]) for row in rows]


# -- inside ------------------------------------------------------------------------------------------------


def _reading(scope: Scope, property_id: str | None) -> Reading:
    place = directory.property_of(scope, property_id) if property_id else directory.chain_of(scope)
    return Reading(scope.now, place.country, place.time_zone)


def _language(scope: Scope, property_id: str | None) -> str:
    if property_id is None:
        return str(directory.chain_of(scope).default_language)
    return str(directory.property_of(scope, property_id).languages[0])


def _key(format: ImportFormat, property_id: str | None, external_id: str) -> ExternalKey:
    place = None if format.numbers == "chain" else property_id
    return {"system": format.system, "property_id": place, "id": external_id}


def _known(
    scope: Scope, numbers: dict[str, ExternalKey], ahead: dict[str, str | None]
) -> tuple[dict[str, _Known], dict[str, str]]:
    """The stored guests of a group, by external id, and under whose ids the numbers are.

    Two numbers may be one guest's: that of a guest who was merged leads to the survivor.
    """
    # A number that was nobody's is this group's guest from now on: for a later group it has to be read.
    owners = {number: ahead.pop(number) for number in numbers if number in ahead}
    by_number = {rules.external_tuple(key): number for number, key in numbers.items() if number not in owners}
    ids = ExternalId.many(scope, by_number) if by_number else {}
    ids_by_number = {by_number[number]: guest_id for number, guest_id in ids.items()}
    ids_by_number |= {number: guest_id for number, guest_id in owners.items() if guest_id is not None}
    guests = followed(scope, Guest.many(scope, ids_by_number.values())) if ids_by_number else {}
    known = {
        str(guest.id): _Known(guest, Footprint.of(guest), was=dict(guest.attribute_values)) for guest in guests.values()
    }
    found = {number: known[str(guests[one].id)] for number, one in ids_by_number.items() if one in guests}
    return found, ids_by_number


def _fresh(scope: Scope, key: ExternalKey, language: str, home_id: str | None) -> _Known:
    guest = particulars.blank(scope, new_id("gst"), source="import")
    guest.assign(first_imported=True, language=language, home_property_id=home_id, external_ids=[key])
    return _Known(guest, is_new=True)


def _unfit(row: GuestRow, guest: Guest) -> tuple[FieldError, ...]:
    """What speaks against taking a row in, that only the guest's record tells."""
    errors = []
    if not rules.has_name(
        row.particulars.get("given_name", guest.given_name), row.particulars.get("family_name", guest.family_name)
    ):
        errors.append(_NO_NAME)
    if len(_with_email(guest.emails, row.email)) > rules.EMAILS_MAX:
        errors.append(_TOO_MANY_EMAILS)
    if len(_with_phone(guest.phones, row.phone)) > rules.PHONES_MAX:
        errors.append(_TOO_MANY_PHONES)
    return tuple(errors)


def _take_in(
    scope: Scope, one: _Known, row: GuestRow, property_id: str | None, source_id: str, *, is_first: bool
) -> Outcome:
    """Put what a row says into the guest; the house whose file it is knows the guest from now on."""
    before = state_of(one.guest.attribute_values) if one.guest.absorbed_ids else None
    changes: dict[str, Any] = dict(row.particulars)
    own: dict[str, Any] = {}
    if before is None:
        emails, phones = list(one.guest.emails), list(one.guest.phones)
    else:
        emails, phones = families.own_lists(scope, one.guest, source_id)
    changes |= {"emails": _with_email(emails, row.email), "phones": _with_phone(phones, row.phone)}
    if before is not None:
        changes, own = families.news_of(scope, one.guest, source_id, changes, row.consents)
    changed = particulars.apply(one.guest, changes)
    if property_id and property_id not in one.guest.property_ids:
        one.guest.property_ids = one.guest.property_ids | {property_id}
        changed = changed | {"property_ids"}
    consents = particulars.declare(scope, one.guest, row.consents, is_reported=True)
    one.fields |= changed | ({"consents"} if consents else set()) | own.keys()
    one.consents.setdefault(source_id, []).extend(consents)
    if before is not None and property_id and families.see(scope, one.guest, source_id, property_id):
        one.fields.add("property_ids")
    if before is not None and (changed or consents or own):
        families.hear(scope, one.guest, before, source_id, own)
    if is_first:
        return "created"
    return "updated" if changed or consents else "unchanged"


def _with_email(known: Iterable[str], email: str | None) -> list[str]:
    """The addresses known with the row's in front, unless it is one of them."""
    emails = list(known)
    is_known = email is None or text.email_key(email) in map(text.email_key, emails)
    return emails if is_known else [str(email), *emails]


def _with_phone(known: Iterable[str], phone: str | None) -> list[str]:
    phones = list(known)
    return phones if phone is None or phone in phones else [phone, *phones]


def _with_image(answer: Staged, images: dict[str, Any]) -> Staged:
    """The answer with its guest's image, which the first row about a guest takes."""
    return Staged(answer.outcome, answer.record_id, image=images.pop(str(answer.record_id)))


def _stage(unit: Unit, known: Iterable[_Known]) -> dict[str, Any]:
    """Write each guest once, whatever many rows were about it, and tell of all of them with one event.

    Answers by what each of them can be taken back, by guest.
    """
    distinct = {one.guest.id: one for one in known}
    changed = [one for one in distinct.values() if one.is_new or one.fields]
    entries: dict[str, ConsentEntry] = {}
    for one in changed:
        if one.is_new:
            key = one.guest.external_ids[0]
            writing.stage_new(unit, one.guest, houses_max=HOUSES_PER_ROW_MAX, under=key)
        else:
            # What each source said was heard row by row, so that the change as a whole is nobody's.
            before = one.before._replace(merged=None)
            writing.stage_changed(unit, one.guest, before, houses_max=HOUSES_PER_ROW_MAX)
            if one.before.merged is not None:
                families.stage(unit, one.guest)
        for source_id, consents in one.consents.items():
            entry = writing.stage_consents(unit, one.guest, consents, source_id)
            if entry is not None:
                entries[one.guest.id] = entry
        if not one.is_new:
            unit.audit("guest.updated", one.guest.id, fields=",".join(sorted(one.fields)), source="import")
    if changed:
        ids = [one.guest.id for one in changed]
        agenda.announce(unit, Event(GUESTS_IMPORTED, ids[0], detail={"ids": ids}))
    return {
        one.guest.id: image_of_new(one.guest, entries.get(one.guest.id))
        if one.is_new
        else image_of_changed(one.guest, one.was, one.fields)
        for one in changed
    }
