"""English and Chinese are equal: no text without both, no template that speaks only one."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import meta

from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.i18n import LANGUAGES, translator
from chalicelib.outreach import letters
from chalicelib.web.rendering import environment
from infra import messages
from tests.house.world import ENDPOINTS

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ROOT / "chalicelib"
TEMPLATES = sorted(environment("en").list_templates())
MESSAGES = PRODUCT / "outreach" / "templates" / "messages"
SHARED = [name for name in TEMPLATES if "/messages/" not in name]
KINDS = sorted(path.name for path in MESSAGES.iterdir() if path.is_dir() and path.name != "layout")
CJK = re.compile(r"[\u4e00-\u9fff]")
NAMES = {"Hospes"}  # what is called the same in both languages
SPOKEN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription"}


def test_both_languages_are_complete() -> None:
    assert messages.check() == []


# -- templates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHARED)
def test_every_template_can_be_read(language: str, name: str) -> None:
    made = environment(language)
    assert made.loader is not None
    made.get_template(name)
    source = made.loader.get_source(made, name)[0]
    referred = {one for one in meta.find_referenced_templates(made.parse(source)) if one is not None}
    assert referred <= set(TEMPLATES), "it refers to a template that there is not"


class _Spoken(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("script", "style")
        self.said += [value or "" for name, value in attrs if name in SPOKEN_ATTRIBUTES]

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code and '="' not in data:  # a macro may hold attributes without their tag
            self.said.append(data)


def spoken(source: str) -> list[str]:
    """The words in a template that no catalogue has seen."""
    bare = re.sub(r"{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}", " ", source, flags=re.S)
    bare = re.sub(r"{#.*?#}|{%.*?%}", " ", bare, flags=re.S)
    bare = re.sub(r"{{.*?}}", "0", bare, flags=re.S)
    parser = _Spoken()
    parser.feed(re.sub(r"&\w+;", " ", bare))
    words = [word for text in parser.said for word in re.findall(r"[^\W\d_]{2,}", text)]
    return [word for word in words if word not in NAMES]


@pytest.mark.parametrize("name", SHARED)
def test_templates_say_nothing_by_themselves(name: str) -> None:
    made = environment("en")
    assert made.loader is not None
    assert spoken(made.loader.get_source(made, name)[0]) == []


def test_a_template_that_did_would_be_found() -> None:
    assert spoken('<p title="Close">{{ _("Open") }} now {% trans %}and{% endtrans %} {# then #}</p>') == [
        "Close",
        "now",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_messages_are_written_in_both_languages(kind: str) -> None:
    files = {language: {path.name for path in (MESSAGES / kind / language).iterdir()} for language in LANGUAGES}
    assert files["en"] == files["zh"] != set()
    for name in files["en"]:
        english = (MESSAGES / kind / "en" / name).read_text(encoding="utf-8")
        chinese = (MESSAGES / kind / "zh" / name).read_text(encoding="utf-8")
        assert not CJK.search(english) and CJK.search(chinese), name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_messages_can_be_written(kind: str, language: str) -> None:
    """With all that may be known, and with all that may be missing."""
    parts = tuple(path.name for path in (MESSAGES / kind / language).iterdir())
    names = [one.name for one in dataclasses.fields(letters.Words)]
    full = letters.write(kind, language, parts, letters.Words(**{name: f"<{name}>" for name in names}))
    bare = letters.write(kind, language, parts, letters.Words(**dict.fromkeys(names, "")))
    for part in parts:
        assert full[part].strip() and bare[part].strip()
        assert any(f"<{name}>" in full[part] or f"&lt;{name}&gt;" in full[part] for name in names), part
        assert part.endswith(".txt") or "<name>" not in full[part], "what a guest is called is text, not code"


# -- refusals --------------------------------------------------------------------------------------------------


def refusals(cls: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every kind of refusal there is."""
    yield cls
    for child in cls.__subclasses__():
        yield from refusals(child)


@pytest.mark.parametrize(
    "cls", sorted(set(refusals()), key=lambda cls: cls.__qualname__), ids=lambda cls: cls.__qualname__
)
def test_every_refusal_has_a_title_in_both_languages(cls: type[Refusal]) -> None:
    if cls.__module__.startswith("chalicelib."):
        assert CJK.search(translator("zh").gettext(cls.title)), cls.title


REFUSAL_NAMES = {cls.__name__ for cls in refusals()}
WORDED = {"FieldError": 1, "field": 1}  # which argument is for people; of a refusal the first one


def unmarked(path: Path) -> Iterator[tuple[int, str]]:
    """Sentences for people that are not marked for the catalogue."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = WORDED.get(name, 0 if name in REFUSAL_NAMES or name in ("ValueError", "InvalidValue") else -1)
        is_refused = name in REFUSAL_NAMES or name in WORDED
        if 0 <= place < len(node.args) and is_refused:
            argument: Any = node.args[place]
            if isinstance(argument, ast.Constant | ast.JoinedStr):
                yield node.lineno, ast.unparse(argument)


@pytest.mark.parametrize("path", sorted(PRODUCT.rglob("*.py")), ids=lambda path: str(path.relative_to(PRODUCT)))
def test_every_reason_of_a_refusal_is_marked(path: Path) -> None:
    assert list(unmarked(path)) == []


def test_summaries_are_english_sentences() -> None:
    assert not [one.operation_id for one in ENDPOINTS if CJK.search(one.summary) or not one.summary[0].isupper()]
