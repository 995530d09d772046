"""What some calls need and no start does: imported when it is first asked for. Libraries, by one of their names:

    if TYPE_CHECKING:
        import phonenumbers
    else:
        phonenumbers = later("phonenumbers")

The import stands at the top, where readers, the type checker and the contracts between rooms see it; only the work
waits. Which libraries wait is a decision (0019), for the first call that needs one pays for it.

And a context's own functions, where it declares for which work, facts and questions they are (0027):

    named = Names(__package__)
    agenda.handles(kinds.MERGE)(named("service.merging:step"))

An address is below the package that names it, so nothing reaches into another context past the contracts. What such a
name leads to is tried by tests/house/test_named.py, for no linter reads it.
"""

from __future__ import annotations

import sys
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


class Named:
    """A function by its address: imported when it is first called, and called like any other."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    @property
    def function(self) -> Any:
        """The function itself."""
        return getattr(sys.modules.get(self.module) or import_module(self.module), self.name)

    def __call__(self, *args: Any, **values: Any) -> Any:
        return self.function(*args, **values)


class Names:
    """Names functions below a package: `named("service.merging:step")`."""

    def __init__(self, package: str | None) -> None:
        self._package = package

    def __call__(self, address: str) -> Named:
        module, _, name = address.partition(":")
        named = Named(f"{self._package}.{module}", name)
        WAITING.append(named.module)
        return named


def fetch() -> None:
    """Import all that was put off; for whoever has time before the first call, and for the tests of the package."""
    for name in WAITING:
        import_module(name)
