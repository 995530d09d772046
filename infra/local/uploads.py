"""Bodies on their way into the local S3: unframed, hashed and written to a file piece by piece."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from infra.local.wire import Answer, Request, xml_error

OBJECT_BYTES_MAX = 1024 * 1024 * 1024 + 64 * 1024 * 1024  # the product's upload limit is 1 GB
WRITE_BUFFER_BYTES = 1024 * 1024


class Refused(Exception):
    """A request that S3 would refuse."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.answer = xml_error(code, message, status)


class ChunkDecoder:
    """Takes the framing off an `aws-chunked` body as it streams by."""

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0
        self._state = "size"

    @property
    def is_done(self) -> bool:
        """Whether the last chunk has passed."""
        return self._state == "done"

    def feed(self, data: bytes) -> bytes:
        """The payload bytes found in the next piece of the framed stream."""
        self._buffer += data
        payload = []
        while self._buffer and self._state != "done":
            if self._state == "data":
                piece = self._buffer[: self._left]
                self._buffer = self._buffer[len(piece) :]
                self._left -= len(piece)
                payload.append(piece)
                if self._left == 0:
                    self._state = "end"
                continue
            line, found, rest = self._buffer.partition(b"\r\n")
            if not found:
                break
            self._buffer = rest
            if self._state == "end":
                self._state = "size"
                continue
            self._left = int(line.split(b";", 1)[0], 16)
            self._state = "data" if self._left else "done"
        return b"".join(payload)


class Incoming:
    """One body on its way to a file; hashed as it passes."""

    def __init__(self, request: Request, path: Path, settle: Callable[[Incoming], Answer]) -> None:
        self._settle = settle
        self.request = request
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32 = 0
        self._file = path.open("wb", buffering=WRITE_BUFFER_BYTES)
        framed = "aws-chunked" in request.headers.get("content-encoding", "") or request.headers.get(
            "x-amz-content-sha256", ""
        ).startswith("STREAMING-")
        self._decoder = ChunkDecoder() if framed else None

    def write(self, data: bytes) -> None:
        """Take the next piece of the body."""
        if self._decoder is not None:
            data = self._decoder.feed(data)
        self.size += len(data)
        if self.size > OBJECT_BYTES_MAX:
            raise Refused("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400)
        self._md5.update(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        self._file.write(data)

    def finish(self) -> Answer:
        """The body is complete: check it and give it its name."""
        self._file.close()
        try:
            self._check_digests()
            return self._settle(self)
        except Refused as refused:
            self.path.unlink(missing_ok=True)
            return refused.answer

    def abort(self) -> None:
        """The sender went away."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    @property
    def etag(self) -> str:
        """The MD5 of the body, as S3 names it."""
        return self._md5.hexdigest()

    def _check_digests(self) -> None:
        expected_md5 = self.request.headers.get("content-md5")
        if expected_md5 and b64decode(expected_md5) != self._md5.digest():
            raise Refused("BadDigest", "The Content-MD5 you specified did not match what we received.", 400)
        expected_crc = self.request.headers.get("x-amz-checksum-crc32")
        if expected_crc and b64decode(expected_crc) != self._crc32.to_bytes(4, "big"):
            raise Refused("BadDigest", "The CRC32 you specified did not match the calculated checksum.", 400)
