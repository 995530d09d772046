"""What is put off is imported by its first use, once, for all threads alike."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chalicelib.kernel import later as waiting
from chalicelib.kernel.later import later

ROOT = Path(__file__).parents[2]
SLOW = """
import time
BEGUN = []
BEGUN.append(1)
time.sleep(0.05)
value = 7
"""


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that nobody has imported."""
    (tmp_path / "made_up_for_later.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "made_up_for_later", raising=False)
    monkeypatch.setattr(waiting, "WAITING", [])
    return "made_up_for_later"


def test_the_first_use_imports_it(name: str) -> None:
    module = later(name)
    assert name not in sys.modules
    assert module.value == 7
    assert name in sys.modules


def test_looking_at_it_is_no_use(name: str) -> None:
    module = later(name)
    assert repr(module) and not hasattr(module, "__wrapped__") and module.__name__ == name
    assert name not in sys.modules


def test_threads_that_ask_at_once_find_it_whole(name: str) -> None:
    module = later(name)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: module.value, range(8))) == [7] * 8
    assert module.BEGUN == [1]


def test_what_is_replaced_in_the_module_is_what_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = later(name)
    assert module.value == 7
    monkeypatch.setattr(sys.modules[name], "value", 8)
    assert module.value == 8


def test_what_is_not_there_is_missed_as_ever(name: str) -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = later(name).nothing
    with pytest.raises(ModuleNotFoundError):
        _ = later("no.such.module").value


def test_all_can_be_fetched_beforehand(name: str) -> None:
    later(name)
    waiting.fetch()
    assert name in sys.modules


def test_a_start_leaves_numbers_and_templates_for_later() -> None:
    code = (
        "import sys, app, chalicelib.workers; from chalicelib.kernel import later, phones; "
        "names = ('boto3', 'jinja2', 'phonenumbers'); print([name for name in names if name in sys.modules]); "
        "print(phones.read('+351 912 000 111', None)); later.fetch(); "
        "print([name for name in names if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "('+351912000111', True)", "['jinja2', 'phonenumbers']"]
