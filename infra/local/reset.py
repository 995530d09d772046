"""`make reset`: forgets all local data, unless it is in use."""

from __future__ import annotations

import shutil
import sys

from infra.local.state import Folder, Taken


def main() -> int:
    """Remove the folder; the exit status."""
    folder = Folder.here()
    try:
        folder.take()
    except Taken as other:
        sys.stdout.write(f"It is running ({other}). End it first.\n")
        return 1
    shutil.rmtree(folder.path)
    sys.stdout.write(f"Forgotten: {folder.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
