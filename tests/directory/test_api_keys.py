"""API keys over HTTP: no escalation, one showing of the token, rotation with overlap, revocation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.directory.models import ApiKey
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.idempotency import IdempotencyRecord
from chalicelib.kernel.unit import Unit
from tests.builders import make_key
from tests.client import Client
from tests.conftest import OPERATOR_KEY
from tests.directory.conftest import World

NEW_KEY = {"name": "Booking engine", "permissions": ["guests:read", "stays:read"]}


def change(key_id: str, chain_id: str, **values: Any) -> None:
    """Set a stored key's attributes, as if time had passed."""
    key = ApiKey.find(chain_id, key_id)
    assert key is not None
    for name, value in values.items():
        setattr(key, name, value)
    key.save()


class TestCreate:
    def test_anonymous_and_forbidden(self, world: World) -> None:
        assert world.anonymous("POST", "/v1/api-keys", NEW_KEY).status == 401
        assert world.reader("POST", "/v1/api-keys", NEW_KEY).status == 403

    def test_nobody_grants_permissions_they_lack(self, world: World) -> None:
        weak = world.caller(make_key(world.hq, ["keys:write", "keys:read", "guests:read"]))
        answer = weak("POST", "/v1/api-keys", {**NEW_KEY, "permissions": ["guests:read", "stays:read", "staff:write"]})
        assert answer.status == 403 and answer.pointers == {"/permissions/1", "/permissions/2"}
        assert weak("POST", "/v1/api-keys", {**NEW_KEY, "permissions": ["guests:read"]}).status == 201

    def test_nobody_grants_properties_they_lack(self, world: World) -> None:
        whole = world.at_house("POST", "/v1/api-keys", NEW_KEY)
        assert whole.status == 403 and whole.pointers == {"/property_ids"}
        sister = world.at_house("POST", "/v1/api-keys", {**NEW_KEY, "property_ids": [world.sister.id]})
        assert sister.status == 422 and sister.pointers == {"/property_ids/0"}
        own = world.at_house("POST", "/v1/api-keys", {**NEW_KEY, "property_ids": [world.house.id]})
        assert own.status == 201
        child = world.caller(own.body["token"])
        assert child("GET", f"/v1/properties/{world.house.id}").status == 403

    def test_foreign_properties_do_not_exist(self, world: World) -> None:
        answer = world.stranger("POST", "/v1/api-keys", {**NEW_KEY, "property_ids": [world.house.id]})
        assert answer.status == 422 and answer.pointers == {"/property_ids/0"}

    def test_every_error_at_once(self, world: World) -> None:
        answer = world.admin("POST", "/v1/api-keys", {
            "name": "", "permissions": ["guests:read", "guests:delete", "me:read"], "property_ids": [],
            "expires_at": "soon", "secret": "x",
        })  # fmt: skip
        assert answer.status == 422
        assert answer.pointers == {
            "/name", "/permissions/1", "/permissions/2", "/property_ids", "/expires_at", "/secret"
        }  # fmt: skip
        again = world.admin("POST", "/v1/api-keys", {
            **NEW_KEY, "expires_at": "2020-01-01T00:00:00Z", "property_ids": ["prp_x"],
        })  # fmt: skip
        assert again.pointers == {"/expires_at", "/property_ids/0"}

    def test_the_token_is_shown_once_and_stored_nowhere(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", NEW_KEY, Idempotency_Key="key-1")
        token = made.body["token"]
        secret = token.rsplit("_", 1)[1]
        assert made.status == 201 and token.startswith("hk_test_") and made.body["secret_end"] == secret[-4:]
        read = world.admin("GET", made.headers["Location"]).body
        assert "token" not in read and secret not in str(read)
        for record in [*ApiKey.scan(), *IdempotencyRecord.scan()]:
            assert secret not in str(record.serialize())

    def test_a_repetition_makes_no_second_key_and_tells_no_token(self, world: World) -> None:
        world.admin("POST", "/v1/api-keys", NEW_KEY, Idempotency_Key="key-2")
        before = len(list(ApiKey.scan()))
        again = world.admin("POST", "/v1/api-keys", NEW_KEY, Idempotency_Key="key-2")
        assert again.status == 409 and again.body["type"].endswith("answer_lost")
        assert len(list(ApiKey.scan())) == before


class TestReadAndList:
    def test_walls(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        path = f"/v1/api-keys/{made['id']}"
        assert world.anonymous("GET", path).status == 401
        assert world.stranger("GET", path).status == 404
        assert world.stranger("DELETE", path, match=1).status == 404
        assert world.stranger("POST", path + "/rotations", {}).status == 404
        assert world.nobody("GET", path).status == 403
        assert world.at_house("GET", path).status == 404
        assert world.admin("GET", "/v1/api-keys/key_x").status == 404

    def test_filters(self, world: World) -> None:
        limited = world.admin("POST", "/v1/api-keys", {**NEW_KEY, "property_ids": [world.house.id]}).body
        old = world.admin("POST", "/v1/api-keys", {**NEW_KEY, "expires_at": "2100-01-01T00:00:00Z"}).body
        change(old["id"], world.chain.id, ends_at=real_now() - timedelta(seconds=1))
        expired = world.admin("GET", "/v1/api-keys?state=expired").body["data"]
        assert [one["id"] for one in expired] == [old["id"]]
        of_house = {one["id"] for one in world.admin("GET", f"/v1/api-keys?property_id={world.house.id}").body["data"]}
        assert limited["id"] in of_house
        assert {one["id"] for one in world.at_house("GET", "/v1/api-keys").body["data"]} == of_house

    def test_pages(self, world: World) -> None:
        everything = [one["id"] for one in world.admin("GET", "/v1/api-keys?limit=100").body["data"]]
        walked, path = [], "/v1/api-keys?limit=1"
        while path:
            page = world.admin("GET", path).body
            walked += [one["id"] for one in page["data"]]
            path = f"/v1/api-keys?limit=1&cursor={page['next']}" if page["has_more"] else ""
        assert walked == everything and len(everything) == 4


class TestUpdate:
    def test_nobody_widens_or_touches_a_stronger_key(self, world: World) -> None:
        strong = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        weak = world.caller(make_key(world.hq, ["keys:write", "keys:read", "guests:read"]))
        path = f"/v1/api-keys/{strong['id']}"
        assert weak("PATCH", path, {"name": "x"}, match=1).status == 403
        assert weak("DELETE", path, match=1).status == 403
        own = weak("POST", "/v1/api-keys", {**NEW_KEY, "permissions": ["guests:read"]}).body
        wider = weak("PATCH", f"/v1/api-keys/{own['id']}", {"permissions": ["guests:read", "staff:write"]}, match=1)
        assert wider.status == 403 and wider.pointers == {"/permissions/1"}
        mine = world.at_house("POST", "/v1/api-keys", {**NEW_KEY, "property_ids": [world.house.id]}).body
        path = f"/v1/api-keys/{mine['id']}"
        assert world.at_house("PATCH", path, {"property_ids": None}, match=1).status == 403
        assert world.at_house("PATCH", path, {"property_ids": [world.sister.id]}, match=1).status == 422

    def test_a_change_holds_from_the_next_request_on(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", {**NEW_KEY, "permissions": ["properties:read"]}).body
        caller, path = world.caller(made["token"]), f"/v1/api-keys/{made['id']}"
        assert caller("GET", "/v1/properties").status == 200
        narrowed = world.admin("PATCH", path, {"property_ids": [world.sister.id], "name": "Narrow"}, match=1)
        assert narrowed.body["property_ids"] == [world.sister.id] and narrowed.headers["ETag"] == '"v2"'
        assert [one["id"] for one in caller("GET", "/v1/properties").body["data"]] == [world.sister.id]
        assert world.admin("PATCH", path, {"permissions": ["brands:read"]}, match=2).status == 200
        assert caller("GET", "/v1/properties").status == 403

    def test_refusals(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        path = f"/v1/api-keys/{made['id']}"
        assert world.admin("PATCH", path, {"name": "x"}).status == 428
        assert world.admin("PATCH", path, {"name": "x"}, match=9).status == 412
        assert world.admin("PATCH", path, {"name": None, "permissions": None}, match=1).pointers == {
            "/name", "/permissions"
        }  # fmt: skip
        assert world.admin("PATCH", path, {"expires_at": "2020-01-01T00:00:00Z"}, match=1).pointers == {"/expires_at"}
        assert world.admin("PATCH", path, {"expires_at": None}, match=1).status == 200


class TestRotation:
    def test_nobody_becomes_a_stronger_key(self, world: World) -> None:
        """A rotation shows a token: whoever may rotate a key holds it."""
        strong = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        weak = world.caller(make_key(world.hq, ["keys:write", "keys:read"]))
        assert weak("POST", f"/v1/api-keys/{strong['id']}/rotations", {}).status == 403

    def test_both_secrets_are_taken_during_the_overlap(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        path = f"/v1/api-keys/{made['id']}"
        tokens = [made["token"]]
        for version in (2, 3):
            turned = world.admin("POST", path + "/rotations", {"overlap_hours": 2})
            assert turned.status == 201 and turned.body["version"] == version and turned.body["former_until"]
            tokens.append(turned.body["token"])
        assert len(set(tokens)) == 3
        assert [world.caller(token)("GET", "/v1/me").status for token in tokens] == [200, 200, 200]
        key = ApiKey.find(world.chain.id, made["id"])
        assert key is not None
        ended = [{**one, "until": sortable(real_now() - timedelta(seconds=1))} for one in key.former]
        change(made["id"], world.chain.id, former=ended)
        assert [world.caller(token)("GET", "/v1/me").status for token in tokens] == [401, 401, 200]
        assert world.admin("GET", path).body["former_until"] is None

    def test_without_overlap_the_old_one_ends_at_once(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        turned = world.admin("POST", f"/v1/api-keys/{made['id']}/rotations", {"overlap_hours": 0}).body
        assert world.caller(made["token"])("GET", "/v1/me").status == 401
        assert world.caller(turned["token"])("GET", "/v1/me").status == 200
        assert turned["former_until"] is None

    def test_invalid(self, world: World) -> None:
        path = f"/v1/api-keys/{world.admin('POST', '/v1/api-keys', NEW_KEY).body['id']}/rotations"
        for hours in (-1, 721, 1.5, "2", None):
            assert world.admin("POST", path, {"overlap_hours": hours}).pointers == {"/overlap_hours"}


class TestRevocation:
    def test_it_ends_at_once_and_for_ever(self, world: World) -> None:
        made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
        path = f"/v1/api-keys/{made['id']}"
        turned = world.admin("POST", path + "/rotations", {}).body
        assert world.admin("DELETE", path).status == 428
        assert world.admin("DELETE", path, match=1).status == 412
        gone = world.admin("DELETE", path, match=2)
        assert gone.status == 204 and gone.body is None
        for token in (made["token"], turned["token"]):
            assert world.caller(token)("GET", "/v1/me").status == 401
        assert world.admin("GET", path).body["state"] == "revoked"
        assert world.admin("DELETE", path, match=3).status == 409
        assert world.admin("PATCH", path, {"name": "x"}, match=3).status == 409
        assert world.admin("POST", path + "/rotations", {}).status == 409


def test_last_use_never_moves_the_version(world: World) -> None:
    made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
    caller, path = world.caller(made["token"]), f"/v1/api-keys/{made['id']}"
    assert made["last_used_at"] is None
    caller("GET", "/v1/me")
    first = world.admin("GET", path).body
    assert first["last_used_at"] is not None and first["version"] == 1
    caller("GET", "/v1/me")
    assert world.admin("GET", path).body["last_used_at"] == first["last_used_at"]
    change(made["id"], world.chain.id, last_used_at=real_now() - timedelta(hours=1, seconds=1))
    caller("GET", "/v1/me")
    assert world.admin("GET", path).body["last_used_at"] >= first["last_used_at"]


def test_rotating_while_somebody_else_writes_is_tried_again(world: World) -> None:
    made = world.admin("POST", "/v1/api-keys", NEW_KEY).body
    key = ApiKey.find(world.chain.id, made["id"])
    assert key is not None
    unit = Unit(world.hq)
    unit.update(key)
    unit.commit()
    assert world.admin("POST", f"/v1/api-keys/{made['id']}/rotations", {}).body["version"] == 3


def test_head_office_gets_in_by_a_key_that_the_operator_makes() -> None:
    operator = Client(OPERATOR_KEY)
    body = {"name": "New Chain", "mode": "test", "clock_starts_at": "2026-03-04T08:00:00Z", "country": "PT"}
    chain = operator.post("/v1/chains", body).json
    wanted = {"name": "Head office", "permissions": ["brands:write", "properties:write", "keys:write"]}
    made = operator.post(f"/v1/chains/{chain['id']}/api-keys", wanted)
    assert made.status == 201
    hq = Client(made.json["token"])
    assert hq.get("/v1/me").json["chain"]["id"] == chain["id"]
    assert hq.post("/v1/brands", {"name": "First"}).status == 201
    assert hq.post(f"/v1/chains/{chain['id']}/api-keys", wanted).status == 401
    assert operator.post("/v1/chains/chn_0000000000000000000000none/api-keys", wanted).status == 404
