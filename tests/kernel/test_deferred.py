"""Deferred dataclasses: after the first instance nothing tells them from the library's."""

from __future__ import annotations

import copy
import threading
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from chalicelib.kernel import deferred


def pair(**options: Any) -> tuple[Any, Any]:
    """The same class, deferred and by the library."""

    def made() -> type:
        class Point:
            """A place."""

            x: int
            y: int = 2
            tags: list[str] = field(default_factory=list, compare=False)
            secret: str = field(default="s", repr=False)

            @property
            def sum(self) -> int:
                return self.x + self.y

        return Point

    return deferred.dataclass(**options)(made()), dataclass(**options)(made())


@pytest.mark.parametrize("options", [{}, {"frozen": True}, {"frozen": True, "order": True}, {"eq": False}])
class TestLikeTheLibrary:
    def test_instances(self, options: dict[str, Any]) -> None:
        mine, theirs = (one(1, tags=["a"]) for one in pair(**options))
        assert repr(mine) == repr(theirs) and asdict(mine) == asdict(theirs) and mine.sum == 3
        assert [one.name for one in fields(mine)] == [one.name for one in fields(theirs)]
        assert replace(mine, y=5).y == 5 and copy.deepcopy(mine).tags == ["a"]

    def test_comparing(self, options: dict[str, Any]) -> None:
        for one in pair(**options):
            assert (one(1) == one(1)) is options.get("eq", True)
            assert one(1) != one(2)
            assert not options.get("order") or one(1) < one(2)

    def test_hashes(self, options: dict[str, Any]) -> None:
        mine, theirs = (one(1) for one in pair(**options))
        if type(theirs).__hash__ is None:
            with pytest.raises(TypeError, match="unhashable"):
                hash(mine)
        else:
            assert isinstance(hash(mine), int)

    def test_frozen(self, options: dict[str, Any]) -> None:
        mine = pair(**options)[0](1)
        if options.get("frozen"):
            with pytest.raises(FrozenInstanceError):
                mine.x = 2
            with pytest.raises(FrozenInstanceError):
                mine.other = 2
        else:
            mine.x = 2
            assert mine.sum == 4

    def test_wrong_arguments(self, options: dict[str, Any]) -> None:
        for one in pair(**options):
            for wrong in ({}, {"x": 1, "z": 2}):
                with pytest.raises(TypeError):
                    one(**wrong)


@deferred.dataclass(frozen=True)
class Base:
    """A deferred class with a deferred child."""

    a: int


@deferred.dataclass(frozen=True)
class Child(Base):
    """Its child."""

    b: int = 3


class Plain(Base):
    """A child that is no dataclass of its own."""

    def __init__(self, a: int) -> None:
        super().__init__(a + 1)


class TestFamilies:
    def test_a_child_first(self) -> None:
        assert Child(1) == Child(1, 3) and repr(Child(1)) == "Child(a=1, b=3)"
        assert Base(1) != Child(1)

    def test_a_child_with_its_own_start(self) -> None:
        assert Plain(1).a == 2

    def test_what_cannot_be_deferred(self) -> None:
        with pytest.raises(TypeError, match="cannot be deferred"):
            deferred.dataclass(slots=True)(type("A", (), {}))
        with pytest.raises(TypeError, match="cannot be deferred"):
            deferred.dataclass(type("B", (), {"__init__": lambda self: None}))


def test_threads_that_are_first_together() -> None:
    for _ in range(50):
        point = pair(frozen=True)[0]
        together = threading.Barrier(4)
        made: list[Any] = []

        def make(point: Any = point, together: threading.Barrier = together, made: list[Any] = made) -> None:
            together.wait()
            made.append(point(1))

        threads = [threading.Thread(target=make) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(set(made)) == 1 and len(made) == 4
