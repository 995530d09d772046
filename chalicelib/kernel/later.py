"""Libraries that some calls need and no start does: imported when one of their names is first asked for.

    if TYPE_CHECKING:
        import phonenumbers
    else:
        phonenumbers = later("phonenumbers")

The import stands at the top, where readers, the type checker and the contracts between rooms see it; only the work
waits. Which libraries wait is a decision (0019), for the first call that needs one pays for it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

WAITING: list[str] = []  # what this process has put off, in the order of its start


class _Later(ModuleType):
    """Stands for a module. Python's own import lock sees to it that two threads that ask at once get one module."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # what inspects modules must not import them
        return getattr(import_module(self.__name__), name)


def later(name: str) -> ModuleType:
    """The module of that name, imported when it is first used."""
    WAITING.append(name)
    return _Later(name)


def fetch() -> None:
    """Import all that was put off; for whoever has time before the first call, and for the tests of the package."""
    for name in WAITING:
        import_module(name)
