"""Channels: what they hand over, what an answer means, and where a test chain's messages go in the cloud."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.kernel import aws, settings
from chalicelib.outreach import channels
from chalicelib.outreach.channels import CHANNELS, Refused, Unknown, recorder
from chalicelib.outreach.channels.port import Message, failure_of, refusal_of
from tests.builders import make_property
from tests.outreach.world import GRANTED, World

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BY_TEXT = {**GRANTED, "channel": "sms"}


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("TooManyRequestsException", 429, Refused("TooManyRequestsException", may_retry=True)),
        ("Throttling", 400, Refused("Throttling", may_retry=True)),
        ("LimitExceededException", 400, Refused("LimitExceededException", may_retry=True)),
        ("MessageRejected", 400, Refused("MessageRejected", may_retry=False)),
        ("AccessDeniedException", 403, Refused("AccessDeniedException", may_retry=False)),
        ("InternalFailure", 500, Unknown("InternalFailure")),
        ("", 503, Unknown("ClientError")),
        ("Strange", 0, Unknown("Strange")),
    ],
)
def test_what_an_error_means(code: str, status: int, meaning: Any) -> None:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert refusal_of(ClientError(answer, "SendEmail")) == meaning


def test_what_a_failure_on_the_way_means() -> None:
    for failure in (EndpointConnectionError(endpoint_url="x"), ConnectTimeoutError(endpoint_url="x")):
        assert failure_of(failure) == Refused(type(failure).__name__, may_retry=True)
    assert failure_of(ReadTimeoutError(endpoint_url="x")) == Unknown("ReadTimeoutError")


def test_a_mail_as_it_is_handed_over(world: World) -> None:
    guest = world.guest(language="zh-Hant-TW", given_name="小明", family_name="王")
    world.advance(TEN)
    entry, mail = world.outbox[0], world.mail()
    assert (entry["subject"], mail["Content-Language"]) == ("王小明，生日快乐", "zh")
    assert mail["From"].addresses[0].display_name == "海港酒店"
    assert mail["Reply-To"] == "house@harbour.example"
    assert entry["tags"] == {
        "chain": world.chain.id, "guest": guest.id, "delivery": world.only().id, "kind": "birthday",
    }  # fmt: skip
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert "王小明，您好" in plain and 'lang="zh-Hans"' in html
    assert "+351210000000" in plain.replace(" ", "")


def test_a_house_without_a_mail_address_asks_for_no_answer(world: World) -> None:
    bare = make_property(world.hq, "Bare House")
    world.guest(home_property_id=bare.id)
    world.advance(TEN)
    assert world.mail()["Reply-To"] is None


def test_a_text_as_it_is_handed_over(world: World) -> None:
    world.guest(emails=[], phones=["+351912345678"], consents=[BY_TEXT])
    world.advance(TEN)
    entry = world.outbox[0]
    assert entry["raw"].startswith("Harbour House: Happy birthday, Ana Silva!")
    assert entry["raw"].strip().endswith("Reply STOP to opt out.")
    assert entry["headers"]["AWS.SNS.SMS.SMSType"] == "Transactional"
    assert set(entry["tags"]) == {"chain", "guest", "delivery"}


def test_texts_in_chinese_bear_the_houses_name(world: World) -> None:
    world.guest(emails=[], phones=["+351912345679"], consents=[BY_TEXT], language="zh")
    world.advance(TEN)
    assert world.outbox[0]["raw"].startswith("【海港酒店】")


def test_a_test_chain_reaches_nobody_in_the_cloud(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_cloud = replace(settings.settings(), endpoint_url=None)
    for module in (channels, recorder):
        monkeypatch.setattr(module, "settings", lambda: in_the_cloud)
    world.guest()
    world.advance(TEN)
    assert world.outbox == []
    delivery = world.only()
    assert (delivery.status, delivery.message_id) == ("sent", f"recorded-{delivery.id}")
    key = f"recorder/{world.chain.id}/{delivery.id}.json"
    kept = json.loads(aws.client("s3").get_object(Bucket=in_the_cloud.bucket, Key=key)["Body"].read())
    assert kept["parts"]["subject.txt"].strip() == "Happy birthday, Ana Silva"
    assert channels.carrier("email", is_test=False) is CHANNELS["email"]


def test_another_channel_is_one_class(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pigeon:
        name, contact_kind, parts, is_connected = "wechat", "phone", ("text.txt",), False
        carried: list[Message] = []

        def contacts_of(self, guest: Any) -> list[Any]:
            return [channels.mail.Contact("wechat", phone) for phone in guest.phones]

        def masked(self, address: str) -> str:
            return "***"

        def read(self, text: str) -> str:
            return text

        def send(self, message: Message) -> Any:
            self.carried.append(message)
            return channels.Accepted("coo")

    pigeon: Any = Pigeon()
    monkeypatch.setitem(CHANNELS, "wechat", pigeon)
    world.guest(emails=[], phones=["+351912345678"], consents=[{**GRANTED, "channel": "wechat"}])
    world.advance(TEN)
    assert (world.outbox, len(pigeon.carried), world.only().message_id) == ([], 1, "coo")


def test_every_channel_names_parts_that_exist() -> None:
    assert {part for channel in CHANNELS.values() for part in channel.parts} == {
        "subject.txt", "body.html", "body.txt", "text.txt",
    }  # fmt: skip
