"""The local S3: presigned uploads and downloads, ranges, parts, listings, refusals."""

from __future__ import annotations

import hashlib
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from infra.local.inprocess import Engine
from infra.local.uploads import ChunkDecoder
from tests.local.stack import PATIENCE_S, EngineProcess, client

MEGABYTE = 1024 * 1024


@pytest.fixture
def files(inside: Engine) -> Any:
    """A client with one empty bucket."""
    one = client("s3", s3={"addressing_style": "path"}, signature_version="s3v4")
    inside.install(one)
    one.create_bucket(Bucket="files")
    return one


def test_an_upload_by_address_can_be_read_by_range(files: Any, inside: Engine) -> None:
    key = "imports/chn_1/客人 & more.csv"
    url = files.generate_presigned_url("put_object", Params={"Bucket": "files", "Key": key}, ExpiresIn=60)
    status, headers, _ = inside.fetch("PUT", url, b"0123456789", {"Content-Type": "text/csv"})
    assert (status, headers["ETag"]) == (200, f'"{hashlib.md5(b"0123456789").hexdigest()}"')
    for asked, body, said in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ):
        part = files.get_object(Bucket="files", Key=key, Range=asked)
        assert (part["Body"].read(), part["ContentRange"]) == (body, said)
    with pytest.raises(files.exceptions.ClientError, match="InvalidRange"):
        files.get_object(Bucket="files", Key=key, Range="bytes=10-")
    head = files.head_object(Bucket="files", Key=key)
    assert (head["ContentLength"], head["ContentType"]) == (10, "text/csv")
    url = files.generate_presigned_url(
        "get_object",
        Params={"Bucket": "files", "Key": key, "ResponseContentDisposition": "attachment; filename=rejected.csv"},
    )
    status, headers, body = inside.fetch("GET", url)
    assert (status, body, headers["Content-Disposition"]) == (200, b"0123456789", "attachment; filename=rejected.csv")


def test_an_address_ends(files: Any, inside: Engine) -> None:
    url = files.generate_presigned_url("put_object", Params={"Bucket": "files", "Key": "k"}, ExpiresIn=1)
    time.sleep(2.1)
    status, _, body = inside.fetch("PUT", url, b"late")
    assert status == 403 and b"Request has expired" in body
    assert "Contents" not in files.list_objects_v2(Bucket="files")


def test_an_object_is_written_only_if_absent_when_asked_so(files: Any) -> None:
    files.put_object(Bucket="files", Key="k", Body=b"1", IfNoneMatch="*", Metadata={"chain": "chn_1"})
    with pytest.raises(files.exceptions.ClientError, match="PreconditionFailed"):
        files.put_object(Bucket="files", Key="k", Body=b"2", IfNoneMatch="*")
    answer = files.get_object(Bucket="files", Key="k")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"1", {"chain": "chn_1"})


def test_listing_goes_by_prefix_page_and_folder(files: Any) -> None:
    keys = sorted(["a/1", "a/2", "a/b/3", "a0", "b/1", "z"])
    for key in keys:
        files.put_object(Bucket="files", Key=key, Body=b"")
    pages = files.get_paginator("list_objects_v2").paginate(Bucket="files", PaginationConfig={"PageSize": 2})
    assert [one["Key"] for page in pages for one in page["Contents"]] == keys
    folder = files.list_objects_v2(Bucket="files", Prefix="a/", Delimiter="/")
    assert [one["Key"] for one in folder["Contents"]] == ["a/1", "a/2"]
    assert [one["Prefix"] for one in folder["CommonPrefixes"]] == ["a/b/"]


def test_copies_and_deletions(files: Any) -> None:
    files.put_object(Bucket="files", Key="a", Body=b"content", ContentType="text/csv")
    files.copy_object(Bucket="files", Key="b", CopySource={"Bucket": "files", "Key": "a"})
    files.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "a"}, {"Key": "absent"}]})
    answer = files.get_object(Bucket="files", Key="b")
    assert (answer["Body"].read(), answer["ContentType"]) == (b"content", "text/csv")
    with pytest.raises(files.exceptions.NoSuchKey):
        files.get_object(Bucket="files", Key="a")
    files.delete_object(Bucket="files", Key="b")
    files.delete_bucket(Bucket="files")
    with pytest.raises(files.exceptions.NoSuchBucket):
        files.put_object(Bucket="files", Key="c", Body=b"")


def test_an_upload_in_parts_is_one_object(files: Any, tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(os.urandom(9 * MEGABYTE))
    files.upload_file(str(source), "files", "large")
    assert files.get_object(Bucket="files", Key="large")["Body"].read() == source.read_bytes()


def test_chunks_are_found_wherever_the_stream_is_cut() -> None:
    framed = b"5;chunk-signature=aa\r\nhello\r\n3\r\n\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"
    for step in range(1, len(framed)):
        decoder = ChunkDecoder()
        pieces = [decoder.feed(framed[at : at + step]) for at in range(0, len(framed), step)]
        assert b"".join(pieces) == b"hello\r\n!"
        assert decoder.is_done


def test_a_large_body_streams_through_the_engine(outside: EngineProcess) -> None:
    files = outside.client("s3", s3={"addressing_style": "path"}, signature_version="s3v4")
    files.create_bucket(Bucket="files")
    piece = os.urandom(MEGABYTE)
    url = files.generate_presigned_url("put_object", Params={"Bucket": "files", "Key": "big.csv"})
    request = urllib.request.Request(url, data=(piece for _ in range(48)), method="PUT")
    request.add_header("Content-Length", str(48 * MEGABYTE))
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    start = 30 * MEGABYTE + 17
    part = files.get_object(Bucket="files", Key="big.csv", Range=f"bytes={start}-{start + 99}")["Body"].read()
    assert part == piece[17:117]
    assert (
        hashlib.md5(files.get_object(Bucket="files", Key="big.csv")["Body"].read()).digest()
        == hashlib.md5(piece * 48).digest()
    )
    assert outside.process is not None
    status = Path(f"/proc/{outside.process.pid}/status")
    if status.exists():
        peak_kb = int(status.read_text().split("VmHWM:")[1].split()[0])
        assert peak_kb < 90_000, "the body was held in memory"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(urllib.request.Request(url.replace("/files/", "/nowhere/"), data=b"x", method="PUT"))


def test_a_body_that_breaks_off_leaves_nothing(outside: EngineProcess) -> None:
    files = outside.client("s3", s3={"addressing_style": "path"})
    files.create_bucket(Bucket="files")
    url = files.generate_presigned_url("put_object", Params={"Bucket": "files", "Key": "half"})
    request = urllib.request.Request(url, data=iter([b"x" * 1000]), method="PUT")
    request.add_header("Content-Length", "5000")
    with pytest.raises(OSError):
        urllib.request.urlopen(request, timeout=0.5)
    assert "Contents" not in files.list_objects_v2(Bucket="files")
    ends_at = time.monotonic() + PATIENCE_S
    while list((outside.data / "objects" / "bodies").iterdir()) and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert list((outside.data / "objects" / "bodies").iterdir()) == []


FORM_LIMITS = [{"Content-Type": "text/csv"}, {"success_action_redirect": "http://127.0.0.1:9/back"},
               ["starts-with", "$x-amz-meta-note", "a"], ["content-length-range", 1, 20]]  # fmt: skip


def posted(files: Any, inside: Engine, content: bytes, *, seconds: int = 60, **changed: str) -> tuple[int, Any, bytes]:
    """Send a file by a form as a browser would; `changed` are fields that somebody has altered."""
    said = {"Content-Type": "text/csv", "success_action_redirect": "http://127.0.0.1:9/back", "x-amz-meta-note": "abc"}
    made = files.generate_presigned_post("files", "imports/a b.csv", said, FORM_LIMITS, ExpiresIn=seconds)
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {**made["fields"], **changed}.items()
    ]
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\nContent-Type: text/csv\r\n\r\n'
    body = b"".join(parts) + head + content + b"\r\n--cut--\r\n"
    return inside.fetch("POST", made["url"], body, {"Content-Type": "multipart/form-data; boundary=cut"})


def test_a_form_with_a_file_is_kept_and_leads_back(files: Any, inside: Engine) -> None:
    content = b"a,b\r\n--cut\r\n1,2\r\n"  # what looks like the form's own seam is the file's
    status, headers, _ = posted(files, inside, content)
    assert status == 303 and headers["Location"].startswith("http://127.0.0.1:9/back?bucket=files&key=imports%2Fa+b.csv")
    found = files.get_object(Bucket="files", Key="imports/a b.csv")
    assert (found["Body"].read(), found["ContentType"]) == (content, "text/csv")
    assert found["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'


@pytest.mark.parametrize(
    ("content", "changed", "code"),
    [
        (b"", {}, b"EntityTooSmall"),
        (b"x" * 21, {}, b"EntityTooLarge"),
        (b"x", {"key": "imports/other.csv"}, b"AccessDenied"),
        (b"x", {"success_action_redirect": "http://127.0.0.1:9/elsewhere"}, b"AccessDenied"),
        (b"x", {"x-amz-meta-note": "bc"}, b"AccessDenied"),
        (b"x", {"acl": "public-read"}, b"AccessDenied"),
        (b"x", {"policy": "e30="}, b"InvalidPolicyDocument"),
    ],
)
def test_a_form_is_held_to_its_policy(
    files: Any, inside: Engine, content: bytes, changed: dict[str, str], code: bytes
) -> None:
    status, _, body = posted(files, inside, content, **changed)
    assert status in (400, 403) and code in body
    assert "Contents" not in files.list_objects_v2(Bucket="files")


def test_a_form_ends(files: Any, inside: Engine) -> None:
    status, _, body = posted(files, inside, b"x", seconds=-1)
    assert status == 403 and b"Policy expired" in body


def test_a_form_without_a_file_is_refused(files: Any, inside: Engine) -> None:
    told = {"Content-Type": "multipart/form-data; boundary=cut"}
    address = files.generate_presigned_post("files", "k")["url"]
    assert inside.fetch("POST", address, b"--cut--\r\n", told)[0] == 400
    assert inside.fetch("POST", address, b"", {"Content-Type": "multipart/form-data"})[0] == 400
