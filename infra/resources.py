"""Makes what the wiring names: tables from the records themselves, queues with their dead letters, topic, buckets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import app  # noqa: F401  (declares every endpoint, reaction and handler)
from chalicelib import rooms  # noqa: F401  (declares every record)
from chalicelib.kernel import aws
from chalicelib.kernel.settings import settings
from chalicelib.kernel.table import Record
from chalicelib.wiring import DEAD_KEPT_S, MESSAGE_KEPT_S, QUEUES, SES_QUEUE, SES_TOPIC


def tables() -> list[type[Record]]:
    """Every record type with a table, in order of name."""
    own = [cls for cls in _subclasses(Record) if hasattr(cls.Meta, "table_name") and cls.lies_in is None]
    found = {cls.Meta.table_name: cls for cls in own}
    return [found[name] for name in sorted(found)]


def table_definition(record: type[Record]) -> dict[str, Any]:
    """The CreateTable call of a record type: keys, indexes, on demand."""
    schema = record._get_schema()
    definition: dict[str, Any] = {
        "TableName": record.Meta.table_name,
        "AttributeDefinitions": _unique(schema["attribute_definitions"]),
        "KeySchema": _hash_first(schema["key_schema"]),
        "BillingMode": "PAY_PER_REQUEST",
    }
    indexes = [
        {
            "IndexName": index["index_name"],
            "KeySchema": _hash_first(index["key_schema"]),
            "Projection": index["projection"],
        }
        for index in schema["global_secondary_indexes"]
    ]
    if indexes:
        definition["GlobalSecondaryIndexes"] = indexes
    return definition


def ttl_attribute(record: type[Record]) -> str | None:
    """Name of the attribute that ends an item's life, if its type has one."""
    return "expires_at" if "expires_at" in record.get_attributes() else None


def create_all() -> dict[str, str]:
    """Create what is missing on the stack that the settings point to. Returns environment variables for processes."""
    _create_tables()
    variables = _create_queues()
    variables["HOSPES_SES_TOPIC_ARN"] = _create_mail(variables)
    _create_buckets()
    return variables


def _create_tables() -> None:
    client = aws.client("dynamodb")
    present = set()
    for page in client.get_paginator("list_tables").paginate():
        present.update(page["TableNames"])
    for record in tables():
        if record.Meta.table_name in present:
            continue
        client.create_table(**table_definition(record))
        attribute = ttl_attribute(record)
        if attribute:
            client.update_time_to_live(
                TableName=record.Meta.table_name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute},
            )


def _create_queues() -> dict[str, str]:
    client = aws.client("sqs")
    variables = {}
    for queue in QUEUES:
        dead = client.create_queue(
            QueueName=f"hospes-{queue.dead_letter}", Attributes={"MessageRetentionPeriod": str(DEAD_KEPT_S)}
        )["QueueUrl"]
        dead_arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        variables[queue.variable] = client.create_queue(
            QueueName=f"hospes-{queue.name}",
            Attributes={
                "VisibilityTimeout": str(queue.visibility_s),
                "MessageRetentionPeriod": str(MESSAGE_KEPT_S),
                "RedrivePolicy": f'{{"deadLetterTargetArn":"{dead_arn}","maxReceiveCount":"{queue.max_receives}"}}',
            },
        )["QueueUrl"]
    return variables


def _create_mail(variables: dict[str, str]) -> str:
    topic = str(aws.client("sns").create_topic(Name=SES_TOPIC)["TopicArn"])
    queue_url = variables[next(queue.variable for queue in QUEUES if queue.name == SES_QUEUE)]
    queue_arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue_arn["Attributes"]["QueueArn"], ReturnSubscriptionArn=True
    )
    domain = settings().mail_sender.split("@", 1)[1]
    known = {one["IdentityName"] for one in aws.client("sesv2").list_email_identities()["EmailIdentities"]}
    for identity in {domain, settings().mail_sender} - known:
        aws.client("sesv2").create_email_identity(EmailIdentity=identity)
    return topic


def _create_buckets() -> None:
    client = aws.client("s3")
    present = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for name in {settings().bucket, settings().intake_bucket} - present:
        client.create_bucket(Bucket=name)


def _subclasses(cls: type[Record]) -> Iterator[type[Record]]:
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)


def _unique(definitions: Iterable[Any]) -> list[dict[str, str]]:
    return [dict(pair) for pair in sorted({tuple(sorted(one.items())) for one in definitions})]


def _hash_first(schema: Iterable[Any]) -> list[dict[str, str]]:
    return sorted(schema, key=lambda part: part["KeyType"] != "HASH")
