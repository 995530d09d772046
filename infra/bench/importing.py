"""P6: rows a second of an import ÷ raw TransactWriteItems of exactly the same items, in the same groups and conditions.

Both write to the engine of this process, and processor time is what counts, the engine's included. While a file is
imported, the groups that one read-ahead covers are written again, raw, for a chain that nobody knows, before the import
goes on: so both see the same moment of a busy machine. Raw writes leave out the run's progress, which is not the rows'.
"""

from __future__ import annotations

import csv
import gc
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.connect.service import KINDS
from chalicelib.kernel import aws
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.tenancy import inside
from infra.bench.world import World
from infra.proof.chains import OVER, SYSTEM, Ground, ImportFailed, break_ground

GOAL = 0.8
WARM_ROWS, ROWS, ROUNDS = 198, 1_980, 3
STRANGER = "chn_00000000000000000000raw{:03}"
TRANSACT = "dynamodb.TransactWriteItems"
PROGRESS = "import-runs"  # the table of what is not the rows'

Row = Mapping[str, str]


@dataclass
class Race:
    """One kind of file: rows, and processor seconds of the import, of the raw writes, and of the engine in each."""

    kind: str
    rows: int = 0
    groups: int = 0
    items: int = 0
    import_s: float = 0.0
    raw_s: float = 0.0
    import_engine_s: float = 0.0
    raw_engine_s: float = 0.0

    @property
    def ratio(self) -> float:
        """The import's rate for the raw rate of one."""
        return self.raw_s / self.import_s

    @property
    def ratio_without_engine(self) -> float:
        """The same, of the client's part alone: harder, because the engine's part is nearly the same in both."""
        return (self.raw_s - self.raw_engine_s) / (self.import_s - self.import_engine_s)


def detail(race: Race) -> dict[str, Any]:
    """What is told of a kind of file."""
    return {
        "ratio": round(race.ratio, 3),
        "ratio_without_engine": round(race.ratio_without_engine, 3),
        "rows": race.rows,
        "items_a_group": round(race.items / race.groups, 1),
        "import_ms_a_row": round(race.import_s / race.rows * 1000, 3),
        "raw_ms_a_row": round(race.raw_s / race.rows * 1000, 3),
        "engine_share_of_import": round(race.import_engine_s / race.import_s, 3),
        "engine_share_of_raw": round(race.raw_engine_s / race.raw_s, 3),
    }


def races(world: World, rows: int = ROWS, rounds: int = ROUNDS) -> list[Race]:
    """Guests and stays, each some times."""
    found = {kind: Race(kind) for kind in ("guests", "stays")}
    for number in range(rounds + 1):
        ground = break_ground(starts_at=None)
        count = rows if number else WARM_ROWS
        for kind, row_of in (("guests", guest_row), ("stays", stay_row)):
            gc.collect()
            race = found[kind] if number else Race(kind)
            _race(world, ground, race, [row_of(place) for place in range(count)], STRANGER.format(number))
        world.engine.forget_items()
    return list(found.values())


def _race(world: World, ground: Ground, race: Race, rows: list[Row], stranger: str) -> None:
    scope = ground.hq
    kind = next(one for one in KINDS if one.name == race.kind)
    place = str(ground.houses[0].id)
    record = connect.create_import(
        scope, kind=race.kind, property_id=place, file_name="bench.csv", format=ImportFormat(system=SYSTEM)
    )
    connect.upload(scope, str(record.id), csv_of(rows))
    run = connect.start_run(scope, str(record.id), "real", is_queued=False)
    with _echo(world, race, (str(ground.chain_id), stranger), kind.groups_ahead) as flush:
        before = time.process_time()
        while not connect.advance_run(scope, str(record.id), str(run.id)):
            pass
        flush()
        race.import_s += time.process_time() - before
    run = connect.run_of(scope, str(record.id), str(run.id))
    if run.state not in OVER or run.state != "done" or int(run.created) != len(rows):
        raise ImportFailed(f"{race.kind}: {run.state}, {run.created} of {len(rows)} rows")
    race.rows += len(rows)


@contextmanager
def _echo(world: World, race: Race, names: tuple[str, str], window: int) -> Iterator[Callable[[], None]]:
    """Write again what the import writes, a window at a time; the time it takes is put to the raw side."""
    client = aws.client("dynamodb")
    waiting: list[list[dict[str, Any]]] = []
    clock = _EngineClock(world)
    is_raw = False

    def note(params: dict[str, Any], **_: Any) -> None:
        if not is_raw:
            waiting.append(params["TransactItems"])

    def follow(**_: Any) -> None:
        if not is_raw and len(waiting) >= window:
            flush()

    def flush() -> None:
        nonlocal is_raw
        is_raw, began, engine_began = True, time.process_time(), clock.spent_s
        groups = [group for group in (_rows_items(one, *names) for one in waiting) if group]
        waiting.clear()
        raw_began = time.process_time()
        Context().run(write, groups)  # from outside the importing chain, whose wall would be in the way
        race.raw_s += time.process_time() - raw_began
        race.raw_engine_s += clock.spent_s - engine_began
        race.groups += len(groups)
        race.items += sum(map(len, groups))
        clock.spent_s = engine_began
        is_raw = False
        race.import_s -= time.process_time() - began

    def write(groups: list[list[dict[str, Any]]]) -> None:
        with inside(names[1]):
            for group in groups:
                client.transact_write_items(TransactItems=group)

    client.meta.events.register(f"provide-client-params.{TRANSACT}", note)
    client.meta.events.register_last(f"after-call.{TRANSACT}", follow)
    try:
        with clock:
            yield flush
    finally:
        client.meta.events.unregister(f"provide-client-params.{TRANSACT}", note)
        client.meta.events.unregister(f"after-call.{TRANSACT}", follow)
    race.import_engine_s += clock.spent_s


def _rows_items(group: list[dict[str, Any]], own: str, stranger: str) -> list[dict[str, Any]]:
    """A group's writes for another chain; nothing for a transaction that holds no rows."""
    puts = [one for one in group if "Put" in one and not one["Put"]["TableName"].endswith(PROGRESS)]
    is_of_rows = any(one["Put"]["TableName"].endswith(("guests", "stays")) for one in puts)
    copied: list[dict[str, Any]] = json.loads(json.dumps(puts).replace(own, stranger))
    return copied if is_of_rows else []


class _EngineClock:
    """How much of this process's time the engine takes."""

    def __init__(self, world: World) -> None:
        self._engine: Any = world.engine
        self.spent_s = 0.0

    def __enter__(self) -> None:
        original = self._engine._sent

        def timed(request: Any) -> Any:
            began = time.process_time()
            try:
                return original(request)
            finally:
                self.spent_s += time.process_time() - began

        self._engine._sent = timed

    def __exit__(self, *_: object) -> None:
        del self._engine._sent


# -- files -----------------------------------------------------------------------------------------------------


def csv_of(rows: list[Row]) -> bytes:
    """Rows as a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def guest_row(number: int) -> Row:
    """A guest as a property system exports it."""
    return {
        "external_id": f"B-{number}",
        "given_name": "Ana",
        "family_name": f"Silva {number}",
        "email": f"ana.silva.{number}@guests.example",
        "phone": f"+35191{number:07}",
        "language": "pt",
        "birth_date": f"{1950 + number % 50}-03-10",
        "nationality": "PT",
        "consent_greeting_email": "granted",
        "consent_source": "booking form",
    }


def stay_row(number: int) -> Row:
    """A stay as a property system exports it, with what it brought."""
    return {
        "external_id": f"BS-{number}",
        "guest_external_id": f"B-{number}",
        "arrival_date": "2025-05-04",
        "departure_date": "2025-05-07",
        "status": "checked_out",
        "room_type": "DLX",
        "rate_plan": "BAR",
        "channel": "direct",
        "adults": "2",
        "children": "0",
        "currency": "EUR",
        "revenue_room": "387.00",
        "source_version": "1",
    }
