"""Days, languages and names in words."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from chalicelib.web import wording
from chalicelib.web.rendering import breakable, guest_name, url
from chalicelib.web.static_files import static


@pytest.mark.parametrize(
    ("first", "last", "english", "chinese"),
    [
        ("2026-03-04", "2026-03-04", "4 March 2026", "2026年3月4日"),
        ("2026-03-04", "2026-03-07", "4–7 March 2026", "2026年3月4日至7日"),
        ("2026-02-28", "2026-03-02", "28 February – 2 March 2026", "2026年2月28日至3月2日"),
        ("2025-12-30", "2026-01-02", "30 December 2025 – 2 January 2026", "2025年12月30日至2026年1月2日"),
    ],
)
def test_spans_of_days(first: str, last: str, english: str, chinese: str) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert wording.span_of_days(*days, "en") == english
    assert wording.span_of_days(*days, "zh") == chinese


def test_days() -> None:
    day = date(2026, 3, 4)
    assert (wording.short_day(day, "en"), wording.short_day(day, "zh")) == ("4 March", "3月4日")
    assert wording.long_day(day, "en") == "Wednesday, 4 March 2026"
    assert wording.long_day(day, "zh") == "2026年3月4日 星期三"


@pytest.mark.parametrize(
    ("tag", "english", "chinese"),
    [
        ("zh-Hans", "Chinese (Simplified)", "中文（简体）"),
        ("zh-Hant-TW", "Chinese (Traditional, Taiwan)", "中文（繁体，台湾）"),
        ("pt-BR", "Portuguese (Brazil)", "葡萄牙语（巴西）"),
        ("de", "German", "德语"),
        ("de-1996", "German", "德语"),
        ("tlh", "tlh", "tlh"),
    ],
)
def test_languages(tag: str, english: str, chinese: str) -> None:
    assert wording.language_name(tag, "en") == english
    assert wording.language_name(tag, "zh") == chinese


def test_a_house_has_a_name_in_each_language_or_one_for_all() -> None:
    house = SimpleNamespace(name="Harbour House", names={"zh": "海港酒店"})
    assert wording.house_name(house, "zh") == "海港酒店"
    assert wording.house_name(house, "en") == "Harbour House"
    assert wording.house_name(SimpleNamespace(name="Hill House", names=None), "zh") == "Hill House"


@pytest.mark.parametrize(
    ("given", "family", "language", "name", "initials"),
    [
        ("小明", "王", "zh-Hans", "王小明", "王"),
        ("Xiaoming", "Wang", "zh-Hans", "Xiaoming Wang", "XW"),
        ("Van An", "Nguyen", "vi", "Nguyen Van An", "VN"),
        ("João", "Ferreira", "pt", "João Ferreira", "JF"),
        ("", "Müller", "de", "Müller", "M"),
        ("Ana", "", "pt", "Ana", "A"),
    ],
)
def test_names_and_their_initials(given: str, family: str, language: str, name: str, initials: str) -> None:
    assert guest_name(SimpleNamespace(given_name=given, family_name=family, language=language)) == name
    assert wording.initials(given, family) == initials


def test_addresses_of_ours() -> None:
    assert url("/portal/guests") == "/portal/guests"
    assert url("/portal/guests", language="", search=None) == "/portal/guests"
    assert url("/portal/guests", language="pt-PT", q="a&b") == "/portal/guests?language=pt-PT&q=a%26b"


def test_an_address_breaks_before_its_domain_and_nowhere_else() -> None:
    assert breakable("a<b>@x.example") == "a&lt;b&gt;<wbr>@x.example"


def test_a_file_has_another_address_when_it_changes() -> None:
    assert static("portal.css").startswith("/static/portal.css?v=")
    assert static("portal.css").partition("?")[2] != static("portal.js").partition("?")[2]
