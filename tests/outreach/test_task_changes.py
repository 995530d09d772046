"""Tasks are given to others and cancelled, with a reason: by API and in the portal, and what was owed stays owed."""

from __future__ import annotations

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import agenda
from chalicelib.outreach import kinds
from chalicelib.outreach.service import care
from tests.builders import PASSWORD, make_property, make_staff
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_calls import SILENT, open_tasks, regular
from tests.outreach.test_obligations import owed
from tests.outreach.test_policies import on
from tests.outreach.world import World
from tests.portal.visitor import Visitor

assert doors  # the fixture


@pytest.fixture
def called(world: World) -> guests.Guest:
    """A regular who is to be called today; the chain owes the call."""
    on(world, "silence")
    care.publish(world.hq, "silence", {}, is_on=True, may_override=False, property_id=None)
    guest = regular(world)
    world.advance(SILENT)
    return guest


def test_given_to_somebody_else_and_back(world: World, doors: Doors, called: guests.Guest) -> None:
    manager = make_staff(world.hq, "property_manager", property_ids=[world.house.id])
    other = make_staff(world.hq, "property_manager", property_ids=[world.house.id, make_property(world.hq, "X").id])
    (task,) = open_tasks(world)
    path = f"/v1/tasks/{task.id}"
    etag = doors.desk.get(path).etag
    given = doors.desk.patch(path, {"assigned_to": other.id, "why": "Speaks Korean"}, if_match=etag)
    assert given.status == 200, given.text
    assert (given.status, given.json["assigned_to"]) == (200, other.id)
    assert [(one["what"], one["why"]) for one in given.json["changes"]] == [("assigned", "Speaks Korean")]
    assert [one["id"] for one in doors.desk.get(f"/v1/tasks?assigned_to={other.id}").json["data"]] == [task.id]
    assert doors.desk.get(f"/v1/tasks?assigned_to={manager.id}").json["data"] == []
    assert doors.desk.patch(path, {"assigned_to": None, "why": "x"}, if_match=etag).status == 412
    back = doors.desk.patch(path, {"assigned_to": None, "why": "Is back"}, if_match=given.etag)
    assert back.json["assigned_to"] == manager.id and len(back.json["changes"]) == 2
    assert [one["action"] for one in doors.hq.get(f"/v1/activity?subject_id={task.id}").json["data"]] == [
        "task.assigned", "task.assigned",
    ]  # fmt: skip


def test_what_is_refused(world: World, doors: Doors, called: guests.Guest) -> None:
    (task,) = open_tasks(world)
    path, match = f"/v1/tasks/{task.id}", {"if_match": f'"v{int(task.version)}"'}
    sister = make_property(world.hq, "Sister")
    desk = make_staff(world.hq, "front_desk", property_ids=[world.house.id])  # may not do tasks
    away = make_staff(world.hq, "property_manager", property_ids=[sister.id])
    answers = {
        doors.desk.patch(path, {"assigned_to": one, "why": "x"}, **match).text.partition('"errors"')[2]
        for one in (str(desk.id), str(away.id), "stf_" + "0" * 26)
    }
    assert len(answers) == 1 and "is nobody who does tasks of this property" in answers.pop()
    assert pointers(doors.desk.patch(path, {"assigned_to": None}, **match)) == ["/why"]
    both = {"assigned_to": None, "status": "cancelled", "why": "x"}
    for body in (both, {"why": "x"}):
        assert doors.desk.patch(path, body, **match).status == 422
    assert pointers(doors.desk.patch(path, {"status": "done", "why": "x"}, **match)) == ["/status"]
    body = {"status": "cancelled", "why": "x"}
    assert doors.anonymous.patch(path, body, **match).status == 401
    assert doors.poor.patch(path, body, **match).status == 403
    assert [one.patch(path, body, **match).status for one in (doors.stranger, doors.sister)] == [404, 404]
    assert doors.desk.patch(path, body).status == 428
    assert open_tasks(world)[0].version == task.version  # nothing of it was written


def test_a_cancelled_call_is_closed_and_its_guest_was_not_called(
    world: World, doors: Doors, called: guests.Guest
) -> None:
    (task,) = open_tasks(world)
    path = f"/v1/tasks/{task.id}"
    assert [one[1] for one in owed(world, rule="silence")] == ["open"]
    match = {"if_match": doors.desk.get(path).etag}
    done = doors.desk.patch(path, {"status": "cancelled", "why": "No time"}, **match)
    assert (done.status, done.json["status"], done.json["outcome"]) == (200, "cancelled", None)
    assert done.json["closed_at"] and not agenda.is_armed(world.hq, called.id, f"{kinds.TASK_EXPIRY}#{task.id}")
    world.run_queues()
    assert [one[1:] for one in owed(world, rule="silence")] == [("breached", "not_called")]
    again = doors.desk.patch(path, {"status": "cancelled", "why": "x"}, if_match=done.etag)
    assert (again.status, again.json["type"].rsplit("/", 1)[1]) == (409, "task_closed")
    assert doors.desk.post(f"{path}/attempts", {"outcome": "no_answer"}).status == 409
    assert open_tasks(world) == []
    assert doors.hq.get(f"/v1/activity?subject_id={task.id}").json["data"][0]["action"] == "task.cancelled"


def test_in_the_portal(world: World, doors: Doors, called: guests.Guest) -> None:
    staff = make_staff(world.hq, "property_manager", property_ids=[world.house.id])
    other = make_staff(world.hq, "property_manager", property_ids=[world.house.id], name="Beatriz Sousa")
    manager = Visitor()
    manager.sign_in(str(staff.email), PASSWORD)
    (task,) = open_tasks(world)
    path = f"/portal/calls/{task.id}"
    page = manager.get(path)
    wrong = manager.submit(page, f"{path}/assignments", assigned_to=str(other.id), why=" ")
    assert wrong.status == 422 and 'id="assign-why"' in wrong.reply.text and "Beatriz Sousa" in wrong.text
    assert manager.submit(wrong, f"{path}/assignments", assigned_to=str(other.id), why="Her <guest>").status == 303
    shown = manager.get(path)
    assert "Given to somebody else" in shown.text and "Her &lt;guest&gt;" in shown.reply.text
    assert path in manager.get("/portal/calls").reply.text
    assert path not in manager.get("/portal/calls?whose=mine").reply.text
    done = manager.submit(shown, f"{path}/cancellations", why="Called by head office")
    assert done.status == 303
    page = manager.follow(done)
    assert "Called by head office" in page.text and f"{path}/cancellations" not in page.reply.text
    assert manager.post(f"{path}/cancellations", {"why": "x"}).status in (403, 422)  # a form that nobody was given
