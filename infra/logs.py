"""`make logs`: the lines of all local processes in the order of time, for people; or the figures in them, by chain.

    python -m infra.logs --chain chn_… --level warning --since 10m --follow
    python -m infra.logs --metrics

It imports nothing but the standard library, so it works whatever state the product is in.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.local.state import Folder

LEVELS = ("debug", "info", "warning", "error", "critical")
COLOURS = {"warning": "33", "error": "31", "critical": "31", "debug": "2"}
DIM, BOLD = "2", "1"
FOLLOW_EVERY_S = 0.3
SHOWN_FIRST = ("chain", "actor", "request", "trace")  # after the line's own fields, in this order
HIDDEN = frozenset({"at", "level", "event", "service", "stage", "function", "actor_id", "trace_of", "_aws"})
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AGE = re.compile(r"(\d{1,6})([smhd])")


@dataclass
class Line:
    """One line of one process. Without `fields` it is plain text, such as a crash of the interpreter."""

    at: str
    process: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_metrics(self) -> bool:
        """Whether it carries figures."""
        return "_aws" in self.fields


@dataclass(frozen=True)
class Filter:
    """What is wanted. Empty: everything."""

    chain: str = ""
    request: str = ""
    level: str = ""
    event: str = ""
    since: str = ""

    def takes(self, line: Line) -> bool:
        """Whether a line is wanted. Plain text has no fields, so only time and level can ask for it: it is an error."""
        if self.since and line.at < self.since:
            return False
        if self.level and LEVELS.index(str(line.fields.get("level", "error"))) < LEVELS.index(self.level):
            return False
        wanted = (("chain", self.chain), ("request", self.request))
        if any(value and line.fields.get(name) != value for name, value in wanted):
            return False
        return not self.event or str(line.fields.get("event", "")).startswith(tuple(self.event.split(",")))


def parsed(text: str, process: str, before: str) -> Line:
    """A line as it stands in a file; what is no object of ours happened when the line before it did."""
    try:
        found = json.loads(text) if text.startswith("{") else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return Line(before, process, text)
    at = found.get("at")
    if at is None and "_aws" in found:
        instant = datetime.fromtimestamp(found["_aws"]["Timestamp"] / 1000, UTC)
        at = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Line(str(at or before), process, text, found)


class File:
    """The log of one process, which may be put aside and begun anew while it is read."""

    def __init__(self, path: Path) -> None:
        self.process = path.name.split(".", 1)[0]
        self._path = path
        self._read_to = 0
        self._rest = b""
        self._last_at = ""

    def news(self) -> Iterator[Line]:
        """The whole lines since the last call."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            if self._path.stat().st_size < self._read_to:
                self._read_to, self._rest = 0, b""
            file.seek(self._read_to)
            content = file.read()
            self._read_to += len(content)
            *whole, self._rest = (self._rest + content).split(b"\n")
            for one in whole:
                text = one.decode("utf-8", "replace").rstrip()
                if text:
                    line = parsed(text, self.process, self._last_at)
                    self._last_at = line.at
                    yield line


def merged(files: Iterable[File]) -> Iterator[Line]:
    """What is new in all files, in the order of time."""
    return heapq.merge(*(file.news() for file in files), key=lambda line: line.at)


def shown(line: Line, *, is_coloured: bool) -> str:
    """A line for people: time, process, level, event, its own fields, then who and what it belongs to."""

    def paint(text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if is_coloured else text

    process = f"{line.fields.get('function') or line.process:<11}"
    when = line.at[11:23] or "-" * 12
    if not line.fields:
        return f"{paint(when, DIM)} {process} {line.text}"
    level = str(line.fields.get("level", "info"))
    own = [name for name in line.fields if name not in HIDDEN and name not in SHOWN_FIRST]
    ordered = own + [name for name in SHOWN_FIRST if name in line.fields]
    told = " ".join(f"{paint(name, DIM)}={_text(line.fields, name)}" for name in ordered)
    event = paint(f"{line.fields.get('event', '')}", COLOURS.get(level, BOLD))
    places = "".join(f"\n    {place}" for place in line.fields.get("trace_of", ()))
    return f"{paint(when, DIM)} {process} {paint(f'{level:<7}', COLOURS.get(level, DIM))} {event} {told}{places}"


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields[name]
    if name == "actor" and "actor_id" in fields:
        return f"{value}:{fields['actor_id']}"
    return f"{value:g}" if isinstance(value, float) else str(value)


# -- figures ---------------------------------------------------------------------------------------------------

Figure = tuple[str, str, str, str]  # chain, metric, label, unit


def figures(lines: Iterable[Line]) -> dict[Figure, list[float]]:
    """Every value of every metric, by chain and label. Counts are as they were added up by each invocation."""
    found: dict[Figure, list[float]] = {}
    for line in lines:
        if not line.is_metrics:
            continue
        directive = line.fields["_aws"]["CloudWatchMetrics"][0]
        by = next((name for names in directive["Dimensions"] for name in names if name != "stage"), "")
        label = str(line.fields.get(by, "")) if by else ""
        for described in directive["Metrics"]:
            value = line.fields[described["Name"]]
            key = (str(line.fields.get("chain", "-")), described["Name"], label, described["Unit"])
            found.setdefault(key, []).extend(value if isinstance(value, list) else [value])
    return found


def table(found: dict[Figure, list[float]]) -> Iterator[str]:
    """The figures as a table: counts as sums, durations by their median, 99th percentile and largest."""
    yield f"{'chain':<31} {'metric':<20} {'of':<18} {'count':>9} {'p50':>9} {'p99':>9} {'max':>9}"
    for (chain, name, label, unit), values in sorted(found.items()):
        if unit == "Count":
            yield f"{chain:<31} {name:<20} {label:<18} {sum(values):>9g}"
        else:
            ordered = sorted(values)
            parts = [_percentile(ordered, 0.5), _percentile(ordered, 0.99), ordered[-1]]
            told = " ".join(f"{part:>9.1f}" for part in parts)
            yield f"{chain:<31} {name:<20} {label:<18} {len(values):>9} {told}"


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# -- the command -----------------------------------------------------------------------------------------------


def since_of(text: str, now: datetime) -> str:
    """`10m`, `2h`, `1d` ago, or an instant, as lines have it. Raises ValueError."""
    if not text:
        return ""
    found = _AGE.fullmatch(text)
    if found is not None:
        instant = now - timedelta(seconds=int(found[1]) * UNITS[found[2]])
    else:
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def files_of(folder: Path) -> list[File]:
    """The logs of a folder, those put aside first."""
    return [File(path) for path in sorted([*folder.glob("*.log.1"), *folder.glob("*.log")])]


def main(arguments: list[str] | None = None) -> int:
    """Show what is asked for; the exit status."""
    parser = argparse.ArgumentParser(description="Shows the logs of the local stack.")
    for name in ("chain", "request", "event", "since"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--level", default="", choices=["", *LEVELS])
    parser.add_argument("--follow", action="store_true", help="go on with what is written from now on")
    parser.add_argument("--metrics", action="store_true", help="the figures by chain instead of the lines")
    asked = parser.parse_args(arguments)
    try:
        since = since_of(asked.since, datetime.now(UTC))
    except ValueError:
        parser.error(f"--since takes 30s, 10m, 2h, 1d or an instant, not {asked.since!r}")
    wanted = Filter(asked.chain, asked.request, asked.level, asked.event, since)
    folder = Folder.here().logs
    files = files_of(folder)
    if asked.metrics:
        only = Filter(chain=asked.chain, since=since)
        _say(table(figures(line for line in merged(files) if only.takes(line))))
        return 0
    is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            lines = (line for line in merged(files) if not line.is_metrics and wanted.takes(line))
            _say(shown(line, is_coloured=is_coloured) for line in lines)
            if not asked.follow:
                break
            time.sleep(FOLLOW_EVERY_S)
            files += [file for file in files_of(folder) if file.process not in {one.process for one in files}]
    return 0


def _say(lines: Iterable[str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
