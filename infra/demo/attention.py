"""What head office does every evening of the demo: it looks at houses whose mail is paused, and lifts the pause.

One address in a thousand complains, which is more than a chain is allowed, so that pauses show. If nobody looked at
them, the first would keep thousands of greetings back.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.directory import service as directory
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.service import reputation

BEGUN, LIFTED = "sending_pause.begun", "sending_pause.lifted"
ENTRIES_MAX = 200  # of one house: two months have sixty evenings


def look(scope: Scope) -> None:
    """Lift what is paused, as after a look at who bounced or complained, and why."""
    for house in directory.properties(scope):
        known = reputation.standing(scope, str(house.id))
        if known.pause is not None:
            reputation.lift(scope, str(house.id), known.version)


def show(scope: Scope, say: Callable[[str], None]) -> None:
    """The pauses of each house, by the activity log."""
    for house in directory.properties(scope):
        entries = [
            one for one in audit_page(scope, str(house.id), limit=ENTRIES_MAX).items if one.action in (BEGUN, LIFTED)
        ]
        for entry in reversed(entries):
            cause = (entry.detail or {}).get("cause", "")
            what = "paused" if entry.action == BEGUN else "looked at by head office, and sent again"
            say(f"Mail of {house.name}: {what}, {str(entry.at)[:10]} ({cause})")
