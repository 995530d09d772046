"""Deploys the package into an account: `make deploy STAGE=…`.

Who am I, what is in the account; the data stack, then the code stack, each by a change set; then a few questions to
the new installation. If it does not answer as it should, the code stack goes back to what it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.package import smoke
from infra.package.build import ARCHITECTURES, local_folder
from infra.package.smoke import SmokeFailed
from infra.package.stacks import DeploymentFailed, Present, Stacks
from infra.package.words import STAGE_PATTERN

SECRET_BYTES = 32
KEPT_OF_DATA = ("ReplyRuleSet",)


@dataclass(frozen=True)
class Plan:
    """What is to be deployed where."""

    stage: str
    folder: Path
    architecture: str
    parameters: dict[str, str] = field(default_factory=dict)  # of the code stack, beside those that follow
    data_parameters: dict[str, str] = field(default_factory=dict)
    smoke_url: str = ""  # where to ask, if not the API's own address
    account: str = ""  # refuse any other


class Deployment:
    """One deployment into one account and region."""

    def __init__(self, session: Any, plan: Plan, *, pause_s: float = 2.0, smoke_tries: int = smoke.TRIES_MAX) -> None:
        self._session = session
        self._plan = plan
        self._pause_s = pause_s
        self._smoke_tries = smoke_tries
        self._stacks = Stacks(session.client("cloudformation"), pause_s=pause_s)
        self._s3 = session.client("s3")
        identity = session.client("sts").get_caller_identity()
        self.account = str(identity["Account"])
        self.region = str(session.region_name)
        if plan.account and plan.account != self.account:
            raise DeploymentFailed(f"these credentials are of account {self.account}, not {plan.account}")
        print(f"{identity['Arn']} in {self.account}, {self.region}: stage {plan.stage}")

    @property
    def data_stack(self) -> str:
        """Name of the stack of what is kept."""
        return f"hospes-{self._plan.stage}-data"

    @property
    def code_stack(self) -> str:
        """Name of the stack of what is replaced."""
        return f"hospes-{self._plan.stage}"

    @property
    def bucket(self) -> str:
        """Where code and templates are uploaded to; one for all stages of an account and region."""
        return f"hospes-code-{self.account}-{self.region}"

    def run(self) -> dict[str, str]:
        """Deploy. Returns the outputs of the code stack; raises DeploymentFailed, after going back if need be."""
        self._make_bucket()
        operator_key = self._make_secrets()
        parameters = self._parameters()
        data = {"Stage": self._plan.stage, **self._kept_of_data(), **self._plan.data_parameters}
        self._stacks.bring(self.data_stack, self._uploaded_template("data.json"), data)
        before = self._stacks.present(self.code_stack)
        self._stacks.bring(self.code_stack, self._uploaded_template("code.json"), parameters)
        present = self._stacks.present(self.code_stack)
        outputs = present.outputs if present else {}
        url = self._plan.smoke_url.format(**outputs) or outputs.get("ApiUrl", "")
        try:
            smoke.check(url, operator_key, tries=self._smoke_tries, pause_s=min(self._pause_s, smoke.PAUSE_S))
        except SmokeFailed as failure:
            raise DeploymentFailed(f"{failure}\n{self._go_back(before)}") from failure
        print(f"{self.code_stack}: answers at {url}")
        return outputs

    def _go_back(self, before: Present | None) -> str:
        if before is None:
            return f"{self.code_stack} is new, so there is nothing to go back to: it stays as it is, to be looked into."
        self._stacks.bring(self.code_stack, self._uploaded_text(before.template), before.parameters)
        return f"{self.code_stack} is back at the code it had before."

    def _parameters(self) -> dict[str, str]:
        """The code stack's parameters; those nobody gave stay as they were, or have the template's default."""
        folder = self._plan.folder / self._plan.architecture
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        before = self._stacks.present(self.code_stack)
        known = json.loads((self._plan.folder / "code.json").read_text(encoding="utf-8"))["Parameters"]
        kept = {name: value for name, value in (before.parameters if before else {}).items() if name in known}
        return {
            **kept,
            **self._plan.parameters,
            "Stage": self._plan.stage,
            "Architecture": manifest["architecture"],
            "Runtime": manifest["runtime"],
            "CodeBucket": self.bucket,
            "ApiKey": self._uploaded_zip(folder, manifest, "api"),
            "WorkersKey": self._uploaded_zip(folder, manifest, "workers"),
            "SecretName": self._secret_name(),
        }

    def _kept_of_data(self) -> dict[str, str]:
        """What was once said of the data stack and has to be said again, or its template's default would hold."""
        before = self._stacks.present(self.data_stack)
        return {name: value for name, value in (before.parameters if before else {}).items() if name in KEPT_OF_DATA}

    def _secret_name(self) -> str:
        return f"hospes/{self._plan.stage}/functions"

    def _make_secrets(self) -> str:
        """Make the secrets of a new installation. Returns the operator's key, which no function can read."""
        client = self._session.client("secretsmanager")
        operator = f"hospes/{self._plan.stage}/operator"
        key = _secret(client, operator)
        if key is None:
            key = f"op_{secrets.token_urlsafe(SECRET_BYTES)}"
            client.create_secret(Name=operator, SecretString=key, Description="The operator's key. Give it to nobody.")
            print(f"made the operator's key: it is in Secrets Manager under {operator}")
        if _secret(client, self._secret_name()) is None:
            value = {
                "secret": secrets.token_urlsafe(SECRET_BYTES),
                "operator_key_hash": hashlib.sha256(key.encode()).hexdigest(),
            }
            client.create_secret(
                Name=self._secret_name(), SecretString=json.dumps(value), Description="What functions sign with."
            )
        return key

    def _make_bucket(self) -> None:
        try:
            self._s3.head_bucket(Bucket=self.bucket, ExpectedBucketOwner=self.account)
        except ClientError as error:
            if str(error.response["Error"]["Code"]) not in ("404", "NoSuchBucket", "NotFound"):
                raise
        else:
            return
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self._s3.create_bucket(Bucket=self.bucket, **({} if self.region == "us-east-1" else where))
        blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        self._s3.put_public_access_block(
            Bucket=self.bucket, PublicAccessBlockConfiguration=dict.fromkeys(blocked, True)
        )
        self._s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def _uploaded_zip(self, folder: Path, manifest: dict[str, Any], name: str) -> str:
        content = (folder / f"{name}.zip").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != manifest["zips"][name]["sha256"]:
            raise DeploymentFailed(f"{name}.zip is not what its manifest says; build the package again")
        return self._uploaded(f"code/{manifest['architecture']}/{name}-{digest[:16]}.zip", content)

    def _uploaded_template(self, name: str) -> str:
        return self._uploaded_text((self._plan.folder / name).read_text(encoding="utf-8"))

    def _uploaded_text(self, template: str) -> str:
        """The address of an uploaded template, as CloudFormation takes it."""
        content = template.encode()
        key = self._uploaded(f"templates/{hashlib.sha256(content).hexdigest()[:16]}.json", content)
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self.region}.{suffix}/{self.bucket}/{key}"

    def _uploaded(self, key: str, content: bytes) -> str:
        """Put an object whose name says what is in it, unless it is there."""
        try:
            self._s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if str(error.response["Error"]["Code"]) not in ("404", "NoSuchKey", "NotFound"):
                raise
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return key


def _secret(client: Any, name: str) -> str | None:
    try:
        return str(client.get_secret_value(SecretId=name)["SecretString"])
    except client.exceptions.ResourceNotFoundException:
        return None


# The parameters of the code stack by the options that set them; whatever nobody says stays as it was.
PARAMETERS = {
    "mail_sender": "MailSender", "base_url": "BaseUrl", "reply_domain": "ReplyDomain",
    "reply_numbers": "ReplyNumbers", "alarm_email": "AlarmEmail",
}  # fmt: skip


def main() -> None:
    """Deploy what `make package` wrote."""
    parser = argparse.ArgumentParser(description="Deploys the package into the account of your credentials.")
    parser.add_argument("--stage", required=True, help="name of the installation, such as prod")
    parser.add_argument("--architecture", choices=ARCHITECTURES, default=ARCHITECTURES[0])
    parser.add_argument("--mail-sender", help="address that mails are from; needed the first time")
    parser.add_argument("--base-url", help="what links begin with, if the API has a domain of its own")
    parser.add_argument("--reply-domain", help="the domain that guests' answers by mail come to")
    parser.add_argument("--reply-numbers", help="which chain each number belongs to that texts come back to")
    parser.add_argument("--reply-rule-set", help="the rule set that takes answers in, if it is another product's")
    parser.add_argument("--alarm-email", help="who is told of alarms")
    parser.add_argument("--account", default="", help="refuse to deploy into any other account")
    parser.add_argument("--without-backup", action="store_true", help="the organisation backs the tables up itself")
    parser.add_argument("--folder", type=Path, default=local_folder())
    given = parser.parse_args()
    if not re.fullmatch(STAGE_PATTERN, given.stage):
        parser.error("a stage is up to 16 small letters and digits, a letter first")
    if not (given.folder / given.architecture / "manifest.json").exists():
        parser.error("there is no package; run `make package` first")
    chosen = {parameter: getattr(given, option) for option, parameter in PARAMETERS.items()}
    plan = Plan(
        stage=given.stage,
        folder=given.folder,
        architecture=given.architecture,
        parameters={name: value for name, value in chosen.items() if value is not None},
        data_parameters={
            **({"Backup": "no"} if given.without_backup else {}),
            **({"ReplyRuleSet": given.reply_rule_set} if given.reply_rule_set is not None else {}),
        },
        account=given.account,
    )
    try:
        Deployment(boto3.Session(), plan).run()
    except DeploymentFailed as failure:
        sys.exit(f"not deployed: {failure}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"not deployed: {error}")


if __name__ == "__main__":
    main()
