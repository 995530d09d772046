"""Alarms and what they stand on: figures that the code really writes, resources that there are, and a runbook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring, workers
from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.kernel import agenda, metrics, testclock
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.errors import Stale, TooMany, Unauthenticated
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.metrics import METRICS, invocation
from chalicelib.kernel.settings import settings
from chalicelib.kernel.unit import retried
from chalicelib.loyalty import service as loyalty
from chalicelib.outreach.channels import Refused, Unknown
from chalicelib.outreach.service import listening, reputation, sending
from infra import resources
from infra.alarms import alarms
from infra.proof import inside
from tests.builders import make_chain, make_key, make_property
from tests.client import Client
from tests.conftest import fresh_stack
from tests.lines import Lines, caught
from tests.loyalty.conftest import build as build_points
from tests.outreach.test_inbound import NUMBER, texted
from tests.outreach.world import GRANTED, START, World, make_world, ses_event

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
OWN = sorted({alarm.metric for alarm in alarms() if alarm.namespace == metrics.NAMESPACE})
SQS_METRICS = {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}


class TestTheList:
    def test_names_are_unique_and_in_order(self) -> None:
        names = [alarm.name for alarm in alarms()]
        assert names == sorted(set(names))

    def test_each_has_a_reason_for_its_limit_and_words_that_cloudwatch_knows(self) -> None:
        for alarm in alarms():
            assert len(alarm.reason) > 40, alarm.name
            assert alarm.statistic in ("Sum", "Maximum", "Minimum", "Average", "p99"), alarm.name
            assert alarm.period_s % 60 == 0 and alarm.periods >= 1, alarm.name
            assert alarm.period_s * alarm.periods <= 86_400, alarm.name  # CloudWatch's own limit
            assert alarm.missing_is in ("breaching", "notBreaching", "ignore", "missing"), alarm.name
            assert alarm.comparison in (
                "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold",
            ), alarm.name  # fmt: skip

    def test_dimensions_name_what_there_is(self) -> None:
        functions = {function.name: function for function in wiring.FUNCTIONS}
        queues = {name for queue in wiring.QUEUES for name in (queue.name, queue.dead_letter)}
        tables = {record.Meta.table_name.removeprefix(record.table("")) for record in resources.tables()}
        for alarm in alarms():
            known = {"AWS/Lambda": functions, "AWS/SQS": queues, "AWS/DynamoDB": tables}.get(alarm.namespace)
            key = {"AWS/Lambda": "FunctionName", "AWS/SQS": "QueueName", "AWS/DynamoDB": "TableName"}
            if known is not None:
                assert alarm.dimensions[key[alarm.namespace]] in known, alarm.name
            if alarm.metric == "Duration":
                limit_s = functions[alarm.dimensions["FunctionName"]].timeout_s
                assert limit_s * 500 < alarm.threshold < limit_s * 1000, alarm.name

    def test_every_function_and_every_queue_is_watched(self) -> None:
        watched = {(alarm.metric, value) for alarm in alarms() for value in alarm.dimensions.values()}
        for function in wiring.FUNCTIONS:
            for metric in ("Errors", "Throttles", "Duration"):
                assert (metric, function.name) in watched
        for queue in wiring.QUEUES:
            assert ("ApproximateNumberOfMessagesVisible", queue.dead_letter) in watched
            assert ("ApproximateAgeOfOldestMessage", queue.name) in watched

    def test_the_sweeps_silence_is_an_alarm(self) -> None:
        (silent,) = (alarm for alarm in alarms() if alarm.metric == metrics.SWEEPS.name)
        assert (silent.missing_is, silent.comparison) == ("breaching", "LessThanThreshold")

    def test_the_mail_service_is_watched_below_its_own_limits(self) -> None:
        limits = {alarm.metric: alarm.threshold for alarm in alarms() if alarm.namespace == "AWS/SES"}
        assert limits["Reputation.BounceRate"] < 0.05 and limits["Reputation.ComplaintRate"] < 0.001

    def test_own_metrics_are_declared_and_have_the_dimensions_that_they_are_written_with(self) -> None:
        for alarm in alarms():
            if alarm.namespace == metrics.NAMESPACE:
                assert alarm.metric in METRICS, alarm.name
                assert alarm.dimensions == {"stage": "{stage}"}, alarm.name


class TestTheRunbook:
    def test_has_a_page_for_every_alarm_and_no_other(self) -> None:
        text = RUNBOOK.read_text(encoding="utf-8")
        part = text.split("\n# Alarms\n", 1)[1].split("\n# ", 1)[0]
        headings = re.findall(r"^## (.+)$", part, re.MULTILINE)
        assert sorted(headings) == sorted({alarm.runbook for alarm in alarms()})

    def test_every_page_says_what_it_means_how_to_look_what_to_do_and_what_never(self) -> None:
        part = RUNBOOK.read_text(encoding="utf-8").split("\n# Alarms\n", 1)[1].split("\n# ", 1)[0]
        for page in part.split("\n## ")[1:]:
            for word in ("**Means.**", "**Look.**", "**Do.**", "**Never.**", "**Wake.**"):
                assert word in page, (page.splitlines()[0], word)
            assert "make logs" in page, page.splitlines()[0]

    def test_its_queries_ask_for_fields_and_events_that_there_are(self) -> None:
        text = RUNBOOK.read_text(encoding="utf-8")
        sources = (RUNBOOK.parents[1] / "chalicelib").rglob("*.py")
        code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
        events = re.findall(r'event = "([a-z_]+)"', text) + re.findall(r"EVENT=([a-z_]+)", text)
        assert len(events) > 10
        for event in events:
            assert f'"{event}' in code, event


# -- that the code writes every figure -------------------------------------------------------------------------


def _item(world: World, **fields: Any) -> AgendaRecord:
    """Work for a guest of a live chain that nobody knows, due for a while; its handler has nothing to do."""
    guest = new_id("gst")
    chain, _ = make_chain("live")
    past = sortable(real_now() - timedelta(minutes=5))
    values = {
        "subject_key": f"{chain.id}#{guest}", "item_key": "outreach.birthday", "kind": "outreach.birthday",
        "occurrence": "birthday#2026", "lane": "due#00", "due_at": past, "armed_for": past, "revision": new_id("rev"),
        "detail": {"day": "2026-03-10"}, **fields,
    }  # fmt: skip
    record = AgendaRecord(**values)
    record.save()
    return record


FORGED = {"recipient": "nobody@example.com", "message_id": "forged", "tags": {"chain": "chn_x"}}


def _advance(world: World, days: int) -> None:
    testclock.request_advance(world.hq, days=days)
    inside.work_off()


def _mailed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Birthdays of guests of every kind, and channels of every mood."""
    for name in ("happy", "bounce.one", "complaint.one"):
        world.guest(emails=[f"{name}@example.com"], is_run=False)
    world.guest(consents=[{**GRANTED, "state": "denied"}], is_run=False)
    inside.work_off()
    _advance(world, 7)
    for birth_date, outcome in (
        ("1988-03-12", Unknown("ReadTimeoutError")),
        ("1988-03-15", Refused("MessageRejected", False)),
    ):
        world.guest(birth_date=birth_date, is_run=False)
        inside.work_off()

        class Moody:
            def send(self, _: Any, answer: Any = outcome) -> Any:
                return answer

        with monkeypatch.context() as patch:
            patch.setattr(sending, "carrier", lambda *_, **__: Moody())
            _advance(world, 3)


def _imported(world: World) -> None:
    settings_of_file: dict[str, Any] = {"file_name": "guests.csv", "format": ImportFormat(system="pms")}
    for content in (b"external_id,family_name,email\nG1,Silva,a@example.com\n", b"PK\x03\x04 no table at all \x00\x00"):
        record = connect.create_import(world.hq, kind="guests", property_id=str(world.house.id), **settings_of_file)
        connect.upload(world.hq, str(record.id), content)
        connect.start_run(world.hq, str(record.id), "real")
        inside.work_off()


def _failed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("ana@example.com")

    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.guests.service.create", fail)
        assert Client(make_key(world.hq)).post("/v1/guests", {"given_name": "Ana"}).status == 500
    workers.work_due({"Records": [{"messageId": "1", "body": "no message of ours"}]}, None)
    with monkeypatch.context() as patch, invocation("api"):
        patch.setattr(agenda, "settings", lambda: replace(settings(), queue_urls={}))
        agenda.send("due", [_item(world)])
    with invocation("api"):
        tries = iter([Stale(), None])

        def use_case() -> None:
            error = next(tries)
            if error is not None:
                raise error

        retried(use_case)
        with pytest.raises(TooMany):
            for _ in range(9):
                try:
                    directory.sign_in("nobody@example.com", "a wrong password", "")
                except Unauthenticated:
                    continue


def _spoiled() -> None:
    """A member whose header says one point more than the entries."""
    points = build_points()
    points.tell()
    header = loyalty.get(points.hq, points.member_id)
    header.balance = int(header.balance) + 1
    header.save()
    loyalty.request_check(points.hq, str(points.programme.id))
    inside.work_off()


@pytest.fixture(scope="module")
def lived() -> Iterator[Lines]:
    """One life in which everything happens that a figure counts."""
    engine = fresh_stack()
    monkeypatch = pytest.MonkeyPatch()
    with caught() as lines:
        world = make_world(engine, inside.work_off, now=START)
        second = make_property(world.hq, "Second House")
        _item(world)
        _item(world, attempts=99, error="ValueError")
        workers.sweep({}, None)
        inside.work_off()
        Client().get("/nowhere")
        _mailed(world, monkeypatch)
        workers.mail_events({"Records": [{"messageId": "1", "body": ses_event("Bounce", FORGED)}]}, None)
        with monkeypatch.context() as patch:
            numbers = {NUMBER: str(world.chain.id)}
            patch.setattr(listening, "settings", lambda: replace(settings(), reply_numbers=numbers))
            workers.mail_events({"Records": [{"messageId": "1", "body": texted("Hello")}]}, None)
        with invocation("api"):
            reputation.pause(world.hq, str(second.id))
        _imported(world)
        _failed(world, monkeypatch)
        _spoiled()
        yield lines
    monkeypatch.undo()


class TestFigures:
    @pytest.mark.parametrize("name", sorted(METRICS))
    def test_every_declared_figure_is_written_when_what_it_counts_happens(self, lived: Lines, name: str) -> None:
        assert lived.figures.get(name, 0) > 0

    @pytest.mark.parametrize("name", OWN)
    def test_every_alarm_on_a_figure_of_ours_can_see_it(self, lived: Lines, name: str) -> None:
        """Under the dimensions of the alarm, which are those of the first directive."""
        sets = [
            directive["Dimensions"]
            for line in lived.of("metrics")
            for directive in line["_aws"]["CloudWatchMetrics"]
            if any(one["Name"] == name for one in directive["Metrics"])
        ]
        assert any(["stage"] in dimensions for dimensions in sets)

    def test_counts_are_right(self, lived: Lines) -> None:
        found = lived.figures
        for name, expected in (
            ("AgendaDead", 1), ("Sweeps", 1), ("DeliveriesSent", 3), ("DeliveriesSkipped", 1), ("DeliveriesFailed", 1),
            ("DeliveriesUnknown", 1), ("Bounces", 1), ("Complaints", 1), ("ImportRunsFailed", 1), ("ImportRows", 1),
            ("PoisonMessages", 1), ("Defects", 1), ("NudgesLost", 1), ("ConflictsRetried", 1), ("SignInPauses", 1),
            ("BooksDiffering", 1),
        ):  # fmt: skip
            assert found[name] == expected, (name, found[name])

    def test_no_field_had_to_be_left_out(self, lived: Lines) -> None:
        """What is left out shows as a type's name: then a field is declared wrongly, or a word is not."""
        assert [text for text in lived.texts if re.search(r'"<[a-zA-Z]+>"', text)] == []
        assert not [line for line in lived.all if line["event"] == "other"]

    def test_every_label_is_a_word_of_ours(self, lived: Lines) -> None:
        for line in lived.of("metrics"):
            for label in ("status_class", "refusal", "channel", "reason", "outcome"):
                assert line.get(label) != "other", line
