"""Two guests become one, everywhere at once."""

from __future__ import annotations

from chalicelib.guests import service
from tests.guests.conftest import World


class TestMerge:
    def test_one_guest_is_left_and_answers_for_both(self, world: World) -> None:
        one = world.create(emails=["ana@guests.example"], nationality="PT")
        two = world.create(given_name="Anna", family_name="Silva", phones=["+351912345678"], occupation="Architect")
        made = service.merge(world.hq, one.id, two.id, {}, "the same passport")
        assert made.status == "merged"
        guest = service.get(world.hq, two.id)
        assert guest.id == one.id and guest.ids == [one.id, two.id]
        assert (guest.given_name, guest.occupation, guest.nationality) == ("Ana", "Architect", "PT")
        assert world.listed() == [one.id]
        assert world.search(phone="+351912345678") == [one.id]
        assert world.search(name="Silva") == [one.id]
        assert world.listed(property_id=world.house.id) == [one.id]
        back = service.part(world.hq, made.id, "two sisters")
        assert back.status == "parted"
        assert service.get(world.hq, two.id).given_name == "Anna"
        assert service.get(world.hq, one.id).occupation is None
        assert sorted(world.listed(property_id=world.house.id)) == sorted([one.id, two.id])
        assert service.is_parted(world.hq, two.id, one.id)
