"""Mails that SES has put into the bucket, from the receipt rule to the thread, by the queue and by its function."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib import workers
from chalicelib.guests import service as guests
from chalicelib.kernel import aws, settings
from chalicelib.outreach import replies, service
from chalicelib.outreach.models.messages import Message
from chalicelib.outreach.service import intake, threads
from tests.lines import caught
from tests.outreach.test_inbound import DOMAIN, TEN, greeted, letter, mailed, open_world
from tests.outreach.world import World, enveloped

assert open_world  # the fixture
BUCKET = "hospes-intake"
PICTURE = random.Random(1).randbytes(2_000_000)


def complaint(to: str, picture: bytes = PICTURE) -> EmailMessage:
    """A mail with words and a photograph of a room."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ana <ana@example.com>", to, "Re: Hello"
    mail.set_content("The bathroom was not cleaned.\n\n> Happy birthday")
    mail.add_attachment(picture, maintype="image", subtype="jpeg", filename="浴室.jpg")
    return mail


def taken_from_queue() -> list[str]:
    """What the topic has told: the bodies of the waiting messages, taken out."""
    url, queues = settings.settings().queue_url("mail-events"), aws.client("sqs")
    found: list[str] = []
    while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for one in messages:
            found.append(one["Body"])
            queues.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return [one for one in found if '\\"Received\\"' in one]


def heard(*bodies: str) -> list[str]:
    """Have the function take messages in; which of them failed."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    return [one["itemIdentifier"] for one in workers.mail_events({"Records": records}, None)["batchItemFailures"]]


def thread(world: World, guest_id: str) -> list[Message]:
    return threads.thread_page(world.hq, guest_id, limit=10, after=None).items


def retold(body: str, **action: Any) -> str:
    """A notification whose action says something else."""
    outer = json.loads(body)
    told = json.loads(outer["Message"])
    told["receipt"]["action"] |= action
    return json.dumps({**outer, "Message": json.dumps(told)})


class TestByTheBucket:
    def test_a_complaint_with_a_photograph_is_one_entry(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        content = complaint(sent["headers"]["Reply-To"]).as_bytes()
        assert len(content) > 2_500_000  # of which the topic itself would take 150 kB
        mail_id = open_world.engine.receive_mail(content)
        (told,) = taken_from_queue()
        assert len(told) < 10_000 and mail_id in told
        with caught() as lines:
            for body in (told, told):  # told twice
                assert heard(body) == []
        said = "".join(lines.texts)
        assert "message_received" in said
        assert not [one for one in ("ana@", "example.com", "浴室", "Re: Hello", "bathroom") if one in said]
        (found,) = thread(open_world, guest.id)
        assert (found.text, found.subject, found.delivery_id, found.code) == (
            "The bathroom was not cleaned.", "Re: Hello", sent["tags"]["delivery"], None,
        )  # fmt: skip
        assert found.attachments == 1 and found.address_masked == "a***@example.com"
        (file,) = found.files
        assert (file["name"], file["type"]) == ("浴室.jpg", "image/jpeg") and abs(file["size"] - 2_000_000) <= 2
        kept = aws.client("s3").get_object(Bucket=BUCKET, Key=mail_id)["Body"].read()
        assert kept == content, "the bucket forgets it by itself"

    def test_staff_s_answer_is_answered_and_both_ways_meet(self, open_world: World) -> None:
        """The same mail by another product's rule, whole, and by ours: one entry, whichever comes first."""
        guest = open_world.guest(emails=["ana@example.com"])
        to = replies.address_of("g", str(open_world.chain.id), guest.id)
        assert to is not None
        content = complaint(to, PICTURE[:1000]).as_bytes()
        open_world.engine.receive_mail(content)
        (told,) = taken_from_queue()
        message = json.loads(json.loads(told)["Message"])
        whole = enveloped(json.dumps({**message, "receipt": {"recipients": [to]}, "content": content.decode()}))
        assert [service.handle_mail_event(one) for one in (whole, told, whole)] == ["noted", "known", "known"]
        (found,) = thread(open_world, guest.id)
        assert found.attachments == 1 and found.text == "The bathroom was not cleaned."

    def test_stopping_reads_no_mail(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        address = sent["headers"]["List-Unsubscribe"].partition("<mailto:")[2].partition("?")[0]
        open_world.engine.receive_mail(letter(""), address)
        (told,) = taken_from_queue()
        with refusing("AccessDenied") as asked:
            assert heard(told, told) == [] and not asked
        assert guests.get(open_world.hq, guest.id).consents["greeting:email"]["state"] == "denied"
        open_world.advance(TEN + timedelta(days=366))
        assert (open_world.deliveries()[0].reason, len(open_world.outbox)) == ("consent_denied", 1)


class TestWhatIsNotThere:
    def test_an_object_that_has_ended_is_one_entry_and_is_counted(self, open_world: World, caplog: Any) -> None:
        guest, sent = greeted(open_world)
        mail_id = open_world.engine.receive_mail(complaint(sent["headers"]["Reply-To"], b"x").as_bytes())
        aws.client("s3").delete_object(Bucket=BUCKET, Key=mail_id)
        (told,) = taken_from_queue()
        with caught() as lines:
            assert heard(told, told) == []
        (found,) = thread(open_world, guest.id)
        assert (found.text, found.code, found.attachments) == ("", "not_kept", 0)
        assert {one["reason"] for one in lines.of("mail_without_words")} == {intake.ENDED}
        assert lines.figures["MailEventsRefused"] == 2

    @pytest.mark.parametrize(
        "action", [{"bucketName": "another-bucket"}, {"bucketName": "hospes-files"}, {"objectKey": "of-another"},
                   {"objectKey": None}, {"bucketName": 7}]
    )  # fmt: skip
    def test_nobody_else_s_object_is_read(self, open_world: World, action: dict[str, Any]) -> None:
        guest, sent = greeted(open_world)
        aws.client("s3").put_object(Bucket=BUCKET, Key="of-another", Body=letter("Another guest's words"))
        open_world.engine.receive_mail(letter(), sent["headers"]["Reply-To"])
        (told,) = taken_from_queue()
        with refusing("AccessDenied") as asked, caught() as lines:
            assert heard(retold(told, **action)) == [] and not asked
        (found,) = thread(open_world, guest.id)
        assert (found.text, found.code) == ("", "not_kept")
        assert [one["reason"] for one in lines.of("mail_without_words")] == [intake.FOREIGN_STORE]

    def test_another_topic_and_a_forged_address_read_nothing(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        open_world.engine.receive_mail(letter(), sent["headers"]["Reply-To"])
        (told,) = taken_from_queue()
        foreign = json.dumps({**json.loads(told), "TopicArn": "arn:aws:sns:us-east-1:999999999999:theirs"})
        open_world.engine.receive_mail(letter(), f"r{'a' * 63}@{DOMAIN}")
        (forged,) = taken_from_queue()
        with refusing("AccessDenied") as asked:
            assert [service.handle_mail_event(one) for one in (foreign, forged)] == ["ignored", "ignored"] and not asked
        assert thread(open_world, guest.id) == []

    @pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "InternalError", "cut off"])
    def test_what_cannot_be_read_now_comes_again(self, open_world: World, code: str) -> None:
        """A refusal is a defect of ours, and none of the guest's words may be lost by it."""
        guest, sent = greeted(open_world)
        open_world.engine.receive_mail(complaint(sent["headers"]["Reply-To"], b"x").as_bytes())
        (told,) = taken_from_queue()
        with refusing(code) as asked:
            assert heard(told) == ["0"] and asked
        assert thread(open_world, guest.id) == []
        assert heard(told) == []
        assert thread(open_world, guest.id)[0].text == "The bathroom was not cleaned."

    def test_words_beyond_what_is_looked_at(self, open_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        guest, sent = greeted(open_world)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "ana@example.com", sent["headers"]["Reply-To"], "Look"
        mail.add_attachment(PICTURE[:300_000], maintype="image", subtype="jpeg", filename="1.jpg")
        words = EmailMessage()
        words.set_content("Far behind")
        mail.attach(words)
        open_world.engine.receive_mail(mail.as_bytes())
        (told,) = taken_from_queue()
        monkeypatch.setattr(intake, "BYTES_MAX", 200_000)
        assert heard(told) == []
        (found,) = thread(open_world, guest.id)
        assert (found.text, found.code, found.subject, found.attachments) == ("", "not_kept", "Look", 1)

    def test_a_mail_by_the_topic_needs_no_bucket(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        with refusing("AccessDenied") as asked:
            assert heard(mailed(sent["headers"]["Reply-To"], letter("As before"))) == [] and not asked
        assert thread(open_world, guest.id)[0].text == "As before"


@contextmanager
def refusing(code: str) -> Iterator[list[str]]:
    """S3 refuses to give objects, or breaks off in the middle of one; which were asked for."""
    asked: list[str] = []
    client = aws.client("s3")

    class Broken:
        def read(self, _: int) -> bytes:
            raise ReadTimeoutError(endpoint_url="s3")

        def close(self) -> None:
            pass

    def refused(**params: Any) -> Any:
        asked.append(params["Key"])
        if code == "cut off":
            return {"Body": Broken()}
        raise aws.ClientError({"Error": {"Code": code}}, "GetObject")

    before: Callable[..., Any] = client.get_object
    client.get_object = refused
    try:
        yield asked
    finally:
        client.get_object = before
