"""The files of imports in S3: where they are uploaded to, read from in ranges, and downloaded from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO

from chalicelib.connect.rules import FILE_BYTES_MAX, Unreadable
from chalicelib.kernel import aws
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, TooLarge
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.settings import settings

ADDRESS_KEPT_S = 3600  # an upload of 1 GB at 3 Mbit/s takes three quarters of an hour
CSV_TYPE = "text/csv"

# A chain's session may not list the bucket, and to whoever may not list it S3 says 403 of an object that is not there.
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound", "403", "AccessDenied", "Forbidden"})
_REPLACED = frozenset({"412", "PreconditionFailed"})


@dataclass(frozen=True)
class Address:
    """A presigned address and how long it works."""

    method: str
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class Form:
    """Where a form with a file is sent to, and what stands in it before the file, which is its last field."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Source:
    """An uploaded file in the state it was in when the run was started."""

    key: str
    etag: str
    size: int

    def read(self, start: int, end: int) -> bytes:
        """Bytes from `start` to before `end`. Raises Unreadable if the file is gone or has been replaced."""
        try:
            answer = aws.client("s3").get_object(
                Bucket=settings().bucket, Key=self.key, Range=f"bytes={start}-{end - 1}", IfMatch=f'"{self.etag}"'
            )
            content: bytes = answer["Body"].read()
        except aws.ClientError as error:
            if aws.error_code(error) in _REPLACED:
                raise Unreadable(N_("The file was replaced while it was being read.")) from None
            if aws.error_code(error) in _ABSENT:
                raise Unreadable(N_("The file is no longer there.")) from None
            raise
        return content


def upload_address(key: str) -> Address:
    """Where a browser or a program may PUT the file, once or again, for a while."""
    kept_s = aws.works_for_s(ADDRESS_KEPT_S)
    url = aws.client("s3").generate_presigned_url(
        "put_object", Params={"Bucket": settings().bucket, "Key": key}, ExpiresIn=kept_s, HttpMethod="PUT"
    )
    return Address("PUT", str(url), real_now() + timedelta(seconds=kept_s))


def upload_form(key: str, back: str) -> Form:
    """How a browser's form may send the file, once or again, for a while; then it is led `back`.

    S3 itself refuses what is empty or too large, and any other key.
    """
    made = aws.client("s3").generate_presigned_post(
        Bucket=settings().bucket,
        Key=key,
        Fields={"Content-Type": CSV_TYPE, "success_action_redirect": back},
        Conditions=[
            {"Content-Type": CSV_TYPE},
            {"success_action_redirect": back},
            ["content-length-range", 1, FILE_BYTES_MAX],
        ],
        ExpiresIn=aws.works_for_s(ADDRESS_KEPT_S),
    )
    return Form(str(made["url"]), dict(made["fields"]))


def download_address(key: str, file_name: str) -> Address:
    """Where a finished file may be fetched from, for a while, to be saved under `file_name` (ASCII)."""
    kept_s = aws.works_for_s(ADDRESS_KEPT_S)
    url = aws.client("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{file_name}"',
            "ResponseContentType": f"{CSV_TYPE}; charset=utf-8",
        },
        ExpiresIn=kept_s,
    )
    return Address("GET", str(url), real_now() + timedelta(seconds=kept_s))


def uploaded(key: str) -> Source:
    """The file as it is now. Raises Conflict before the upload, TooLarge beyond the limit."""
    try:
        head = aws.client("s3").head_object(Bucket=settings().bucket, Key=key)
    except aws.ClientError as error:
        if aws.error_code(error) in _ABSENT:
            raise Conflict(N_("No file has been uploaded yet.")) from None
        raise
    if int(head["ContentLength"]) > FILE_BYTES_MAX:
        raise TooLarge(N_("The file is larger than 1 GB."))
    return Source(key, str(head["ETag"]).strip('"'), int(head["ContentLength"]))


def put(key: str, content: bytes | IO[bytes]) -> None:
    """Store a whole file."""
    aws.client("s3").put_object(Bucket=settings().bucket, Key=key, Body=content, ContentType=CSV_TYPE)


def fetch(key: str) -> bytes:
    """A whole file of ours; empty if there is none."""
    try:
        content: bytes = aws.client("s3").get_object(Bucket=settings().bucket, Key=key)["Body"].read()
    except aws.ClientError as error:
        if aws.error_code(error) not in _ABSENT:
            raise
        return b""
    return content


def begin_parts(key: str) -> str:
    """Begin a file that is put together from parts; returns the id to name it by."""
    answer = aws.client("s3").create_multipart_upload(Bucket=settings().bucket, Key=key, ContentType=CSV_TYPE)
    return str(answer["UploadId"])


def put_part(key: str, upload_id: str, number: int, content: bytes) -> str:
    """Store part `number` (from 1; at least 5 MB unless it is the last); repeating it replaces it. Returns its tag."""
    answer = aws.client("s3").upload_part(
        Bucket=settings().bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=content
    )
    return str(answer["ETag"])


def end_parts(key: str, upload_id: str, tags: list[str]) -> None:
    """Make the file of its parts. Repeating it after it was done is harmless."""
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
    try:
        aws.client("s3").complete_multipart_upload(
            Bucket=settings().bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
    except aws.ClientError as error:
        if aws.error_code(error) != "NoSuchUpload":
            raise
