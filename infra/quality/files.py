"""Reads a file of people as the matcher sees them: FEBRL's columns, or those of our import of guests.

Unlike the import, nothing is refused for one cell that cannot be read: the person is compared by the rest.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from chalicelib.connect.rules import Unreadable, encoding_of, header_key, mark_length, read_header, refuse_foreign
from chalicelib.connect.rules.headers import Evidence, Header
from chalicelib.guests.matching import Address, Person
from chalicelib.guests.service.import_cells import read_day
from chalicelib.guests.service.import_columns import IMPORT_COLUMNS
from chalicelib.kernel import phones  # noqa: F401  (files hold numbers)
from chalicelib.kernel.i18n import InvalidValue, translator
from chalicelib.kernel.languages import countries
from chalicelib.kernel.text import fold, normalise_phone

FILE_BYTES_MAX = 64 * 1024**2  # some 300,000 people: as many as fit in a gigabyte of memory while they are compared
CELL_LENGTH_MAX = 1_000  # as much of a cell as any comparison looks at

# Columns of FEBRL and of address lists, beside those of our own import.
_ADDRESS_COLUMNS = {
    "rec_id": "external_id",
    "street_number": "number",
    "address_1": "street",
    "street": "street",
    "address_2": "second_line",
    "suburb": "suburb",
    "city": "suburb",
    "postcode": "postcode",
    "state": "state",
    "title": "title",
    "gender": "gender",
    "full_name": "full_name",
    "membership_number": "membership_number",
}
# What else a guest's number may be headed, in a file that has no surer column for it; and lists of one, as our API has.
_IDS_AT_NEED = ("id", "编号", "客户编号")
_LISTS = {"emails": "email", "phones": "phone"}
_AMBIGUOUS_DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_EIGHT_DIGITS = re.compile(r"[0-9]{8}")


def read_people(path: Path) -> list[Person]:
    """The people of a file. Raises Unreadable, with a sentence, for a file that is none of ours."""
    data = path.read_bytes()
    if len(data) > FILE_BYTES_MAX:
        raise Unreadable("The file is larger than %(limit)d MB.", limit=FILE_BYTES_MAX // 1024**2)
    refuse_foreign(data[:8])
    evidence = Evidence()
    for line in data.splitlines():
        if not line.isascii():
            evidence.note(line)
    encoding = encoding_of(data[:8], "auto", evidence)
    header = _header(data, encoding, _known())
    if not {"given_name", "family_name", "full_name"} & set(header.names):
        raise Unreadable("The file has no column with names.")
    try:
        text = data[mark_length(data[:8]) if header.end == 0 else header.end :].decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("The file is neither UTF-8 nor GB18030 throughout.") from None
    people: dict[str, Person] = {}
    for person in _people(text, header.names, header.delimiter, header.lines):
        known = people.get(person.id)
        people[person.id] = _together(known, person) if known else person
    return list(people.values())


# -- inside ------------------------------------------------------------------------------------------------


def _header(data: bytes, encoding: str, known: Mapping[str, str]) -> Header:
    """The header; of a file that seems to have no ids, with the first column that may hold them."""

    def read(known: Mapping[str, str]) -> Header:
        return read_header(
            data, encoding=encoding, delimiter="auto", known=known, required=("external_id",), is_whole=True
        )

    try:
        return read(known)
    except Unreadable as refusal:
        for name in _IDS_AT_NEED:
            with suppress(Unreadable):
                return read({**known, header_key(name): "external_id"})
        raise refusal


@cache
def _known() -> Mapping[str, str]:
    """Header key → column."""
    zh = translator("zh").gettext
    found = {header_key(name): column for name, column in {**_ADDRESS_COLUMNS, **_LISTS}.items()}
    for column in IMPORT_COLUMNS:
        for header in (column.name, column.label, zh(column.label), *column.aliases):
            found.setdefault(header_key(header), column.name)
    return found


def _people(text: str, names: tuple[str | None, ...], delimiter: str, before: int) -> Iterator[Person]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                line = before + reader.line_num
                if len(record) > len(names):
                    raise Unreadable("Line %(line)d has more cells than the header.", line=line)
                cells = {
                    name: cell.strip()[:CELL_LENGTH_MAX] for name, cell in zip(names, record, strict=False) if name
                }
                if not cells.get("external_id"):
                    raise Unreadable("Line %(line)d has no id.", line=line)
                if not cells["external_id"].isprintable():
                    raise Unreadable("Line %(line)d has an id that does not fit on a line.", line=line)
                yield _person(cells)
    except csv.Error:
        raise Unreadable(
            "Line %(line)d cannot be read: its quotation marks do not match.", line=before + reader.line_num
        ) from None


def _person(cells: Mapping[str, str]) -> Person:
    def cell(name: str) -> str:
        return cells.get(name, "")

    country = _country(cell("nationality"))
    return Person(
        id=cell("external_id"),
        given_name=cell("given_name"),
        family_name=cell("family_name"),
        full_name=cell("full_name"),
        birth_date=_day(cell("birth_date")),
        emails=(cell("email"),) if cell("email") else (),
        phones=(_phone(cell("phone"), country),) if cell("phone") else (),
        membership_number=cell("membership_number"),
        address=Address(*(cell(name) for name in Address.__dataclass_fields__ if name != "country")),
        title=cell("title"),
        gender=cell("gender"),
        nationality=country or cell("nationality"),
        language=cell("language"),
    )


def _day(written: str) -> str:
    """A day in eight digits, though it may not be in the calendar; of two ways to read it, day before month."""
    if _EIGHT_DIGITS.fullmatch(written) or not written:
        return written
    try:
        return read_day(written)
    except InvalidValue:
        found = _AMBIGUOUS_DAY.fullmatch(written)
        return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else written


def _phone(written: str, country: str) -> str:
    try:
        return normalise_phone(written, country or None)
    except InvalidValue:
        return written


def _country(written: str) -> str:
    return _countries().get(fold(written), "") if written else ""


@cache
def _countries() -> Mapping[str, str]:
    return {
        fold(name): country.alpha_2
        for country in countries().values()
        for name in (country.name_en, country.name_zh, country.alpha_2, country.alpha_3)
    }


def _together(known: Person, later: Person) -> Person:
    """What two rows with one id say, as an import takes them in: the later row counts, contact points add up."""
    said = {name: getattr(later, name) for name in Person.__dataclass_fields__ if getattr(later, name)}
    if later.address == Address():
        said.pop("address")
    contacts = {
        "emails": tuple(dict.fromkeys(known.emails + later.emails)),
        "phones": tuple(dict.fromkeys(known.phones + later.phones)),
    }
    return replace(known, **said | contacts)
