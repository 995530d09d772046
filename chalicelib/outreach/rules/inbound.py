"""What people send back: words that stop and start texts, and mails in whatever shape programs give them.

A mail is hostile until read: it is parsed within bounds, by the library's old rules (the new ones take ten times as
long), and nothing of it but its text, its subject and a few facts is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Mail
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Literal

from chalicelib.kernel.deferred import dataclass
from chalicelib.outreach.rules import mail_parts
from chalicelib.outreach.rules.mail_parts import Part

TEXT_LENGTH_MAX = 10_000  # characters of one message that are kept: a long letter
SUBJECT_LENGTH_MAX = 200
HEADER_LENGTH_MAX = 8_000  # of which mail programs make ids of mails
REFERENCES_READ_MAX = 50
REFERENCES_MAX = 10  # that an answer names
FILES_NAMED_MAX = 20  # of one mail's attachments that are told of one by one; all are counted
FILE_NAME_LENGTH_MAX = 100
STOP_WORDS = frozenset({"stop", "end", "cancel", "unsubscribe", "quit", "退订", "td", "t", "r"})
START_WORDS = frozenset({"start", "恢复"})

Wish = Literal["stop", "start"]

# What changes the order of letters, or cannot be seen; and control characters but line ends and tabs.
_UNSEEN = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
)
_JOINERS = re.compile("[\u200c\u200d\ufe0e\ufe0f]")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_NAMING = ("content-type", "content-disposition")
UNKNOWN_TYPE = "application/octet-stream"
_MAIL_ID = re.compile(r"<[!-;=?A-~]{1,150}@[!-;=?A-~]{1,90}>")  # printable ASCII without blanks and angles
_ANSWERED = re.compile(r"\s*(re|aw|sv|antw|回复|回覆|答复)\s*[:：]", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
# Older Chinese names of one family of encodings; the newest reads them all.
_CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "utf8": "utf-8"}
_AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MACHINES = ("mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply")
_QUOTED_LEAD = re.compile(r"^(On .{5,300} wrote:|.{2,300}(写道|寫道)[：:]|-{3,} ?(Original Message|原始邮件) ?-{3,})$")


def wish_of(text: str) -> Wish | None:
    """Whether a text, as a whole, asks to stop or to start. Case, width, blanks and marks around it do not count."""
    plain = _JOINERS.sub("", _UNSEEN.sub("", unicodedata.normalize("NFKC", text[:100]))).casefold()
    word = plain.strip("".join(one for one in set(plain) if not one.isalnum()))
    if len(text) > 100 or word not in STOP_WORDS | START_WORDS:
        return None
    return "stop" if word in STOP_WORDS else "start"


def cleaned(text: str) -> str:
    """Text as it is kept: in order, visible, without endless blank lines, of bounded length."""
    seen = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = "\n".join(line.rstrip() for line in seen.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()[:TEXT_LENGTH_MAX]


@dataclass(frozen=True)
class File:
    """Something attached to a mail: what the sender calls it, of which kind it says it is, and about how many bytes."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Letter:
    """A mail that came in. `is_automatic`: a machine answered, and nobody has read ours. `is_whole`: all of it was
    looked at."""

    sender: str
    subject: str
    text: str
    is_automatic: bool
    attachments: int
    mail_id: str | None = None
    references: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    is_whole: bool = True


def read_mail(content: bytes) -> Letter:
    """What a mail says. Never raises: what cannot be decoded is shown with replacement marks."""
    return read_pieces((content,))


def read_pieces(pieces: Iterable[bytes], *, bytes_max: int = mail_parts.MAIL_BYTES_MAX) -> Letter:
    """What a mail says that comes in pieces, of which so many bytes are looked at."""
    found = mail_parts.outline(pieces, bytes_max=bytes_max)
    mail, attached = found.head, [one for one in found.parts if not one.is_words]
    plain, html = (
        [_words(one) for one in found.parts if one.is_words and one.head.get_content_type() == kind]
        for kind in mail_parts.WORDY
    )
    # Programs put pictures between paragraphs, and then each paragraph is a part.
    said = cleaned("\n".join(plain)) or cleaned("\n".join(_text_of(one) for one in html))
    return Letter(
        sender=parseaddr(_header(mail, "From"))[1][:300],
        subject=" ".join(cleaned(_header(mail, "Subject")).split())[:SUBJECT_LENGTH_MAX],
        text=without_quotes(said),
        is_automatic=_is_automatic(mail),
        attachments=len(attached),
        mail_id=next(iter(_ids_in(mail, "Message-ID")), None),
        references=_ids_in(mail, "References") or _ids_in(mail, "In-Reply-To")[:1],
        files=tuple(_file(one) for one in attached[:FILES_NAMED_MAX]),
        is_whole=found.is_whole,
    )


def _file(part: Part) -> File:
    named = Mail()
    for field, value in part.head.raw_items():
        if field.lower() in _NAMING:  # in Chinese as it is, without an encoding, send not a few
            named[field] = _decoded(value.encode("utf-8", "surrogateescape"), None)
    name = " ".join(cleaned(_readable(mail_parts.file_name(named) or "")).split())
    kind = part.head.get_content_type()
    return File(
        name=name[:FILE_NAME_LENGTH_MAX],
        media_type=kind if _MEDIA_TYPE.fullmatch(kind) else UNKNOWN_TYPE,
        size=part.size,
    )


def _words(part: Part) -> str:
    read = message_from_bytes(part.raw)
    content = read.get_payload(decode=True)
    return _decoded(content, _charset(read)) if isinstance(content, bytes) else ""


def _charset(part: Mail) -> str | None:
    try:
        return part.get_content_charset()
    except ValueError:  # named by characters that there are not
        return None


def thread_after(mail_id: str, references: Sequence[str]) -> tuple[str, ...]:
    """What an answer to a mail names: what the mail has named, and the mail. Of a long thread its beginning and its
    end."""
    known = [one for one in references if one != mail_id]
    if len(known) >= REFERENCES_MAX:
        known = [known[0], *known[2 - REFERENCES_MAX :]]
    return (*known, mail_id)


def reply_subject(subject: str) -> str:
    """The subject of an answer: the same, so that it is put to the same thread, marked once as an answer."""
    return subject if _ANSWERED.match(subject) else f"Re: {subject}"


def _ids_in(mail: Mail, name: str) -> tuple[str, ...]:
    """The ids of mails in a header, as far as they are ones: they go into headers of ours."""
    return tuple(_MAIL_ID.findall(str(mail.get(name, ""))[:HEADER_LENGTH_MAX]))[:REFERENCES_READ_MAX]


def without_quotes(text: str) -> str:
    """What was written anew: without our own mail quoted below it. All of it, if nothing else is there."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _QUOTED_LEAD.match(line.strip()):
            lines = lines[:number]
            break
    while lines and (lines[-1].startswith(">") or not lines[-1].strip()):
        lines.pop()
    return "\n".join(lines).strip() or text


def _is_automatic(mail: Mail) -> bool:
    """RFC 3834, and what programs do instead."""
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    sender = parseaddr(_header(mail, "From"))[1].partition("@")[0].lower()
    return (
        submitted not in ("", "no")
        or _header(mail, "Precedence").strip().lower() in _AUTOMATIC_PRECEDENCE
        or _header(mail, "Return-Path").strip() == "<>"
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or sender.startswith(_MACHINES)
    )


def _header(mail: Mail, name: str) -> str:
    """A header as a person reads it."""
    return _readable(str(mail.get(name, ""))[:4000])


def _readable(value: str) -> str:
    """A header's value whose words may be encoded."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(_decoded(one, charset) if isinstance(one, bytes) else one for one, charset in pieces)


def _decoded(content: bytes, charset: str | None) -> str:
    """Text of bytes: by the charset that is named, else as UTF-8, else as the Chinese standard, else with marks."""
    named = _CHARSETS.get((charset or "").lower(), charset)
    for one in (named, "utf-8", "gb18030"):
        if one is None:
            continue
        try:
            return content.decode(one)
        except (LookupError, ValueError):  # no such charset, or not in it
            continue
    return content.decode("utf-8", "replace")


class _Text(HTMLParser):
    """The words of HTML, with a line end where a block ends."""

    _SILENT = frozenset({"script", "style", "head", "title"})
    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silence = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block begins on a line of its own."""
        self._silence += tag in self._SILENT
        if tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """What is silent ends."""
        self._silence = max(0, self._silence - (tag in self._SILENT))

    def handle_data(self, data: str) -> None:
        """Words."""
        if not self._silence:
            self.pieces.append(data)


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html[: TEXT_LENGTH_MAX * 20])
    parser.close()
    return "".join(parser.pieces)
