"""What people send back: words that stop, mails of every make, forged and hostile ones; each once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.guests import service as guests
from chalicelib.kernel import settings
from chalicelib.outreach import replies, service
from chalicelib.outreach.models import Suppression, address_hash
from chalicelib.outreach.rules import arrivals, inbound
from chalicelib.outreach.service import threads
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.world import World, enveloped

assert doors  # the fixture
given_settings = hypothesis.settings(max_examples=40, deadline=None)
DOMAIN, NUMBER = "replies.hospes.example", "+351910000000"
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
BY_TEXT = {"purpose": "greeting", "channel": "sms", "state": "granted", "source": "desk"}


@pytest.fixture
def open_world(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A chain that answers come back to."""
    monkeypatch.setenv("HOSPES_REPLY_DOMAIN", DOMAIN)
    monkeypatch.setenv("HOSPES_REPLY_NUMBERS", f"{NUMBER}={world.chain.id}, +1555={world.chain.id}")
    settings.settings.cache_clear()
    yield world
    monkeypatch.undo()
    settings.settings.cache_clear()


def letter(text: str = "Thank you!", **headers: str) -> bytes:
    """A mail as a program writes it."""
    mail = EmailMessage()
    for name, value in {"From": "Ana <ana@example.com>", "Subject": "Re: Hello", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def mailed(address: str, content: bytes = b"", *, carrier_id: str = "m1", **receipt: Any) -> str:
    """What SES tells about a mail that it took in."""
    told: dict[str, Any] = {
        "notificationType": "Received",
        "mail": {"timestamp": "2026-03-10T10:05:00.000Z", "messageId": carrier_id, "destination": [address]},
        "receipt": {
            "recipients": ["else@where.example", address],
            "action": {"type": "SNS", "encoding": "BASE64"},
            **receipt,
        },
        "content": base64.b64encode(content).decode(),
    }
    return enveloped(json.dumps(told))


def texted(text: str, sender: str = "+351912000001", *, carrier_id: str = "t1", number: str = NUMBER) -> str:
    """What a carrier tells about a text."""
    told = {
        "originationNumber": sender, "destinationNumber": number, "messageKeyword": "KEYWORD_1", "messageBody": text,
        "inboundMessageId": carrier_id, "previousPublishedMessageId": "x",
    }  # fmt: skip
    body = json.loads(enveloped(json.dumps(told)))
    return json.dumps({**body, "Timestamp": "2026-03-10T10:05:00.000Z"})


def greeted(world: World, **fields: Any) -> tuple[Any, Any]:
    """A guest who was written to, and the mail."""
    guest = world.guest(**fields)
    world.advance(TEN)
    return guest, world.outbox[-1]


class TestWords:
    @pytest.mark.parametrize(
        "text", ["STOP", "stop", " Stop. ", "退订", "退订。", "ＳＴＯＰ！", "td", "T", "r", "\u200bSTOP\u200b", "“End”",
                 "QUIT!!",
                 "unsubscribe", "Cancel\n", "\u202eSTOP", "TD，"]
    )  # fmt: skip
    def test_stop(self, text: str) -> None:
        assert inbound.wish_of(text) == "stop"

    @pytest.mark.parametrize(
        "text", ["Please stop", "stop it", "", "T R", "trd", "S T O P", "退 订 吗", "stop" * 50, "👍", "."]
    )
    def test_no_wish(self, text: str) -> None:
        assert inbound.wish_of(text) is None

    @pytest.mark.parametrize("text", ["START", "恢复！", "start."])
    def test_start(self, text: str) -> None:
        assert inbound.wish_of(text) == "start"

    @given(st.text(max_size=300))
    @given_settings
    def test_any_text(self, text: str) -> None:
        inbound.wish_of(text)
        kept = inbound.cleaned(text)
        assert inbound.cleaned(kept) == kept and "\x00" not in kept
        kept.encode()


class TestMails:
    @pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gb2312", "big5", "utf-16"])
    def test_charsets(self, charset: str) -> None:
        content = (
            b"From: =?gb2312?B?" + base64.b64encode("王小明".encode("gb2312")) + b"?= <w@example.cn>\n"
            b"Subject: =?gb18030?B?" + base64.b64encode("㐀谢谢".encode("gb18030")) + b"?=\n"
            b"Content-Type: text/plain; charset=" + charset.encode() + b"\n\n" + "你好".encode(charset)
        )
        found = inbound.read_mail(content)
        assert (found.sender, found.subject, found.text) == ("w@example.cn", "㐀谢谢", "你好")

    @pytest.mark.parametrize(
        ("content_type", "body", "text"),
        [
            ("text/plain; charset=no-such-thing", "déjà".encode(), "déjà"),
            ("text/plain; charset=utf-8", "感谢您".encode("gb18030"), "感谢您"),
            ("text/plain", b"\xff\xfe\x00 a", "\ufffd\ufffd a"),
            ("text/html; charset=utf-8", b"<style>p{}</style><p>Hi<script>x</script> &amp; bye<p>Two", "Hi & bye\nTwo"),
            ("text/plain; charset=utf-8", "שלום \u202eabc\u200b".encode(), "שלום abc"),
            ("application/octet-stream", b"x", ""),
        ],
    )  # fmt: skip
    def test_what_is_broken(self, content_type: str, body: bytes, text: str) -> None:
        found = inbound.read_mail(f"From: a@b.example\nContent-Type: {content_type}\n\n".encode() + body)
        assert found.text == text

    @given(st.binary(max_size=2_000))
    @given_settings
    def test_any_bytes(self, content: bytes) -> None:
        found = inbound.read_mail(content)
        assert len(found.text) <= inbound.TEXT_LENGTH_MAX and len(found.subject) <= inbound.SUBJECT_LENGTH_MAX

    @given(st.sampled_from(["Content-Type", "From", "Subject", "Content-Transfer-Encoding", "Content-Disposition"]),
           st.text(max_size=80))  # fmt: skip
    @given_settings
    def test_any_header(self, name: str, value: str) -> None:
        line = " ".join(value.splitlines())
        inbound.read_mail(f"{name}: {line}\n\nbody".encode("utf-8", "surrogatepass"))

    def test_quotes_are_left_out_and_attachments_counted(self) -> None:
        mail = EmailMessage()
        mail["From"] = f'"{"x" * 300}" <ana@example.com>'
        mail.set_content("Yes please.\n\nOn Tue, 10 Mar 2026 the hotel wrote:\n> Hello\n> Ana\n")
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="\u202efdp.exe")
        found = inbound.read_mail(mail.as_bytes())
        assert (found.text, found.attachments, found.sender) == ("Yes please.", 1, "ana@example.com")
        assert inbound.without_quotes("> only\n> this") == "> only\n> this"

    @pytest.mark.parametrize(
        ("name", "value", "is_automatic"),
        [
            ("Auto-Submitted", "auto-replied", True), ("Auto-Submitted", "no", False), ("Precedence", "bulk", True),
            ("Precedence", "first-class", False), ("X-Autoreply", "yes", True), ("Return-Path", "<>", True),
            ("From", "MAILER-DAEMON@example.com", True), ("X-Mailer", "auto", False),
        ],
    )  # fmt: skip
    def test_machines(self, name: str, value: str, is_automatic: bool) -> None:
        fields = {name.replace("-", "_"): value}
        assert inbound.read_mail(letter(**fields)).is_automatic is is_automatic


class TestAddresses:
    def test_there_and_back_whatever_the_case(self, open_world: World) -> None:
        delivery = "dlv_" + "0" * 25 + "7"
        address = replies.address_of("r", str(open_world.chain.id), delivery)
        assert address is not None and len(address.partition("@")[0]) == 64
        for one in (address, address.upper(), f" {address} "):
            assert replies.read(one) == replies.Address("r", str(open_world.chain.id), delivery)

    def test_a_forged_one(self, open_world: World) -> None:
        address = replies.address_of("r", str(open_world.chain.id), "dlv_" + "0" * 26)
        assert address is not None
        local = address.partition("@")[0]
        for place in range(64):
            other = local[:place] + ("b" if local[place] != "b" else "c") + local[place + 1 :]
            assert replies.read(f"{other}@{DOMAIN}") is None, place
        for one in (
            "",
            "@",
            local,
            f"{local}@else.example",
            f"{local}x@{DOMAIN}",
            f"r{'é' * 63}@{DOMAIN}",
            f"u{local[1:]}@{DOMAIN}",
        ):
            assert replies.read(one) is None, one

    def test_none_where_answers_are_not_taken_in(self, world: World) -> None:
        assert replies.address_of("r", str(world.chain.id), "dlv_" + "0" * 26) is None
        assert replies.read("r@") is None


class TestThread:
    def test_an_answer_comes_into_the_thread_once(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        address = sent["headers"]["Reply-To"]
        assert address.endswith(DOMAIN) and guest.emails[0] not in address
        body = mailed(address, letter("Thank you!\n\n> Happy birthday"))
        assert [service.handle_mail_event(body) for _ in range(3)] == ["noted", "known", "known"]
        (found,) = threads.thread_page(open_world.hq, guest.id, limit=10, after=None).items
        assert (found.direction, found.text, found.subject, found.delivery_id) == (
            "in", "Thank you!", "Re: Hello", sent["tags"]["delivery"],
        )  # fmt: skip
        assert found.address_masked == "a***@example.com" and not found.is_automatic

    def test_a_large_one(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        assert service.handle_mail_event(mailed(sent["headers"]["Reply-To"], letter("x" * 50_000))) == "noted"
        (found,) = threads.thread_page(open_world.hq, guest.id, limit=10, after=None).items
        assert len(found.text) == inbound.TEXT_LENGTH_MAX

    @pytest.mark.parametrize("content", [None, 7, "A", "é"])
    def test_one_that_did_not_come_along(self, open_world: World, content: Any) -> None:
        _, sent = greeted(open_world)
        body = json.loads(mailed(sent["headers"]["Reply-To"]))
        body["Message"] = json.dumps({**json.loads(body["Message"]), "content": content})
        assert service.handle_mail_event(json.dumps(body)) == "noted"
        (found,) = threads.thread_page(open_world.hq, sent["tags"]["guest"], limit=9, after=None).items
        assert (found.text, found.code, found.address_masked) == ("", "not_kept", None)

    def test_strangers_and_the_infected(self, open_world: World, caplog: Any) -> None:
        _, sent = greeted(open_world)
        infected = mailed(sent["headers"]["Reply-To"], letter(), virusVerdict={"status": "FAIL"})
        for body in (mailed("anybody@" + DOMAIN, letter()), infected):
            assert service.handle_mail_event(body) == "ignored"
        other = replies.address_of("r", "chn_" + "0" * 25 + "1", sent["tags"]["delivery"])
        assert other is not None and service.handle_mail_event(mailed(other, letter())) == "ignored"
        assert "ana@example.com" not in caplog.text

    def test_of_a_delivery_that_is_gone_the_sender_tells(self, open_world: World) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        address = replies.address_of("r", str(open_world.chain.id), "dlv_" + "0" * 26)
        assert address is not None
        assert service.handle_mail_event(mailed(address, letter())) == "noted"
        assert threads.thread_page(open_world.hq, guest.id, limit=10, after=None).items
        open_world.guest(emails=["ana@example.com"])  # now it is two people's
        assert service.handle_mail_event(mailed(address, letter(), carrier_id="m2")) == "noted"
        (waiting,) = threads.inbox_page(open_world.hq, limit=10, after=None).items
        assert waiting.guest_id is None

    @pytest.mark.parametrize(
        "broken",
        [{}, {"mail": {}}, {"mail": {"timestamp": "x", "messageId": "m"}, "receipt": {}},
         {"mail": {"timestamp": "2026-03-10T10:05:00Z", "messageId": "../m"}, "receipt": {}}],
    )  # fmt: skip
    def test_what_is_no_arrival(self, open_world: World, broken: dict[str, Any]) -> None:
        text = json.dumps({"notificationType": "Received", **broken})
        assert arrivals.read(text, None) is None
        assert arrivals.read('"Received"' + "[" * 50_000, None) is None
        assert arrivals.read(json.dumps({"originationNumber": "+1", "messageBody": 7}), TEN) is None


class TestStopping:
    def test_a_mail_to_the_address_of_the_header(self, open_world: World) -> None:
        guest, sent = greeted(open_world)
        address = sent["headers"]["List-Unsubscribe"].partition("<mailto:")[2].partition("?")[0]
        assert [service.handle_mail_event(mailed(address, carrier_id=one)) for one in ("m1", "m1")] == ["noted"] * 2
        assert guests.get(open_world.hq, guest.id).consents["greeting:email"]["state"] == "denied"
        open_world.advance(TEN + timedelta(days=366))
        assert (open_world.deliveries()[0].reason, len(open_world.outbox)) == ("consent_denied", 1)

    def test_by_text_before_the_next_send_and_back(self, open_world: World) -> None:
        number = "+351912000001"
        guest = open_world.guest(emails=[], phones=[number], consents=[BY_TEXT])
        open_world.advance(TEN)
        assert len(open_world.outbox) == 1
        stop = texted("ＳＴＯＰ！")
        assert [service.handle_mail_event(stop) for _ in range(2)] == ["noted", "known"]
        page = service.suppressions_page(open_world.hq, limit=10, after=None)
        assert [(one.channel, set(one.causes), one.purposes) for one in page.items] == [("sms", {"opt_out"}, {"*"})]
        open_world.advance(TEN + timedelta(days=366))
        assert (open_world.deliveries()[0].reason, len(open_world.outbox)) == ("suppressed", 1)
        assert service.handle_mail_event(texted("恢复", carrier_id="t2")) == "noted"
        assert service.handle_mail_event(stop) == "known", "a late duplicate stops nothing again"
        open_world.advance(TEN + timedelta(days=732))
        assert len(open_world.outbox) == 2
        said = [one.text for one in threads.thread_page(open_world.hq, guest.id, limit=10, after=None).items]
        assert set(said) == {"ＳＴＯＰ！", "恢复"}

    def test_start_lifts_only_what_stop_has_set(self, open_world: World) -> None:
        number = "+351912000001"
        service.add_suppression(open_world.hq, "sms", number)
        for text, carrier_id in (("STOP", "t1"), ("START", "t2")):
            service.handle_mail_event(texted(text, carrier_id=carrier_id))
        known = Suppression.at(open_world.hq, address_hash(str(open_world.chain.id), "sms", number))
        assert known is not None and (set(known.causes), known.purposes) == ({"manual"}, {"*"})

    def test_numbers_of_nobody(self, open_world: World) -> None:
        assert service.handle_mail_event(texted("STOP", number="+4900000000")) == "ignored"
        assert service.handle_mail_event(texted("hello", sender="+351912999999")) == "noted"
        assert [one.text for one in threads.inbox_page(open_world.hq, limit=10, after=None).items] == ["hello"]


class TestDoors:
    def test_who_may(self, open_world: World, doors: Doors) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        path, key = f"/v1/guests/{guest.id}/messages", {"idempotency_key": "one"}
        body = {"channel": "email", "text": "Hello Ana"}
        for method, target, content, statuses in (
            ("GET", path, None, (404, 404, 200)), ("POST", path, body, (404, 404, 201)),
            ("GET", "/v1/inbox-messages", None, (200, 403, 403)),
        ):  # fmt: skip
            more = key if method == "POST" else {}
            assert doors.anonymous.ask(method, target, content, **more).status == 401
            assert doors.poor.ask(method, target, content, **more).status == 403
            found = [
                one.ask(method, target, content, **more).status for one in (doors.stranger, doors.sister, doors.desk)
            ]
            assert tuple(found) == statuses, target

    def test_staff_answer_once_and_the_guest_answers_them(self, open_world: World, doors: Doors) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        path = f"/v1/guests/{guest.id}/messages"
        body = {"channel": "email", "text": "Your room <b>is</b> ready.\nCome in."}
        first, second = (doors.hq.post(path, body, idempotency_key="k1") for _ in range(2))
        assert (first.status, second.status, first.json["id"]) == (201, 201, second.json["id"])
        open_world.run_queues()
        (sent,) = open_world.outbox
        assert "<b>" not in sent["raw"].partition("text/html")[2]
        answer = mailed(sent["headers"]["Reply-To"], letter("On my way"))
        assert service.handle_mail_event(answer) == "noted"
        shown = doors.desk.get(path).json["data"]
        assert {(one["direction"], one["state"], one["text"]) for one in shown} == {
            ("out", "sent", body["text"]), ("in", "received", "On my way"),
        }  # fmt: skip
        assert [one["address"] for one in shown] == ["a***@example.com"] * 2
        service.add_suppression(open_world.hq, "email", "ana@example.com")
        assert doors.hq.post(path, body, idempotency_key="k2").status == 409
        assert doors.hq.post(path, {**body, "channel": "sms"}, idempotency_key="k3").status == 409
        assert pointers(doors.hq.post(path, {"channel": "fax", "text": ""}, idempotency_key="k4")) == [
            "/channel",
            "/text",
        ]
        assert pointers(doors.hq.post(path, {**body, "text": "\u200b \u202e"}, idempotency_key="k5")) == ["/text"]
        assert len(open_world.outbox) == 1

    def test_what_is_nobodys_is_given_to_a_guest(self, open_world: World, doors: Doors) -> None:
        guest = open_world.guest()
        service.handle_mail_event(texted("hello", sender="+351912999999"))
        (waiting,) = doors.hq.get("/v1/inbox-messages").json["data"]
        path, body = f"/v1/inbox-messages/{waiting['id']}/guest", {"guest_id": guest.id}
        assert doors.desk.put(path, body).status == 403 and doors.stranger.put(path, body).status == 422
        assert pointers(doors.hq.put(path, {"guest_id": "gst_" + "0" * 26})) == ["/guest_id"]
        assert [doors.hq.put(path, body).json["guest_id"] for _ in range(2)] == [guest.id] * 2
        assert doors.hq.get("/v1/inbox-messages").json["data"] == []
        assert [one["id"] for one in doors.hq.get(f"/v1/guests/{guest.id}/messages").json["data"]] == [waiting["id"]]
        assert doors.hq.put("/v1/inbox-messages/msg_" + "0" * 26 + "/guest", body).status == 404
