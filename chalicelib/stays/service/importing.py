"""Imports of stays: one group of rows becomes writes of one transaction.

A versioned row is the whole of what its source says, so that rows in any order end alike. A row without a version or an
instant fills in what it carries and leaves the rest as it was, so that a lean file does not wipe what is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.guests import service as guests
from chalicelib.kernel.agenda import announce
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.imports import ImportFormat, ImportRow, Outcome, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.stays.events import STAYS_IMPORTED
from chalicelib.stays.models import Stay, StayPointer
from chalicelib.stays.rules import Moment, filled_in, is_current
from chalicelib.stays.service.cells import Word, kept_cells, read_row
from chalicelib.stays.service.import_undoing import Image, image_of
from chalicelib.stays.service.writing import Draft, house_of, stage

# A new stay writes itself and two pointers, one that moves to another guest four items: 19 rows and one event are at
# most 77 items, and whoever commits has room for its own.
IMPORT_GROUP_ROWS = 19

REASON_BROKEN = N_("Some cells cannot be read.")
REASON_NO_NUMBER = N_("The row has no booking number.")
REASON_NO_GUEST = N_("There is no guest with this number: import guests first.")
REASON_NO_ORDER = N_("The stay's versions cannot be put in order.")


@dataclass
class _Group:
    """What is known of the stays and guests that the rows of a group name, each by its source's number."""

    moment: Moment
    drafts: dict[str, Draft]
    guest_ids: dict[str, str]


@dataclass
class Ahead:
    """What was read for several groups: where stays lie (None: they are not known), and whose guests' numbers are."""

    pointers: dict[str, StayPointer | None]
    guest_ids: dict[str, str]


def read_ahead(scope: Scope, rows: Sequence[ImportRow], *, property_id: str, format: ImportFormat) -> Ahead:
    """Read for several groups of rows. What is out of date when they are staged makes them Stale, or is read again."""
    numbers = {row.cells["external_id"] for row in rows if "external_id" in row.cells}
    pointers = StayPointer.by_numbers(scope, format.system, property_id, numbers) if numbers else {}
    guests_told = {row.cells["guest_external_id"] for row in rows if "guest_external_id" in row.cells}
    found = _guest_ids(scope, property_id, format, guests_told)
    return Ahead({number: pointers.get(number) for number in numbers}, found)


def stage_import(
    scope: Scope,
    unit: Unit,
    rows: Sequence[ImportRow],
    *,
    property_id: str,
    format: ImportFormat,
    ahead: Ahead | None = None,
) -> list[Staged]:
    """Add the writes of one group of rows to the unit and answer what became of each, in order.

    The caller commits. Three batch reads at most. Raises NotFound for a property beyond the wall.
    """
    house = house_of(scope, property_id, is_import=True)
    words = [read_row(row.cells, house.currency, format.system) for row in rows]
    readable = [word for word in words if isinstance(word, Word)]
    group = _known(scope, house.moment, property_id, format, readable, ahead or Ahead({}, {}))
    _note_new_faces(scope, unit, property_id, format, group)
    staged = [_heard(group, word) for word in words]
    images = {draft.stay_id: image_of(draft) for draft in group.drafts.values() if draft.is_changed}
    _write(unit, group, property_id)
    return [_with_image(one, images) if one.record_id in images else one for one in staged]


def show_import(
    scope: Scope, rows: Sequence[ImportRow], *, property_id: str, format: ImportFormat
) -> list[dict[str, str]]:
    """How the cells of each row would be kept, by column; nothing of a row that cannot be read."""
    house = house_of(scope, property_id, is_import=True)
    words = (read_row(row.cells, house.currency, format.system) for row in rows)
    return [kept_cells(word) if isinstance(word, Word) else {} for word in words]


def _known(
    scope: Scope, moment: Moment, property_id: str, format: ImportFormat, words: list[Word], ahead: Ahead
) -> _Group:
    numbers = {word.external_id for word in words}
    # A stay that was not known is one of this group's from now on: for a later group it has to be looked for.
    read = {number: ahead.pointers.pop(number) for number in numbers if number in ahead.pointers}
    pointers = {number: pointer for number, pointer in read.items() if pointer is not None}
    unread = numbers - read.keys()
    if unread:
        pointers |= StayPointer.by_numbers(scope, format.system, property_id, unread)
    wanted = [(str(pointer.guest_id), str(pointer.stay_id)) for pointer in pointers.values()]
    stays = Stay.many(scope, wanted) if wanted else {}
    drafts = {number: Draft(property_id, number) for number in sorted(numbers)}
    for number, pointer in pointers.items():
        stay = stays.get(str(pointer.stay_id))
        if stay is not None:
            drafts[number] = Draft.of(stay)
    told = {word.guest_external_id for word in words}
    guest_ids = {number: ahead.guest_ids[number] for number in told if number in ahead.guest_ids}
    guest_ids |= _guest_ids(scope, property_id, format, told - guest_ids.keys())
    return _Group(moment, drafts, guest_ids)


def _guest_ids(scope: Scope, property_id: str, format: ImportFormat, numbers: Iterable[str]) -> dict[str, str]:
    """Whose the guests' numbers are, of those that are somebody's."""
    place = None if format.numbers == "chain" else property_id
    found = guests.ids_by_external(scope, [(format.system, place, number) for number in sorted(numbers)])
    return {key[2]: guest_id for key, guest_id in found.items()}


def _note_new_faces(scope: Scope, unit: Unit, property_id: str, format: ImportFormat, group: _Group) -> None:
    """Let the house know guests whom it sees for the first time.

    A guest with a number of this house is known here already; only numbers of the whole chain bring new faces. If the
    transaction grows too large by them, whoever commits takes the rows one by one.
    """
    if format.numbers != "chain" or not group.guest_ids:
        return
    found = guests.find_many(scope, list(group.guest_ids.values()))
    for guest_id, guest in found.items():
        guests.note_seen_at(unit, guest, property_id, guest_id)


def _heard(group: _Group, word: Word | tuple[FieldError, ...]) -> Staged:
    """Take one row's word into its stay's draft."""
    if not isinstance(word, Word):
        has_number = all(error.pointer != "external_id" for error in word)
        return Staged("rejected", reason=REASON_BROKEN if has_number else REASON_NO_NUMBER, errors=word)
    guest_id = group.guest_ids.get(word.guest_external_id)
    if guest_id is None:
        error = FieldError("guest_external_id", REASON_NO_GUEST, "unknown")
        return Staged("rejected", reason=REASON_NO_GUEST, errors=(error,))
    draft = group.drafts[word.external_id]
    told = word.told_of(guest_id)
    if draft.after is not None and not word.source.is_ordered:
        told = filled_in(draft.after.told, told, frozenset(word.given))
    try:
        outcome = draft.hear(told, word.source, group.moment)
    except InvalidValue as reason:
        error = FieldError("source_version", reason.reason, "invalid", reason.values)
        return Staged("rejected", draft.stay_id, REASON_NO_ORDER, (error,))
    answered: Outcome = "unchanged" if outcome == "superseded" else outcome
    return Staged(answered, draft.stay_id)


def _with_image(answer: Staged, images: dict[str, Image]) -> Staged:
    """The answer with its stay's image, which the first row that tells of the stay takes. A rejected row has none."""
    if answer.outcome == "rejected":
        return answer
    return Staged(answer.outcome, answer.record_id, image=images.pop(str(answer.record_id)))


def _write(unit: Unit, group: _Group, property_id: str) -> None:
    """Add every changed stay of the group to the unit, once, and one fact for all of them."""
    guest_ids: set[str] = set()
    completed: list[list[str]] = []
    current: list[list[str]] = []
    for draft in group.drafts.values():
        if draft.after is None or not draft.is_changed:
            continue
        guest_id = draft.after.told.guest_id
        stay = stage(unit, draft)
        if draft.is_told_otherwise:
            guest_ids.add(guest_id)
            if is_current(draft.before.told.status if draft.before else None, str(stay.status)):
                current.append([guest_id, str(stay.id)])
        if draft.before is not None and draft.before.told.guest_id != guest_id:
            guest_ids.add(draft.before.told.guest_id)
        if draft.has_news and stay.status == "checked_out":
            completed.append([guest_id, str(stay.id)])
    if guest_ids or completed:
        detail = {"guest_ids": sorted(guest_ids), "completed": sorted(completed), "current": sorted(current)}
        announce(unit, Event(STAYS_IMPORTED, property_id, 0, detail))
