"""docs/capabilities.json: nothing that is claimed is missing, and nothing that is listed is made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra import capabilities

LISTED: dict[str, Any] = json.loads(capabilities.PATH.read_text(encoding="utf-8"))
CLAIMED: list[str] = LISTED["claimed"]
ENTRIES: list[dict[str, Any]] = LISTED["capabilities"]
RIGHT = ENTRIES[0]


def test_the_list_is_in_order() -> None:
    assert capabilities.problems(ENTRIES, CLAIMED) == []


def test_everything_listed_is_claimed_and_explained() -> None:
    assert [entry["id"] for entry in ENTRIES] == CLAIMED
    assert all(entry["note"].endswith(".") for entry in ENTRIES)


def test_make_check_fails_on_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    assert capabilities.main() == 0
    path = tmp_path / "capabilities.json"
    path.write_text(json.dumps({**LISTED, "claimed": [*CLAIMED, "GD-99"]}), encoding="utf-8")
    monkeypatch.setattr(capabilities, "PATH", path)
    assert capabilities.main() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "GD-1"},
        {"status": "planned"},
        {"status": "link"},
        {"operation_id": "no_such_operation"},
        {"page": "/portal/nowhere"},
        {"operation_id": None, "page": None},
        {"test": ""},
        {"test": "tests/guests/test_nothing.py::TestGuests"},
        {"test": "tests/guests/test_api.py::TestGuests::test_that_nobody_wrote"},
    ],
)
def test_each_kind_of_mistake_is_told(changes: dict[str, Any]) -> None:
    assert capabilities.problems([{**RIGHT, **changes}], []), changes


def test_a_missing_and_a_double_entry_are_told() -> None:
    assert capabilities.problems([RIGHT], ["GD-01", "GD-02"]) == ["GD-02 is claimed and missing"]
    assert capabilities.problems([RIGHT, RIGHT], []) == ["GD-01 stands twice"]
