"""What an operator may say when deploying is what the template asks for: an option for each parameter of theirs."""

from __future__ import annotations

import re
from pathlib import Path

from infra.package import code_stack, data_stack, deploy
from infra.package.stacks import Present

ROOT = Path(__file__).parent.parent.parent
# What the deployment knows by itself, or what has a default that a release does not change.
BY_ITSELF = {"Stage", "Architecture", "Runtime", "CodeBucket", "ApiKey", "WorkersKey", "SecretName", "LogDays"}


def test_every_parameter_of_an_operator_can_be_said() -> None:
    asked = set(code_stack.template()["Parameters"]) - BY_ITSELF
    assert set(deploy.PARAMETERS.values()) == asked
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    passed = set(re.findall(r"\$\(if \$\(([A-Z_]+)\),--([a-z-]+)", recipe))
    for option in deploy.PARAMETERS:
        assert (option.upper(), option.replace("_", "-")) in passed, option


class Known:
    """Stacks as an earlier deployment left them."""

    def __init__(self, parameters: dict[str, str] | None) -> None:
        self._parameters = parameters

    def present(self, name: str) -> Present | None:
        assert name == "hospes-prod-data"
        return None if self._parameters is None else Present("UPDATE_COMPLETE", "", self._parameters, {})


def test_another_product_s_rule_set_is_said_once() -> None:
    """Left out, the template's default would take the leave to write away from the rule that takes answers in."""
    assert set(deploy.KEPT_OF_DATA) <= set(data_stack.template()["Parameters"])
    deployment = object.__new__(deploy.Deployment)
    deployment._plan = deploy.Plan(stage="prod", folder=ROOT, architecture="arm64")
    for before, kept in (
        (None, {}),
        ({"Stage": "prod", "Backup": "no"}, {}),
        ({"Stage": "prod", "Backup": "no", "ReplyRuleSet": "all-mail"}, {"ReplyRuleSet": "all-mail"}),
    ):
        deployment._stacks = Known(before)  # type: ignore[assignment]
        assert deployment._kept_of_data() == kept
