"""Who belongs with a guest, on the guest's page: added by what is known of the other one, changed, taken away."""

from __future__ import annotations

from collections.abc import Callable

from tests.portal.visitor import Visitor
from tests.portal.world import World


def test_relations_and_a_household(world: World, visit: Callable[..., Visitor]) -> None:
    visitor, page = visit("desk"), f"/portal/guests/{world.guests['vries']}"
    start = visitor.get(page)
    assert "Nobody is known to travel or live with this guest." in start.text
    added = visitor.follow(
        visitor.submit(start, f"{page}/relations", q="pierre lef", kind="companion", is_child="yes")
    )
    assert "Travelling companion Child, never greeted" in added.text
    other = visitor.get(f"/portal/guests/{world.guests['lefevre']}")
    assert "Zoë de Vries" in other.text
    lives = {f"with_{world.guests['lefevre']}": "yes", "name": "Voss 12", "address": "Keizersgracht 1, Amsterdam"}
    home = visitor.follow(visitor.submit(added, f"{page}/household", **lives))
    assert "Household: Voss 12 Keizersgracht 1, Amsterdam" in home.text
    ended = visitor.follow(visitor.submit(home, f"{page}/household", end="yes"))
    assert "Household:" not in ended.text
    away = visitor.follow(visitor.submit(ended, f"{page}/relations/removals"))
    assert "Nobody is known to travel or live with this guest." in away.text


def test_several_fit_or_none(world: World, visit: Callable[..., Visitor]) -> None:
    visitor, page = visit("hq"), f"/portal/guests/{world.guests['kim']}"
    start = visitor.get(page)
    choice = visitor.submit(start, f"{page}/relations", q="guest number", kind="friend")
    nobody = visitor.submit(start, f"{page}/relations", q="Nobodyatall", kind="friend")
    wrong = visitor.submit(start, f"{page}/relations", q="a@@b", kind="friend")
    assert (nobody.status, wrong.status) == (422, 422)
    assert "Nobody was found" in nobody.text and "needs exactly one @" in wrong.text
    assert choice.status == 422
    assert visitor.submit(start, f"{page}/relations", q="x", kind="enemy").status == 422
