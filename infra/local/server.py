"""HTTP/1.1 for the engine: keep-alive, one thread, requests answered where they are read.

Small on purpose: the callers are our own SDK, `curl` and a browser on this machine. What a general server would do
to be safe in public it does not, so it listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus

from infra.local.forms import PostedForm
from infra.local.service import Service, waiting_s
from infra.local.uploads import ChunkDecoder, Incoming, Refused
from infra.local.wire import Answer, FileSlice, Request, json_answer

logger = logging.getLogger("server")

HEAD_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 32 * 1024 * 1024  # of a request held in memory; objects are streamed to files
WHOLE_SLICE_BYTES = 256 * 1024  # a slice up to here is read at once, a larger one is streamed
POLL_TURN_S = 0.25  # messages also become visible by time, so a long poll looks again this often

# Queue operations that put no message in reach.
QUIET_OPERATIONS = (".ReceiveMessage", ".DeleteMessage", ".DeleteMessageBatch")

# Answers a request to the engine's own pages; None when the path is not one of them.
Pages = Callable[[Request], Answer | None]


class Server:
    """What all connections share."""

    def __init__(self, service: Service, pages: Pages) -> None:
        self.service = service
        self.pages = pages
        self.queue_changed = asyncio.Event()
        self.connections: set[Connection] = set()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answer(self, request: Request) -> Answer:
        """Answer now, and wake those who wait for messages."""
        page = self.pages(request)
        if page is not None:
            return page
        try:
            answer = self.service.answer_now(request)
        except OSError as error:
            # A change that could not be written down must not be answered, and the state is ahead of the file.
            logger.exception("the journal cannot be written")
            if not self.failed.done():
                self.failed.set_exception(error)
            return json_answer({"message": "The local stack cannot write to its disk."}, 500)
        target = request.headers.get("x-amz-target", "")
        if not target.startswith("DynamoDB") and not target.endswith(QUIET_OPERATIONS):
            self._wake()
        return answer

    async def poll(self, request: Request, wait_s: float) -> Answer:
        """Answer a ReceiveMessage as soon as there is a message, or when its time is over."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        while True:
            answer = self.answer(request)
            left_s = deadline - loop.time()
            if answer.status != 200 or b'"Messages"' in answer.content() or left_s <= 0:
                return answer
            changed = self.queue_changed
            try:
                await asyncio.wait_for(changed.wait(), min(POLL_TURN_S, left_s))
            except TimeoutError:
                continue

    def _wake(self) -> None:
        self.queue_changed.set()
        self.queue_changed = asyncio.Event()


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._request: Request | None = None
        self._body_left = 0
        self._chunks: ChunkDecoder | None = None
        self._unchunked = bytearray()
        self._upload: Incoming | PostedForm | None = None
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self.transport: asyncio.Transport

    # -- asyncio's side ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the connection, so that a shutdown can close it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Give up what the caller no longer waits for."""
        self._server.connections.discard(self)
        self._writable.set()
        if self._upload is not None:
            self._upload.abort()
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The caller reads slowly."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The caller has caught up."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived: go on where the connection stands."""
        if self._upload is not None and not self._buffer and self._chunks is None:
            self._feed_upload(data)
            return
        self._buffer += data
        self._advance()

    # -- reading ----------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        while self._task is None and not self.transport.is_closing():
            if self._request is None and not self._read_head():
                return
            if self._upload is not None or self._chunks is not None or self._body_left > len(self._buffer):
                if not self._read_long_body():
                    return
                continue
            assert self._request is not None
            self._request.body = bytes(self._buffer[: self._body_left])
            del self._buffer[: self._body_left]
            self._serve()

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > HEAD_BYTES_MAX:
                self._refuse(431, "The request's head is too large.")
            return False
        head = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + 4]
        try:
            line, *fields = head.split("\r\n")
            method, target, _version = line.split(" ")
            headers = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
            self._body_left = int(headers.get("content-length", "0"))
        except ValueError:
            self._refuse(400, "The request cannot be read.")
            return False
        self._request = Request.of(method, target, headers)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            self._chunks = ChunkDecoder()
        return self._expect_body(self._request)

    def _expect_body(self, request: Request) -> bool:
        """Decide where the body goes before it comes; False when the request has been refused."""
        if not request.path.startswith("/_hospes/"):
            started = self._server.service.upload(request)
            if isinstance(started, Answer):
                self._request = None
                self._send(request, started, close=self._body_left > 0 or self._chunks is not None)
                return False
            self._upload = started
        if self._upload is None and self._body_left > BODY_BYTES_MAX:
            self._refuse(413, "The request's body is too large.")
            return False
        if request.headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def _read_long_body(self) -> bool:
        """Move what has come of a body to where it goes; False when more must come first."""
        if self._chunks is not None:
            return self._read_chunks(self._chunks)
        if self._upload is None:
            return False
        data = bytes(self._buffer)
        self._buffer.clear()
        self._feed_upload(data)
        return self._request is None and bool(self._buffer)

    def _read_chunks(self, chunks: ChunkDecoder) -> bool:
        try:
            self._unchunked += chunks.feed(bytes(self._buffer))
        except ValueError:
            self._refuse(400, "The request's chunks cannot be read.")
            return False
        self._buffer.clear()
        if self._upload is not None and self._unchunked:
            data = bytes(self._unchunked)
            self._unchunked.clear()
            self._write_upload(data)
        elif len(self._unchunked) > BODY_BYTES_MAX:
            self._refuse(413, "The request's body is too large.")
            return False
        if not chunks.is_done or self._request is None:
            return False
        self._chunks = None
        self._request.headers["connection"] = "close"  # what follows the last chunk is not worth reading
        if self._upload is not None:
            self._finish_upload()
            return False
        self._buffer, self._body_left = bytearray(self._unchunked), len(self._unchunked)
        return True

    def _feed_upload(self, data: bytes) -> None:
        taken = data[: self._body_left]
        self._body_left -= len(taken)
        if taken:
            self._write_upload(taken)
        if self._upload is not None and self._body_left == 0:
            self._finish_upload()
            if len(taken) < len(data):
                self._buffer += data[len(taken) :]
                self._advance()

    def _write_upload(self, data: bytes) -> None:
        assert self._upload is not None
        try:
            self._upload.write(data)
        except Refused as refused:
            self._upload.abort()
            self._upload = None
            if self._request is not None:
                self._send(self._request, refused.answer, close=True)

    def _finish_upload(self) -> None:
        if self._upload is None or self._request is None:
            return
        answer = self._upload.finish()
        request, self._upload, self._request = self._request, None, None
        self._send(request, answer)

    # -- answering --------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        request = self._request
        assert request is not None
        self._request = None
        wait_s = waiting_s(request)
        if wait_s > 0:
            self._task = asyncio.create_task(self._serve_poll(request, wait_s))
        else:
            self._send(request, self._server.answer(request))

    async def _serve_poll(self, request: Request, wait_s: float) -> None:
        answer = await self._server.poll(request, wait_s)
        self._task = None
        self._send(request, answer)
        self._advance()

    def _refuse(self, status: int, message: str) -> None:
        self._request = None
        self._send(Request("GET", "/", {}, {}), json_answer({"message": message}, status), close=True)

    def _send(self, request: Request, answer: Answer, close: bool = False) -> None:
        close = close or request.headers.get("connection", "").lower() == "close"
        lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() != "content-length"]
        lines.append(f"Content-Length: {answer.length}")
        lines.append(f"Connection: {'close' if close else 'keep-alive'}\r\n\r\n")
        head = "\r\n".join(lines).encode("utf-8")
        body = answer.body
        if request.method == "HEAD" or answer.status in (204, 304):
            self.transport.write(head)
        elif isinstance(body, FileSlice) and body.length > WHOLE_SLICE_BYTES:
            self.transport.write(head)
            self._task = asyncio.create_task(self._stream(body, close))
            return
        else:
            self.transport.write(head + answer.content())
        if close:
            self.transport.close()

    async def _stream(self, body: FileSlice, close: bool) -> None:
        try:
            with body.path.open("rb") as file:
                await asyncio.get_running_loop().sendfile(self.transport, file, body.offset, body.length)
        except OSError:
            self.transport.abort()  # the reader went away in the middle
            return
        self._task = None
        if close:
            self.transport.close()
        self._advance()


def phrase(status: int) -> str:
    """The words behind a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
