"""How an S3 request says what it wants: its address, its headers, its range, and until when it may."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from urllib.parse import unquote

from infra.local.uploads import Refused
from infra.local.wire import Request

PRESIGNED_TIME_FORMAT = "%Y%m%dT%H%M%SZ"
VIRTUAL_HOST = re.compile(r"(.+)\.s3[.-]([a-z0-9-]+\.)?amazonaws\.com")
KEPT_HEADERS = ("content-type", "content-disposition", "content-encoding", "content-language", "cache-control")


def address(request: Request) -> tuple[str, str]:
    """Bucket and key, from the path or, for a client without an endpoint of its own, from the host name."""
    path = request.path[1:]
    by_host = VIRTUAL_HOST.match(request.headers.get("host", ""))
    if by_host:
        return by_host.group(1), unquote(path)
    bucket, _, key = path.partition("/")
    return unquote(bucket), unquote(key)


def kept_headers(request: Request) -> dict[str, str]:
    """What S3 gives back with the object."""
    kept = {name.title(): request.headers[name] for name in KEPT_HEADERS if request.headers.get(name)}
    encoding = kept.get("Content-Encoding", "").replace("aws-chunked", "").strip(", ")
    kept.pop("Content-Encoding", None)
    if encoding:
        kept["Content-Encoding"] = encoding
    kept.setdefault("Content-Type", "binary/octet-stream")
    kept.update({name: value for name, value in request.headers.items() if name.startswith("x-amz-meta-")})
    return kept


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a `Range: bytes=a-b`; None when the whole is meant."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not match or match.group(1) == match.group(2) == "":
        return None
    if match.group(1) == "":
        start, stop = max(0, size - int(match.group(2))), size
    else:
        start = int(match.group(1))
        stop = min(size, int(match.group(2)) + 1) if match.group(2) else size
    if start >= size or start >= stop:
        raise Refused("InvalidRange", "The requested range is not satisfiable", 416)
    return start, stop


def check_expiry(request: Request) -> None:
    """A presigned address stops working when its time is over, here as there."""
    ends = request.parameter("Expires")
    if ends.isdigit() and int(ends) < time.time():
        raise Refused("AccessDenied", "Request has expired", 403)
    issued, lifetime_s = request.parameter("X-Amz-Date"), request.parameter("X-Amz-Expires")
    if not issued or not lifetime_s.isdigit():
        return
    issued_at = datetime.strptime(issued, PRESIGNED_TIME_FORMAT).replace(tzinfo=UTC)
    if (datetime.now(UTC) - issued_at).total_seconds() > int(lifetime_s):
        raise Refused("AccessDenied", "Request has expired", 403)


def preflight(request: Request) -> dict[str, str]:
    """A browser asks before it uploads from the portal."""
    return {
        "Access-Control-Allow-Origin": request.headers.get("origin", "*"),
        "Access-Control-Allow-Methods": "GET, PUT, HEAD",
        "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", "*"),
        "Access-Control-Max-Age": "600",
    }


def iso_now() -> str:
    """The present as S3 writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
