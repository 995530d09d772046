"""Nobody is written to twice because two records were one person's, nor because a merge was undone."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel import agenda
from chalicelib.outreach import kinds, service
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayQuery
from tests.outreach.world import World

EVE = datetime(2026, 3, 9, 12, tzinfo=UTC)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 20, tzinfo=UTC)


def sent(world: World) -> list[str]:
    return [one["recipient"] for one in world.outbox]


def is_armed(world: World, guest: guests.Guest) -> bool:
    return agenda.is_armed(world.hq, guest.id, kinds.BIRTHDAY)


def test_one_greeting_for_two_records_of_one_person(world: World) -> None:
    one, two = world.guest(emails=["one@example.com"]), world.guest(emails=["two@example.com"])
    guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    assert (is_armed(world, one), is_armed(world, two)) == (True, False)
    world.advance(NOON)
    assert sent(world) == ["one@example.com"]
    world.advance(datetime(2027, 3, 10, 12, tzinfo=UTC))
    assert sent(world) == ["one@example.com"] * 2


def test_whom_one_record_has_been_greeted_by_the_other_is_not_greeted_by(world: World) -> None:
    one = world.guest(emails=["one@example.com"], birth_date="1988-03-12")
    two = world.guest(emails=["two@example.com"])
    world.advance(NOON)
    assert sent(world) == ["two@example.com"]
    guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    world.advance(LATER)
    assert sent(world) == ["two@example.com"]
    seen = service.deliveries_of_guest(world.hq, two.id, 10)
    assert [(delivery.guest_id, delivery.status) for delivery in seen] == [(two.id, "sent")]
    assert len(world.deliveries(guest_id=one.id)) == 1


def test_undone_in_time_both_are_greeted(world: World) -> None:
    one, two = world.guest(emails=["one@example.com"]), world.guest(emails=["two@example.com"])
    made = guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    world.advance(EVE)
    guests.part(world.hq, made.id)
    world.run_queues()
    assert is_armed(world, one) and is_armed(world, two)
    world.advance(NOON)
    assert sorted(sent(world)) == ["one@example.com", "two@example.com"]


def test_who_got_the_greeting_of_the_merged_guest_gets_no_second_one(world: World) -> None:
    one = world.guest(emails=[], birth_date=None)
    two = world.guest(emails=["two@example.com"], birth_date="1988-03-10")
    made = guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    world.advance(NOON)
    assert sent(world) == ["two@example.com"]
    undone = guests.part(world.hq, made.id)
    world.run_queues()
    world.change(two, birth_date="1988-03-12")
    world.advance(LATER)
    assert sent(world) == ["two@example.com"]
    (kept,) = world.deliveries(guest_id=two.id)
    assert (kept.status, kept.reason) == ("skipped", "greeted_while_merged")
    messages = [line for line in undone.report if line["what"] == "messages"]
    assert [(line["guest_id"], line["count"], len(line["ids"])) for line in messages] == [(one.id, 1, 1)]


def test_a_second_record_is_no_first_stay(world: World) -> None:
    one, two = world.guest(birth_date=None), world.guest(birth_date=None)
    world.stay(one)
    world.advance(datetime(2026, 3, 7, tzinfo=UTC))
    assert len(sent(world)) == 1
    guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    second = world.stay(two)
    assert second.guest_id == two.id
    world.advance(LATER)
    assert len(sent(world)) == 1
    page = stays.list_page(world.hq, StayQuery(guest_id=two.id, limit=1))
    rest = stays.list_page(world.hq, StayQuery(guest_id=two.id, limit=1, cursor=page.next))
    assert [stay.guest_id for stay in (*page.items, *rest.items)] == [one.id, two.id] and rest.next is None


def test_the_thanks_that_waited_for_the_other_record_are_sent_once(world: World) -> None:
    one, two = world.guest(birth_date=None), world.guest(birth_date=None)
    stay = world.stay(two)
    guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    world.advance(LATER)
    (thanks,) = [one for one in world.deliveries() if one.status == "sent"]
    assert (thanks.occasion, thanks.stay_id, thanks.guest_id) == ("first_stay", stay.id, one.id)


def test_a_link_in_a_message_to_the_other_record_still_stops(world: World) -> None:
    one, two = world.guest(emails=["one@example.com"], birth_date="1988-04-10"), world.guest(emails=["two@example.com"])
    world.advance(NOON)
    link = urlsplit(str(world.mail()["List-Unsubscribe"]).split(">")[0].strip("<")).path.rpartition("/")[2]
    made = guests.merge(world.hq, one.id, two.id)
    world.run_queues()
    service.unsubscribe(link)
    world.run_queues()
    assert guests.get(world.hq, one.id).consents["greeting:email"]["state"] == "denied"
    guests.part(world.hq, made.id)
    for guest in (one, two):
        assert guests.get(world.hq, guest.id).consents["greeting:email"]["state"] == "denied"
    again = ConsentSettingIn(state="granted", source="desk")
    guests.set_consent(world.hq, one.id, "greeting", "email", again)
    world.run_queues()
    world.advance(datetime(2026, 4, 10, 12, tzinfo=UTC))
    assert len([one for one in world.deliveries() if one.status == "sent"]) == 1


def test_a_stay_told_under_the_survivors_id_stays_where_it_is(world: World) -> None:
    one, two = world.guest(birth_date=None), world.guest(birth_date=None)
    stay = world.stay(two, status="booked")
    made = guests.merge(world.hq, one.id, two.id)
    moved = world.change_stay(stay, guest_id=one.id, status="in_house")
    assert (moved.guest_id, moved.status) == (two.id, "in_house")
    guests.part(world.hq, made.id)
    assert [found.id for found in stays.of_guest(world.hq, two.id)] == [stay.id]
    assert stays.of_guest(world.hq, one.id) == []
