"""Metrics as CloudWatch reads them out of the log: their format, their chains, their end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.kernel import aws, logs, metrics
from chalicelib.kernel.ids import new_id
from tests.lines import Lines, caught

CHAIN, OTHER = new_id("chn"), new_id("chn")


def check_format(line: dict[str, Any]) -> None:
    """The rules of the Embedded Metric Format, as CloudWatch documents them."""
    assert isinstance(line["_aws"]["Timestamp"], int)
    for directive in line["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == "Hospes"
        assert 0 < len(directive["Metrics"]) <= 100
        for names in directive["Dimensions"]:
            assert 0 < len(names) <= 30
            assert all(isinstance(line[name], str) and line[name] for name in names)
        for described in directive["Metrics"]:
            value = line[described["Name"]]
            values = value if isinstance(value, list) else [value]
            assert 0 < len(values) <= 100 and all(isinstance(one, int | float) for one in values)
            assert described["Unit"] in ("Count", "Milliseconds", "Seconds")


def written(lines: Lines) -> list[dict[str, Any]]:
    """The lines with figures, all well formed."""
    found = lines.of("metrics")
    for line in found:
        check_format(line)
    return found


def test_an_invocation_writes_its_sums_once_at_its_end() -> None:
    with caught() as lines:
        with metrics.invocation("work_due"):
            metrics.count(metrics.REACTIONS)
            metrics.count(metrics.REACTIONS, 2)
            metrics.observe(metrics.AGENDA_LAG_S, 1.5)
            metrics.observe(metrics.AGENDA_LAG_S, 3)
            assert lines.texts == []
        (line,) = written(lines)
    assert (line["Reactions"], line["AgendaLag"]) == (3, [1.5, 3])
    assert (line["stage"], line["function"]) == ("test", "work_due")
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["stage"]]
    assert len(json.dumps(line)) < 400


def test_a_chain_is_a_dimension_only_of_what_is_declared_by_chain() -> None:
    with caught() as lines, metrics.invocation("api"), logs.bound(chain=CHAIN):
        metrics.count(metrics.AGENDA_DEAD)
        metrics.count(metrics.REACTIONS)
    (line,) = written(lines)
    total, of_chain = line["_aws"]["CloudWatchMetrics"]
    assert {one["Name"] for one in total["Metrics"]} == {"AgendaDead", "Reactions"}
    assert of_chain["Dimensions"] == [["stage", "chain"]]
    assert [one["Name"] for one in of_chain["Metrics"]] == ["AgendaDead"]
    assert line["chain"] == CHAIN


def test_chains_and_labels_have_lines_of_their_own() -> None:
    with caught() as lines, metrics.invocation("work_due"):
        for chain, channel, number in ((CHAIN, "email", 2), (CHAIN, "sms", 1), (OTHER, "email", 5)):
            metrics.count(metrics.DELIVERIES_SENT, number, label=channel, chain=chain)
    found = {(line["chain"], line["channel"]): line["DeliveriesSent"] for line in written(lines)}
    assert found == {(CHAIN, "email"): 2, (CHAIN, "sms"): 1, (OTHER, "email"): 5}
    directives = written(lines)[0]["_aws"]["CloudWatchMetrics"]
    assert [one["Dimensions"] for one in directives] == [
        [["stage"], ["stage", "channel"]],
        [["stage", "chain", "channel"]],
    ]


def test_a_label_that_is_no_word_of_ours_is_other() -> None:
    with caught() as lines, metrics.invocation("api"):
        metrics.count(metrics.REFUSALS, label="ana@example.com")
    assert written(lines)[0]["refusal"] == "other"
    assert "ana@" not in lines.texts[0]


def test_many_values_take_several_lines_and_counts_are_not_repeated() -> None:
    with caught() as lines, metrics.invocation("api"):
        metrics.count(metrics.REACTIONS, 7)
        for number in range(250):
            metrics.observe(metrics.AGENDA_LAG_S, number)
    found = written(lines)
    assert [len(line["AgendaLag"]) for line in found] == [100, 100, 50]
    assert sum(line.get("Reactions", 0) for line in found) == 7


def test_nothing_counted_is_nothing_written_and_outside_an_invocation_nothing_is_kept() -> None:
    with caught() as lines:
        metrics.count(metrics.REACTIONS)
        metrics.observe(metrics.AGENDA_LAG_S, 1)
        with metrics.invocation("api"):
            metrics.count(metrics.REACTIONS, 0)
    assert lines.texts == []


def test_an_invocation_that_fails_writes_what_it_had_and_leaves_nothing_behind() -> None:
    with caught() as lines:
        with pytest.raises(ValueError), metrics.invocation("api"):
            metrics.count(metrics.REACTIONS)
            raise ValueError
        with metrics.invocation("sweep"):
            metrics.count(metrics.SWEEPS)
    assert [set(line) & {"Reactions", "Sweeps"} for line in written(lines)] == [{"Reactions"}, {"Sweeps"}]


def test_a_defect_leaves_a_handler_without_words() -> None:
    @metrics.observed
    def work_due(event: dict[str, Any], context: Any) -> None:
        raise ValueError("ana@example.com")

    with caught() as lines, pytest.raises(metrics.Failed) as raised:
        work_due({}, None)
    assert str(raised.value) == "ValueError" and raised.value.__suppress_context__
    line = lines.only("invocation_failed")
    assert (line["function"], line["cause"], line["level"]) == ("work_due", "ValueError", "error")
    assert "ana@" not in "".join(lines.texts)


def test_an_error_of_aws_passes_a_handler() -> None:
    @metrics.observed
    def sweep(event: dict[str, Any], context: Any) -> None:
        raise aws.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    with caught() as lines, pytest.raises(aws.EndpointConnectionError):
        sweep({}, None)
    assert lines.only("invocation_failed")["cause"] == "EndpointConnectionError"
