"""What messages say: every template in both languages, with everything and with nothing known."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from chalicelib.outreach import letters, sandbox
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.channels.mail import mime
from chalicelib.outreach.channels.port import Message
from chalicelib.outreach.letters import Words
from chalicelib.outreach.rules.texts import text_parts
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from tests.outreach.world import START

URL = "https://hospes.example/u/chn_0.gst_0.greeting.email." + "x" * 43
FULL = Words(
    name="Ana Silva", house="Harbour House", chain="Example Hotels", address="Rua do Cais 1 1100-000 Lisboa",
    phone="+351210000000", email="house@harbour.example", unsubscribe_url=URL, signed="Harbour House: ",
)  # fmt: skip
BARE = Words(name="", house="Example Hotels", chain="Example Hotels", address="", phone="", email="",
             unsubscribe_url=URL, signed="【Example Hotels】")  # fmt: skip
HOSTILE = Words(
    name="<script>alert(1)</script>{{ 7*7 }}", house="A & B <b>", chain="C", address="\"'", phone="", email="",
    unsubscribe_url=URL, signed="A & B: ",
)  # fmt: skip

EVERY = [(occasion, language) for occasion in OCCASIONS for language in letters.LANGUAGES]
PARTS = tuple(part for channel in CHANNELS.values() for part in channel.parts)


@pytest.fixture(autouse=True)
def _stack() -> None:
    """Nothing here needs the stack."""


@pytest.mark.parametrize("words", [FULL, BARE, HOSTILE], ids=["full", "bare", "hostile"])
@pytest.mark.parametrize(("occasion", "language"), EVERY)
def test_every_template(occasion: str, language: str, words: Words) -> None:
    found = letters.write(occasion, language, PARTS, words)
    assert set(found) == set(PARTS)
    for name, text in found.items():
        assert text.strip(), name
        assert "None" not in text and "49" not in text and "\n\n\n\n" not in text
        assert "{{" not in text or words is HOSTILE
        assert "  " not in text.strip().splitlines()[0]
    assert URL in found["body.txt"] and URL in found["body.html"]
    assert len(found["subject.txt"].splitlines()) == 1
    assert len(found["text.txt"].splitlines()) == 1
    assert ("STOP" if language == "en" else "退订") in found["text.txt"]
    assert text_parts(found["text.txt"]) <= 4
    # The plain part says what the other says: whose it is, and why it came.
    for part in ("body.txt", "body.html"):
        assert "Example Hotels" in found[part] or words is HOSTILE


@pytest.mark.parametrize(("occasion", "language"), EVERY)
def test_html_is_sound(occasion: str, language: str) -> None:
    html = letters.write(occasion, language, ("body.html",), HOSTILE)["body.html"]
    assert "<script" not in html and "&lt;script&gt;" in html and "A &amp; B" in html
    assert f'<html lang="{"zh-Hans" if language == "zh" else "en"}">' in html
    assert "prefers-color-scheme: dark" in html and "max-width:600px" in html
    balance = _Balance()
    balance.feed(html)
    assert balance.open == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_people_are_called_by_their_name(language: str) -> None:
    subject = letters.write("birthday", language, ("subject.txt",), FULL)["subject.txt"]
    assert subject.strip() == ("Happy birthday, Ana Silva" if language == "en" else "Ana Silva，生日快乐")


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        ("en", "en"), ("zh", "zh"), ("zh-Hant-TW", "zh"), ("zh-CN", "zh"), ("pt-PT", "en"), ("xx", "en"), (None, "en"),
        ("?", "en"),
    ],
)  # fmt: skip
def test_languages_fall_back_to_english(wanted: str | None, written: str) -> None:
    assert letters.language_for(wanted) == written


class TestTheSandbox:
    @pytest.mark.parametrize(
        "source",
        [
            "{{ name.__class__ }}", "{{ name.upper() }}", "{{ ''.join }}", "{{ name|attr('format') }}",
            "{{ [].append(1) }}", "{{ 'x' * 9 }}",
        ],
    )  # fmt: skip
    def test_nothing_can_be_reached(self, source: str) -> None:
        template = sandbox.environment().from_string(source)
        with pytest.raises((SecurityError, UndefinedError)):
            template.render(name="Ana")

    @pytest.mark.parametrize("name", ["settings", "range(10)", "lipsum()", "cycler", "dict()"])
    def test_nothing_is_there_that_was_not_given(self, name: str) -> None:
        with pytest.raises((SecurityError, UndefinedError)):
            sandbox.environment().from_string("{{ " + name + " }}").render(name="Ana")

    def test_too_long_is_refused(self) -> None:
        long = Words(**{**FULL.__dict__, "house": "x" * 30_000})
        with pytest.raises(letters.LetterTooLong):
            letters.write("birthday", "en", ("body.html",), long)


def message(language: str = "en", words: Words = FULL) -> Message:
    return Message(
        chain_id="chn_01m7zwjx4dmjm0jy01x1eyhj39", guest_id="gst_01m7zwjx4dmjm0jy01x1eyhj39",
        delivery_id="dlv_01m7zwjx4dmjm0jy01x1eyhj39", occasion="first_stay", address="ana.silva@example.com",
        language=language, sender_name="Harbour, House “Größe” 海港酒店", sender_address="care@hospes.example",
        sms_sender=None,
        reply_to="house@harbour.example", unsubscribe_url=URL, chain_time=START,
        parts=letters.write("first_stay", language, CHANNELS["email"].parts, words),
    )  # fmt: skip


class TestMime:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_what_crosses_the_network(self, language: str) -> None:
        raw = mime(message(language))
        assert len(raw) < 100_000 and max(len(line) for line in raw.split(b"\r\n")) <= 998
        assert raw.isascii() and b"\n" not in raw.replace(b"\r\n", b"")
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        assert mail.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        plain, html = (part.get_content() for part in mail.iter_parts())
        assert URL in plain and URL in html
        assert ("感谢" if language == "zh" else "Thank you") in str(mail["Subject"])

    def test_headers(self) -> None:
        mail = message_from_bytes(mime(message()), policy=policy.default)
        assert str(mail["From"].addresses[0].display_name) == "Harbour, House “Größe” 海港酒店"
        assert mail["From"].addresses[0].addr_spec == "care@hospes.example"
        assert (mail["To"], mail["Reply-To"]) == ("ana.silva@example.com", "house@harbour.example")
        assert mail["Date"] == "Wed, 04 Mar 2026 08:00:00 +0000"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        links = [one.strip().strip("<>") for one in str(mail["List-Unsubscribe"]).split(",")]
        assert links[0] == URL
        assert links[1].startswith("mailto:house@harbour.example?subject=unsubscribe%20chn_0.")
        assert str(mail["List-Id"]).startswith("<first-stay.chn-01m7zwjx4dmjm0jy01x1eyhj39.")
        assert "Message-ID" not in mail  # SES gives its own

    def test_a_name_cannot_add_a_header(self) -> None:
        evil = Words(**{**FULL.__dict__, "name": "Ana\r\nBcc: all@example.com"})
        mail = message_from_bytes(mime(message(words=evil)), policy=policy.default)
        assert mail["Bcc"] is None
        assert "Bcc: all" in str(mail["Subject"])


class _Balance(HTMLParser):
    """Counts elements that are opened and not closed."""

    EMPTY = {"meta", "br", "img", "hr", "link"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
