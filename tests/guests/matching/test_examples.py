"""Every case that hotels know by name: who is one person, who is two, and who must be asked about."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.guests.matching import Address
from chalicelib.guests.matching.evidence import BIRTH_DATE, EMAIL, FAMILY, GENERATION, GIVEN, HOUSEHOLD, ORDER, PHONE
from tests.guests.matching.people import BORN, MAIL, OTHER_DAY, levels, match, person
from tests.guests.matching.people import PHONE as NUMBER

HOME = Address("44", "Rua das Flores", "Bloco B", "Lisboa", "1200", "")


def decision(one: str, other: str, **both: Any) -> str:
    return match(person(one, **both), person(other, "b", **both)).decision


class TestOnePersonInTwoSpellings:
    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("José|García", "JOSE|GARCIA", "exact"),
            ("Jürgen|Müller", "Juergen|Mueller", "exact"),
            ("Seán|O'Brien", "Sean|OBRIEN", "exact"),
            ("Jean-Pierre|Dupont", "Jean Pierre|Dupont", "exact"),
            ("Dr. Ana|Silva", "Ana|Silva", "exact"),
            ("John Michael|Smith", "John M.|Smith", "exact"),
            ("John|Smith", "John Michael|Smith", "exact"),
            ("Ｊｏｈｎ|Ｓｍｉｔｈ", "John|Smith", "exact"),
            ("Bob|Smith", "Robert|Smith", "variant"),
            ("Sasha|Petrova", "Aleksandra|Petrova", "variant"),
            ("Mohammed|Hassan", "Muhammad|Hassan", "variant"),
            ("Giuseppe|Rossi", "Josef|Rossi", "variant"),
            ("Catherine|Smith", "Cathernie|Smith", "close"),
            ("J.|Smith", "John|Smith", "initial"),
            ("Chris|Obermaier", "Christoffel|Obermaier", "partial"),
            ("小明|王", "Xiaoming|Wang", "variant"),
            ("Zhiming|Zhang", "Chih-Ming|Chang", "variant"),
        ],
    )
    def test_given_names(self, one: str, other: str, level: str) -> None:
        found = match(person(one, birth_date=BORN, emails=MAIL), person(other, "b", birth_date=BORN, emails=MAIL))
        assert levels(found)[GIVEN] == level
        assert found.decision in {"auto", "review"}

    @pytest.mark.parametrize(
        ("one", "other", "level"),
        [
            ("Ana|de Oliveira", "Ana|Oliveira", "exact"),
            ("Jan|van der Berg", "Jan|Berg", "exact"),
            ("María|García López", "María|García", "partial"),
            ("Ana|Silva", "Ana|Silva-Costa", "partial"),
            ("Ka Yan|Wong", "Ka Yan|Huang", "variant"),
            ("John|Smyth", "John|Smith", "close"),
            ("Hans|Obermeyer", "Hans|Obermeier", "close"),
        ],
    )
    def test_family_names(self, one: str, other: str, level: str) -> None:
        found = match(person(one, birth_date=BORN, emails=MAIL), person(other, "b", birth_date=BORN, emails=MAIL))
        assert levels(found)[FAMILY] == level
        assert found.decision in {"auto", "review"}

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Smithson|John", "John|Smithson"),
            ("Xiaoming|Wang", "Wang|Xiao Ming"),
            ("Li|Wei", "Wei|Li"),
            ("小明|王", "王|小明"),
        ],
    )
    def test_names_in_each_others_place(self, one: str, other: str) -> None:
        assert decision(one, other, birth_date=BORN, emails=MAIL) in {"auto", "review"}

    def test_swapped_names_are_said(self) -> None:
        assert levels(match(person("Smithson|John"), person("John|Smithson", "b")))[ORDER] == "swapped"

    @pytest.mark.parametrize("whole", ["John Smithson|", "|Smithson, John", "|John Smithson", "|Smithson John"])
    def test_the_whole_name_in_one_cell(self, whole: str) -> None:
        assert decision(whole, "John|Smithson", birth_date=BORN) == "auto"

    def test_a_married_name_is_asked_about(self) -> None:
        assert decision("Ana|Silva", "Ana|Costa", birth_date=BORN, emails=MAIL) == "review"

    def test_an_english_name_beside_a_chinese_one_is_asked_about(self) -> None:
        assert decision("Michael|Wang", "小明|王", birth_date=BORN, emails=MAIL) == "review"


class TestBirthDates:
    @pytest.mark.parametrize(
        ("written", "level"),
        [
            ("1980-05-17", "exact"),
            ("19800517", "exact"),
            ("1980-17-05", "swapped"),
            ("1980-05-18", "close"),
            ("1908-05-17", "close"),
            ("1980-05-29", "partial"),
            ("1953-11-02", "different"),
        ],
    )
    def test_levels(self, written: str, level: str) -> None:
        found = match(person("Ana|Silva", birth_date=BORN), person("Ana|Silva", "b", birth_date=written))
        assert levels(found)[BIRTH_DATE] == level

    def test_a_date_that_systems_fill_in_tells_little(self) -> None:
        filled_in = match(
            person("Ana|Silva", birth_date="1900-01-01"), person("Ana|Silva", "b", birth_date="1900-01-01")
        )
        assert levels(filled_in)[BIRTH_DATE] == "placeholder"
        assert filled_in.decision == "none"


class TestContactPoints:
    def test_one_mailbox_in_two_spellings(self) -> None:
        found = match(
            person("Ana|Silva", emails=("Ana.Silva+hotel@gmail.com",)),
            person("Ana|Silva", "b", emails=("anasilva@googlemail.com",)),
        )
        assert levels(found)[EMAIL] == "exact"

    def test_one_phone_dialled_in_two_ways(self) -> None:
        one, other = person("Ana|Silva", phones=("+351912345678",)), person("Ana|Silva", "b", phones=("912 345 678",))
        assert levels(match(one, other))[PHONE] == "exact"

    @pytest.mark.parametrize(
        "email", ["x1@guest.booking.com", "info@agency.example", "groups12@agency.example", "none@x.example"]
    )
    def test_relays_and_desks_are_nobodys(self, email: str) -> None:
        assert EMAIL not in levels(
            match(person("Ana|Silva", emails=(email,)), person("Ana|Silva", "b", emails=(email,)))
        )

    @pytest.mark.parametrize("phone", ["000000000", "123456789", "12"])
    def test_made_up_phones_are_nobodys(self, phone: str) -> None:
        assert PHONE not in levels(
            match(person("Ana|Silva", phones=(phone,)), person("Ana|Silva", "b", phones=(phone,)))
        )

    def test_another_mailbox_contradicts_nothing(self) -> None:
        same = person("Ana|Zellweger", birth_date=BORN)
        moved = person("Ana|Zellweger", "b", birth_date=BORN, emails=("new@example.com",))
        assert match(same, moved).score == match(person("Ana|Zellweger", birth_date=BORN, emails=MAIL), moved).score


class TestTwoPeople:
    def test_a_couple_with_one_mailbox(self) -> None:
        assert decision("Ana|Silva", "Rui|Silva", emails=MAIL) == "none"
        assert decision("Ana|Silva", "Rui|Silva", emails=MAIL, phones=NUMBER, address=HOME) == "none"

    def test_a_couple_whose_names_are_alike(self) -> None:
        assert decision("Mario|Rossi", "Maria|Rossi", emails=MAIL, phones=NUMBER) != "auto"

    def test_a_couple_is_told_apart_by_what_a_household_shares(self) -> None:
        found = match(
            person("Ana|Silva", emails=MAIL, phones=NUMBER), person("Rui|Silva", "b", emails=MAIL, phones=NUMBER)
        )
        assert levels(found)[HOUSEHOLD] == "partial"

    @pytest.mark.parametrize(
        "names",
        [("Anna|Lind", "Erik|Lind"), ("Anna|Lind", "Hanna|Lind"), ("佳佳|王", "嘉嘉|王"), ("小明|王", "小红|王")],
    )
    def test_twins_are_never_linked(self, names: tuple[str, str]) -> None:
        assert decision(*names, birth_date=BORN, emails=MAIL, phones=NUMBER, address=HOME) != "auto"

    def test_father_and_son(self) -> None:
        father = person("John|Smith Sr.", birth_date=OTHER_DAY, emails=MAIL, address=HOME)
        son = person("John|Smith Jr", "b", birth_date=BORN, emails=MAIL, address=HOME)
        assert levels(match(father, son))[GENERATION] == "different"
        assert match(father, son).decision == "none"

    def test_father_and_son_without_suffixes_are_never_linked(self) -> None:
        father = person("Gerhard|Obermaier", birth_date=OTHER_DAY, emails=MAIL, phones=NUMBER, address=HOME)
        son = person("Gerhard|Obermaier", "b", birth_date=BORN, emails=MAIL, phones=NUMBER, address=HOME)
        assert match(father, son).decision == "review"

    def test_father_and_son_of_whom_one_birth_date_is_unknown(self) -> None:
        father = person("Gerhard|Obermaier", emails=MAIL)
        son = person("Gerhard|Obermaier", "b", birth_date=BORN, emails=MAIL)
        assert match(father, son).decision == "review"

    def test_an_agencys_phone_for_three_guests(self) -> None:
        guests = ["Ana|Costa", "Rui|Alves", "伟|王"]
        assert {decision(one, other, phones=NUMBER) for one in guests for other in guests if one < other} == {"none"}

    def test_namesakes(self) -> None:
        assert decision("Gerhard|Obermaier", "Gerhard|Obermaier") == "none"
        namesakes = person("Gerhard|Obermaier", birth_date=BORN), person("Gerhard|Obermaier", "b", birth_date=OTHER_DAY)
        assert match(*namesakes).decision == "none"

    def test_a_frequent_name_and_a_birth_date_are_asked_about(self) -> None:
        assert decision("伟|王", "伟|王", birth_date=BORN) == "review"
        assert decision("Wei|Wang", "Wei|Wang", birth_date=BORN) == "review"

    @pytest.mark.parametrize("names", [("Mr. Kim|Novak", "Ms. Kim|Novak"), ("金先生|", "金女士|")])
    def test_a_man_and_a_woman(self, names: tuple[str, str]) -> None:
        assert decision(*names, birth_date=BORN, emails=MAIL) != "auto"


class TestDocuments:
    def test_alone_never_links(self) -> None:
        assert decision("Li|Wang", "Peter|Muster", document_hash="x") == "none"
        assert decision("Peter|Muster", "Peter|Muster", document_hash="x") != "auto"

    def test_with_the_birth_date_links(self) -> None:
        assert decision("Peter|Muster", "Peter|Muster", document_hash="x", birth_date=BORN) == "auto"

    def test_another_document_is_asked_about(self) -> None:
        one = person("Peter|Muster", birth_date=BORN, emails=MAIL, document_hash="x")
        other = person("Peter|Muster", "b", birth_date=BORN, emails=MAIL, document_hash="y")
        assert match(one, other).decision == "review"


class TestRelays:
    def test_two_aliases_of_one_person(self) -> None:
        one = person("Ana|Zellweger", birth_date=BORN, emails=("q1@guest.booking.com",))
        other = person("Ana|Zellweger", "b", birth_date=BORN, emails=("z9@m.expediapartnercentral.com",))
        assert match(one, other).decision == "auto"

    def test_two_aliases_of_two_people(self) -> None:
        one = person("Ana|Zellweger", birth_date=BORN, emails=("q1@guest.booking.com",))
        other = person("Ana|Zellweger", "b", birth_date=OTHER_DAY, emails=("z9@guest.booking.com",))
        assert match(one, other).decision == "none"


class TestAddresses:
    def test_lines_in_each_others_place(self) -> None:
        one = person("Ana|Silva", birth_date=BORN, address=HOME)
        other = person(
            "Ana|Silva", "b", birth_date=BORN, address=Address("44", "Bloco B", "Rua das Flores", "Lisboa", "1200")
        )
        assert levels(match(one, other))["street"] == "swapped"
        assert match(one, other).score > match(one, person("Ana|Silva", "b", birth_date=BORN)).score

    def test_a_number_in_the_line_of_the_street(self) -> None:
        one, other = Address(street="44 Main St."), Address("44", "Main Street")
        found = levels(match(person("A|B", address=one), person("A|B", "b", address=other)))
        assert found["street"] == found["street_number"] == "exact"

    def test_moving_house_is_no_contradiction_for_staff(self) -> None:
        moved = Address("7", "Hauptplatz", "", "Wien", "1010")
        one = person("Gerhard|Obermaier", birth_date=BORN, address=HOME)
        assert match(one, person("Gerhard|Obermaier", "b", birth_date=BORN, address=moved)).decision == "review"


@pytest.mark.parametrize("name", ["|", "😀|😀", "\u200f\u200b|", "x" * 300 + "|" + "y " * 150, "=cmd()|;--", "...|---"])
def test_nothing_that_is_typed_breaks_it(name: str) -> None:
    assert match(person(name), person(name, "b")).decision == "none"


def test_other_scripts_are_compared_too() -> None:
    assert decision("محمد|علي", "محمد|علي", birth_date=BORN) == "auto"
    assert decision("Дмитрий|Иванов", "Dmitri|Ivanov", birth_date=BORN, emails=MAIL) == "auto"
    assert decision("민수|김", "Minsu|Kim", birth_date=BORN, emails=MAIL) == "review"
