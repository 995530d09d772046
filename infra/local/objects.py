"""S3 for one machine: bodies are files, their names a SQLite index, so a 1 GB upload never sits in memory.

Durable by itself: a body is complete on disk before its name points to it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import uuid
from base64 import b64decode, b64encode
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from infra.local.forms import PostedForm
from infra.local.object_requests import address, byte_range, check_expiry, iso_now, kept_headers, preflight
from infra.local.uploads import Incoming, Refused
from infra.local.wire import Answer, FileSlice, Request, xml_answer

LIST_KEYS_MAX = 1000  # S3's own page size
COPY_BYTES = 1024 * 1024
KEY_BYTES_MAX = 1024  # S3's own limit

# Bucket settings that a deployment may put; the local bucket is private to this machine and needs none of them.
IGNORED_SETTINGS = (
    *("cors", "encryption", "lifecycle", "notification", "ownershipControls"),
    *("policy", "publicAccessBlock", "tagging", "versioning"),
)

SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified_at TEXT NOT NULL, headers TEXT NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
"""

OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-cache-control": "Cache-Control",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
}


class Objects:
    """The buckets of the local stack."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._bodies = folder / "bodies"
        self._bodies.mkdir(exist_ok=True)
        self._index = sqlite3.connect(folder / "index.sqlite", isolation_level=None, check_same_thread=False)
        self._index.execute("PRAGMA journal_mode=WAL")
        self._index.execute("PRAGMA synchronous=OFF")
        self._index.executescript(SCHEMA)
        self._sweep()

    def close(self) -> None:
        """Release the index."""
        self._index.close()

    def clear(self, keep_buckets: bool = False) -> None:
        """Forget everything, or everything but the buckets themselves."""
        for table in ("objects", "uploads", "parts") if keep_buckets else ("buckets", "objects", "uploads", "parts"):
            self._index.execute(f"DELETE FROM {table}")
        self._sweep()

    def _sweep(self) -> None:
        known = {row[0] for row in self._index.execute("SELECT file FROM objects UNION SELECT file FROM parts")}
        for path in self._bodies.iterdir():
            if path.name not in known:
                path.unlink(missing_ok=True)

    # -- the door ---------------------------------------------------------------------------------------------

    def upload(self, request: Request) -> Incoming | PostedForm | Answer | None:
        """Start an upload, or refuse it; None if the request carries no object's body."""
        if request.method == "POST" and request.headers.get("content-type", "").startswith("multipart/form-data"):
            return self._form(request)
        if request.method != "PUT" or any(name in request.query for name in IGNORED_SETTINGS):
            return None
        try:
            bucket, key = address(request)
            if not key or "x-amz-copy-source" in request.headers:
                return None
            check_expiry(request)
            self._need_bucket(bucket)
            if len(key.encode()) > KEY_BYTES_MAX:
                raise Refused("KeyTooLongError", "Your key is too long", 400)
        except Refused as refused:
            return refused.answer
        return Incoming(request, self._bodies / uuid.uuid4().hex, self.settle)

    def _form(self, request: Request) -> PostedForm | Answer:
        bucket = address(request)[0]
        try:
            self._need_bucket(bucket)
        except Refused as refused:
            return refused.answer

        def keep(key: str, body: Path, size: int, etag: str, headers: dict[str, str]) -> None:
            self._name(bucket, key, body.name, size, etag, json.dumps(headers))

        return PostedForm(request, bucket, self._bodies / uuid.uuid4().hex, keep)

    def answer(self, request: Request) -> Answer:
        """Answer one complete request."""
        try:
            check_expiry(request)
            bucket, key = address(request)
            if request.method == "OPTIONS":
                return Answer(200, preflight(request))
            if not bucket:
                return self._list_buckets()
            answer = self._object_request(request, bucket, key) if key else self._bucket_request(request, bucket)
        except Refused as refused:
            return refused.answer
        answer.headers.setdefault("Access-Control-Allow-Origin", "*")
        answer.headers.setdefault("Access-Control-Expose-Headers", "ETag")
        return answer

    def whole(self, request: Request) -> Answer:
        """Answer a request whose body is at hand."""
        started = self.upload(request)
        if started is None:
            return self.answer(request)
        if isinstance(started, Answer):
            return started
        try:
            started.write(request.body)
        except Refused as refused:
            started.abort()
            return refused.answer
        return started.finish()

    # -- buckets ----------------------------------------------------------------------------------------------

    def _need_bucket(self, bucket: str) -> None:
        if not self._index.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone():
            raise Refused("NoSuchBucket", "The specified bucket does not exist", 404)

    def _list_buckets(self) -> Answer:
        rows = self._index.execute("SELECT name, created_at FROM buckets ORDER BY name").fetchall()
        inner = "".join(f"<Bucket><Name>{n}</Name><CreationDate>{c}</CreationDate></Bucket>" for n, c in rows)
        return xml_answer("ListAllMyBucketsResult", f"<Buckets>{inner}</Buckets>")

    def _bucket_request(self, request: Request, bucket: str) -> Answer:
        method, query = request.method, request.query
        setting = next((name for name in IGNORED_SETTINGS if name in query), None)
        if method == "PUT" and setting is None:
            if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
                raise Refused("InvalidBucketName", "The specified bucket is not valid.", 400)
            self._index.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", (bucket, iso_now()))
            return Answer(200, {"Location": f"/{bucket}"})
        self._need_bucket(bucket)
        if setting is not None:
            if method in ("PUT", "DELETE"):
                return Answer(200 if method == "PUT" else 204)
            raise Refused("NoSuchConfiguration", f"The {setting} configuration does not exist", 404)
        if method == "HEAD":
            return Answer(200)
        if method == "GET" and "location" in query:
            return xml_answer("LocationConstraint", "")
        if method == "GET":
            return self._list_objects(request, bucket)
        if method == "POST" and "delete" in query:
            return self._delete_objects(request, bucket)
        if method == "DELETE":
            if self._index.execute("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", (bucket,)).fetchone():
                raise Refused("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)
            self._index.execute("DELETE FROM buckets WHERE name = ?", (bucket,))
            return Answer(204)
        raise Refused("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)

    def _list_objects(self, request: Request, bucket: str) -> Answer:
        prefix, delimiter = request.parameter("prefix"), request.parameter("delimiter")
        count_max = min(int(request.parameter("max-keys", str(LIST_KEYS_MAX))), LIST_KEYS_MAX)
        token = request.parameter("continuation-token")
        after = b64decode(token).decode() if token else request.parameter("start-after")
        rows = self._index.execute(
            "SELECT key, size, etag, modified_at FROM objects WHERE bucket = ? AND key > ? AND key >= ? ORDER BY key",
            (bucket, after, prefix),
        )
        contents: list[str] = []
        folders: list[str] = []
        last, truncated = after, False
        for key, size, etag, modified_at in rows:
            if not key.startswith(prefix):
                break
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            folder = key[: cut + len(delimiter)] if cut >= 0 else ""
            if folder and (folder in folders or after.startswith(folder)):
                last = key
                continue
            if len(contents) + len(folders) >= count_max:
                truncated = True
                break
            last = key
            if folder:
                folders.append(folder)
            else:
                contents.append(
                    f"<Contents><Key>{escape(key)}</Key><LastModified>{modified_at}</LastModified>"
                    f"<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                )
        following = b64encode(last.encode()).decode()
        more = f"<NextContinuationToken>{following}</NextContinuationToken>" if truncated else ""
        inner = (
            f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix><MaxKeys>{count_max}</MaxKeys>"
            f"<KeyCount>{len(contents) + len(folders)}</KeyCount><IsTruncated>{str(truncated).lower()}</IsTruncated>"
            + more
            + "".join(contents)
            + "".join(f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>" for f in folders)
        )
        return xml_answer("ListBucketResult", inner)

    def _delete_objects(self, request: Request, bucket: str) -> Answer:
        root = ElementTree.fromstring(request.body)
        keys = [node.text or "" for node in root.iter() if node.tag.rpartition("}")[2] == "Key"]
        for key in keys:
            self._forget(bucket, key)
        inner = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        return xml_answer("DeleteResult", inner)

    # -- objects ----------------------------------------------------------------------------------------------

    def _object_request(self, request: Request, bucket: str, key: str) -> Answer:
        method, query = request.method, request.query
        self._need_bucket(bucket)
        if method in ("GET", "HEAD") and not any(name in query for name in ("tagging", "acl", "uploadId")):
            return self._read(request, bucket, key)
        if method == "DELETE":
            if "uploadId" in query:
                self._drop_upload(request.parameter("uploadId"))
            else:
                self._forget(bucket, key)
            return Answer(204)
        if method == "PUT" and "x-amz-copy-source" in request.headers:
            return self._copy(request, bucket, key)
        if method == "POST" and "uploads" in query:
            upload = uuid.uuid4().hex
            headers = json.dumps(kept_headers(request))
            self._index.execute("INSERT INTO uploads VALUES (?, ?, ?, ?)", (upload, bucket, key, headers))
            inner = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
            return xml_answer("InitiateMultipartUploadResult", inner)
        if method == "POST" and "uploadId" in query:
            return self._join(request, bucket, key)
        raise Refused("NotImplemented", "The local store does not implement this operation.", 501)

    def _row(self, bucket: str, key: str) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._index.execute(
            "SELECT file, size, etag, modified_at, headers FROM objects WHERE bucket = ? AND key = ?", (bucket, key)
        ).fetchone()
        return row

    def _read(self, request: Request, bucket: str, key: str) -> Answer:
        row = self._row(bucket, key)
        if row is None:
            raise Refused("NoSuchKey", "The specified key does not exist.", 404)
        file, size, etag, modified_at, kept = row
        headers = {
            "ETag": f'"{etag}"',
            "Accept-Ranges": "bytes",
            "Last-Modified": format_datetime(datetime.fromisoformat(modified_at), usegmt=True),
            **json.loads(kept),
        }
        headers.update({name: request.query[q][0] for q, name in OVERRIDES.items() if q in request.query})
        if request.headers.get("if-none-match", "").strip('"') == etag:
            return Answer(304, headers)
        wanted = request.headers.get("if-match")
        if wanted and wanted.strip('"') != etag:
            raise Refused("PreconditionFailed", "At least one of the pre-conditions did not hold", 412)
        start, stop = 0, size
        status = 200
        span = byte_range(request.headers.get("range", ""), size)
        if span is not None:
            start, stop = span
            status = 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return Answer(status, headers, FileSlice(self._bodies / file, start, stop - start))

    def keep(self, bucket: str, key: str, content: bytes) -> None:
        """Put an object as another service of AWS does, not asked over the wire. Raises Refused."""
        self._need_bucket(bucket)
        file, etag = uuid.uuid4().hex, hashlib.md5(content, usedforsecurity=False).hexdigest()
        (self._bodies / file).write_bytes(content)
        self._name(bucket, key, file, len(content), etag, '{"Content-Type": "binary/octet-stream"}')

    def settle(self, incoming: Incoming) -> Answer:
        """Point the object's name, or the part's number, to a complete body."""
        request = incoming.request
        bucket, key = address(request)
        etag = incoming.etag
        if "partNumber" in request.query:
            upload = request.parameter("uploadId")
            if not self._index.execute("SELECT 1 FROM uploads WHERE id = ?", (upload,)).fetchone():
                raise Refused("NoSuchUpload", "The specified multipart upload does not exist.", 404)
            number = int(request.parameter("partNumber"))
            self._index.execute(
                "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)",
                (upload, number, incoming.path.name, incoming.size, etag),
            )
        else:
            self._check_preconditions(request, bucket, key)
            self._name(bucket, key, incoming.path.name, incoming.size, etag, json.dumps(kept_headers(request)))
        return Answer(
            200, {"ETag": f'"{etag}"', "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
        )

    def _check_preconditions(self, request: Request, bucket: str, key: str) -> None:
        absent, same = request.headers.get("if-none-match"), request.headers.get("if-match")
        if not absent and not same:
            return
        row = self._row(bucket, key)
        if (absent == "*" and row) or (same and (row is None or same.strip('"') != row[2])):
            raise Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)

    def _name(self, bucket: str, key: str, file: str, size: int, etag: str, headers: str) -> None:
        previous = self._row(bucket, key)
        self._index.execute(
            "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
            (bucket, key, file, size, etag, iso_now(), headers),
        )
        if previous is not None:
            (self._bodies / previous[0]).unlink(missing_ok=True)

    def _forget(self, bucket: str, key: str) -> None:
        row = self._row(bucket, key)
        if row is not None:
            self._index.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
            (self._bodies / row[0]).unlink(missing_ok=True)

    def _copy(self, request: Request, bucket: str, key: str) -> Answer:
        source_bucket, _, source_key = unquote(request.headers["x-amz-copy-source"]).lstrip("/").partition("/")
        row = self._row(source_bucket, source_key)
        if row is None:
            raise Refused("NoSuchKey", "The specified key does not exist.", 404)
        file = uuid.uuid4().hex
        os.link(self._bodies / row[0], self._bodies / file)
        replaced = request.headers.get("x-amz-metadata-directive") == "REPLACE"
        self._name(bucket, key, file, row[1], row[2], json.dumps(kept_headers(request)) if replaced else row[4])
        inner = f"<ETag>&quot;{row[2]}&quot;</ETag><LastModified>{iso_now()}</LastModified>"
        return xml_answer("CopyObjectResult", inner)

    # -- uploads in parts -------------------------------------------------------------------------------------

    def _join(self, request: Request, bucket: str, key: str) -> Answer:
        upload = request.parameter("uploadId")
        row = self._index.execute("SELECT headers FROM uploads WHERE id = ?", (upload,)).fetchone()
        if row is None:
            raise Refused("NoSuchUpload", "The specified multipart upload does not exist.", 404)
        root = ElementTree.fromstring(request.body)
        numbers = [int(node.text or 0) for node in root.iter() if node.tag.rpartition("}")[2] == "PartNumber"]
        parts = {
            number: (file, size, etag)
            for number, file, size, etag in self._index.execute(
                "SELECT number, file, size, etag FROM parts WHERE upload = ?", (upload,)
            )
        }
        if not numbers or any(number not in parts for number in numbers) or numbers != sorted(set(numbers)):
            raise Refused("InvalidPart", "One or more of the specified parts could not be found.", 400)
        whole = self._bodies / uuid.uuid4().hex
        with whole.open("wb") as target:
            for number in numbers:
                with (self._bodies / parts[number][0]).open("rb") as source:
                    shutil.copyfileobj(source, target, COPY_BYTES)
        digest = hashlib.md5(b"".join(bytes.fromhex(parts[n][2]) for n in numbers), usedforsecurity=False)
        etag = f"{digest.hexdigest()}-{len(numbers)}"
        self._name(bucket, key, whole.name, whole.stat().st_size, etag, row[0])
        self._drop_upload(upload)
        inner = f"<Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag>"
        return xml_answer("CompleteMultipartUploadResult", inner)

    def _drop_upload(self, upload: str) -> None:
        files = self._index.execute("SELECT file FROM parts WHERE upload = ?", (upload,)).fetchall()
        self._index.execute("DELETE FROM parts WHERE upload = ?", (upload,))
        self._index.execute("DELETE FROM uploads WHERE id = ?", (upload,))
        for (file,) in files:
            (self._bodies / file).unlink(missing_ok=True)
