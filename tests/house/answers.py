"""What every answer has to be, whatever was asked."""

from __future__ import annotations

from tests.client import Reply

PROBLEM = "application/problem+json"
REFUSALS = {400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428}


def check(reply: Reply) -> None:
    """No defect, no framework's own words, no trace."""
    assert reply.status < 400 or reply.status in REFUSALS, reply
    assert reply.headers["request-id"].startswith("req_"), reply
    assert reply.headers["x-content-type-options"] == "nosniff"
    if reply.status >= 400:
        assert reply.headers["content-type"] == PROBLEM, reply
        body = reply.json
        assert body["status"] == reply.status
        assert body["instance"] == reply.headers["request-id"]
        assert "Traceback" not in reply.text


def pointers(reply: Reply) -> set[str]:
    """The fields that a refusal complains of."""
    return {one["pointer"] for one in reply.json.get("errors", [])}
