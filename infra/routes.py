"""Writes or checks chalicelib/routes.py, the index of all routes: `python -m infra.routes write|check`.

It is printed from the declarations in the rooms, so that the API knows each of its addresses without importing them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("HOSPES_SECRET", "only-to-print-the-index")

from chalicelib.directory.answers import authenticate_key, authenticate_session
from chalicelib.rooms import ROOMS
from chalicelib.web.application import routes_of
from chalicelib.web.auth import Authenticators
from chalicelib.web.routing import Handler

PATH = Path(__file__).parent.parent / "chalicelib" / "routes.py"
HEAD = '''"""The routes of every room: methods by pattern. Made of the declarations: `python -m infra.routes write`."""

ROUTES = {
'''


def index_text() -> str:
    """The module as it is committed. A route that is declared twice is in it twice, and refused by the front door."""
    nobody = Authenticators(by_key=authenticate_key, by_session=authenticate_session)
    return HEAD + "".join(_lines(name, routes_of(room, nobody)) for name, room in ROOMS.items()) + "}\n"


def _lines(name: str, routes: Iterable[tuple[str, str, Handler]]) -> str:
    methods: dict[str, list[str]] = {}
    for method, pattern, _ in routes:
        methods.setdefault(pattern, []).append(method)
    rows = "".join(f'        "{pattern}": "{" ".join(found)}",\n' for pattern, found in methods.items())
    return f'    "{name}": {{\n{rows}    }},\n'


def main() -> int:
    """Write the file, or say whether it is current."""
    if sys.argv[1:] == ["write"]:
        PATH.write_text(index_text(), encoding="utf-8")
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == index_text():
        return 0
    print("chalicelib/routes.py is not what the rooms declare: run `python -m infra.routes write`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
