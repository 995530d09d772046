"""The sheet of the day, and the properties side by side."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.stays import pages as stays_pages
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from tests.portal.visitor import Page, Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


def section(page: Page, name: str) -> str:
    """The HTML of one table of the sheet."""
    found = re.search(rf'aria-labelledby="{name}-title">(.*?)</section>', page.html, re.DOTALL)
    assert found, name
    return found[1]


def names(html: str) -> list[str]:
    """The guests of a table, in order."""
    return re.findall(r'<a href="/portal/guests/gst_[^>]*>([^<]*)</a>', html)


def test_the_day_in_three_tables(world: World, visit: Visit) -> None:
    page = visit("desk").get("/portal/arrivals")
    assert names(section(page, "arrivals")) == [
        "Fatima Al-Sayed", "João Ferreira", "Nguyen Van An", "Maria Schmidt", "田中由紀",
    ]  # fmt: skip
    assert names(section(page, "in_house")) == ["Sean O’Brien", "Pierre Lefèvre", "田中由紀", "王小明"]
    assert names(section(page, "departures")) == ["Sean O’Brien", "Zoë de Vries", "Nguyen Van An"]
    assert "Arrivals 5 1 has arrived In house 4 at this moment Departures 3 1 has left" in page.text
    assert "Arrivals · Harbour House · today Wednesday, 4 March 2026" in page.text


def test_a_row_says_nights_days_room_party_and_status(world: World, visit: Visit) -> None:
    text = visit("desk").get("/portal/arrivals").text
    assert "Fatima Al-Sayed 7 nights 4–11 March 2026 602 · SUI 2 adults, 3 children Booked" in text
    assert "Nguyen Van An Day use 4 March 2026 STD 1 adult Booked" in text


def test_who_has_stayed_before_and_who_has_a_birthday_are_marked(world: World, visit: Visit) -> None:
    page = visit("desk").get("/portal/arrivals")
    assert "João Ferreira Stayed before 1 night" in page.text
    assert "Maria Schmidt Birthday 6 March 4 nights" in page.text
    assert "王小明 Birthday today 3 nights" in page.text
    assert "Sean O’Brien No greetings 2 nights" in page.text
    assert page.text.count("Stayed before") == 1
    assert "Birthdays 2 during the stay" in page.text


def test_another_day_has_no_guests_in_house(world: World, visit: Visit) -> None:
    page = visit("desk").get("/portal/arrivals?day=2026-03-05")
    assert names(section(page, "arrivals")) == ["김민준"]
    assert "in_house-title" not in page.html
    assert "today" not in page.text
    assert '/portal/arrivals?day=2026-03-04"' in page.html and '/portal/arrivals?day=2026-03-06"' in page.html
    assert "/portal/arrivals" in page.links  # back to today


def test_a_day_without_anybody_says_so(world: World, visit: Visit) -> None:
    text = visit("desk").get("/portal/arrivals?day=2027-01-01").text
    assert "Nobody is expected to arrive on this day." in text
    assert "Nobody departs on this day." in text


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0002-03-04", "2026-3-4", "9999-12-31"])
def test_a_day_that_is_none_is_told_beside_its_field(world: World, visit: Visit, day: str) -> None:
    page = visit("desk").get(f"/portal/arrivals?day={day}")
    assert page.status == 200
    assert 'id="day-error"' in page.html
    assert 'aria-describedby="day-error"' in page.html
    assert "Wednesday, 4 March 2026" in page.text


def test_somebody_with_several_properties_chooses_one(world: World, visit: Visit) -> None:
    hq = visit("hq")
    page = hq.get(f"/portal/arrivals?property={world.hill.id}")
    assert "Arrivals · Hill House" in page.text
    assert f'<option value="{world.hill.id}" selected>' in page.html
    assert "All properties" in page.text
    assert hq.get("/portal/arrivals?property=all").headers["location"] == "/portal/properties"
    assert "All properties" not in visit("desk").get("/portal/arrivals").text


def test_the_links_keep_the_property(world: World, visit: Visit) -> None:
    page = visit("hq").get(f"/portal/arrivals?property={world.harbour.id}")
    assert f"/portal/arrivals?property={world.harbour.id}&amp;day=2026-03-05" in page.html


def test_an_unknown_part_cannot_be_shown(world: World, visit: Visit) -> None:
    assert visit("desk").get("/portal/arrivals?show=everything").status == 400
    assert visit("desk").get("/portal/arrivals?show=arrivals&cursor=cur_x").status == 400


def test_a_long_table_turns_pages(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stays_pages, "READ_AT_ONCE", 2)
    monkeypatch.setattr(stays_pages, "ROWS_SHOWN_MAX", 2)
    visitor = visit("desk")
    page = visitor.get("/portal/arrivals")
    assert "Arrivals 2+" in page.text
    assert "The first 2 are shown." in page.text
    seen: list[str] = []
    target = "/portal/arrivals?day=2026-03-04&show=arrivals"
    for _ in range(5):
        page = visitor.get(target)
        seen += names(section(page, "arrivals"))
        following = [link for link in page.links if "cursor=" in link]
        if not following:
            break
        target = following[0]
    assert sorted(seen) == sorted(
        ["Fatima Al-Sayed", "João Ferreira", "Nguyen Van An", "Maria Schmidt", "田中由紀"]
    )


def test_a_part_of_the_page_is_only_that(world: World, visit: Visit) -> None:
    page = visit("desk").get("/portal/arrivals?day=2026-03-05", hx_request="true")
    assert page.status == 200
    assert "<html" not in page.html and "<nav aria-label=\"Main\"" not in page.html
    assert page.html.startswith("<title>Arrivals · Harbour House · 5 March 2026 · Hospes</title>")
    assert 'id="results"' in page.html
    whole = visit("desk").get("/portal/arrivals", hx_request="true", hx_history_restore_request="true")
    assert "<html" in whole.html


def test_the_properties_side_by_side(world: World, visit: Visit) -> None:
    page = visit("hq").get("/portal/properties")
    assert "Harbour House Portugal 5 4 3 Wednesday, 4 March 2026" in page.text
    assert "Hill House Portugal 0 0 0 Wednesday, 4 March 2026" in page.text
    assert f"/portal/arrivals?property={world.harbour.id}" in page.links


def test_the_properties_turn_pages(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stays_pages, "HOUSES_PER_PAGE", 1)
    page = visit("hq").get("/portal/properties")
    assert "Harbour House" in page.text and "Hill House" not in page.text
    assert "/portal/properties?from=1" in page.links
    assert "Hill House" in visit("hq").get("/portal/properties?from=1").text
    assert visit("hq").get("/portal/properties?from=-1").status == 400


def test_a_chain_without_properties_says_what_to_do(world: World, visit: Visit) -> None:
    from tests.builders import make_chain, make_staff

    _, scope = make_chain(name="New Hotels")
    world.staff["new"] = make_staff(scope, "hq_admin")
    assert "There is no property yet" in visit("new").get("/portal/arrivals").text
    assert "There is no property yet" in visit("new").get("/portal/properties").text
    assert "There are no guests yet" in visit("new").get("/portal/guests").text
    assert "Nothing has been decided yet" in visit("new").get("/portal/deliveries").text
    assert "Nothing has been imported yet" in visit("new").get("/portal/imports").text


def test_names_are_shown_as_they_are_written(world: World, visit: Visit) -> None:
    body = GuestIn(given_name="<script>alert(1)</script>", family_name='"><img src=x>', home_property_id=world.hill.id)
    guest = guests.create(world.hq, body)
    days = {"arrival": "2026-06-01", "departure": "2026-06-03"}
    stay = {"guest_id": guest.id, "property_id": world.hill.id, "status": "booked", "room_type": "<b>STD</b>", **days}
    stays.record(world.hq, StayIn.model_validate(stay))
    hq = visit("hq")
    for address in (
        f"/portal/arrivals?property={world.hill.id}&day=2026-06-01",
        f"/portal/guests?property={world.hill.id}",
        f"/portal/guests/{guest.id}",
    ):
        page = hq.get(address)
        assert page.status == 200
        assert "<script>alert" not in page.html and "<img src=x" not in page.html and "<b>STD" not in page.html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html, address
