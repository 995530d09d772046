"""A progress bar on a terminal, and a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

WIDTH = 32
LINE_EVERY_S = 15.0


class Bar:
    """`with Bar("Importing", total) as bar: bar.show(done)`."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = max(1, total)
        self._began = time.monotonic()
        self._last_line = 0.0

    def __enter__(self) -> Bar:
        self.show(0)
        return self

    def show(self, done: int) -> None:
        """Say how far it is."""
        share = min(1.0, done / self._total)
        passed = time.monotonic() - self._began
        text = f"{self._title} {done} of {self._total}, {passed:.0f} s"
        if sys.stdout.isatty():
            filled = int(share * WIDTH)
            sys.stdout.write(f"\r\x1b[K[{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%} {text}")
        elif passed - self._last_line > LINE_EVERY_S or done == self._total:
            self._last_line = passed
            sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\n")
