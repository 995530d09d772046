"""A chain's own days over HTTP and in the portal: who may, what is refused, changes by ETag, both languages."""

from __future__ import annotations

import pytest

from chalicelib.outreach.service import declaring
from tests.builders import make_property
from tests.client import Client
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.test_policies import on
from tests.outreach.world import World

assert doors  # the fixture
PATH = "/v1/chain-days"
NAMES = {"en": "Founding Day", "zh": "集团创立日"}
BODY = {"names": NAMES, "month": 9, "day": 12}


class TestWriting:
    @pytest.mark.parametrize(
        ("who", "status"), [("anonymous", 401), ("stranger", 404), ("poor", 403), ("sister", 403), ("desk", 403)]
    )
    def test_who_may_not(self, doors: Doors, who: str, status: int) -> None:
        made = doors.hq.post(PATH, BODY).json
        caller: Client = getattr(doors, who)
        one = f"{PATH}/{made['id']}"
        assert caller.patch(one, {"day": 13}, if_match='"v1"').status == status
        assert caller.post(f"{one}/end").status == status
        if who != "stranger":
            assert caller.post(PATH, BODY).status == status
        assert doors.hq.get(one).json == made

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({}, ["/names", "/month", "/day"]),
            ({**BODY, "names": {"en": "Day"}}, ["/names/zh"]),
            ({**BODY, "names": {"en": "  ", "zh": "x" * 61}}, ["/names/en", "/names/zh"]),
            ({**BODY, "names": {"en": "{{ name }}", "zh": "<b>"}}, ["/names/en", "/names/zh"]),
            ({**BODY, "month": 13, "day": 0}, ["/month", "/day"]),
            ({**BODY, "month": 4, "day": 31}, ["/day"]),
            ({**BODY, "calendar": "julian"}, ["/calendar"]),
            ({**BODY, "year": 1999}, ["/year"]),
            ({**BODY, "keeps": "diwali"}, ["/keeps"]),
            ({**BODY, "language": "zh-CN"}, ["/language"]),
            ({**BODY, "starts_on": "2027-01-02", "ends_on": "2027-01-01"}, ["/ends_on"]),
        ],
    )
    def test_what_is_refused(self, doors: Doors, body: dict[str, object], where: list[str]) -> None:
        assert pointers(doors.hq.post(PATH, body)) == where
        assert doors.hq.get(PATH).json["data"] == []

    def test_declared_changed_and_ended(self, world: World, doors: Doors) -> None:
        made = doors.hq.post(PATH, {**BODY, "language": "zh", "property_id": str(world.house.id)})
        assert (made.status, made.json["status"], made.json["next_on"]) == (201, "active", "2026-09-12")
        one = made.headers["location"]
        assert doors.hq.get(one).json == made.json and doors.hq.get(one).etag == made.headers["etag"] == '"v1"'
        assert doors.hq.patch(one, {"day": 13}).status == 428
        changed = doors.hq.patch(one, {"day": 13, "language": None, "ends_on": "2027-01-01"}, if_match='"v1"')
        assert changed.json == {
            **made.json, "day": 13, "language": None, "ends_on": "2027-01-01", "version": 2, "next_on": "2026-09-13",
        }  # fmt: skip
        assert doors.hq.patch(one, {"day": 14}, if_match='"v1"').status == 412
        assert pointers(doors.hq.patch(one, {"calendar": "lunar"}, if_match='"v2"')) == ["/calendar"]
        assert pointers(doors.hq.patch(one, {"month": 2, "day": 30}, if_match='"v2"')) == ["/day"]
        ended = doors.hq.post(f"{one}/end").json
        assert (ended["status"], ended["next_on"], ended["version"]) == ("ended", None, 3)
        assert doors.hq.post(f"{one}/end").json == ended
        assert doors.hq.patch(one, {"day": 14}, if_match='"v3"').status == 409

    def test_no_more_than_fifty(self, doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(declaring, "ACTIVE_DAYS_MAX", 1)
        first = doors.hq.post(PATH, BODY)
        refused = doors.hq.post(PATH, BODY)
        assert refused.status == 409 and "end one that is kept no more" in refused.json["detail"]
        doors.hq.post(f"{first.headers['location']}/end")
        assert doors.hq.post(PATH, BODY).status == 201


class TestReading:
    def test_page_by_page_and_what_is_seen(self, world: World, doors: Doors) -> None:
        made = [doors.hq.post(PATH, {**BODY, "day": one}).json["id"] for one in (1, 2)]
        house = doors.hq.post(PATH, {**BODY, "property_id": str(world.house.id)}).json["id"]
        first = doors.hq.get(f"{PATH}?limit=2").json
        rest = doors.hq.get(f"{PATH}?limit=2&cursor={first['next']}").json
        assert [one["id"] for one in first["data"] + rest["data"]] == [house, *reversed(made)]
        assert rest["next"] is None
        assert doors.stranger.get(f"{PATH}?cursor={first['next']}").status == 400
        assert {one["id"] for one in doors.sister.get(PATH).json["data"]} == set(made)
        assert {one["id"] for one in doors.desk.get(PATH).json["data"]} == {house, *made}
        assert doors.sister.get(f"{PATH}/{house}").status == doors.stranger.get(f"{PATH}/{house}").status == 404
        assert doors.desk.get(f"{PATH}/{house}").json["property_id"] == str(world.house.id)
        assert doors.stranger.get(PATH).json["data"] == []


LIST = "/portal/occasions/days"


def test_head_office_declares_changes_and_ends_in_the_portal(world: World) -> None:
    hq = signed_in(world, "hq_admin")
    assert LIST in hq.get("/portal/occasions").links
    page = hq.get(LIST)
    assert "The chain has declared no day of its own yet" in page.text and "Festivals are switched off" in page.text
    on(world, "festival")
    told = {"name_en": "Ann & Tom's Day", "name_zh": "创立日", "calendar": "gregorian", "month": "2", "day": "30"}
    wrong = hq.submit(page, LIST, **told)
    assert wrong.status == 422 and "The month has fewer days than that." in wrong.text
    assert 'value="Ann &amp; Tom&#39;s Day"' in wrong.html and 'value="30"' in wrong.html
    for _ in range(2):  # sent twice, declared once
        assert hq.submit(wrong, LIST, **{**told, "day": "29", "language": "zh", "keeps": "mid_autumn"}).status == 303
    shown = hq.get(LIST)
    for words in (
        "Ann & Tom's Day Active", "创立日", "every year on 29 February", "Next 28 February 2027",
        "only those who are written to in Chinese only those who have said that they keep Mid-Autumn Festival",
    ):  # fmt: skip
        assert words in shown.text, words
    assert "switched off" not in shown.text
    (day,) = declaring.known_days(world.hq)
    action = f"{LIST}/{day.id}"
    changed = {"name_en": "Founding Day", "name_zh": "创立日", "month": "3", "day": "12", "year": "2027"}
    assert hq.submit(shown, action, **changed).status == 303
    stale = hq.submit(shown, action, **changed, key="another")
    assert stale.status == 422 and "Open the page anew and try again." in stale.text
    (day,) = declaring.known_days(world.hq)
    assert (day.month, day.year, day.language, day.keeps) == (3, 2027, None, None)
    again = hq.get(LIST)
    assert "once, on 12 March 2027" in again.text and "For whom all guests" in again.text
    assert hq.submit(again, f"{action}/end").status == 303
    over = hq.get(LIST)
    assert "Founding Day Ended" in over.text and f'action="{action}' not in over.html


def test_others_read_in_their_language(world: World) -> None:
    sister = make_property(world.hq, "Sister", names={"en": "Sister House", "zh": "姐妹酒店"})
    told = {"names": NAMES, "calendar": "lunar", "month": 7, "day": 7}
    declaring.declare(world.hq, {**told, "property_id": str(world.house.id)})
    hidden = declaring.declare(world.hq, {**told, "property_id": str(sister.id)}).told.id
    manager = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    page = manager.get(LIST)
    for words in ("集团自定节日", "集团创立日 有效", "每年农历7月7日", "仅限海港酒店的客人"):
        assert words in page.text, words
    assert hidden not in page.html and "<form method=\"post\" action=\"/portal/occasions" not in page.html
    token = manager.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    assert manager.post(LIST, {"form_token": token, "key": "k", "name_en": "x"}).status == 403
    assert manager.get(f"{LIST}?cursor=cur_x").status == 400
