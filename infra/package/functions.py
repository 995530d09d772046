"""The functions of the wiring, with what calls them: queues and schedules by events, the API by the gateway."""

from __future__ import annotations

from chalicelib.wiring import FUNCTIONS, QUEUES, SCHEDULES, Function
from infra.package.messaging import queue_id
from infra.package.places import TemplateArns, log_group, resolved
from infra.package.roles import role_id
from infra.package.words import PREFIX, Json, attribute, imported, logical, named, ref, sub, tag_list, tag_map

WITH_PAGES = ("api",)  # the kinds of functions that need the zip with the web's templates


def function_id(function: Function) -> str:
    """Logical id of a function."""
    return logical("function", function.name)


def log_id(function: Function) -> str:
    """Logical id of a function's log group."""
    return logical("log", function.name)


def environment() -> Json:
    """What every function is told. Secrets are read by CloudFormation from Secrets Manager and stand in no template."""
    secret = "{{resolve:secretsmanager:${SecretName}:SecretString:%s}}"
    return {
        "HOSPES_STAGE": ref("Stage"),
        "HOSPES_TABLE_PREFIX": sub(PREFIX),
        "HOSPES_SECRET": sub(secret % "secret"),
        "HOSPES_OPERATOR_KEY_HASH": sub(secret % "operator_key_hash"),
        "HOSPES_BASE_URL": {"Fn::If": ["WithBaseUrl", ref("BaseUrl"), api_url()]},
        "HOSPES_BUCKET": imported("bucket"),
        "HOSPES_INTAKE_BUCKET": imported("intake-bucket"),
        "HOSPES_MAIL_SENDER": ref("MailSender"),
        "HOSPES_SES_TOPIC_ARN": ref("MailTopic"),
        "HOSPES_SES_CONFIGURATION_SET": ref("MailConfiguration"),
        "HOSPES_REPLY_DOMAIN": ref("ReplyDomain"),
        "HOSPES_REPLY_NUMBERS": ref("ReplyNumbers"),
        "HOSPES_TENANT_ROLE_ARN": resolved(TemplateArns().tenant_role()),
        **{queue.variable: ref(queue_id(queue)) for queue in QUEUES},
    }


def api_url() -> Json:
    """The API's own address, for an installation without a domain."""
    return sub("https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api")


def resources() -> Json:
    """Functions and their log groups."""
    made: Json = {}
    for function in FUNCTIONS:
        made[log_id(function)] = {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": sub(log_group(function.name)),
                "RetentionInDays": ref("LogDays"),
                "Tags": tag_list(),
            },
        }
        made[function_id(function)] = {"Type": "AWS::Serverless::Function", "Properties": _function(function)}
    return made


def _function(function: Function) -> Json:
    code = "ApiKey" if function.kind in WITH_PAGES else "WorkersKey"
    properties: Json = {
        "FunctionName": named(function.name),
        "Handler": function.handler,
        "Runtime": ref("Runtime"),
        "Architectures": [ref("Architecture")],
        "CodeUri": {"Bucket": ref("CodeBucket"), "Key": ref(code)},
        "MemorySize": function.memory_mb,
        "Timeout": function.timeout_s,
        "Role": attribute(role_id(function.kind)),
        "Tracing": "Active",
        "LoggingConfig": {"LogGroup": ref(log_id(function))},
        "Environment": {"Variables": environment()},
        "Tags": tag_map(),
    }
    events = _events(function)
    if events:
        properties["Events"] = events
    if any(event["Type"] == "Schedule" for event in events.values()):
        # A tick that failed is made good by the next one.
        properties["EventInvokeConfig"] = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    return properties


def _events(function: Function) -> Json:
    events: Json = {}
    for queue in QUEUES:
        if queue.handler != function.name:
            continue
        source: Json = {
            "Queue": attribute(queue_id(queue)),
            "BatchSize": queue.batch_size,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        if queue.concurrency_max is not None:
            source["ScalingConfig"] = {"MaximumConcurrency": queue.concurrency_max}
        events[logical(queue.name)] = {"Type": "SQS", "Properties": source}
    for schedule in SCHEDULES:
        if schedule.handler != function.name:
            continue
        events[logical(schedule.name)] = {
            "Type": "Schedule",
            "Properties": {
                "Name": named(schedule.name),
                "Schedule": schedule.rate,
                "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
            },
        }
    return events
