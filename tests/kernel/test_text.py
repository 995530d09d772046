"""What people type: kept, compared and searched in one form, refused with a reason, harmless where shown."""

from __future__ import annotations

import unicodedata
from random import Random

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.kernel import phones, text
from chalicelib.kernel.i18n import InvalidValue


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here reads or writes: no stack is set up."""


class TestFold:
    @pytest.mark.parametrize(
        ("typed", "folded"),
        [
            ("  José   ÁLVAREZ ", "jose alvarez"),
            ("\uff37\uff41\uff4e\uff47\u3000\uff11\uff12", "wang 12"),
            ("Łódź Øre Æsir Straße", "lodz ore aesir strasse"),
            ("İstanbul Diyarbakır", "istanbul diyarbakir"),
            ("Ёлка Άλφα", "елка αλφα"),
            ("ﬁancé", "fiance"),
            ("王小明", "王小明"),
            ("ガラス", "ガラス"),  # the voicing is no accent: カラス is a crow
            ("हिन्दी ไทยนี้", "हिन्दी ไทยนี้"),
            ("김민준", "김민준"),
            ("مُحَمَّد", "محمد"),
        ],
    )
    def test_by_example(self, typed: str, folded: str) -> None:
        assert text.fold(typed) == folded

    @given(st.text())
    @example("\u1e9e\u0345\u0301")
    def test_twice_is_once_and_composition_does_not_matter(self, typed: str) -> None:
        folded = text.fold(typed)
        assert text.fold(folded) == folded
        assert text.fold(unicodedata.normalize("NFC", typed)) == text.fold(unicodedata.normalize("NFD", typed))

    @given(st.text(alphabet=st.characters(categories=["Lu", "Ll", "Nd", "Zs"])))
    def test_case_does_not_matter(self, typed: str) -> None:
        assert text.fold(typed.lower().upper()) == text.fold(typed.upper())


class TestCleanText:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Ana  Silva\t\n", "Ana  Silva"),
            ("Jose\u0301", "José"),
            ("\ufeff\u200bAna\u200d ", "Ana"),
            ("👨‍👩‍👧 ❤️", "👨‍👩‍👧 ❤️"),
            ("شلوم \u200f", "شلوم"),
            ("می\u200cخواهم", "می\u200cخواهم"),
            ("evil\u202etxt.exe\u2066", "eviltxt.exe"),
            ("\u202e \u2069", ""),
            ("", ""),
        ],
    )
    def test_what_is_kept(self, typed: str, kept: str) -> None:
        assert text.clean_text(typed, 40) == kept

    @pytest.mark.parametrize("typed", ["a\0b", "a\x1bb", "a\x7fb", "a\x9fb", "a\nb", "a\tb", "a\u2028b"])
    def test_controls_are_refused(self, typed: str) -> None:
        with pytest.raises(InvalidValue, match="control"):
            text.clean_text(typed, 40)

    def test_lines(self) -> None:
        assert text.clean_text("a\r\nb\rc\u2028d\te\n", 40, is_multiline=True) == "a\nb\nc\nd\te"
        with pytest.raises(InvalidValue, match="control"):
            text.clean_text("a\n\x00b", 40, is_multiline=True)

    def test_halves_of_characters_are_refused(self) -> None:
        with pytest.raises(InvalidValue, match="half"):
            text.clean_text("a\ud83d", 40)

    def test_towers_of_marks_are_refused_before_they_take_time(self) -> None:
        assert text.clean_text("a" + "\u0323" * 30, 40)
        for marks in ("\u0323" * 31, "\u0301\u0316" * 100_000):
            with pytest.raises(InvalidValue, match="more than 30 marks"):
                text.clean_text("a" + marks, 100_000)

    def test_length_counts_what_is_kept(self) -> None:
        assert text.clean_text(" " * 8 + "abcd", 4) == "abcd"
        assert text.clean_text("e\u0301" * 4, 4) == "é" * 4
        for typed in ("abcde", " " * 1_000_000 + "a"):
            with pytest.raises(InvalidValue, match="longer than 4"):
                text.clean_text(typed, 4)

    @given(st.text(), st.booleans())
    def test_what_was_kept_is_clean_and_storable(self, typed: str, is_multiline: bool) -> None:
        try:
            kept = text.clean_text(typed, 100, is_multiline=is_multiline)
        except InvalidValue:
            return
        assert text.clean_text(kept, 100, is_multiline=is_multiline) == kept
        assert kept.encode().decode() == kept
        assert len(kept) <= 100


class TestNeutraliseFormula:
    @pytest.mark.parametrize(
        "cell", ["=cmd()", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", " =1"]
    )
    def test_formulas_become_text(self, cell: str) -> None:
        assert text.neutralise_formula(cell) == "'" + cell

    @pytest.mark.parametrize(
        "cell", ["", "Ana", "-12.50", "+442079460000", "1,234.50", "-1e5", "12%", "a=b", "2026-03-04"]
    )
    def test_text_and_numbers_stay(self, cell: str) -> None:
        assert text.neutralise_formula(cell) == cell


class TestEmail:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (" Ana.Silva@Example.COM ", "Ana.Silva@example.com"),
            ("\uff41\uff4e\uff41\uff20example\u3002com", "ana@example.com"),
            ("ana+hotel@bücher.example", "ana+hotel@xn--bcher-kva.example"),
            ("ana@例え.jp", "ana@xn--r8jz45g.jp"),
            ("o'brien_1@mail.example.co.uk", "o'brien_1@mail.example.co.uk"),
            ("1@163.com", "1@163.com"),
        ],
    )
    def test_what_is_kept(self, typed: str, kept: str) -> None:
        assert text.normalise_email(typed) == kept
        assert text.normalise_email(kept) == kept
        assert text.email_key(kept) == kept.lower()

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "",
                "ana",
                "@example.com",
                "ana@",
                "ana@localhost",
                "ana@@example.com",
                "a@b@example.com",
                "ana@1.2.3.4",
            ),
            *(
                "Ana <ana@example.com>",
                '"a b"@example.com',
                "a b@example.com",
                ".ana@example.com",
                "a..b@example.com",
            ),
            *(
                "ana@example.com\nBcc: x@example.com",
                "ana\0@example.com",
                "ana@-example.com",
                "ana@example..com",
            ),
            *("ana@exa_mple.com", "ana@[127.0.0.1]", "ana@example.com.", "ana@example.c", "josé@example.com"),
            *("a" * 65 + "@example.com", "a@" + "b" * 64 + ".com", "a@" + "b." * 130 + "com", "a@\ud800.com"),
            *("ana@example.com,bo@example.com", "a@" + "ü" * 300 + ".com", "ana@\u202eexample.com"),
        ],
    )
    def test_what_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidValue) as refused:
            text.normalise_email(typed)
        assert "ana" not in str(refused.value)

    def test_why_a_local_part_is_refused(self) -> None:
        with pytest.raises(InvalidValue, match="only ASCII"):
            text.normalise_email("josé@example.com")

    def test_relays(self) -> None:
        for address in ("x.1@guest.booking.com", "a@GUEST.airbnb.com", "a@eu.agoda-messaging.com"):
            assert text.is_relay_address(address)
        for address in ("a@booking.com", "a@notguest.booking.com.example", "a@myagoda-messaging.com"):
            assert not text.is_relay_address(address)
        assert text.is_relay_address("a@relay.example", (*text.RELAY_DOMAINS, "relay.example"))

    def test_masks(self) -> None:
        assert text.mask_email("ana.silva@example.com") == "a***@example.com"
        assert text.mask_email("a@example.com") == "***@example.com"
        assert text.mask_email("nonsense") == "***"


class TestPhone:
    @pytest.mark.parametrize(
        ("typed", "country", "kept"),
        [
            ("+44 20 7946 0000", None, "+442079460000"),
            ("(020) 7946-0000", "GB", "+442079460000"),
            ("0044 20 7946 0000", "GBR", "+442079460000"),
            ("138 0013 8000", "cn", "+8613800138000"),
            ("\uff0b\uff18\uff16 138-0013-8000", None, "+8613800138000"),
            ("+86 138 0013 8000", "PT", "+8613800138000"),
            ("06 1234 5678", "IT", "+390612345678"),
            ("tel:+351-912-345-678", None, "+351912345678"),
        ],
    )
    def test_what_is_kept(self, typed: str, country: str | None, kept: str) -> None:
        assert text.normalise_phone(typed, country) == kept
        assert text.normalise_phone(kept) == kept

    @pytest.mark.parametrize(
        ("typed", "country"),
        [
            *(("", None), ("12345", None), ("020 7946 0000", None), ("+", None), ("+999 123456789", None)),
            *(("110", "CN"), ("7946 0000", "GB"), ("+44 20 7946 0000 ext 5", None), ("1-800-FLOWERS", "US")),
            *(
                ("+44 20 7946 0000 0000 0000", None),
                ("+44\n2079460000", None),
                ("9" * 5000, "US"),
                ("123", "ZZ"),
            ),
            *(("+44+2079460000", None), ("\u0660" * 10, "EG")),
        ],
    )
    def test_what_is_refused(self, typed: str, country: str | None) -> None:
        with pytest.raises(InvalidValue):
            text.normalise_phone(typed, country)

    @given(
        st.text(alphabet="+0123456789 ()-./", max_size=30),
        st.sampled_from([None, "GB", "CN", "US", "IT", "BR"]),
    )
    @example("00000000000", "GB")
    @example("00441", "GB")
    @example("06 698 12345", "IT")
    def test_an_answer_is_e164_and_stays_itself(self, typed: str, country: str | None) -> None:
        try:
            kept = text.normalise_phone(typed, country)
        except InvalidValue:
            return
        assert kept.startswith("+")
        assert kept[1:].isdigit()
        assert len(kept) <= 16
        assert text.normalise_phone(kept) == kept

    def test_a_complete_number_is_what_the_library_says(self) -> None:
        """Every country code there is, with numbers of every length after it: the short way decides as the long one."""
        chance = Random(20)
        taken = 0
        for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            for length in range(3, 13):
                for first in ("", "0", "1", "8"):
                    rest = first + "".join(chance.choices("0123456789", k=length - len(first)))
                    if phones.is_complete(f"+{code}{rest}"):
                        taken += 1
                        assert phones.read_by_library(f"+{code}{rest}", None) == (f"+{code}{rest}", True)
        assert taken > 1_000

    @pytest.mark.parametrize(
        "written", ["+44 2079460000", "442079460000", "+4402079460000", "+12125550100\n", "+\uff19\uff19123456"]
    )
    def test_what_is_not_complete_is_read_the_long_way(self, written: str) -> None:
        assert not phones.is_complete(written)

    def test_masks(self) -> None:
        assert text.mask_phone("+442079460123") == "***0123"
        assert text.mask_phone("+12345") == "***45"
        assert text.mask_phone("") == "***"


class TestNames:
    @pytest.mark.parametrize(
        ("given_name", "family_name", "language", "shown"),
        [
            ("小明", "王", "zh", "王小明"),
            ("小明", "王", "en", "王小明"),
            ("Ana", "Silva", "pt", "Ana Silva"),
            ("Xiaoming", "Wang", "zh-Hans", "Xiaoming Wang"),
            ("さくら", "山田", "ja", "山田さくら"),
            ("민준", "김", "ko", "김민준"),
            ("János", "Nagy", "hu", "Nagy János"),
            ("David", "李", "zh", "David 李"),
            (" Cher ", "", "en", "Cher"),
            ("", "王", "zh", "王"),
            ("", "", "en", ""),
        ],
    )
    def test_display(self, given_name: str, family_name: str, language: str, shown: str) -> None:
        assert text.display_name(given_name, family_name, language) == shown

    def test_keys_put_the_family_first(self) -> None:
        assert text.name_key("Ana Maria", "da Silva-Gonçalves") == "da silva goncalves ana maria"
        assert text.name_key("小明", "王") == "王小明"
        assert text.name_key("Conan", "O\u2019Brien") == "o brien conan"
        assert text.name_key("", "Silva") == "silva"

    def test_tokens(self) -> None:
        assert text.search_tokens("小明", "王") == ("小明", "王", "王小明")
        assert text.search_tokens("Anne-Marie", "O'Brien") == (
            "anne",
            "annemarie",
            "brien",
            "marie",
            "o",
            "obrien",
        )
        assert text.search_tokens("José", "Silva Silva") == ("jose", "silva")
        assert text.search_tokens("", "-") == ()

    @given(st.text(max_size=30), st.text(max_size=30))
    def test_every_word_of_a_name_finds_it(self, given_name: str, family_name: str) -> None:
        tokens = text.search_tokens(given_name, family_name)
        words = text.name_key(given_name, "").split(" ") + text.name_key("", family_name).split(" ")
        assert set(words) - {""} <= set(tokens)
        assert all(" " not in token for token in tokens)
