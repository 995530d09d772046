"""Where a defect happened, without what it was about: an error's own words may quote personal data."""

from __future__ import annotations

from pathlib import Path
from traceback import walk_tb

FRAMES_MAX = 20  # the innermost ones; a deep recursion has no more to tell
CAUSES_MAX = 5

_ROOT = str(Path(__file__).resolve().parents[2]) + "/"


def trace_of(error: BaseException) -> str:
    """The kinds of an error and of its causes, and the places they came through, innermost last."""
    lines: list[str] = []
    cause: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if cause is None:
            break
        lines.append(type(cause).__name__)
        frames = [(frame.f_code, line) for frame, line in walk_tb(cause.__traceback__)]
        lines += [f"  {_place(code.co_filename)}:{line} in {code.co_name}" for code, line in frames[-FRAMES_MAX:]]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(lines)


def _place(path: str) -> str:
    """A file by its path inside the product, or inside the library that it belongs to."""
    return path.removeprefix(_ROOT).rpartition("site-packages/")[2]
