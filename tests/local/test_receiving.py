"""Mails come in on this machine as SES takes them in: an object in the bucket, word of it by the topic, once."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest

from infra.local import receiving
from infra.local.inprocess import Engine
from infra.local.outbox_pages import Pages
from infra.local.wire import Answer, Request
from tests.local.stack import client
from tests.local.test_sink import Stack

BUCKET, EDGE = receiving.BUCKET_DEFAULT, "edge-of-the-form"
REPLY, STOP = "r1@replies.example", "u1@replies.example"
PICTURE = bytes(range(256)) * 4_000 + b"\r\n\r\n--" + b"\n--x\r"  # of every byte, and what looks like a boundary


class Post(Stack):
    """A stack with a bucket that mails are put into."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.objects = client("s3")
        engine.install(self.objects)
        self.objects.create_bucket(Bucket=BUCKET)
        self.pages = Pages(engine._service.sink, engine._service.receiving)

    def stored(self, mail_id: str) -> bytes:
        """The mail of an id."""
        return bytes(self.objects.get_object(Bucket=BUCKET, Key=mail_id)["Body"].read())

    def arrivals(self, *, is_dealt_with: bool = True) -> list[dict[str, Any]]:
        """What the topic told of mails, taken out of the queue."""
        if is_dealt_with:
            return [one for one in self.events() if one.get("notificationType") == "Received"]
        messages = self.queues.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(json.loads(one["Body"])["Message"]) for one in messages]

    def asked(self, method: str, target: str, body: bytes = b"", kind: str = "") -> Answer:
        """An answer of the engine's own pages."""
        answer = self.pages(Request.of(method, target, {"content-type": kind}, body))
        assert answer is not None
        return answer

    def answered(self, **fields: str) -> Answer:
        """A browser's form with a picture."""
        parts = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        picture = 'form-data; name="file"; filename="浴室.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(picture.encode() + PICTURE)
        lines = b"".join(b"--%s\r\nContent-Disposition: %s\r\n" % (EDGE.encode(), one) for one in parts)
        body = lines + f"--{EDGE}--\r\n".encode()
        return self.asked("POST", "/_hospes/mailbox", body, f"multipart/form-data; boundary={EDGE}")


@pytest.fixture
def post(inside: Engine) -> Post:
    return Post(inside)


def mail(to: str = REPLY) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ana <ana@example.com>", f"A house <{to}>", "您好"
    made.set_content("Hello")
    return made.as_bytes()


def test_an_object_and_a_notification(post: Post) -> None:
    mail_id = post.engine.receive_mail(mail())
    (told,) = post.arrivals()
    action = told["receipt"]["action"]
    assert (action["type"], action["bucketName"], action["objectKey"]) == ("S3", BUCKET, mail_id)
    assert (told["mail"]["messageId"], told["receipt"]["recipients"]) == (mail_id, [REPLY])
    assert "content" not in told and post.stored(mail_id) == mail()
    named = post.engine.receive_mail(mail(), STOP)
    assert post.arrivals()[0]["receipt"]["recipients"] == [STOP] and named != mail_id


def test_programs_send_us_mails(post: Post) -> None:
    answer = post.asked("POST", "/_hospes/inbound?" + urlencode({"to": STOP}), mail(), "message/rfc822")
    assert answer.status == 202
    (told,) = post.arrivals()
    assert told["mail"]["messageId"] == json.loads(answer.content())["message_id"]
    too_long = post.asked("POST", "/_hospes/inbound", bytes(receiving.MAIL_BYTES_MAX + 1), "message/rfc822")
    assert too_long.status == 413 and post.arrivals() == []
    assert post.asked("GET", "/_hospes/inbound").status == 404


def test_a_person_answers_in_the_mailbox(post: Post) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Reply-To"] = "care@hotel.example", "anna@x.example", "Hi", REPLY
    made["List-Unsubscribe"] = f"<https://hotel.example/u/1>, <mailto:{STOP}?subject=unsubscribe>"
    made.set_content("plain")
    post.send("anna@guests.example", Content={"Raw": {"Data": made.as_bytes()}})
    number = str(int(post.engine.outbox()[0]["id"][4:]))
    page = post.asked("GET", f"/_hospes/mailbox?id={number}").content().decode()
    assert "multipart/form-data" in page and "name=wish value=stop" in page
    post.events()
    done = post.answered(id=number, lang="zh", text="浴室没有打扫。", wish="answer")
    assert (done.status, done.headers["Location"]) == (303, f"/_hospes/mailbox?lang=zh&id={number}&answered=1")
    (told,) = post.arrivals()
    assert told["receipt"]["recipients"] == [REPLY]
    came = message_from_bytes(post.stored(told["mail"]["messageId"]), policy=policy.default)
    assert isinstance(came, EmailMessage)
    words = came.get_body(("plain",))
    assert words is not None and words.get_content().strip() == "浴室没有打扫。"
    (picture,) = came.iter_attachments()
    assert (picture.get_filename(), picture.get_content_type()) == ("浴室.jpg", "image/jpeg")
    assert picture.get_payload(decode=True) == PICTURE
    assert post.answered(id=number, wish="stop").status == 303
    assert post.arrivals()[0]["receipt"]["recipients"] == [STOP]
    shown = post.asked("GET", done.headers["Location"]).content().decode()
    assert "邮件已收到" in shown
    assert post.answered(id="999", wish="answer").status == post.answered(id="x", wish="answer").status == 400


def test_a_mail_without_an_address_for_answers(post: Post) -> None:
    post.send()
    number = str(int(post.engine.outbox()[0]["id"][4:]))
    assert "multipart/form-data" not in post.asked("GET", f"/_hospes/mailbox?id={number}").content().decode()
    assert post.answered(id=number, wish="answer").status == 400


def test_what_nobody_has_dealt_with_is_told_again_after_a_restart(post: Post) -> None:
    mail_id, sink = post.engine.receive_mail(mail()), post.engine._service.sink
    assert len(post.arrivals(is_dealt_with=False)) == 1
    post.queues.purge_queue(QueueUrl=post.queue_url)  # as a restart does
    assert sink.publish_unsettled() == 1
    assert [one["mail"]["messageId"] for one in post.arrivals()] == [mail_id]
    assert sink.publish_unsettled() == 0
