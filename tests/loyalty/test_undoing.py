"""Points follow a file of stays that is undone: what stays earned is taken back, what they earned before is given."""

from __future__ import annotations

from chalicelib.connect import service as connect
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestPatch
from chalicelib.kernel.imports import ImportFormat
from tests.conftest import work_off_queues
from tests.connect.fakes import csv_bytes
from tests.loyalty.conftest import World

HEADER = [
    *("external_id", "guest_external_id", "arrival_date", "departure_date", "status", "revenue_room"),
    "source_version",
]


def told(world: World, *rows: tuple[str, str, int]) -> tuple[str, str]:
    """Import stays that ended today: number, revenue, version."""
    lines = [
        [number, "G-1", "2026-03-02", "2026-03-04", "checked_out", amount, str(version)]
        for number, amount, version in rows
    ]
    house = str(world.house.id)
    record = connect.create_import(
        world.hq, kind="stays", property_id=house, file_name="stays.csv", format=ImportFormat(system="pms")
    )
    connect.upload(world.hq, str(record.id), csv_bytes([HEADER, *lines]))
    run = connect.start_run(world.hq, str(record.id), "real")
    work_off_queues()
    assert connect.run_of(world.hq, str(record.id), str(run.id)).state == "done"
    return str(record.id), str(run.id)


def undone(world: World, where: tuple[str, str]) -> tuple[int, int, int]:
    connect.start_undo(world.hq, *where, "real")
    work_off_queues()
    _, undo = connect.undo_of(world.hq, *where, "real")
    assert undo is not None and undo.state == "done"
    return int(undo.removed), int(undo.restored), int(undo.kept)


class TestPoints:
    def test_what_stays_earned_follows_them(self, world: World) -> None:
        guest = guests.get(world.hq, world.guest.id)
        number = {"system": "pms", "property_id": str(world.house.id), "id": "G-1"}
        patch = GuestPatch.model_validate({"external_ids": [number]})
        guests.update(world.hq, guest.id, patch, int(guest.version))
        world.tell("S-1", amount=10_000)
        assert world.points[0] == 1_000
        where = told(world, ("S-1", "200.00", 2), ("S-2", "50.00", 1))
        earned = world.points[0]
        assert earned > 1_000
        assert undone(world, where) == (1, 1, 0)
        assert world.points[0] == 1_000
        assert world.is_right()
