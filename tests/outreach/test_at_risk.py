"""Guests who will fall silent before long: who is on the list, when they leave it, who may see it, and what is done."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.guests import service as guests
from chalicelib.outreach.models.calls import WatchedGuest
from tests.builders import PASSWORD, make_property, make_staff
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_calls import SILENT, regular, stay
from tests.outreach.test_policies import on
from tests.outreach.world import World
from tests.portal.visitor import Visitor

assert doors  # the fixture
FOUND = SILENT.replace(hour=6)  # the morning on which a regular of the first day is found silent


def listed(doors: Doors, world: World, days: int = 14) -> list[tuple[str, str, int]]:
    reply = doors.desk.get(f"/v1/properties/{world.house.id}/guests-at-risk?within_days={days}")
    assert reply.status == 200, reply.text
    return [(one["guest_id"], one["silent_on"], one["days_left"]) for one in reply.json["data"]]


def test_who_is_on_the_list_and_when_they_leave_it(world: World, doors: Doors) -> None:
    unwatched = regular(world)  # before the chain wanted to know
    on(world, "silence")
    often, rarely, back, once = regular(world, total=45_000), *(world.guest(birth_date=None) for _ in range(3))
    for guest, ago in ((rarely, 44), (back, 44)):
        stay(world, guest, ago)
    for guest in (rarely, back, once):
        world.stay(guest)
    # fourteen days for the regular; forty-two away the last time, so sixty-three for the others
    assert listed(doors, world) == []
    world.advance(world.hq.now + timedelta(days=1))
    assert listed(doors, world) == [(often.id, "2026-03-19", 14)]
    found = listed(doors, world, 90)
    assert [one[:2] for one in found] == [(often.id, "2026-03-19"), *sorted(
        [(rarely.id, "2026-05-07"), (back.id, "2026-05-07")])]  # fmt: skip
    assert unwatched.id not in {one[0] for one in found} and once.id not in {one[0] for one in found}
    shown = doors.desk.get(f"/v1/properties/{world.house.id}/guests-at-risk").json["data"][0]
    assert (shown["is_regular"], shown["days_allowed"], shown["value"], shown["currency"]) == (True, 14, 45_000, "EUR")

    stay(world, back, -30, status="booked")  # has booked again
    assert [one[0] for one in listed(doors, world, 90)] == [often.id, rarely.id]
    world.advance(FOUND)
    assert [one[0] for one in listed(doors, world, 90)] == [rarely.id]  # the other one is silent, and called
    assert WatchedGuest.of(world.hq, often.id) is None
    on(world, "silence", is_on=False)
    assert listed(doors, world, 90) == []


def test_pages_of_the_list_go_on_and_a_cursor_is_its_list_s(world: World, doors: Doors) -> None:
    on(world, "silence")
    expected = {regular(world).id for _ in range(3)}
    path = f"/v1/properties/{world.house.id}/guests-at-risk?within_days=20&limit=2"
    first = doors.desk.get(path).json
    second = doors.desk.get(f"{path}&cursor={first['next']}").json
    assert [len(first["data"]), len(second["data"]), second["has_more"]] == [2, 1, False]
    assert {one["guest_id"] for one in (*first["data"], *second["data"])} == expected
    other = path.replace("within_days=20", "within_days=30")
    assert doors.desk.get(f"{other}&cursor={first['next']}").status == 400
    assert doors.hq.get(path).json["data"] == first["data"]
    assert [one.get(path).status for one in (doors.anonymous, doors.poor, doors.sister, doors.stranger)] == [
        401, 403, 404, 404,
    ]  # fmt: skip
    assert pointers(doors.hq.get(path.replace("within_days=20", "within_days=91"))) == ["?within_days"]


def test_two_who_are_one_are_watched_once(world: World, doors: Doors) -> None:
    on(world, "silence")
    one, other = regular(world), regular(world)
    world.advance(world.hq.now + timedelta(days=1))
    assert len(listed(doors, world)) == 2
    merge = guests.merge(world.hq, one.id, other.id, reason="same person")
    world.run_queues()
    assert [found[0] for found in listed(doors, world)] == [one.id]
    assert WatchedGuest.of(world.hq, other.id) is None
    guests.part(world.hq, str(merge.id))
    world.run_queues()
    assert {found[0] for found in listed(doors, world)} == {one.id, other.id}


def test_a_manager_sees_who_is_at_risk_and_opens_a_call(world: World, doors: Doors) -> None:
    staff = make_staff(world.hq, "property_manager", property_ids=[world.house.id])
    manager = Visitor()
    manager.sign_in(str(staff.email), PASSWORD)
    page = manager.get("/portal/at-risk")
    assert page.status == 200 and "Nobody is watched" in page.text
    on(world, "silence")
    assert "Nobody is at risk in these days" in manager.get("/portal/at-risk").text
    guest = regular(world, total=45_000)
    world.advance(world.hq.now + timedelta(days=1))
    page = manager.get("/portal/at-risk")
    assert "in 14 days" in page.text and "450.00" in page.text and "Regular guest" in page.text
    path = f"/portal/guests/{guest.id}/tasks"
    assert f"{path}?property={world.house.id}" in page.reply.text
    form = manager.get(f"{path}?property={world.house.id}")
    told = {"kind": "call", "property_id": str(world.house.id)}
    wrong = manager.submit(form, path, about="", due_on="2026-01-01", **told)
    assert wrong.status == 422 and 'id="fault-about"' in wrong.reply.text
    wrong = manager.submit(wrong, path, about="Say <hello>", due_on="2026-01-01", **told)
    assert wrong.status == 422 and "This day has passed." in wrong.text and "Say &lt;hello&gt;" in wrong.reply.text
    done = manager.submit(wrong, path, about="Say hello", due_on="2026-03-09", **told)
    again = manager.submit(wrong, path, about="Say hello", due_on="2026-03-09", **told)
    assert (done.status, again.status) == (303, 303)
    (task,) = doors.desk.get("/v1/tasks").json["data"]
    assert (task["about"], task["asks_reason"], task["assigned_to"]) == ("Say hello", False, staff.id)
    assert "A call is open" in manager.get("/portal/at-risk").text
    assert doors.desk.get(f"/v1/properties/{world.house.id}/guests-at-risk").json["data"][0]["open_task_id"] == (
        task["id"]
    )
    assert manager.get("/portal/at-risk?days=15").status == 400
    sister = make_property(world.hq, "Sister")
    assert manager.get(f"/portal/at-risk?property={sister.id}").status == 404
    analyst = make_staff(world.hq, "hq_analyst", language="zh")
    reader = Visitor()
    reader.sign_in(str(analyst.email), PASSWORD)
    page = reader.get(f"/portal/at-risk?property={world.house.id}")
    assert "流失风险" in page.text and "14 天后" in page.text and path not in page.reply.text
    assert reader.get(path).status == 403
