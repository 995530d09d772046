"""Writes messages: the templates of an occasion in a language, filled with what may be missing and nothing secret.

The template engine comes with the first letter (see `sandbox`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.kernel.later import later
from chalicelib.outreach.words import FALLBACK, LANGUAGES, Words, language_for

if TYPE_CHECKING:
    from chalicelib.outreach import sandbox
else:
    sandbox = later("chalicelib.outreach.sandbox")

__all__ = ["LANGUAGES", "LetterTooLong", "Words", "language_for", "write"]

PART_LENGTH_MAX = 90_000  # characters: with its encoding a mail stays below the 100 kB that mail programs cut off at


class LetterTooLong(ValueError):
    """A template made more than a message may hold."""


def write(occasion: str, language: str, parts: tuple[str, ...], words: Words) -> dict[str, str]:
    """The parts of a message by name. A language that an occasion has no templates in falls back to English."""
    known = asdict(words)
    return {part: _written(_template(occasion, language, part), known) for part in parts}


def _written(template: Any, words: Mapping[str, str]) -> str:
    text: str = template.render(words).strip()
    if len(text) > PART_LENGTH_MAX:
        raise LetterTooLong(template.name)
    return text + "\n"


@cache
def _template(occasion: str, language: str, part: str) -> Any:
    """A template, compiled once per process."""
    environment = sandbox.environment()
    try:
        return environment.get_template(f"{occasion}/{language}/{part}")
    except sandbox.TemplateNotFound:
        return environment.get_template(f"{occasion}/{FALLBACK}/{part}")
