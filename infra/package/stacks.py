"""Brings a stack to a template by a change set, waits, and knows what it was before."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
PAUSE_S = 2.0
WAIT_S = 1800.0  # tables with indexes are made one after the other
FAILURES_SHOWN_MAX = 10
_NOTHING_NEW = ("didn't contain changes", "No updates are to be performed", "no changes")


class DeploymentFailed(RuntimeError):
    """CloudFormation refused, or could not do it; the stack is as it was before."""


@dataclass(frozen=True)
class Present:
    """A stack as it is: what it was made from, to go back to it."""

    status: str
    template: str
    parameters: dict[str, str]
    outputs: dict[str, str]


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, client: Any, *, pause_s: float = PAUSE_S, say: Callable[[str], None] = print) -> None:
        self._client = client
        self._pause_s = pause_s
        self._say = say

    def present(self, name: str) -> Present | None:
        """The stack as it is, or None."""
        found = self._described(name)
        if found is None or found["StackStatus"] == "REVIEW_IN_PROGRESS":
            return None
        template = self._client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return Present(
            status=found["StackStatus"],
            template=template if isinstance(template, str) else _text(template),
            parameters={one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])},
            outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
        )

    def bring(self, name: str, template_url: str, parameters: Mapping[str, str]) -> bool:
        """Bring the stack to the template. Returns whether anything changed; raises DeploymentFailed."""
        self._clear_unborn(name)
        is_new = self.present(name) is None
        change = f"to-{int(time.time() * 1000)}"
        self._client.create_change_set(
            StackName=name,
            ChangeSetName=change,
            ChangeSetType="CREATE" if is_new else "UPDATE",
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=CAPABILITIES,
        )
        if not self._is_worth_doing(name, change):
            self._client.delete_change_set(StackName=name, ChangeSetName=change)
            self._say(f"{name}: nothing to change")
            return False
        self._client.execute_change_set(StackName=name, ChangeSetName=change)
        self._say(f"{name}: {'creating' if is_new else 'changing'} …")
        self._await_end(name)
        return True

    def _is_worth_doing(self, name: str, change: str) -> bool:
        ends_at = time.monotonic() + WAIT_S
        while time.monotonic() < ends_at:
            found = self._client.describe_change_set(StackName=name, ChangeSetName=change)
            if found["Status"] == "CREATE_COMPLETE":
                return True
            if found["Status"] == "FAILED":
                reason = str(found.get("StatusReason", ""))
                if any(words in reason for words in _NOTHING_NEW):
                    return False
                raise DeploymentFailed(f"{name}: {reason}")
            time.sleep(self._pause_s)
        raise DeploymentFailed(f"{name}: the change set takes too long")

    def _await_end(self, name: str) -> None:
        ends_at = time.monotonic() + WAIT_S
        while time.monotonic() < ends_at:
            found = self._described(name)
            status = found["StackStatus"] if found else "DELETE_COMPLETE"
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return
            if status.endswith(("_FAILED", "ROLLBACK_COMPLETE", "DELETE_COMPLETE")):
                raise DeploymentFailed(f"{name}: {status}\n{self._failures(name)}")
            time.sleep(self._pause_s)
        raise DeploymentFailed(f"{name}: still at it after {WAIT_S / 60:.0f} minutes")

    def _clear_unborn(self, name: str) -> None:
        """A stack whose creation failed can only be deleted; what is retained stays."""
        found = self._described(name)
        if found is None or found["StackStatus"] != "ROLLBACK_COMPLETE":
            return
        self._say(f"{name}: its creation had failed; removing what is left of it …")
        self._client.delete_stack(StackName=name)
        ends_at = time.monotonic() + WAIT_S
        while self._described(name) is not None:
            if time.monotonic() > ends_at:
                raise DeploymentFailed(f"{name}: cannot be removed")
            time.sleep(self._pause_s)

    def _described(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        return None if found["StackStatus"] == "DELETE_COMPLETE" else found

    def _failures(self, name: str) -> str:
        try:
            events = self._client.describe_stack_events(StackName=name)["StackEvents"]
        except ClientError:
            return ""
        failed = [one for one in events if one.get("ResourceStatus", "").endswith("_FAILED")]
        told = [f"  {one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}" for one in failed]
        return "\n".join(told[:FAILURES_SHOWN_MAX])


def _text(template: Any) -> str:
    """A template that the client has already read."""
    return json.dumps(template, indent=1, ensure_ascii=False)
