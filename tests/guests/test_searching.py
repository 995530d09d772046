"""Lists and searches: the right guests, in order, over pages, within the wall, at a bounded cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.guests import service
from chalicelib.guests.schemas import GuestSearchIn
from chalicelib.kernel import cursor
from chalicelib.kernel.errors import Invalid, Malformed, NotFound
from chalicelib.kernel.scope import Scope
from tests.builders import make_chain
from tests.guests.conftest import World


def later(world: World, minutes: int) -> Any:
    return world.hq.at(world.hq.now + timedelta(minutes=minutes))


class TestList:
    def test_all_of_a_chain_by_change_over_pages(self, world: World) -> None:
        made = [
            world.create(later(world, number), family_name=f"N{number}", home_property_id=world.house.id).id
            for number in range(30)
        ]
        assert world.listed(limit=7) == made
        assert world.listed(limit=7, is_newest_first=True) == made[::-1]
        assert world.listed(limit=100) == made

    def test_a_changed_guest_moves_to_the_end(self, world: World) -> None:
        first, second = world.create(), world.create()
        world.patch(first, later(world, 1), language="pt")
        assert world.listed() == [second.id, first.id]

    def test_since_an_instant_which_is_included(self, world: World) -> None:
        made = [world.create(later(world, number), home_property_id=world.house.id).id for number in range(6)]
        since = later(world, 3).now
        for limit in (1, 2, 25):
            assert world.listed(limit=limit, updated_since=since) == made[3:]
            assert world.listed(limit=limit, updated_since=since, is_newest_first=True) == made[:2:-1]
            assert world.listed(world.desk(world.house), limit=limit, updated_since=since) == made[3:]

    def test_many_of_one_instant_are_all_shown_once(self, world: World) -> None:
        made = {world.create().id for _ in range(23)}
        for limit in (5, 22, 23, 24):
            seen = world.listed(limit=limit)
            assert len(seen) == 23 and set(seen) == made

    def test_the_last_page_says_so(self, world: World) -> None:
        for _ in range(4):
            world.create()
        assert service.list_page(world.hq, limit=4).next is None
        assert service.list_page(world.hq, limit=3).next is not None

    def test_a_house_and_a_wall(self, world: World) -> None:
        mine, theirs = world.create(), world.create(home_property_id=world.sister.id)
        nobodys = world.create(world.hq)
        both = world.create(external_ids=[{"system": "pms", "property_id": world.sister.id, "id": "1"}])
        assert set(world.listed()) == {mine.id, theirs.id, nobodys.id, both.id}
        assert set(world.listed(property_id=world.sister.id)) == {theirs.id, both.id}
        assert set(world.listed(world.desk(world.house))) == {mine.id, both.id}
        seen = world.listed(world.desk(world.house, world.sister), limit=1)
        assert sorted(seen) == sorted([mine.id, theirs.id, both.id])
        assert world.listed(make_chain()[1]) == []
        for stranger in (world.desk(world.house), make_chain()[1]):
            with pytest.raises(NotFound):
                service.list_page(stranger, limit=5, property_id=world.sister.id)

    def test_one_language(self, world: World) -> None:
        made = [world.create(language=("pt", "de", "zh-Hans")[number % 3]).id for number in range(12)]
        assert sorted(world.listed(limit=2, language="de")) == sorted(made[1::3])
        assert sorted(world.listed(world.desk(world.house), limit=2, language="de")) == sorted(made[1::3])
        assert world.listed(language="zh") == []

    def test_a_rare_language_costs_a_bounded_page(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chalicelib.guests.service.searching.LISTED_MAX", 5)
        for _ in range(12):
            world.create(language="pt")
        rare = world.create(later(world, 9), language="de", home_property_id=world.house.id)
        page = service.list_page(world.hq, limit=5, language="de")
        assert page.guests == [] and page.next is not None
        assert world.listed(limit=5, language="de") == [rare.id]

    def test_a_cursor_is_good_for_its_own_list(self, world: World) -> None:
        for _ in range(3):
            world.create()
        after = service.list_page(world.hq, limit=1).next
        assert after is not None
        for ask in (
            lambda: service.list_page(world.hq, limit=1, after=after, language="pt"),
            lambda: service.list_page(world.hq, limit=1, after=after, is_newest_first=True),
            lambda: service.list_page(world.hq, limit=1, after=after, property_id=world.house.id),
            lambda: service.list_page(make_chain()[1], limit=1, after=after),
            lambda: service.list_page(world.hq, limit=1, after=f"cur_x{after[5:]}"),
        ):
            with pytest.raises(Malformed):
                ask()

    def test_what_a_page_costs(self, world: World, counted: Callable[[], Any]) -> None:
        for _ in range(40):
            world.create()
        with counted() as calls:
            service.list_page(world.hq, limit=25)
        assert calls.names.count("BatchGetItem") == 1 and calls.names.count("Query") <= 16
        with counted() as calls:
            service.list_page(world.desk(world.house), limit=25)
        assert calls.names.count("BatchGetItem") == 1 and calls.names.count("Query") <= 3


class TestSearch:
    def test_by_name_family_first_then_given(self, world: World) -> None:
        silva = world.create(family_name="Silva", given_name="Ana")
        silvano = world.create(family_name="Rossi", given_name="Silvano")
        silveira = world.create(family_name="Silveira", given_name="Silvia")
        world.create(family_name="Costa", given_name="Rui")
        for scope in (world.hq, world.desk(world.house)):
            assert world.search(scope, name="SILV") == [silva.id, silveira.id, silvano.id]
            assert world.search(scope, name="sílva, ana") == [silva.id]
            assert world.search(scope, name="ana silva") == [silva.id]
            assert world.search(scope, name="lva") == []

    def test_chinese_names(self, world: World) -> None:
        wang = world.create(family_name="王", given_name="小明")
        world.create(family_name="汪", given_name="小红")
        for scope in (world.hq, world.desk(world.house)):
            for name in ("王", "王小", "王 小明", "小明"):
                assert world.search(scope, name=name) == [wang.id], name

    def test_pages_of_names_miss_nobody_and_repeat_nobody(self, world: World) -> None:
        made = [world.create(family_name=f"Sa{number % 4}", given_name=f"Sam{number}").id for number in range(23)]
        also_sister = {"external_ids": [{"system": "pms", "property_id": world.sister.id, "id": "1"}]}
        made.append(world.create(family_name="Rossi", given_name="Salvo", **also_sister).id)
        for scope in (world.hq, world.desk(world.house), world.desk(world.house, world.sister)):
            for limit in (4, 100):
                seen = world.search(scope, name="sa", limit=limit)
                assert len(seen) == 24 and set(seen) == set(made)
                assert seen[-1] == made[-1]

    def test_by_contact_point(self, world: World) -> None:
        guest = world.create(emails=["Ana@x.pt"], phones=["912345678"])
        other = world.create(given_name="Rui", phones=["+351912345678"], home_property_id=world.sister.id)
        assert world.search(email="ANA@X.PT") == [guest.id]
        assert sorted(world.search(phone="+351 912 345 678")) == sorted([guest.id, other.id])
        assert sorted(world.search(phone="912345678")) == sorted([guest.id, other.id])
        assert world.search(world.desk(world.house), phone="912345678") == [guest.id]
        assert world.search(make_chain()[1], phone="912345678") == []
        assert world.search(email="b@x.pt") == []

    def test_a_contact_point_of_very_many_comes_in_pages(self, world: World) -> None:
        made = [world.create(phones=["912345678"]).id for _ in range(12)]
        assert sorted(world.search(phone="912345678", limit=5)) == sorted(made)
        assert service.contact_owner_count(world.hq, "phone", "+351912345678") == 10

    def test_by_number(self, world: World) -> None:
        guest, _ = world.put("7")
        key = {"system": "pms", "property_id": world.house.id, "id": "7"}
        assert world.search(external_id=key) == [guest.id]
        assert world.search(external_id=key, name="costa") == []
        assert world.search(world.desk(world.sister), external_id=key) == []
        assert world.search(external_id={**key, "id": "8"}) == []

    def test_everything_must_fit(self, world: World) -> None:
        guest = world.create(family_name="Silva", emails=["a@x.pt"], phones=["912345678"])
        world.create(family_name="Costa", emails=["a@x.pt"])
        assert world.search(email="a@x.pt", name="silva", phone="912345678") == [guest.id]
        assert world.search(email="a@x.pt", name="silva", property_id=world.sister.id) == []

    def test_guests_of_a_house_by_name(self, world: World) -> None:
        names = ["Costa", "Álvares", "Zé", "---", "王"]
        made = {name: world.create(family_name=name, given_name=None).id for name in names}
        world.create(home_property_id=world.sister.id)
        seen = world.search(property_id=world.house.id, limit=2)
        assert seen == [made[name] for name in ("---", "Álvares", "Costa", "王", "Zé")]
        with pytest.raises(NotFound):
            world.search(world.desk(world.sister), property_id=world.house.id)

    def test_after_a_change_the_new_name_is_found_and_the_old_is_not(self, world: World) -> None:
        guest = world.create(family_name="Silva", given_name="Ana")
        world.patch(guest, family_name="Costa", given_name=None)
        for scope in (world.hq, world.desk(world.house)):
            assert world.search(scope, name="costa") == [guest.id]
            assert world.search(scope, name="silva") == world.search(scope, name="ana") == []

    def test_what_cannot_be_searched_by(self, world: World) -> None:
        for wanted, pointer in (({"name": "..."}, "/name"), ({"name": ""}, "/name"), ({"phone": "12"}, "/phone")):
            with pytest.raises(Invalid) as refusal:
                world.search(**wanted)
            assert [error.pointer for error in refusal.value.errors] == [pointer]

    def test_cursors_hold_no_names(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(3):
            world.create(family_name="Geheim", emails=["geheim@x.pt"])
        keys: list[str] = []
        encode = cursor.encode

        def note(scope: Scope, purpose: str, key: Any) -> str | None:
            keys.append(json.dumps(key))
            return encode(scope, purpose, key)

        monkeypatch.setattr(cursor, "encode", note)
        for wanted in ({"name": "geh"}, {"email": "geheim@x.pt"}, {"property_id": world.house.id}):
            for scope in (world.hq, world.desk(world.house)):
                page = service.search(scope, GuestSearchIn.model_validate({"limit": 1, **wanted}))
                assert page.next is not None
        assert len(keys) == 6 and not any("geh" in key.lower() for key in keys)

    def test_cursors_are_bound_to_the_search(self, world: World) -> None:
        for _ in range(3):
            world.create(family_name="Silva")
        after = service.search(world.hq, GuestSearchIn(name="sil", limit=1)).next
        for scope, name in ((world.hq, "silv"), (make_chain()[1], "sil")):
            with pytest.raises(Malformed):
                service.search(scope, GuestSearchIn(name=name, limit=1, cursor=after))

    def test_a_cursor_whose_guest_was_renamed_says_so(self, world: World) -> None:
        for _ in range(3):
            world.create(family_name="Silva")
        page = service.search(world.hq, GuestSearchIn(name="silv", limit=1))
        world.patch(page.guests[0], family_name="Costa")
        with pytest.raises(Malformed, match="begin anew"):
            service.search(world.hq, GuestSearchIn(name="silv", limit=1, cursor=page.next))

    def test_cost_does_not_grow_with_the_chain(self, world: World, counted: Callable[[], Any]) -> None:
        world.create(family_name="Needle", emails=["n@x.pt"])

        def calls_of(**wanted: Any) -> list[str]:
            with counted() as calls:
                service.search(world.hq, GuestSearchIn.model_validate(wanted))
            return list(calls.names)

        before = [calls_of(name="need"), calls_of(email="n@x.pt")]
        for number in range(60):
            world.create(family_name=f"Hay{number}")
        assert [calls_of(name="need"), calls_of(email="n@x.pt")] == before
        assert [len(calls) for calls in before] == [3, 2]
