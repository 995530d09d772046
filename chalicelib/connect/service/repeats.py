"""Which numbers a check of a file has met already, so that one that stands twice is counted as new once.

A check writes no rows, so that nothing but this tells a second row of a number from a first. What is kept are hashes,
between two steps as an object beside the file.
"""

from __future__ import annotations

from hashlib import blake2b

from chalicelib.connect.models import RunRecord
from chalicelib.connect.rules.hashes import Hashes
from chalicelib.connect.service import files
from chalicelib.kernel.imports import ImportRow, Outcome

NUMBERS_MAX = 600_000  # some 17 MB; of a longer file the numbers beyond it are taken for new each time
NUMBER = "external_id"
_HASH_BYTES = 8


class Repeats:
    """What was met so far, by number: the hash of the last row that told of it."""

    def __init__(self, run: RunRecord) -> None:
        self._key = f"{str(run.object_key).rsplit('/', 1)[0]}/{run.id}/met"
        self._is_kept = any(int(count) for count in (run.created, run.updated, run.unchanged, run.rejected))
        self._met = Hashes(files.fetch(self._key)) if self._is_kept else Hashes()

    def judged(self, row: ImportRow, outcome: Outcome) -> Outcome:
        """What would become of a row after those before it, which have not been stored."""
        number = row.cells.get(NUMBER)
        if number is None or outcome == "rejected":
            return outcome
        key, content = _hash(number), _hash(repr(sorted(row.cells.items())))
        before = self._met.get(key)
        if before is not None or len(self._met) < NUMBERS_MAX:
            self._met.put(key, content)
        if before == content:
            return "unchanged"
        return "updated" if before is not None and outcome == "created" else outcome

    def keep(self) -> None:
        """Keep what was met for the next step."""
        files.put(self._key, self._met.content())

    def forget(self) -> None:
        """The check is over."""
        if self._is_kept:
            files.put(self._key, b"")


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest(), "big")
