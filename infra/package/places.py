"""Where an installation's resources are, in the template's words: what `infra.policies` names in its statements."""

from __future__ import annotations

from typing import Any

from infra.package.words import PREFIX, Json

_HERE = "${AWS::Region}:${AWS::AccountId}"
# By name and not by reference: its trust names the functions' roles, whose policies name it.
TENANT_ROLE_NAME = "hospes-${Stage}-tenant-${AWS::Region}"


class TemplateArns:
    """ARNs as text with `${…}` in it; `resolved` turns the statements that hold them into the template's words."""

    def table(self, name: str) -> str:
        """A table, by its name without prefix."""
        return f"arn:${{AWS::Partition}}:dynamodb:{_HERE}:table/{PREFIX}{name}"

    def queue(self, name: str) -> str:
        """A queue of the wiring, by name."""
        return f"arn:${{AWS::Partition}}:sqs:{_HERE}:{PREFIX}{name}"

    def bucket(self) -> str:
        """The bucket of files."""
        return "arn:${AWS::Partition}:s3:::hospes-${Stage}-files-${AWS::AccountId}-${AWS::Region}"

    def tenant_role(self) -> str:
        """The role that is assumed for one chain."""
        return f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{TENANT_ROLE_NAME}"

    def mail_identity(self) -> str:
        """The identities of the account: chains send from their own domains too."""
        return f"arn:${{AWS::Partition}}:ses:{_HERE}:identity/*"

    def mail_configuration_set(self) -> str:
        """The configuration set of this installation: SES asks for it beside the identity."""
        return f"arn:${{AWS::Partition}}:ses:{_HERE}:configuration-set/hospes-${{Stage}}"


def resolved(value: Any) -> Any:
    """A statement in the template's words. Policy variables such as `${aws:PrincipalTag/chain}` stay as they are."""
    if isinstance(value, dict):
        return {key: resolved(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [resolved(one) for one in value]
    if isinstance(value, str) and ("${AWS::" in value or "${Stage}" in value):
        # Fn::Sub reads `${!name}` as the text `${name}`.
        return {"Fn::Sub": value.replace("${aws:", "${!aws:")}
    return value


def policy(statements: list[Json]) -> Json:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": resolved(statements)}
