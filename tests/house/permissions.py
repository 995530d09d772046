"""Prints docs/permissions.md: which role may call which operation. `python -m tests.house.permissions write|check`.

The file is for people, and it is what the walk over all routes goes by: a role that gains or loses an operation shows
in a diff that somebody has to read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from chalicelib.directory.rules import ROLES, role_permissions
from tests.house.world import ENDPOINTS

PATH = Path(__file__).parent.parent.parent / "docs" / "permissions.md"
YES, NO = "yes", "–"
HEAD = """# Who may call what

Printed by `python -m tests.house.permissions write` from the declared endpoints and the roles; a test goes through
every line. An API key may hold any of these permissions; a role holds those of its column. Whether somebody works for
the whole chain or for some properties is another matter: what lies beyond their properties answers 404.

Callers: `key` is an API key or a member of staff, `operator` whoever runs the installation, `public` anybody.

"""


def page() -> str:
    """The file as it should be."""
    columns = ["Operation", "Address", "Caller", "Permission", *ROLES]
    lines = [_row(columns), _row(["---"] * len(columns))]
    for endpoint in sorted(ENDPOINTS, key=lambda one: (one.path, one.method)):
        is_theirs = endpoint.caller == "key"
        held = [is_theirs and endpoint.permission in role_permissions(role) for role in ROLES]
        lines.append(
            _row(
                [
                    f"`{endpoint.operation_id}`",
                    f"`{endpoint.method} {endpoint.path}`",
                    endpoint.caller,
                    f"`{endpoint.permission}`" if endpoint.permission else NO,
                    *(YES if one else NO for one in held),
                ]
            )
        )
    return HEAD + "\n".join(lines) + "\n"


def table() -> dict[str, dict[str, bool]]:
    """What the committed file says: by operation, which role may."""
    rows = [line for line in PATH.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    names = list(ROLES)
    found = {}
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        found[cells[0].strip("`")] = {name: cell == YES for name, cell in zip(names, cells[4:], strict=True)}
    return found


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Write the file, or say whether it is current."""
    if sys.argv[1:] == ["write"]:
        PATH.write_text(page(), encoding="utf-8")
        return 0
    return 0 if PATH.read_text(encoding="utf-8") == page() else 1


if __name__ == "__main__":
    sys.exit(main())
