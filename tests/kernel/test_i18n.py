"""Two languages that say the same: the catalogue, the tool that keeps it complete, the names of places."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel import i18n, languages
from chalicelib.kernel.i18n import N_, InvalidValue, translator
from infra import messages

REASON = N_("holds a control character")
WITH_PLACES = N_("is longer than %(limit)d characters")


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here reads or writes: no stack is set up."""


class TestTranslator:
    def test_english_is_the_key_and_chinese_the_catalogue(self) -> None:
        assert translator("en").gettext(REASON) == REASON
        assert translator("zh").gettext(REASON) == "包含控制字符"

    @pytest.mark.parametrize(
        ("tag", "shown"),
        [*(("zh-Hans-CN", "zh"), ("ZH_TW", "zh"), ("en-GB", "en"), ("pt", "en"), ("", "en"), ("zha", "en"))],
    )
    def test_every_tag_reads_one_of_the_two(self, tag: str, shown: str) -> None:
        assert translator(tag).language == shown
        assert i18n.supported_language(tag) in i18n.LANGUAGES

    def test_the_unknown_and_the_empty_are_themselves(self) -> None:
        for language in i18n.LANGUAGES:
            say = translator(language)
            assert say.gettext("no such text") == "no such text"
            assert say.gettext("") == say.pgettext("a", "") == ""
            assert say.pgettext("a context", "Book") == "Book"
            assert say.ngettext("%(n)d no such night", "%(n)d no such nights", 2) == "%(n)d no such nights"
            assert say.npgettext("a", "%(n)d no such night", "%(n)d no such nights", 1) == "%(n)d no such night"

    def test_translators_are_shared_between_threads(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            said = set(pool.map(lambda n: translator(f"zh-{n:03}").gettext(REASON), range(200)))
        assert said == {"包含控制字符"}
        assert translator("zh") is translator("zh-Hant")

    def test_jinja_takes_its_methods(self) -> None:
        environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
        say = translator("zh")
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            say.gettext, say.ngettext, newstyle=True, pgettext=say.pgettext, npgettext=say.npgettext
        )
        template = environment.from_string(
            "{{ _('holds a control character') }} {% trans n=4 %}of {{ n }} no such text{% endtrans %}"
        )
        assert template.render() == "包含控制字符 of 4 no such text"

    def test_a_reason_is_said_in_either_language(self) -> None:
        error = InvalidValue(WITH_PLACES, limit=40)
        assert str(error) == error.said_in("en") == "is longer than 40 characters"
        assert error.said_in("zh") == "超过 40 个字符"
        assert InvalidValue("100% of it").said_in("zh") == "100% of it"


# -- the catalogue's tool ----------------------------------------------------------------------------------

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
CODE = """
A = N_("Stay")
B = ngettext("%(n)d night", "%(n)d nights", 2)
C = pgettext("verb", "Book")
"""
PAGE = "<h1>{{ _('Arrivals') }}</h1>{% trans name=guest.name %}Dear {{ name }}{% endtrans %}"
ROOM = """
msgid "Stay"
msgstr "住宿"

msgid "%(n)d night"
msgid_plural "%(n)d nights"
msgstr[0] "%(n)d 晚"

msgctxt "verb"
msgid "Book"
msgstr "预订"

msgid "Arrivals"
msgstr "今日到店"

msgid "Dear %(name)s"
msgstr "尊敬的%(name)s"
"""

House = Callable[..., Path]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A small product of one room, complete unless told otherwise."""

    def build(room: str = ROOM, other: str = "", page: str = PAGE) -> Path:
        files = {
            "stays/pages.py": CODE,
            "stays/templates/arrivals.html": page,
            "stays/notes.html": "{{ _('not a template') }}",
            "locales/zh/stays.po": HEADER + room,
            **({"locales/zh/web.po": HEADER + other} if other else {}),
        }
        for name, content in files.items():
            path = tmp_path / "chalicelib" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        messages.compile_catalogue(tmp_path)
        return tmp_path

    return build


class TestCatalogueTool:
    def test_a_complete_house_has_no_problems(self, house: House) -> None:
        root = house()
        assert messages.check(root) == []
        assert messages.missing(root) == ""

    def test_what_is_compiled_is_what_gettext_reads(self, house: House) -> None:
        read = gettext.GNUTranslations(io.BytesIO(messages.shipped_path(house()).read_bytes()))
        assert read.gettext("Stay") == "住宿"
        assert {read.ngettext("%(n)d night", "%(n)d nights", n) for n in (0, 1, 2, 5)} == {"%(n)d 晚"}
        assert read.pgettext("verb", "Book") == "预订"
        assert read.gettext("Book") == "Book"

    def test_the_same_words_make_the_same_bytes(self, house: House) -> None:
        first = messages.shipped_path(house()).read_bytes()
        entries = ROOM.strip().split("\n\n")
        assert messages.shipped_path(house("\n\n".join(reversed(entries)))).read_bytes() == first
        assert b"Babel" not in first
        assert b"Date" not in first

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ('msgid "Stay"\nmsgstr "住宿"', "", "stays/pages.py:2: 'Stay' has no translation"),
            ("住宿", "", "stays.po: 'Stay' has no translation"),
            ('msgid "Stay"', '#, fuzzy\nmsgid "Stay"', "stays.po: 'Stay' is marked as fuzzy"),
            ('msgid "Stay"', 'msgid "Stays"', "stays.po: 'Stays' is translated but no longer used"),
            (
                'msgid "Stay"\nmsgstr "住宿"',
                '#~ msgid "Old"\n#~ msgstr "旧"',
                "'Old' is translated but no longer used",
            ),
            ("尊敬的%(name)s", "尊敬的", "'Dear %(name)s' has other places"),
            ("%(n)d 晚", "%(m)d 晚", "'%(n)d night' has other places"),
        ],
    )
    def test_each_fault_is_named(self, house: House, old: str, new: str, problem: str) -> None:
        assert old in ROOM
        assert any(problem in line for line in messages.check(house(ROOM.replace(old, new, 1))))

    def test_two_rooms_may_repeat_but_not_contradict_each_other(self, house: House) -> None:
        assert messages.check(house(other='msgid "Stay"\nmsgstr "住宿"\n')) == []
        problems = messages.check(house(other='msgid "Stay"\nmsgstr "逗留"\n'))
        assert problems == ["web.po: 'Stay' is translated otherwise in stays.po"]

    def test_one_room_says_a_text_once(self, house: House) -> None:
        problems = messages.check(house(ROOM + '\nmsgid "Stay"\nmsgstr "逗留"\n'))
        assert problems == ['stays.po: msgid "Stay" stands 2 times']

    def test_doubtful_words_are_not_shipped(self, house: House) -> None:
        root = house(ROOM.replace('msgid "Stay"', '#, fuzzy\nmsgid "Stay"'))
        assert "住宿".encode() not in messages.shipped_path(root).read_bytes()

    def test_a_shipped_catalogue_older_than_its_sources(self, house: House) -> None:
        root = house()
        source = messages.locale_folder(root) / "stays.po"
        source.write_text(source.read_text(encoding="utf-8").replace("住宿", "逗留"), encoding="utf-8")
        assert messages.check(root) == [
            "the shipped catalogue differs from its sources: run python -m infra.messages compile"
        ]

    def test_a_template_that_cannot_be_read_stops_the_check(self, house: House) -> None:
        root = house(page="{% if %}")
        with pytest.raises(jinja2.TemplateSyntaxError):
            messages.check(root)

    def test_missing_prints_entries_to_fill_in(self, house: House) -> None:
        printed = messages.missing(house(room=""))
        assert printed.startswith('#: chalicelib/stays/pages.py:2\nmsgid "Stay"\nmsgstr ""\n')
        assert 'msgctxt "verb"\nmsgid "Book"\n' in printed
        assert 'msgid_plural "%(n)d nights"\nmsgstr[0] ""\n' in printed
        filled = printed.replace('msgstr ""', 'msgstr "译"').replace('msgstr[0] ""', 'msgstr[0] "%(n)d 译"')
        filled = filled.replace('msgid "Dear %(name)s"\nmsgstr "译"', 'msgid "Dear %(name)s"\nmsgstr "译%(name)s"')
        assert messages.check(house(room=filled)) == []


# -- languages, countries, zones ---------------------------------------------------------------------------


class TestLanguages:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            *(
                ("EN", "en"),
                ("zh_hans-cn", "zh-Hans-CN"),
                ("pt-br", "pt-BR"),
                ("es-419", "es-419"),
                (" fr ", "fr"),
            ),
            *(
                ("iw", "he"),
                ("de-1996", "de-1996"),
                ("sl-rozaj-biske", "sl-rozaj-biske"),
                ("yue-Hant-HK", "yue-Hant-HK"),
            ),
        ],
    )
    def test_tags_have_one_form(self, typed: str, kept: str) -> None:
        assert languages.normalise_language(typed) == kept
        assert languages.normalise_language(kept) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "e",
            "english",
            "en-",
            "-en",
            "en--GB",
            "en-XX",
            "en GB",
            "C",
            "*",
            "en-x-a",
            "en;q=1",
            "ен",
            "a" * 40,
            "en\n-GB",
        ],
    )
    def test_other_texts_are_refused(self, typed: str) -> None:
        with pytest.raises(InvalidValue):
            languages.normalise_language(typed)

    @pytest.mark.parametrize(
        ("wanted", "available", "best"),
        [
            ("zh-Hans-CN", ["en", "zh"], "zh"),
            ("zh-CN", ["en", "zh"], "zh"),
            ("pt", ["en", "zh"], "en"),
            (None, ["en", "zh"], "en"),
            ("not a tag", ["en", "zh"], "en"),
            ("zh-TW", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
            ("zh-CN", ["en", "zh-Hans", "zh-Hant"], "zh-Hans"),
            ("zh-Hant", ["en", "zh-Hans"], "zh-Hans"),
            ("en-GB", ["en-US", "zh"], "en-US"),
            ("PT-br", ["pt-BR", "pt", "en"], "pt-BR"),
        ],
    )
    def test_the_best_available(self, wanted: str | None, available: list[str], best: str) -> None:
        assert languages.best_language(wanted, available) == best
        assert languages.best_language(wanted, reversed(available)) == best

    @given(st.text(max_size=40))
    def test_no_text_breaks_the_choice(self, wanted: str) -> None:
        assert languages.best_language(wanted, ["en", "zh"], "zh") in {"en", "zh"}


class TestCountries:
    def test_the_table(self) -> None:
        assert len(languages.countries()) == 250
        assert len({country.alpha_3 for country in languages.countries().values()}) == 250
        for code, country in languages.countries().items():
            assert (len(code), len(country.alpha_3)) == (2, 3)
            assert country.name_en
            assert country.name_zh

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [("prt", "PT"), (" cn ", "CN"), ("UK", "GB"), ("TMP", "TL"), ("xk", "XK"), ("GBR", "GB")],
    )
    def test_codes(self, typed: str, kept: str) -> None:
        assert languages.normalise_country(typed) == kept

    @pytest.mark.parametrize("typed", ["", "NULL", "ZZ", "China", "P T", "1"])
    def test_countries_there_are_not(self, typed: str) -> None:
        with pytest.raises(InvalidValue):
            languages.normalise_country(typed)

    def test_names(self) -> None:
        assert languages.country_name("PRT", "zh-CN") == "葡萄牙"
        assert languages.country_name("PT", "de") == "Portugal"


class TestTimeZones:
    def test_zones(self) -> None:
        assert languages.normalise_time_zone(" Asia/Shanghai ") == "Asia/Shanghai"
        assert languages.normalise_time_zone("UTC") == "UTC"

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "",
                "localtime",
                "posixrules",
                "Factory",
                "europe/lisbon",
                "Europe",
                "GMT+25",
                "Mars/Olympus",
                "+08:00",
            ),
            *(
                "../../etc/passwd",
                "/etc/localtime",
                "Europe/../Europe/Lisbon",
                "posix/UTC",
                "Europe/Lisbon\0",
                "CST",
            ),
        ],
    )
    def test_what_is_no_zone_is_refused(self, typed: str) -> None:
        with pytest.raises(InvalidValue):
            languages.normalise_time_zone(typed)
