"""Cells as people and systems write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.guests.service.import_cells import Reading, read_day, read_moment, read_row
from chalicelib.guests.service.import_columns import CONSENT_COLUMNS, IMPORT_COLUMNS
from chalicelib.kernel.i18n import InvalidValue

NOW = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
READING = Reading(NOW, "PT", "Europe/Lisbon")


def faults_of(**cells: str) -> list[str]:
    _, faults = read_row({"external_id": "1", "family_name": "Silva", **cells}, READING)
    return [error.pointer for error in faults.errors]


def particular(name: str, cell: str) -> object:
    row, faults = read_row({"external_id": "1", name: cell}, READING)
    assert not faults.errors
    return row.particulars.get(name)


class TestDays:
    @pytest.mark.parametrize(
        "cell",
        [
            "2017-08-31", "2017/8/31", "2017.8.31", "2017年8月31日", "2017 年 8 月 31 日", "２０１７年８月３１日",
            "31.08.2017", "31/8/2017", "08/31/2017", "31-08-2017", "20170831", " 2017-08-31 ", "2017-08-31 00:00:00",
            "2017-08-31T00:00:00",
        ],
    )  # fmt: skip
    def test_ways_to_write_a_day(self, cell: str) -> None:
        assert read_day(cell) == "2017-08-31"

    def test_the_same_number_twice_is_plain(self) -> None:
        assert read_day("04/04/2017") == "2017-04-04"

    @pytest.mark.parametrize("cell", ["03/04/2017", "3.4.2017", "12-11-2017"])
    def test_what_could_be_two_days_is_refused_for_that_reason(self, cell: str) -> None:
        with pytest.raises(InvalidValue, match="could be day and month or month and day"):
            read_day(cell)

    @pytest.mark.parametrize(
        "cell",
        ["31/08/17", "2017-02-30", "2017-8", "42977", "31 Aug 2017", "2017-08/31", "0017-08-31", "2017-13-01", "",
         "2017-08-31 10:00", "31/31/2017"],
    )  # fmt: skip
    def test_what_is_no_day_is_refused(self, cell: str) -> None:
        with pytest.raises(InvalidValue):
            read_day(cell)


class TestMoments:
    @pytest.mark.parametrize(
        ("cell", "instant"),
        [
            ("2017-07-01T09:30:00Z", datetime(2017, 7, 1, 9, 30, tzinfo=UTC)),
            ("2017-07-01T09:30:00+08:00", datetime(2017, 7, 1, 1, 30, tzinfo=UTC)),
            ("2017-07-01 09:30", datetime(2017, 7, 1, 8, 30, tzinfo=UTC)),
            ("2017/7/1 9:30:15", datetime(2017, 7, 1, 8, 30, 15, tzinfo=UTC)),
            ("2017-07-01T09:30:00", datetime(2017, 7, 1, 8, 30, tzinfo=UTC)),
            ("2017年7月1日", datetime(2017, 6, 30, 23, 0, tzinfo=UTC)),
        ],
    )
    def test_instants_and_clocks_at_the_house(self, cell: str, instant: datetime) -> None:
        assert read_moment(cell, "Europe/Lisbon") == instant

    @pytest.mark.parametrize("cell", ["yesterday", "2017-07-01 25:00", "03/04/2017 10:00", "10:00", ""])
    def test_others_are_refused(self, cell: str) -> None:
        with pytest.raises(InvalidValue):
            read_moment(cell, "Europe/Lisbon")


class TestWords:
    @pytest.mark.parametrize(
        ("name", "cell", "kept"),
        [
            ("birthday_calendar", "农历", "lunar"),
            ("birthday_calendar", "阳历", "gregorian"),
            ("birthday_calendar", "Lunar ", "lunar"),
            ("nationality", "PRT", "PT"),
            ("nationality", "cn", "CN"),
            ("nationality", "中国", "CN"),
            ("nationality", "portugal", "PT"),
            ("language", "zh_hans", "zh-Hans"),
            ("language", "中文", "zh"),
            ("language", "English", "en"),
            ("time_zone", "Asia/Shanghai", "Asia/Shanghai"),
            ("given_name", "  Ana  ", "Ana"),
        ],
    )
    def test_values(self, name: str, cell: str, kept: str) -> None:
        assert particular(name, cell) == kept

    @pytest.mark.parametrize(
        ("name", "cell"),
        [
            ("birthday_calendar", "julian"),
            ("nationality", "Atlantis"),
            ("language", "x"),
            ("time_zone", "Lisbon"),
            ("email", "ana at example.com"),
            ("phone", "ring twice"),
            ("birth_date", "2031-01-01"),
            ("given_name", "a\x07"),
            ("external_id", "x" * 201),
        ],
    )
    def test_others_name_their_column(self, name: str, cell: str) -> None:
        assert faults_of(**{name: cell}) == [f"/{name}"]

    @pytest.mark.parametrize("cell", ["granted", "YES", "同意", "是", "1", "Opt-In", "ｙｅｓ"])
    def test_yes(self, cell: str) -> None:
        row, _ = read_row({"consent_greeting_email": cell}, READING)
        assert [one.state for one in row.consents] == ["granted"]

    @pytest.mark.parametrize("cell", ["denied", "no", "拒绝", "不同意", "否", "0", "FALSE"])
    def test_no(self, cell: str) -> None:
        row, _ = read_row({"consent_greeting_email": cell}, READING)
        assert [one.state for one in row.consents] == ["denied"]

    def test_perhaps(self) -> None:
        assert faults_of(consent_greeting_email="perhaps") == ["/consent_greeting_email"]


class TestRows:
    def test_a_national_number_is_read_at_the_house_and_else_at_home(self) -> None:
        row, _ = read_row({"external_id": "1", "phone": "912 345 678"}, READING)
        assert row.phone == "+351912345678"
        nowhere = Reading(NOW, None, "UTC")
        row, _ = read_row({"external_id": "1", "phone": "912345678", "nationality": "PT"}, nowhere)
        assert row.phone == "+351912345678"

    def test_everything_wrong_is_said_at_once(self) -> None:
        cells = {"email": "x", "phone": "y", "birth_date": "03/04/1987", "consent_greeting_email": "?"}
        assert faults_of(**cells) == ["/birth_date", "/email", "/phone", "/consent_greeting_email"]

    def test_a_row_without_number(self) -> None:
        _, faults = read_row({"family_name": "Silva", "external_id": "  "}, READING)
        assert [error.pointer for error in faults.errors] == ["/external_id"]

    def test_consents_carry_source_and_time(self) -> None:
        cells = {"consent_marketing_email": "no", "consent_source": "form", "consent_at": "2017-07-01T09:30:00Z"}
        row, _ = read_row({"external_id": "1", **cells}, READING)
        (one,) = row.consents
        assert (one.purpose, one.channel, one.state, one.source) == ("marketing", "email", "denied", "form")
        assert one.at == datetime(2017, 7, 1, 9, 30, tzinfo=UTC)

    def test_consents_of_the_future_are_refused(self) -> None:
        assert faults_of(consent_service_email="yes", consent_at="2026-03-05T00:00:00Z") == ["/consent_at"]


class TestColumns:
    def test_every_consent_column_is_described(self) -> None:
        assert {one.name for one in IMPORT_COLUMNS if one.name.startswith("consent_")} == {
            *CONSENT_COLUMNS, "consent_source", "consent_at"
        }  # fmt: skip

    def test_no_two_columns_share_a_header(self) -> None:
        seen: dict[str, str] = {}
        for column in IMPORT_COLUMNS:
            for header in {column.name, column.label.lower(), *(alias.lower() for alias in column.aliases)}:
                assert seen.setdefault(header, column.name) == column.name, header

    def test_the_examples_can_be_imported(self) -> None:
        row, faults = read_row({column.name: column.example for column in IMPORT_COLUMNS}, READING)
        assert not faults.errors
        assert row.external_id == "G-1042" and len(row.consents) == len(CONSENT_COLUMNS)
