"""Where the made-up world is let into the process: time, randomness and ids, all from one seed, and back again."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any

from botocore import auth
from botocore.retries import quota

from chalicelib.kernel import aws, clock
from chalicelib.kernel.settings import settings
from infra.local import object_requests, ses_events, sink

# Modules that ask `datetime.now` themselves; all others ask the kernel's clock, or the module `time`.
_ASKING = (clock, ses_events, sink, object_requests)

_quotas: list[Any] = []


class MadeUpTime:
    """The only time there is. It passes when somebody sleeps, calls AWS or jumps; workers' clocks may be skewed."""

    def __init__(self, starts_at: datetime, worker: Callable[[], str]) -> None:
        self.at = starts_at.timestamp()
        self.skews: dict[str, float] = {}
        self.on_sleep: Callable[[], None] = lambda: None
        self._worker = worker

    def seconds(self) -> float:
        """What the clock of whoever is at work shows, in seconds of the epoch."""
        return self.at + self.skews.get(self._worker(), 0.0)

    @property
    def now(self) -> datetime:
        """The true present, which no worker sees."""
        return datetime.fromtimestamp(self.at, UTC)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.at += max(0.0, seconds)

    def jump(self, to: datetime) -> None:
        """Go on at a later instant; an earlier one changes nothing."""
        self.at = max(self.at, to.timestamp())

    def sleep(self, seconds: float) -> None:
        """What a sleeper gets: time passes, and others may go on."""
        self.pass_by(seconds)
        self.on_sleep()


class _Datetime:
    """Stands for the class `datetime` in modules that ask it for the present."""

    def __init__(self, made_up: MadeUpTime) -> None:
        self._made_up = made_up

    def now(self, zone: tzinfo | None = None) -> datetime:
        """The made-up present."""
        return datetime.fromtimestamp(self._made_up.seconds(), zone)

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


@contextmanager
def let_in(made_up: MadeUpTime, seed: str) -> Iterator[None]:
    """Make everything that happens inside follow from the seed and the made-up time."""
    source = random.Random(f"{seed} bytes")
    held = [(time, name, getattr(time, name)) for name in ("time", "time_ns", "monotonic", "sleep")]
    held += [(os, "urandom", os.urandom), (random, "_urandom", os.urandom)]
    held += [(auth, "get_current_datetime", auth.get_current_datetime)]
    held += [(module, "datetime", module.datetime) for module in _ASKING]
    state = random.getstate()
    try:
        time.time = made_up.seconds
        time.time_ns = lambda: int(made_up.seconds() * 1e9)
        time.monotonic = lambda: made_up.at  # a process's own stop-watch is not set by anybody
        time.sleep = made_up.sleep  # type: ignore[assignment]
        os.urandom = random._urandom = source.randbytes  # type: ignore[attr-defined]
        auth.get_current_datetime = lambda remove_tzinfo=True: made_up.now.replace(
            tzinfo=None if remove_tzinfo else UTC
        )
        aws.forget_sessions()
        for module in _ASKING:
            module.datetime = _Datetime(made_up)  # type: ignore[attr-defined]
        random.seed(f"{seed} jitter")
        refill_quotas()
        yield
    finally:
        for place, name, value in held:
            setattr(place, name, value)
        random.setstate(state)


@contextmanager
def known_operator(key: str) -> Iterator[None]:
    """Let a key be the operator's inside."""
    with told("HOSPES_OPERATOR_KEY_HASH", hashlib.sha256(key.encode()).hexdigest()):
        yield


@contextmanager
def told(name: str, value: str) -> Iterator[None]:
    """Let a setting be another one inside."""
    held = os.environ.get(name)
    os.environ[name] = value
    settings.cache_clear()
    try:
        yield
    finally:
        del os.environ[name]
        if held is not None:
            os.environ[name] = held
        settings.cache_clear()


# -- what botocore remembers of former failures ------------------------------------------------------------------


class _KnownQuota(quota.RetryQuota):  # type: ignore[misc]
    """A client's allowance of retries, which every new world begins with in full, as a new process does."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        _quotas.append(self)


def know_quotas() -> None:
    """Remember the allowances of clients that are made from now on."""
    quota.RetryQuota = _KnownQuota


def refill_quotas() -> None:
    """Give every client its whole allowance of retries."""
    for one in _quotas:
        one._available_capacity = one._max_capacity
