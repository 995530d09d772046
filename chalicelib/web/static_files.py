"""The portal's own stylesheet and scripts, served from the package."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from chalicelib.kernel.errors import NotFound
from chalicelib.web.auth import Authenticators
from chalicelib.web.http import Request, Response
from chalicelib.web.routing import Handler

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class StaticFiles:
    """The route of everything under `/static`."""

    def routes(self, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
        """What the front door registers."""
        return [("GET", "/static/{name}", serve_file)]


def serve_file(request: Request) -> Response:
    """One file by name; only names that are there are ever opened."""
    name = request.path_params.get("name", "")
    if name not in _names():
        raise NotFound()
    headers = {"Content-Type": _TYPES[Path(name).suffix], "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(200, _read(name), headers)


def static(name: str) -> str:
    """The address of a file of ours. It changes with the file, so that browsers may keep it for a year."""
    return f"/static/{name}?v={_version(name)}"


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _FOLDER.iterdir() if path.suffix in _TYPES)


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _version(name: str) -> str:
    return hashlib.blake2b(_read(name).encode(), digest_size=6).hexdigest()


room = StaticFiles()
