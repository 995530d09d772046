"""The table of routes: which pattern and handler a path belongs to. The package and the local gateway use it too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from urllib.parse import unquote

from chalicelib.kernel.deferred import dataclass
from chalicelib.web.http import Request, Response

Handler = Callable[[Request], Response]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CATCH_ALL = "/{proxy+}"


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    name: str = ""
    pattern: str | None = None


class Router:
    """Patterns such as `/v1/guests/{guest_id}`; a literal part wins over a parameter."""

    def __init__(self) -> None:
        self._root = _Node()
        self.handlers: dict[str, dict[str, Handler]] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Register a handler. Raises ValueError if the method and pattern are taken."""
        methods = self.handlers.setdefault(pattern, {})
        if method in methods:
            raise ValueError(f"{method} {pattern} is declared twice")
        methods[method] = handler
        node = self._root
        for part in pattern.strip("/").split("/"):
            if part.startswith("{"):
                node.parameter = node.parameter or _Node(name=part.strip("{}"))
                node = node.parameter
            else:
                node = node.children.setdefault(part, _Node())
        node.pattern = pattern

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The pattern a raw path belongs to and its parameters, or None."""
        found = _walk(self._root, path.strip("/").split("/"), 0, [])
        if found is None:
            return None
        pattern, values = found
        names = [part.strip("{}") for part in pattern.strip("/").split("/") if part.startswith("{")]
        return pattern, dict(zip(names, (unquote(value) for value in values), strict=True))


def _walk(node: _Node, parts: list[str], index: int, values: list[str]) -> tuple[str, list[str]] | None:
    if index == len(parts):
        return (node.pattern, values) if node.pattern is not None else None
    part = parts[index]
    if part in node.children:
        found = _walk(node.children[part], parts, index + 1, values)
        if found is not None:
            return found
    if node.parameter is not None and part:
        return _walk(node.parameter, parts, index + 1, [*values, part])
    return None


ROUTER = Router()


def match(path: str) -> tuple[str, dict[str, str]] | None:
    """The pattern and parameters of a path among all declared routes, or None."""
    return ROUTER.match(path)
