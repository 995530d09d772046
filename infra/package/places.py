"""Where an installation's resources are, in the template's words: what `infra.policies` names in its statements."""

from __future__ import annotations

from typing import Any

from chalicelib.wiring import FUNCTIONS
from infra.package.words import PREFIX, Json

_HERE = "${AWS::Region}:${AWS::AccountId}"
_ROLE = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role"
BUCKET = "hospes-${Stage}-files-${AWS::AccountId}-${AWS::Region}"
INTAKE_BUCKET = "hospes-${Stage}-intake-${AWS::AccountId}-${AWS::Region}"
REPLY_RULE = "answers"  # the receipt rule; the bucket's policy names it
STORES = {"intake": INTAKE_BUCKET}
# By name and not by reference: its trust names the functions' roles, whose policies name it.
TENANT_ROLE_NAME = "hospes-${Stage}-tenant-${AWS::Region}"


class TemplateArns:
    """ARNs as text with `${…}` in it; `resolved` turns the statements that hold them into the template's words."""

    def table(self, name: str) -> str:
        """A table, by its name without prefix."""
        return f"arn:${{AWS::Partition}}:dynamodb:{_HERE}:table/{PREFIX}{name}"

    def index(self, table: str, index: str) -> str:
        """An index of a table, or all of them with `*`."""
        return f"{self.table(table)}/index/{index}"

    def queue(self, name: str) -> str:
        """A queue of the wiring, by name."""
        return f"arn:${{AWS::Partition}}:sqs:{_HERE}:{PREFIX}{name}"

    def bucket(self) -> str:
        """The bucket of files."""
        return f"arn:${{AWS::Partition}}:s3:::{BUCKET}"

    def objects(self, pattern: str) -> str:
        """The bucket's objects whose keys match."""
        return f"{self.bucket()}/{pattern}"

    def store(self, name: str, pattern: str = "") -> str:
        """A bucket of a passage, or with a pattern its objects whose keys match."""
        return f"arn:${{AWS::Partition}}:s3:::{STORES[name]}" + (f"/{pattern}" if pattern else "")

    def tenant_role(self) -> str:
        """The role that is assumed for one chain."""
        return f"{_ROLE}/{TENANT_ROLE_NAME}"

    def function_role(self, kind: str) -> str:
        """The role of the functions of a kind."""
        return f"{_ROLE}/{role_name(kind)}"

    def mail_identities(self) -> str:
        """The identities of the account: chains send from their own domains too."""
        return f"arn:${{AWS::Partition}}:ses:{_HERE}:identity/*"

    def mail_settings(self) -> str:
        """The configuration set of this installation: SES asks for it beside the identity."""
        return f"arn:${{AWS::Partition}}:ses:{_HERE}:configuration-set/hospes-${{Stage}}"

    def topics(self) -> str:
        """Every topic there is."""
        return "arn:${AWS::Partition}:sns:*:*:*"

    def devices(self) -> str:
        """Every endpoint of a device, of applications that belong to a chain."""
        return f"arn:${{AWS::Partition}}:sns:{_HERE}:endpoint/*/*chn_*/*"

    def logs(self, kind: str) -> list[str]:
        """The log groups of the functions of a kind, with their streams."""
        names = [function.name for function in FUNCTIONS if function.kind == kind]
        return [f"arn:${{AWS::Partition}}:logs:{_HERE}:log-group:{log_group(name)}:*" for name in names]


def role_name(kind: str) -> str:
    """Name of the role of a kind of function."""
    return f"hospes-${{Stage}}-{kind}-${{AWS::Region}}"


def log_group(name: str) -> str:
    """Name of the log group of a function, or of the gateway."""
    return f"/hospes/${{Stage}}/{name}"


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
