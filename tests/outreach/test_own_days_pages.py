"""A guest's own days in the portal: added, changed and removed by a form, and shown on the guest's page."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Conflict
from chalicelib.outreach import service
from chalicelib.outreach.service import Told
from tests.builders import make_property
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World
from tests.portal.visitor import Page


@pytest.fixture
def guest(world: World) -> guests.Guest:
    return world.guest()


def filled(page: Page) -> dict[str, str]:
    """What a browser would send of the days as they are shown."""
    boxes = [dict(values) for tag, values in page.tags if tag == "input"]
    ticked = {one["name"]: one["value"] for one in boxes if one.get("type") == "checkbox" and "checked" in one}
    typed = {one["name"]: one.get("value") or "" for one in boxes if one.get("name", "").startswith(("name_", "date_"))}
    return {**ticked, **typed}


def test_added_changed_and_removed(world: World, guest: guests.Guest) -> None:
    desk = signed_in(world, "front_desk", property_ids=[world.house.id])
    home = f"/portal/guests/{guest.id}"
    path = f"{home}/days"
    assert "The guest has told of no day of their own" in desk.get(home).text and path in desk.get(home).links
    page = desk.get(path)
    assert page.html.count('type="date"') == 1  # room for one day more
    told = {"name_0": "Ann & Tom's <day>", "date_0": "2031-01-01", "calendar_0": "lunar", "keeps_christmas": "yes"}
    wrong = desk.submit(page, path, **told)
    assert wrong.status == 422 and "This does not have the expected form." in wrong.text
    assert 'value="Ann &amp; Tom&#39;s &lt;day&gt;"' in wrong.html and filled(wrong)["keeps_christmas"] == "yes"
    coming = desk.submit(page, path, **{**told, "name_0": "Wedding day"})
    assert coming.status == 422 and "This day is still to come: tell when it first was." in coming.text
    assert coming.html.count('aria-invalid="true"') == 1 and 'value="2031-01-01" aria-invalid' in coming.html
    right = {**told, "name_0": "Wedding day", "date_0": "2012-05-20"}
    for _ in range(2):  # sent twice, told once
        assert desk.submit(coming, path, **right).headers["location"] == home
    shown = desk.get(home).text
    assert "Wedding day for the first time on 20 May 2012 every year on day 30 of lunar month 4" in shown
    assert "Keeps: Christmas" in shown
    (wedding,) = service.days_of(world.hq, guest.id).own_days
    assert wedding.calendar == "lunar"
    # A second one; its fault is said beside its own field, though the first row is taken away.
    page = desk.get(path)
    assert page.html.count('type="date"') == 2 and 'value="Wedding day"' in page.html
    second = {**filled(page), "calendar_0": "gregorian", "name_1": "The shop", "date_1": ""}
    unfinished = desk.submit(page, path, **second, gone_0="yes")
    assert unfinished.status == 422 and 'name="date_1" value="" aria-invalid="true"' in unfinished.html
    assert filled(unfinished)["gone_0"] == "yes"
    assert desk.submit(unfinished, path, **{**second, "date_1": "1999-08-08"}).status == 303
    both = service.days_of(world.hq, guest.id).own_days
    assert [(one.name, one.date.isoformat(), one.calendar) for one in both] == [
        ("Wedding day", "2012-05-20", "gregorian"), ("The shop", "1999-08-08", "gregorian"),
    ]  # fmt: skip
    assert both[0].id == wedding.id  # a correction greets nobody twice
    page = desk.get(path)
    left = {name: text for name, text in filled(page).items() if name != "keeps_christmas"}
    assert desk.submit(page, path, **left, gone_0="yes").status == 303
    record = service.days_of(world.hq, guest.id)
    assert [one.name for one in record.own_days] == ["The shop"] and record.chosen == []
    late = desk.submit(page, path, **{**left, "name_1": "Our shop", "key": "another"})
    assert late.status == 422 and "Somebody has changed these days meanwhile" in late.text
    noted = [one.action for one in audit_page(world.hq, guest.id, limit=100).items]
    assert noted.count("guest.special_days_set") == 3


def test_who_and_in_which_language(world: World, guest: guests.Guest) -> None:
    leap = Told("相识的日子", date(2020, 6, 1), "lunar")  # a day of the second fourth month of that year
    five = [leap, *(Told(f"Day {number}", date(2001, 2, number), "gregorian") for number in range(1, 5))]
    service.tell_days(world.hq, guest.id, five, {"spring_festival"})
    home = f"/portal/guests/{guest.id}"
    path = f"{home}/days"
    manager = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    for words in (
        "相识的日子 首次：2020年6月1日 每年农历闰4月10日", "会过的节日：春节", "每年2月4日",
        "已记录客人自己的日子与节日。",
    ):  # fmt: skip
        assert words in manager.get(home).text, words
    page = manager.get(path)
    assert page.html.count('type="date"') == 5 and "再加一个日子" not in page.text  # five are the most
    more = manager.submit(page, path, **filled(page), name_5="x", date_5="2001-02-05", calendar_5="gregorian")
    assert more.status == 422 and "条目" in more.text
    sister = make_property(world.hq, "Sister")
    stranger = signed_in(world, "property_manager", property_ids=[sister.id])
    token = stranger.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    body = {"form_token": token, "key": "k", "seen": "1"}
    assert stranger.get(path).status == stranger.post(path, body).status == 404
    analyst = signed_in(world, "hq_analyst")
    assert analyst.get(path).status == 403 and path not in analyst.get(home).links
    body["form_token"] = analyst.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    assert analyst.post(path, body).status == 403
    assert len(service.days_of(world.hq, guest.id).own_days) == 5


def test_seen(world: World, guest: guests.Guest) -> None:
    day = Told("Wedding day", date(2012, 5, 20), "gregorian")
    service.tell_days(world.hq, guest.id, [day], set(), seen=0)
    with pytest.raises(Conflict, match="changed these days meanwhile"):
        service.tell_days(world.hq, guest.id, [], set(), seen=0)
    assert int(service.tell_days(world.hq, guest.id, [day], set(), seen=0).version) == 1
