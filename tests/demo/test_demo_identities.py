"""Generated guests: plausible, valid, unreachable, and the same on every machine."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from infra.demo import identities
from infra.demo.countries import countries
from infra.demo.draws import Draw
from infra.demo.identities import GuestSeed, identity_of, is_couple
from infra.demo.names import latin, name_pools
from tests.demo.conftest import People

AS_OF = date(2017, 7, 31)
FREQUENT_COUNTRIES = re.findall("..", "PTGBFRESDEITIEBEBRNLUSCHCNATSEPLRUNOFIDKIL")


def seed(number: int = 1, country: str | None = "PT", place: int = 0) -> GuestSeed:
    return GuestSeed(number, country, place, date(2016, 2, 3))


def share(people: People, column: str, value: str) -> float:
    return sum(row[column] == value for row in people.values()) / len(people)


class TestOneGuest:
    def test_an_identity_follows_from_the_number_alone(self) -> None:
        once = identity_of(seed(77), before=None, known_on=AS_OF)
        for number in range(5):
            identity_of(seed(number), before=None, known_on=AS_OF)
        assert identity_of(seed(77), before=None, known_on=AS_OF) == once
        assert identity_of(seed(78), before=None, known_on=AS_OF) != once

    def test_draws_are_even(self) -> None:
        counts = Counter(Draw(f"test:{number}").below(4) for number in range(4_000))
        assert all(900 < count < 1_100 for count in counts.values())

    def test_a_couple_shares_name_and_address_and_stays_two(self) -> None:
        number = next(n for n in range(2, 5_000) if is_couple(seed(n), seed(n - 1)))
        head = identity_of(seed(number - 1), before=seed(number - 2), known_on=AS_OF)
        partner = identity_of(seed(number), before=seed(number - 1), known_on=AS_OF)
        assert (partner.email, partner.family_name) == (head.email, head.family_name)
        assert partner.external_id != head.external_id
        assert not is_couple(seed(number), seed(number - 1, country="FR"))
        assert not is_couple(seed(number), None)

    def test_polish_family_names_agree_with_the_given_name(self) -> None:
        women = {name.written for name in name_pools()["pl"].given[0]}
        for number in range(200):
            person = identity_of(seed(number, "PL"), before=None, known_on=AS_OF)
            if person.family_name.endswith(("ski", "ska")):
                assert person.family_name.endswith("ska") == (person.given_name in women)

    def test_a_guest_of_no_known_country(self) -> None:
        person = identity_of(seed(country=None), before=None, known_on=AS_OF)
        assert (person.nationality, person.phone, person.time_zone, person.language) == (None, None, None, "en")
        assert person.given_name and person.family_name

    def test_consent_is_never_later_than_the_import(self) -> None:
        late = GuestSeed(1, "PT", 0, date(2017, 8, 20))
        assert identity_of(late, before=None, known_on=AS_OF).consented_on == date(2017, 7, 30)
        assert identity_of(seed(), before=None, known_on=AS_OF).consented_on == date(2016, 2, 3)

    def test_a_shift_moves_consent_and_birth_years_so_that_ages_stay(self) -> None:
        number = next(n for n in range(99) if identity_of(seed(n), before=None, known_on=AS_OF).birth_date)
        then = identity_of(seed(number), before=None, known_on=AS_OF)
        now = identity_of(seed(number), before=None, known_on=date(2026, 7, 31), shift_days=3_288)
        assert then.birth_date and now.birth_date
        assert now.birth_date.year - then.birth_date.year == 9
        assert now.consented_on == date(2025, 2, 3)

    def test_numbers_that_run_out_are_missing(self) -> None:
        size = sum(numbers.size for numbers in countries()["US"].phone_ranges)
        phones = {identity_of(seed(n, "US", size), before=None, known_on=AS_OF).phone for n in range(50)}
        assert phones == {None}

    def test_the_notice_is_in_both_languages(self) -> None:
        assert "Generated" in identities.GENERATED_NOTICE_EN
        assert "生成" in identities.GENERATED_NOTICE_ZH


class TestNames:
    @pytest.mark.parametrize(
        ("written", "spelt"),
        [
            ("Gonçalves", "goncalves"),
            ("Łukasz", "lukasz"),
            ("Weiß", "weiss"),
            ("van den Berg", "vandenberg"),
            ("O'Brien", "obrien"),
            ("Bjørn", "bjorn"),
            ("Yıldız", "yildiz"),
        ],
    )
    def test_spelling(self, written: str, spelt: str) -> None:
        assert latin(written) == spelt

    def test_every_name_can_be_spelt(self) -> None:
        for key, pool in name_pools().items():
            for names in (*pool.given, *pool.family):
                assert all(name.written and re.fullmatch("[a-z]+", name.latin) for name in names), key

    def test_frequent_countries_have_forty_names_each_way(self) -> None:
        for alpha2 in FREQUENT_COUNTRIES:
            for key in countries()[alpha2].name_pools:
                pool = name_pools()[key]
                assert len(set(pool.given[0] + pool.given[1])) >= 40, key
                assert len(set(pool.family[1])) >= 40, key

    def test_every_country_is_complete(self) -> None:
        for country in countries().values():
            assert len(country.languages) == len(country.name_pools)
            assert set(country.name_pools) <= set(name_pools())
            assert all(ZoneInfo(zone) for zone in country.time_zones)


class TestAllGuests:
    def test_addresses_are_at_the_reserved_domain_and_shared_by_couples_only(self, people: People) -> None:
        emails = Counter(row["email"] for row in people.values() if row["email"])
        assert all(re.fullmatch(r"[a-z]+(\.[a-z]+)+\.\d{6}@guests\.example", email) for email in emails)
        assert max(emails.values()) == 2
        assert 100 < sum(count == 2 for count in emails.values()) < 600
        assert 0.03 < share(people, "email", "") < 0.05

    def test_some_addresses_bounce_and_a_few_complain(self, people: People) -> None:
        beginnings = Counter(row["email"].partition(".")[0] for row in people.values())
        assert 0.006 < beginnings["bounce"] / len(people) < 0.008
        assert 0.0005 < beginnings["complaint"] / len(people) < 0.0015

    def test_phones_are_possible_and_nobody_shares_one(self, people: People) -> None:
        phones = [row["phone"] for row in people.values() if row["phone"]]
        assert len(set(phones)) == len(phones)
        assert 0.10 < share(people, "phone", "") < 0.15
        # All ranges of all countries by their first and last number; the numbers between have the same length.
        for country in countries().values():
            for numbers in country.phone_ranges:
                for digit in "09":
                    text = numbers.prefix + digit * numbers.digits
                    parsed = phonenumbers.parse(text)
                    assert phonenumbers.is_possible_number(parsed), text
                    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == text
        for text in phones[::25]:
            assert phonenumbers.is_possible_number(phonenumbers.parse(text)), text

    def test_phones_lie_in_ranges_kept_for_fiction_or_given_to_nobody(self, people: People) -> None:
        by_country: dict[str, set[str]] = {}
        for row in people.values():
            by_country.setdefault(row["nationality"], set()).add(row["phone"])
        assert all(re.fullmatch(r"\+44(7700900\d{3}|[1-3]\d{9})|", phone) for phone in by_country["GB"])
        assert all(re.fullmatch(r"\+1\d{3}55501\d\d|", phone) for phone in by_country["US"])
        assert all(phone.startswith("+35110") or not phone for phone in by_country["PT"])

    def test_birth_dates(self, people: People) -> None:
        born = [date.fromisoformat(row["birth_date"]) for row in people.values() if row["birth_date"]]
        assert 0.14 < 1 - len(born) / len(people) < 0.16
        minors = sum((AS_OF.year - day.year) - ((AS_OF.month, AS_OF.day) < (day.month, day.day)) < 18 for day in born)
        assert 0.007 < minors / len(people) < 0.012
        assert 50 < sum((day.month, day.day) == (2, 29) for day in born) < 600
        assert date(1935, 1, 1) < min(born) and max(born) < date(2008, 1, 1)
        days = Counter((day.month, day.day) for day in born)
        assert len(days) == 366
        assert {row["birthday_calendar"] for row in people.values() if row["birth_date"]} == {"gregorian"}

    def test_zones_exist_and_a_tenth_is_missing(self, people: People) -> None:
        zones = {row["time_zone"] for row in people.values()} - {""}
        assert all(ZoneInfo(zone) for zone in zones)
        assert 0.09 < share(people, "time_zone", "") < 0.115

    def test_consent(self, people: People) -> None:
        assert share(people, "consent_service_email", "granted") == 1
        assert 0.59 < share(people, "consent_greeting_email", "granted") < 0.61
        assert 0.29 < share(people, "consent_marketing_email", "granted") < 0.31
        with_phone = {key: row for key, row in people.items() if row["phone"]}
        assert 0.14 < share(with_phone, "consent_greeting_sms", "granted") < 0.16
        assert all(not row["consent_greeting_sms"] for row in people.values() if not row["phone"])
        assert {row["consent_source"] for row in people.values()} == {"import"}
        assert max(row["consent_at"] for row in people.values()) == "2017-07-30T12:00:00Z"

    def test_chinese_guests_have_chinese_names(self, people: People) -> None:
        chinese = [row for row in people.values() if row["nationality"] == "CN"]
        assert len(chinese) > 2_000
        for row in chinese:
            assert row["language"] == "zh"
            assert re.fullmatch("[\u4e00-\u9fff]{1,2}", row["family_name"])
            assert re.fullmatch("[\u4e00-\u9fff]{1,3}", row["given_name"])

    def test_languages_follow_countries(self, people: People) -> None:
        for row in people.values():
            country = countries().get(row["nationality"])
            assert row["language"] in (country.languages if country else ("en",))
