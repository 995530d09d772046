"""Who the functions are: a role for each kind of function, and the role that is assumed for one chain."""

from __future__ import annotations

from chalicelib.wiring import FUNCTIONS
from infra.package.places import TENANT_ROLE_NAME, TemplateArns, policy, role_name
from infra.package.words import Json, logical, sub, tag_list
from infra.policies import function_policy, parts_of, tenant_policy

PLACES = TemplateArns()
# X-Ray knows no resources.
TRACES: Json = {
    "Sid": "Traces",
    "Effect": "Allow",
    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    "Resource": "*",
}


def kinds() -> list[str]:
    """The kinds of functions, in the order of the wiring."""
    return list(dict.fromkeys(function.kind for function in FUNCTIONS))


def role_id(kind: str) -> str:
    """Logical id of the role of a kind of function."""
    return logical("role", kind)


def resources() -> Json:
    """The roles."""
    return {
        **{role_id(kind): _function_role(kind) for kind in kinds()},
        **_tenant_policies(),
        "RoleTenant": _tenant_role(),
    }


def _function_role(kind: str) -> Json:
    return _role(
        name=role_name(kind),
        trust=[{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
        document=policy([*function_policy(kind, PLACES).statements, TRACES]),
    )


def _tenant_role() -> Json:
    made = tenant_policy(PLACES)
    role = _role(name=TENANT_ROLE_NAME, trust=made.trust, document=policy(parts_of(made.statements)[0]))
    role["Properties"]["ManagedPolicyArns"] = [{"Ref": name} for name in _tenant_policies()]
    # Its trust names the functions' roles, which have to be there.
    return {**role, "DependsOn": [role_id(kind) for kind in kinds()]}


def _tenant_policies() -> Json:
    """What sessions of a chain may do with items, in as many policies as that takes."""
    return {
        f"PolicyTenant{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": policy(part)},
        }
        for number, part in enumerate(parts_of(tenant_policy(PLACES).statements)[1:], 1)
    }


def _role(*, name: str, trust: list[Json], document: Json) -> Json:
    properties = {
        "RoleName": sub(name),
        "AssumeRolePolicyDocument": policy(trust),
        "Policies": [{"PolicyName": "hospes", "PolicyDocument": document}],
        "Tags": tag_list(),
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}
