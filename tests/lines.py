"""Catches the product's log lines as they would be written, and reads them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kernel.logs import Formatter

Line = dict[str, Any]


class Lines(logging.Handler):
    """Everything that was written, as text and read."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.texts.append(Formatter().format(record))

    @property
    def all(self) -> list[Line]:
        """Every line, read."""
        return [json.loads(text) for text in self.texts]

    def of(self, event: str) -> list[Line]:
        """The lines of an event."""
        return [line for line in self.all if line["event"] == event]

    def only(self, event: str) -> Line:
        """The one line of an event."""
        (line,) = self.of(event)
        return line

    @property
    def figures(self) -> dict[str, float]:
        """Every metric that was written, counts and durations added up over all lines."""
        found: dict[str, float] = {}
        for line in self.of("metrics"):
            for described in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                value = line[described["Name"]]
                total = sum(value) if isinstance(value, list) else value
                found[described["Name"]] = found.get(described["Name"], 0) + total
        return found


@contextmanager
def caught() -> Iterator[Lines]:
    """The product's lines that are written inside, from `info` on."""
    lines, own = Lines(), logging.getLogger("chalicelib")
    level = own.level
    own.addHandler(lines)
    own.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        own.removeHandler(lines)
        own.setLevel(level)
