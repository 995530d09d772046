"""Lists, a desk's day, searches and totals: complete, in order, within the wall, each from an index."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.kernel.errors import Invalid, Malformed, NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.stays import service
from chalicelib.stays.schemas import StayQuery, StaySearchIn
from chalicelib.stays.service.listing import Filters, list_for
from tests.stays.conftest import World


def ids(page: service.StayPage) -> list[str]:
    return [str(stay.id) for stay in page.items]


def listed(scope: Scope, **query: Any) -> list[str]:
    """Every id of a list, read in pages."""
    found: list[str] = []
    cursor = None
    for _ in range(100):
        page = service.list_page(scope, StayQuery.model_validate({"cursor": cursor, **query}))
        found += ids(page)
        cursor = page.next
        if cursor is None:
            return found
    raise AssertionError("a list without an end")


def at(scope: Scope, **later: int) -> Scope:
    return scope.at(scope.now + timedelta(**later))


@pytest.fixture
def stays(world: World) -> dict[str, str]:
    """Ids by name: arrivals on 5, 6 and 7 March at the house, one at the sister, changed an hour apart."""
    told = [
        ("booked", {"arrival": "2026-03-05", "departure": "2026-03-08", "status": "booked"}),
        ("in", {"arrival": "2026-03-05", "departure": "2026-03-07", "status": "in_house", "room_number": "12"}),
        ("out", {"arrival": "2026-03-06", "departure": "2026-03-08", "status": "checked_out"}),
        ("gone", {"arrival": "2026-03-07", "departure": "2026-03-08", "status": "cancelled"}),
        ("sister", {"arrival": "2026-03-05", "departure": "2026-03-08", "property_id": world.sister.id}),
    ]
    return {
        name: str(world.record(at(world.hq, hours=hour), **fields)[0].id) for hour, (name, fields) in enumerate(told)
    }


class TestWhichList:
    @pytest.mark.parametrize(
        ("filters", "name"),
        [
            ({}, "chain_changes"),
            ({"updated_since": "2026"}, "chain_changes"),
            ({"property_id": "p"}, "property_changes"),
            ({"property_id": "p", "updated_since": "2026"}, "property_changes"),
            ({"property_id": "p", "statuses": frozenset({"in_house"})}, "in_house"),
            ({"property_id": "p", "arrival_from": "2026-01-01"}, "arrivals"),
            ({"property_id": "p", "departure_to": "2026-01-01", "statuses": frozenset({"no_show"})}, "departures"),
            ({"guest_id": "g", "property_id": "p", "arrival_to": "2026-01-01", "updated_since": "2026"}, "guest"),
        ],
    )
    def test_offered(self, filters: dict[str, Any], name: str) -> None:
        assert list_for(Filters(**filters)) == name

    @pytest.mark.parametrize(
        ("filters", "pointer"),
        [
            ({"statuses": frozenset({"booked"})}, "?property_id"),
            ({"arrival_from": "2026-01-01"}, "?property_id"),
            ({"updated_since": "2026", "departure_to": "2026-01-01"}, "?property_id"),
            ({"property_id": "p", "statuses": frozenset({"booked"})}, "?status"),
            ({"property_id": "p", "arrival_from": "2026-01-01", "departure_to": "2026-01-01"}, "?departure_from"),
            ({"property_id": "p", "updated_since": "2026", "arrival_from": "2026-01-01"}, "?updated_since"),
            ({"property_id": "p", "updated_since": "2026", "statuses": frozenset({"in_house"})}, "?updated_since"),
        ],
    )
    def test_refused(self, filters: dict[str, Any], pointer: str) -> None:
        with pytest.raises(Invalid) as refused:
            list_for(Filters(**filters))
        assert refused.value.errors[0].pointer == pointer


class TestLists:
    def test_of_the_chain_the_newest_change_first(self, world: World, stays: dict[str, str]) -> None:
        assert listed(world.hq) == [stays[name] for name in ("sister", "gone", "out", "in", "booked")]

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_since_an_instant_the_oldest_first(self, world: World, stays: dict[str, str], limit: int) -> None:
        since = (world.hq.now + timedelta(hours=2)).isoformat()
        assert listed(world.hq, updated_since=since, limit=limit) == [stays["out"], stays["gone"], stays["sister"]]

    def test_of_a_property_by_change(self, world: World, stays: dict[str, str]) -> None:
        house = {"property_id": world.house.id}
        assert listed(world.hq, **house, limit=3) == [stays[name] for name in ("gone", "out", "in", "booked")]
        since = (world.hq.now + timedelta(hours=1)).isoformat()
        assert listed(world.hq, **house, updated_since=since, limit=2) == [stays["in"], stays["out"], stays["gone"]]

    def test_by_arrival_and_departure(self, world: World, stays: dict[str, str]) -> None:
        house = {"property_id": world.house.id}
        assert set(listed(world.hq, **house, arrival_to="2026-03-05")) == {stays["booked"], stays["in"]}
        assert listed(world.hq, **house, arrival_from="2026-03-06", limit=1) == [stays["out"], stays["gone"]]
        found = listed(world.hq, **house, departure_from="2026-03-08", departure_to="2026-03-08", status="checked_out")
        assert found == [stays["out"]]

    def test_in_house(self, world: World, stays: dict[str, str]) -> None:
        assert listed(world.hq, property_id=world.house.id, status="in_house") == [stays["in"]]

    def test_of_a_guest_with_any_filter(self, world: World, stays: dict[str, str]) -> None:
        world.record(guest_id=world.new_guest("Costa", "G-2").id)
        guest = {"guest_id": world.guest.id}
        assert set(listed(world.hq, **guest, limit=2)) == set(stays.values())
        assert listed(world.hq, **guest, property_id=world.sister.id) == [stays["sister"]]
        assert listed(world.hq, **guest, status="cancelled", arrival_from="2026-03-07", limit=1) == [stays["gone"]]
        since = (world.hq.now + timedelta(hours=4)).isoformat()
        assert listed(world.hq, **guest, updated_since=since) == [stays["sister"]]

    def test_what_changes_comes_again(self, world: World, stays: dict[str, str]) -> None:
        number = {"guest_id": world.guest.id, "arrival": "2026-03-05", "departure": "2026-03-08"}
        world.tell("R-1", at(world.hq, hours=9), **number)
        first = listed(world.hq)[0]
        world.tell("R-1", at(world.hq, hours=10), **number, room_type="DLX")
        assert listed(world.hq)[0] == first and len(listed(world.hq)) == 6

    def test_many_on_one_day_at_one_instant(self, world: World) -> None:
        made = {str(world.record()[0].id) for _ in range(60)}
        house = {"property_id": world.house.id}
        for query in (house, {}, {**house, "arrival_from": "2026-03-05"}, {"updated_since": world.hq.now.isoformat()}):
            found = listed(world.hq, **query, limit=7)
            assert len(found) == 60 and set(found) == made

    def test_a_sparse_list_goes_on(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service.listing, "LOOKED_AT_MAX", 10)
        monkeypatch.setattr(service.listing, "ROWS_PER_READ", 5)
        for _ in range(30):
            world.record()
        wanted, _ = world.record(status="no_show")
        house = {"property_id": world.house.id, "arrival_from": "2026-03-05", "status": "no_show"}
        assert listed(world.hq, **house) == [wanted.id]


class TestTheWall:
    def test_the_one_property_of_a_caller_is_meant(self, world: World, stays: dict[str, str]) -> None:
        assert listed(world.desk(world.sister)) == [stays["sister"]]

    def test_of_several_one_is_named(self, world: World, stays: dict[str, str]) -> None:
        both = world.desk(world.house, world.sister)
        with pytest.raises(Invalid) as refused:
            listed(both)
        assert refused.value.errors[0].pointer == "?property_id"
        assert listed(both, property_id=world.sister.id) == [stays["sister"]]

    def test_the_sister_sees_nothing(self, world: World, stays: dict[str, str]) -> None:
        sister = world.desk(world.sister)
        with pytest.raises(NotFound):
            listed(sister, property_id=world.house.id)
        with pytest.raises(NotFound):
            service.arrivals(sister, world.house.id)
        with pytest.raises(NotFound):
            service.departures(sister, world.house.id)
        with pytest.raises(NotFound):
            service.in_house(sister, world.house.id)
        with pytest.raises(NotFound):
            service.totals(sister, world.house.id)
        with pytest.raises(NotFound):
            service.search(sister, StaySearchIn(property_id=world.house.id, room_number="12"))
        assert listed(sister, guest_id=world.guest.id) == [stays["sister"]]

    def test_a_cursor_is_good_for_its_own_list_only(self, world: World, stays: dict[str, str]) -> None:
        cursor = service.list_page(world.hq, StayQuery(limit=1)).next
        for query in ({"property_id": world.house.id}, {"updated_since": "2026-03-01T00:00:00Z"}):
            with pytest.raises(Malformed):
                service.list_page(world.hq, StayQuery.model_validate({"cursor": cursor, **query}))
        with pytest.raises(Malformed):
            service.list_page(world.hq, StayQuery.model_validate({"cursor": f"{cursor}x"}))


class TestADay:
    def test_arrivals_of_the_day(self, world: World, stays: dict[str, str]) -> None:
        assert set(ids(service.arrivals(world.hq, world.house.id, date(2026, 3, 5)))) == {stays["booked"], stays["in"]}
        assert ids(service.arrivals(world.hq, world.house.id, date(2026, 3, 7))) == []
        cancelled = service.arrivals(world.hq, world.house.id, date(2026, 3, 7), status="cancelled")
        assert ids(cancelled) == [stays["gone"]]

    def test_departures_of_the_day(self, world: World, stays: dict[str, str]) -> None:
        found = service.departures(world.hq, world.house.id, date(2026, 3, 8))
        assert set(ids(found)) == {stays["booked"], stays["out"]}

    def test_without_a_day_the_business_day_at_the_property_counts(self, world: World, stays: dict[str, str]) -> None:
        evening = at(world.hq, days=1)
        past_midnight = world.hq.at(world.hq.now.replace(day=6, hour=2))
        after_close = world.hq.at(world.hq.now.replace(day=6, hour=3))
        for scope in (evening, past_midnight):
            assert service.today_at(scope, world.house.id) == date(2026, 3, 5)
            assert set(ids(service.arrivals(scope, world.house.id))) == {stays["booked"], stays["in"]}
        assert ids(service.arrivals(after_close, world.house.id)) == [stays["out"]]

    def test_a_day_in_pages(self, world: World) -> None:
        made = {str(world.record()[0].id) for _ in range(7)}
        found: list[str] = []
        cursor = None
        while len(found) < 7:
            page = service.arrivals(world.hq, world.house.id, date(2026, 3, 5), limit=3, cursor=cursor)
            found, cursor = found + ids(page), page.next
        assert cursor is None and set(found) == made

    def test_in_house_by_room(self, world: World) -> None:
        rooms = ["0210", None, "0101", "1001"]
        made = {room: world.record(status="in_house", room_number=room)[0] for room in rooms}
        assert ids(service.in_house(world.hq, world.house.id)) == [
            made[room].id for room in ("0101", "0210", "1001", None)
        ]

    def test_a_guest_who_leaves_or_changes_rooms(self, world: World) -> None:
        for number, fields in enumerate([{"room_number": "1"}, {"room_number": "2"}, {"room_number": "2"}]):
            status = "checked_out" if number == 2 else "in_house"
            world.tell("R-1", status=status, **fields, source={"version": number})
            rooms = [stay.room_number for stay in service.in_house(world.hq, world.house.id).items]
            assert rooms == [["1"], ["2"], []][number]


class TestSearch:
    def test_by_number(self, world: World) -> None:
        stays = {system: world.record(external_id="R-1", source={"system": system})[0].id for system in ("pms", "crs")}
        world.record(external_id="R-1", source={"system": "pms"}, property_id=world.sister.id)
        house = {"property_id": world.house.id, "external_id": "R-1"}
        assert {one.id for one in service.search(world.hq, StaySearchIn(**house))} == set(stays.values())
        assert [one.id for one in service.search(world.hq, StaySearchIn(**house, system="crs"))] == [stays["crs"]]
        assert service.search(world.hq, StaySearchIn(**house, system="none")) == []
        assert service.search(world.hq, StaySearchIn(property_id=world.house.id, external_id="R-2")) == []

    def test_by_the_room_somebody_is_in_now(self, world: World) -> None:
        stay, _ = world.record(status="in_house", room_number="1")
        world.record(status="in_house", room_number="1#2")
        world.record(status="in_house", room_number="11")
        world.record(status="checked_out", room_number="1")
        found = service.search(world.hq, StaySearchIn(property_id=world.house.id, room_number="1"))
        assert [one.id for one in found] == [stay.id]


class TestTotals:
    def test_nobody_yet(self, world: World) -> None:
        assert service.totals(world.hq, world.house.id) == service.Totals(0, {}, 0, 0)

    def test_revenue_and_nights_of_those_who_left(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service.listing, "TOTALS_READ", 2)
        for status in ("booked", "checked_out", "checked_out", "cancelled", "no_show"):
            world.record(status=status, revenue_lines=[{"id": "1", "category": "room", "amount": 10001, "tax": 5}])
        world.record(status="checked_out", property_id=world.sister.id)
        assert service.totals(world.hq, world.house.id) == service.Totals(
            bookings=5,
            by_status={"booked": 1, "checked_out": 2, "cancelled": 1, "no_show": 1},
            revenue=20002,
            nights=6,
        )
