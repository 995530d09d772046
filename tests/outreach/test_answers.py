"""Staff's answers: in the thread of the guest's mail program, and with what became of them in ours."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.outreach import service
from chalicelib.outreach.models.messages import Message
from chalicelib.outreach.rules import inbound
from chalicelib.outreach.service import threads
from tests.builders import PASSWORD, make_staff
from tests.outreach.test_api import Doors, doors
from tests.outreach.test_hearing import BOUNCE, COMPLAINT, SOFT
from tests.outreach.test_inbound import given_settings, letter, mailed, open_world
from tests.outreach.world import World, ses_event
from tests.portal.visitor import Visitor

assert doors and open_world  # fixtures
FIRST, SECOND = "<CAF+first@mail.guests.example>", "<second.2@mail.guests.example>"


def answered(world: World, doors: Doors, guest: Any, text: str = "Gladly.") -> tuple[str, dict[str, Any]]:
    """The id of an answer by mail, and the mail."""
    before = len(world.outbox)
    reply = doors.desk.post(
        f"/v1/guests/{guest.id}/messages", {"channel": "email", "text": text}, idempotency_key=f"k{before}"
    )
    assert reply.status == 201, reply.text
    world.run_queues()
    assert len(world.outbox) == before + 1
    return str(reply.json["id"]), world.outbox[-1]


def shown(doors: Doors, guest: Any, message_id: str) -> tuple[str, str | None]:
    found = doors.desk.get(f"/v1/guests/{guest.id}/messages").json["data"]
    return next((one["state"], one["code"]) for one in found if one["id"] == message_id)


class TestInTheGuestsThread:
    def test_an_answer_names_the_mail_that_it_answers(self, open_world: World, doors: Doors) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        _, unasked = answered(open_world, doors, guest)
        mail = open_world.mail()
        assert (mail["In-Reply-To"], mail["References"], mail["Subject"]) == (None, None, "Harbour House")
        assert not [name for name in mail if name.startswith("List-")]  # it is one person's, to one person
        to = unasked["headers"]["Reply-To"]
        content = letter("A cot, please", Message_ID=FIRST, Subject="Our Zimmer")
        assert service.handle_mail_event(mailed(to, content, carrier_id="m1")) == "noted"
        answered(open_world, doors, guest)
        mail = open_world.mail()
        assert (mail["In-Reply-To"], mail["References"], mail["Subject"]) == (FIRST, FIRST, "Re: Our Zimmer")
        again = letter("Thanks", Message_ID=SECOND, References=f"{FIRST} <ours@ses>", Subject="AW: Our Zimmer")
        machine = letter("Away", Message_ID="<auto@x.example>", Auto_Submitted="auto-replied")
        for number, one in enumerate((again, machine)):
            assert service.handle_mail_event(mailed(to, one, carrier_id=f"n{number}")) == "noted"
        answered(open_world, doors, guest)
        mail = open_world.mail()
        assert mail["References"].split() == [FIRST, "<ours@ses>", SECOND]
        assert (mail["In-Reply-To"], mail["Subject"]) == (SECOND, "AW: Our Zimmer")
        assert max(map(len, open_world.outbox[-1]["raw"].splitlines())) < 998

    @given(st.lists(st.from_regex(r"[ -~]{0,160}", fullmatch=True), max_size=30), st.text(max_size=60))
    @given_settings
    def test_no_header_of_a_stranger_becomes_one_of_ours(self, ids: list[str], other: str) -> None:
        content = b"Message-ID: <a@b>\nReferences: " + " ".join(ids).encode() + b"\nSubject: x\n\n" + other.encode()
        found = inbound.read_mail(content)
        names = inbound.thread_after(str(found.mail_id), found.references)
        assert len(names) <= inbound.REFERENCES_MAX and names[-1] == "<a@b>"
        for one in names:
            assert one.isascii() and one.isprintable() and " " not in one and (one[0], one[-1]) == ("<", ">")

    def test_of_a_long_thread_its_beginning_and_its_end(self) -> None:
        ids = [f"<{number}@x>" for number in range(40)]
        found = inbound.thread_after("<new@x>", ids)
        assert found == ("<0@x>", *ids[-8:], "<new@x>") and len(found) == inbound.REFERENCES_MAX

    @pytest.mark.parametrize("subject", ["Re: a", "RE:a", "回复：a", "Aw: a"])
    def test_an_answer_to_an_answer_is_marked_once(self, subject: str) -> None:
        assert inbound.reply_subject(subject) == subject
        assert inbound.reply_subject("Regarding: a") == "Re: Regarding: a"


class TestWhatBecameOfIt:
    @pytest.mark.parametrize(
        ("told", "expected", "stops"),
        [
            ([("Bounce", BOUNCE)], ("failed", "Permanent/General"), True),
            ([("Delivery", {}), ("Bounce", BOUNCE)], ("failed", "Permanent/General"), True),
            ([("Bounce", BOUNCE), ("Delivery", {}), ("Send", {})], ("failed", "Permanent/General"), True),
            ([("Bounce", SOFT)], ("failed", "Transient/MailboxFull"), False),
            ([("Send", {}), ("Delivery", {})], ("delivered", None), False),
            ([("Complaint", COMPLAINT)], ("delivered", None), True),
            ([("Open", {}), ("DeliveryDelay", {})], ("sent", None), False),
        ],
    )
    def test_it_is_shown_and_stops_the_address(
        self, open_world: World, doors: Doors, told: list[tuple[str, Any]], expected: Any, stops: bool
    ) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        message_id, entry = answered(open_world, doors, guest)
        assert entry["tags"]["delivery"] == message_id
        for name, part in told:
            body = ses_event(name, entry, **part)
            first, second = service.handle_mail_event(body), service.handle_mail_event(body)
            assert second != "noted" and first in ("noted", "known", "ignored"), (name, first, second)
        assert shown(doors, guest, message_id) == expected
        stopped = service.suppressions_page(open_world.hq, limit=5, after=None).items
        assert bool(stopped) is stops
        again = {"channel": "email", "text": "Once more"}
        reply = doors.desk.post(f"/v1/guests/{guest.id}/messages", again, idempotency_key="again")
        assert reply.status == (409 if stops else 201)

    def test_staff_see_that_it_came_back(self, open_world: World, doors: Doors) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        _, entry = answered(open_world, doors, guest)
        service.handle_mail_event(ses_event("Bounce", entry, **BOUNCE))
        staff = make_staff(open_world.hq, "front_desk", property_ids=[open_world.house.id])
        visitor = Visitor()
        visitor.sign_in(str(staff.email), PASSWORD)
        page = visitor.get(f"/portal/guests/{guest.id}/messages")
        assert "It came back: the guest has not got it." in page.text and "stopped" in page.text
        assert "Failed" in visitor.get(f"/portal/guests/{guest.id}").text

    def test_what_is_told_before_the_answer_is_noted_stays(
        self, open_world: World, doors: Doors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The event overtakes the process that has sent."""
        guest = open_world.guest(emails=["ana@example.com"])
        sent = threads.carrier

        def early(channel: str, *, is_test: bool) -> Any:
            real = sent(channel, is_test=is_test)

            class Early:
                def send(self, message: Any) -> Any:
                    outcome = real.send(message)
                    entry = open_world.outbox[-1]
                    assert service.handle_mail_event(ses_event("Bounce", entry, **BOUNCE)) == "noted"
                    return outcome

            return Early()

        monkeypatch.setattr(threads, "carrier", early)
        message_id, _ = answered(open_world, doors, guest)
        assert shown(doors, guest, message_id) == ("failed", "Permanent/General")
        record = Message.one(open_world.hq, guest.id, message_id)
        assert record is not None and record.message_id == open_world.outbox[-1]["message_id"]

    def test_strangers_events(self, open_world: World, doors: Doors) -> None:
        guest = open_world.guest(emails=["ana@example.com"])
        message_id, entry = answered(open_world, doors, guest)
        other = {**entry, "message_id": "another"}
        gone = {**entry, "tags": {**entry["tags"], "delivery": "msg_" + "0" * 26}}
        for one in (other, gone):
            assert service.handle_mail_event(ses_event("Bounce", one, **BOUNCE)) == "ignored"
        came = mailed(entry["headers"]["Reply-To"], letter("Hello"))
        service.handle_mail_event(came)
        (said,) = [one for one in threads.thread_page(open_world.hq, guest.id, limit=5, after=None).items if (
            one.direction == "in")]  # fmt: skip
        theirs = {**entry, "tags": {**entry["tags"], "delivery": str(said.id)}}
        assert service.handle_mail_event(ses_event("Bounce", theirs, **BOUNCE)) == "ignored"
        assert shown(doors, guest, message_id) == ("sent", None)


def test_a_mail_without_its_words_is_in_the_thread(open_world: World, doors: Doors) -> None:
    guest = open_world.guest(emails=["ana@example.com"])
    _, entry = answered(open_world, doors, guest)
    body = json.loads(mailed(entry["headers"]["Reply-To"]))
    told = {name: one for name, one in json.loads(body["Message"]).items() if name != "content"}
    for _ in range(2):
        service.handle_mail_event(json.dumps({**body, "Message": json.dumps(told)}))
    (found,) = [
        one for one in doors.desk.get(f"/v1/guests/{guest.id}/messages").json["data"] if one["direction"] == "in"
    ]
    assert (found["text"], found["code"]) == ("", "not_kept")
    assert datetime.fromisoformat(found["at"]).tzinfo is not None
