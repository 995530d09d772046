"""A rule of care in the portal: its versions with their days, and the form of the next one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Conflict
from chalicelib.outreach.pages import care_rules
from chalicelib.outreach.service import care
from tests.builders import make_property
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

PLAN = "/portal/contact-plan"
NEW_GUEST, REGULAR = f"{PLAN}/new_guest", f"{PLAN}/loyal_guest"


def test_head_office_publishes_for_the_chain(world: World) -> None:
    hq = signed_in(world, "hq_admin", name="Helena Castro")
    assert {f"{PLAN}/{rule}" for rule in ("silence", "new_guest", "loyal_guest", "blessings")} <= {
        link.partition("?")[0] for link in hq.get(PLAN).links
    }
    page = hq.get(REGULAR)
    held = "the house's own rule In force from the beginning"
    for words in ("R3 Every month for regular guests", held, "90 to 365."):
        assert words in page.text, words
    wanted = {"is_on": "yes", "per_month": "0", "stays": "4", "window_days": "", "contact_day": "15"}
    wrong = hq.submit(page, REGULAR, **wanted)
    assert wrong.status == 422
    for words in (
        "This is less than the rule asks for: at least 1.", "This is beyond what the rule allows: at most 3.",
        "This must be a whole number.",
    ):  # fmt: skip
        assert words in wrong.text, words
    assert wrong.html.count('aria-invalid="true"') == 3
    assert 'name="stays" type="number" required min="2" max="3" value="4"' in wrong.html
    assert '<option value="yes" selected>' in wrong.html and "<details class=\"body\" open>" in wrong.html
    right = {**wanted, "per_month": "2", "stays": "2", "window_days": "180", "may_override": "yes"}
    for _ in range(2):  # sent twice, published once
        assert hq.submit(wrong, REGULAR, **right).headers["location"] == REGULAR
    shown = hq.get(REGULAR).text
    for words in (
        "1 In force 4 March 2026, 08:00 until another is published At least 2 contacts in each calendar month.",
        "at least 2 stays in 180 days", "properties may have their own Helena Castro",
        "from the beginning until 4 March 2026, 08:00",
    ):  # fmt: skip
        assert words in shown, words
    (policy,) = care.versions_of(world.hq, "loyal_guest")[1:]
    assert (policy.is_on, policy.may_override, policy.settings["window_days"]) == (True, True, 180)
    noted = audit_page(world.hq, world.hq.chain_id, limit=100).items
    assert [dict(one.detail)["rule"] for one in noted if one.action == "care_policy.published"] == ["loyal_guest"]
    # The form of yesterday does not undo what somebody else has decided since.
    late = hq.submit(page, REGULAR, **{**right, "per_month": "1", "key": "another"})
    assert late.status == 422 and "Somebody has published another version meanwhile" in late.text
    assert len(care.versions_of(world.hq, "loyal_guest")) == 2


def test_days_of_blessings(world: World) -> None:
    hq, path = signed_in(world, "hq_admin"), f"{PLAN}/blessings"
    page = hq.get(path)
    wrong = hq.submit(page, path, is_on="yes", occasion_birthday="yes", occasion_special_day="yes")
    assert wrong.status == 422 and "The rule asks for birthdays and festivals; other days may be added." in wrong.text
    assert 'name="occasion_special_day" value="yes" checked' in wrong.html
    assert 'name="occasion_festival" value="yes">' in wrong.html  # what was taken away stays so, to be seen
    chosen = {f"occasion_{one}": "yes" for one in ("birthday", "festival", "special_day")}
    assert hq.submit(wrong, path, is_on="yes", **chosen).status == 303
    assert care.versions_of(world.hq, "blessings")[-1].occasions == ("birthday", "festival", "special_day")
    assert "Birthday greeting, Festival, A day of the guest's own" in hq.get(path).text


def test_a_version_for_one_property(world: World) -> None:
    hq, house = signed_in(world, "hq_admin"), str(world.house.id)
    own = f"{NEW_GUEST}?property={house}"
    closed = hq.get(own)
    assert "The chain does not allow properties a version of their own of this rule." in closed.text
    assert "name=\"days\"" not in closed.html and "This property has no version of its own." in closed.text
    care.publish(world.hq, "new_guest", {"days": 5}, is_on=True, may_override=True, property_id=None)
    page = hq.get(own)
    assert "The chain's version holds here." in page.text and 'max="7" value="5"' in page.html
    assert hq.submit(page, NEW_GUEST, days="9").status == 422
    assert hq.submit(page, NEW_GUEST, days="2").headers["location"] == own
    shown = hq.get(own).text
    assert "The property's own versions" in shown and "Once, within 2 days after the stay." in shown
    assert care.policy_of(world.hq, "new_guest", house).settings["days"] == 2
    assert care.policy_of(world.hq, "new_guest").settings["days"] == 5
    assert "Once, within 2 days" in hq.get(f"{PLAN}?property={house}").text
    assert "Once, within 5 days" in hq.get(NEW_GUEST).text


def test_houses_read_in_their_language(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    care.publish(world.hq, "new_guest", {"days": 5}, is_on=True, may_override=True, property_id=None)
    sister = make_property(world.hq, "Sister")
    manager = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    page = manager.get(NEW_GUEST)
    for words in (
        "R2", "生效起止", "2026年3月4日", "直至发布下一版本", "一次，离店后5天内。", "总部", "允许各酒店自订"
    ):  # fmt: skip
        assert words in page.text, words
    assert 'method="post" action="/portal/contact-plan' not in page.html
    token = manager.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    for body in ({"is_on": "yes", "days": "3"}, {"days": "3", "property_id": str(world.house.id)}):
        assert manager.post(NEW_GUEST, {"form_token": token, "key": "k", **body}).status == 403
    assert manager.get(f"{NEW_GUEST}?property={sister.id}").status == 404
    assert manager.get(f"{PLAN}/tax_day").status == 404
    hq = signed_in(world, "hq_admin")
    assert hq.post(f"{PLAN}/tax_day", {"form_token": hq.get(NEW_GUEST).form(NEW_GUEST)["form_token"]}).status == 404
    monkeypatch.setattr(care_rules, "PAGE_ROWS", 1)
    first = manager.get(NEW_GUEST)
    (following,) = {link for link in first.links if "cursor=" in link}
    assert "系统默认规则" not in first.text and "自始 至 2026年3月4日 08:00" in manager.get(following).text
    assert manager.get(f"{PLAN}/silence?{following.partition('?')[2]}").status == 400
    reading = signed_in(world, "hq_analyst").get(NEW_GUEST)
    assert reading.status == 200 and 'method="post" action="/portal/contact-plan' not in reading.html


def test_seen(world: World) -> None:
    care.publish(world.hq, "silence", {}, is_on=True, may_override=False, property_id=None, seen=0)
    with pytest.raises(Conflict, match="another version meanwhile"):
        care.publish(world.hq, "silence", {}, is_on=False, may_override=False, property_id=None, seen=0)
    same = care.publish(world.hq, "silence", {}, is_on=True, may_override=False, property_id=None, seen=0)
    assert same[1] is False


def test_a_version_for_later_is_shown_and_withdrawn(world: World) -> None:
    hq = signed_in(world, "hq_admin", name="Helena Castro")
    page = hq.get(NEW_GUEST)
    assert 'min="2026-03-04" max="2027-03-05"' in page.html and "by the clock of Europe/Lisbon" in page.text
    wanted = {"is_on": "yes", "days": "3", "may_override": "yes"}
    wrong = hq.submit(page, NEW_GUEST, **wanted, valid_from="2026-03-03")
    assert wrong.status == 422 and "A version begins now or later" in wrong.text
    assert 'value="2026-03-03" aria-invalid="true"' in wrong.html and 'class="body" open' in wrong.html
    far = hq.submit(page, NEW_GUEST, **wanted, valid_from="2027-03-07")
    assert "A version begins at most 366 days from now." in far.text
    assert hq.submit(wrong, NEW_GUEST, **wanted, valid_from="2026-04-01").status == 303
    # Another one for now takes nothing away from it.
    assert hq.submit(hq.get(NEW_GUEST), NEW_GUEST, is_on="yes", days="7").status == 303
    shown = hq.get(NEW_GUEST)
    for words in (
        "2 In force 4 March 2026, 08:00 until 1 April 2026, 00:00",
        "1 Begins later 1 April 2026, 00:00 until another is published Withdraw Once, within 3 days",
    ):  # fmt: skip
        assert words in shown.text, words
    assert "Version 1 begins 1 April 2026, 00:00" in hq.get(PLAN).text
    assert "Withdraw" not in signed_in(world, "hq_analyst").get(NEW_GUEST).text
    manager = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    assert "1 待生效 2026年4月1日 00:00" in manager.get(NEW_GUEST).text
    token = manager.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    away = f"{NEW_GUEST}/withdraw"
    assert manager.post(away, {"form_token": token, "key": "k", "number": "1"}).status == 403
    assert hq.submit(shown, away, number="9").status == 404
    began = hq.submit(shown, away, number="2", key="other")
    assert began.status == 422 and "This version has begun" in began.text
    for _ in range(2):
        assert hq.submit(shown, away).headers["location"] == NEW_GUEST
    assert "1 Withdrawn was to begin 1 April 2026, 00:00 withdrawn 4 March 2026, 08:00" in hq.get(NEW_GUEST).text
    assert "Version 1 begins" not in hq.get(PLAN).text
    noted = audit_page(world.hq, world.hq.chain_id, limit=100).items
    assert [dict(one.detail)["number"] for one in noted if one.action == "care_policy.withdrawn"] == [1]


def test_a_house_whose_standard_the_chain_overtakes(world: World) -> None:
    house = str(world.house.id)
    wanted: dict[str, Any] = {"is_on": True, "may_override": True, "property_id": None}
    care.publish(world.hq, "new_guest", {"days": 7}, **wanted)
    hq, own = signed_in(world, "hq_admin"), f"{NEW_GUEST}?property={house}"
    assert hq.submit(hq.get(own), NEW_GUEST, days="5").status == 303
    care.publish(world.hq, "new_guest", {"days": 4}, **wanted, valid_from=date(2026, 4, 1))
    late = hq.submit(hq.get(own), NEW_GUEST, days="6", valid_from="2026-04-02")
    assert late.status == 422 and "The chain asks for more than this: at most 4." in late.text
    assert "Version 2 begins 1 April" in hq.get(f"{PLAN}?property={house}").text
    world.advance(datetime(2026, 4, 1, tzinfo=UTC))
    page = hq.get(own)
    assert "The chain's version holds here." in page.text and "1 The chain's version holds 4 March" in page.text
    assert care.policy_of(world.hq, "new_guest", house).id == "new_guest#2"
