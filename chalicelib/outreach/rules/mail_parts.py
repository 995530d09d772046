"""A mail's parts as they stream by: words are kept, within bounds; of what is attached only its name, kind and size.

Which part comes before which is up to the sender, and a photograph may stand before the words about it. So the whole
mail passes, and nothing stays but what is asked for: memory is the same for a word and for 40 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message as Mail
from email.parser import BytesHeaderParser

from chalicelib.kernel.deferred import dataclass

MAIL_BYTES_MAX = 40 * 1024 * 1024  # that pass: SES takes in nothing longer
HEAD_BYTES_MAX = 128 * 1024  # of the headers of one part
WORDS_BYTES_MAX = 256 * 1024  # kept of one part, as it was sent: twenty times a long letter
WORDY_PARTS_MAX = 10  # kept of one mail: letters with pictures between their paragraphs
PARTS_MAX = 100  # of one mail that are looked at
DEPTH_MAX = 20  # of parts in parts
BOUNDARY_LENGTH_MAX = 200  # characters; RFC 2046 allows 70
BLANKS_MAX = 20  # behind a boundary
# The longest line that may be a boundary: so much of what has come is held back until it is known what follows.
HELD_BACK = 2 * len("--") + BOUNDARY_LENGTH_MAX + BLANKS_MAX + 4

_HEAD_END = re.compile(rb"\n\r?\n")
WORDY = ("text/plain", "text/html")


@dataclass(frozen=True)
class Part:
    """A part that holds no others. `raw`: headers and body of words, else headers only. `size`: bytes once decoded."""

    head: Mail
    raw: bytes
    size: int
    is_words: bool


@dataclass(frozen=True)
class Outline:
    """What a mail is made of. `is_whole`: everything has been looked at."""

    head: Mail
    parts: list[Part]
    is_whole: bool


def outline(chunks: Iterable[bytes], *, bytes_max: int = MAIL_BYTES_MAX) -> Outline:
    """Look at a mail that comes in pieces, up to so many bytes. Never raises for what is in it."""
    scan, passed = _Scan(), 0
    for chunk in chunks:
        scan.feed(chunk[: bytes_max - passed])
        passed += len(chunk)
        if passed > bytes_max:
            scan.is_whole = False
        if passed > bytes_max or scan.is_over:
            break
    return scan.close()


class _Scan:
    """Where a look at a mail stands. What has come and is not yet judged begins with the line end before it."""

    def __init__(self) -> None:
        self.is_whole = True
        self.is_over = False
        self._held = b"\n"
        self._boundaries: list[bytes] = []
        self._mark: re.Pattern[bytes] | None = None
        self._top: Mail | None = None
        self._parts: list[Part] = []
        self._begun = 1
        self._is_in_head = True
        self._part: _Body | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next piece."""
        self._held += chunk
        while not self.is_over and (self._read_head() if self._is_in_head else self._read_body()):
            pass

    def close(self) -> Outline:
        """The mail has ended."""
        if self._mark is not None:
            self.feed(b"\n")  # so that its last line is a line, which a boundary has to be
            self._held = self._held[:-1]
        if self._is_in_head and not self.is_over:
            self._end_head(self._held)
            self._held = b""
        self._end_part(self._held)
        return Outline(self._top if self._top is not None else Mail(), self._parts, self.is_whole)

    # -- headers -----------------------------------------------------------------------------------------------

    def _read_head(self) -> bool:
        """Read headers if they are all there; whether to go on."""
        end = _HEAD_END.search(self._held)
        mark = self._mark.search(self._held) if self._mark is not None else None
        if mark is not None and (end is None or mark.start() < end.start()):
            self._end_head(self._held[: mark.start()])
            self._pass_mark(mark, before=b"")
            return True
        if end is not None:
            head, self._held = self._held[: end.end()], self._held[end.end() - 1 :]
        elif len(self._held) > HEAD_BYTES_MAX:
            head, self._held, self.is_whole = self._held, b"\n", False
        else:
            return False
        self._end_head(head)
        return True

    def _end_head(self, head: bytes) -> None:
        self._is_in_head = False
        found = BytesHeaderParser().parsebytes(head[1:])  # without the line end before it
        if self._top is None:
            self._top = found
        boundary = _boundary_of(found)
        if boundary is not None and len(self._boundaries) < DEPTH_MAX:
            self._boundaries.append(boundary)
            self._look_for(self._boundaries)
            return
        self._part = _Body(found, head[1:], self._is_words(found))

    def _is_words(self, head: Mail) -> bool:
        """Whether a part is what the sender wrote: not a file, unless it is the only thing that can be read."""
        kind = head.get_content_type()
        if kind not in WORDY or "attachment" in str(head.get("Content-Disposition", "")).lower():
            return False
        known = [one.head.get_content_type() for one in self._parts if one.is_words]
        return len(known) < WORDY_PARTS_MAX and (file_name(head) is None or kind not in known)

    # -- bodies ------------------------------------------------------------------------------------------------

    def _read_body(self) -> bool:
        """Let what has come of a body pass; whether a boundary was found behind which there is more."""
        mark = self._mark.search(self._held) if self._mark is not None else None
        if mark is not None:
            self._pass_mark(mark, before=self._held[: mark.start()])
            return True
        passing = len(self._held) - (HELD_BACK if self._mark is not None else 0)
        if passing > 0:
            if self._part is not None:
                self._part.take(self._held[:passing])
            self._held = self._held[passing:]
        return False

    def _pass_mark(self, mark: re.Match[bytes], *, before: bytes) -> None:
        """At a boundary: the part before it has ended, and another one begins, or the parts that it parts end."""
        self._end_part(before)
        self._held = self._held[mark.end() :]
        depth = self._boundaries.index(mark[1])
        is_last = mark[2] is not None
        del self._boundaries[depth + (0 if is_last else 1) :]
        self._look_for(self._boundaries)
        if is_last:
            return
        self._begun += 1
        self._is_in_head = True
        if self._begun > PARTS_MAX:
            self.is_over, self.is_whole = True, False

    def _end_part(self, rest: bytes) -> None:
        if self._part is not None:
            self._part.take(rest)
            self._parts.append(self._part.part())
            self._part = None

    def _look_for(self, boundaries: list[bytes]) -> None:
        """The longest first: one may begin with another."""
        found = b"|".join(re.escape(one) for one in sorted(boundaries, key=len, reverse=True))
        pattern = rb"\n--(" + found + rb")(--)?[ \t]{0,%d}\r?(?=\n)" % BLANKS_MAX
        self._mark = re.compile(pattern) if boundaries else None


class _Body:
    """A part whose body is passing."""

    def __init__(self, head: Mail, raw_head: bytes, is_words: bool) -> None:
        self._head = head
        self._is_words = is_words
        self._raw = bytearray(raw_head)
        self._room = WORDS_BYTES_MAX
        self._is_encoded = str(head.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
        self._size = 0
        self._is_begun = False

    def take(self, data: bytes) -> None:
        """Bytes of the body, the first of which are after the line end before it."""
        if data and not self._is_begun:
            data, self._is_begun = data[1:], True
        self._size += len(data) - (data.count(b"\n") + data.count(b"\r") if self._is_encoded else 0)
        if not self._is_words or not self._room:
            return
        kept = data[: self._room]
        if len(kept) < len(data):
            kept = kept[: kept.rfind(b"\n") + 1]  # so that base 64 ends with a group
            self._room = 0
        else:
            self._room -= len(kept)
        self._raw += kept

    def part(self) -> Part:
        """The part, now that its body is over."""
        size = self._size * 3 // 4 if self._is_encoded else self._size
        return Part(self._head, bytes(self._raw), size, self._is_words)


def _boundary_of(head: Mail) -> bytes | None:
    """What parts the parts of a mail; None for what has none, or says so without saying how."""
    if head.get_content_maintype() != "multipart":
        return None
    try:
        found = head.get_boundary()
        boundary = found.encode("utf-8", "surrogateescape") if found else b""
    except ValueError:  # a character set or a character that there is not
        return None
    return boundary if 0 < len(boundary) <= BOUNDARY_LENGTH_MAX and b"\n" not in boundary else None


def file_name(head: Mail) -> str | None:
    """The name of the file that a part is, as it was sent."""
    try:
        return head.get_filename()
    except ValueError:
        return None
