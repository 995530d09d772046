"""Staff over HTTP: who sees whom, who may make whom, and the address that belongs to one person."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.models import SignIn, Staff
from chalicelib.directory.schemas import StaffPatch
from chalicelib.directory.service.staff import email_hash
from chalicelib.kernel.errors import Conflict
from tests.builders import PASSWORD, make_chain, make_key, make_property, make_scope, make_staff
from tests.directory.conftest import World


def new_staff(world: World, **fields: Any) -> dict[str, Any]:
    """A body that is accepted."""
    return {
        "email": "new@staff.example", "name": "New Colleague", "role": "front_desk",
        "property_ids": [world.house.id], "password": PASSWORD, **fields,
    }  # fmt: skip


class TestCreate:
    def test_anonymous_stranger_forbidden(self, world: World) -> None:
        assert world.anonymous("POST", "/v1/staff", new_staff(world)).status == 401
        foreign = world.stranger("POST", "/v1/staff", new_staff(world))
        assert foreign.status == 422 and foreign.pointers == {"/property_ids/0"}
        assert world.reader("POST", "/v1/staff", new_staff(world)).status == 403
        assert list(Staff.every(world.chain.id)) == []

    def test_nobody_makes_a_stronger_one(self, world: World) -> None:
        """A key that may manage staff, but not all else, cannot make an administrator; nor can one of a house."""
        weak = world.caller(make_key(world.hq, ["staff:write", "staff:read"]))
        admin = new_staff(world, role="hq_admin", property_ids=None)
        assert weak("POST", "/v1/staff", admin).status == 403
        assert weak("POST", "/v1/staff", new_staff(world)).status == 403
        assert world.at_house("POST", "/v1/staff", admin).status == 403
        assert world.at_house("POST", "/v1/staff", new_staff(world, role="marketing", property_ids=None)).status == 403
        sister = world.at_house("POST", "/v1/staff", new_staff(world, property_ids=[world.house.id, world.sister.id]))
        assert sister.status == 422 and sister.pointers == {"/property_ids/1"}
        assert list(Staff.every(world.chain.id)) == []

    def test_every_error_at_once(self, world: World) -> None:
        answer = world.admin("POST", "/v1/staff", {
            "email": "nobody", "name": "", "role": "front_desk", "language": "fr", "password": "too short", "age": 3,
        })  # fmt: skip
        assert answer.status == 422
        assert answer.pointers == {"/email", "/name", "/property_ids", "/language", "/password", "/age"}

    @pytest.mark.parametrize(
        ("role", "has_houses"),
        [("hq_admin", True), ("hq_analyst", True), ("property_manager", False), ("front_desk", False)],
    )
    def test_roles_and_reach(self, world: World, role: str, has_houses: bool) -> None:
        houses = [world.house.id] if has_houses else None
        answer = world.admin("POST", "/v1/staff", new_staff(world, role=role, property_ids=houses))
        assert answer.status == 422 and answer.pointers == {"/property_ids"}

    def test_works_and_shows_no_password(self, world: World) -> None:
        answer = world.admin("POST", "/v1/staff", new_staff(world, email="New@STAFF.example"))
        assert answer.status == 201 and answer.body["email"] == "New@staff.example"
        assert answer.body["property_ids"] == [world.house.id]
        assert not any("hash" in name or name == "password" for name in answer.body)
        stored = Staff.find(world.chain.id, answer.body["id"])
        assert stored is not None and PASSWORD not in str(stored.serialize())

    def test_the_same_once_more_is_the_same_person(self, world: World) -> None:
        first = world.admin("POST", "/v1/staff", new_staff(world))
        again = world.admin("POST", "/v1/staff", new_staff(world, email="NEW@staff.example".lower()))
        assert (first.status, again.status) == (201, 200) and first.body == again.body

    @pytest.mark.parametrize("change", [{"name": "Other"}, {"language": "zh"}, {"password": PASSWORD + "!"}])
    def test_a_taken_address_with_other_content_is_a_conflict(self, world: World, change: dict[str, str]) -> None:
        world.admin("POST", "/v1/staff", new_staff(world))
        assert world.admin("POST", "/v1/staff", new_staff(world, **change)).status == 409
        assert len(list(Staff.every(world.chain.id))) == 1

    def test_a_taken_address_elsewhere_is_the_same_conflict(self, world: World) -> None:
        chain, rival = make_chain()
        make_staff(rival, email="new@staff.example")
        elsewhere = world.admin("POST", "/v1/staff", new_staff(world))
        make_staff(world.hq, email="here@staff.example")
        here = world.admin("POST", "/v1/staff", new_staff(world, email="HERE@staff.example"))
        assert elsewhere.status == here.status == 409
        for answer in (elsewhere, here):
            answer.body.pop("instance")
        assert elsewhere.body == here.body and chain.id not in str(elsewhere.body)


class TestReadAndList:
    def test_walls(self, world: World) -> None:
        mine = make_staff(world.hq, "front_desk", property_ids=[world.house.id])
        path = f"/v1/staff/{mine.id}"
        assert world.anonymous("GET", path).status == 401
        assert world.stranger("GET", path).status == 404
        assert world.stranger("PATCH", path, {"name": "x"}, match=1).status == 404
        assert world.nobody("GET", path).status == 403
        assert world.admin("GET", "/v1/staff/stf_x").status == 404

    def test_a_house_sees_its_own(self, world: World) -> None:
        mine = make_staff(world.hq, "front_desk", property_ids=[world.house.id])
        other = make_staff(world.hq, "front_desk", property_ids=[world.sister.id])
        both = make_staff(world.hq, "property_manager", property_ids=[world.house.id, world.sister.id])
        admin = make_staff(world.hq)
        assert {one["id"] for one in world.at_house("GET", "/v1/staff").body["data"]} == {mine.id, both.id}
        assert world.at_house("GET", f"/v1/staff/{other.id}").status == 404
        assert world.at_house("GET", f"/v1/staff/{admin.id}").status == 404
        manager = make_scope(world.chain, "property_manager", property_ids=[world.house.id])
        assert directory.staff_of(manager, mine.id).id == mine.id
        by_role = world.admin("GET", "/v1/staff?role=front_desk").body["data"]
        assert {one["id"] for one in by_role} == {mine.id, other.id}
        by_house = world.admin("GET", f"/v1/staff?property_id={world.sister.id}&role=front_desk").body["data"]
        assert [one["id"] for one in by_house] == [other.id]
        assert world.admin("GET", "/v1/staff?is_disabled=true").body["data"] == []
        assert world.admin("GET", "/v1/staff?role=boss").pointers == {"?role"}


class TestUpdate:
    def test_nobody_takes_over_a_stronger_one(self, world: World) -> None:
        """Whoever could set an administrator's password, or address, could sign in as one."""
        admin = make_staff(world.hq)
        weak = world.caller(make_key(world.hq, ["staff:write", "staff:read"]))
        for body in ({"password": "a brand new password"}, {"email": "thief@staff.example"}, {"is_disabled": True}):
            assert weak("PATCH", f"/v1/staff/{admin.id}", body, match=1).status == 403
        both = make_staff(world.hq, "front_desk", property_ids=[world.house.id, world.sister.id])
        assert world.at_house("PATCH", f"/v1/staff/{both.id}", {"name": "x"}, match=1).status == 403

    def test_nobody_promotes_beyond_themselves(self, world: World) -> None:
        mine = make_staff(world.hq, "front_desk", property_ids=[world.house.id])
        path = f"/v1/staff/{mine.id}"
        assert world.at_house("PATCH", path, {"role": "hq_admin", "property_ids": None}, match=1).status == 403
        assert world.at_house("PATCH", path, {"property_ids": [world.sister.id]}, match=1).status == 422
        assert world.at_house("PATCH", path, {"role": "hq_admin"}, match=1).pointers == {"/property_ids"}
        assert directory.staff_of(world.hq, mine.id).role == "front_desk"

    def test_nobody_locks_themselves_out(self, world: World) -> None:
        admin = make_staff(world.hq)
        session = directory.authenticate_session(world.chain.id, admin.id, admin.password_changed_at, "req_1")
        with pytest.raises(Conflict, match="own rights"):
            directory.update_staff(session, admin.id, StaffPatch(is_disabled=True), 1)

    def test_works(self, world: World) -> None:
        mine = make_staff(world.hq, "front_desk", property_ids=[world.house.id])
        path = f"/v1/staff/{mine.id}"
        changed = world.admin(
            "PATCH", path, {"role": "property_manager", "property_ids": [world.sister.id], "language": "zh"}, match=1
        )
        assert changed.status == 200 and changed.body["property_ids"] == [world.sister.id]
        assert changed.body["version"] == 2 and changed.body["role"] == "property_manager"
        assert world.admin("PATCH", path, {"name": "late"}, match=1).status == 412
        assert world.admin("PATCH", path, {"name": "x"}).status == 428

    def test_a_new_address_moves_the_sign_in(self, world: World) -> None:
        mine = make_staff(world.hq, email="old@staff.example")
        make_staff(world.hq, email="taken@staff.example")
        path = f"/v1/staff/{mine.id}"
        assert world.admin("PATCH", path, {"email": "taken@staff.example"}, match=1).status == 409
        assert directory.staff_of(world.hq, mine.id).email == "old@staff.example"
        assert world.admin("PATCH", path, {"email": "OLD@staff.example"}, match=1).status == 200
        assert world.admin("PATCH", path, {"email": "moved@staff.example"}, match=2).status == 200
        assert SignIn.find(email_hash("old@staff.example")) is None
        pointer = SignIn.find(email_hash("moved@staff.example"))
        assert pointer is not None and pointer.staff_id == mine.id


def test_no_address_lies_in_a_key_in_clear(world: World) -> None:
    make_property(world.hq)
    make_staff(world.hq, email="secret.person@staff.example")
    for record in SignIn.scan():
        assert "secret" not in record.email_hash and len(record.email_hash) == 32
