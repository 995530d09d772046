"""Pure decisions: when, whether, and what becomes of what is heard."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kernel.calendars import birthday_in, local_day, local_time
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.i18n import translator
from chalicelib.kernel.languages import time_zones
from chalicelib.outreach.rules import eligibility, outcomes, timing
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.texts import text_parts
from chalicelib.outreach.rules.timing import Due, Quiet, Window, Yearly
from chalicelib.outreach.rules.vocabulary import OCCASION_NAMES, OCCASIONS, PURPOSES, REASONS, STATUSES

BORN = date(1988, 3, 10)
ZONES = sorted(time_zones())
NO_QUIET = Quiet(time(0), time(0))


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here needs the stack."""


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def next_greeting(now: datetime, zones: set[str], *, is_imported: bool = False, born: date = BORN) -> Due:
    return timing.next_greeting(Yearly(born), now, zones, "Europe/Lisbon", 10, is_imported=is_imported)


class TestGreetingWindow:
    def test_an_ordinary_day(self) -> None:
        window = timing.greeting_window(date(2026, 7, 1), 10, "Asia/Shanghai")
        assert window == Window(utc(2026, 7, 1, 2), utc(2026, 7, 1, 12))

    def test_a_day_that_the_zone_leaves_out(self) -> None:
        window = timing.greeting_window(date(2011, 12, 30), 10, "Pacific/Apia")
        assert local_day(window.opens, "Pacific/Apia") == date(2011, 12, 31)
        at = timing.moment_in(window, window.opens, "Pacific/Apia", Quiet(time(21), time(9)))
        assert at is not None and local_time(at, "Pacific/Apia") == time(9)

    def test_half_an_hour_of_lord_howe(self) -> None:
        before = timing.greeting_window(date(2026, 4, 4), 10, "Australia/Lord_Howe").opens
        after = timing.greeting_window(date(2026, 4, 5), 10, "Australia/Lord_Howe").opens
        assert after - before == timedelta(hours=24, minutes=30)

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(ZONES), st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.integers(0, 23))
    def test_it_opens_when_the_wall_says_so(self, zone: str, day: date, hour: int) -> None:
        window = timing.greeting_window(day, hour, zone)
        wall = datetime.combine(day, time(hour))
        shown = window.opens.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert shown >= wall
        just_before = (window.opens - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert just_before < wall
        assert window.opens < window.closes <= window.opens + timedelta(hours=26)


class TestNextGreeting:
    def test_several_zones_the_first_of_them(self) -> None:
        due = next_greeting(utc(2026, 3, 1), {"Europe/Lisbon", "Asia/Tokyo", "America/Denver"})
        assert due == Due(date(2026, 3, 10), utc(2026, 3, 10, 1))

    def test_nowhere_the_first_place_on_earth(self) -> None:
        assert next_greeting(utc(2026, 3, 1), set()) == Due(date(2026, 3, 10), utc(2026, 3, 9, 20))

    def test_nowhere_on_the_day_itself_the_chains_clock(self) -> None:
        assert next_greeting(utc(2026, 3, 10, 1), set()) == Due(date(2026, 3, 10), utc(2026, 3, 10, 10))
        assert next_greeting(utc(2026, 3, 10, 19), set()) == Due(date(2026, 3, 10), utc(2026, 3, 10, 19))
        assert next_greeting(utc(2026, 3, 10, 20), set()).day == date(2027, 3, 10)

    @pytest.mark.parametrize(
        ("hour", "is_imported", "day"),
        [(9, False, 2026), (9, True, 2026), (10, True, 2026), (11, False, 2026), (11, True, 2027), (20, False, 2027)],
    )
    def test_on_the_day(self, hour: int, is_imported: bool, day: int) -> None:
        found = next_greeting(utc(2026, 3, 10, hour), {"Europe/Lisbon"}, is_imported=is_imported)
        assert found.day.year == day
        assert found.at >= utc(2026, 3, 10, hour)

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(ZONES),
        st.dates(date(1920, 1, 1), date(2020, 12, 31)),
        st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31)),
        st.booleans(),
        st.sampled_from(["feb28", "mar1", "leap_only"]),
    )
    def test_nobody_is_passed_over(self, zone: str, born: date, now: datetime, is_imported: bool, rule: Any) -> None:
        """Between now and what is armed lies no birthday whose window is still to open or open."""
        instant = now.replace(tzinfo=UTC)
        due = timing.next_greeting(Yearly(born, rule), instant, {zone}, zone, 10, is_imported=is_imported)
        assert due.at >= instant
        for year in range(instant.year - 1, due.day.year + 1):
            day = birthday_in(year, born, rule)
            if day is None or day >= due.day:
                continue
            window = timing.greeting_window(day, 10, zone)
            assert instant > window.opens if is_imported else instant >= window.closes

    @settings(max_examples=200, deadline=None)
    @given(
        st.sampled_from(ZONES),
        st.dates(date(1920, 1, 1), date(2020, 12, 31)),
        st.integers(2024, 2030),
        st.sampled_from(["feb28", "mar1", "leap_only"]),
    )
    def test_year_after_year_without_gap_or_double(self, zone: str, born: date, year: int, rule: Any) -> None:
        now = utc(year, 1, 1)
        kept = Yearly(born, rule)
        due = timing.next_greeting(kept, now, {zone}, zone, 10, is_imported=False)
        seen = []
        while len(seen) < 5:
            seen.append(due.day)
            due = timing.greeting_after(due.day, kept, due.at, {zone}, zone, 10)
        expected = [day for y in range(seen[0].year, seen[-1].year + 1) if (day := birthday_in(y, born, rule))]
        assert seen == expected

    def test_the_year_is_decided_whatever_becomes_of_the_date(self) -> None:
        due = timing.greeting_after(date(2026, 3, 10), Yearly(date(1988, 6, 20)), utc(2026, 3, 11), {"UTC"}, "UTC", 10)
        assert due == Due(date(2027, 6, 20), utc(2027, 6, 20, 10))


class TestFollowUp:
    def test_two_days_after_the_business_day(self) -> None:
        window = timing.follow_up_window(utc(2026, 3, 5, 2, 59), 10, "UTC", time(3))
        assert window == Window(utc(2026, 3, 6, 10), utc(2026, 3, 12, 2, 59))

    def test_a_check_out_at_the_close_belongs_to_the_day_closed(self) -> None:
        assert timing.follow_up_window(utc(2026, 3, 5, 3), 10, "UTC", time(3)).opens == utc(2026, 3, 6, 10)
        assert timing.follow_up_window(utc(2026, 3, 5, 3, 1), 10, "UTC", time(3)).opens == utc(2026, 3, 7, 10)

    def test_quiet_hours_reach_beyond_the_window(self) -> None:
        window = Window(utc(2026, 3, 6, 10), utc(2026, 3, 12, 2))
        quiet = Quiet(time(21), time(9))
        assert timing.moment_in(window, utc(2026, 3, 11, 20), "UTC", quiet) == utc(2026, 3, 11, 20)
        assert timing.moment_in(window, utc(2026, 3, 11, 22), "UTC", quiet) is None
        assert timing.moment_in(window, utc(2026, 3, 7, 22), "UTC", quiet) == utc(2026, 3, 8, 9)
        assert timing.moment_in(window, utc(2026, 3, 1), "UTC", NO_QUIET) == window.opens
        assert timing.moment_in(window, window.closes, "UTC", NO_QUIET) is None


def consent(state: str, at: str = "2026-01-01T00:00:00Z") -> dict[str, str]:
    return {"state": state, "source": "desk", "at": at}


class TestEligibility:
    @pytest.mark.parametrize(
        ("purpose", "country", "state", "reason"),
        [
            ("greeting", "PT", None, "consent_missing"),
            ("greeting", "CN", None, "consent_missing"),
            ("greeting", "US", None, None),
            ("greeting", "GB", None, None),
            ("greeting", "US", "denied", "consent_denied"),
            ("greeting", "PT", "granted", None),
            ("service", "PT", None, None),
            ("service", "US", "denied", "consent_denied"),
        ],
    )
    def test_consent(self, purpose: str, country: str, state: str | None, reason: str | None) -> None:
        consents = {f"{purpose}:email": consent(state)} if state else {}
        found = eligibility.candidates([Contact("email", "a@b.example")], consents, purpose, country)
        assert found.reason == reason
        assert bool(found.contacts) == (reason is None)

    def test_the_union_has_27_members(self) -> None:
        assert len(eligibility.EUROPEAN_UNION) == 27

    def test_a_suppressed_contact_gives_way(self) -> None:
        first, second = Contact("email", "a@b.example"), Contact("sms", "+351912345678")
        assert eligibility.candidates([first, second], {}, "service", "PT", suppressed={first}).contacts == (second,)
        assert eligibility.candidates([first], {}, "service", "PT", suppressed={first}).reason == "suppressed"

    @pytest.mark.parametrize(
        ("born", "day", "reason"),
        [
            ("2008-03-10", "2026-03-10", None),
            ("2008-03-11", "2026-03-10", "minor"),
            ("2008-02-29", "2026-02-28", None),
            ("2008-02-29", "2026-02-27", "minor"),
        ],
    )
    def test_age(self, born: str, day: str, reason: str | None) -> None:
        days = date.fromisoformat(born), date.fromisoformat(day)
        assert eligibility.refused_outright(*days, "feb28", is_do_not_greet=False) == reason

    def test_an_unknown_age_is_no_childs(self) -> None:
        assert eligibility.refused_outright(None, date(2026, 1, 1), "feb28", is_do_not_greet=False) is None

    def test_only_a_later_word_ends_an_unsubscription(self) -> None:
        since = utc(2026, 1, 2)
        assert eligibility.is_regranted(consent("granted", "2026-01-03T00:00:00Z"), since)
        assert not eligibility.is_regranted(consent("granted", "2026-01-02T00:00:00Z"), since)
        assert not eligibility.is_regranted(consent("denied", "2026-01-03T00:00:00Z"), since)
        assert not eligibility.is_regranted(None, since)


MARKS = st.sampled_from(
    ["claimed", "parked", "unknown", "sent", "failed", "soft_bounced", "delivered", "bounced", "complained"]
)


class TestOutcomes:
    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.tuples(MARKS, st.integers(0, 5)), min_size=1, max_size=12), st.randoms(use_true_random=False))
    def test_no_order_and_no_repetition_matters(self, told: list[tuple[str, int]], chance: random.Random) -> None:
        def end(events: list[tuple[str, int]]) -> tuple[dict[str, str], str]:
            known: dict[str, str] = {}
            for mark, hour in events:
                known = outcomes.merged(known, {mark: sortable(utc(2026, 1, 1, hour))})
            return known, outcomes.status_of(known)

        shuffled = told * 2
        chance.shuffle(shuffled)
        assert end(shuffled) == end(told)

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.integers(0, 90), min_size=1, max_size=12), st.randoms(use_true_random=False))
    def test_soft_bounces_in_any_order(self, days: list[int], chance: random.Random) -> None:
        told = [(f"dlv_{number}", utc(2026, 1, 1) + timedelta(days=day)) for number, day in enumerate(days)]

        def stop(events: list[tuple[str, datetime]]) -> str | None:
            known: dict[str, str] = {}
            causes: dict[str, str] = {}
            for name, at in events:
                known = outcomes.soft_bounces_merged(known, name, sortable(at))
                instants = {one: datetime.fromisoformat(when) for one, when in known.items()}
                found = outcomes.soft_bounces_stop_at(instants)
                if found is not None:
                    causes = outcomes.merged(causes, {"soft_bounces": sortable(found)})
            return causes.get("soft_bounces")

        shuffled = [*told, *told]
        chance.shuffle(shuffled)
        ordered = sorted(days)
        is_too_many = any(ordered[n + 2] - ordered[n] <= 30 for n in range(len(ordered) - 2))
        assert stop(told) == stop(shuffled)
        assert (stop(told) is not None) == is_too_many

    def test_what_an_address_still_takes(self) -> None:
        assert outcomes.purposes_stopped([]) == set()
        assert outcomes.purposes_stopped(["unsubscribed:greeting"]) == {"greeting"}
        assert outcomes.purposes_stopped(["unsubscribed:greeting", "complaint"]) == {"greeting", "*"}
        assert outcomes.weightiest(["unsubscribed:greeting", "hard_bounce"]) == "hard_bounce"

    def test_tries_end(self) -> None:
        now = utc(2026, 1, 1)
        waits = [outcomes.retry_at(now, tries) for tries in range(1, 7)]
        assert [one and int((one - now).total_seconds() // 60) for one in waits] == [1, 5, 15, 60, None, None]


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "parts"),
        [
            ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2),
            ("生" * 70, 1), ("生" * 71, 2), ("生" * 134, 2), ("生" * 135, 3), ("🎂" * 35, 1), ("🎂" * 36, 2),
            ("é" * 160, 1), ("ã" * 71, 2),
        ],
    )  # fmt: skip
    def test_parts(self, text: str, parts: int) -> None:
        assert text_parts(text) == parts


def test_every_reason_says_why_and_what_would_change_it() -> None:
    for code, reason in REASONS.items():
        assert reason.code == code
        assert reason.why.endswith(".") and reason.remedy.endswith(".")
        for words in (reason.why, reason.remedy):
            assert translator("zh").gettext(words).endswith("。"), words
    assert set(OCCASIONS) == set(OCCASION_NAMES)
    for name, occasion in OCCASIONS.items():
        assert occasion.name == name and occasion.purpose in PURPOSES
        assert translator("zh").gettext(occasion.label) != occasion.label
    assert set(STATUSES) >= {outcomes.status_of([mark]) for mark in ("claimed", "parked", "soft_bounced")}
