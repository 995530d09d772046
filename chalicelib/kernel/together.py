"""Reads that do not wait for each other: asked at the same time, answered in order.

A desk's lookup asks a dozen indexes; one after the other that would be a dozen round trips, together it is one. Every
read runs in a copy of the caller's context, so that it stands where the caller stands (see `tenancy`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import TypeVar

T = TypeVar("T")

READS_MAX = 24  # at once in one process: below the 32 connections that the shared client keeps


def together(reads: Sequence[Callable[[], T]]) -> list[T]:
    """What the reads answer, in their order. All of them end before the first failure among them is raised.

    Reads only: a write belongs into a unit. One read alone is done here and now. Not to be called inside itself.
    """
    if len(reads) < 2:
        return [read() for read in reads]
    asked = [_pool().submit(copy_context().run, read) for read in reads]
    wait(asked)
    return [one.result() for one in asked]


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads are started when they are first needed, and kept."""
    return ThreadPoolExecutor(max_workers=READS_MAX, thread_name_prefix="together")
