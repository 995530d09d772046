"""The environment, read once and typed. No other module looks at environment variables."""

from __future__ import annotations

import os
from dataclasses import field
from functools import cache

from chalicelib.kernel.deferred import dataclass


class MissingSetting(RuntimeError):
    """A variable without which the process cannot work is absent."""


@dataclass(frozen=True)
class Settings:
    """What a deployed function or a local process is told from outside."""

    stage: str
    region: str
    table_prefix: str
    secret: str = field(repr=False)
    operator_key_hash: str = field(repr=False)
    base_url: str
    bucket: str
    intake_bucket: str
    mail_sender: str
    ses_topic_arn: str
    ses_configuration_set: str
    queue_urls: dict[str, str]
    reply_domain: str
    reply_numbers: dict[str, str]
    endpoint_url: str | None
    tenant_role_arn: str | None
    is_profiled: bool
    is_loopback_allowed: bool

    def queue_url(self, name: str) -> str:
        """URL of the queue `name`; raises MissingSetting when the process was not given one."""
        try:
            return self.queue_urls[name]
        except KeyError:
            raise MissingSetting(f"HOSPES_QUEUE_{name.upper().replace('-', '_')}_URL") from None


_QUEUE_PREFIX, _QUEUE_SUFFIX = "HOSPES_QUEUE_", "_URL"


def _queue_urls() -> dict[str, str]:
    return {
        key[len(_QUEUE_PREFIX) : -len(_QUEUE_SUFFIX)].lower().replace("_", "-"): value
        for key, value in os.environ.items()
        if key.startswith(_QUEUE_PREFIX) and key.endswith(_QUEUE_SUFFIX)
    }


def _reply_numbers(text: str) -> dict[str, str]:
    """Which chain each number belongs to that texts come back to: `+351910000000=chn_…,+1…=chn_…`."""
    pairs = (one.strip().partition("=") for one in text.split(",") if one.strip())
    return {number.strip(): chain_id.strip() for number, _, chain_id in pairs}


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(name)
    return value


@cache
def settings() -> Settings:
    """The settings of this process. Raises MissingSetting for HOSPES_SECRET, the only one without a default."""
    return Settings(
        stage=stage(),
        region=os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "us-east-1",
        table_prefix=table_prefix(),
        secret=_required("HOSPES_SECRET"),
        operator_key_hash=os.environ.get("HOSPES_OPERATOR_KEY_HASH", ""),
        base_url=os.environ.get("HOSPES_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        bucket=os.environ.get("HOSPES_BUCKET", "hospes-files"),
        intake_bucket=os.environ.get("HOSPES_INTAKE_BUCKET", "hospes-intake"),
        mail_sender=os.environ.get("HOSPES_MAIL_SENDER", "care@hospes.example"),
        ses_topic_arn=os.environ.get("HOSPES_SES_TOPIC_ARN", ""),
        ses_configuration_set=os.environ.get("HOSPES_SES_CONFIGURATION_SET", "hospes"),
        queue_urls=_queue_urls(),
        reply_domain=os.environ.get("HOSPES_REPLY_DOMAIN", "").lower(),
        reply_numbers=_reply_numbers(os.environ.get("HOSPES_REPLY_NUMBERS", "")),
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL") or None,
        tenant_role_arn=os.environ.get("HOSPES_TENANT_ROLE_ARN") or None,
        is_profiled=os.environ.get("PROFILE") == "1",
        # Only beside a local AWS: in the cloud, loopback is the function's own runtime.
        is_loopback_allowed=bool(os.environ.get("AWS_ENDPOINT_URL")) and os.environ.get("HOSPES_LOOPBACK") == "1",
    )


def table_prefix() -> str:
    """Prefix of every table name. Apart from `settings` because models need it when they are declared."""
    return os.environ.get("HOSPES_TABLE_PREFIX", "hospes-")


# What log lines carry is apart from `settings`, because a process that lacks a setting has to be able to say so.


def stage() -> str:
    """The name of this installation."""
    return os.environ.get("HOSPES_STAGE", "local")


def is_in_lambda() -> bool:
    """Whether this process is a Lambda function."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def trace_id() -> str:
    """The X-Ray trace of the present invocation, if Lambda gives one."""
    return os.environ.get("_X_AMZN_TRACE_ID", "")
