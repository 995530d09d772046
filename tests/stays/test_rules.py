"""Which word counts, what follows from it, and the limits of a stay."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.i18n import InvalidValue
from chalicelib.stays import rules
from chalicelib.stays.rules import Line, Moment, Source, State, Told

NOW = datetime(2026, 3, 8, 11, 0, tzinfo=UTC)
TOLD = Told("gst_a", "2026-03-05", "2026-03-08", "booked", "EUR")


def moment(now: datetime = NOW, *, is_import: bool = False) -> Moment:
    return Moment(now, now.date(), "Europe/Lisbon", time(3), is_import)


def hear(*words: tuple[Told, Source | None], at: Moment | None = None) -> tuple[State, list[str]]:
    state: State | None = None
    outcomes = []
    for told, source in words:
        state, outcome = rules.hear(state, told, source, at or moment())
        outcomes.append(outcome)
    assert state is not None
    return state, outcomes


def version(number: int) -> Source:
    return Source("pms", number)


class TestOrder:
    def test_versions_decide_before_instants(self) -> None:
        known, told = Source("pms", 2, "2026-03-01T00:00:00.000000Z"), Source("pms", 1, "2026-03-02T00:00:00.000000Z")
        assert rules.order_of(known, told) == "older" and not rules.is_newer(known, told)

    def test_instants_decide_where_a_version_is_missing(self) -> None:
        first, second = (Source("pms", None, f"2026-03-0{day}T00:00:00.000000Z") for day in (1, 2))
        assert rules.order_of(first, second) == "newer"
        assert rules.order_of(second, first) == "older"
        assert rules.order_of(second, replace(second, version=7)) == "same"

    @pytest.mark.parametrize("told", [None, Source("pms")])
    def test_without_an_order_the_last_word_wins(self, told: Source | None) -> None:
        assert rules.is_newer(version(9), told)

    def test_whatever_comes_first_counts(self) -> None:
        assert rules.is_newer(None, version(1)) and rules.is_newer(Source("pms"), version(0))

    @pytest.mark.parametrize("told", [Source("other", 3), Source("pms", None, "2026-03-01T00:00:00.000000Z")])
    def test_what_cannot_be_compared_is_refused(self, told: Source) -> None:
        with pytest.raises(InvalidValue):
            rules.order_of(version(1), told)


class TestHear:
    def test_the_outcomes(self) -> None:
        other = replace(TOLD, status="in_house")
        state, outcomes = hear(
            (TOLD, version(2)), (TOLD, version(2)), (other, version(2)), (other, version(1)), (TOLD, version(1)),
            (other, version(3)), (other, None), (TOLD, None),
        )  # fmt: skip
        assert outcomes == [
            "created", "unchanged", "superseded", "superseded", "unchanged", "updated", "unchanged", "updated",
        ]  # fmt: skip
        assert state.told == TOLD and state.source == version(3)

    def test_a_newer_word_that_says_the_same_still_decides_what_is_older(self) -> None:
        other = replace(TOLD, room_type="DLX")
        state, outcomes = hear((TOLD, version(1)), (TOLD, version(3)), (other, version(2)))
        assert outcomes == ["created", "updated", "superseded"] and state.told == TOLD

    def test_a_word_by_hand_leaves_the_order_of_the_source(self) -> None:
        state, _ = hear((TOLD, version(4)), (replace(TOLD, room_type="DLX"), None))
        assert state.source == version(4)
        state, outcome = rules.hear(state, TOLD, version(3), moment())
        assert outcome == "superseded"

    def test_every_order_of_five_versions_ends_alike(self) -> None:
        versions = [
            (TOLD, version(1)),
            (replace(TOLD, status="in_house", room_number="12"), version(2)),
            (replace(TOLD, status="checked_out", revenue_lines=(Line("1", "room", 300),)), version(3)),
            (replace(TOLD, status="in_house", room_number="14"), version(4)),
            (replace(TOLD, status="checked_out", revenue_lines=(Line("1", "room", 350),)), version(5)),
        ]
        ends = {hear(*(word for word in order for _ in "ab"))[0] for order in itertools.permutations(versions)}
        assert ends == {State(versions[-1][0], version(5), False, NOW)}

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=12), st.randoms())
    def test_the_newest_version_wins_in_any_order(self, marks: list[tuple[int, int]], chance: object) -> None:
        """Under one version only one content is sent, as a source does; then order never shows."""
        words = [(replace(TOLD, adults=mark, children=twin % 1), version(mark)) for mark, twin in marks]
        newest = max(mark for mark, _ in marks)
        chance.shuffle(words)  # type: ignore[attr-defined]
        state, _ = hear(*words)
        assert state.told.adults == newest and state.source == version(newest)


class TestCheckedOut:
    OUT = replace(TOLD, status="checked_out")

    def test_seen_live_it_is_now(self) -> None:
        assert hear((TOLD, None), (self.OUT, None))[0].checked_out_at == NOW

    def test_told_a_day_late_it_is_still_now(self) -> None:
        late = moment(NOW + timedelta(days=1))
        assert hear((TOLD, None), (self.OUT, None), at=late)[0].checked_out_at == late.now

    def test_told_a_month_late_it_is_the_close_of_the_day_of_departure(self) -> None:
        at = moment(NOW + timedelta(days=30))
        assert hear((TOLD, None), (self.OUT, None), at=at)[0].checked_out_at == datetime(2026, 3, 9, 3, tzinfo=UTC)

    def test_history_left_at_the_close_of_its_day_but_never_in_the_future(self) -> None:
        at = moment(NOW + timedelta(days=2), is_import=True)
        state = hear((self.OUT, None), at=at)[0]
        assert state.is_history and state.checked_out_at == datetime(2026, 3, 9, 3, tzinfo=UTC)
        assert hear((self.OUT, None), at=moment(is_import=True))[0].checked_out_at == NOW

    def test_an_estimate_follows_a_corrected_departure_and_a_fact_does_not(self) -> None:
        earlier = replace(self.OUT, departure="2026-03-07")
        late = moment(NOW + timedelta(days=30))
        assert hear((self.OUT, None), (earlier, None), at=late)[0].checked_out_at == datetime(2026, 3, 8, 3, tzinfo=UTC)
        assert hear((self.OUT, None), (earlier, None))[0].checked_out_at == NOW

    def test_a_reversed_check_out_forgets_it(self) -> None:
        state = hear((self.OUT, None), (replace(TOLD, status="in_house"), None))[0]
        assert state.checked_out_at is None


class TestHistory:
    @pytest.mark.parametrize("status", ["checked_out", "cancelled", "no_show"])
    def test_an_import_first_brings_it_in_over(self, status: str) -> None:
        assert hear((replace(TOLD, status=status), None), at=moment(is_import=True))[0].is_history

    @pytest.mark.parametrize(
        ("told", "is_import"),
        [
            (replace(TOLD, status="checked_out"), False),
            (replace(TOLD, status="in_house"), True),
            (replace(TOLD, status="cancelled", departure="2026-03-09"), True),
        ],
    )
    def test_anything_else_is_not_history(self, told: Told, is_import: bool) -> None:
        assert not hear((told, None), at=moment(is_import=is_import))[0].is_history

    def test_history_that_is_reversed_comes_alive(self) -> None:
        over, alive = replace(TOLD, status="checked_out"), replace(TOLD, status="in_house")
        at = moment(is_import=True)
        assert hear((over, version(1)), (replace(over, adults=2), version(2)), at=at)[0].is_history
        assert not hear((over, version(1)), (alive, version(2)), (over, version(3)), at=at)[0].is_history


class TestNews:
    OUT = State(replace(TOLD, status="checked_out"), None)
    IN = State(replace(TOLD, status="in_house"), None)
    NO_SHOW = State(replace(TOLD, status="no_show"), None)

    def test_completing(self) -> None:
        assert rules.completes("in_house", "checked_out") and rules.completes(None, "checked_out")
        assert not rules.completes("checked_out", "checked_out") and not rules.completes("booked", "in_house")

    def test_live_completions_are_news(self) -> None:
        assert rules.is_news(None, self.OUT, is_import=False)
        assert rules.is_news(self.NO_SHOW, self.OUT, is_import=False)
        assert not rules.is_news(self.OUT, self.OUT, is_import=False)

    def test_of_imports_only_what_was_known_as_not_over(self) -> None:
        assert rules.is_news(self.IN, self.OUT, is_import=True)
        assert not rules.is_news(None, self.OUT, is_import=True)
        assert not rules.is_news(self.NO_SHOW, self.OUT, is_import=True)

    def test_never_of_history(self) -> None:
        assert not rules.is_news(self.IN, replace(self.OUT, is_history=True), is_import=False)

    def test_every_step_has_a_name(self) -> None:
        steps = {(a, b): rules.transition(a, b) for a in (None, *rules.STATUSES) for b in rules.STATUSES}
        assert steps[None, "booked"] == "recorded" and steps["booked", "booked"] == "amended"
        assert steps["checked_out", "in_house"] == "check_out_reversed"
        assert steps["in_house", "booked"] == "check_in_reversed"
        assert steps["cancelled", "booked"] == "cancellation_reversed"
        assert steps["booked", "no_show"] == "did_not_arrive"


class TestLimits:
    def test_nights(self) -> None:
        assert rules.nights("2026-03-05", "2026-03-08") == 3 and rules.nights("2026-03-05", "2026-03-05") == 0

    @pytest.mark.parametrize(("first", "last"), [("2026-03-05", "2026-03-04"), ("2026-03-05", "2027-03-07")])
    def test_impossible_days(self, first: str, last: str) -> None:
        with pytest.raises(InvalidValue):
            rules.check_days(date.fromisoformat(first), date.fromisoformat(last))

    def test_possible_days(self) -> None:
        rules.check_days(date(2026, 3, 5), date(2026, 3, 5))
        rules.check_days(date(2026, 3, 5), date(2027, 3, 6))

    def test_lines(self) -> None:
        rules.check_lines((Line("1", "room", 300), Line("2", "room", -300)))
        with pytest.raises(InvalidValue, match="one id"):
            rules.check_lines((Line("1", "room", 300), Line("1", "spa", 200)))
        with pytest.raises(InvalidValue, match="at most"):
            rules.check_lines(tuple(Line(str(number), "room", 1) for number in range(201)))
        with pytest.raises(InvalidValue, match="add up"):
            rules.check_lines((Line("1", "room", 10**15 - 1), Line("2", "room", 1)))

    def test_totals_leave_tax_out(self) -> None:
        assert rules.revenue_total((Line("1", "room", 300, 18), Line("2", "spa", -50))) == 250

    def test_lines_in_another_order_are_the_same_word(self) -> None:
        lines = [Line("b", "room", 1), Line("a", "spa", 2)]
        assert rules.in_order(lines) == rules.in_order(lines[::-1])
