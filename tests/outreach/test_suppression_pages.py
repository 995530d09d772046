"""Stopped addresses in the portal: masked, looked up without an address in any address, stopped, let go."""

from __future__ import annotations

import pytest

from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import service
from chalicelib.outreach.pages import suppressions as page_of
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import suppressing
from tests.outreach.test_api import Doors, doors
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

assert doors  # the fixture
LIST = "/portal/suppressions"
SEARCH = f"{LIST}/searches"
ADDRESS = "no.more@guests.example"


def stopped(world: World, address: str, cause: str, channel: str = "email") -> str:
    unit = Unit(world.hq)
    record = suppressing.stop(unit, suppressing.target_of(world.hq, Contact(channel, address)), cause, world.hq.now)
    unit.commit()
    return record.id


def test_head_office_stops_looks_up_and_lifts(world: World) -> None:
    hq = signed_in(world, "hq_admin")
    assert LIST in hq.get("/portal/deliveries").links
    page = hq.get(LIST)
    assert "No address is stopped." in page.text
    for action in (LIST, SEARCH):
        wrong = hq.submit(page, action, channel="email", address="nobody@@nowhere")
        assert wrong.status == 422 and 'value="nobody@@nowhere"' in wrong.html
        assert wrong.html.count('aria-invalid="true"') == 1 and "it needs exactly one @" in wrong.text
    free = hq.submit(page, SEARCH, channel="email", address=ADDRESS)
    assert free.status == 200 and "This address is not stopped." in free.text
    assert hq.get(SEARCH).headers["location"] == LIST  # as when the language is changed on the answer
    # Stopped: sent twice, stopped once; where it leads names nobody.
    places = {hq.submit(page, LIST, channel="email", address=ADDRESS).headers["location"] for _ in range(2)}
    (place,) = places
    (record,) = service.suppressions_page(world.hq, limit=9, after=None).items
    assert place == f"{LIST}/{record.id}"
    assert hq.submit(page, SEARCH, channel="email", address=f" {ADDRESS.upper()} ").headers["location"] == place
    assert hq.submit(page, SEARCH, channel="sms", address="+351912345678").status == 200
    one, shown = hq.get(place), hq.get(LIST)
    assert "n*** @guests.example" in one.text and "4 March 2026, 08:00 Stopped by hand" in one.text
    assert "n*** @guests.example E-mail Stopped by hand Every message 4 March 2026, 08:00" in shown.text
    assert "no.more" not in (one.html + shown.html).lower()
    # Lifted, as it was looked at; then it takes messages again, and the log says who did it.
    action = f"{place}/liftings"
    stopped(world, ADDRESS, "complaint")
    stale = hq.submit(one, action)
    assert stale.status == 422 and "Open the page anew and try again." in stale.text
    assert "Whoever complained and is written to again will complain again" in stale.text
    for _ in range(2):  # sent twice: what is lifted is lifted
        assert hq.submit(stale, action, key="another").headers["location"] == LIST
    assert hq.get(place).status == 404
    assert service.find_suppression(world.hq, "email", ADDRESS) is None
    noted = [one.action for one in audit_page(world.hq, str(record.id), limit=10).items]
    assert sorted(noted) == ["suppression.added", "suppression.lifted"]


def test_the_list_by_channel_and_reason(world: World, doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [stopped(world, f"{name}@guests.example", "hard_bounce") for name in ("ana", "ben", "cai")]
    mixed = stopped(world, "dee@guests.example", "unsubscribed:greeting")
    number = stopped(world, "+351912345678", "opt_out", "sms")
    hq = signed_in(world, "hq_admin", language="zh")
    page = hq.get(LIST)
    for words in ("d*** @guests.example 邮箱 客人退订 问候", "***5678 短信 号码持有人回复退订 所有消息"):
        assert words in page.text, words
    monkeypatch.setattr(page_of, "PAGE_ROWS", 2)
    monkeypatch.setattr(suppressing, "LOOKED_AT_MAX", 3)
    target, seen = f"{LIST}?channel=email&cause=hard_bounce", []
    for _ in range(4):  # some of its pages may be short, or show nothing
        page = hq.get(target)
        seen += [link.rpartition("/")[2] for link in page.links if link.startswith(f"{LIST}/")]
        following = [link for link in page.links if "cursor=" in link]
        if not following:
            break
        (target,) = following
        assert "channel=email" in target and "cause=hard_bounce" in target
    assert sorted(seen) == sorted(found)
    assert {one["id"] for one in doors.hq.get("/v1/suppressions?cause=opt_out").json["data"]} <= {number}
    monkeypatch.setattr(suppressing, "LOOKED_AT_MAX", 500)
    assert [one["id"] for one in doors.hq.get("/v1/suppressions?cause=unsubscribed").json["data"]] == [mixed]
    assert [one["id"] for one in doors.hq.get("/v1/suppressions?channel=sms").json["data"]] == [number]
    assert doors.hq.get("/v1/suppressions?cause=whim").status == 422
    first = doors.hq.get("/v1/suppressions?limit=1&channel=email").json["next"]
    assert doors.hq.get(f"/v1/suppressions?limit=1&channel=sms&cursor={first}").status == 400
    assert "没有符合条件的禁发地址。" in hq.get(f"{LIST}?cause=complaint").text
    for query in ("channel=smoke", "cause=whim", "cursor=cur_x"):
        assert hq.get(f"{LIST}?{query}").status == 400


def test_who_may_not(world: World) -> None:
    place = f"{LIST}/{stopped(world, ADDRESS, 'manual')}"
    desk = signed_in(world, "front_desk", property_ids=[world.house.id])
    assert LIST not in desk.get("/portal/deliveries").links
    assert desk.get(LIST).status == desk.get(place).status == 403
    token = desk.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    body = {"form_token": token, "key": "k", "channel": "email", "address": "a@guests.example", "version": "1"}
    for action in (LIST, SEARCH, f"{place}/liftings"):
        assert desk.post(action, body).status == 403, action
    analyst = signed_in(world, "hq_analyst")
    page = analyst.get(place)
    assert page.status == 200 and "/liftings" not in page.html
    shown = analyst.get(LIST)
    assert f'action="{LIST}" class="finder"' not in shown.html
    body["form_token"] = shown.form(SEARCH)["form_token"]
    assert analyst.submit(shown, SEARCH, channel="email", address=ADDRESS).headers["location"] == place
    assert analyst.post(LIST, body).status == analyst.post(f"{place}/liftings", body).status == 403
    hq = signed_in(world, "hq_admin")
    assert hq.post(f"{place}/liftings", {"form_token": hq.get(LIST).form(SEARCH)["form_token"]}).status == 400
    assert hq.get(f"{LIST}/sup_x").status == 404
    assert service.get_suppression(world.hq, place.rpartition("/")[2]).version == 1
