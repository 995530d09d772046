"""Connectors: what is posted, what an answer means, where nothing is posted to, and what they tell of messages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel import settings
from chalicelib.outreach import channels as carriers
from chalicelib.outreach.channels import webhook
from chalicelib.outreach.channels.port import Accepted, Refused, Unknown
from chalicelib.outreach.rules import connectors as rules
from chalicelib.outreach.rules import outcomes
from chalicelib.outreach.service import connecting
from tests.client import Client
from tests.outreach.connector import Receiver, listening, signed, tell
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.world import GRANTED, World

assert doors  # the fixture
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BY_WECHAT = {**GRANTED, "channel": "wechat"}
OPEN_ID = "openid-1234567890abcd"
PATH = "/v1/connectors"
READ = b'{"guest_id": "g", "delivery_id": "d", "state": "read"}'
HOOK = {"name": "Gateway", "url": "https://chat.example.com/hook", "channel": "wechat"}

NO_URLS = [
    "http://chat.example.com/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/",
    "https://2130706433/", "https://0x7f.1/", "https://chat/", "https://user:word@chat.example.com/",
    "https://chat.example.com:22/", "https://chat.example.com:99999/", "ftp://chat.example.com/", "file:///etc",
    "https://chat.example.com/#x", "https://chat.exämple.com/", "https://chat.example.com/ x", "https:///x", "",
    "https://chat.example.com/" + "x" * 500,
]  # fmt: skip


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A connector on this machine, which a setting allows."""
    here = replace(settings.settings(), is_loopback_allowed=True)
    for module in (webhook, connecting):
        monkeypatch.setattr(module, "settings", lambda: here)
    with listening() as found:
        yield found


@pytest.fixture
def connector(doors: Doors, receiver: Receiver) -> dict[str, Any]:
    """It carries the chain's WeChat."""
    reply = doors.hq.post(PATH, {**HOOK, "url": receiver.url})
    assert reply.status == 201, reply
    found: dict[str, Any] = reply.json
    return found


def reachable(world: World, doors: Doors, **fields: Any) -> Any:
    """A guest whom only WeChat reaches."""
    guest = world.guest(**{"emails": [], "consents": [BY_WECHAT], **fields})
    body = {"addresses": [{"channel": "wechat", "address": OPEN_ID}]}
    assert doors.hq.put(f"/v1/guests/{guest.id}/channels", body).status == 200
    return guest


class TestSending:
    def test_one_post_that_says_who_it_is_from(
        self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any]
    ) -> None:
        guest = reachable(world, doors, language="zh")
        world.advance(TEN)
        delivery = world.only()
        (headers, body), told = receiver.posts[0], receiver.told[0]
        assert (told["guest_id"], told["delivery_id"], told["address"]) == (guest.id, delivery.id, OPEN_ID)
        assert told["text"].startswith("【海港酒店】") and told["language"] == "zh"
        assert (delivery.status, delivery.message_id, delivery.address_masked) == ("sent", "wa-1", "***abcd")
        # Verified by the book, not by our own code.
        key = base64.b64decode(connector["secret"].removeprefix("whsec_"))
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert headers["webhook-id"] == delivery.id
        assert len(receiver.posts) == 1

    @pytest.mark.parametrize(
        ("status", "became", "code"),
        [
            (400, "failed", "HTTP400"),
            (302, "failed", "HTTP302"),
            (503, "parked", "HTTP503"),
            (None, "parked", "RemoteDisconnected"),
        ],
    )
    def test_what_an_answer_means(
        self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any], status: Any, became: str,
        code: str | None,
    ) -> None:  # fmt: skip
        receiver.status, receiver.body, receiver.location = status, b"", receiver.url
        reachable(world, doors)
        world.advance(TEN + timedelta(hours=8))
        assert (world.only().status, world.only().code) == (became, code)
        assert len(receiver.posts) == 1  # nothing is tried twice, and no redirection is followed

    def test_what_was_surely_not_taken_is_tried_again(
        self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any]
    ) -> None:
        receiver.status = 429
        reachable(world, doors)
        world.advance(TEN)
        assert (world.only().status, world.only().reason) == ("skipped", "busy_channel")
        receiver.status = 200
        world.advance(TEN + timedelta(minutes=1))
        assert (world.only().status, len(receiver.posts)) == ("sent", 2)
        assert receiver.posts[0][0]["webhook-id"] == receiver.posts[1][0]["webhook-id"]

    def test_nobody_listens(self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        found = webhook.posted(f"http://127.0.0.1:{port}/", b"{}", {}, "x")
        assert found == Refused("ConnectionRefusedError", may_retry=True)

    def test_one_that_never_ends_is_hung_up_on(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webhook, "TOTAL_TIMEOUT_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            found = webhook.posted(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {}, "x")
        assert isinstance(found, Unknown)

    def test_without_a_connector_nobody_is_reached_there(self, world: World, doors: Doors) -> None:
        reachable(world, doors)
        world.advance(TEN)
        assert (world.only().reason, world.outbox) == ("no_channel", [])

    def test_a_test_chains_messages_reach_no_real_connector(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        real = rules.Connector("con_1", "x", "https://chat.example.com/", "wechat", 1, at, at)
        assert type(carriers.carrier("wechat", is_test=True, connector=real)).__name__ == "Recorder"
        here = replace(real, url="http://127.0.0.1:9/")
        assert carriers.carrier("wechat", is_test=True, connector=here) is carriers.CHANNELS["wechat"]
        assert carriers.carrier("wechat", is_test=False, connector=real) is carriers.CHANNELS["wechat"]

    def test_what_other_answers_mean(self) -> None:
        assert webhook.meaning_of(204, b"", "x") == Accepted("x")
        assert [webhook.meaning_of(one, b"", "x") for one in (410, 408)] == [
            Refused(f"HTTP{one}", may_retry=False) for one in (410, 408)
        ]
        assert webhook.meaning_of(500, b"", "x") == Unknown("HTTP500")
        for marks in itertools.permutations(["claimed", "sent", "failed", "delivered", "read"]):
            assert outcomes.status_of(marks) == "delivered" and outcomes.is_settled(["read"])

    def test_an_answer_that_says_nothing(self) -> None:
        for body in (b"", b"[]", b"{}", b'{"message_id": 7}', b'{"message_id": "\\u0000"}', b"[" * 9000):
            assert webhook.meaning_of(200, body, "dlv_1") == Accepted("dlv_1")


class TestWhereto:
    def test_addresses_that_are_none(self, doors: Doors) -> None:
        for url in NO_URLS:
            assert pointers(doors.hq.post(PATH, {**HOOK, "url": url})) == ["/url"], url

    @pytest.mark.parametrize(
        ("address", "is_public"),
        [
            ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("127.0.0.1", False),
            ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
            ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False),
            ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("::ffff:93.184.216.34", True),
            ("64:ff9b::a9fe:a9fe", False), ("2002:7f00:1::", False), ("::", False), ("nonsense", False),
        ],
    )  # fmt: skip
    def test_what_is_public(self, address: str, is_public: bool) -> None:
        assert webhook.is_public(address) is is_public

    @pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "169.254.169.254"], ["fd00::1"], []])
    def test_a_name_that_leads_inside(self, monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
        """What the name stands for is looked at with every message, and nothing is opened."""

        def opened(*_: Any, **__: Any) -> Any:
            raise AssertionError("a connection was opened")

        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (one, 443)) for one in found])
        monkeypatch.setattr(socket, "create_connection", opened)
        refused = webhook.posted("https://chat.example.com/", b"{}", {}, "x")
        assert refused == Refused("AddressForbidden", may_retry=False)

    def test_the_address_looked_at_is_the_one_connected_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[Any] = []

        def opened(where: Any, timeout: float) -> Any:
            seen.append(where)
            raise TimeoutError

        answers = iter([["93.184.216.34"], ["127.0.0.1"]])  # the name changes its mind in between
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (one, 443)) for one in next(answers)]
        )
        monkeypatch.setattr(socket, "create_connection", opened)
        assert webhook.posted("https://chat.example.com/", b"{}", {}, "x") == Refused("TimeoutError", may_retry=True)
        assert seen == [("93.184.216.34", 443)]

    def test_loopback_needs_the_setting(self) -> None:
        assert webhook.posted("http://127.0.0.1:9/", b"{}", {}, "x") == Refused("AddressForbidden", may_retry=False)
        assert not rules.is_url("http://127.0.0.1:9/", allows_loopback=False)


class TestKeeping:
    def test_who_may(self, doors: Doors) -> None:
        for who, status in {"anonymous": 401, "poor": 403, "sister": 403, "desk": 403, "hq": 201}.items():
            reply = getattr(doors, who).post(PATH, HOOK)
            assert reply.status == status, who
        path = f"{PATH}/{reply.json['id']}"
        assert [getattr(doors, who).get(path).status for who in ("stranger", "desk", "hq")] == [404, 403, 200]

    def test_one_for_a_channel(self, doors: Doors) -> None:
        hq: Client = doors.hq
        made = hq.post(PATH, HOOK)
        again = hq.post(PATH, HOOK)
        assert (again.status, again.json["id"], again.json["secret"]) == (200, made.json["id"], None)
        assert hq.post(PATH, {**HOOK, "name": "Another"}).status == 409
        assert hq.post(PATH, {**HOOK, "channel": "whatsapp"}).status == 201
        assert hq.delete(f"{PATH}/{made.json['id']}", if_match=made.etag).status == 204
        assert hq.post(PATH, HOOK).status == 201
        assert len(hq.get(PATH).json["data"]) == 2
        page = hq.get(f"{PATH}?limit=1").json
        assert page["has_more"] and not hq.get(f"{PATH}?limit=1&cursor={page['next']}").json["has_more"]

    def test_its_secret_is_shown_once_and_kept_nowhere(self, world: World, doors: Doors) -> None:
        made = doors.hq.post(PATH, HOOK)
        path, secret = f"{PATH}/{made.json['id']}", made.json["secret"]
        assert secret.startswith("whsec_") and len(base64.b64decode(secret[6:])) == 32
        assert doors.hq.get(path).json["secret"] is None
        other = doors.hq.post(f"{path}/rotate").json
        assert other["secret"] != secret
        assert doors.hq.patch(path, {"name": "Another"}, if_match='"v1"').status == 412
        assert doors.hq.patch(path, {"name": "Another"}, if_match='"v2"').json["secret"] is None

    def test_old_secrets_hold_for_a_day(self) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        one = rules.Connector("con_1", "x", "https://chat.example.com/", "wechat", 2, at, at)
        assert one.generations(at + timedelta(hours=23)) == [2, 1]
        assert one.generations(at + timedelta(hours=24)) == [2]
        assert replace(one, generation=1).generations(at) == [1]


class TestTelling:
    @pytest.fixture
    def sent(self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any]) -> dict[str, str]:
        """A message that was taken."""
        guest = reachable(world, doors)
        world.advance(TEN)
        return {"guest_id": guest.id, "delivery_id": str(world.only().id)}

    @pytest.mark.parametrize(
        ("states", "status"),
        [
            (["read", "delivered", "failed"], "delivered"),
            (["failed"], "failed"),
        ],
    )
    def test_order_and_repetition_do_not_matter(
        self, world: World, connector: dict[str, Any], sent: dict[str, str], states: list[str], status: str
    ) -> None:
        for _ in range(2):
            for state in states:
                assert tell(connector, {**sent, "state": state}).status == 200
        assert world.only().status == status
        assert set(world.only().marks) == {"claimed", "sent", *states}

    def test_each_is_answered(self, connector: dict[str, Any], sent: dict[str, str]) -> None:
        nobody = {**sent, "delivery_id": "dlv_00000000000000000000000000", "state": "read"}
        reply = tell(connector, {**sent, "state": "read"}, {**sent, "state": "read"}, nobody)
        assert [one["outcome"] for one in reply.json["data"]] == ["noted", "known", "unknown_delivery"]

    def test_it_settles_what_nobody_knew(
        self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any]
    ) -> None:
        receiver.status = 500
        guest = reachable(world, doors)
        world.advance(TEN)
        sent = {"guest_id": guest.id, "delivery_id": str(world.only().id)}
        tell(connector, {**sent, "state": "delivered", "at": "2031-01-01T00:00:00Z"})
        world.advance(TEN + timedelta(days=2))
        assert (world.only().status, len(receiver.posts)) == ("delivered", 1)
        assert max(world.only().marks.values()) < "2026-03-11"

    def test_one_channels_connector_says_nothing_about_another(
        self, world: World, doors: Doors, connector: dict[str, Any], sent: dict[str, str]
    ) -> None:
        other = doors.hq.post(PATH, {**HOOK, "channel": "whatsapp"}).json
        reply = tell(other, {**sent, "state": "failed"})
        assert reply.json["data"][0]["outcome"] == "sent_by_another"
        mailed = world.guest(birth_date="1988-03-11")
        world.advance(TEN + timedelta(days=1))
        delivery = next(one for one in world.deliveries() if one.guest_id == mailed.id)
        told = {"guest_id": mailed.id, "delivery_id": str(delivery.id), "state": "failed"}
        assert tell(connector, told).json["data"][0]["outcome"] == "sent_by_another"
        assert {one.status for one in world.deliveries()} == {"sent"}

    def test_forged_old_and_misplaced(self, world: World, connector: dict[str, Any], sent: dict[str, str]) -> None:
        state = {**sent, "state": "failed"}
        body = json.dumps({"states": [state]}).encode()
        path = "/" + connector["states_url"].split("/", 3)[3]
        right = signed(connector["secret"], body)
        wrong: list[dict[str, str]] = [
            {},
            {**right, "webhook_signature": "v1,AAAA"},
            {**right, "webhook_signature": right["webhook_signature"].replace("v1,", "v2,")},
            {**right, "webhook_id": "another"},
            {**right, "webhook_timestamp": str(int(time.time()) + 1)},
            {**right, "webhook_timestamp": "now"},
            {**right, "webhook_timestamp": "٣"},
            {**right, "webhook_signature": "v1,é"},
            signed(connector["secret"], body, timestamp=int(time.time()) - 301),
            signed(connector["secret"], body, timestamp=int(time.time()) + 302),
            signed("whsec_" + base64.b64encode(bytes(32)).decode(), body),
            signed(connector["secret"], body + b" "),
        ]
        for headers in wrong:
            assert Client().ask("POST", path, raw=body, **headers).status == 401, headers
        for address in (
            path[:-1],
            path[:-1] + ("A" if path[-1] != "A" else "B"),
            "/c/x",
            "/c/chn_1.con_1.x",
            path + ".x",
        ):
            assert Client().ask("POST", address, raw=body, **right).status == 404, address
        assert Client().ask("GET", path).status == 405
        assert world.only().status == "sent"
        several = {**right, "webhook_signature": f"v1,AAAA {right['webhook_signature']}"}
        assert Client().ask("POST", path, raw=body, **several).status == 200

    def test_bodies_that_are_none(self, connector: dict[str, Any]) -> None:
        path = "/" + connector["states_url"].split("/", 3)[3]
        for body, status in (
            (b"", 400),
            (b"{", 400),
            (b"[" * 30_000, 400),
            (b"{}", 422),
            (b'{"states": []}', 422),
            (b'{"states": [{"guest_id": "g", "delivery_id": "d", "state": "eaten"}]}', 422),
            (b'{"states": [' + b",".join([READ] * 101) + b"]}", 422),
            (b'{"states": [{"guest_id": "g#h", "delivery_id": "d#", "state": "read"}]}', 200),
            (b" " * 70_000, 413),
        ):
            reply = Client().ask("POST", path, raw=body, **signed(connector["secret"], body))
            assert reply.status == status, reply
            if status >= 400:
                assert reply.headers["content-type"] == "application/problem+json"

    def test_a_rotated_secret(self, doors: Doors, connector: dict[str, Any], sent: dict[str, str]) -> None:
        secret = doors.hq.post(f"{PATH}/{connector['id']}/rotate").json["secret"]
        assert tell(connector, {**sent, "state": "delivered"}).status == 200
        assert tell(connector, {**sent, "state": "read"}, secret=secret).status == 200

    def test_who_opts_out_there_is_left_alone(
        self, world: World, doors: Doors, receiver: Receiver, connector: dict[str, Any], sent: dict[str, str]
    ) -> None:
        for outcome in ("noted", "known"):
            reply = tell(connector, {**sent, "state": "opted_out"})
            assert reply.json["data"][0]["outcome"] == outcome
        consents = doors.hq.get(f"/v1/guests/{sent['guest_id']}").json["consents"]
        assert {one["state"] for one in consents if one["channel"] == "wechat"} == {"denied"}
        assert len(doors.hq.get("/v1/suppressions").json["data"]) == 1
        world.advance(TEN + timedelta(days=366))
        assert (world.deliveries()[0].reason, len(receiver.posts)) == ("consent_denied", 1)

    def test_after_it_is_removed(self, doors: Doors, connector: dict[str, Any], sent: dict[str, str]) -> None:
        assert doors.hq.delete(f"{PATH}/{connector['id']}", if_match='"v1"').status == 204
        assert tell(connector, {**sent, "state": "read"}).status == 404
