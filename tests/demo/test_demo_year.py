"""The year of care, some weeks of it with three dozen guests: what is printed is what happened, and happens once."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from chalicelib.guests import service as guests
from chalicelib.outreach import service as outreach
from chalicelib.outreach.rules.vocabulary import REASONS
from infra.demo.draws import Draw
from infra.demo.source import Source
from infra.demo.year import accounts, desk, expected, houses, telling
from infra.demo.year.accounts import Books
from infra.demo.year.living import Lived, live
from infra.demo.year.part import Part, Share, Span
from infra.local.inprocess import Engine
from infra.proof import inside
from tests.conftest import fresh_stack

SHARE = Share(every=9000, returning=200, chinese=200)
SPAN = Span(
    date(2016, 12, 26), date(2017, 3, 12)
)  # New Year, the Spring Festival, and who has been silent since autumn
DAYS_BEFORE = 30  # after so many the first run is broken off


class BrokenOff(Exception):
    """Somebody has ended the run."""


class Told(NamedTuple):
    """What a run has done, read and printed."""

    lived: Lived
    books: Books
    is_even: bool
    said: list[str]


def told(engine: Engine, part: Part, folder: Path) -> Told:
    lived = live(part, folder, wait=lambda _: inside.work_off())
    said: list[str] = []
    books = accounts.read(houses.scope(), part, lived.roll, lambda _: engine.outbox())
    return Told(lived, books, telling.tell(books, accounts.checks(books), said.append), said)


@pytest.fixture(scope="module")
def stack() -> Engine:
    return fresh_stack()


@pytest.fixture(scope="module")
def part(source: Source) -> Part:
    return Part(SHARE, SPAN, source)


@pytest.fixture(scope="module")
def year(stack: Engine, part: Part, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The span, lived by a run that was broken off and by another one that went on."""
    folder = tmp_path_factory.mktemp("year")

    def break_off(days: int) -> None:
        if days == DAYS_BEFORE:
            raise BrokenOff

    with pytest.raises(BrokenOff):
        live(part, folder, wait=lambda _: inside.work_off(), look=break_off)
    return told(stack, part, folder)


def test_everything_comes_out_even(year: Told) -> None:
    wrong = [f"{one.name}: {one.found} and {one.wanted}" for one in accounts.checks(year.books) if not one.is_right]
    assert (year.is_even, wrong) == (True, [])
    assert (year.lived.is_new, year.lived.days) == (False, (SPAN.last - SPAN.history).days - DAYS_BEFORE)
    assert (year.lived.rows["rejected"], bool(year.lived.rows["unchanged"])) == (0, True)


def test_something_of_everything_happens(year: Told, part: Part) -> None:
    statuses = Counter((one.rule, one.status) for one in year.books.obligations)
    assert {"new_guest", "blessings", "silence"} <= {rule for rule, _ in statuses}
    assert {"kept", "excused"} <= {status for _, status in statuses}
    occasions = {str(one.occasion) for one in year.books.deliveries}
    assert {"birthday", "festival", "first_stay", "pre_arrival", "in_stay", "thanks", "stay_anniversary"} <= occasions
    assert expected.silences(part).total() > 0 < len(expected.first_stays(part))
    assert {"festival:new_year#2017", "festival:spring_festival#2017"} <= {
        str(one.occurrence) for one in year.books.deliveries if one.occasion == "festival"
    }


def test_what_is_printed_is_what_was_read(year: Told) -> None:
    text = "\n".join(year.said)
    by_status = Counter(one.status for one in year.books.obligations)
    (whole,) = (line.split() for line in year.said if line.startswith("  The year"))
    assert [int(one) for one in whole[2:6]] == [by_status[one] for one in ("kept", "breached", "excused", "open")]
    sent = sum(one.status in accounts.SENT for one in year.books.deliveries)
    assert f"At the outbox: {sent} messages, 0 duplicated." in text
    for reason in {one.reason for one in year.books.deliveries if one.status == "skipped"}:
        assert f"{REASONS[reason].why} → {REASONS[reason].remedy}" in text
    assert len(re.findall(r"[\u4e00-\u9fff].* → ", text)) == len(re.findall(r"^ +\d+  \w+: [a-z_]+ \d", text, re.M))


def test_another_run_changes_nothing_and_prints_the_same(year: Told, stack: Engine, part: Part, tmp_path: Path) -> None:
    messages = len(stack.outbox())
    again = told(stack, part, tmp_path)
    assert (again.lived.changed, again.lived.days, len(stack.outbox())) == (0, 0, messages)
    assert again.said == year.said


def test_what_does_not_come_out_even_is_told(year: Told) -> None:
    """Each account notices what it is for."""
    books = year.books
    posted, call = books.messages[0], books.calls[0]
    kept = next(one for one in books.obligations if one.status == "kept" and one.rule == "blessings")
    spoilt = {
        "messages at the outbox more than once": replace(books, messages=[*books.messages, posted]),
        "messages of no delivery, and deliveries without a message": replace(books, messages=books.messages[1:]),
        "messages to another guest": replace(books, messages=[{**posted, "guest_id": "gst_x"}, *books.messages[1:]]),
        "birthdays that were decided: which differ": replace(
            books, deliveries=[one for one in books.deliveries if one.occasion != "birthday"]
        ),
        "days with more calls than the cap": replace(books, tasks=[call] * 6),
        "silences: calls and mails: which differ": replace(books, tasks=books.calls[1:]),
        "calls opened = calls owed": replace(books, tasks=books.calls[1:]),
        "obligations that are owed twice": replace(books, obligations=[*books.obligations, kept]),
        "birthdays and festivals: owed and decided differ": replace(
            books, obligations=[one for one in books.obligations if one is not kept]
        ),
        "kept without enough contacts that were made": replace(
            books, deliveries=[one for one in books.deliveries if one.occasion != "birthday"], tasks=[]
        ),
        "first stays that ended, and a word owed: which differ": replace(
            books, obligations=[one for one in books.obligations if one.rule != "new_guest"]
        ),
        "obligations by property, month, rule and outcome, one by one": replace(books, care=books.care[1:]),
        "messages due by occasion and outcome, one by one": replace(books, figures=books.figures[1:]),
    }
    for name, one in spoilt.items():
        said: list[str] = []
        found = accounts.checks(one)
        assert telling.tell(one, found, said.append) is False, name
        assert any(line.startswith(f"  {name}: ") and "WRONG" in line for line in said), name


def test_a_part_is_whole_guests_of_the_share(part: Part, source: Source) -> None:
    book = source.guestbook()
    numbers = {booking.number for person in part.people.values() for booking in person.bookings}
    for booking in source.bookings():
        person = part.people.get(book.guest(booking.number))
        assert (booking.number in numbers) == (person is not None and booking.booked_on <= SPAN.last)
    assert all(
        SHARE.takes(one.number, one.bookings[0].country, sum(it.is_completed for it in one.bookings))
        for one in part.people.values()
    )
    assert any(one.is_lunar for one in part.people.values())


def test_half_of_the_chinese_birthdays_are_lunar(part: Part) -> None:
    hits = sum(Draw(f"lunar:{number}").is_hit(500) for number in range(1000))
    assert 430 < hits < 570
    for person in part.people.values():
        wanted = "lunar" if person.is_lunar else ("gregorian" if person.identity.birth_date else "")
        assert person.row["birthday_calendar"] == wanted
        assert not person.is_lunar or person.identity.language.startswith("zh")


def test_guests_are_asked_once(year: Told, part: Part) -> None:
    """Who arrives again and is asked again says the same, and nothing is written. Last, for it asks everybody."""
    scope, roll = houses.scope(), year.lived.roll
    people = list(part.people.values())

    def known() -> list[tuple[int, int]]:
        ids = [roll.id(one) for one in people]
        return [(int(guests.get(scope, one).version), int(outreach.days_of(scope, one).version)) for one in ids]

    desk.welcome(scope, roll, people)
    before = known()
    desk.welcome(scope, roll, people)
    assert known() == before
    said = [guests.get(scope, roll.id(one)).consents.get("greeting:email", {}) for one in people]
    assert "front desk" in {one.get("source") for one in said}
