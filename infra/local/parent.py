"""Children of the launcher end with it, even if it was killed without a chance to say so."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time

CHECK_EVERY_S = 1.0
PR_SET_PDEATHSIG = 1


def die_with(parent: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Get a signal when the parent process is gone; 0 means that nobody is watched.

    Linux does it by itself; elsewhere a thread looks now and then.
    """
    if parent == 0:
        return
    if os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)
        if os.getppid() != parent:
            os.kill(os.getpid(), by)
        return
    threading.Thread(target=_watch, args=(parent, by), daemon=True, name="parent-watch").start()


def _watch(parent: int, by: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(CHECK_EVERY_S)
    os.kill(os.getpid(), by)
