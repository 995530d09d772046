"""Reading ahead for several groups: fewer reads, and the same outcome whatever happens between reading and writing."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.connect import service as connect
from chalicelib.connect.service import KINDS, kinds
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestUpsertIn
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Scope
from infra.bench.importing import guest_row, stay_row
from infra.bench.watch import Bill, watching
from tests.builders import make_chain, make_property

SYSTEM = "hbd"
Row = Mapping[str, str]


@pytest.fixture
def hq() -> Scope:
    """Head office of a live chain."""
    return make_chain("live")[1]


def bring_in(hq: Scope, house: str, kind: str, rows: list[Row]) -> tuple[dict[str, int], Bill]:
    """Import rows; the outcomes, and what was asked of AWS."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    record = connect.create_import(
        hq, kind=kind, property_id=house, file_name="x.csv", format=ImportFormat(system=SYSTEM)
    )
    connect.upload(hq, str(record.id), text.getvalue().encode())
    run = connect.start_run(hq, str(record.id), "real", is_queued=False)
    with watching() as bill:
        while not connect.advance_run(hq, str(record.id), str(run.id), for_s=600):
            pass
    run = connect.run_of(hq, str(record.id), str(run.id))
    return {name: int(getattr(run, name)) for name in ("created", "updated", "unchanged", "rejected")}, bill


def test_many_groups_are_read_for_at_once(hq: Scope) -> None:
    house = str(make_property(hq).id)
    outcome, bill = bring_in(hq, house, "guests", [guest_row(number) for number in range(99)])
    assert outcome == {"created": 99, "updated": 0, "unchanged": 0, "rejected": 0}
    assert (bill.reads["external-ids"], bill.evaluated["external-ids"]) == (1, 99)
    outcome, bill = bring_in(hq, house, "stays", [stay_row(number) for number in range(95)])
    assert outcome["created"] == 95
    assert (bill.reads["stay-pointers"], bill.reads["external-ids"]) == (1, 1)


def test_a_number_that_comes_again_in_a_later_group_is_the_same_guest_and_stay(hq: Scope) -> None:
    house = str(make_property(hq).id)
    rows = [guest_row(number) for number in range(20)]
    again = {**guest_row(3), "family_name": "Sousa"}
    outcome, bill = bring_in(hq, house, "guests", [*rows, again, guest_row(4)])
    assert outcome == {"created": 20, "updated": 1, "unchanged": 1, "rejected": 0}
    assert bill.trips["TransactWriteItems"] <= 5  # nobody had to go row by row
    stays = [stay_row(number) for number in range(20)]
    outcome, _ = bring_in(hq, house, "stays", [*stays, {**stay_row(3), "source_version": "2", "room_type": "STD"}])
    assert outcome == {"created": 20, "updated": 1, "unchanged": 0, "rejected": 0}


def test_a_guest_who_comes_between_reading_and_writing_is_not_made_twice(
    hq: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = str(make_property(hq).id)
    kind = next(one for one in KINDS if one.name == "guests")

    def meanwhile(read: Callable[..., Any]) -> Callable[..., Any]:
        def reading(*given: Any, **named: Any) -> Any:
            answer = read(*given, **named)
            body = GuestUpsertIn.model_validate({"given_name": "Ana", "family_name": "Faster"})
            guests.upsert_external(hq, SYSTEM, house, "B-5", body)
            return answer

        return reading

    assert kind.read_ahead is not None
    monkeypatch.setitem(kinds._KINDS, "guests", replace(kind, read_ahead=meanwhile(kind.read_ahead)))
    outcome, _ = bring_in(hq, house, "guests", [guest_row(number) for number in range(22)])
    assert outcome == {"created": 21, "updated": 1, "unchanged": 0, "rejected": 0}
