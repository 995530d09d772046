"""What is foreseen tells of everything that would hold a message back, and the day itself proves it right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.outreach import service
from chalicelib.outreach.service import Told, reputation
from tests.outreach.test_api import Doors, doors
from tests.outreach.test_policies import MARKETING, OFFER, on
from tests.outreach.test_special_days import tell
from tests.outreach.world import GRANTED, World

assert doors  # the fixture
END = datetime(2026, 4, 30, tzinfo=UTC)


def ahead(world: World, guest: Any) -> dict[str, service.Foreseen]:
    found = service.occasions_of_guest(world.hq, guest.id, date(2026, 3, 4), date(2026, 4, 30))
    return {str(one.day): one for one in found}


def lived(world: World, guest: Any) -> dict[str, tuple[str, str | None]]:
    world.advance(END)
    return {str(one.day): (str(one.status), one.reason) for one in world.deliveries(guest_id=guest.id)}


def said(found: dict[str, service.Foreseen]) -> dict[str, tuple[str, str | None]]:
    return {day: ("sent" if one.will_send else "skipped", one.reason) for day, one in found.items()}


def test_a_property_whose_mail_is_paused(world: World, doors: Doors) -> None:
    mailed = world.guest()
    texted = world.guest(
        emails=[], phones=["+351912000123"], consents=[{**GRANTED, "channel": "sms"}], birth_date="1980-03-12"
    )
    standing, _ = reputation.pause(world.hq, world.house.id)
    assert said(ahead(world, mailed)) == {"2026-03-10": ("skipped", "property_paused")}
    assert said(ahead(world, texted)) == {"2026-03-12": ("sent", None)}
    (shown,) = doors.desk.get(f"/v1/guests/{mailed.id}/occasions").json["data"]
    assert (shown["will_send"], shown["reason"], shown["status"]) == (False, "property_paused", None)
    assert "lifts the pause" in shown["remedy"] and shown["moved"] == []
    assert lived(world, mailed) == {"2026-03-10": ("skipped", "property_paused")}
    reputation.lift(world.hq, world.house.id, standing.version)
    again = service.occasions_of_guest(world.hq, mailed.id, date(2027, 3, 1), date(2027, 3, 31))
    assert [one.will_send for one in again] == [True]


def test_offers_that_are_ahead_count_for_one_another(world: World, doors: Doors) -> None:
    on(world, "birthday", offer=OFFER)
    on(world, "special_day", offer=OFFER)
    guest = world.guest(consents=[GRANTED, MARKETING])  # the birthday is on the 10th
    days = [Told("First visit", date(2019, 3, 14), "gregorian"), Told("Name day", date(2010, 3, 17), "gregorian")]
    tell(world, guest, *days)
    expected = {"2026-03-10": ("sent", None), "2026-03-14": ("skipped", "frequency_cap"), "2026-03-17": ("sent", None)}
    found = ahead(world, guest)
    assert said(found) == expected
    shown = doors.desk.get(f"/v1/guests/{guest.id}/occasions?from=2026-03-14&to=2026-03-14").json["data"]
    assert [(one["day"], one["reason"]) for one in shown] == [("2026-03-14", "frequency_cap")]  # asked for alone, too
    assert lived(world, guest) == expected


def test_an_offer_to_somebody_in_the_house(world: World, doors: Doors) -> None:
    on(world, "birthday", offer=OFFER)
    guest = world.guest(consents=[GRANTED, MARKETING])
    stay = world.stay(guest, arrival="2026-03-09", departure="2026-03-12", status="booked")
    assert said(ahead(world, guest))["2026-03-10"] == ("skipped", "in_house")
    world.change_stay(stay, departure="2026-03-10", arrival="2026-03-08")
    assert said(ahead(world, guest))["2026-03-10"] == ("skipped", "in_house")
    world.change_stay(stay, arrival="2026-03-10", departure="2026-03-12")
    assert ahead(world, guest)["2026-03-10"].will_send  # they come in the afternoon
    world.change_stay(stay, status="cancelled")
    assert ahead(world, guest)["2026-03-10"].will_send


def test_it_says_what_it_waits_for(world: World, doors: Doors) -> None:
    guest = world.guest()
    reply = doors.hq.get(f"/v1/properties/{world.house.id}")
    changed = doors.hq.patch(f"/v1/properties/{world.house.id}", {"quiet_end": "11:30"}, if_match=reply.etag)
    assert changed.status == 200, changed.text
    (shown,) = doors.desk.get(f"/v1/guests/{guest.id}/occasions").json["data"]
    assert (shown["will_send"], shown["at"]) == (True, "2026-03-10T11:30:00Z")
    assert [(one["reason"], one["why"]) for one in shown["moved"]] == [
        ("quiet_hours", "It waits for the end of the quiet hours.")
    ]
    world.advance(END)
    (entry,) = [one for one in world.outbox if one["tags"]["guest"] == guest.id]
    assert entry["chain_time"] == shown["at"]


def test_nothing_is_written_by_asking(world: World) -> None:
    on(world, "birthday", offer=OFFER)
    guest = world.guest(consents=[GRANTED, MARKETING])
    assert ahead(world, guest) == ahead(world, guest)
    assert world.deliveries() == [] and world.hq.now < END - timedelta(days=30)
