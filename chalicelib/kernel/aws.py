"""The only door to AWS: one session, one client per service, with time-outs and retries chosen on purpose."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from chalicelib.kernel.settings import settings

__all__ = ["BotoCoreError", "ClientError", "ConnectTimeoutError", "EndpointConnectionError", "client", "error_code"]

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0  # below API Gateway's 29 s, so that two tries still answer the caller
MESSAGE_READ_TIMEOUT_S = 20.0  # a mail is tried once, so the one try is given time
ATTEMPTS_MAX = 4

# Named by us because botocore otherwise puts its own name together anew for every request, a tenth of a request's work.
USER_AGENT = "hospes"

# SES and SNS have no idempotency token: a second try by the library would be a second mail.
_SENT_ONCE = frozenset({"sesv2", "sns"})


@cache
def session() -> boto3.session.Session:
    """The process's only boto3 session."""
    return boto3.session.Session(region_name=settings().region)


@cache
def client(service: str) -> Any:
    """The shared client of `service` ("dynamodb", "sesv2", "sns", "sqs", "s3")."""
    once = service in _SENT_ONCE
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=MESSAGE_READ_TIMEOUT_S if once else READ_TIMEOUT_S,
        retries={"total_max_attempts": 1 if once else ATTEMPTS_MAX, "mode": "standard"},
        max_pool_connections=32,
        user_agent=USER_AGENT,
        parameter_validation=service != "dynamodb",
        s3={"addressing_style": "path"} if settings().endpoint_url else None,
        signature_version="s3v4" if service == "s3" else None,
    )
    return session().client(service, config=config, endpoint_url=settings().endpoint_url)


def error_code(error: ClientError) -> str:
    """AWS's own name of an error, such as `TransactionCanceledException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
