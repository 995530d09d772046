"""The list of guards is sound, and each day another few of them are taken away; `make guards` tries all."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.mutation import trying
from tests.mutation.guards import ROOT, DoesNotApply, Guard, guards, hunks
from tests.mutation.trying import copied_tree, try_all, try_one

GUARDS = guards()
GUARDS_MIN = 25
SAMPLE = 3
SAYS_WHY_MIN = 30  # characters: a sentence, not a word

MARKS = Guard(
    "made-up",
    "chalicelib/marks.py",
    "--- a/chalicelib/marks.py\n+++ b/chalicelib/marks.py\n@@ -1,2 +1,2 @@\n LIMIT = 3\n-OPEN = False\n+OPEN = True\n",
    "Made up for these tests.",
    ("tests/test_marks.py::test_it_is_closed",),
)


def the_days() -> list[Guard]:
    """Another few each day, so that all have their turn."""
    start = datetime.now(UTC).date().toordinal() * SAMPLE
    return [GUARDS[(start + number) % len(GUARDS)] for number in range(SAMPLE)]


class TestTheList:
    def test_it_is_long_enough_and_names_are_unique(self) -> None:
        assert len(GUARDS) >= GUARDS_MIN
        assert [name for name, count in Counter(guard.id for guard in GUARDS).items() if count > 1] == []

    @pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.id)
    def test_the_patch_applies_and_says_why(self, guard: Guard) -> None:
        text = (ROOT / guard.file).read_text(encoding="utf-8")
        patched = guard.without(text)
        assert patched != text
        compile(patched, guard.file, "exec")
        assert guard.file.startswith("chalicelib/")
        assert guard.patch.startswith(f"--- a/{guard.file}\n+++ b/{guard.file}\n@@ ")
        assert guard.why.endswith(".") and len(guard.why) >= SAYS_WHY_MIN

    @pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.id)
    def test_its_tests_are_there(self, guard: Guard) -> None:
        assert guard.test
        for node in guard.test:
            path, *names = node.split("::")
            text = (ROOT / path).read_text(encoding="utf-8")
            assert all(f"class {name}" in text or f"def {name}(" in text for name in names), node


class TestTrying:
    """The one that tries them, on a tree of two files."""

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        (tmp_path / "chalicelib").mkdir()
        (tmp_path / "tests").mkdir()
        (tmp_path / "chalicelib/__init__.py").touch()
        (tmp_path / "chalicelib/marks.py").write_text("LIMIT = 3\nOPEN = False\n")
        self.says(tmp_path, "not marks.OPEN")
        return tmp_path

    def says(self, tree: Path, claim: str) -> None:
        (tree / "tests/test_marks.py").write_text(
            f"from chalicelib import marks\n\n\ndef test_it_is_closed():\n    assert {claim}\n"
        )

    def test_caught(self, tree: Path) -> None:
        verdict = try_one(tree, MARKS)
        assert (verdict.outcome, verdict.detail) == ("caught", "tests/test_marks.py::test_it_is_closed")
        assert (tree / "chalicelib/marks.py").read_text() == "LIMIT = 3\nOPEN = False\n"
        assert try_one(tree, MARKS).is_caught, "and again: nothing compiled is left over"

    def test_survived(self, tree: Path) -> None:
        self.says(tree, "marks.LIMIT == 3")
        assert try_one(tree, MARKS).outcome == "survived"

    def test_a_test_that_cannot_run_is_no_catch(self, tree: Path) -> None:
        self.says(tree, "marks.LIMIT == 3\n\nimport nowhere")
        assert try_one(tree, MARKS).outcome == "broken"

    def test_a_patch_that_no_longer_applies(self, tree: Path) -> None:
        (tree / "chalicelib/marks.py").write_text("LIMIT = 4\nOPEN = False\n")
        verdict = try_one(tree, MARKS)
        assert verdict.outcome == "broken" and "0 times" in verdict.detail

    def test_one_that_would_apply_twice(self) -> None:
        with pytest.raises(DoesNotApply, match="2 times"):
            MARKS.without("LIMIT = 3\nOPEN = False\n" * 2)

    def test_a_patch_of_several_hunks(self) -> None:
        patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n@@ -9,2 +9,1 @@ def f()\n c\n-d\n"
        assert hunks(patch) == [("a\n", "b\n"), ("c\nd\n", "c\n")]
        with pytest.raises(DoesNotApply):
            hunks("")

    def test_a_test_that_is_red_already_guards_nothing(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.says(tree, "marks.OPEN")
        monkeypatch.setattr(trying, "ROOT", tree)
        monkeypatch.setattr(trying, "COPIED", ("chalicelib", "tests"))
        (verdict,) = try_all([MARKS])
        assert verdict.outcome == "broken"

    def test_the_tree_itself_is_not_touched(self) -> None:
        with copied_tree() as tree:
            assert not tree.is_relative_to(ROOT)
            assert (tree / "chalicelib/kernel/unit.py").read_bytes() == (
                ROOT / "chalicelib/kernel/unit.py"
            ).read_bytes()


@pytest.mark.slow
def test_a_few_guards_are_missed() -> None:
    verdicts = list(try_all(the_days()))
    assert [(one.guard.id, one.outcome, one.detail) for one in verdicts if not one.is_caught] == []
    assert len(verdicts) == SAMPLE
