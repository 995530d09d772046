"""What IAM is asked when the product calls AWS: for each call the actions, the resources and the keys of its context.

DynamoDB: "Using IAM policy conditions for fine-grained access control" (LeadingKeys is the partition key, of the index
in a query of one; it holds every key of a batch), "Using IAM with DynamoDB transactions" (each item of a transaction is
asked as PutItem, UpdateItem, DeleteItem, GetItem or ConditionCheckItem), and the Service Authorization Reference for
the names of actions. A scan has no leading keys, and PartiQL is asked without any, the harder case for a policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra import resources
from tests.walls.evaluator import Ask

PARTITION, REGION, ACCOUNT = "aws", "us-east-1", "000000000000"
LEADING_KEYS, ENCLOSING = "dynamodb:LeadingKeys", "dynamodb:EnclosingOperation"
PREFIX = "test-"
STAGE_BUCKET = "hospes-files"
STORES = {"intake": "hospes-intake"}

Params = Mapping[str, Any]
_EQUALS = re.compile(r"([#\w.]+)\s*=\s*(:\w+)")
_VERB = re.compile(r"\s*(\w+)")
_QUOTED = re.compile(r'"([^"]+)"')


class TextArns:
    """ARNs as text, as they would be in an account."""

    def table(self, name: str) -> str:
        return f"arn:{PARTITION}:dynamodb:{REGION}:{ACCOUNT}:table/{PREFIX}{name}"

    def index(self, table: str, index: str) -> str:
        return f"{self.table(table)}/index/{index}"

    def queue(self, name: str) -> str:
        return f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:hospes-{name}"

    def objects(self, pattern: str) -> str:
        return f"arn:{PARTITION}:s3:::{STAGE_BUCKET}/{pattern}"

    def store(self, name: str, pattern: str = "") -> str:
        return f"arn:{PARTITION}:s3:::{STORES[name]}" + (f"/{pattern}" if pattern else "")

    def tenant_role(self) -> str:
        return f"arn:{PARTITION}:iam::{ACCOUNT}:role/hospes-test-tenant"

    def function_role(self, kind: str) -> str:
        return f"arn:{PARTITION}:iam::{ACCOUNT}:role/hospes-test-{kind}"

    def mail_identities(self) -> str:
        return f"arn:{PARTITION}:ses:{REGION}:{ACCOUNT}:identity/*"

    def mail_settings(self) -> str:
        return f"arn:{PARTITION}:ses:{REGION}:{ACCOUNT}:configuration-set/hospes"

    def topics(self) -> str:
        return f"arn:{PARTITION}:sns:*:*:*"

    def devices(self) -> str:
        return f"arn:{PARTITION}:sns:{REGION}:{ACCOUNT}:endpoint/*/*chn_*/*"

    def logs(self, kind: str) -> str:
        return f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/hospes-test-{kind}*"


ARNS = TextArns()


def hash_names() -> dict[tuple[str, str | None], str]:
    """The partition attribute of the product's tables and of their indexes, by their names in this installation."""
    found: dict[tuple[str, str | None], str] = {}
    for record in resources.tables():
        if not record.__module__.startswith("chalicelib."):
            continue  # some test's own
        definition = resources.table_definition(record)
        name = definition["TableName"]
        found[name, None] = _hash_of(definition)
        for index in definition.get("GlobalSecondaryIndexes", []):
            found[name, index["IndexName"]] = _hash_of(index)
    return found


def _hash_of(definition: Mapping[str, Any]) -> str:
    return str(next(part["AttributeName"] for part in definition["KeySchema"] if part["KeyType"] == "HASH"))


def asks_of(service: str, operation: str, params: Params, hashes: Mapping[tuple[str, str | None], str]) -> list[Ask]:
    """What IAM is asked for one call. Raises LookupError for a call that nobody has thought about."""
    if service == "dynamodb":
        return list(_DYNAMODB[operation](operation, params, hashes))
    return list(_OTHERS[service, operation](params))


# -- DynamoDB --------------------------------------------------------------------------------------------------

Hashes = Mapping[tuple[str, str | None], str]
Asker = Callable[[str, Params, Hashes], Iterator[Ask]]


def _ask(action: str, table: str, index: str | None, keys: list[str], enclosing: str | None = None) -> Ask:
    resource = f"arn:{PARTITION}:dynamodb:{REGION}:{ACCOUNT}:table/{table}" + (f"/index/{index}" if index else "")
    context = {LEADING_KEYS: tuple(keys)} if keys else {}
    if enclosing:
        context[ENCLOSING] = (enclosing,)
    return Ask(f"dynamodb:{action}", resource, context)


def _leading(table: str, item: Params, hashes: Hashes) -> str:
    return str(next(iter(item[hashes[table, None]].values())))


def _of_one(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    table = params["TableName"]
    yield _ask(operation, table, None, [_leading(table, params.get("Key") or params["Item"], hashes)])


def _of_query(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    table, index = params["TableName"], params.get("IndexName")
    wanted, names = hashes[table, index], params.get("ExpressionAttributeNames") or {}
    values = params.get("ExpressionAttributeValues") or {}
    keys = [
        str(next(iter(values[value].values())))
        for name, value in _EQUALS.findall(params["KeyConditionExpression"])
        if names.get(name, name) == wanted
    ]
    yield _ask("Query", table, index, keys)


def _of_scan(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    yield _ask("Scan", params["TableName"], params.get("IndexName"), [])


def _of_batch_get(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    for table, wanted in params["RequestItems"].items():
        yield _ask("BatchGetItem", table, None, [_leading(table, key, hashes) for key in wanted["Keys"]])


def _of_batch_write(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    for table, writes in params["RequestItems"].items():
        items = [one["PutRequest"]["Item"] if "PutRequest" in one else one["DeleteRequest"]["Key"] for one in writes]
        yield _ask("BatchWriteItem", table, None, [_leading(table, item, hashes) for item in items])


_UNDERLYING = {
    "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem",
    "ConditionCheck": "ConditionCheckItem",
}  # fmt: skip


def _of_transaction(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    for one in params["TransactItems"]:
        ((kind, body),) = one.items()
        item = body.get("Key") or body["Item"]
        yield _ask(_UNDERLYING[kind], body["TableName"], None, [_leading(body["TableName"], item, hashes)], operation)


def _of_statement(operation: str, params: Params, hashes: Hashes) -> Iterator[Ask]:
    statements = [params] if "Statement" in params else params.get("Statements") or params["TransactStatements"]
    for one in statements:
        verb, table = _VERB.match(one["Statement"]), _QUOTED.search(one["Statement"])
        assert verb is not None and table is not None, one
        yield _ask(f"PartiQL{verb[1].capitalize()}", table[1], None, [])


_DYNAMODB: dict[str, Asker] = {
    **dict.fromkeys(("GetItem", "PutItem", "UpdateItem", "DeleteItem"), _of_one),
    "Query": _of_query,
    "Scan": _of_scan,
    "BatchGetItem": _of_batch_get,
    "BatchWriteItem": _of_batch_write,
    **dict.fromkeys(("TransactWriteItems", "TransactGetItems"), _of_transaction),
    **dict.fromkeys(("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"), _of_statement),
}

# -- the other services ----------------------------------------------------------------------------------------


def _object(action: str) -> Callable[[Params], Iterator[Ask]]:
    def asker(params: Params) -> Iterator[Ask]:
        yield Ask(f"s3:{action}", f"arn:{PARTITION}:s3:::{params['Bucket']}/{params['Key']}")

    return asker


def _bucket(params: Params) -> Iterator[Ask]:
    context = {"s3:prefix": (str(params["Prefix"]),)} if params.get("Prefix") else {}
    yield Ask("s3:ListBucket", f"arn:{PARTITION}:s3:::{params['Bucket']}", context)


def _queue(action: str) -> Callable[[Params], Iterator[Ask]]:
    def asker(params: Params) -> Iterator[Ask]:
        yield Ask(f"sqs:{action}", f"arn:{PARTITION}:sqs:{REGION}:{ACCOUNT}:{params['QueueUrl'].rsplit('/', 1)[1]}")

    return asker


def _mail(params: Params) -> Iterator[Ask]:
    """A mail is asked for its identity and for its configuration set (Service Authorization Reference, SES v2)."""
    for action in ("SendEmail", *(("SendRawEmail",) if "Raw" in params["Content"] else ())):
        for resource in ("identity/hospes.example", f"configuration-set/{params['ConfigurationSetName']}"):
            yield Ask(f"ses:{action}", f"arn:{PARTITION}:ses:{REGION}:{ACCOUNT}:{resource}")


def _text(params: Params) -> Iterator[Ask]:
    # The engine calls endpoints after their application; AWS says `endpoint/`.
    device = str(params.get("TargetArn", "")).replace(":app/", ":endpoint/")
    yield Ask("sns:Publish", device or params.get("TopicArn") or params["PhoneNumber"])


def _device(action: str) -> Callable[[Params], Iterator[Ask]]:
    def asker(params: Params) -> Iterator[Ask]:
        yield Ask(f"sns:{action}", "*")

    return asker


def _assume(params: Params) -> Iterator[Ask]:
    tags = {one["Key"]: one["Value"] for one in params.get("Tags", [])}
    context = {f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}
    for action in ("AssumeRole", *(("TagSession",) if tags else ())):
        yield Ask(f"sts:{action}", params["RoleArn"], {**context, "aws:TagKeys": tuple(tags)} if tags else {})


_OTHERS: dict[tuple[str, str], Callable[[Params], Iterator[Ask]]] = {
    **{("s3", name): _object("GetObject") for name in ("GetObject", "HeadObject")},
    **{
        ("s3", name): _object("PutObject")
        for name in ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
    },
    ("s3", "DeleteObject"): _object("DeleteObject"),
    ("s3", "ListObjectsV2"): _bucket,
    **{("sqs", name): _queue("SendMessage") for name in ("SendMessage", "SendMessageBatch")},
    **{("sqs", name): _queue("DeleteMessage") for name in ("DeleteMessage", "DeleteMessageBatch")},
    **{("sqs", name): _queue(name) for name in ("ReceiveMessage", "GetQueueAttributes")},
    ("sesv2", "SendEmail"): _mail,
    ("sns", "Publish"): _text,
    **{("sns", name): _device(name) for name in ("CreatePlatformEndpoint", "SetEndpointAttributes", "DeleteEndpoint")},
    ("sts", "AssumeRole"): _assume,
}
