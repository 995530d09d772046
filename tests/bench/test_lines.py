"""The parts of the bench that read what others say."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.bench import importing, kills, parcel, run
from infra.bench.world import World

SAID = """Test chain: 3000 guests imported in 9.1 s
  killed runner 11 after 220 messages
  killed runner 12 after 900 messages
  3000 greetings in 60.0 s, 50 a second, 0 overdue
  due 3000, sent 2877, delivered 2805, parked 3, unknown 0, skipped 120, failed 0, duplicated 0
  2877 messages at the outbox; skipped: {'no_consent': 120}
All is accounted for.
"""


def test_an_account_of_kills_is_read() -> None:
    account = kills.account_of(SAID)
    assert (account["due"], account["decided"], account["kills"], account["duplicated"]) == (3000, 3000, 2, 0)
    assert account["greetings_a_second"] == 50 and account["is_right"]
    assert not kills.account_of(SAID.replace("All is accounted for.", "The account is WRONG."))["is_right"]
    with pytest.raises(kills.NoAccount):
        kills.account_of("Traceback")


def test_a_package_is_weighed_without_awss_libraries(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "api.zip", "w") as package:
        package.writestr("app.py", "x" * 1000)
        package.writestr("botocore/data/big.json", "x" * 50_000)
        package.writestr("boto3-1.0.dist-info/METADATA", "x" * 500)
    assert parcel.measured(tmp_path.parent) == {f"{tmp_path.name}/api.zip": 1000}


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ({"value": 1.2, "goal": 1.5, "unit": "×", "is_met": True, "detail": {}}, 0, "✓"),
        ({"value": 1.7, "goal": 1.5, "unit": "×", "is_met": False, "detail": {}}, 1, "✗"),
        ({"value": None, "goal": None, "unit": "MB", "is_met": False, "detail": {}}, 0, "not measured"),
    ],
)
def test_a_missed_goal_is_told_by_the_exit_status(
    line: dict[str, Any],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOSPES_LOCAL", str(tmp_path))
    monkeypatch.setattr(run, "_measured", lambda name: line)
    monkeypatch.setattr("sys.argv", ["run", "P1"])
    assert run.main() == status
    assert said in capsys.readouterr().out
    assert json.loads((tmp_path / run.OUTPUT).read_text()) == {"P1": line}


def test_raw_writes_are_those_of_the_import(world: World) -> None:
    guests, stays = importing.races(world, rows=22, rounds=1)
    assert (guests.rows, guests.groups, stays.rows, stays.groups) == (22, 2, 22, 2)
    # Guest, address, phone, number, house, consent; for each group an event and what undoing it would need.
    assert guests.items == 22 * 6 + 2 * 2
    # Stay and two pointers; for each group an event and what undoing it would need.
    assert stays.items == 22 * 3 + 2 * 2
    assert 0 < guests.raw_engine_s < guests.raw_s and 0 < guests.import_engine_s < guests.import_s
