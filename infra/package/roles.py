"""Who the functions are: a role for each kind of function, and the role that is assumed for one chain."""

from __future__ import annotations

from chalicelib.wiring import FUNCTIONS, QUEUES
from infra.package.places import TENANT_ROLE_NAME, TemplateArns, policy
from infra.package.words import Json, attribute, logical, sub, tag_list
from infra.policies import function_policy, tenant_policy

CHAIN_TAG = "chain"


def kinds() -> list[str]:
    """The kinds of functions, in the order of the wiring."""
    return list(dict.fromkeys(function.kind for function in FUNCTIONS))


def role_id(kind: str) -> str:
    """Logical id of the role of a kind of function."""
    return logical("role", kind)


def resources() -> Json:
    """The roles."""
    return {**{role_id(kind): _function_role(kind) for kind in kinds()}, "RoleTenant": _tenant_role()}


def _function_role(kind: str) -> Json:
    arns = TemplateArns()
    own = [*_platform(kind), *function_policy(kind, arns).statements]
    return _role(
        name=f"hospes-${{Stage}}-{kind}-${{AWS::Region}}",
        trust={"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        document=policy(own),
    )


def _platform(kind: str) -> list[Json]:
    """What Lambda itself does in the function's name: logs, traces, and taking messages off its queues."""
    arns = TemplateArns()
    names = [function.name for function in FUNCTIONS if function.kind == kind]
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/hospes/${Stage}/"
    statements: list[Json] = [
        {
            "Sid": "OwnLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{logs}{name}:*" for name in names],
        },
        {
            # X-Ray knows no resources.
            "Sid": "Traces",
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": "*",
        },
    ]
    sources = [queue.name for queue in QUEUES if queue.handler in names]
    if sources:
        taking = {
            "Sid": "OwnQueues",
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": [arns.queue(name) for name in sources],
        }
        statements.append(taking)
    return statements


def _tenant_role() -> Json:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": [attribute(role_id(kind)) for kind in kinds()]},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringLike": {f"aws:RequestTag/{CHAIN_TAG}": "chn_*"},
            "ForAllValues:StringEquals": {"aws:TagKeys": [CHAIN_TAG]},
        },
    }
    return _role(name=TENANT_ROLE_NAME, trust=trust, document=policy(tenant_policy(TemplateArns()).statements))


def _role(*, name: str, trust: Json, document: Json) -> Json:
    properties = {
        "RoleName": sub(name),
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "hospes", "PolicyDocument": document}],
        "Tags": tag_list(),
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}
