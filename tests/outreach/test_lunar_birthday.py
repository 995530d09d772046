"""Birthdays by the lunar calendar, lived through on a test clock: once in a lunar year, whatever is corrected."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.outreach import service
from infra.local.inprocess import Engine
from tests.outreach.test_birthday import drop_events, due, import_now
from tests.outreach.world import World, make_world


def world_at(engine: Engine, run_queues: Any, *parts: int) -> World:
    return make_world(engine, run_queues, now=datetime(*parts, 8, tzinfo=UTC))  # type: ignore[misc,arg-type]


def sent(world: World) -> list[tuple[str, str]]:
    """The occurrences that were sent, with their days, in order."""
    found = [(one.occurrence, str(one.day)) for one in world.deliveries() if one.status == "sent"]
    return sorted(found, key=lambda one: one[1])


@pytest.mark.parametrize(
    ("born", "start", "until", "expected"),
    [
        (
            "1978-12-24",  # the 25th of the eleventh month
            (2020, 1, 5),
            (2023, 12, 31),
            [("birthday#2020", "2021-01-08"), ("birthday#2021", "2021-12-28"), ("birthday#2022", "2022-12-18")],
        ),
        ("1994-05-21", (2020, 1, 5), (2020, 12, 31), [("birthday#2020", "2020-05-03")]),
        (
            "1987-08-05",  # the leap sixth month
            (2024, 12, 1),
            (2026, 12, 31),
            [("birthday#2025", "2025-08-04"), ("birthday#2026", "2026-07-24")],
        ),
        (
            "1986-02-08",  # the 30th of the twelfth month
            (2025, 1, 5),
            (2027, 3, 1),
            [("birthday#2024", "2025-01-28"), ("birthday#2025", "2026-02-16"), ("birthday#2026", "2027-02-05")],
        ),
    ],
)
def test_the_days(engine: Engine, run_queues: Any, born: str, start: Any, until: Any, expected: Any) -> None:
    world = world_at(engine, run_queues, *start)
    guest = world.guest(birth_date=born, birthday_calendar="lunar")
    first = service.occasions_of_guest(world.hq, guest.id, date(*start), date(*until))
    assert [(one.occurrence, str(one.day)) for one in first] == expected
    assert all(one.will_send for one in first)
    world.advance(datetime(*until, tzinfo=UTC))
    assert sent(world) == expected
    assert [entry["chain_time"][:10] for entry in world.outbox] == [day for _, day in expected]


class TestCorrections:
    def test_a_later_day_of_the_same_lunar_year(self, engine: Engine, run_queues: Any) -> None:
        world = world_at(engine, run_queues, 2026, 4, 1)
        guest = world.guest(birth_date="1988-04-26", birthday_calendar="lunar")  # 3/11: 27 April 2026
        world.advance(datetime(2026, 5, 1, tzinfo=UTC))
        world.change(guest, birth_date="1979-01-23")  # 12/25: 1 February 2027, and still the lunar year 2026
        world.advance(datetime(2027, 2, 5, tzinfo=UTC))
        assert sent(world) == [("birthday#2026", "2026-04-27")]
        world.advance(datetime(2028, 2, 1, tzinfo=UTC))
        assert sent(world)[1:] == [("birthday#2027", "2028-01-21")]

    def test_from_the_lunar_calendar_to_the_gregorian(self, engine: Engine, run_queues: Any) -> None:
        world = world_at(engine, run_queues, 2021, 1, 5)
        guest = world.guest(birth_date="1978-12-24", birthday_calendar="lunar")
        world.advance(datetime(2021, 1, 9, tzinfo=UTC))
        assert sent(world) == [("birthday#2020", "2021-01-08")]
        world.change(guest, birth_date="1979-01-20", birthday_calendar="gregorian")
        assert due(world, guest)[:10] == "2022-01-20"
        world.advance(datetime(2022, 1, 21, tzinfo=UTC))
        assert sent(world)[1:] == [("birthday#2022", "2022-01-20")]

    def test_from_the_gregorian_calendar_to_the_lunar(self, engine: Engine, run_queues: Any) -> None:
        world = world_at(engine, run_queues, 2026, 12, 28)
        guest = world.guest(birth_date="1978-01-01")
        world.advance(datetime(2027, 1, 2, tzinfo=UTC))
        assert sent(world) == [("birthday#2027", "2027-01-01")]
        # 3 January 2027 is the 25th of the eleventh month of the lunar year 2026, which knows no greeting by its key.
        world.change(guest, birth_date="1978-12-24", birthday_calendar="lunar")
        world.advance(datetime(2027, 6, 1, tzinfo=UTC))
        assert len(sent(world)) == 1

    @pytest.mark.parametrize("is_import", [False, True])
    def test_over_the_turn_of_the_year_nobody_is_greeted_twice(
        self, engine: Engine, run_queues: Any, is_import: bool
    ) -> None:
        world = world_at(engine, run_queues, 2027, 12, 29)
        guest = world.guest(birth_date="1980-12-31")
        world.advance(datetime(2027, 12, 31, 12, tzinfo=UTC))
        world.change(guest, is_run=not is_import, birth_date="1980-01-01")
        if is_import:
            drop_events(world, guest)
            import_now(world, guest.id)
        foreseen = service.occasions_of_guest(world.hq, str(guest.id), date(2027, 12, 31), date(2029, 2, 1))
        days = [one.day for one in foreseen if one.occasion == "birthday"]
        assert date(2028, 1, 1) not in days and days[-1] == date(2029, 1, 1)
        world.advance(datetime(2029, 1, 2, tzinfo=UTC))
        assert sent(world) == [("birthday#2027", "2027-12-31"), ("birthday#2029", "2029-01-01")]

    def test_a_correction_long_after_the_greeting_costs_none(self, engine: Engine, run_queues: Any) -> None:
        world = world_at(engine, run_queues, 2027, 10, 1)
        guest = world.guest(birth_date="1980-10-03")
        world.advance(datetime(2027, 12, 20, tzinfo=UTC))
        world.change(guest, birth_date="1980-01-20")
        world.advance(datetime(2028, 2, 1, tzinfo=UTC))
        assert sent(world) == [("birthday#2027", "2027-10-03"), ("birthday#2028", "2028-01-20")]

    def test_on_the_day_itself_by_hand_and_by_import(self, engine: Engine, run_queues: Any) -> None:
        world = world_at(engine, run_queues, 2026, 4, 27)
        world.advance(datetime(2026, 4, 27, 18, 59, tzinfo=UTC))  # 19:59 in Lisbon
        imported = world.guest(is_run=False, birth_date="1988-04-26", birthday_calendar="lunar")
        drop_events(world, imported)
        import_now(world, imported.id)
        assert (sent(world), due(world, imported)[:10]) == ([], "2027-04-17")
        world.guest(birth_date="1988-04-26", birthday_calendar="lunar")
        corrected = world.guest(birth_date="1988-05-26", birthday_calendar="lunar")
        world.change(corrected, birth_date="1988-04-26")
        assert sent(world) == [("birthday#2026", "2026-04-27")] * 2
        world.advance(datetime(2026, 4, 27, 19, 0, tzinfo=UTC))
        late = world.guest(birth_date="1988-04-26", birthday_calendar="lunar")
        assert due(world, late)[:10] == "2027-04-17"
