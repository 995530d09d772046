"""Writes messages: the templates of an occasion in a language, filled with what may be missing and nothing secret.

Templates are code of people who are not programmers, so they run in a sandbox that knows text and numbers only: no
attribute of any object can be reached, nothing can be called, and what is not given is an error, not an empty string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chalicelib.outreach import words as port
from chalicelib.outreach.words import FALLBACK, LANGUAGES, Words, language_for

__all__ = ["LANGUAGES", "LetterTooLong", "Words", "language_for", "write"]

PART_LENGTH_MAX = 90_000  # characters: with its encoding a mail stays below the 100 kB that mail programs cut off at
_FOLDER = Path(__file__).parent / "templates" / "messages"
_PLAIN = (".txt",)


class LetterTooLong(ValueError):
    """A template made more than a message may hold."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Blocks of templates may be filled, and nothing else be reached, called or multiplied."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A short template could make a text of any length by them."""
        raise SecurityError(f"templates do not use {operator}")

    def wrap_str_format(self, value: Any) -> None:
        """`str.format` is an attribute like any other."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """No attribute is: templates are given text."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Only what a layout's block refers to."""
        return isinstance(obj, BlockReference)


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
    environment = _environment()
    try:
        return environment.get_template(f"{occasion}/{language}/{part}")
    except TemplateNotFound:
        return environment.get_template(f"{occasion}/{FALLBACK}/{part}")


@cache
def _environment() -> _Sandbox:
    made = _Sandbox(
        loader=FileSystemLoader(_FOLDER),
        autoescape=lambda name: name is None or not name.endswith(_PLAIN),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals.clear()
    return made


port.write_by(write)
