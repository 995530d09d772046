"""Checks docs/capabilities.json: nothing claimed is missing, and no entry points to something that is not there."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("HOSPES_SECRET", "only-to-look-at-the-declarations")

from chalicelib import rooms

ROOT = Path(__file__).parent.parent
PATH = ROOT / "docs" / "capabilities.json"
STATUSES = ("built", "link")
ID = re.compile(r"^[A-Z]{2}-\d{2}$")


def problems(entries: list[dict[str, Any]], claimed: list[str]) -> list[str]:
    """What is wrong with the list, in sentences."""
    operations = {endpoint.operation_id for api in rooms.APIS for endpoint in api.endpoints}
    pages = {page.path for room in rooms.PAGES for page in getattr(room, "pages", [])}
    found: list[str] = []
    ids = [entry.get("id", "") for entry in entries]
    found += [f"{one} is claimed and missing" for one in claimed if one not in ids]
    found += [f"{one} stands twice" for one in set(ids) if ids.count(one) > 1]
    for entry in entries:
        name = entry.get("id", "?")
        if not ID.match(name):
            found.append(f"{name} is not an id")
        if entry.get("status") not in STATUSES:
            found.append(f"{name}: status is built or link")
        if entry.get("status") == "link" and not entry.get("link"):
            found.append(f"{name}: a link names the field, event or address that stands for it")
        operation, page = entry.get("operation_id"), entry.get("page")
        if not operation and not page:
            found.append(f"{name}: neither an operation nor a page")
        if operation and operation not in operations:
            found.append(f"{name}: there is no operation {operation}")
        if page and page not in pages:
            found.append(f"{name}: there is no page {page}")
        found += _test_problems(name, str(entry.get("test", "")))
    return found


def _test_problems(name: str, test: str) -> list[str]:
    file, _, node = test.partition("::")
    path = ROOT / file
    if not file or not path.is_file():
        return [f"{name}: there is no test file {file!r}"]
    text = path.read_text(encoding="utf-8")
    missing = [part for part in node.split("::") if part and not re.search(rf"(class|def) {re.escape(part)}\b", text)]
    return [f"{name}: {file} has no {part}" for part in missing]


def main() -> int:
    """Say what is wrong; the exit status."""
    listed = json.loads(PATH.read_text(encoding="utf-8"))
    found = problems(listed["capabilities"], listed["claimed"])
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
