"""Unit: all or nothing, conditions, merging, retries, one key one effect."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kernel import aws
from chalicelib.kernel.errors import AlreadyExists, Busy, Stale
from chalicelib.kernel.scope import Idempotency, Scope, system_scope
from chalicelib.kernel.table import Record
from chalicelib.kernel.unit import Unit, UnitTooLarge, retried

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


class Thing(Record):
    """Something to store."""

    class Meta(Record.Meta):
        table_name = Record.table("things")

    key_of = UnicodeAttribute(hash_key=True)
    value = NumberAttribute(default=0)


def scope() -> Scope:
    return system_scope("chn_a", NOW, is_test=False)


def create(name: str, value: int = 0) -> Thing:
    thing = Thing(key_of=name, value=value)
    unit = Unit(scope())
    unit.create(thing)
    unit.commit()
    return thing


class TestUnit:
    def test_create_twice_is_refused_and_keeps_the_first(self) -> None:
        create("a", 1)
        with pytest.raises(AlreadyExists):
            create("a", 2)
        found = Thing.find("a")
        assert found is not None and found.value == 1 and found.version == 1

    def test_update_of_a_changed_record_is_stale(self) -> None:
        create("a", 1)
        mine, yours = Thing.find("a"), Thing.find("a")
        assert mine is not None and yours is not None
        yours.value = 5
        unit = Unit(scope())
        unit.update(yours)
        unit.commit()
        mine.value = 7
        unit = Unit(scope())
        unit.update(mine)
        with pytest.raises(Stale):
            unit.commit()
        found = Thing.find("a")
        assert found is not None and found.value == 5 and found.version == 2

    def test_delete_of_a_changed_record_is_stale(self) -> None:
        create("a", 1)
        mine, theirs = Thing.find("a"), Thing.find("a")
        assert mine is not None and theirs is not None
        unit = Unit(scope())
        theirs.value = 5
        unit.update(theirs)
        unit.commit()
        unit = Unit(scope())
        unit.delete(mine)
        with pytest.raises(Stale):
            unit.commit()
        found = Thing.find("a")
        assert found is not None and found.value == 5

    def test_one_broken_condition_stops_everything(self) -> None:
        create("a", 1)
        unit = Unit(scope())
        unit.create(Thing(key_of="b"))
        unit.create(Thing(key_of="a"))
        with pytest.raises(AlreadyExists):
            unit.commit()
        assert Thing.find("b") is None

    def test_writing_twice_keeps_first_condition_and_last_state(self) -> None:
        unit = Unit(scope())
        thing = Thing(key_of="a", value=1)
        unit.create(thing)
        thing.value = 2
        unit.update(thing)
        assert unit.size == 1
        unit.commit()
        found = Thing.find("a")
        assert found is not None and found.value == 2

    def test_too_many_items_are_refused_before_anything_is_written(self) -> None:
        unit = Unit(scope())
        for number in range(91):
            unit.put(Thing(key_of=f"t{number}"))
        with pytest.raises(UnitTooLarge):
            unit.commit()
        assert Thing.find("t0") is None

    def test_a_conflict_is_tried_again_with_the_same_token(self) -> None:
        tokens: list[str] = []
        left = [2]

        def meddle(params: dict[str, object], **_: object) -> None:
            tokens.append(str(params["ClientRequestToken"]))

        def conflict(request: object, **_: object) -> object:
            if left[0] == 0:
                return None
            left[0] -= 1
            reasons = [{"Code": "TransactionConflict"}]
            raise aws.ClientError(
                {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}, "x"
            )

        events = aws.client("dynamodb").meta.events
        events.register("provide-client-params.dynamodb.TransactWriteItems", meddle)
        events.register_first("before-send.dynamodb.TransactWriteItems", conflict)
        try:
            create("a")
        finally:
            events.unregister("provide-client-params.dynamodb.TransactWriteItems", meddle)
            events.unregister("before-send.dynamodb.TransactWriteItems", conflict)
        assert len(tokens) == 3 and len(set(tokens)) == 1
        assert Thing.find("a") is not None

    def test_after_runs_only_after_the_commit(self) -> None:
        create("a")
        ran: list[int] = []
        unit = Unit(scope())
        unit.create(Thing(key_of="a"))
        unit.after(lambda: ran.append(1))
        with pytest.raises(AlreadyExists):
            unit.commit()
        assert ran == []

    def test_one_idempotency_key_has_one_effect(self) -> None:
        guard = Idempotency("k", "hash")
        guarded = Scope("chn_a", scope().actor, NOW, idempotency=guard)
        unit = Unit(guarded)
        unit.create(Thing(key_of="a"))
        unit.commit()
        again = Scope("chn_a", scope().actor, NOW, idempotency=Idempotency("k", "hash"))
        unit = Unit(again)
        unit.create(Thing(key_of="b"))
        with pytest.raises(Busy):
            unit.commit()
        assert Thing.find("b") is None

    def test_racing_counters_lose_nothing(self) -> None:
        create("a")

        def add() -> None:
            thing = Thing.find("a")
            assert thing is not None
            thing.value += 1
            unit = Unit(scope())
            unit.update(thing)
            unit.commit()

        def work() -> None:
            for _ in range(10):
                retried(add, tries_max=200)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = Thing.find("a")
        assert found is not None and found.value == 40
