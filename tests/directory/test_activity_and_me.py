"""Who the caller is, and what was done to whom."""

from __future__ import annotations

import pytest

from chalicelib.directory import ports
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ActivityQuery
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from tests.builders import PASSWORD, make_brand, make_chain, make_scope, make_staff
from tests.directory.conftest import Caller, World


class TestMe:
    def test_anonymous(self, world: World) -> None:
        assert world.anonymous("GET", "/v1/me").status == 401

    def test_every_key_may_ask(self, world: World) -> None:
        answer = world.nobody("GET", "/v1/me")
        assert answer.status == 200 and answer.body["permissions"] == ["guests:read", "me:read"]

    def test_a_house_sees_itself(self, world: World) -> None:
        body = world.at_house("GET", "/v1/me").body
        assert not body["is_chain_wide"] and body["property_count"] == 1
        assert [one["id"] for one in body["properties"]] == [world.house.id]

    def test_head_office_sees_all(self, world: World) -> None:
        body = world.admin("GET", "/v1/me").body
        assert body["chain"]["id"] == world.chain.id and body["chain"]["mode"] == "test"
        assert body["now"] == "2026-03-04T08:00:00Z" and body["is_chain_wide"]
        assert body["actor"]["kind"] == "key" and body["actor"]["name"] == "Tests"
        assert [one["name"] for one in body["properties"]] == ["Harbour House", "Sister House"]

    def test_a_stranger_sees_another_chain(self, world: World) -> None:
        body = world.stranger("GET", "/v1/me").body
        assert body["chain"]["id"] != world.chain.id and body["properties"] == []

    def test_staff_have_a_name_too(self, world: World) -> None:
        staff = make_staff(world.hq)
        scope = directory.authenticate_session(world.chain.id, staff.id, staff.password_changed_at, "r")
        assert directory.me(scope).actor.name == "Ana Silva"


class TestActivity:
    def test_walls(self, world: World) -> None:
        path = f"/v1/activity?subject_id={world.sister.id}"
        assert world.anonymous("GET", path).status == 401
        assert world.stranger("GET", path).status == 404
        assert world.nobody("GET", path).status == 403
        assert world.at_house("GET", path).status == 404
        assert world.stranger("GET", f"/v1/activity?subject_id={world.chain.id}").status == 404
        assert world.at_house("GET", f"/v1/activity?subject_id={world.house.id}").status == 200

    def test_invalid(self, world: World) -> None:
        assert world.admin("GET", "/v1/activity").pointers == {"?subject_id"}
        for subject_id in ("nothing", "prp_x", "%00", world.house.id + "%23x"):
            assert world.admin("GET", f"/v1/activity?subject_id={subject_id}").status == 404

    def test_every_write_is_told_newest_first_without_values(self, world: World, operator: Caller) -> None:
        path = f"/v1/properties/{world.house.id}"
        world.admin("PATCH", path, {"phone": "+351210000000", "quiet_end": "08:00"}, match=1)
        page = world.admin("GET", f"/v1/activity?subject_id={world.house.id}&limit=1").body
        newest = page["data"][0]
        assert newest["action"] == "property.updated" and newest["detail"] == {"fields": "phone,quiet_end"}
        assert newest["actor"]["kind"] == "key" and newest["at"] == "2026-03-04T08:00:00Z"
        assert newest["sentence"] == "Settings of the property were changed: phone,quiet_end."
        rest = world.admin("GET", f"/v1/activity?subject_id={world.house.id}&limit=1&cursor={page['next']}").body
        assert rest["data"][0]["action"] == "property.created"
        operator("PATCH", f"/v1/chains/{world.chain.id}", {"greeting_hour": 9}, match=1)
        of_chain = world.admin("GET", f"/v1/activity?subject_id={world.chain.id}").body["data"]
        assert [(one["action"], one["actor"]["kind"]) for one in of_chain] == [
            ("chain.updated", "operator"), ("chain.created", "operator")
        ]  # fmt: skip

    def test_every_kind_of_subject(self, world: World) -> None:
        brand = make_brand(world.hq)
        body = {"email": "n@staff.example", "name": "N", "role": "hq_analyst", "password": PASSWORD}
        staff = world.admin("POST", "/v1/staff", body).body
        key = world.admin("POST", "/v1/api-keys", {"name": "K", "permissions": ["guests:read"]}).body
        world.admin("POST", f"/v1/api-keys/{key['id']}/rotations", {"overlap_hours": 3})
        world.admin("DELETE", f"/v1/api-keys/{key['id']}", match=2)
        told = {
            one["action"]: one["sentence"]
            for subject_id in (brand.id, staff["id"], key["id"])
            for one in world.admin("GET", f"/v1/activity?subject_id={subject_id}").body["data"]
        }
        assert set(told) == {"brand.created", "staff.created", "key.created", "key.rotated", "key.revoked"}
        assert "3 more hours" in told["key.rotated"] and all(told.values())

    def test_subjects_of_higher_floors(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        subject_id = new_id("thg")
        unit = Unit(world.hq)
        unit.audit("thing.done", subject_id)
        unit.commit()
        limited = make_scope(world.chain, property_ids=[world.house.id])
        query = ActivityQuery(subject_id=subject_id)
        assert [one.sentence for one in directory.activity_page(world.hq, query)[0]] == [None]
        with pytest.raises(NotFound):  # nobody can say whether it belongs to the house
            directory.activity_page(limited, query)

        def only_head_office(scope: Scope, _: str) -> None:
            if scope.property_ids is not None:
                raise NotFound()

        monkeypatch.setitem(ports.CHECKS, "thg", only_head_office)
        assert directory.activity_page(world.hq, query)[0]
        with pytest.raises(NotFound):
            directory.activity_page(limited, query)

    def test_another_chain_never_reads_it(self, world: World) -> None:
        unit = Unit(world.hq)
        unit.audit("thing.done", "thg_0000000000000000000000zzzz")
        unit.commit()
        _, rival = make_chain()
        assert directory.activity_page(rival, ActivityQuery(subject_id="thg_0000000000000000000000zzzz"))[0] == []
