"""Mails as they stream by: the same whatever the pieces, within bounds, and as the library reads them whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.outreach.rules import inbound, mail_parts

PICTURE = bytes(range(256)) * 40


def complaint(*, picture: bytes = PICTURE, is_last: bool = False) -> EmailMessage:
    """Words and a picture, in either order."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Ana <ana@example.com>", "The room"
    mail.set_content("Look at this.\n" if not is_last else "")
    mail.add_attachment(picture, maintype="image", subtype="jpeg", filename="浴室 1.jpg")
    if is_last:
        words = EmailMessage()
        words.set_content("The bathroom was not cleaned.\n")
        mail.attach(words)
    return mail


def cut(content: bytes, length: int) -> Iterator[bytes]:
    """A mail in pieces."""
    return (content[place : place + length] for place in range(0, len(content), length))


few = hypothesis.settings(max_examples=50, deadline=None)


class TestParts:
    @pytest.mark.parametrize("length", [1, 7, 76, 1000, 10**9])
    @pytest.mark.parametrize("line", [b"\n", b"\r\n"])
    @pytest.mark.parametrize("is_last", [False, True])
    def test_words_and_a_picture(self, length: int, line: bytes, is_last: bool) -> None:
        content = complaint(is_last=is_last).as_bytes().replace(b"\n", line)
        found = inbound.read_pieces(cut(content, length))
        assert found.text == ("The bathroom was not cleaned." if is_last else "Look at this.")
        assert (found.attachments, found.is_whole, found.subject) == (1, True, "The room")
        (file,) = found.files
        assert (file.name, file.media_type) == ("浴室 1.jpg", "image/jpeg")
        assert abs(file.size - len(PICTURE)) <= 2

    def test_pictures_between_paragraphs(self) -> None:
        mail = EmailMessage()
        mail["From"] = "a@b.example"
        mail.make_mixed()
        for words in ("One.", "Two.", "Three."):
            part = EmailMessage()
            part.set_content(words)
            mail.attach(part)
            mail.add_attachment(b"x", maintype="image", subtype="png", disposition="inline")
        found = inbound.read_mail(mail.as_bytes())
        assert (found.text, found.attachments, {one.name for one in found.files}) == ("One.\n\nTwo.\n\nThree.", 3, {""})

    def test_a_text_file_and_a_forwarded_mail_are_not_the_sender_s_words(self) -> None:
        mail = complaint()
        mail.add_attachment("another's words", filename="notes.txt")
        mail.add_attachment("inline, and named", disposition="inline", filename="more.txt")
        mail.add_attachment(complaint(is_last=True))
        found = inbound.read_mail(mail.as_bytes())
        assert found.text == "Look at this."
        assert [one.media_type for one in found.files] == ["image/jpeg", "text/plain", "text/plain", "message/rfc822"]

    def test_html_beside_words_and_alone(self) -> None:
        mail = EmailMessage()
        mail.set_content("As text.")
        mail.add_alternative("<p>As <b>html</b>.</p>", subtype="html")
        mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
        assert inbound.read_mail(mail.as_bytes()).text == "As text."
        alone = EmailMessage()
        alone.set_content("<p>One<p>Two", subtype="html")
        assert inbound.read_mail(alone.as_bytes()).text == "One\nTwo"

    def test_a_boundary_that_begins_with_another(self) -> None:
        content = (
            b"Content-Type: multipart/mixed; boundary=a\n\npreamble\n--a\nContent-Type: multipart/alternative;"
            b" boundary=ab\n\n--ab\n\nInner\n--abc\nstill inner\n--ab--\nepilogue\n--a  \n\nOuter\n--a--\n\nafter\n"
        )
        assert inbound.read_mail(content).text == "Inner\n--abc\nstill inner\nOuter"

    @pytest.mark.parametrize(
        ("name", "kept"),
        [('"\u202efdp.exe"', "fdp.exe"), ("浴室.jpg", "浴室.jpg"),
         ("=?utf-8?B?5rW05a6k?=", "浴室"), ('"' + "n" * 300 + '"', "n" * 100),
         ("a\x00b", "ab"), ("", "")],
    )  # fmt: skip
    def test_names(self, name: str, kept: str) -> None:
        head = f"Content-Type: image/x;y\nContent-Disposition: attachment; filename={name}\n\n"
        (file,) = inbound.read_mail(head.encode()).files
        assert (file.name, file.media_type) == (kept, "image/x")

    @pytest.mark.parametrize("header", ["boundary*=u\x00'en'x", "boundary*=no-such'en'x", 'boundary=""', "x=y"])
    def test_parts_that_do_not_say_how_they_are_parted(self, header: str) -> None:
        found = inbound.read_mail(f"Content-Type: multipart/mixed; {header}\n\n--x\n\nwords\n--x--\n".encode())
        assert found.is_whole

    @given(st.binary(max_size=400), st.integers(1, 50))
    @few
    def test_pieces_make_no_difference(self, noise: bytes, length: int) -> None:
        content = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n" + noise + b"\n--b--\n"
        assert inbound.read_pieces(cut(content, length)) == inbound.read_mail(content)

    @given(st.lists(st.sampled_from(["words", "html", "file", "deeper", "out"]), max_size=12))
    @few
    def test_as_the_library_reads_it(self, shape: list[str]) -> None:
        """However parts lie in parts: the leaves, their order and their kinds are those that the library finds."""
        stack = [EmailMessage()]
        stack[0].make_mixed()
        for number, one in enumerate(shape):
            if one == "out":
                stack = stack[:-1] or stack
                continue
            part = EmailMessage()
            if one == "deeper":
                part.make_mixed()
            elif one == "file":
                part.set_content(bytes([number]) * 500, maintype="image", subtype="png", filename=f"{number}.png")
            else:
                part.set_content(f"Words {number}", subtype="plain" if one == "words" else "html")
            stack[-1].attach(part)
            if one == "deeper":
                stack.append(part)
        content = stack[0].as_bytes()
        wanted = [part for part in message_from_bytes(content).walk() if not part.is_multipart()]
        found = mail_parts.outline(cut(content, 33))
        assert [one.head.get_content_type() for one in found.parts] == [
            one.get_content_type() for one in wanted if one.get_content_maintype() != "multipart"
        ]
        sizes = [one.size for one in found.parts if not one.is_words]
        assert sizes == pytest.approx([500] * shape.count("file"), abs=2)


class TestBounds:
    def test_memory_does_not_grow_with_the_mail(self) -> None:
        """12 MB pass in a small part of their own room, and the words behind them are found."""
        head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/jpeg\n\n"
        line = b"A" * 76 + b"\r\n"

        def pieces() -> Iterator[bytes]:
            yield head
            for _ in range(96):
                yield line * 1600
            yield b"\n--b\n\nLast words\n--b--\n"

        tracemalloc.start()
        try:
            found = inbound.read_pieces(pieces())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert found.text == "Last words" and found.files[0].size == pytest.approx(96 * 1600 * 78, rel=0.01)
        assert peak < 3_000_000, peak

    def test_words_beyond_the_bound(self) -> None:
        content = complaint(is_last=True).as_bytes()
        found = inbound.read_pieces(cut(content, 500), bytes_max=5_000)
        assert (found.text, found.is_whole, found.attachments, found.sender) == ("", False, 1, "ana@example.com")
        assert inbound.read_pieces(cut(content, 500), bytes_max=len(content)).is_whole

    def test_what_is_endless(self) -> None:
        many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 500
        found = inbound.read_mail(many)
        assert not found.is_whole and found.text.startswith("x\nx")
        assert found.text.count("x") == mail_parts.WORDY_PARTS_MAX
        long = inbound.read_pieces([b"From: a@b.example\nX: " + b"x" * 300_000, b"\n\nwords"])
        assert (long.sender, long.is_whole) == ("a@b.example", False)
        deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one) for one in range(50))
        assert inbound.read_mail(deep + b"\nwords").attachments == 1
        words = inbound.read_mail(b"Content-Transfer-Encoding: base64\n\n" + b"QUJD\n" * 200_000)
        assert words.text == ("ABC" * 4_000)[: inbound.TEXT_LENGTH_MAX]
