"""The processes that the launcher keeps alive: started, watched, started again, and ended in order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

RESTART_PAUSE_MIN_S, RESTART_PAUSE_MAX_S = 0.3, 2.0
STABLE_AFTER_S = 10.0  # a process that lived this long is started again without delay
LOG_BYTES_MAX = 20 * 1024 * 1024  # a log longer than this is put aside; the one put aside before is forgotten
TAIL_BYTES = 3000


class Child:
    """One process, by module name."""

    def __init__(self, name: str, module: str, arguments: list[str], environment: dict[str, str], logs: Path) -> None:
        self.name = name
        self._command = [sys.executable, "-m", module, *arguments, "--parent", str(os.getpid())]
        self.environment = environment
        self._log_path = logs / f"{name}.log"
        self._log: IO[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0
        self._pause_s = RESTART_PAUSE_MIN_S
        self.deaths = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid if self.process else 0

    def start(self, with_pipes: bool = False) -> None:
        """Start it; with pipes for one that is talked to."""
        if self._log is None:
            self._log = self._log_path.open("ab")
            self.bound_log()
        self.process = subprocess.Popen(
            self._command,
            env=self.environment,
            stdin=subprocess.PIPE if with_pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if with_pipes else self._log,
            stderr=self._log,
            # Ctrl-C goes to the launcher alone, which then ends its children in order.
            start_new_session=True,
        )
        self._started_at = time.monotonic()

    def is_running(self) -> bool:
        """Whether it lives."""
        return self.process is not None and self.process.poll() is None

    def revive(self) -> bool:
        """Start it again if it has died and its pause is over; whether it was started."""
        now = time.monotonic()
        if self.is_running():
            return False
        if self._start_again_at == 0.0:
            self.deaths += 1
            if now - self._started_at > STABLE_AFTER_S:
                self._pause_s = RESTART_PAUSE_MIN_S
            self._start_again_at = now + self._pause_s
            self._pause_s = min(RESTART_PAUSE_MAX_S, self._pause_s * 2)
        if now < self._start_again_at:
            return False
        self._start_again_at = 0.0
        self.start()
        return True

    def bound_log(self) -> None:
        """Put its log aside when it has grown too long.

        The process goes on writing to the same file, at its end, wherever that is; what it writes between the copy and
        the cut is lost.
        """
        if self._log is not None and os.fstat(self._log.fileno()).st_size > LOG_BYTES_MAX:
            shutil.copyfile(self._log_path, self._log_path.with_suffix(".log.1"))
            os.ftruncate(self._log.fileno(), 0)

    def end(self) -> None:
        """Ask it to end."""
        if self.is_running() and self.process is not None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end; kill it when the time is over."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def close(self) -> None:
        """Let go of its log."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def tail(self) -> str:
        """The end of its log."""
        try:
            with self._log_path.open("rb") as file:
                file.seek(max(0, self._log_path.stat().st_size - TAIL_BYTES))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""
