"""Reads at the same time: they overlap, keep their order and their context, and fail as one would."""

from __future__ import annotations

from contextvars import ContextVar, copy_context
from threading import Barrier, get_ident

import pytest

from chalicelib.kernel import tenancy
from chalicelib.kernel.together import READS_MAX, together

MEETING_S = 20.0  # a barrier that is not met by then never will be
WHO: ContextVar[str] = ContextVar("who", default="nobody")


def test_they_overlap() -> None:
    """Each waits for all others: one after the other, none would ever end."""
    barrier = Barrier(READS_MAX, timeout=MEETING_S)
    assert sorted(together([barrier.wait] * READS_MAX)) == list(range(READS_MAX))


def test_answers_are_in_order() -> None:
    barrier = Barrier(3, timeout=MEETING_S)

    def read(number: int) -> int:
        barrier.wait()
        return number

    assert together([lambda: read(1), lambda: read(2), lambda: read(3)]) == [1, 2, 3]


def test_each_stands_where_the_caller_stands() -> None:
    @tenancy.door
    def ask() -> list[tuple[str, str]]:
        tenancy.enter("chn_one")
        WHO.set("the desk")
        return together([lambda: (WHO.get(), getattr(tenancy.standing(), "chain_id", "")) for _ in range(4)])

    assert copy_context().run(ask) == [("the desk", "chn_one")] * 4
    assert together([WHO.get, WHO.get]) == ["nobody", "nobody"]  # nothing is left behind in a thread


def test_what_a_read_sets_stays_its_own() -> None:
    assert [token.var for token in together([lambda: WHO.set("me"), lambda: WHO.set("you")])] == [WHO, WHO]
    assert WHO.get() == "nobody"


def test_a_failure_is_raised_after_all_have_ended() -> None:
    ended: list[int] = []

    def fail() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        together([fail, lambda: ended.append(1), lambda: ended.append(2)])
    assert sorted(ended) == [1, 2]


def test_one_alone_needs_no_thread() -> None:
    assert together([get_ident]) == [get_ident()]
    assert together([]) == []
