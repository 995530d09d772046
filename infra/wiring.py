"""Says once which functions, queues, schedules and tables there are. Whatever needs a list takes it from here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import app  # noqa: F401  (declares every record, endpoint, reaction and handler)
from chalicelib.kernel import aws
from chalicelib.kernel.settings import settings
from chalicelib.kernel.table import Record

SES_TOPIC = "hospes-ses-events"
SES_QUEUE = "mail-events"
MESSAGE_KEPT_S = 4 * 86_400


@dataclass(frozen=True)
class Queue:
    """A queue and the handler in `app` that works it off. Its dead letters go to `<name>-dead`."""

    name: str
    handler: str
    batch_size: int
    visibility_s: int
    max_receives: int = 5

    @property
    def dead_letter(self) -> str:
        """Name of the queue that takes what could not be handled."""
        return f"{self.name}-dead"

    @property
    def variable(self) -> str:
        """The environment variable that carries the queue's URL."""
        return f"HOSPES_QUEUE_{self.name.upper().replace('-', '_')}_URL"


@dataclass(frozen=True)
class Schedule:
    """A handler called by the clock. `local_every_s` is how often the local runner calls it."""

    name: str
    handler: str
    every_s: int
    local_every_s: int


QUEUES = [
    Queue("agenda-event", "work_events", batch_size=10, visibility_s=120),
    Queue("agenda-due", "work_due", batch_size=10, visibility_s=300),
    Queue("agenda-bulk", "work_bulk", batch_size=1, visibility_s=300),
    Queue(SES_QUEUE, "mail_events", batch_size=10, visibility_s=120),
]

SCHEDULES = [Schedule("sweep", "sweep", every_s=60, local_every_s=5)]


def tables() -> list[type[Record]]:
    """Every record type with a table, in order of name."""
    found = {cls.Meta.table_name: cls for cls in _subclasses(Record) if hasattr(cls.Meta, "table_name")}
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
    _create_bucket()
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
            QueueName=f"hospes-{queue.dead_letter}", Attributes={"MessageRetentionPeriod": str(14 * 86_400)}
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


def _create_bucket() -> None:
    client = aws.client("s3")
    if settings().bucket not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=settings().bucket)


def _subclasses(cls: type[Record]) -> Iterator[type[Record]]:
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)


def _unique(definitions: Iterable[Any]) -> list[dict[str, str]]:
    return [dict(pair) for pair in sorted({tuple(sorted(one.items())) for one in definitions})]


def _hash_first(schema: Iterable[Any]) -> list[dict[str, str]]:
    return sorted(schema, key=lambda part: part["KeyType"] != "HASH")
