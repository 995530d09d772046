"""Everything handed to SES and SNS is in the outbox, and SES's events come as SES would send them."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest

from infra.local import ses_events
from infra.local.inprocess import Engine
from infra.local.outbox_pages import Pages
from infra.local.wire import Request
from tests.local.conftest import TOPIC
from tests.local.stack import client

SENDER = "Hotel Ü <care@hotel.example>"
TAGS = [
    {"Name": "chain", "Value": "chn_1"},
    {"Name": "guest", "Value": "gst_1"},
    {"Name": "delivery", "Value": "dlv_1"},
]


class Stack:
    """Clients of one engine, a verified sender and the queue that the events go to."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.mail, self.topics, self.queues = (client(name) for name in ("sesv2", "sns", "sqs"))
        engine.install(self.mail, self.topics, self.queues)
        self.mail.create_email_identity(EmailIdentity="hotel.example")
        self.queue_url = self.queues.create_queue(QueueName="events")["QueueUrl"]
        self.topics.create_topic(Name=TOPIC.rpartition(":")[2])
        self.topics.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:events")

    def send(self, recipient: str = "anna@guests.example", **more: Any) -> str:
        """Send a raw mail; its message id."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = SENDER, recipient, "生日快乐, Ana"
        message["Date"] = "Mon, 31 Jul 2017 09:30:00 +0800"
        message["List-Unsubscribe"] = "<https://hotel.example/u/1>"
        message.set_content("plain")
        message.add_alternative("<p>html</p>", subtype="html")
        return str(
            self.mail.send_email(
                **{
                    "FromEmailAddress": SENDER,
                    "Destination": {"ToAddresses": [recipient]},
                    "EmailTags": TAGS,
                    "Content": {"Raw": {"Data": message.as_bytes()}},
                    **more,
                }
            )["MessageId"]
        )

    def events(self) -> list[dict[str, Any]]:
        """The events in the queue, taken out."""
        found = []
        while messages := self.queues.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(json.loads(message["Body"])["Message"]))
                self.queues.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def stack(inside: Engine) -> Stack:
    """A stack that can send."""
    return Stack(inside)


def test_a_raw_mail_is_kept_as_it_was_handed_over(stack: Stack) -> None:
    message_id = stack.send()
    (entry,) = stack.engine.outbox()
    assert entry["kind"] == "mail"
    assert (entry["chain_id"], entry["guest_id"], entry["delivery_id"]) == ("chn_1", "gst_1", "dlv_1")
    assert (entry["recipient"], entry["sender"], entry["message_id"]) == ("anna@guests.example", SENDER, message_id)
    assert (entry["subject"], entry["chain_time"]) == ("生日快乐, Ana", "2017-07-31T01:30:00Z")
    assert entry["headers"]["List-Unsubscribe"] == "<https://hotel.example/u/1>"
    assert "Content-Type: multipart/alternative" in entry["raw"]
    assert entry["accepted_at"].endswith("Z") and entry["accepted_at"] > "2026"


def test_a_simple_mail_gets_the_headers_it_asked_for(stack: Stack) -> None:
    simple = {
        "Subject": {"Data": "Hi"},
        "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<b>html</b>"}},
        "Headers": [{"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}],
    }
    stack.send(Content={"Simple": simple})
    (entry,) = stack.engine.outbox()
    assert entry["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "plain" in entry["raw"] and "<b>html</b>" in entry["raw"]
    assert entry["chain_time"] is None


def test_a_bulk_request_leaves_a_mail_for_each_destination(stack: Stack) -> None:
    template = {
        "TemplateContent": {"Subject": "Hi {{name}}", "Text": "Dear {{name}}", "Html": ""},
        "TemplateData": "{}",
    }
    answer = stack.mail.send_bulk_email(
        FromEmailAddress=SENDER,
        DefaultEmailTags=TAGS[:1],
        DefaultContent={"Template": template},
        BulkEmailEntries=[
            {
                "Destination": {"ToAddresses": [f"{name}@guests.example"]},
                "ReplacementTags": [{"Name": "delivery", "Value": f"dlv_{name}"}],
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": name})}
                },
            }
            for name in ("ana", "bo")
        ],
    )
    entries = stack.engine.outbox()
    assert [entry["message_id"] for entry in entries] == [one["MessageId"] for one in answer["BulkEmailEntryResults"]]
    assert [(e["subject"], e["chain_id"], e["delivery_id"]) for e in entries] == [
        ("Hi ana", "chn_1", "dlv_ana"),
        ("Hi bo", "chn_1", "dlv_bo"),
    ]


def test_an_unverified_sender_is_refused_and_leaves_nothing(stack: Stack) -> None:
    with pytest.raises(stack.mail.exceptions.MessageRejected):
        stack.send(FromEmailAddress="care@stranger.example")
    assert stack.engine.outbox() == []
    assert stack.events() == []


def test_a_text_is_kept_with_its_attributes_and_emits_nothing(stack: Stack) -> None:
    attributes = {
        "chain": "chn_1",
        "guest": "gst_1",
        "delivery": "dlv_1",
        "chain_time": "2017-07-31T01:30:00Z",
        "AWS.SNS.SMS.SenderID": "HOTEL",
    }
    stack.topics.publish(
        PhoneNumber="+8613800000000",
        Message="生日快乐 & more=1",
        MessageAttributes={n: {"DataType": "String", "StringValue": v} for n, v in attributes.items()},
    )
    (entry,) = stack.engine.outbox()
    assert (entry["kind"], entry["recipient"], entry["raw"]) == ("sms", "+8613800000000", "生日快乐 & more=1")
    assert (entry["chain_id"], entry["delivery_id"], entry["sender"]) == ("chn_1", "dlv_1", "HOTEL")
    assert entry["chain_time"] == "2017-07-31T01:30:00Z"
    assert stack.events() == []


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("anna@guests.example", ["Send", "Delivery"]),
        ("success+1@simulator.amazonses.com", ["Send", "Delivery"]),
        ("bounce@simulator.amazonses.com", ["Send", "Bounce"]),
        ("bounce+7@guests.example", ["Send", "Bounce"]),
        ("bounce.anna.silva@guests.example", ["Send", "Bounce"]),
        ("bouncer@guests.example", ["Send", "Delivery"]),
        ("softbounce3@guests.example", ["Send", "SoftBounce"]),
        ("complaint.x@guests.example", ["Send", "Delivery", "Complaint"]),
        ("Anna <COMPLAINT@guests.example>", ["Send", "Delivery", "Complaint"]),
    ],
)
def test_what_follows_from_the_recipient(recipient: str, expected: list[str]) -> None:
    assert list(ses_events.outcome(recipient)) == expected


def test_events_carry_our_tags_and_say_what_happened(stack: Stack) -> None:
    message_id = stack.send("bounce.x@guests.example")
    send, bounce = stack.events()
    assert (send["eventType"], send["send"]) == ("Send", {})
    assert bounce["mail"]["messageId"] == message_id
    assert bounce["mail"]["tags"]["delivery"] == ["dlv_1"]
    assert bounce["mail"]["destination"] == ["bounce.x@guests.example"]
    assert (bounce["bounce"]["bounceType"], bounce["bounce"]["bounceSubType"]) == ("Permanent", "General")
    stack.send("softbounce@guests.example")
    assert stack.events()[1]["bounce"]["bounceType"] == "Transient"
    stack.send("complaint@guests.example")
    assert stack.events()[2]["complaint"]["complaintFeedbackType"] == "abuse"


class TestPages:
    """The outbox for programs and the mailbox for people."""

    @staticmethod
    def _get(stack: Stack, target: str) -> tuple[int, str]:
        answer = Pages(stack.engine._service.sink)(Request.of("GET", target, {}))
        assert answer is not None
        return answer.status, answer.content().decode()

    def test_the_outbox_is_paged_and_filtered(self, stack: Stack) -> None:
        for number in range(5):
            stack.send(f"g{number}@guests.example", EmailTags=[{"Name": "chain", "Value": f"chn_{number % 2}"}])
        found, target = [], "/_hospes/outbox?limit=2&chain_id=chn_0"
        while True:
            page = json.loads(self._get(stack, target)[1])
            found += [entry["recipient"] for entry in page["data"]]
            if not page["has_more"]:
                assert page["next"] is None
                break
            target = f"/_hospes/outbox?limit=2&chain_id=chn_0&cursor={page['next']}"
        assert found == [f"g{number}@guests.example" for number in (0, 2, 4)]
        assert json.loads(self._get(stack, "/_hospes/outbox/count?chain_id=chn_1")[1]) == {"count": 2}
        assert json.loads(self._get(stack, "/_hospes/outbox/count?kind=sms")[1]) == {"count": 0}

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=-1", "cursor=x"])
    def test_a_broken_page_is_refused(self, stack: Stack, query: str) -> None:
        assert self._get(stack, f"/_hospes/outbox?{query}")[0] == 400

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_the_mailbox_shows_a_mail_without_running_it(self, stack: Stack, language: str) -> None:
        evil = {
            "Subject": {"Data": "<script>1</script>"},
            "Body": {"Text": {"Data": "<i>t</i>"}, "Html": {"Data": "<p onclick='x'>\"h</p>"}},
        }
        stack.send("o'neil@guests.example", Content={"Simple": evil})
        stack.topics.publish(PhoneNumber="+15550100", Message="<b>text</b>")
        status, page = self._get(stack, f"/_hospes/mailbox?id=1&lang={language}")
        assert status == 200
        assert "<script>" not in page and "<i>t</i>" not in page and "<b>text</b>" not in page
        assert "<iframe sandbox='allow-popups allow-popups-to-escape-sandbox' " in page
        assert "srcdoc='&lt;base target=_blank&gt;&lt;p onclick=" in page
        assert ("本机邮箱" in page) == (language == "zh")
        assert "class=bubble" in self._get(stack, "/_hospes/mailbox?id=2")[1]

    def test_what_does_not_exist(self, stack: Stack) -> None:
        assert self._get(stack, "/_hospes/nothing")[0] == 404
        assert "no such message" in self._get(stack, "/_hospes/mailbox?id=99")[1]
        assert Pages(stack.engine._service.sink)(Request.of("GET", "/bucket", {})) is None


def test_what_people_do_is_told_from_the_mailbox(stack: Stack) -> None:
    message_id = stack.send()
    stack.events()
    pages = Pages(stack.engine._service.sink)
    for name in ("Open", "Click"):
        answer = pages(Request("POST", "/_hospes/mailbox", {}, {}, f"id=1&event={name}&lang=zh".encode()))
        assert answer is not None and answer.status == 303 and answer.headers["Location"].endswith("lang=zh&id=1")
    told = stack.events()
    assert [(one["eventType"], one["mail"]["messageId"]) for one in told] == [
        ("Open", message_id), ("Click", message_id),
    ]  # fmt: skip
    assert told[1]["click"]["link"] and told[0]["mail"]["tags"]["delivery"] == ["dlv_1"]
    for body in (b"id=1&event=Bounce", b"id=7&event=Open", b"event=Open", b"\xff"):
        answer = pages(Request("POST", "/_hospes/mailbox", {}, {}, body))
        assert answer is not None and answer.status == 400
    assert stack.events() == []
