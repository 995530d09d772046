"""Accounts in the portal: made, found by name, changed, with guests; and whom the reader looks after."""

from __future__ import annotations

from collections.abc import Callable

from tests.portal.visitor import Visitor
from tests.portal.world import World


def test_an_account_and_a_key_guest(world: World, visit: Callable[..., Visitor]) -> None:
    visitor = visit("desk")
    assert "Accounts" in visitor.get("/portal/accounts").text
    made = visitor.submit(
        visitor.get("/portal/accounts"), "/portal/accounts", name_en="Testing Shipping", name_zh="测试航运"
    )
    address = made.headers["location"]
    page = visitor.get(address)
    assert "测试航运" in page.text and "None of your guests belongs to this account yet." in page.text
    added = visitor.follow(visitor.submit(page, f"{address}/guests", q="giulia", role="Buyer", until="2026-03-03"))
    assert "Giulia Rossi has left Buyer" in added.text
    assert visitor.submit(page, f"{address}/guests", q="nobodyatall").status == 422
    kept = visitor.follow(
        visitor.submit(added, address, name_en="Testing Shipping", name_zh="测试航运", is_key="yes", is_own="yes")
    )
    assert "Looked after by Ana Silva" in kept.text
    found = visitor.follow(visitor.submit(visitor.get("/portal/accounts"), "/portal/accounts/searches", q="ceshi"))
    assert "Testing Shipping Key account" in found.text
    guest = f"/portal/guests/{world.guests['rossi']}"
    cared = visitor.follow(visitor.submit(visitor.get(guest), f"{guest}/care", is_key="yes", is_own="yes"))
    assert "Key guest Looked after by Ana Silva" in cared.text and "Testing Shipping" in cared.text
    mine = visitor.get("/portal/accounts?mine=yes").text
    assert "Testing Shipping" in mine and "Giulia Rossi Key guest" in mine
    left = visitor.follow(visitor.submit(cared, f"{guest}/care"))
    assert "Looked after by" not in left.text
    assert visitor.submit(visitor.get("/portal/accounts"), "/portal/accounts").status == 422
    assert "You look after nobody in person yet" in visit("hq").get("/portal/accounts?mine=yes").text
