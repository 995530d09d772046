"""The call desk in the portal: the queue, a call's page, its form without scripts, and strategies."""

from __future__ import annotations

import pytest

from chalicelib.guests import service as guests
from chalicelib.outreach.service import tasks
from tests.builders import PASSWORD, make_property, make_staff
from tests.outreach.test_calls import SILENT, open_tasks, regular
from tests.outreach.test_policies import on
from tests.outreach.world import World
from tests.portal.visitor import Page, Visitor


@pytest.fixture
def called(world: World) -> guests.Guest:
    """A regular who is to be called today."""
    on(world, "silence")
    guest = regular(world, total=45_000)
    world.advance(SILENT)
    return guest


def signed_in(world: World, role: str, **fields: object) -> Visitor:
    staff = make_staff(world.hq, role, **fields)  # type: ignore[arg-type]
    visitor = Visitor()
    assert visitor.sign_in(str(staff.email), PASSWORD).status == 200
    return visitor


def test_a_manager_makes_a_call(world: World, called: guests.Guest) -> None:
    manager = signed_in(world, "property_manager", property_ids=[world.house.id])
    (task,) = open_tasks(world)
    path = f"/portal/calls/{task.id}"
    queue = manager.get("/portal/calls")
    assert queue.status == 200 and path in queue.reply.text and "450.00" in queue.text
    page = manager.get(path)
    for words in ("Before the call", called.phones[0], "3 stays, 6 nights", "I manage Harbour House", "What to say"):
        assert words in page.text, words
    # what is wrong is said beside the fields, and what was typed is kept
    answer = manager.submit(
        page, f"{path}/attempts", outcome="reached", reason="", agreed_what="A <quiet> room",
        agreed_due_on="2026-01-01", note="Was kind",
    )  # fmt: skip
    assert answer.status == 422
    for words in ("Note why the guest stays away.", "This day has passed.", "A &lt;quiet&gt; room", "Was kind"):
        assert words in answer.reply.text, words
    assert 'value="2026-01-01"' in answer.reply.text
    done = manager.submit(
        answer, f"{path}/attempts", outcome="reached", reason="price", agreed_what="Send rates",
        agreed_due_on="2026-03-24", agreed_kind="letter", note="Was kind",
    )  # fmt: skip
    assert done.status == 303
    shown = manager.follow(done)
    assert "Price and value" in shown.text and "What was agreed" in shown.text
    assert f"{path}/attempts" not in shown.reply.text
    queue = manager.get("/portal/calls")
    assert "Send rates" in queue.text and "Price and value" in queue.text
    assert manager.get("/portal/calls?status=done").reply.text.count(path) == 1


def test_a_form_that_is_sent_twice_counts_once(world: World, called: guests.Guest) -> None:
    manager = signed_in(world, "property_manager", property_ids=[world.house.id])
    (task,) = open_tasks(world)
    page = manager.get(f"/portal/calls/{task.id}")
    for _ in range(2):
        assert manager.submit(page, f"/portal/calls/{task.id}/attempts", outcome="no_answer").status == 303
    assert len(tasks.get(world.hq, str(task.id)).attempts) == 1


def test_who_sees_what(world: World, called: guests.Guest) -> None:
    (task,) = open_tasks(world)
    path = f"/portal/calls/{task.id}"
    desk = signed_in(world, "front_desk", property_ids=[world.house.id])
    page = desk.get(path)
    assert page.status == 200 and "/attempts" not in page.reply.text
    assert desk.get("/portal/strategies").status == 200
    sister = make_property(world.hq, "Sister")
    stranger = signed_in(world, "property_manager", property_ids=[sister.id])
    assert stranger.get(path).status == 404
    assert path not in stranger.get("/portal/calls").reply.text
    analyst = signed_in(world, "hq_analyst", language="zh")
    queue = analyst.get("/portal/calls")
    assert path in queue.reply.text and "电话任务" in queue.text
    chinese = analyst.get(f"{path}?script=zh")
    assert "通话前须知" in chinese.text and "现在方便说话吗" in chinese.text
    marketing = signed_in(world, "marketing", property_ids=[world.house.id])
    assert marketing.get("/portal/calls").status == 403


def test_strategies(world: World) -> None:
    manager = signed_in(world, "property_manager", property_ids=[world.house.id])
    page: Page = manager.get("/portal/strategies")
    assert "No strategy is registered yet" in page.text
    told = {"title": "Quiet floor", "hypothesis": "Sleep", "segment": "Street side", "property_id": world.house.id}
    wrong = manager.submit(page, "/portal/strategies", **told, starts_on="2026-03-10", ends_on="2026-03-01")
    assert wrong.status == 422 and "The last day lies before the first." in wrong.text
    assert 'value="Quiet floor"' in wrong.reply.text
    done = manager.submit(wrong, "/portal/strategies", **told, starts_on="2026-03-01", ends_on="2026-03-02")
    assert done.status == 303
    shown = manager.follow(done)
    action = next(part for part in shown.reply.text.split('"') if part.startswith("/portal/strategies/stg_"))
    assert manager.submit(shown, action, ends_on="2026-03-03", result="Nine of twenty").status == 303
    assert "Nine of twenty" in manager.get("/portal/strategies").text
