"""`make -s match FILE=guests.csv`: the pairs of a file that are one person, found by the product's own matcher.

One line a pair, `id_a⇥id_b⇥score⇥auto|review`, the best first. Nothing else goes to standard output.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from chalicelib.connect.rules import Unreadable
from infra.quality.files import read_people
from infra.quality.linking import links


def lines(path: Path) -> list[str]:
    """The lines for a file. Raises Unreadable for a file that cannot be read, OSError for one that is not there."""
    found = [(link.match.score, link.id_a, link.id_b, link.match.decision) for link in links(read_people(path))]
    found.sort(key=lambda one: (-round(one[0], 3), one[1], one[2]))
    return [f"{id_a}\t{id_b}\t{score:.3f}\t{decision}\n" for score, id_a, id_b, decision in found]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the pairs. Answers 2, and says why on standard error, if the file cannot be read."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1 or not given[0]:
        sys.stderr.write("usage: make -s match FILE=guests.csv\n")
        return 2
    try:
        found = lines(Path(given[0]))
    except OSError as reason:
        sys.stderr.write(f"{given[0]}: {reason.strerror or 'cannot be read'}\n")
        return 2
    except Unreadable as reason:
        sys.stderr.write(f"{given[0]}: {reason}\n")
        return 2
    sys.stdout.writelines(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
