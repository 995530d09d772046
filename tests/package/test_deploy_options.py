"""What an operator may say when deploying is what the template asks for: an option for each parameter of theirs."""

from __future__ import annotations

import re
from pathlib import Path

from infra.package import code_stack, deploy

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
