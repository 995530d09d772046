"""Records as they are stored, and what the activity log says of guests."""

from __future__ import annotations

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ActivityQuery
from chalicelib.guests import service
from chalicelib.guests.models import Guest, Span
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel.agenda import Done, Work
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.unit import Unit
from tests.guests.conftest import World


class TestGuest:
    def test_what_is_stored_is_what_pynamodb_would_store(self, world: World) -> None:
        guest = world.create(emails=["a@x.pt"], birth_date="1987-08-05")
        assert guest.serialize() == guest._container_serialize()
        assert Guest.from_raw_data(guest.serialize()).serialize() == guest.serialize()

    def test_a_guest_without_houses_has_an_empty_set(self, world: World) -> None:
        guest = service.get(world.hq, world.create(world.hq).id)
        assert guest.property_ids == set() and guest.external_ids == [] and guest.consents == {}

    def test_every_index_hashes_by_chain(self, world: World) -> None:
        guest = world.create()
        for name in ("guest_key", "list_key", "name_bucket", "given_bucket"):
            assert getattr(guest, name).startswith(world.chain.id + "#")


class TestSpan:
    @pytest.mark.parametrize("is_forward", [True, False])
    def test_without_bounds_there_is_no_condition(self, is_forward: bool) -> None:
        assert Span(is_forward=is_forward).where(Guest.updated_key) is None


class TestHouses:
    def test_a_guest_who_is_gone_needs_no_rows(self, world: World) -> None:
        work = Work("gst_0000000000000000000000zzzz", service.HOUSES_KIND, None, world.hq.now, 0, {})
        unit = Unit(world.hq)
        assert isinstance(service.refresh_houses(world.hq, work, unit), Done)
        assert unit.size == 0


class TestActivity:
    def test_sentences_for_those_who_see_the_guest(self, world: World) -> None:
        guest = world.create()
        world.patch(guest, language="pt", family_name="Geheim")
        said = ConsentSettingIn(state="denied", source="letter")
        service.set_consent(world.hq, guest.id, "greeting", "email", said)
        query = ActivityQuery(subject_id=guest.id)
        lines, _ = directory.activity_page(world.desk(world.house), query)
        assert [one.sentence for one in lines] == [
            "Consents of the guest were set to denied: greeting:email.",
            "Particulars of the guest were changed: family_name,language.",
            "The guest was created.",
        ]
        with pytest.raises(NotFound):
            directory.activity_page(world.desk(world.sister), query)
