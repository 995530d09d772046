"""`make demo`: a stack of its own beside that of `make run`, the whole of the real bookings in it, and the figures.

The data stay in the folder's `demo`, so that a second run can show that it changes nothing. To look at it in the
portal afterwards, start `make run` with that folder. `--part 2000` plays with about so many bookings, for a quick look;
`--only year` lives the year of care alone.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from infra.local.launcher import Failed, Launcher, say
from infra.local.state import Folder, Taken, environment, free_port

WATCH_EVERY_S = 0.5


class _Stack(Launcher):
    """The local stack without the quick demo."""

    def _found(self) -> dict[str, Any]:
        return {}

    def _fill(self) -> None:
        return None


def main() -> int:
    """Start the stack, play, stop; the exit status."""
    folder = Folder(Folder.here().path / "demo")
    try:
        folder.take()
    except Taken:
        say("The demo is running already.")
        return 1
    stack = _Stack(folder, free_port(0))
    try:
        stack.start()
        command = [sys.executable, "-m", "infra.demo.play", "--runner", str(stack.runner.pid), *sys.argv[1:]]
        play = subprocess.Popen(command, env=environment(stack._told))
        while play.poll() is None:
            stack.revive()
            time.sleep(WATCH_EVERY_S)
        return int(play.returncode)
    except Failed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        stack.stop()


if __name__ == "__main__":
    sys.exit(main())
