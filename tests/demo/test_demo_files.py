"""The import files: every booking once, states in their order, ends that agree with the truths to the cent."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from infra.demo import files
from infra.demo.bookings import Booking, Hotel, Outcome, parse_booking, raw_rows
from infra.demo.files import Demo
from infra.demo.guestbook import Guestbook
from infra.demo.rows import GUEST_COLUMNS, STAY_COLUMNS, decimal_text, stay_row
from infra.demo.selection import ARRIVING_DAYS, select_part
from infra.demo.source import Source
from infra.demo.timeline import DEMO_AS_OF, LAST_CHANGE, Status, changes_after, shift_days_to, status_on
from infra.demo.truths import TRUTHS, Truth
from tests.demo.conftest import People, Stays, Written, rows_of

# Pins the whole output across processes, machines and versions of Python. A wanted change of the generator changes it.
GOLDEN_SHA256 = "34e682d09723867996c50e8b0a6536b490ce8ae8e5bf418537c7ffac9f69212b"


def booking(outcome: Outcome, arrival: date, settled_on: date) -> Booking:
    one = parse_booking(1, next(raw_rows()))
    one.outcome, one.arrival, one.departure, one.settled_on = outcome, arrival, arrival + timedelta(days=3), settled_on
    return one


class TestTimeline:
    def test_a_stay_is_booked_then_in_house_then_checked_out(self) -> None:
        stay = booking(Outcome.CHECKED_OUT, date(2017, 8, 1), date(2017, 8, 4))
        days = [date(2017, 7, 31) + timedelta(days=n) for n in range(6)]
        assert [status_on(stay, day) for day in days] == ["booked", *["in_house"] * 3, "checked_out", "checked_out"]
        assert list(changes_after(stay, days[0])) == [(days[1], Status.IN_HOUSE), (days[4], Status.CHECKED_OUT)]
        assert list(changes_after(stay, days[1])) == [(days[4], Status.CHECKED_OUT)]
        assert not list(changes_after(stay, days[4]))

    def test_a_day_guest_is_never_in_house(self) -> None:
        stay = booking(Outcome.CHECKED_OUT, date(2017, 8, 1), date(2017, 8, 1))
        assert list(changes_after(stay, DEMO_AS_OF)) == [(date(2017, 8, 1), Status.CHECKED_OUT)]

    @pytest.mark.parametrize(
        ("outcome", "end"), [(Outcome.CANCELLED, Status.CANCELLED), (Outcome.NO_SHOW, Status.NO_SHOW)]
    )
    def test_who_does_not_come_is_booked_until_then(self, outcome: Outcome, end: Status) -> None:
        stay = booking(outcome, date(2017, 8, 5), date(2017, 8, 2))
        assert status_on(stay, date(2017, 8, 1)) is Status.BOOKED
        assert list(changes_after(stay, DEMO_AS_OF)) == [(date(2017, 8, 2), end)]

    def test_the_shift_makes_yesterday_the_last_known_day(self) -> None:
        today = date(2026, 11, 21)
        assert DEMO_AS_OF + timedelta(days=shift_days_to(today)) == date(2026, 11, 20)


class TestHistory:
    def test_every_booking_is_there_once_with_its_number(self, written: Written, stays: Stays) -> None:
        for hotel in Hotel:
            assert len(stays[hotel]) == written.one(files.STAYS, hotel).rows == TRUTHS[hotel].bookings
        numbers = sorted(number for rows in stays.values() for number in rows)
        assert numbers == [f"HBD-{number:06d}" for number in range(1, 119_391)]

    def test_files_have_the_columns_of_the_import_format(self, written: Written) -> None:
        for file in written.files:
            with file.path.open(encoding="utf-8") as lines:
                columns = GUEST_COLUMNS if file.kind == files.GUESTS else STAY_COLUMNS
                assert next(lines).rstrip("\n").split(",") == list(columns)
                assert len(next(lines).split(",")) == len(columns)

    def test_every_stay_finds_its_guest_in_its_hotels_file(
        self, stays: Stays, guests: dict[Hotel, list[dict[str, str]]]
    ) -> None:
        for hotel in Hotel:
            known = [row["external_id"] for row in guests[hotel]]
            assert len(set(known)) == len(known)
            assert {row["guest_external_id"] for row in stays[hotel].values()} == set(known)

    def test_a_guest_of_both_hotels_reads_the_same_in_both_files(
        self, guests: dict[Hotel, list[dict[str, str]]], people: People, guestbook: Guestbook
    ) -> None:
        assert len(people) == guestbook.guests
        assert all(people[row["external_id"]] == row for row in guests[Hotel.RESORT])
        assert sum(len(rows) for rows in guests.values()) > len(people) * 1.01

    def test_states_revenue_and_versions_on_the_day(self, stays: Stays, bookings: list[Booking]) -> None:
        versions = {"booked": "1", "in_house": "2", "checked_out": "3", "cancelled": "3", "no_show": "3"}
        for one in bookings:
            row = stays[one.hotel][one.external_id]
            assert row["status"] == status_on(one, DEMO_AS_OF)
            assert row["source_version"] == versions[row["status"]]
            assert bool(row["revenue_room"]) == (row["status"] == "checked_out")
        counts = Counter(row["status"] for rows in stays.values() for row in rows.values())
        assert set(counts) == set(versions)
        assert sum(one.booked_on > DEMO_AS_OF for one in bookings) == 730

    def test_the_output_is_pinned(self, written: Written) -> None:
        digest = hashlib.sha256()
        for file in written.files:
            digest.update(file.path.read_bytes())
        assert digest.hexdigest() == GOLDEN_SHA256

    def test_guests_files_come_first(self, written: Written) -> None:
        assert [file.kind for file in written.files] == [files.GUESTS] * 2 + [files.STAYS] * 2


class TestDayChanges:
    def test_after_the_last_day_everything_agrees_with_the_truths(
        self, demo: Demo, stays: Stays, bookings: list[Booking]
    ) -> None:
        state = {hotel: dict(rows) for hotel, rows in stays.items()}
        days = [DEMO_AS_OF + timedelta(days=n) for n in range(1, 62)]
        assert days[-1] == date(2017, 9, 30)
        for day in days:
            for hotel, rows in demo.day_changes(day).items():
                for row in rows:
                    before = state[hotel][row["external_id"]]
                    assert int(row["source_version"]) > int(before["source_version"])
                    assert row["guest_external_id"] == before["guest_external_id"]
                    state[hotel][row["external_id"]] = row
        for one in bookings:
            row = state[one.hotel][one.external_id]
            assert row["status"] == status_on(one, LAST_CHANGE)
        for hotel in Hotel:
            final = list(state[hotel].values())
            counts = Counter(row["status"] for row in final)
            completed = [row for row in final if row["status"] == "checked_out"]
            nights = [
                date.fromisoformat(r["departure_date"]) - date.fromisoformat(r["arrival_date"]) for r in completed
            ]
            assert TRUTHS[hotel] == Truth(
                bookings=len(final),
                checked_out=counts["checked_out"],
                cancelled=counts["cancelled"],
                no_show=counts["no_show"],
                repeated=TRUTHS[hotel].repeated,
                revenue_cents=int(sum(Decimal(row["revenue_room"]) for row in completed) * 100),
                room_nights=sum(nights, timedelta()).days,
            )

    def test_no_booking_changes_after_the_last_day(self, demo: Demo, bookings: list[Booking]) -> None:
        assert max(one.settled_on for one in bookings) == LAST_CHANGE
        assert any(demo.day_changes(LAST_CHANGE).values())
        assert not any(demo.day_changes(LAST_CHANGE + timedelta(days=1)).values())

    def test_a_day_changes_a_stay_once(self, demo: Demo) -> None:
        for rows in demo.day_changes(date(2017, 8, 5)).values():
            ids = [row["external_id"] for row in rows]
            assert ids and len(set(ids)) == len(ids)

    def test_the_history_itself_is_not_a_change(self, demo: Demo) -> None:
        with pytest.raises(ValueError, match="history covers"):
            demo.day_changes(DEMO_AS_OF)

    def test_a_caller_cannot_spoil_the_next_answer(self, demo: Demo) -> None:
        demo.day_changes(date(2017, 8, 5))[Hotel.CITY].clear()
        assert demo.day_changes(date(2017, 8, 5))[Hotel.CITY]

    def test_a_days_files(self, demo: Demo, tmp_path: Path) -> None:
        written = demo.write_day_changes(tmp_path, date(2017, 8, 1))
        assert [file.path.name for file in written] == ["stays-resort-2017-08-01.csv", "stays-city-2017-08-01.csv"]
        for file in written:
            assert rows_of(file.path) == demo.day_changes(date(2017, 8, 1))[file.hotel]
        assert not demo.write_day_changes(tmp_path, date(2017, 9, 30))


class TestRows:
    @pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (-638, "-6.38"), (5, "0.05"), (540_000, "5400.00")])
    def test_money(self, cents: int, text: str) -> None:
        assert decimal_text(cents) == text

    def test_the_negative_price_is_kept(self, stays: Stays) -> None:
        negative = [r for rows in stays.values() for r in rows.values() if r["revenue_room"].startswith("-")]
        assert [row["revenue_room"] for row in negative] == ["-63.80"]

    def test_a_booked_row_tells_the_reserved_room_and_no_revenue(self) -> None:
        one = parse_booking(1, next(raw_rows()) | {"reserved_room_type": "A", "assigned_room_type": "D", "babies": "1"})
        booked, out = (stay_row(one, 1, status) for status in (Status.BOOKED, Status.CHECKED_OUT))
        assert (booked["room_type"], booked["revenue_room"], booked["children"]) == ("A", "", "1")
        assert (out["room_type"], out["revenue_room"], out["room_number"]) == ("D", "0.00", "")

    def test_rate_plans(self, stays: Stays) -> None:
        plans = {row["rate_plan"] for rows in stays.values() for row in rows.values()}
        assert plans <= {f"{meal}{end}" for meal in ("BB", "HB", "FB", "SC") for end in ("", "-NONREF", "-REF")}


class TestPart:
    def test_a_part_shows_both_hotels_at_work(self, bookings: list[Booking], guestbook: Guestbook) -> None:
        numbers = select_part(bookings, guestbook, DEMO_AS_OF, 1_500)
        chosen = [one for one in bookings if one.number in numbers]
        assert 1_500 <= len(chosen) < 1_800
        for hotel in Hotel:
            mine = [one for one in chosen if one.hotel is hotel]
            counts = Counter(status_on(one, DEMO_AS_OF) for one in mine)
            assert counts[Status.IN_HOUSE] >= 100 and counts[Status.CHECKED_OUT] >= 100
            for ahead in range(1, ARRIVING_DAYS):
                assert sum((one.arrival - DEMO_AS_OF).days == ahead for one in mine) >= 25

    def test_a_part_holds_every_known_booking_of_its_guests(
        self, bookings: list[Booking], guestbook: Guestbook
    ) -> None:
        numbers = select_part(bookings, guestbook, DEMO_AS_OF, 300)
        mine = {guestbook.first_booking(number) for number in numbers}
        assert mine <= numbers
        for one in bookings:
            if one.booked_on <= DEMO_AS_OF:
                assert (guestbook.first_booking(one.number) in mine) == (one.number in numbers)

    def test_a_part_can_be_moved_to_today(self, source: Source, tmp_path: Path) -> None:
        shift_days = shift_days_to(date(2026, 11, 21))
        demo = Demo(part=300, shift_days=shift_days, source=source)
        written = demo.write_history(tmp_path)
        names = ["guests-city.csv", "guests-resort.csv", "stays-city.csv", "stays-resort.csv"]
        assert sorted(path.name for path in tmp_path.iterdir()) == names
        rows = [row for file in written if file.kind == files.STAYS for row in rows_of(file.path)]
        guests = {
            row["external_id"]: row for file in written if file.kind == files.GUESTS for row in rows_of(file.path)
        }
        assert {row["guest_external_id"] for row in rows} == set(guests)
        assert all(row["departure_date"] > "2026-11-20" for row in rows if row["status"] == "in_house")
        assert all(row["booked_on"] < "2026-11-21" for row in rows)
        assert all(row["consent_at"] < "2026-11-20" for row in guests.values())
        assert sum(row["arrival_date"] == "2026-11-21" and row["status"] == "booked" for row in rows) >= 20
        changes = demo.day_changes(date(2026, 11, 21))
        assert {row["external_id"] for rows in changes.values() for row in rows} <= {row["external_id"] for row in rows}
        assert any(row["status"] == "in_house" for rows in changes.values() for row in rows)

    def test_a_part_and_the_whole_agree_on_who_a_guest_is(self, source: Source, people: People, tmp_path: Path) -> None:
        for file in Demo(part=100, source=source).write_history(tmp_path):
            if file.kind == files.GUESTS:
                assert all(people[row["external_id"]] == row for row in rows_of(file.path))
