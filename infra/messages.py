"""The Chinese catalogue: `python -m infra.messages compile | check | missing`. Needs Babel, never shipped.

Translations are kept in one file per room, `chalicelib/locales/zh/<room>.po`, so that two rooms never edit
one. `compile` merges them into the one catalogue that is shipped: the same words make the same bytes. `check`
fails on whatever a reader of either language would stumble over. `missing` prints entries for a room's file.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh"
DOMAIN = "hospes"
TEMPLATE_ENDINGS = (".html", ".txt")
# As the portal's own Jinja environment reads templates. One that cannot be parsed stops the check.
TEMPLATE_OPTIONS = {
    "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols",
    "newstyle_gettext": "true",
    "silent": "false",
}
SHOWN_LENGTH_MAX = 70

_ENTRY = re.compile(r'^(?:msgctxt .*\n)?msgid "(?:.*)"\n(?:".*"\n)*', re.MULTILINE)
_PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


@dataclass(frozen=True)
class Text:
    """One text as the code asks for it. The parts that it does not have are empty."""

    singular: str
    plural: str = ""
    context: str = ""

    def __str__(self) -> str:
        short = self.singular.replace("\n", " ")
        return repr(short if len(short) <= SHOWN_LENGTH_MAX else f"{short[:SHOWN_LENGTH_MAX]}…")


@dataclass(frozen=True)
class Translation:
    """What a room says for a text: one form, as Chinese has no plural; and whether somebody doubts it."""

    room: str
    words: str
    is_fuzzy: bool


class ShippedCatalogue(Catalog):
    """A catalogue whose header tells nothing of the day it was made on or the tool that made it."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Only what gettext itself reads."""
        return [
            ("Language", LANGUAGE),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Plural-Forms", "nplurals=1; plural=0;"),
        ]


def locale_folder(root: Path = ROOT) -> Path:
    """Where the rooms' files lie."""
    return root / "chalicelib" / "locales" / LANGUAGE


def shipped_path(root: Path = ROOT) -> Path:
    """Where the compiled catalogue lies, which the product reads."""
    return locale_folder(root) / "LC_MESSAGES" / f"{DOMAIN}.mo"


def translations(root: Path = ROOT) -> list[tuple[Text, Translation]]:
    """Every entry of every room, in the order of rooms. Raises ValueError for a file that is no catalogue."""
    found: list[tuple[Text, Translation]] = []
    for path in sorted(locale_folder(root).glob("*.po")):
        with path.open("rb") as source:
            room = read_po(source, locale=LANGUAGE, abort_invalid=True)
        messages = [message for message in room if message.id] + list(room.obsolete.values())
        found.extend((_text_of(message), _translation_of(path.stem, message)) for message in messages)
    return found


def used_texts(root: Path = ROOT) -> dict[Text, str]:
    """Every text that code and templates show, with the first place that shows it."""
    used: dict[Text, str] = {}
    for path, method in _sources(root / "chalicelib"):
        with path.open("rb") as source:
            for line, parts, _, context in extract(method, source, DEFAULT_KEYWORDS, (), TEMPLATE_OPTIONS):
                singular, plural = (parts, "") if isinstance(parts, str) else (parts[0], parts[1])
                used.setdefault(Text(singular, plural, context or ""), f"{path.relative_to(root)}:{line}")
    return used


def compiled(entries: list[tuple[Text, Translation]]) -> bytes:
    """The catalogue in gettext's binary form, without what is empty or doubtful."""
    catalogue = ShippedCatalogue(locale=LANGUAGE)
    for text, translation in entries:
        if translation.words and not translation.is_fuzzy:
            message_id = (text.singular, text.plural) if text.plural else text.singular
            words = (translation.words,) if text.plural else translation.words
            catalogue.add(message_id, words, context=text.context or None)
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def compile_catalogue(root: Path = ROOT) -> Path:
    """Write the shipped catalogue, whole or not at all, and answer where it is."""
    target = shipped_path(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.write_bytes(compiled(translations(root)))
    draft.replace(target)
    return target


def check(root: Path = ROOT) -> list[str]:
    """Everything that is wrong, a line each; nothing if both languages are complete.

    That is: texts without a translation, or an empty or doubtful one; other places (`%(name)s`) than the
    English; rooms that contradict each other, or say something twice; texts that are gone; a shipped catalogue made
    of other sources.
    """
    entries, used = translations(root), used_texts(root)
    problems: list[str] = []
    known: dict[Text, Translation] = {}
    for text, translation in entries:
        before = known.setdefault(text, translation)
        faults = _faults(text, translation, before, is_used=text in used)
        problems.extend(f"{translation.room}.po: {text} {fault}" for fault in faults)
    problems.extend(_repeated(root))
    problems.extend(f"{place}: {text} has no translation" for text, place in used.items() if text not in known)
    shipped = shipped_path(root)
    if not shipped.exists() or shipped.read_bytes() != compiled(entries):
        problems.append("the shipped catalogue differs from its sources: run python -m infra.messages compile")
    return problems


def missing(root: Path = ROOT, under: str = "") -> str:
    """Entries without translations, in the form of a room's file, for the texts of the folder `under`."""
    known = {text for text, _ in translations(root)}
    lines: list[str] = []
    for text, place in used_texts(root).items():
        if text in known or not place.startswith(under):
            continue
        lines += [f"#: {place}"]
        lines += [f"msgctxt {_quoted(text.context)}"] if text.context else []
        lines += [f"msgid {_quoted(text.singular)}"]
        lines += [f"msgid_plural {_quoted(text.plural)}", 'msgstr[0] ""', ""] if text.plural else ['msgstr ""', ""]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Answers 0 if all is well."""
    parser = argparse.ArgumentParser(prog="python -m infra.messages", description="The Chinese catalogue.")
    parser.add_argument("command", choices=("compile", "check", "missing"))
    parser.add_argument("--under", default="", help="missing: only texts of this folder, such as chalicelib/web")
    given = parser.parse_args(arguments)
    if given.command == "compile":
        sys.stdout.write(f"{compile_catalogue().relative_to(ROOT)}\n")
        return 0
    if given.command == "missing":
        sys.stdout.write(missing(under=given.under))
        return 0
    problems = check()
    sys.stdout.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def _sources(folder: Path) -> Iterator[tuple[Path, str | Callable[..., Any]]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".py":
            yield path, "python"
        elif path.suffix in TEMPLATE_ENDINGS and "templates" in path.parts:
            yield path, babel_extract


def _text_of(message: Message) -> Text:
    singular, plural = (message.id, "") if isinstance(message.id, str) else (message.id[0], message.id[1])
    return Text(singular, plural, message.context or "")


def _translation_of(room: str, message: Message) -> Translation:
    words = message.string if isinstance(message.string, str) else "".join((message.string or ())[:1])
    return Translation(room, words, message.fuzzy)


def _faults(text: Text, translation: Translation, before: Translation, *, is_used: bool) -> Iterator[str]:
    if not is_used:
        yield "is translated but no longer used"
    if not translation.words:
        yield "has no translation"
    elif sorted(_PLACE.findall(text.plural or text.singular)) != sorted(_PLACE.findall(translation.words)):
        yield "has other places than its translation"
    if translation.is_fuzzy:
        yield "is marked as fuzzy"
    if before.words != translation.words:
        yield f"is translated otherwise in {before.room}.po"


def _repeated(root: Path) -> Iterator[str]:
    """Entries that stand twice in one file, of which a reader of catalogues takes one without a word."""
    for path in sorted(locale_folder(root).glob("*.po")):
        for entry, times in Counter(_ENTRY.findall(path.read_text(encoding="utf-8"))).items():
            if times > 1:
                yield f"{path.name}: {' '.join(entry.split())[:SHOWN_LENGTH_MAX]} stands {times} times"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


if __name__ == "__main__":
    sys.exit(main())
