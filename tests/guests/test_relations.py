"""Who belongs with whom: two sides of a relation, children who are never greeted, households."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.guests import service
from chalicelib.guests.models import Guest
from chalicelib.guests.models.relations import Relation
from chalicelib.guests.rules import relations as limits
from chalicelib.guests.rules.relations import HOUSEHOLD_MEMBERS_MAX, INVERSES, InHousehold, TooManyRelations
from chalicelib.guests.service import households, relations
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Invalid, Malformed, NotFound, Stale
from chalicelib.kernel.scope import Scope
from tests.builders import make_scope
from tests.guests.conftest import World


def seen(scope: Scope, guest: Any) -> dict[str, str]:
    """What the others are to a guest, by id."""
    return {one.guest.id: str(one.relation.kind) for one in relations.relations_of(scope, guest.id).related}


class TestRelations:
    @pytest.mark.parametrize("kind", INVERSES)
    def test_both_sides_are_told(self, world: World, kind: str) -> None:
        ana, rui = world.create(given_name="Ana"), world.create(given_name="Rui")
        found, is_new = relations.relate(world.hq, ana.id, rui.id, kind)
        assert (found.guest.id, is_new) == (rui.id, True)
        assert (seen(world.hq, ana), seen(world.hq, rui)) == ({rui.id: kind}, {ana.id: INVERSES[kind]})
        assert INVERSES[INVERSES[kind]] == kind

    def test_saying_it_again_changes_nothing_and_otherwise_changes_both(self, world: World) -> None:
        ana, rui = world.create(), world.create()
        relations.relate(world.hq, ana.id, rui.id, "companion")
        before = len(audit_page(world.hq, ana.id, limit=20).items)
        assert relations.relate(world.hq, ana.id, rui.id, "companion")[1] is False
        assert len(audit_page(world.hq, ana.id, limit=20).items) == before
        found, is_new = relations.relate(world.hq, ana.id, rui.id, "child")
        assert (is_new, int(found.relation.version)) == (False, 2)
        assert (seen(world.hq, ana), seen(world.hq, rui)) == ({rui.id: "child"}, {ana.id: "parent"})

    def test_taking_it_away(self, world: World) -> None:
        ana, rui = world.create(), world.create()
        relations.relate(world.hq, ana.id, rui.id, "friend")
        with pytest.raises(Stale):
            relations.unrelate(world.hq, ana.id, rui.id, 7)
        relations.unrelate(world.hq, rui.id, ana.id, 1)
        assert (seen(world.hq, ana), seen(world.hq, rui)) == ({}, {})
        with pytest.raises(NotFound):
            relations.unrelate(world.hq, ana.id, rui.id)

    def test_both_have_to_be_within_the_wall(self, world: World) -> None:
        ana, rui = world.create(), world.create(home_property_id=world.sister.id)
        desk = world.desk(world.house)
        for one, other in ((ana, rui), (rui, ana)):
            with pytest.raises(NotFound):
                relations.relate(desk, one.id, other.id, "friend")
        relations.relate(world.hq, ana.id, rui.id, "friend")
        assert (seen(desk, ana), seen(world.hq, ana)) == ({}, {rui.id: "friend"})
        with pytest.raises(NotFound):
            relations.relation(desk, ana.id, rui.id)

    def test_so_many_and_no_cursor(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(relations, "RELATIONS_MAX", 2)
        ana, others = world.create(), [world.create() for _ in range(3)]
        for other in others[:2]:
            relations.relate(world.hq, ana.id, other.id, "friend")
        for one, other in ((ana, others[2]), (others[2], ana)):
            with pytest.raises(TooManyRelations):
                relations.relate(world.hq, one.id, other.id, "friend")
        with pytest.raises(Malformed):
            relations.relations_of(world.hq, ana.id, "cur_forged")
        with pytest.raises(Invalid):
            relations.relate(world.hq, ana.id, ana.id, "friend")

    def test_after_a_merge(self, world: World) -> None:
        """Records stay put: what lies with the absorbed guest is read along, and leads to survivors."""
        ana, anna, rui = world.create(), world.create(), world.create()
        relations.relate(world.hq, anna.id, rui.id, "spouse")
        survivor, gone = Guest.one(world.hq, ana.id), Guest.one(world.hq, anna.id)
        assert survivor is not None and gone is not None
        survivor.absorbed_ids, gone.merged_into = [anna.id], ana.id
        survivor.save()
        gone.save()
        assert (seen(world.hq, ana), seen(world.hq, rui)) == ({rui.id: "spouse"}, {ana.id: "spouse"})


class TestChildren:
    def test_a_child_is_marked_until_nobody_says_so(self, world: World) -> None:
        child, ana, rui = world.create(given_name="Eva"), world.create(), world.create()

        def is_marked() -> bool:
            return service.is_child_companion(world.hq, service.get(world.hq, child.id))

        relations.relate(world.hq, ana.id, child.id, "child", is_child=True)
        relations.relate(world.hq, rui.id, child.id, "companion", is_child=True)
        assert is_marked()
        relations.unrelate(world.hq, ana.id, child.id)
        assert is_marked()
        relations.relate(world.hq, rui.id, child.id, "companion")
        assert not is_marked()
        assert Guest.one(world.hq, child.id).is_child_companion is None  # type: ignore[union-attr]

    def test_a_birthday_makes_an_adult(self, world: World) -> None:
        day = world.hq.now.date()
        born = {"young": day.replace(year=day.year - 18, day=day.day + 1), "grown": day.replace(year=day.year - 18)}
        ana = world.create()
        for name, birth_date in born.items():
            child = world.create(birth_date=birth_date.isoformat())
            relations.relate(world.hq, ana.id, child.id, "child", is_child=True)
            marked = service.is_child_companion(world.hq, service.get(world.hq, child.id))
            assert marked is (name == "young"), name

    @pytest.mark.parametrize("kind", sorted(limits.ADULTS))
    def test_who_can_be_no_child(self, world: World, kind: str) -> None:
        with pytest.raises(Invalid):
            relations.relate(world.hq, world.create().id, world.create().id, kind, is_child=True)


class TestHouseholds:
    def test_a_life(self, world: World) -> None:
        ana, rui, eva = (world.create(given_name=name) for name in ("Ana", "Rui", "Eva"))
        made = households.create_household(
            world.hq, name="Silva", address="Rua 1, Lisboa", member_ids=[ana.id, rui.id]
        )
        again = households.create_household(
            world.hq, name="Silva", address="Rua 1, Lisboa", member_ids=[ana.id, rui.id]
        )
        assert made.household.id == again.household.id
        home = households.household_of_guest(world.hq, rui.id)
        assert home is not None and [one.id for one in home.members] == [ana.id, rui.id]
        with pytest.raises(InHousehold):
            households.create_household(world.hq, name=None, address=None, member_ids=[eva.id, rui.id])
        changed = households.change_household(
            world.hq, made.household.id, 1, name="Silva", address=None, member_ids=[eva.id, ana.id]
        )
        assert ([one.id for one in changed.members], changed.household.address) == ([eva.id, ana.id], None)
        assert households.household_of_guest(world.hq, rui.id) is None
        with pytest.raises(Stale):
            households.end_household(world.hq, made.household.id, 1)
        households.end_household(world.hq, made.household.id, 2)
        assert households.household_of_guest(world.hq, ana.id) is None
        assert [row.other for one in (ana, rui, eva) for row in Relation.of_guest(world.hq, one.id)] == []

    def test_members_beyond_the_wall_stay(self, world: World) -> None:
        ana, rui = world.create(), world.create(home_property_id=world.sister.id)
        made = households.create_household(world.hq, name=None, address=None, member_ids=[ana.id, rui.id])
        desk = world.desk(world.house)
        home = households.household_of(desk, made.household.id)
        assert [one.id for one in home.members] == [ana.id]
        households.change_household(desk, made.household.id, 1, name="Ours", address=None, member_ids=[ana.id])
        kept = households.household_of(world.hq, made.household.id)
        assert {one.id for one in kept.members} == {ana.id, rui.id}
        with pytest.raises(NotFound):
            households.end_household(desk, made.household.id, 2)
        stranger = make_scope(world.chain, "front_desk", property_ids=["prp_00000000000000000000000000"])
        with pytest.raises(NotFound):
            households.household_of(stranger, made.household.id)

    def test_what_is_refused(self, world: World) -> None:
        hill = world.create(home_property_id=world.sister.id)
        for members in ([], [hill.id], ["gst_00000000000000000000000000"]):
            with pytest.raises(Invalid):
                households.create_household(world.desk(world.house), name=None, address=None, member_ids=members)
        crowd = [f"gst_{number:026}" for number in range(HOUSEHOLD_MEMBERS_MAX + 1)]
        with pytest.raises(Invalid):
            households.create_household(world.hq, name=None, address=None, member_ids=crowd)
