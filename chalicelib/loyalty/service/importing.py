"""Opening balances from a file: each row becomes a lot with its own dates, once for each row id of a programme.

A group of rows is one transaction. A dry run asks the same questions and forgets the answer's writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalicelib.guests import service as guests
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.imports import ImportColumn, ImportFormat, ImportRow, Staged
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty.models import MemberPointer, Programme
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.lots import less
from chalicelib.loyalty.rules.openings import Opening, read_opening
from chalicelib.loyalty.service.booking import About, Book, find_living
from chalicelib.loyalty.service.programmes import programmes, today_of

# A row of a member of its own writes the header, an entry and a lot (or the entry that ends it), the row's id, the next
# end on the agenda and the event: twelve rows are at most 72 items, and whoever commits has room for its own.
IMPORT_GROUP_ROWS = 12
IMPORT_PERMISSION = "programmes:write"  # points out of nothing are head office's

BROKEN = N_("Some cells cannot be read.")
NO_PROGRAMME = N_("There is no such programme.")
WHICH_PROGRAMME = N_("The chain has several programmes: say which one.")
NO_MEMBER = N_("There is no member with this number.")
NO_GUEST = N_("There is no guest with this number: import guests first.")
NOT_JOINED = N_("This guest has not joined the programme.")
OTHER_PROGRAMME = N_("This member belongs to another programme.")
CLOSED = N_("This membership is closed.")
TOLD_OTHERWISE = N_("This row's number was brought in before with other points, days or another member.")


def _column(name: str, label: str, help: str, example: str, *aliases: str, is_required: bool = False) -> ImportColumn:
    return ImportColumn(name, label, help, example, aliases, is_required)


IMPORT_COLUMNS: tuple[ImportColumn, ...] = (
    _column(
        "external_id",
        N_("Row number of the source"),
        N_("The source's own number of this balance. The same number is brought in once, however often it is sent."),
        "LOT-2024-0001",
        *("Row ID", "Lot ID", "Lot Number", "Transaction ID", "行号", "批次号", "流水号"),
        is_required=True,
    ),
    _column(
        "member_number",
        N_("Membership number"),
        N_("The member's number with us. Leave it empty to name the guest instead."),
        "",
        *("Member Number", "Card Number", "会员号", "会员编号", "会员卡号"),
    ),
    _column(
        "guest_external_id",
        N_("Guest number"),
        N_("The source's number of the guest, who has joined already."),
        "G-5501",
        *("Guest ID", "Profile ID", "Profile Number", "Customer ID", "客人编号", "客人号", "客史号", "客户编号"),
    ),
    _column(
        "points",
        N_("Points"),
        N_("Whole points above zero."),
        "2500",
        *("Balance", "Points Balance", "积分余额", "积分数"),
        is_required=True,
    ),
    _column(
        "earned_on",
        N_("Earned"),
        N_("The day they were earned, as 2026-03-04."),
        "2024-05-31",
        *("Earned On", "Earn Date", "Earning Date", "获得日期", "积分日期"),
        is_required=True,
    ),
    _column(
        "expires_on",
        N_("Last day"),
        N_("The last day they live, as 2026-03-04. Left empty, they do not end."),
        "2027-05-31",
        *("Expires On", "Expiry Date", "Expiration Date", "到期日", "失效日期"),
    ),
    _column(
        "programme",
        N_("Programme"),
        N_("Its name or id, where the chain has several."),
        "",
        *("Program", "Loyalty Programme", "会员计划", "计划"),
    ),
)


@dataclass(frozen=True)
class _Row:
    """A readable row with its programme."""

    opening: Opening
    programme: Programme


def stage_import(
    scope: Scope, unit: Unit, rows: Sequence[ImportRow], *, property_id: str, format: ImportFormat
) -> list[Staged]:
    """Add the writes of one group of rows to the unit and answer what becomes of each, in order. The caller commits."""
    running, today = programmes(scope), today_of(scope)
    read = [_read(row, running, today) for row in rows]
    readable = [one for one in read if isinstance(one, _Row)]
    owners = _owners(scope, readable, property_id, format)
    done = {
        _key(scope, one): pointer
        for one, pointer in zip(readable, _pointers(scope, readable), strict=True)
        if pointer is not None
    }
    books: dict[str, Book] = {}
    living: dict[str, Book | None] = {}  # by the member that a row names, who may have been joined with another
    staged = []
    for one in read:
        if isinstance(one, Staged):
            staged.append(one)
            continue
        owner = owners[_asked(one)]
        if isinstance(owner, Staged):
            staged.append(owner)
            continue
        if owner not in living:
            found = find_living(scope, owner)
            living[owner] = books.setdefault(found.member.id, found) if found is not None else None
        staged.append(_brought_in(unit, owner, living[owner], one, done))
    for book in books.values():
        book.stage(unit)
    return staged


def _read(row: ImportRow, running: Sequence[Programme], today: date) -> _Row | Staged:
    opening = read_opening(row.cells, today)
    if not isinstance(opening, Opening):
        return Staged("rejected", reason=BROKEN, errors=opening)
    wanted = row.cells.get("programme")
    if wanted is None:
        if len(running) == 1:
            return _Row(opening, running[0])
        return _refused("programme", WHICH_PROGRAMME if running else NO_PROGRAMME)
    found = [one for one in running if wanted in (one.id, one.name, *dict(one.names or {}).values())]
    return _Row(opening, found[0]) if len(found) == 1 else _refused("programme", NO_PROGRAMME)


def _asked(row: _Row) -> tuple[str, str, str]:
    """Whom a row is about, as it says it."""
    opening, programme_id = row.opening, str(row.programme.id)
    if opening.number is not None:
        return ("number", opening.number, programme_id)
    return ("guest", str(opening.guest_external_id), programme_id)


def _owners(
    scope: Scope, rows: Sequence[_Row], property_id: str, format: ImportFormat
) -> dict[tuple[str, str, str], str | Staged]:
    """The member of every row, or why there is none. Three batch reads at most."""
    asked = {_asked(row) for row in rows}
    place = None if format.numbers == "chain" else property_id
    told = [(format.system, place, number) for kind, number, _ in sorted(asked) if kind == "guest"]
    guest_ids = {key[2]: guest_id for key, guest_id in guests.ids_by_external(scope, told).items()}
    keys = {one: _pointer_key(scope, one, guest_ids) for one in asked}
    found = MemberPointer.find_many(sorted({key for key in keys.values() if key is not None}))
    members = {(str(one.pointer_key), str(one.kind)): str(one.member_id) for one in found if one.is_somebodys}
    owners: dict[tuple[str, str, str], str | Staged] = {}
    for one, key in keys.items():
        is_guest = one[0] == "guest"
        if key is None:
            owners[one] = _refused("guest_external_id", NO_GUEST)
        elif key not in members:
            column, reason = ("guest_external_id", NOT_JOINED) if is_guest else ("member_number", NO_MEMBER)
            owners[one] = _refused(column, reason)
        else:
            owners[one] = members[key]
    return owners


def _pointer_key(scope: Scope, asked: tuple[str, str, str], guest_ids: dict[str, str]) -> tuple[str, str] | None:
    kind, number, programme_id = asked
    if kind == "number":
        return scope.key("number", number), "number"
    guest_id = guest_ids.get(number)
    return (scope.key(guest_id), f"guest#{programme_id}") if guest_id else None


def _key(scope: Scope, row: _Row) -> tuple[str, str]:
    return scope.key("opening", str(row.programme.id), row.opening.row_id), "opening"


def _pointers(scope: Scope, rows: Sequence[_Row]) -> list[MemberPointer | None]:
    keys = sorted({_key(scope, row) for row in rows})
    found = {(str(one.pointer_key), str(one.kind)): one for one in MemberPointer.find_many(keys)} if keys else {}
    return [found.get(_key(scope, row)) for row in rows]


def _brought_in(
    unit: Unit, member_id: str, book: Book | None, row: _Row, done: dict[tuple[str, str], MemberPointer]
) -> Staged:
    """Book a row's points, unless they are there or may not be. `done` knows the rows brought in so far."""
    opening = row.opening
    if book is None:
        return _refused("member_number", NO_MEMBER)
    member = book.member
    if str(member.programme_id) != str(row.programme.id):
        return _refused("member_number", OTHER_PROGRAMME)
    pointer = done.get(_key(unit.scope, row))
    if pointer is not None:
        if pointer.told == opening.says(member_id):
            return Staged("unchanged", member.id)
        return _refused("external_id", TOLD_OTHERWISE)
    if member.status == "closed":
        return _refused("member_number", CLOSED)
    key, kind = _key(unit.scope, row)
    pointer = MemberPointer(pointer_key=key, kind=kind, member_id=member_id, told=opening.says(member_id))
    unit.create(pointer, refusal=Stale())
    done[key, kind] = pointer
    _book(book, opening)
    return Staged("created", member.id)


def _book(book: Book, opening: Opening) -> None:
    """Open the lot; one whose last day is past is ended at once, so that history is whole. It is no activity."""
    terms = opening.terms
    about = About(opening.source, opening.earned_on, "chain", version=book.version.number, reason="migration")
    book.book(ledger.open_lot(book.account, "opening", opening.points, terms), about, is_activity=False)
    if not terms.is_over(book.today):
        return
    for entry in ledger.expire(book.account, today=book.today).entries:
        if entry.taken[0].terms.id == terms.id:
            ended = ledger.Booked(less(book.account, entry.taken), (entry,))
            about = About(opening.source, book.today, "chain", version=book.version.number, reason="ended")
            book.book(ended, about, is_activity=False)


def _refused(column: str, reason: str) -> Staged:
    return Staged("rejected", reason=reason, errors=(FieldError(column, reason, "invalid"),))
