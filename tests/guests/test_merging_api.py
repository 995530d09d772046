"""Merges over HTTP, as another system lives through them."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.guests.schemas.merging import DEMO_MERGE
from tests.builders import make_key
from tests.client import Client
from tests.guests.conftest import World


@pytest.fixture
def client(world: World) -> Client:
    return Client(make_key(world.hq))


def test_a_merge_and_its_undoing(world: World, client: Client) -> None:
    one = world.create(emails=["a@guests.example"], birth_date="1987-08-05")
    two = world.create(given_name="Anna", phones=["+351912345678"], birth_date="1987-05-08")
    pair: dict[str, Any] = {"survivor_id": one.id, "absorbed_id": two.id, "choices": {"name": "absorbed"}}
    preview = client.post("/v1/merge-previews", pair)
    assert preview.status == 200
    assert preview.json["conflicts"] == ["name", "birthday"]
    assert preview.json["warnings"] == ["names_differ", "birth_dates_differ"]
    assert preview.json["together"]["given_name"] == "Anna"
    assert preview.json["absorbed"]["version"] == 1
    assert client.get(f"/v1/guests/{two.id}").json["id"] == two.id, "a look changes nothing"
    made = client.post("/v1/merges", {**pair, "reason": "passport", "survivor_version": 1, "absorbed_version": 1})
    assert (made.status, made.json["status"]) == (201, "merged")
    address = made.headers["location"]
    assert client.get(address).json == made.json
    found = client.get(f"/v1/guests/{two.id}")
    assert (found.status, found.json["id"], found.json["absorbed_ids"]) == (200, one.id, [two.id])
    assert found.headers["content-location"] == f"/v1/guests/{one.id}"
    assert "content-location" not in client.get(f"/v1/guests/{one.id}").headers
    stale = client.patch(f"/v1/guests/{two.id}", {"nationality": "BR"}, if_match='"v1"')
    assert stale.status == 412
    changed = client.patch(f"/v1/guests/{two.id}", {"nationality": "BR"}, if_match=found.etag)
    assert (changed.status, changed.json["id"], changed.json["nationality"]) == (200, one.id, "BR")
    again = client.post("/v1/merges", pair)
    assert (again.status, again.json["id"]) == (201, made.json["id"])
    third = world.create()
    other = client.post("/v1/merges", {"survivor_id": third.id, "absorbed_id": two.id})
    assert (other.status, other.json["type"].rsplit("/", 1)[1]) == (409, "already_merged")
    assert one.id in other.json["detail"]
    client.post("/v1/merges", {"survivor_id": one.id, "absorbed_id": third.id})
    page = client.get(f"/v1/guests/{two.id}/merges?limit=1")
    rest = client.get(f"/v1/guests/{two.id}/merges?limit=1&cursor={page.json['next']}")
    assert [one["absorbed_id"] for one in page.json["data"] + rest.json["data"]] == [third.id, two.id]
    parted = client.post(f"{address}/partings", {"reason": "sisters"})
    assert (parted.status, parted.json["status"], parted.json["parting_reason"]) == (201, "parted", "sisters")
    assert {"what": "field", "name": "nationality", "guest_id": two.id, "reason": "source"}.items() <= next(
        line for line in parted.json["report"] if line["name"] == "nationality"
    ).items()
    assert client.get(f"/v1/guests/{two.id}").json["nationality"] == "BR"
    assert client.get(f"/v1/guests/{one.id}").json["nationality"] is None
    for guest_id, done in ((one.id, "guest.parted"), (two.id, "guest.restored")):
        log = client.get(f"/v1/activity?subject_id={guest_id}").json["data"]
        assert log[0]["action"] == done


def test_what_is_refused(world: World, client: Client) -> None:
    one = world.create()
    for body, status in (
        ({"survivor_id": one.id, "absorbed_id": one.id}, 422),
        ({"survivor_id": one.id, "absorbed_id": "gst_0000000000000000000000n000"}, 404),
        ({"survivor_id": one.id, "absorbed_id": one.id, "choices": {"shoe_size": "survivor"}}, 422),
    ):
        for path in ("/v1/merge-previews", "/v1/merges"):
            assert client.post(path, body).status == status, body
    assert client.get(f"/v1/merges/{DEMO_MERGE}").status == 404
    reader = Client(make_key(world.hq, ["guests:read", "guests:write"]))
    assert reader.post("/v1/merges", {"survivor_id": one.id, "absorbed_id": world.create().id}).status == 403
