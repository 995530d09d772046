"""The list of guests, its filters and searches."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
import time_machine

from chalicelib.guests.pages import guests as guests_pages
from chalicelib.web import searches
from tests.portal.visitor import Page, Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


def names(page: Page) -> list[str]:
    """The guests of the list, in order."""
    return re.findall(r'<th scope="row"><a href="/portal/guests/gst_[^>]*>([^<]*)</a>', page.html)


def search(visitor: Visitor, **fields: str) -> Page:
    """Fill in the search and follow it to its results."""
    answer = visitor.submit(visitor.get("/portal/guests"), "/portal/guests/searches", **fields)
    assert answer.status == 303
    return visitor.get(answer.headers["location"])


class TestList:
    def test_everybody_of_the_house_and_nobody_else(self, world: World, visit: Visit) -> None:
        found = names(visit("desk").get("/portal/guests"))
        assert {"王小明", "João Ferreira", "Nguyen Van An", "김민준"} <= set(found)
        assert "Rosa Peña" not in found
        assert "Rosa Peña" in names(visit("hq").get("/portal/guests"))

    def test_of_one_property(self, world: World, visit: Visit) -> None:
        page = visit("hq").get(f"/portal/guests?property={world.hill.id}")
        assert "Rosa Peña" in names(page) and "王小明" not in names(page)
        assert f'<option value="{world.hill.id}" selected>' in page.html

    def test_of_one_language(self, world: World, visit: Visit) -> None:
        assert sorted(names(visit("desk").get("/portal/guests?language=zh-Hans"))) == ["李娜", "王小明"]
        assert names(visit("desk").get("/portal/guests?language=PT_pt")) == ["João Ferreira"]

    def test_changed_since(self, world: World, visit: Visit) -> None:
        assert names(visit("desk").get("/portal/guests?since=2026-02-27"))
        page = visit("desk").get("/portal/guests?since=2026-03-05")
        assert names(page) == []
        assert "No guest fits these filters" in page.text

    def test_the_other_way_round(self, world: World, visit: Visit) -> None:
        newest = names(visit("desk").get("/portal/guests"))
        assert names(visit("desk").get("/portal/guests?order=oldest")) == newest[::-1]

    def test_pages(self, world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
        everybody = names(visit("desk").get("/portal/guests"))
        monkeypatch.setattr(guests_pages, "PAGE_ROWS", 5)
        visitor, target, seen = visit("desk"), "/portal/guests?order=oldest", []
        for _ in range(10):
            page = visitor.get(target)
            seen += names(page)
            following = [link for link in page.links if "cursor=" in link]
            if not following:
                break
            assert "order=oldest" in following[0]
            target = following[0]
        assert sorted(seen) == sorted(everybody)
        assert "Back to the first page" in page.text

    @pytest.mark.parametrize(
        ("target", "field"),
        [
            ("/portal/guests?language=klingon!", "language"),
            ("/portal/guests?since=yesterday", "since"),
            ("/portal/guests?since=2026-02-30", "since"),
        ],
    )
    def test_what_is_wrong_is_told_beside_its_field(self, world: World, visit: Visit, target: str, field: str) -> None:
        page = visit("desk").get(target)
        assert page.status == 422
        assert f'id="{field}-error"' in page.html and f'aria-describedby="{field}-error"' in page.html
        assert target.partition("=")[2] in page.html  # what was typed is kept

    def test_a_cursor_of_another_list(self, world: World, visit: Visit) -> None:
        assert visit("desk").get("/portal/guests?cursor=cur_forged").status == 400


class TestSearch:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("wang", ["王小明"]),
            ("王", ["王小明"]),
            ("王小明", ["王小明"]),
            ("小明", ["王小明"]),
            ("ferr", ["João Ferreira"]),
            ("joao", ["João Ferreira"]),
            ("LEFEVRE", ["Pierre Lefèvre"]),
            ("o’Brien", ["Sean O’Brien"]),
            ("joao.ferreira@guests.example", ["João Ferreira"]),
            ("JOAO.Ferreira@GUESTS.example", ["João Ferreira"]),
            ("+351 912 345 678", ["João Ferreira"]),
            ("912345678", ["João Ferreira"]),
            ("rosa@guests.example", []),
        ],
    )
    def test_by_name_address_and_number(self, world: World, visit: Visit, words: str, found: list[str]) -> None:
        assert names(search(visit("desk"), q=words)) == found

    def test_by_the_number_in_another_system(self, world: World, visit: Visit) -> None:
        assert names(search(visit("desk"), system="Opera", number="H-1000")) == ["王小明"]
        assert names(search(visit("hq"), system="opera", number="H-1000")) == ["王小明"]
        page = search(visit("desk"), system="opera", number="H-0")
        assert "Nobody was found" in page.text
        page = search(visit("desk"), system="", number="H-1000")
        assert page.status == 422 and 'id="system-error"' in page.html

    def test_what_was_searched_for_is_shown_but_not_in_the_address(self, world: World, visit: Visit) -> None:
        visitor = visit("desk")
        form = visitor.get("/portal/guests").form("/portal/guests/searches")
        answer = visitor.post("/portal/guests/searches", {**form, "q": "joao.ferreira@guests.example"})
        assert re.fullmatch(r"/portal/guests\?search=srh_[0-9a-z]{26}", answer.headers["location"])
        page = visitor.get(answer.headers["location"])
        assert 'value="joao.ferreira@guests.example"' in page.html
        assert "E-mail address joao.ferreira@guests.example" in page.text
        assert not [link for link in page.links if "ferreira" in link and not link.startswith("mailto:")]

    def test_with_a_property(self, world: World, visit: Visit) -> None:
        hq = visit("hq")
        form = hq.get(f"/portal/guests?property={world.hill.id}").form("/portal/guests/searches")
        assert form["property"] == world.hill.id
        answer = hq.post("/portal/guests/searches", {**form, "q": "ros"})
        assert f"property={world.hill.id}" in answer.headers["location"]
        assert names(hq.get(answer.headers["location"])) == ["Rosa Peña"]

    def test_pages_of_a_search(self, world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(guests_pages, "PAGE_ROWS", 1)
        visitor = visit("desk")
        page, seen = search(visitor, q="s"), []
        for _ in range(6):
            seen += names(page)
            following = [link for link in page.links if "cursor=" in link]
            if not following:
                break
            assert "search=srh_" in following[0]
            page = visitor.get(following[0])
        assert sorted(seen) == ["Maria Schmidt", "Sean O’Brien"]

    def test_nothing_searched_for_is_the_list(self, world: World, visit: Visit) -> None:
        visitor = visit("desk")
        answer = visitor.submit(visitor.get("/portal/guests"), "/portal/guests/searches", q="  ")
        assert answer.headers["location"] == "/portal/guests"

    @pytest.mark.parametrize("words", ["a@b", "x@y@z.example", "+00000", "...", "12345"])
    def test_what_cannot_be_searched_for_is_told_beside_the_field(
        self, world: World, visit: Visit, words: str
    ) -> None:
        page = search(visit("desk"), q=words)
        assert page.status == 422
        assert 'id="q-error"' in page.html
        assert f'value="{words}"' in page.html

    def test_another_persons_search_is_nobodys_business(self, world: World, visit: Visit) -> None:
        visitor = visit("desk")
        form = visitor.get("/portal/guests").form("/portal/guests/searches")
        target = visitor.post("/portal/guests/searches", {**form, "q": "王"}).headers["location"]
        page = visit("manager").get(f"{target}&lang=en")
        assert "This search is no longer kept" in page.text
        assert 'value="王"' not in page.html

    def test_a_search_is_kept_for_a_day(self, world: World) -> None:
        search_id = searches.keep(world.hq, {"q": "王"})
        assert searches.recall(world.hq, search_id) == {"q": "王"}
        with (
            time_machine.travel(datetime.now(UTC) + searches.KEPT + timedelta(minutes=1)),
            pytest.raises(searches.SearchForgotten),
        ):
            searches.recall(world.hq, search_id)

    def test_the_box_in_the_frame_searches_too(self, world: World, visit: Visit) -> None:
        visitor = visit("desk")
        ways = {"wxm": "initials", "王": "name", "+351 912 345 678": "phone number", "601": "room 601"}
        for words, why in ways.items():
            answer = visitor.submit(visitor.get("/portal/arrivals"), "/portal/lookups", q=words)
            assert words not in unquote(answer.headers["location"])
            found = visitor.follow(answer)
            assert names(found) == ["João Ferreira" if words.startswith("+") else "王小明"], words
            assert why in found.text

    def test_a_stranger_is_a_name(self, world: World, visit: Visit) -> None:
        visitor = visit("desk")
        start = visitor.get("/portal/lookups")
        page = visitor.follow(visitor.submit(start, "/portal/lookups", q="rosa@guests.example"))
        assert "Rosa Peña" in page.text and "Guests of other properties" in page.text
        assert world.hill_guest not in page.html
        nobody = visitor.follow(visitor.submit(page, "/portal/lookups", q="Peña"))
        assert "Nobody was found" in nobody.text
        wrong = visitor.follow(visitor.submit(page, "/portal/lookups", q="a@@b"))
        assert (wrong.status, "needs exactly one @" in wrong.text) == (422, True)

    def test_the_form_opened_by_its_own_address_is_the_list(self, world: World, visit: Visit) -> None:
        assert visit("desk").get("/portal/guests/searches").headers["location"] == "/portal/guests"
