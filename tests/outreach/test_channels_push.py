"""Pushes: devices and their endpoints, what is handed over, and a device that is gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel import aws
from chalicelib.outreach.channels.push import content_of
from chalicelib.outreach.service import devices
from tests.outreach.faults import answering, error
from tests.outreach.test_api import Doors, doors
from tests.outreach.world import GRANTED, World

assert doors  # the fixture
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BY_PUSH = {**GRANTED, "channel": "push"}
TOKEN = "token-of-a-telephone-1"


@pytest.fixture
def app(world: World, doors: Doors) -> str:
    """The chain's app, as the push service knows it."""
    made = aws.client("sns").create_platform_application(
        Name=f"hospes-{world.chain.id}", Platform="GCM", Attributes={"PlatformCredential": "none"}
    )
    arn = str(made["PlatformApplicationArn"])
    assert doors.hq.put("/v1/channel-settings", {"applications": {"android": arn}}).status == 200
    return arn


def register(doors: Doors, guest: Any, device: str = "one", token: str = TOKEN, **body: Any) -> int:
    path = f"/v1/guests/{guest.id}/devices/{device}"
    return doors.hq.put(path, {"platform": "android", "token": token, **body}).status


def devices_of(doors: Doors, guest: Any) -> list[str]:
    found = doors.hq.get(f"/v1/guests/{guest.id}/channels").json
    assert TOKEN not in str(found)
    return [one["id"] for one in found["devices"]]


def test_a_push_as_it_is_handed_over(world: World, doors: Doors, app: str) -> None:
    guest = world.guest(emails=[], consents=[BY_PUSH], language="zh", given_name="小明", family_name="王")
    assert register(doors, guest) == 200
    world.advance(TEN)
    (entry,) = world.outbox
    assert (entry["kind"], entry["subject"]) == ("push", "王小明，生日快乐")
    assert entry["tags"] == {"chain": world.chain.id, "guest": guest.id, "delivery": world.only().id}
    said = json.loads(json.loads(entry["raw"])["GCM"])
    assert said["notification"]["title"] == "王小明，生日快乐"
    assert "退订" not in said["notification"]["body"] and len(said["notification"]["body"]) <= 178
    assert json.loads(json.loads(entry["raw"])["APNS"])["aps"]["alert"] == said["notification"]
    assert (world.only().status, world.only().channel) == ("sent", "push")


def test_no_push_without_an_application_or_with_another_chains(world: World, doors: Doors, app: str) -> None:
    guest = world.guest()
    assert register(doors, guest, platform="ios") == 409
    foreign = {"applications": {"ios": "arn:aws:sns:us-east-1:000000000000:app/APNS/hospes-another"}}
    assert doors.hq.put("/v1/channel-settings", foreign).status == 422
    gone = {"applications": {"android": f"arn:aws:sns:us-east-1:000000000000:app/GCM/{world.chain.id}"}}
    assert doors.hq.put("/v1/channel-settings", gone).status == 200
    assert register(doors, guest) == 409  # the push service knows no such application
    assert devices_of(doors, guest) == []


def test_devices_come_move_and_go(world: World, doors: Doors, app: str) -> None:
    one, other = world.guest(), world.guest()
    assert [register(doors, one, name, f"token-number-{name}") for name in "abcdef"] == [200] * 6
    assert devices_of(doors, one) == list("fedcb")  # five at most, the oldest made room
    assert register(doors, one, "f", "token-number-f") == 200
    assert register(doors, other, "same-phone", "token-number-f") == 200  # somebody else signs in on it
    assert (devices_of(doors, one), devices_of(doors, other)) == (list("edcb"), ["same-phone"])
    path = f"/v1/guests/{one.id}/devices/e"
    assert (doors.sister.delete(path).status, doors.hq.delete(path).status, doors.hq.delete(path).status) == (
        404,
        204,
        404,
    )
    assert devices_of(doors, one) == list("dcb")
    assert doors.hq.put(f"/v1/guests/{one.id}/devices/a%20b", {"platform": "android", "token": TOKEN}).status == 404


def test_a_device_that_is_gone_is_forgotten_and_the_guest_reached_elsewhere(
    world: World, doors: Doors, app: str
) -> None:
    guest = world.guest(consents=[BY_PUSH, GRANTED])
    register(doors, guest)
    doors.hq.put(f"/v1/guests/{guest.id}/channels", {"preferred": ["push"]})
    with answering("sns.Publish", lambda: error("EndpointDisabled", 400)):
        world.advance(TEN)
    assert (world.only().reason, devices_of(doors, guest)) == ("busy_channel", [])
    world.advance(TEN + timedelta(minutes=1))
    assert [entry["kind"] for entry in world.outbox] == ["mail"]
    assert (world.only().status, world.only().channel) == ("sent", "email")
    devices.forget_endpoint(world.hq, guest.id, f"{app}/gone")  # said twice, changes nothing


def test_long_words_are_cut(world: World) -> None:
    class Message:
        delivery_id, occasion = "dlv_1", "birthday"
        parts = {"subject.txt": "a" * 70, "text.txt": "b " * 200 + "Reply STOP to opt out."}

    told: Any = Message()
    said = json.loads(content_of(told)["GCM"])["notification"]
    assert (len(said["title"]), said["title"][-1]) == (65, "…")
    assert len(said["body"]) <= 178 and said["body"].endswith("…")
