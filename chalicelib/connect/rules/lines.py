"""Cuts a stream of bytes into lines as the csv module means them (`\\n`, `\\r\\n`, `\\r`), in flat memory.

Bytes can be cut before their encoding is known: in UTF-8 and in GB18030 no byte of a longer character equals a line
end, a quotation mark or a delimiter (GB18030's second bytes start at 0x30, and those below 0x40 are digits).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chalicelib.connect.rules.limits import ROW_BYTES_MAX

BLOCK_BYTES = 4 * 1024**2  # one ranged read: large enough for S3's throughput, small enough for a small function

_LINE_END = re.compile(rb"\r\n?|\n")

Read = Callable[[int, int], bytes]  # (start, end) of the file → its bytes


class LongLine(bytes):
    """The beginning of a line that is longer than any row may be; the rest was passed over. `size` is the whole."""

    size: int = 0


class Lines:
    """The lines from the byte `at` to the end of a file of `size` bytes, a block at a time."""

    def __init__(self, read: Read, at: int, size: int, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._read = read
        self._at = at
        self._size = size
        self._block_bytes = block_bytes
        self._rest = b""

    def more(self) -> list[bytes]:
        """The next complete lines, their ends included; an empty list at the end of the file."""
        while self._rest or self._at < self._size:
            lines = (self._rest + self._block()).splitlines(True)
            self._rest = b""
            if self._at < self._size and lines and not lines[-1].endswith(b"\n"):
                self._rest = lines.pop()  # its end, or the \n of its \r\n, is in the next block
                if len(self._rest) > ROW_BYTES_MAX + 1:
                    lines.append(self._long_line())
            if lines:
                return lines
        return []

    def _block(self) -> bytes:
        if self._at >= self._size:
            return b""
        block = self._read(self._at, min(self._at + self._block_bytes, self._size))
        self._at += len(block)
        return block

    def _long_line(self) -> LongLine:
        """Pass over the rest of a line that began with `_rest`; what follows it becomes the new `_rest`."""
        line = LongLine(self._rest[: ROW_BYTES_MAX + 1])
        begun = self._rest
        # A \r at the end of a block is carried over, since its \n may be the first byte of the next one.
        carry = b"\r" if begun.endswith(b"\r") else b""
        line.size = len(begun) - len(carry)
        self._rest = b""
        while carry or self._at < self._size:
            block = carry + self._block()
            is_last = self._at >= self._size
            found = _LINE_END.search(block)
            if found and (found.end() < len(block) or is_last or found.group() != b"\r"):
                line.size += found.end()
                self._rest = block[found.end() :]
                return line
            carry = b"\r" if found else b""
            line.size += len(block) - len(carry)
        return line
