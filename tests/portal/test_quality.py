"""The quality of contacts in the portal: head office sets the rule, a desk works the list off."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.guests.models import Guest
from chalicelib.kernel.calendars import parse_instant
from tests.conftest import work_off_queues
from tests.portal.visitor import Visitor
from tests.portal.world import World


def test_the_rule_and_the_worklist(world: World, visit: Callable[..., Visitor]) -> None:
    hq, desk = visit("hq"), visit("desk")
    assert "Nothing has been counted yet" in desk.get("/portal/data-quality").text
    record = Guest.one(world.hq, world.guests["nguyen"])
    assert record is not None
    record.created_at = parse_instant("2020-01-01T00:00:00Z")
    record.save()
    start = hq.get("/portal/data-quality")
    assert hq.submit(start, "/portal/data-quality/rule", stale_months="1").status == 422
    hq.submit(start, "/portal/data-quality/rule", stale_months="36")
    work_off_queues()
    page = desk.get("/portal/data-quality")
    assert "36 months" in page.text and "an.nguyen@guests.example" in page.text and "Harbour House" in page.text
    assert "Save, and look at all of them now" not in page.text and "Hill House" not in page.text
    done = desk.follow(desk.submit(page, "/portal/data-quality/verifications"))
    assert done.text.count("nguyen@guests.example") + done.text.count("+84912345678") == 1
    fields = {**page.form("/portal/data-quality/verifications"), "stale_months": "9"}
    assert desk.post("/portal/data-quality/rule", fields).status == 403
