"""Two guests side by side, merged and parted by people, without JavaScript and in both languages."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]
COMPARE = "/portal/merges/compare"


def made(world: World, **fields: object) -> str:
    """A guest of the harbour."""
    values = {"family_name": "Doppel", "home_property_id": world.harbour.id, **fields}
    return str(guests.create(world.hq, GuestIn.model_validate(values)).id)


def test_compare_choose_merge_and_undo(world: World, visit: Visit) -> None:
    one = made(world, given_name="Anna", birth_date="1980-01-02", emails=["anna@guests.example"])
    two = made(world, given_name="Ana", birth_date="1980-02-01", phones=["+351912345000"])
    hq = visit("hq")
    page = hq.get(f"{COMPARE}?survivor={one}&absorbed={two}")
    assert page.status == 200
    assert "The dates of birth differ" in page.text
    page = hq.get(f"{COMPARE}?survivor={one}&absorbed={two}&name=absorbed&birthday=survivor")
    done = hq.follow(hq.submit(page, "/portal/merges", reason="Both forms are hers"))
    assert done.status == 200 and "Both forms are hers" in done.text
    guest = guests.get(world.hq, two)
    assert (guest.id, guest.given_name, guest.birth_date) == (one, "Ana", "1980-01-02")
    assert hq.get(f"/portal/guests/{two}").headers["location"].endswith(one)
    panel = hq.get(f"/portal/guests/{one}")
    assert "Merges" in panel.text and "Undo" in panel.text
    merge_id = guests.merges_page(world.hq, one, limit=1, after=None)[0][0].id
    report = hq.get(f"/portal/merges/{merge_id}")
    undone = hq.follow(hq.submit(report, f"/portal/merges/{merge_id}/partings", reason="Twins"))
    assert "Where everything went" in undone.text and "as before the merge" in undone.text
    assert guests.get(world.hq, two).id == two
    again = hq.get(f"{COMPARE}?survivor={one}&absorbed={two}", accept_language="zh-CN")
    assert again.status == 200


def test_what_was_changed_meanwhile_is_said_beside_them(world: World, visit: Visit) -> None:
    one, two = made(world), made(world)
    hq = visit("hq")
    page = hq.get(f"{COMPARE}?survivor={one}&absorbed={two}")
    guests.merge(world.hq, two, made(world))
    answer = hq.submit(page, "/portal/merges", reason="…")
    assert answer.status == 422 and "It was changed meanwhile" in answer.text
    assert guests.get(world.hq, two).id == two


def test_only_whom_it_concerns(world: World, visit: Visit) -> None:
    one, two = made(world), made(world)
    assert visit("desk").get(f"{COMPARE}?survivor={one}&absorbed={two}").status == 403
    assert "Is another guest the same person?" not in visit("desk").get(f"/portal/guests/{one}").text
    nobody = visit("hq").get(f"{COMPARE}?survivor={one}&absorbed=gst_0000000000000000000000n000")
    assert nobody.status == 422 and "There is no such guest." in nobody.text
