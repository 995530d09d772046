"""How long people wait for an answer of the hotline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

ABOUT_LENGTH_MAX = 1_000
CLOCKS_APART = timedelta(minutes=5)  # a caller's clock may go ahead of ours by this much
LOGGED_BACK = timedelta(days=31)  # a call may be logged this long after it was made


class Waiting(NamedTuple):
    """Answer times in seconds: the middle one, and the one that nine in ten do not exceed (nearest rank)."""

    answered: int
    median_s: int | None
    p90_s: int | None


def waiting(answer_times: Iterable[int]) -> Waiting:
    """What the answer times amount to. Of an even number the median is the mean of the middle two, rounded down."""
    times = sorted(answer_times)
    count = len(times)
    if not count:
        return Waiting(0, None, None)
    median = (times[(count - 1) // 2] + times[count // 2]) // 2
    return Waiting(count, median, times[-(-count * 9 // 10) - 1])
