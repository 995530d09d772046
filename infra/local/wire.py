"""The shapes every part of the local stack speaks: one request, one answer, and the XML that some AWS services use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

REGION_DEFAULT = "us-east-1"


@dataclass(slots=True)
class Request:
    """One HTTP request; header names are lower case, `path` is still percent-encoded."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes = b""

    @classmethod
    def of(cls, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Request:
        """Build a request from the request line's target."""
        path, _, query = target.partition("?")
        parsed = parse_qs(query, keep_blank_values=True) if query else {}
        return cls(method, path, parsed, headers, body)

    def parameter(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else default

    def scope(self) -> tuple[str, str, str]:
        """Access key, region and service out of the signature's credential scope, wherever it stands."""
        authorization = self.headers.get("authorization", "")
        start = authorization.find("Credential=")
        if start >= 0:
            credential = authorization[start + 11 :].split(",", 1)[0]
        else:
            credential = unquote(self.parameter("X-Amz-Credential"))
        parts = credential.strip().split("/")
        if len(parts) < 5:
            return "", REGION_DEFAULT, ""
        return parts[0], parts[2], parts[3]


@dataclass(slots=True)
class FileSlice:
    """A part of a file that is sent without being read into memory at once."""

    path: Path
    offset: int
    length: int

    def read(self) -> bytes:
        """All of it; for callers that have no stream."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.length)


@dataclass(slots=True)
class Answer:
    """What goes back; a body may be a slice of a file."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | FileSlice = b""

    def content(self) -> bytes:
        """The body as bytes."""
        return self.body.read() if isinstance(self.body, FileSlice) else self.body

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return self.body.length if isinstance(self.body, FileSlice) else len(self.body)


def json_answer(value: Any, status: int = 200) -> Answer:
    """An answer in JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, text.encode())


def xml_answer(root: str, inner: str, status: int = 200) -> Answer:
    """An answer in S3's XML."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</{root}>'
    )
    return Answer(status, {"Content-Type": "application/xml"}, text.encode())


def xml_error(code: str, message: str, status: int, resource: str = "") -> Answer:
    """A refusal in S3's XML."""
    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message><Resource>{escape(resource)}</Resource>"
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return Answer(status, {"Content-Type": "application/xml"}, text.encode())
