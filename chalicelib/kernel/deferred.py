"""`dataclass` as the standard library's, with its methods made when the first instance is.

Making them compiles source: a millisecond a class, and a function that starts cold brings a hundred classes along and
uses a dozen. From the first instance on there is no difference. Before it, `fields(Class)` finds nothing; for that, and
for `slots=True`, take the library's own.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

BUILT: list[str] = []  # the classes that were used so far

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses

    _building = RLock()
    _OPTIONS = "__deferred_options__"

    def dataclass(made=None, /, **options):
        """`@dataclass` or `@dataclass(frozen=True, …)`."""
        return _deferred(made, options) if made is not None else lambda made: _deferred(made, options)

    def _deferred(made, options):
        if "__init__" in vars(made) or options.get("slots"):
            raise TypeError(f"{made.__qualname__} cannot be deferred: it has slots or its own __init__")

        def __init__(self, *args, **values):
            _build(made)
            made.__init__(self, *args, **values)

        setattr(made, _OPTIONS, options)
        made.__init__ = __init__
        return made

    def _build(made):
        """Give a class its methods, its bases first. `__init__` comes last, for other threads find their way by it."""
        with _building:
            for one in reversed(made.__mro__):
                options = vars(one).get(_OPTIONS)
                if options is not None and "__dataclass_fields__" not in vars(one):
                    dataclasses.dataclass(init=False, **options)(one)
                    # A class keeps the __init__ that it has; a subclass without fields of its own is given a fresh one.
                    fresh = type(one.__name__, (one,), {})
                    like = {"frozen": options.get("frozen", False), "eq": False, "repr": False}
                    one.__init__ = dataclasses.dataclass(**like)(fresh).__init__
                    BUILT.append(f"{one.__module__}.{one.__qualname__}")
