"""The page that answers who somebody is, and its panels."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


def test_who_it_is(world: World, visit: Visit) -> None:
    page = visit("desk").get(f"/portal/guests/{world.guests['wang']}")
    assert page.status == 200
    for words in (
        "王小明 Birthday today Speaks Chinese (Simplified) China",
        "wang.xiaoming @guests.example",
        "Phone +8613800138000",
        "Birthday 4 March · 36 years old",
        "Home property Harbour House",
        "Other numbers H-1000 opera · Harbour House",
    ):
        assert words in page.text, words
    assert '<h1 lang="zh-Hans">王小明</h1>' in page.html


def test_consents_by_purpose_and_channel(world: World, visit: Visit) -> None:
    text = visit("desk").get(f"/portal/guests/{world.guests['wang']}").text
    assert "Purpose E-mail Text message" in text
    assert "Greetings Agreed 1 February 2026 booking form Agreed 1 February 2026 booking form" in text
    assert "Offers Refused 1 February 2026 booking form" in text
    silent = visit("desk").get(f"/portal/guests/{world.guests['rossi']}").text
    assert "The guest has not said yet what they want to hear of, and how." in silent


def test_stays_newest_first_with_what_they_brought(world: World, visit: Visit) -> None:
    text = visit("desk").get(f"/portal/guests/{world.guests['wang']}").text
    assert "Stays 2 completed · 5 nights · EUR 714.00" in text
    first, second = text.index("3–6 March 2026 3 nights"), text.index("14–16 November 2025 2 nights")
    assert first < second < text.index("2–5 May 2025")
    assert "Harbour House 118 · STD Checked out EUR 228.00" in text


def test_what_was_sent_and_what_was_not_in_words(world: World, visit: Visit) -> None:
    text = visit("desk").get(f"/portal/guests/{world.guests['rossi']}").text
    assert "Birthday greeting 28 February 2026 Not sent The guest has not agreed to this kind of message" in text
    assert "Thanks after the first stay 1 March 2026 Sent E-mail g*** @guests.example" in text
    assert "Birthday greeting Will not be sent The guest has not agreed" in text
    assert "What would change it: The guest agrees, and the consent is recorded." in text


def test_what_is_to_come(world: World, visit: Visit) -> None:
    text = visit("desk").get(f"/portal/guests/{world.guests['schmidt']}").text
    assert "Coming up the next twelve months Birthday greeting Will be sent 6 March 2026, 10:00" in text


def test_what_was_done_is_shown_to_those_who_may_read_it(world: World, visit: Visit) -> None:
    address = f"/portal/guests/{world.guests['wang']}?lang=en"
    assert "Activity The guest was created. A program · 27 February 2026, 08:00" in visit("manager").get(address).text
    assert "Activity" not in visit("desk").get(address).text


def test_a_guest_of_whom_little_is_known(world: World, visit: Visit) -> None:
    body = GuestIn(family_name="Smith", home_property_id=world.hill.id)
    guest = guests.create(world.hq, body)
    page = visit("hq").get(f"/portal/guests/{guest.id}")
    assert page.status == 200
    assert "E-mail none known Phone none known Birthday not known" in page.text
    assert "No stay is known yet." in page.text
    assert "Nothing has been sent to this guest, and nothing was due." in page.text


def test_no_other_houses_numbers_are_shown(world: World, visit: Visit) -> None:
    numbers = [
        {"system": "opera", "property_id": world.harbour.id, "id": "HARBOUR-1"},
        {"system": "opera", "property_id": world.hill.id, "id": "HILL-1"},
    ]
    body = {"family_name": "Both", "home_property_id": world.hill.id, "external_ids": numbers}
    guest = guests.create(world.hq, GuestIn.model_validate(body))
    page = visit("desk").get(f"/portal/guests/{guest.id}")
    assert "HARBOUR-1" in page.text
    assert "HILL-1" not in page.html and "Hill House" not in page.html


def test_the_page_leads_back_to_the_list(world: World, visit: Visit) -> None:
    assert "/portal/guests" in visit("desk").get(f"/portal/guests/{world.guests['li']}").links
