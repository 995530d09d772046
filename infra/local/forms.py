"""Forms with a file that a browser posts to the local S3: streamed to a file whole, then judged by their own policy.

What S3 checks beside the signature is checked here: when the policy ends, that every field is as it says, and the size.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.local.uploads import OBJECT_BYTES_MAX, WRITE_BUFFER_BYTES, Refused
from infra.local.wire import Answer, Request

FIELDS_BYTES_MAX = 64 * 1024  # of everything that stands before the file; S3 takes 20 kB
_FIELD_NAME = re.compile(rb'name="([^"]*)"', re.IGNORECASE)
# What needs no condition in a policy: S3's own list.
_UNNAMED = frozenset({"file", "policy", "x-amz-signature", "signature", "awsaccesskeyid"})

# Gives a complete body its name: key, file, size, MD5, headers.
Keep = Callable[[str, Path, int, str, dict[str, str]], None]


class PostedForm:
    """One form on its way to a file."""

    def __init__(self, request: Request, bucket: str, path: Path, keep: Keep) -> None:
        self.request = request
        self.path = path
        self._bucket = bucket
        self._keep = keep
        self._size = 0
        self._file = path.open("wb", buffering=WRITE_BUFFER_BYTES)

    def write(self, data: bytes) -> None:
        """Take the next piece of the body."""
        self._size += len(data)
        if self._size > OBJECT_BYTES_MAX:
            raise Refused("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400)
        self._file.write(data)

    def finish(self) -> Answer:
        """The form is complete: keep its file under the key that it names, if its policy lets it."""
        self._file.close()
        try:
            fields, start, stop = self._parts()
            check(fields, self._bucket, stop - start)
            whole = self.path.with_name(self.path.name + "f")
            etag = self._cut(whole, start, stop)
            headers = {name.title(): value for name, value in fields.items() if name == "content-type"}
            self._keep(fields["key"], whole, stop - start, etag, headers)
            return _answer(fields, self._bucket, etag)
        except Refused as refused:
            return refused.answer
        finally:
            self.path.unlink(missing_ok=True)

    def abort(self) -> None:
        """The sender went away."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _parts(self) -> tuple[dict[str, str], int, int]:
        """The fields by lower-case name, and where the file's bytes begin and end."""
        kind = self.request.headers.get("content-type", "")
        boundary = b"--" + kind.partition("boundary=")[2].split(";")[0].strip('"').encode()
        with self.path.open("rb") as file:
            top = file.read(FIELDS_BYTES_MAX)
            size = file.seek(0, 2)
            file.seek(max(0, size - len(boundary) - 16))
            ending = file.read()
        fields: dict[str, str] = {}
        place = 0
        while len(boundary) > 2 and (found := top.find(boundary, place)) >= 0:
            end = top.find(b"\r\n\r\n", found)
            name = _FIELD_NAME.search(top[found:end]) if end >= 0 else None
            if name is None:
                break
            if name.group(1) == b"file":
                stop = size - len(ending) + ending.rfind(b"\r\n" + boundary)
                return fields, end + 4, max(stop, end + 4)
            place = top.find(b"\r\n" + boundary, end)
            if place < 0:
                break
            fields[name.group(1).decode().lower()] = top[end + 4 : place].decode()
        raise Refused("InvalidArgument", "POST requires exactly one file upload per request.", 400)

    def _cut(self, target: Path, start: int, stop: int) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        with self.path.open("rb") as source, target.open("wb") as copy:
            source.seek(start)
            shutil.copyfileobj(source, copy, WRITE_BUFFER_BYTES)
            copy.truncate(stop - start)
        with target.open("rb") as copy:
            while piece := copy.read(WRITE_BUFFER_BYTES):
                digest.update(piece)
        return digest.hexdigest()


def check(fields: dict[str, str], bucket: str, size: int) -> None:
    """Raises Refused for what the form's policy does not allow, or that it does not speak of."""
    try:
        policy: dict[str, Any] = json.loads(b64decode(fields["policy"], validate=True))
        ends = datetime.strptime(policy["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        conditions = [_condition(one) for one in policy["conditions"]]
    except (KeyError, ValueError, NotBase64):
        raise Refused("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.", 400) from None
    if ends < datetime.now(UTC):
        raise Refused("AccessDenied", "Invalid according to Policy: Policy expired.", 403)
    sent = {**fields, "bucket": bucket}
    spoken_of = {"bucket"}
    for how, name, wanted in conditions:
        if how == "content-length-range":
            if size < int(name):
                raise Refused("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400)
            if size > int(wanted):
                raise Refused("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400)
            continue
        spoken_of.add(name)
        value = sent.get(name, "")
        if not (value.startswith(wanted) if how == "starts-with" else name in sent and value == wanted):
            raise Refused("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {name}", 403)
    extra = next((name for name in fields if name not in spoken_of | _UNNAMED), None)
    if extra is not None:
        raise Refused("AccessDenied", f"Invalid according to Policy: Extra input fields: {extra}", 403)


def _condition(one: Any) -> tuple[str, str, str]:
    if isinstance(one, dict):
        ((name, value),) = one.items()
        return "eq", str(name).lower(), str(value)
    how, name, value = one
    return str(how), str(name).removeprefix("$").lower(), str(value)


def _answer(fields: dict[str, str], bucket: str, etag: str) -> Answer:
    back = fields.get("success_action_redirect", "")
    if not back:
        return Answer(204, {"ETag": f'"{etag}"'})
    told = urlencode({"bucket": bucket, "key": fields["key"], "etag": f'"{etag}"'})
    return Answer(303, {"Location": f"{back}{'&' if '?' in back else '?'}{told}"})
