"""The package deployed and driven through its API address, from an empty account to a greeting in the mail service.

The local AWS runs the functions of both zips as processes of their own, calls them from its queues and its gateway, and
resolves secrets, roles and names as CloudFormation does. It ticks schedules once a minute, too long for a test: the
test calls the schedule's own target with the event that EventBridge sends. It does not judge policies; `test_stacks`
and the policy evaluator do.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.package.deploy import Deployment, DeploymentFailed, Plan
from infra.package.smoke import SmokeFailed
from tests.package.caller import Caller
from tests.package.cloud import until
from tests.package.conftest import STAGE, Installation

pytestmark = pytest.mark.slow

ZONES = ("Pacific/Auckland", "Asia/Shanghai", "Asia/Dubai", "Europe/Lisbon", "America/New_York", "America/Los_Angeles")
PERMISSIONS = ["deliveries:read", "guests:read", "guests:write", "properties:read", "properties:write"]
COMES_WITHIN_S = 90.0  # seconds on a calm machine


def zone_by_day() -> str:
    """A zone where it is between eleven and six now: greetings leave there."""
    now = datetime.now(UTC)
    return next(zone for zone in ZONES if 11 <= now.astimezone(ZoneInfo(zone)).hour < 18)


@pytest.fixture(scope="module")
def zone() -> str:
    """Where the guests of this module are."""
    return zone_by_day()


@pytest.fixture(scope="module")
def token(installation: Installation, zone: str) -> str:
    """A key of a new live chain."""
    operator = installation.caller(installation.operator_key)
    chain = operator.made(
        "/v1/chains",
        {"name": "Example Hotels", "mode": "live", "country": "PT", "time_zone": zone, "languages": ["en", "zh"]},
    )
    body = {"name": "Tests", "permissions": PERMISSIONS}
    return str(operator.made(f"/v1/chains/{chain['id']}/api-keys", body)["token"])


def mails(installation: Installation) -> list[dict[str, Any]]:
    """What the mail service was handed."""
    heard = Caller(installation.cloud.url).ask("GET", "/_ministack/ses/messages")
    return [one for messages in heard.json["messages"].values() for one in messages]


def queue_url(installation: Installation, name: str) -> str:
    """Address of a queue of the installation."""
    return str(installation.client("sqs").get_queue_url(QueueName=f"hospes-{STAGE}-{name}")["QueueUrl"])


def depth(installation: Installation, name: str) -> int:
    """How many messages lie in a queue."""
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = installation.client("sqs").get_queue_attributes(
        QueueUrl=queue_url(installation, name), AttributeNames=wanted
    )["Attributes"]
    return sum(int(found[one]) for one in wanted)


def source_of(installation: Installation, function: str) -> str:
    """Id of what feeds a function from its queue."""
    found = installation.client("lambda").list_event_source_mappings(FunctionName=f"hospes-{STAGE}-{function}")
    return str(found["EventSourceMappings"][0]["UUID"])


class TestFrontDoor:
    def test_an_unknown_address_is_refused_by_the_product(self, installation: Installation) -> None:
        heard = installation.caller().ask("GET", "/v1/no/such/thing")
        assert (heard.status, heard.headers["content-type"]) == (404, "application/problem+json")
        assert heard.json["instance"].startswith("req_")

    def test_a_method_that_is_not_offered_is_refused_by_the_product(self, installation: Installation) -> None:
        heard = installation.caller().ask("DELETE", "/healthz")
        assert (heard.status, heard.json["status"]) == (405, 405)
        assert heard.headers["allow"] == "GET, HEAD, OPTIONS"

    def test_links_of_pages_live_behind_the_stage(self, installation: Installation) -> None:
        heard = installation.caller().ask("GET", "/portal/sign-in")
        text = heard.body.decode()
        assert 'action="/api/portal/sign-in"' in text
        assert 'href="/portal' not in text and 'src="/static' not in text
        moved = installation.caller().ask("GET", "/portal/guests")
        assert moved.status == 303
        assert moved.headers["location"].startswith("/api/portal/sign-in?next=/portal/guests")

    def test_nobody_gets_in_without_a_key(self, installation: Installation) -> None:
        assert installation.caller("hk_live_x").ask("GET", "/v1/guests/gst_x").status == 401


class TestGreeting:
    def test_the_schedule_finds_what_a_lost_message_left_and_the_greeting_leaves(
        self, installation: Installation, token: str, zone: str
    ) -> None:
        hotel = installation.caller(token)
        house = hotel.made(
            "/v1/properties", {"name": "Harbour House", "time_zone": zone, "country": "PT", "currency": "EUR"}
        )
        today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
        source = source_of(installation, "work_due")
        functions = installation.client("lambda")
        functions.update_event_source_mapping(UUID=source, Enabled=False)
        guest = hotel.made(
            "/v1/guests",
            {
                "given_name": "Ana", "family_name": "Silva", "emails": ["ana.silva@example.com"], "language": "en",
                "time_zone": zone, "birth_date": today.replace(year=1984).isoformat(), "home_property_id": house["id"],
                "consents": [
                    {"purpose": "greeting", "channel": "email", "state": "granted", "source": "booking form"}
                ],
            },
        )  # fmt: skip
        # The event's own worker has armed the birthday and told the queue; that word is lost.
        until(lambda: depth(installation, "agenda-due"), within_s=COMES_WITHIN_S, what="the birthday's message")
        installation.client("sqs").purge_queue(QueueUrl=queue_url(installation, "agenda-due"))
        assert not mails(installation)
        functions.update_event_source_mapping(UUID=source, Enabled=True)

        assert self.tick(installation)["handed"] == 1
        sent = until(lambda: mails(installation), within_s=COMES_WITHIN_S, what="the greeting")
        assert [one["To"] for one in sent] == [["ana.silva@example.com"]]
        assert self.tick(installation)["handed"] == 0
        rows = hotel.ask("GET", f"/v1/deliveries?guest_id={guest['id']}").json["data"]
        assert [(row["status"], row["channel"]) for row in rows] == [("sent", "email")]

    @staticmethod
    def tick(installation: Installation) -> dict[str, int]:
        """What EventBridge does each minute, to the target that the deployed rule names."""
        events = installation.client("events")
        rule = events.describe_rule(Name=f"hospes-{STAGE}-sweep")
        assert (rule["State"], rule["ScheduleExpression"]) == ("ENABLED", "rate(1 minute)")
        target = events.list_targets_by_rule(Rule=rule["Name"])["Targets"][0]["Arn"]
        event = {
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
            "account": "000000000000", "time": "2026-01-01T00:00:00Z", "region": "eu-west-1",
            "resources": [rule["Arn"]], "detail": {},
        }  # fmt: skip
        answer = installation.client("lambda").invoke(FunctionName=target, Payload=json.dumps(event).encode())
        assert "FunctionError" not in answer
        with answer["Payload"] as payload:
            found: dict[str, int] = json.loads(payload.read())
        return found


class TestPoison:
    def test_a_poison_message_ends_among_the_dead_letters(self, installation: Installation) -> None:
        url = queue_url(installation, "agenda-bulk")
        queues = installation.client("sqs")
        queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
        queues.send_message(QueueUrl=url, MessageBody="this is no work", MessageGroupId="chn_poison")
        until(lambda: depth(installation, "agenda-bulk-dead"), within_s=COMES_WITHIN_S, what="the dead letter")
        dead = queues.receive_message(QueueUrl=queue_url(installation, "agenda-bulk-dead"))["Messages"]
        assert [one["Body"] for one in dead] == ["this is no work"]
        assert depth(installation, "agenda-bulk") == 0


class TestGoingBack:
    """Last, since it replaces the code."""

    def test_nothing_new_changes_nothing(
        self, installation: Installation, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = code_of(installation)
        Deployment(installation.cloud.session, installation.plan, pause_s=0.1).run()
        assert code_of(installation) == before
        assert "hospes-e2e: nothing to change" in capsys.readouterr().out

    def test_code_that_does_not_answer_is_taken_back(
        self, installation: Installation, broken: Plan, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = code_of(installation)
        with pytest.raises(DeploymentFailed, match="back at the code it had before") as failure:
            Deployment(installation.cloud.session, broken, pause_s=0.1, smoke_tries=1).run()
        assert isinstance(failure.value.__cause__, SmokeFailed)
        assert capsys.readouterr().out.count("hospes-e2e: changing") == 2
        assert code_of(installation) == before
        assert installation.caller().ask("GET", "/healthz").status == 200

    def test_another_account_is_refused(self, installation: Installation, broken: Plan) -> None:
        foreign = replace(broken, account="111111111111")
        with pytest.raises(DeploymentFailed, match="not 111111111111"):
            Deployment(installation.cloud.session, foreign)


def code_of(installation: Installation) -> dict[str, str]:
    """What code each function has."""
    found = installation.client("lambda").list_functions()["Functions"]
    return {one["FunctionName"]: one["CodeSha256"] for one in found}
