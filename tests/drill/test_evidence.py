"""What the log tells about the time after the point restored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra.drill import evidence
from infra.drill.evidence import REFUSED, SENT

POINT = datetime(2026, 3, 8, 20, 0, tzinfo=UTC)


def line(event: str, minutes: float, **fields: Any) -> dict[str, Any]:
    """A line some minutes after the point."""
    at = (POINT + timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"at": at, "event": event, "chain": "chn_a", **fields}


def leaving(minutes: float, delivery: str = "dlv_a") -> dict[str, Any]:
    """A message on its way."""
    told = {"delivery": delivery, "guest": "gst_a", "occurrence": "birthday#2026", "channel": "email"}
    return line("delivery_leaving", minutes, **told)


class TestReading:
    def test_takes_what_left_since_the_point_with_some_slack(self) -> None:
        lines = [leaving(minutes, f"dlv_{number}") for number, minutes in enumerate((-60, -1, 0, 5))]
        found = evidence.read(lines, POINT)
        assert [one.delivery for one in found.attempts] == ["dlv_1", "dlv_2", "dlv_3"]

    def test_knows_the_answer_of_the_last_attempt(self) -> None:
        answered = [leaving(1), line("delivery_refused", 1, delivery="dlv_a"), leaving(6)]
        assert [one.answer for one in evidence.read(answered, POINT).attempts] == [None]
        answered.append(line("delivery_sent", 6, delivery="dlv_a"))
        assert [one.answer for one in evidence.read(answered, POINT).attempts] == [SENT]
        assert [one.answer for one in evidence.read(answered[:2], POINT).attempts] == [REFUSED]

    def test_counts_lines_that_lack_something_instead_of_passing_over_them(self) -> None:
        broken = leaving(1)
        del broken["occurrence"]
        withdrawn = line("consent_withdrawn", 2, guest="gst_a", purpose="greeting", channel="email")
        del withdrawn["chain"]
        found = evidence.read([broken, withdrawn, leaving(3)], POINT)
        assert (found.unreadable, len(found.attempts), found.withdrawals) == (2, 1, [])

    def test_passes_over_everything_else(self) -> None:
        found = evidence.read([line("request", 1), {"_aws": {}}, line("metrics", 2)], POINT)
        assert found == evidence.Evidence()


class TestSources:
    def test_local_files_in_the_order_of_time_also_those_put_aside(self, tmp_path: Path) -> None:
        (tmp_path / "runner.log").write_text(f"Traceback …\n{json.dumps(leaving(9, 'dlv_z'))}\n{{broken\n{{}}\n")
        (tmp_path / "runner.log.1").write_text(json.dumps(leaving(1, "dlv_a")) + "\n")
        found = evidence.read(evidence.local_lines(tmp_path), POINT)
        assert [one.delivery for one in found.attempts] == ["dlv_a", "dlv_z"]

    def test_cloudwatch_is_asked_for_these_events_since_the_point_page_by_page(self) -> None:
        client = boto3.client("logs", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
        asked = {"logGroupName": "/aws/lambda/work_due", "filterPattern": ANY, "startTime": 1772999880000}
        with Stubber(client) as stub:
            first = {"events": [{"message": json.dumps(leaving(2, "dlv_b"))}], "nextToken": "more"}
            stub.add_response("filter_log_events", first, asked)
            last = {"events": [{"message": json.dumps(leaving(1, "dlv_a"))}]}
            stub.add_response("filter_log_events", last, {**asked, "nextToken": "more"})
            lines = list(evidence.cloud_lines(client, ["/aws/lambda/work_due"], POINT))
            stub.assert_no_pending_responses()
        assert [one.delivery for one in evidence.read(lines, POINT).attempts] == ["dlv_a", "dlv_b"]

    @pytest.mark.parametrize("event", evidence.EVENTS)
    def test_its_events_are_those_that_the_code_writes(self, event: str) -> None:
        sources = "".join(path.read_text() for path in (Path(__file__).parents[2] / "chalicelib").rglob("*.py"))
        assert f'log.info("{event}"' in sources or f'log.warning("{event}"' in sources
