"""The call desk over HTTP: who may, what is refused, the brief and the script, reasons, others at risk, strategies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.guests import service as guests
from tests.builders import make_key
from tests.client import Client
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_calls import SILENT, open_tasks, regular, stay
from tests.outreach.test_policies import on
from tests.outreach.world import World

assert doors  # the fixture
AGREED = {"kind": "letter", "what": "Send the new rates", "due_on": "2026-03-25"}
STRATEGY = {"title": "Quiet", "hypothesis": "Sleep", "segment": "Street side", "starts_on": "2026-03-10"}


@pytest.fixture
def called(world: World) -> guests.Guest:
    """A regular who is to be called today."""
    on(world, "silence")
    guest = regular(world, total=45_000, language="zh", given_name="小明", family_name="王")
    world.advance(SILENT)
    return guest


def test_who_may(world: World, doors: Doors, called: guests.Guest) -> None:
    (task,) = open_tasks(world)
    strategy = doors.desk.post("/v1/strategies", {**STRATEGY, "property_id": world.house.id}).json["id"]
    new = {"guest_id": called.id, "property_id": world.house.id, "kind": "gift", "due_on": "2026-03-20", "about": "Tea"}
    attempt = {"outcome": "no_answer"}
    own = {**STRATEGY, "property_id": world.house.id}
    every: list[tuple[str, str, Any, tuple[int, ...]]] = [
        # method, address, body, and what stranger, sister, desk and head office are answered
        ("GET", "/v1/tasks", None, (200, 200, 200, 200)),
        ("GET", f"/v1/tasks?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", f"/v1/tasks/{task.id}", None, (404, 404, 200, 200)),
        ("GET", f"/v1/tasks/{task.id}/at-risk", None, (404, 404, 200, 200)),
        ("POST", f"/v1/tasks/{task.id}/attempts", attempt, (404, 404, 201, 201)),
        ("POST", "/v1/tasks", new, (404, 404, 201, 201)),
        ("GET", f"/v1/churn-reasons?property_id={world.house.id}", None, (404, 404, 200, 200)),
        ("GET", "/v1/strategies", None, (200, 200, 200, 200)),
        ("GET", f"/v1/strategies/{strategy}", None, (404, 404, 200, 200)),
        ("POST", "/v1/strategies", own, (404, 404, 201, 201)),
        ("POST", "/v1/strategies", STRATEGY, (201, 403, 403, 201)),
    ]
    for method, target, content, statuses in every:
        assert doors.anonymous.ask(method, target, content).status == 401, target
        assert doors.poor.ask(method, target, content).status == 403, target
        callers = (doors.stranger, doors.sister, doors.desk, doors.hq)
        assert tuple(one.ask(method, target, content).status for one in callers) == statuses, (method, target)
    match = {"if_match": '"v1"'}
    assert doors.sister.patch(f"/v1/strategies/{strategy}", {"title": "Mine"}, **match).status == 404
    reader = Client(make_key(world.hq, ["tasks:read"], property_ids=[world.house.id]))
    assert reader.post(f"/v1/tasks/{task.id}/attempts", attempt).status == 403
    assert [one["id"] for one in doors.sister.get("/v1/strategies").json["data"]] == [
        one["id"] for one in doors.hq.get("/v1/strategies").json["data"] if one["property_id"] is None
    ]


def test_a_call_from_brief_to_reason(world: World, doors: Doors, called: guests.Guest) -> None:
    (listed,) = doors.desk.get("/v1/tasks?status=open&kind=call&due_to=2026-03-23").json["data"]
    assert (listed["guest_id"], listed["value"], listed["due_on"]) == (called.id, 45_000, "2026-03-23")
    assert doors.desk.get("/v1/tasks?due_from=2026-03-24").json["data"] == []
    path = f"/v1/tasks/{listed['id']}"
    shown = doors.desk.get(path).json
    brief = shown["brief"]
    assert (brief["name"], brief["stays"], brief["nights"], brief["spent"]) == ("王小明", 3, 6, {"EUR": 45_000})
    assert (brief["days_away"], brief["phones"], brief["earlier"]) == (15, called.phones, [])
    assert [one["name"] for one in shown["script"]] == ["greeting", "experience", "needs", "news", "solution"]
    assert shown["script_language"] == "zh"
    assert shown["script"][0]["lines"][0] == "您好，请问是王小明吗？我是海港酒店的经理，现在方便说话吗？"
    english = doors.desk.get(f"{path}?language=en").json["script"]
    assert english[0]["lines"][2] == "We have not seen you for 15 days, and I wanted to ask how you are."
    assert all(one["lines"] and one["title"] for one in english)
    # every fault at once, and nothing was noted
    wrong = {"outcome": "reached", "agreed": {**AGREED, "due_on": "2026-01-01"}, "again_on": "2026-03-21"}
    assert pointers(doors.desk.post(f"{path}/attempts", wrong)) == ["/reason", "/agreed/due_on", "/again_on"]
    assert pointers(doors.desk.post(f"{path}/attempts", {"outcome": "maybe", "reason": "x"})) == ["/outcome", "/reason"]
    done = doors.desk.post(
        f"{path}/attempts", {"outcome": "reached", "reason": "price", "agreed": AGREED, "note": "Kind"}
    )
    assert (done.status, done.json["status"], done.json["reason"]) == (201, "done", "price")
    assert doors.desk.post(f"{path}/attempts", {"outcome": "no_answer"}).json["type"].endswith("task_closed")
    follow_up = doors.desk.get(f"/v1/tasks/{done.json['follow_up_id']}").json
    assert (follow_up["kind"], follow_up["about"], follow_up["status"]) == ("letter", AGREED["what"], "open")
    assert follow_up["brief"]["earlier"][0]["notes"] == ["Kind"]
    assert "价格" in follow_up["script"][-1]["lines"][0]
    report = doors.desk.get("/v1/churn-reasons").json
    assert [(one["property_id"], one["reason"], one["count"]) for one in report["rows"]] == [
        (world.house.id, "price", 1)
    ]
    assert (report["total"]["price"], report["total"]["place"], report["is_complete"]) == (1, 0, True)
    assert doors.sister.get("/v1/churn-reasons").json["rows"] == []
    assert doors.desk.get("/v1/churn-reasons?from=2026-03-20").status == 422
    actions = [one["action"] for one in doors.hq.get(f"/v1/activity?subject_id={listed['id']}").json["data"]]
    assert actions == ["task.noted"]


def test_opened_by_hand(world: World, doors: Doors, called: guests.Guest) -> None:
    body = {
        "guest_id": called.id,
        "property_id": world.house.id,
        "kind": "visit",
        "due_on": "2026-03-20",
        "about": "Say hello",
    }
    assert pointers(doors.desk.post("/v1/tasks", {**body, "due_on": "2026-03-18"})) == ["/due_on"]
    assert pointers(doors.desk.post("/v1/tasks", {"kind": "fax", "due_on": "x", "about": ""})) == [
        "/guest_id", "/property_id", "/kind", "/due_on", "/about",
    ]  # fmt: skip
    made = doors.desk.post("/v1/tasks", body)
    assert (made.status, made.json["status"], made.json["asks_reason"]) == (201, "open", False)
    assert made.headers["location"] == f"/v1/tasks/{made.json['id']}"
    first = doors.desk.get("/v1/tasks?limit=1").json
    second = doors.desk.get(f"/v1/tasks?limit=1&cursor={first['next']}").json
    assert [first["data"][0]["kind"], second["data"][0]["kind"], second["has_more"]] == ["visit", "call", False]
    assert doors.desk.get(f"/v1/tasks?status=open&cursor={first['next']}").status == 400
    done = doors.desk.post(f"/v1/tasks/{made.json['id']}/attempts", {"outcome": "done"})
    assert done.json["status"] == "done"


def test_others_at_risk_for_the_same_reason(world: World, doors: Doors) -> None:
    on(world, "silence")
    lost = regular(world)
    same = world.guest(birth_date=None)
    other_channel, once, silent = (world.guest(birth_date=None) for _ in range(3))
    world.change_stay(world.stay(lost), channel="ota")
    for guest in (same, other_channel, silent):
        stay(world, guest, 40)
    world.advance(SILENT - timedelta(days=3))
    for guest, channel in ((same, "ota"), (other_channel, "direct"), (once, "ota")):
        world.stay(guest, channel=channel)
    world.advance(SILENT)
    task = next(one for one in open_tasks(world) if one.guest_id == lost.id)
    path = f"/v1/tasks/{task.id}"
    assert doors.desk.get(f"{path}/at-risk").json["data"] == []  # nothing is known yet
    doors.desk.post(f"{path}/attempts", {"outcome": "reached", "reason": "price", "agreed": AGREED})
    found = doors.desk.get(f"{path}/at-risk").json["data"]
    assert [(one["guest_id"], one["channel"]) for one in found] == [(same.id, "ota")]
    assert found[0]["silent_on"] > "2026-03-19"
    seen: list[str] = []
    page = doors.desk.get(f"{path}/at-risk?limit=1").json
    for _ in range(9):
        seen += [one["guest_id"] for one in page["data"]]
        if not page["has_more"]:
            break
        page = doors.desk.get(f"{path}/at-risk?limit=1&cursor={page['next']}").json
    assert seen == [same.id]


def test_strategies(doors: Doors) -> None:
    wrong = {**STRATEGY, "title": "", "reason": "weather", "starts_on": "soon"}
    assert pointers(doors.hq.post("/v1/strategies", wrong)) == ["/title", "/reason", "/starts_on"]
    assert pointers(doors.hq.post("/v1/strategies", {**STRATEGY, "ends_on": "2026-03-01"})) == ["/ends_on"]
    made = doors.hq.post("/v1/strategies", STRATEGY)
    assert (made.status, made.json["status"]) == (201, "planned")
    path = made.headers["location"]
    assert pointers(doors.hq.patch(path, {"result": "Well"}, if_match=made.etag)) == ["/result"]
    ended = doors.hq.patch(
        path, {"starts_on": "2026-02-01", "ends_on": "2026-03-01", "result": "Well"}, if_match=made.etag
    )
    assert (ended.json["status"], ended.json["result"], ended.json["title"]) == ("ended", "Well", "Quiet")
    assert doors.hq.patch(path, {"title": "Late"}, if_match=made.etag).status == 412
