"""Which version of a policy holds at which instant: pure rules, then what a chain lives through."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import Invalid
from chalicelib.outreach.rules import care, versions
from chalicelib.outreach.rules.care import CarePolicy
from chalicelib.outreach.rules.policies import Policy, default_of

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def on(number: int, begins: datetime, **fields: Any) -> Policy:
    return Policy("festival", number, True, begins, **fields)


def off(number: int, begins: datetime, **fields: Any) -> Policy:
    return Policy("festival", number, False, begins, **fields)


def held(said: list[Policy], instant: datetime) -> int:
    found = versions.held_at(versions.line_of(said), instant)
    assert found is not None
    return found.number


class TestWhichHolds:
    def test_the_one_that_began_last(self) -> None:
        said = [default_of("festival"), on(1, NEW_YEAR), off(2, NOW)]
        assert [held(said, one) for one in (NOW - timedelta(days=1), NOW, NEW_YEAR - timedelta(seconds=1))] == [0, 2, 2]
        assert held(said, NEW_YEAR) == held(said, NEW_YEAR + timedelta(days=900)) == 1

    def test_of_those_that_begin_together_the_later_one(self) -> None:
        assert held([default_of("festival"), off(2, NOW), on(1, NOW)], NOW) == 2

    def test_a_withdrawn_one_never(self) -> None:
        said = [default_of("festival"), off(1, NOW), on(2, NEW_YEAR, withdrawn_at=NOW)]
        assert held(said, NEW_YEAR) == 1
        assert versions.ends_of(said) == {0: NOW}

    def test_none_before_the_first_of_a_property(self) -> None:
        assert versions.held_at(versions.line_of([on(1, NEW_YEAR)]), NOW) is None

    @given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3), st.booleans()), max_size=8), st.integers(-4, 4))
    def test_as_if_every_version_were_looked_at(self, drawn: list[tuple[bool, int, bool]], day: int) -> None:
        """The oracle goes through the days one by one, and through the versions of each by number."""
        said = [default_of("festival")]
        for number, (is_on, begins, is_gone) in enumerate(drawn, 1):
            at = NOW + timedelta(days=begins)
            said.append(Policy("festival", number, is_on, at, withdrawn_at=NOW if is_gone else None))
        present, since = said[0], None
        for each in range(-3, day + 1):
            for one in said[1:]:
                if one.valid_from == NOW + timedelta(days=each) and one.withdrawn_at is None:
                    since = None if not one.is_on else since if present.is_on else one.valid_from
                    present = one
        found = versions.held_at(versions.line_of(said), NOW + timedelta(days=day))
        assert found is not None and (found.number, found.on_since) == (present.number, since)


class TestSinceWhen:
    def test_one_that_is_published_between_two_others_moves_it(self) -> None:
        ahead = on(1, NEW_YEAR)
        assert versions.line_of([default_of("festival"), ahead])[-1].on_since == NEW_YEAR
        assert versions.line_of([default_of("festival"), ahead, on(2, NOW)])[-1].on_since == NOW
        gap = off(3, NOW + timedelta(days=1))
        assert versions.line_of([default_of("festival"), ahead, on(2, NOW), gap])[-1].on_since == NEW_YEAR

    def test_what_was_on_by_the_house_rule_is_on_since_the_beginning(self) -> None:
        line = versions.line_of([default_of("birthday"), Policy("birthday", 1, True, NEW_YEAR, offer={"en": "a"})])
        assert [one.on_since for one in line] == [None, None]

    def test_the_withdrawn_are_told_of_too(self) -> None:
        said = [default_of("festival"), on(1, NOW), off(2, NEW_YEAR, withdrawn_at=NOW)]
        shown = versions.shown(said, NOW)
        assert [(one.policy.number, one.standing, one.ends_at) for one in shown] == [
            (0, "ended", NOW), (1, "in_force", None), (2, "withdrawn", None),
        ]  # fmt: skip
        assert [one.standing for one in versions.shown(said[:2], NOW, is_overruled=True)] == ["ended", "overruled"]
        assert [one.standing for one in versions.shown([default_of("festival"), on(1, NEW_YEAR)], NOW)] == [
            "in_force", "ahead",
        ]  # fmt: skip


class TestBeginnings:
    @pytest.mark.parametrize(
        ("wanted", "zone", "found"),
        [
            (None, "UTC", None),
            (date(2026, 11, 20), "UTC", None),
            (NOW, "UTC", None),
            (date(2027, 1, 1), "Asia/Shanghai", datetime(2026, 12, 31, 16, tzinfo=UTC)),
            (date(2027, 1, 1), "America/New_York", datetime(2027, 1, 1, 5, tzinfo=UTC)),
            (date(2026, 11, 20), "Pacific/Kiritimati", None),  # it is that day there
            (NOW + timedelta(days=366), "UTC", NOW + timedelta(days=366)),
            (NEW_YEAR, "Asia/Shanghai", NEW_YEAR),
        ],
    )
    def test_a_day_begins_where_the_chain_is(self, wanted: Any, zone: str, found: datetime | None) -> None:
        assert versions.start_of(wanted, NOW, zone) == found

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            (date(2026, 11, 19), "in_the_past"),
            (NOW - timedelta(seconds=1), "in_the_past"),
            (NOW + timedelta(days=366, seconds=1), "too_far"),
            (date(2027, 11, 22), "too_far"),
            (date(2026, 11, 20), "in_the_past"),  # 21 November has begun in Kiritimati a while later
        ],
    )
    def test_refused(self, wanted: Any, code: str) -> None:
        now = NOW + timedelta(hours=4) if wanted == date(2026, 11, 20) else NOW
        zone = "Pacific/Kiritimati" if wanted == date(2026, 11, 20) else "UTC"
        with pytest.raises(Invalid) as refused:
            versions.start_of(wanted, now, zone)
        assert [(one.pointer, one.code) for one in refused.value.errors] == [("/valid_from", code)]

    def test_at_once_is_after_what_another_clock_has_begun(self) -> None:
        """A machine whose clock is half a second ahead has published; what is published next holds all the same."""
        begun = on(1, NOW + timedelta(seconds=0.5))
        assert versions.at_once([default_of("festival"), begun], NOW) == begun.valid_from
        assert held([default_of("festival"), begun, off(2, versions.at_once([begun], NOW))], NEW_YEAR) == 2
        assert versions.at_once([default_of("festival"), on(1, NOW + timedelta(seconds=2))], NOW) == NOW

    def test_withdrawn_in_time_to_be_heard_of(self) -> None:
        one = on(1, NEW_YEAR)
        assert versions.may_be_withdrawn(one, NEW_YEAR - timedelta(seconds=31))
        assert not versions.may_be_withdrawn(one, NEW_YEAR - timedelta(seconds=30))
        assert not versions.may_be_withdrawn(default_of("festival"), NOW)


class TestBesideTheChain:
    @pytest.mark.parametrize(
        ("rule", "chain", "house", "short"),
        [
            ("new_guest", {"days": 5}, {"days": 5}, set()),
            ("new_guest", {"days": 3}, {"days": 5}, {"/days"}),
            ("silence", {"grace_days": 1}, {"grace_days": 2}, {"/grace_days"}),
            (
                "loyal_guest", {"per_month": 2, "stays": 2, "window_days": 180, "contact_day": 15},
                {"per_month": 1, "stays": 3, "window_days": 90, "contact_day": 20},
                {"/per_month", "/stays", "/window_days"},
            ),
            ("blessings", {"occasions": ["birthday", "festival", "special_day"]},
             {"occasions": ["birthday", "festival", "stay_anniversary"]}, {"/occasions"}),
        ],
    )  # fmt: skip
    def test_a_house_that_asks_for_less_follows_the_chain(
        self, rule: str, chain: dict[str, Any], house: dict[str, Any], short: set[str]
    ) -> None:
        assert {one.pointer for one in care.shortfalls(chain, house)} == short
        above = CarePolicy(rule, 1, True, chain, None, True, NOW, NOW)
        own = CarePolicy(rule, 1, True, house, "prp_1", False, NOW, NOW)
        assert (care.in_place(above, own).property_id is None) is bool(short)
