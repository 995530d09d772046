"""Writes or checks docs/openapi.json: `python -m infra.openapi write|check`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("HOSPES_SECRET", "only-to-print-the-description")

import app  # noqa: F401  (knows who declares the endpoints)
from chalicelib.web.operations import openapi_text

PATH = Path(__file__).parent.parent / "docs" / "openapi.json"


def main() -> int:
    """Write the file, or say whether it is current."""
    if sys.argv[1:] == ["write"]:
        PATH.write_text(openapi_text(), encoding="utf-8")
        return 0
    if PATH.exists() and PATH.read_text(encoding="utf-8") == openapi_text():
        return 0
    print("docs/openapi.json is not what the endpoints declare: run `make openapi`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
