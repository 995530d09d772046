"""What the journey's letters say, and that what people and property systems typed is shown, never evaluated."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from chalicelib.outreach import letters, sandbox
from chalicelib.outreach.channels.mail import mime
from chalicelib.outreach.channels.port import Message
from chalicelib.outreach.rules.journey import MILESTONES, STEPS
from chalicelib.outreach.rules.texts import text_parts
from tests.outreach.test_journey import at, booking, guest_of, switch_on, text_of
from tests.outreach.test_letters import FULL, PARTS
from tests.outreach.world import START, World

OCCASIONS = (*STEPS, "points_ending")
TOLD = replace(
    FULL, arrival="Friday, 20 March 2026", departure="Monday, 23 March 2026", room_type="Garden Suite", room="0412",
    stays="25", points="1,200", last_day="Friday, 10 April 2026", is_idle="1",
)  # fmt: skip
NAUGHTY = "{{7*7}}{% for x in range(9) %}ha{% endfor %}"
FACTS = {
    "booking_confirmed": ("arrival", "departure", "room_type"),
    "stay_changed": ("arrival", "departure", "room_type", "room"),
    "pre_arrival": ("arrival", "departure", "room_type"),
    "room_ready": ("room",),
    "milestone": ("stays",),
    "points_ending": ("points", "last_day"),
}


@pytest.mark.parametrize("language", letters.LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_both_parts_say_the_facts(occasion: str, language: str) -> None:
    found = letters.write(occasion, language, PARTS, TOLD)
    known = asdict(TOLD)
    for part in ("body.txt", "body.html"):
        assert TOLD.name in found[part] and TOLD.house in found[part] and TOLD.unsubscribe_url in found[part]
        for name in FACTS.get(occasion, ()):
            assert known[name] in found[part], (part, name)
    assert "\n\n\n\n" not in found["body.txt"] and text_parts(found["text.txt"]) <= 4
    assert len(found["subject.txt"].splitlines()) == 1


@pytest.mark.parametrize("language", letters.LANGUAGES)
@pytest.mark.parametrize("occasion", OCCASIONS)
def test_what_was_typed_is_shown_and_not_evaluated(occasion: str, language: str) -> None:
    words = replace(TOLD, name=NAUGHTY, room_type=NAUGHTY + "<b>", room=NAUGHTY)
    found = letters.write(occasion, language, PARTS, words)
    for part in ("body.txt", "body.html"):
        assert NAUGHTY in found[part] and "49" not in found[part] and "haha" not in found[part]
    assert "<b>" not in found["body.html"]


def test_every_milestone_reads_well() -> None:
    for number in MILESTONES:  # of these, "th" is right for all
        body = letters.write("milestone", "en", ("body.txt",), replace(TOLD, stays=str(number)))["body.txt"]
        assert f"was your {number}th with" in body


@pytest.mark.parametrize(
    "source",
    [
        "{{ arrival.__class__.__mro__ }}", "{{ room.format(x=1) }}", "{{ stays * 9 }}", "{{ settings }}",
        "{% for x in range(10 ** 9) %}x{% endfor %}", "{{ unsubscribe_url.split('/') }}", "{{ self.__init__ }}",
    ],
)  # fmt: skip
def test_a_template_reaches_for_nothing_but_the_words(source: str) -> None:
    with pytest.raises((SecurityError, UndefinedError, TypeError)):
        sandbox.environment().from_string(source).render(asdict(TOLD))


def test_a_name_begins_no_header_of_its_own(world: World) -> None:
    """A name and a room with everything in them, through the whole of it."""
    switch_on(world, "pre_arrival", "booking_confirmed")
    guest = guest_of(world, given_name=NAUGHTY[:30], family_name="Eve Bcc: all@example.com")
    booking(world, guest, room_type="Suite {{7*7}}")
    world.advance(at(18))
    assert [one["tags"]["kind"] for one in world.outbox] == ["booking_confirmed", "pre_arrival"]
    mail = world.mail()
    assert mail["Bcc"] is None and mail.get_all("Subject") is not None
    assert "{{7*7}}" in str(mail["Subject"]) and "49" not in str(mail["Subject"])
    assert "Suite {{7*7}}" in text_of(world) and "49" not in text_of(world).split("--")[0]


def test_line_ends_in_words_stay_in_their_header() -> None:
    """Were a name to hold line ends, the subject would still be one line when the mail is put together."""
    words = replace(TOLD, name="Eve\r\nBcc: all@example.com")
    subject = letters.write("pre_arrival", "en", ("subject.txt",), words)["subject.txt"]
    assert "Bcc" in subject
    parts = {**letters.write("pre_arrival", "en", PARTS, words), "subject.txt": subject}
    raw = mime(
        Message(
            chain_id="chn_0", guest_id="gst_0", delivery_id="dlv_0", occasion="pre_arrival", address="e@example.com",
            language="en", sender_name="Harbour\r\nBcc: x@example.com", sender_address="h@example.com", sms_sender=None,
            reply_to=None, unsubscribe_url=TOLD.unsubscribe_url, chain_time=START, parts=parts,
        )
    )  # fmt: skip
    head = raw.split(b"\r\n\r\n")[0]
    assert not [line for line in head.split(b"\r\n") if line.lower().startswith(b"bcc")]
