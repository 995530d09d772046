"""Who sees what: another chain's staff nothing, a sister property's staff nothing of this one, a role its own pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.web.routing import ROUTER
from tests.builders import make_staff
from tests.portal.conftest import cookie_value
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]

PUBLIC = {"/", "/portal", "/portal/sign-in"}


def test_every_page_is_asked_for_by_nobody(world: World, visit: Visit) -> None:
    """Walks the routes themselves, so that a page that is added is walked, too."""
    walked = 0
    for pattern, handlers in ROUTER.handlers.items():
        if not pattern.startswith("/portal") or "GET" not in handlers or pattern in PUBLIC:
            continue
        address = pattern.replace("{guest_id}", world.guests["wang"]).replace("{import_id}", world.import_id)
        page = visit().get(address.replace("{run_id}", "run_0000000000000000000000x000"))
        assert page.status == 303, pattern
        assert page.headers["location"].startswith("/portal/sign-in?next="), pattern
        walked += 1
    assert walked >= 8


def test_another_chain_sees_none_of_it(world: World, visit: Visit) -> None:
    stranger = visit("rival")
    for address in (
        f"/portal/guests/{world.guests['wang']}",
        f"/portal/arrivals?property={world.harbour.id}",
        f"/portal/deliveries?property={world.harbour.id}",
        f"/portal/guests?property={world.harbour.id}",
        f"/portal/imports?property={world.harbour.id}",
        f"/portal/imports/{world.import_id}",
    ):
        page = stranger.get(address)
        assert page.status == 404, address
        assert "There is nothing here" in page.text
        assert "王小明" not in page.html and "Harbour" not in page.html
    for address in ("/portal/guests", "/portal/deliveries", "/portal/properties", "/portal/imports"):
        page = stranger.get(address)
        assert page.status == 200
        assert "王小明" not in page.html and "Harbour" not in page.html and "guests-2026" not in page.html


def test_a_sister_property_is_beyond_the_wall(world: World, visit: Visit) -> None:
    staff = make_staff(world.hq, "property_manager", property_ids=[world.hill.id])
    world.staff["hill"] = staff
    sister = visit("hill")
    for address in (
        f"/portal/guests/{world.guests['wang']}",
        f"/portal/arrivals?property={world.harbour.id}",
        f"/portal/deliveries?property={world.harbour.id}",
        f"/portal/guests?property={world.harbour.id}",
        f"/portal/imports?property={world.harbour.id}",
        f"/portal/imports/{world.import_id}",
    ):
        assert sister.get(address).status == 404, address
    assert "王小明" not in sister.get("/portal/guests").html
    assert "Rosa Peña" in sister.get("/portal/guests").html
    assert "guests-2026" not in sister.get("/portal/imports").html


@pytest.mark.parametrize(
    ("who", "allowed", "refused"),
    [
        ("hq", ["properties", "arrivals", "guests", "guest", "deliveries", "imports", "import"], []),
        ("manager", ["arrivals", "guests", "guest", "deliveries", "imports", "import"], []),
        ("desk", ["arrivals", "guests", "guest", "deliveries"], ["imports", "import"]),
    ],
)
def test_roles(
    world: World, visit: Visit, looks: dict[str, str], who: str, allowed: list[str], refused: list[str]
) -> None:
    visitor = visit(who)
    assert {name: visitor.get(looks[name]).status for name in allowed} == dict.fromkeys(allowed, 200)
    assert {name: visitor.get(looks[name]).status for name in refused} == dict.fromkeys(refused, 403)


def test_the_navigation_offers_only_what_one_may_see(world: World, visit: Visit) -> None:
    names = {"Properties", "Arrivals", "Guests", "Deliveries", "Imports"}

    def offered(who: str) -> set[str]:
        links = visit(who).get("/portal/deliveries?lang=en").links
        return {name for name in names if f"/portal/{name.lower()}" in links}

    assert offered("hq") == names
    assert offered("manager") == names - {"Properties"}
    assert offered("desk") == names - {"Properties", "Imports"}


def test_somebody_who_was_disabled_is_out_at_once(world: World) -> None:
    from chalicelib.directory import service as directory
    from chalicelib.directory.schemas import StaffPatch
    from chalicelib.web.sessions import cookie_name, session_cookie

    staff = make_staff(world.hq, "front_desk", property_ids=[world.harbour.id])
    visitor = Visitor({cookie_name(): cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))})
    assert visitor.get("/portal/guests").status == 200
    directory.update_staff(world.hq, str(staff.id), StaffPatch(is_disabled=True), int(staff.version))
    assert visitor.get("/portal/guests").status == 303


def test_an_address_that_there_is_not_is_a_page(world: World, visit: Visit) -> None:
    for address in ("/portal/nowhere", "/portal/guests/a/b", "/portal/guests/gst_x", "/portal/imports/imp_x"):
        page = visit("hq").get(address)
        assert page.status == 404, address
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "There is nothing here" in page.text


def test_a_method_that_is_not_offered_is_a_page(world: World, visit: Visit) -> None:
    page = visit("hq").post("/portal/deliveries", {})
    assert page.status == 405
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["allow"] == "GET, HEAD, OPTIONS"


def test_pages_may_not_run_anything_foreign(world: World, visit: Visit, looks: dict[str, str]) -> None:
    for address in [*looks.values(), "/portal/sign-in", "/portal/nowhere"]:
        page = visit("hq").follow(visit("hq").get(address))
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        for tag, attributes in page.tags:
            assert not [name for name, _ in attributes if name.startswith("on") or name == "style"], address
            assert tag != "style", address
            assert tag != "script" or dict(attributes).get("src", "").startswith("/static/"), address
