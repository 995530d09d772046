"""Who may do what in AWS: the least each kind of function needs, and the wall around a chain.

The tables that hold chains' data are reached through the tenant role alone, assumed for one chain with the session tag
`chain`; a function's own role reaches only the named passages of `kernel.tenancy`, its queues and what it sends by.
`tests/walls` holds both to what is really used: nothing is missing, and nothing is allowed that is never done.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from chalicelib import wiring
from chalicelib.kernel.tenancy import PASSAGES, Opening, Store

Statement = dict[str, Any]

KINDS = ("api", "worker", "hearer", "sweeper")
CHAIN_TAG, PASSAGE_TAG = "chain", "passage"
CHAIN = f"${{aws:PrincipalTag/{CHAIN_TAG}}}"  # the policy variable: the chain that a session was made for
LEADING_KEYS = "dynamodb:LeadingKeys"
FILES, RECORDED = f"{CHAIN}/*", f"recorder/{CHAIN}/*"  # keys of the bucket: imports, and a test chain's messages
# SES asks for SendRawEmail where a mail of its second interface is sent raw, though its reference names SendEmail only.
MAIL_ACTIONS = ("ses:SendEmail", "ses:SendRawEmail")
DEVICE_ACTIONS = ("sns:CreatePlatformEndpoint", "sns:SetEndpointAttributes", "sns:DeleteEndpoint")
WORK_QUEUES = tuple(queue.name for queue in wiring.QUEUES if queue.name != wiring.SES_QUEUE)


class Arns(Protocol):
    """Where the resources are: as text in tests, as references in a template."""

    def table(self, name: str) -> Any:
        """A table, by its name without the installation's prefix."""

    def index(self, table: str, index: str) -> Any:
        """An index of a table: the table's ARN and `/index/<index>`."""

    def queue(self, name: str) -> Any:
        """A queue of the wiring, by name."""

    def objects(self, pattern: str) -> Any:
        """The bucket's objects whose keys match. `pattern` may hold a policy variable (`${aws:PrincipalTag/chain}`),
        which `Fn::Sub` takes for its own unless it is written `${!aws:PrincipalTag/chain}`."""

    def store(self, name: str, pattern: str = "") -> Any:
        """A bucket of a passage by what it is for; with a pattern its objects whose keys match."""

    def tenant_role(self) -> Any:
        """The role that is assumed for one chain."""

    def function_role(self, kind: str) -> Any:
        """The role of the functions of a kind."""

    def mail_identities(self) -> Any:
        """The identities that mails are sent from: `identity/*` of the account, for chains send as themselves."""

    def mail_settings(self) -> Any:
        """The configuration set of the mail service."""

    def topics(self) -> Any:
        """Every SNS topic of the account (`arn:<partition>:sns:*:*:*`): what texting people must not reach."""

    def devices(self) -> Any:
        """Every endpoint of a device, of applications whose names end with a chain's id, here."""

    def logs(self, kind: str) -> Any:
        """The log groups of the functions of a kind, with their streams."""


@dataclass(frozen=True)
class Document:
    """What a role may do, and for the tenant role in `trust` who may assume it.

    The tenant role names the functions' roles and their policies name the tenant role: in a template the policies have
    to be resources of their own, or the two wait for each other.
    """

    statements: list[Statement]
    trust: list[Statement] = field(default_factory=list)


def function_policy(kind: str, arns: Arns) -> Document:
    """What functions of `kind` (`api`, `worker`, `hearer`, `sweeper`) may do by themselves."""
    if kind not in KINDS:
        raise ValueError(f"no kind of function is called {kind}")
    statements = [
        _allow("Logs", ("logs:CreateLogStream", "logs:PutLogEvents"), arns.logs(kind)),
        _allow("Chains", ("sts:AssumeRole", "sts:TagSession"), arns.tenant_role()),
    ]
    for passage in PASSAGES:
        if passage.kind == kind:
            statements += [_opened(passage.name, number, one, arns) for number, one in enumerate(passage.openings)]
            statements += [made for one in passage.stores for made in _stored(one, arns)]
    statements.append(_allow("HandOver", ("sqs:SendMessage",), [arns.queue(name) for name in WORK_QUEUES]))
    heard = {"worker": WORK_QUEUES, "hearer": (wiring.SES_QUEUE,)}.get(kind)
    if heard:
        actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        statements.append(_allow("Work", actions, [arns.queue(name) for name in heard]))
    if kind == "worker":
        statements.append(_allow("Mail", MAIL_ACTIONS, [arns.mail_identities(), arns.mail_settings()]))
        # A text goes to a telephone, which has no ARN; so all is allowed but what has one, and of those the devices.
        text = _allow("Text", ("sns:Publish",), arns.topics())
        text["NotResource"] = text.pop("Resource")
        statements += [text, _allow("Push", ("sns:Publish",), arns.devices())]
    if kind == "api":
        # None of the three takes a resource (Service Authorization Reference, Amazon SNS).
        statements.append(_allow("Devices", DEVICE_ACTIONS, "*"))
    return Document(statements)


# -- the wall around a chain -----------------------------------------------------------------------------------


# What sessions of a chain do, table by table and `table/*` being all its indexes, with keys that begin with the chain.
# A new table or a new way to use one is refused by the tests until it stands here.
CHAIN_USES: dict[str, tuple[str, ...]] = {
    "BatchGetItem": (
        "accounts", "agenda", "claims", "contact-facts", "deliveries", "external-ids", "guest-days", "guests",
        "hotline-contacts", "house-guests", "import-columns", "match-keys", "matches", "member-pointers", "members",
        "merges", "obligations", "parted-pairs", "stay-journeys", "stay-pointers", "stay-points", "stays",
        "suppressions", "tasks",
    ),
    "ConditionCheckItem": ("deliveries", "guest-addresses", "guests", "stays", "suppressions"),
    "DeleteItem": (
        "account-guests", "cares", "channel-settings", "consent-entries", "contact-points", "external-ids",
        "guest-families", "guests", "house-guests", "households", "match-keys", "members", "messages", "relations",
        "sending-days", "silent-guests", "stay-pointers", "stays", "suppressions",
    ),
    "GetItem": (
        "account-guests", "accounts", "agenda", "api-keys", "brands", "care-policies", "chains", "channel-settings",
        "claims", "clocks", "contact-frequencies", "deliveries", "entries", "exchange-rates", "guest-addresses",
        "guest-days", "guest-families", "guests", "hotline-contacts", "house-guests", "households", "idempotency",
        "import-plans", "import-runs", "import-undos", "imports", "matches", "member-pointers", "members", "merges",
        "messages", "obligations", "occasion-policies", "pools", "programmes", "properties", "quality-figures",
        "redemptions", "relations", "searches", "sending-days", "silent-guests", "staff", "stay-pointers",
        "stay-points", "stays", "strategies", "suppressions", "tasks",
    ),
    "PutItem": (
        "account-guests", "accounts", "agenda", "api-keys", "audit", "brands", "care-policies", "cares", "chains",
        "channel-settings", "claims", "clocks", "consent-entries", "contact-findings", "contact-frequencies",
        "contact-points", "deliveries", "entries", "exchange-rates", "external-ids", "guest-addresses", "guest-days",
        "guest-families", "guests", "hotline-contacts", "house-guests", "households", "idempotency", "import-columns",
        "import-images", "import-plans", "import-rejections", "import-runs", "import-undos", "imports",
        "ledger-checks", "matches", "member-pointers", "members", "merges", "messages", "obligations",
        "occasion-policies", "parted-pairs", "pools", "programmes", "properties", "quality-figures", "redemptions",
        "relations", "searches", "sending-days", "silent-guests", "staff", "stay-journeys", "stay-pointers",
        "stay-points", "stays", "strategies", "suppressions", "tasks",
    ),
    "Query": (
        "account-guests", "accounts/*", "api-keys", "audit", "brands", "care-policies", "cares", "channel-settings",
        "claims", "claims/*", "consent-entries", "contact-findings", "contact-points", "deliveries", "deliveries/*",
        "entries", "external-ids", "guests/*", "hotline-contacts/*", "house-guests/*", "import-images",
        "import-rejections", "import-runs", "import-undos", "imports/*", "ledger-checks", "liability", "match-counts",
        "matches/*", "member-pointers", "members", "members/*", "merges/*", "messages", "obligations",
        "obligations/*", "occasion-policies", "programmes", "properties", "quality-figures", "redemptions",
        "relations", "sending-days", "silent-guests", "silent-guests/*", "staff", "stay-pointers", "stay-points/*",
        "stays", "stays/*", "strategies", "suppressions/*", "tasks", "tasks/*",
    ),
    "UpdateItem": (
        "agenda", "api-keys", "clocks", "contact-facts", "idempotency", "import-runs", "imports", "liability",
        "lookup-counters", "match-counts", "match-keys", "sending-days",
    ),
}  # fmt: skip
ITEMS = "Items"  # begins the names of the statements about them
PART_CHARACTERS_MAX = 5_000  # of 6,144: the rest is room for long stages and regions
# The lanes of the agenda's index that end with the chain, and so are the chain's own.
OWN_LANES = (f"test#{CHAIN}", f"dead#{CHAIN}")


def tenant_policy(arns: Arns) -> Document:
    """What the tenant role allows to a session tagged with one chain, and who may make one."""
    statements = [
        {
            **_allow(f"{ITEMS}{number}", _dynamodb(actions), [_where(arns, place) for place in places]),
            "Condition": _own_keys((CHAIN, f"{CHAIN}#*")),
        }
        for number, (actions, places) in enumerate(_alike())
    ]
    statements.append(
        {**_allow("Lanes", ("dynamodb:Query",), arns.index("agenda", "due")), "Condition": _own_keys(OWN_LANES)}
    )
    for passage in PASSAGES:
        if passage.kind is None:
            for number, one in enumerate(passage.openings):
                opened = _opened(passage.name, number, one, arns)
                opened["Condition"]["StringEquals"] = {f"aws:PrincipalTag/{PASSAGE_TAG}": passage.name}
                statements.append(opened)
    statements.append(_allow("Files", ("s3:GetObject", "s3:PutObject"), arns.objects(FILES)))
    statements.append(_allow("Recorder", ("s3:PutObject",), arns.objects(RECORDED)))
    statements.append(
        {
            "Sid": "NeverWithoutKeys",
            "Effect": "Deny",
            "Action": ["dynamodb:*"],
            "Resource": "*",
            "Condition": {"Null": {LEADING_KEYS: "true"}},
        }
    )
    statements.append(
        {"Sid": "NeverAll", "Effect": "Deny", "Action": ["dynamodb:Scan", "dynamodb:PartiQL*"], "Resource": "*"}
    )
    return Document(statements, _trust(arns))


def parts_of(statements: list[Statement]) -> list[list[Statement]]:
    """A tenant's statements in parts: the first for the role itself, the others for policies that it is given.

    What is done with items grows with every table, and a policy of its own may have 6,144 characters.
    """
    parts: list[list[Statement]] = [[one for one in statements if not one["Sid"].startswith(ITEMS)]]
    room = 0
    for statement in statements:
        if statement["Sid"].startswith(ITEMS):
            length = len("".join(json.dumps(statement).split()))
            if length > room:
                parts.append([])
                room = PART_CHARACTERS_MAX
            parts[-1].append(statement)
            room -= length
    return parts


def _alike() -> list[tuple[tuple[str, ...], list[str]]]:
    """Places that the same is done with, together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for place in sorted({one for places in CHAIN_USES.values() for one in places}):
        alike.setdefault(tuple(action for action, places in CHAIN_USES.items() if place in places), []).append(place)
    return sorted(alike.items())


def _trust(arns: Arns) -> list[Statement]:
    """The functions may make sessions, and only such as are tagged with one chain."""
    statement: Statement = {
        "Sid": "OneChain",
        "Effect": "Allow",
        "Principal": {"AWS": [arns.function_role(kind) for kind in KINDS]},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringLike": {f"aws:RequestTag/{CHAIN_TAG}": "chn_*"},
            "ForAllValues:StringEquals": {"aws:TagKeys": [CHAIN_TAG, PASSAGE_TAG]},
        },
    }
    return [statement]


def _opened(name: str, number: int, opening: Opening, arns: Arns) -> Statement:
    """The statement of one opening of a passage."""
    sid = "".join(part.capitalize() for part in name.split("-")) + (str(number) if number else "")
    resource = arns.index(opening.table, opening.index) if opening.index else arns.table(opening.table)
    return {**_allow(sid, _dynamodb(opening.actions), resource), "Condition": _own_keys(opening.leading)}


def _stored(store: Store, arns: Arns) -> list[Statement]:
    """The statements of a passage's bucket."""
    sid = store.name.capitalize()
    made = [_allow(f"{sid}Objects", tuple(f"s3:{one}" for one in store.actions), arns.store(store.name, "*"))]
    return [*made, _allow(f"{sid}List", ("s3:ListBucket",), arns.store(store.name))] if store.is_listed else made


def _own_keys(patterns: tuple[str, ...]) -> dict[str, Any]:
    """Every leading key like one of `patterns`; and there must be one, for of no keys all is true."""
    return {"ForAllValues:StringLike": {LEADING_KEYS: list(patterns)}, "Null": {LEADING_KEYS: "false"}}


def _where(arns: Arns, name: str) -> Any:
    table, _, index = name.partition("/")
    return arns.index(table, index) if index else arns.table(table)


def _dynamodb(actions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"dynamodb:{action}" for action in actions)


def _allow(sid: str, actions: tuple[str, ...], resource: Any) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
