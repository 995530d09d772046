"""P10: the runner is killed again and again in the middle of the greetings (see `infra.proof.killing`)."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

_ACCOUNT = re.compile(
    r"due (\d+), sent (\d+), .*?parked (\d+), unknown \d+, skipped (\d+), failed (\d+), duplicated (\d+)"
)
_RATE = re.compile(r"(\d+) a second")
RIGHT = "All is accounted for."


class NoAccount(RuntimeError):
    """The journey ended without an account."""


def killed(*, greetings: int, times: int) -> dict[str, Any]:
    """Greetings and kills in a test chain: the account of what came of them."""
    arguments = ["--greetings", str(greetings), "--live-greetings", "0", "--kills", str(times)]
    done = subprocess.run(
        [sys.executable, "-m", "infra.proof.kills", *arguments], capture_output=True, text=True, check=False
    )
    return account_of(done.stdout)


def account_of(said: str) -> dict[str, Any]:
    """The figures in what the journey said. Raises NoAccount."""
    found, rate = _ACCOUNT.search(said), _RATE.search(said)
    if found is None:
        raise NoAccount(said[-2000:])
    due, sent, parked, skipped, failed, duplicated = map(int, found.groups())
    return {
        "due": due,
        "sent": sent,
        "parked": parked,
        "skipped": skipped,
        "failed": failed,
        "duplicated": duplicated,
        "decided": sent + parked + skipped + failed,
        "kills": said.count("killed runner"),
        "greetings_a_second": int(rate[1]) if rate else None,
        "is_right": RIGHT in said,
    }
