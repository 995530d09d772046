"""What tells people how an installation is: its alarms, the topic they go to, and a dashboard to look at."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.wiring import FUNCTIONS, QUEUES
from infra.alarms import Alarm, alarms
from infra.package.gateway import STAGE_NAME
from infra.package.words import PREFIX, Json, logical, named, ref, sub, tag_list

WIDE = 12
HIGH = 6
PERIOD_S = 300
# The wiring's names in an alarm's dimensions become an installation's names.
PREFIXED = frozenset({"QueueName", "FunctionName", "TableName"})


def alarm_id(alarm: Alarm) -> str:
    """Logical id of an alarm."""
    return logical("alarm", alarm.name)


def resources() -> Json:
    """Alarms, topic and dashboard."""
    return {
        "AlarmTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": named("alarms"), "Tags": tag_list()},
        },
        "AlarmMail": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "WithAlarmEmail",
            "Properties": {"TopicArn": ref("AlarmTopic"), "Protocol": "email", "Endpoint": ref("AlarmEmail")},
        },
        **{alarm_id(alarm): _alarm(alarm) for alarm in alarms()},
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": sub("hospes-${Stage}"), "DashboardBody": sub(json.dumps(_dashboard()))},
        },
    }


def _alarm(alarm: Alarm) -> Json:
    properties: Json = {
        "AlarmName": named(alarm.name),
        "AlarmDescription": f"docs/runbook.md: {alarm.runbook}. {alarm.reason}".strip(),
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Threshold": alarm.threshold,
        "Period": alarm.period_s,
        "EvaluationPeriods": alarm.periods,
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.missing_is,
        "Dimensions": [{"Name": name, "Value": _dimension(name, value)} for name, value in alarm.dimensions.items()],
        "AlarmActions": [ref("AlarmTopic")],
        "OKActions": [ref("AlarmTopic")],
        "Tags": tag_list(),
    }
    is_percentile = alarm.statistic.startswith("p")
    properties["ExtendedStatistic" if is_percentile else "Statistic"] = alarm.statistic
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _dimension(name: str, value: str) -> Any:
    text = value.replace("{stage}", "${Stage}")
    if name in PREFIXED:
        text = PREFIX + text
    return sub(text) if "${" in text else text


def _dashboard() -> Json:
    functions = [f"{PREFIX}{function.name}" for function in FUNCTIONS]
    queues = [f"{PREFIX}{queue.name}" for queue in QUEUES]
    dead = [f"{PREFIX}{queue.dead_letter}" for queue in QUEUES]
    api = ["ApiName", "hospes-${Stage}", "Stage", STAGE_NAME]
    own = ["stage", "${Stage}"]
    graphs = [
        ("Requests and errors", "Sum", [["AWS/ApiGateway", one, *api] for one in ("Count", "4XXError", "5XXError")]),
        ("Latency, 99th percentile", "p99", [["AWS/ApiGateway", "Latency", *api]]),
        ("Errors of functions", "Sum", [["AWS/Lambda", "Errors", "FunctionName", one] for one in functions]),
        ("Duration of functions", "p99", [["AWS/Lambda", "Duration", "FunctionName", one] for one in functions]),
        ("Age of the oldest message", "Maximum", [_queue("ApproximateAgeOfOldestMessage", one) for one in queues]),
        ("Dead letters", "Maximum", [_queue("ApproximateNumberOfMessagesVisible", one) for one in dead]),
        ("Sweeps and dead agenda items", "Sum", [["Hospes", one, *own] for one in ("Sweeps", "AgendaDead")]),
        ("Deliveries", "Sum", [["Hospes", f"Deliveries{one}", *own] for one in ("Sent", "Parked", "Unknown")]),
    ]
    widgets = [_graph(place, *graph) for place, graph in enumerate(graphs)]
    return {"widgets": widgets}


def _queue(metric: str, name: str) -> list[str]:
    return ["AWS/SQS", metric, "QueueName", name]


def _graph(place: int, title: str, statistic: str, metrics: list[list[str]]) -> Json:
    return {
        "type": "metric",
        "x": place % 2 * WIDE,
        "y": place // 2 * HIGH,
        "width": WIDE,
        "height": HIGH,
        "properties": {
            "title": title,
            "region": "${AWS::Region}",
            "stat": statistic,
            "period": PERIOD_S,
            "metrics": metrics,
        },
    }
