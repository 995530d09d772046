"""What one row of a file of opening balances says: so many points of a member, earned on a day, until a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from chalicelib.kernel.calendars import parse_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.loyalty.rules.lots import POINTS_MAX, Terms
from chalicelib.loyalty.rules.numbers import parse_number

# A row's id becomes the source of an entry and the name of a lot; no character that keys are divided by, no address.
_ROW_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,59}")
_POINTS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15}")


@dataclass(frozen=True)
class Opening:
    """A readable row. Whose it is: a membership number, or the source's own number of the guest."""

    row_id: str
    points: int
    earned_on: date
    expires_on: date | None
    number: str | None
    guest_external_id: str | None

    @property
    def source(self) -> str:
        """What the entry and the lot name as their origin."""
        return f"import.{self.row_id}"

    @property
    def terms(self) -> Terms:
        """The lot that the row opens. The chain funds it: no house of ours has given these points."""
        return Terms(self.source, self.earned_on, self.expires_on, None, "chain", self.source)

    def says(self, member_id: str) -> str:
        """What is compared when a row id comes again: whose, how many, from when to when."""
        return f"{member_id}|{self.points}|{self.earned_on}|{self.expires_on or ''}"


def read_opening(cells: Mapping[str, str], today: date) -> Opening | tuple[FieldError, ...]:
    """A row's cells, or everything that is wrong with them at once."""
    errors: list[FieldError] = []

    def told(column: str, words: str, **values: str | int) -> None:
        errors.append(FieldError(column, words, "invalid", values))

    row_id = cells.get("external_id", "")
    if not _ROW_ID.fullmatch(row_id):
        told("external_id", N_("A row's number has up to 60 letters, digits, dots, colons and hyphens."))
    points = _points(cells.get("points", ""))
    if points is None:
        told("points", N_("Points are whole numbers from 1 to %(most)d."), most=POINTS_MAX)
    days = {}
    for column in ("earned_on", "expires_on"):
        try:
            days[column] = parse_day(cells[column]) if column in cells else None
        except InvalidValue as reason:
            told(column, reason.reason, **reason.values)
            days[column] = None
    earned_on, expires_on = days["earned_on"], days["expires_on"]
    if "earned_on" not in cells:
        told("earned_on", N_("This is needed."))
    if earned_on is not None and earned_on > today:
        told("earned_on", N_("This day is still to come."))
    if earned_on is not None and expires_on is not None and expires_on < earned_on:
        told("expires_on", N_("Points cannot end before they were earned."))
    number: str | None = None
    try:
        number = parse_number(cells["member_number"]) if "member_number" in cells else None
    except InvalidValue as reason:
        told("member_number", reason.reason, **reason.values)
    guest = cells.get("guest_external_id")
    if "member_number" not in cells and guest is None:
        told("member_number", N_("Give a membership number, or the source's number of the guest."))
    if errors or points is None or earned_on is None:
        return tuple(errors)
    return Opening(row_id, points, earned_on, expires_on, number, guest)


def _points(text: str) -> int | None:
    """Whole points, with or without commas between thousands."""
    if not _POINTS.fullmatch(text):
        return None
    points = int(text.replace(",", ""))
    return points if 0 < points <= POINTS_MAX else None
