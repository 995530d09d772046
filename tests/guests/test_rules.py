"""Particulars made right, names to search by, and which of two statements of consent holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.guests import rules
from chalicelib.guests.rules import Statement
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.i18n import InvalidValue

NOW = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)

INSTANTS = st.none() | st.integers(0, 3).map(lambda days: NOW - timedelta(days=days))
STATES = st.sampled_from(rules.STATES)


class TestParticulars:
    @pytest.mark.parametrize("name", ["李 明", "O’Brien", "José", "مُحَمَّد", "👩‍👩‍👧", "Ли\u200dна", "x" * 300])
    def test_names_are_kept_faithfully(self, name: str) -> None:
        assert rules.clean_name(name) == name

    @pytest.mark.parametrize("name", ["x" * 301, "a\x00b", "a\nb", "\ud800"])
    def test_names_that_cannot_be_kept_are_refused(self, name: str) -> None:
        with pytest.raises(InvalidValue):
            rules.clean_name(name)

    @pytest.mark.parametrize(("code", "kept"), [("pt", "PT"), ("CN", "CN"), ("uk", "GB")])
    def test_nationality(self, code: str, kept: str) -> None:
        assert rules.clean_nationality(code) == kept

    @pytest.mark.parametrize("code", ["PRT", "P", "", "XX", "中国", "P1"])
    def test_no_nationality(self, code: str) -> None:
        with pytest.raises(InvalidValue):
            rules.clean_nationality(code)

    def test_birth_dates_lie_between_1900_and_today_anywhere(self) -> None:
        assert rules.clean_birth_date("1900-01-01", NOW) == "1900-01-01"
        assert rules.clean_birth_date("2026-03-04", NOW) == "2026-03-04"
        late = NOW.replace(hour=11)
        assert rules.clean_birth_date("2026-03-05", late) == "2026-03-05"  # it is tomorrow in Kiribati
        for refused in ("1899-12-31", "2026-03-06", "2025-02-29", "05/08/1987"):
            with pytest.raises(InvalidValue):
                rules.clean_birth_date(refused, NOW)

    @pytest.mark.parametrize("system", ["", "Opera", "o pera", "-x", "x" * 41, "系统", "a#b"])
    def test_names_of_systems_are_plain(self, system: str) -> None:
        with pytest.raises(InvalidValue):
            rules.clean_system(system)

    def test_external_ids_are_trimmed_and_not_empty(self) -> None:
        assert rules.clean_external_id("  G 1#2/编号 ") == "G 1#2/编号"
        for refused in ("", "   ", "\u200b", "x" * 201, "a\tb"):
            with pytest.raises(InvalidValue):
                rules.clean_external_id(refused)

    def test_declarations_may_be_ahead_by_a_little(self) -> None:
        assert rules.clean_declared_at(NOW + timedelta(minutes=4), NOW) == NOW
        assert rules.clean_declared_at(NOW - timedelta(days=900), NOW) == NOW - timedelta(days=900)
        with pytest.raises(InvalidValue):
            rules.clean_declared_at(NOW + timedelta(minutes=6), NOW)

    def test_distinct_keeps_the_first_of_each(self) -> None:
        assert rules.distinct(["a@X", "b", "A@x"], str.lower) == ["a@X", "b"]


class TestNames:
    @pytest.mark.parametrize(
        ("given_name", "family_name", "queries"),
        [
            ("Ana Maria", "da Silva", ["ana", "ANA MARIA", "da s", "Da Silva Ana", "ana maria da"]),
            ("小明", "王", ["王", "王小", "王小明", "小明", "王 小明"]),
            ("민수", "김", ["김", "김민수", "민수"]),
            ("太郎", "山田", ["山田", "山田太郎", "太郎", "山田 太"]),
            ("José", "Núñez", ["nunez", "NUÑ", "jose"]),
            ("Conor", "O'Brien", ["o'b", "O’Brien", "o brien", "conor"]),
            ("", "Ｗａｎｇ", ["wang", "ＷＡ"]),
            ("Søren", "", ["soren", "sø"]),
        ],
    )
    def test_a_name_is_found_by_its_beginnings(
        self, given_name: str, family_name: str, queries: list[str]
    ) -> None:
        keys = rules.name_keys(given_name, family_name)
        for query in queries:
            prefix = rules.name_prefix(query)
            by_family, by_given = keys.by_family, keys.by_given or ""
            fitting = [
                key.startswith(rules.key_prefix(prefix, is_family_first=is_first)) and rules.begins(key, prefix)
                for key, is_first in ((by_family, True), (by_given, False))
            ]
            assert any(fitting), query

    @pytest.mark.parametrize("query", ["", "  ", "...", "\u200b", "'-'"])
    def test_a_query_needs_letters(self, query: str) -> None:
        with pytest.raises(InvalidValue):
            rules.name_prefix(query)

    def test_who_has_no_letters_in_the_name_is_still_listed(self) -> None:
        assert rules.name_keys("", "---") == (rules.NAMELESS, None, None)

    @given(st.text(max_size=300), st.text(max_size=300))
    def test_keys_fit_into_an_index(self, given_name: str, family_name: str) -> None:
        for key in rules.name_keys(given_name, family_name):
            assert key is None or 0 < len(key.encode("utf-8", "surrogatepass")) <= 1024

    @given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
    def test_every_name_is_found_by_itself(self, name: str) -> None:
        try:
            prefix = rules.name_prefix(name)
        except InvalidValue:
            return
        key = rules.name_keys("", rules.clean_name(name)).by_family
        assert key.startswith(rules.key_prefix(prefix, is_family_first=True)) and rules.begins(key, prefix)


class TestConsent:
    def statement(self, state: str, at: datetime | None = None, source: str = "desk") -> Statement:
        return Statement("greeting", "email", state, source, at)

    def held(self, state: str, at: datetime = NOW, source: str = "desk") -> dict[str, str]:
        return {"state": state, "source": source, "at": sortable(at)}

    def late(self, current: dict[str, str] | None, said: Statement) -> bool:
        return rules.declared_before(current, said, sortable(said.at) if said.at else None)

    def test_what_is_said_now_holds(self) -> None:
        assert rules.declared_now(None, self.statement("granted"))
        assert rules.declared_now(self.held("denied"), self.statement("granted"))
        assert rules.declared_now(self.held("granted"), self.statement("granted", source="form"))
        assert not rules.declared_now(self.held("granted"), self.statement("granted"))

    def test_an_older_grant_never_replaces_a_denial(self) -> None:
        before = NOW - timedelta(days=1)
        assert not self.late(self.held("denied"), self.statement("granted", before))
        assert self.late(self.held("denied", before), self.statement("granted", NOW))

    def test_without_a_time_only_gaps_are_filled_and_denials_heeded(self) -> None:
        assert self.late(None, self.statement("granted"))
        assert not self.late(self.held("denied"), self.statement("granted"))
        assert self.late(self.held("granted"), self.statement("denied"))

    def test_at_one_instant_the_denial_holds(self) -> None:
        assert self.late(self.held("granted"), self.statement("denied", NOW))
        assert not self.late(self.held("denied"), self.statement("granted", NOW))

    @given(st.lists(st.tuples(STATES, INSTANTS.filter(bool)), min_size=1, max_size=6), st.randoms())
    def test_the_order_in_which_dated_reports_arrive_does_not_matter(
        self, reports: list[tuple[str, datetime]], random: object
    ) -> None:
        def outcome(order: list[tuple[str, datetime]]) -> tuple[str, str]:
            current: dict[str, str] | None = None
            for state, at in order:
                if self.late(current, self.statement(state, at)):
                    current = self.held(state, at)
            assert current is not None
            return current["state"], current["at"]

        shuffled = list(reports)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        assert outcome(reports) == outcome(shuffled)

    @given(STATES, INSTANTS, STATES, INSTANTS)
    def test_saying_it_twice_changes_nothing(
        self, held: str, held_at: datetime | None, state: str, at: datetime | None
    ) -> None:
        current: dict[str, str] = self.held(held, held_at or NOW)
        said = self.statement(state, at)
        if self.late(current, said):
            current = self.held(state, at or NOW)
        assert not self.late(current, said)
