"""What templates of messages run in.

They are code of people who are not programmers, so they run in a sandbox that knows text and numbers only: no attribute
of any object can be reached, nothing can be called, and what is not given is an error, not an empty string.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["Sandbox", "TemplateNotFound", "environment"]

_FOLDER = Path(__file__).parent / "templates" / "messages"
_PLAIN = (".txt",)


class Sandbox(ImmutableSandboxedEnvironment):
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


@cache
def environment() -> Sandbox:
    """The one environment of a process."""
    made = Sandbox(
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
