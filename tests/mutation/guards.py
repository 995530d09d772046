"""The list of guards, and how the patch of one is put onto a tree."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LIST = Path(__file__).parent / "guards.json"
_HUNK = re.compile(r"^@@ .*$\n", re.MULTILINE)


class DoesNotApply(ValueError):
    """The text that a patch changes is not there, or is there more than once."""


@dataclass(frozen=True)
class Guard:
    """One line of defence: the patch takes it away, and `test` names the tests that have to turn red then."""

    id: str
    file: str
    patch: str
    why: str
    test: tuple[str, ...]

    def without(self, text: str) -> str:
        """The file's text without the guard. Raises DoesNotApply.

        A hunk is found by what it says, not by its line number, so that a change elsewhere in the file harms nothing.
        """
        for before, after in hunks(self.patch):
            count = text.count(before)
            if count != 1:
                raise DoesNotApply(f"{self.id}: a part of its patch is found {count} times in {self.file}")
            text = text.replace(before, after)
        return text


def hunks(patch: str) -> list[tuple[str, str]]:
    """What stands there before and after, for every hunk of a unified diff of one file."""
    found = []
    for hunk in _HUNK.split(patch)[1:]:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        found.append((before, after))
    if not found:
        raise DoesNotApply("a patch without a hunk")
    return found


def guards() -> list[Guard]:
    """All guards, in the order of the list."""
    rows = json.loads(LIST.read_text(encoding="utf-8"))
    return [Guard(**{**row, "test": tuple(row["test"])}) for row in rows]
