"""The policy of an occasion in the portal: its versions with their days, and the form of the next one."""

from __future__ import annotations

import pytest

from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Conflict
from chalicelib.outreach import service
from chalicelib.outreach.pages import policies
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

LIST = "/portal/occasions"
ONE = f"{LIST}/stay_anniversary"


def test_head_office_switches_on_with_an_offer(world: World) -> None:
    hq = signed_in(world, "hq_admin", name="Helena Castro")
    assert ONE in hq.get(LIST).links
    page = hq.get(ONE)
    for words in ("Anniversary of the first stay Off", "the house's own rule In force from the beginning"):
        assert words in page.text
    told = {"is_on": "yes", "offer_en": "Stay <3> nights & pay for two", "offer_zh": "  "}
    wrong = hq.submit(page, ONE, **told)
    assert wrong.status == 422
    assert "This does not have the expected form." in wrong.text and "This field is required." in wrong.text
    assert wrong.html.count('aria-invalid="true"') == 2 and '<option value="yes" selected>' in wrong.html
    assert 'value="Stay &lt;3&gt; nights &amp; pay for two"' in wrong.html
    assert service.versions_of(world.hq, "stay_anniversary")[-1].number == 0
    right = {**told, "offer_en": "Stay three nights, pay for two.", "offer_zh": "住三晚，付两晚。"}
    for _ in range(2):  # sent twice, published once
        assert hq.submit(wrong, ONE, **right).headers["location"] == ONE
    shown = hq.get(ONE).text
    for words in (
        "1 In force 4 March 2026, 08:00 until another is published On Marketing",
        "Stay three nights, pay for two. 住三晚，付两晚。 Helena Castro",
        "from the beginning until 4 March 2026, 08:00 Off Greeting none –",
    ):  # fmt: skip
        assert words in shown, words
    assert "Anniversary of the first stay On since 4 March 2026" in hq.get(LIST).text
    noted = audit_page(world.hq, world.hq.chain_id, limit=100).items
    assert [dict(one.detail)["number"] for one in noted if one.action == "occasion_policy.published"] == [1]
    # Without an offer it is a greeting again; the form of before does not bring the offer back.
    assert hq.submit(hq.get(ONE), ONE, is_on="yes", offer_en="", offer_zh="").status == 303
    assert dict(service.versions_of(world.hq, "stay_anniversary")[-1].offer) == {}
    late = hq.submit(wrong, ONE, **{**right, "is_on": "no", "key": "another"})
    assert late.status == 422 and "Somebody has published another version meanwhile" in late.text
    assert service.versions_of(world.hq, "stay_anniversary")[-1].number == 2


def test_others_read_in_their_language(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    service.publish(world.hq, "birthday", is_on=False, offer={})
    manager = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    page = manager.get(f"{LIST}/birthday")
    for words in ("生日祝福 未启用", "2026年3月4日 08:00 直至发布下一版本", "系统默认规则 自始", "总部"):
        assert words in page.text, words
    assert 'method="post" action="/portal/occasions' not in page.html
    token = manager.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    assert manager.post(f"{LIST}/birthday", {"form_token": token, "key": "k", "is_on": "yes"}).status == 403
    assert service.versions_of(world.hq, "birthday")[-1].is_on is False
    assert manager.get(f"{LIST}/tax_day").status == 404
    hq = signed_in(world, "hq_admin")
    token = hq.get(f"{LIST}/birthday").form(f"{LIST}/birthday")["form_token"]
    assert hq.post(f"{LIST}/tax_day", {"form_token": token, "key": "k", "is_on": "yes"}).status == 404
    analyst = signed_in(world, "hq_analyst").get(f"{LIST}/birthday")
    assert analyst.status == 200 and 'method="post" action="/portal/occasions' not in analyst.html
    monkeypatch.setattr(policies, "VERSION_ROWS", 1)
    (following,) = {link for link in manager.get(f"{LIST}/birthday").links if "cursor=" in link}
    assert "自始 至 2026年3月4日 08:00" in manager.get(following).text
    assert manager.get(f"{LIST}/festival?{following.partition('?')[2]}").status == 400


def test_seen(world: World) -> None:
    service.publish(world.hq, "birthday", is_on=False, offer={}, seen=0)
    with pytest.raises(Conflict, match="another version meanwhile"):
        service.publish(world.hq, "birthday", is_on=True, offer={}, seen=0)
    assert service.publish(world.hq, "birthday", is_on=False, offer={}, seen=0).number == 1


def test_a_version_for_later_is_shown_and_withdrawn(world: World) -> None:
    hq = signed_in(world, "hq_admin")
    page = hq.get(ONE)
    wrong = hq.submit(page, ONE, is_on="yes", valid_from="31 March")
    assert wrong.status == 422 and 'name="valid_from"' in wrong.html and wrong.html.count('aria-invalid="true"') == 1
    assert hq.submit(wrong, ONE, is_on="yes", valid_from="2026-04-01").headers["location"] == ONE
    shown = hq.get(ONE)
    for words in (
        "Anniversary of the first stay Off",
        "the house's own rule In force from the beginning until 1 April 2026, 00:00",
        "1 Begins later 1 April 2026, 00:00 until another is published Withdraw On",
    ):  # fmt: skip
        assert words in shown.text, words
    assert "Version 1 begins 1 April 2026, 00:00" in hq.get(LIST).text
    reader = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    assert "第1版自2026年4月1日 00:00起生效" in reader.get(LIST).text
    for _ in range(2):
        assert hq.submit(shown, f"{ONE}/withdraw").headers["location"] == ONE
    assert "1 Withdrawn was to begin 1 April 2026, 00:00 withdrawn 4 March 2026, 08:00 On" in hq.get(ONE).text
    assert "Version 1 begins" not in hq.get(LIST).text
    token = hq.get(ONE).form(ONE)["form_token"]
    assert hq.post(f"{LIST}/tax_day/withdraw", {"form_token": token, "key": "k", "number": "1"}).status == 404
    again = hq.post(f"{ONE}/withdraw", {"form_token": token, "key": "x" * 41, "number": "1"})
    assert again.status == 422  # said beside no form: the version has none any more
