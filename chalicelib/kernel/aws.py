"""The only door to AWS: one session, one client per service, with time-outs and retries chosen on purpose.

The clients of chains' data sign with the credentials of where a call stands (see `tenancy`): inside a chain with that
chain's own session of the tenant role, in a passage with the function's own role, and anywhere else not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError
from botocore.session import Session

from chalicelib.kernel import logs, tenancy, wire
from chalicelib.kernel.settings import settings

__all__ = [
    "BotoCoreError",
    "ClientError",
    "ConnectTimeoutError",
    "EndpointConnectionError",
    "client",
    "error_code",
    "forget_sessions",
    "works_for_s",
]

log = logs.Log(__name__)

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0  # below API Gateway's 29 s, so that two tries still answer the caller
MESSAGE_READ_TIMEOUT_S = 20.0  # a mail is tried once, so the one try is given time
ATTEMPTS_MAX = 4

# Named by us because botocore otherwise puts its own name together anew for every request, a tenth of a request's work.
USER_AGENT = "hospes"

SESSION_S = 3600  # the most that AWS gives to a role that is assumed by a role
RENEWED_BEFORE_S = 600  # longer than any function runs, and long enough to start an upload
RENEWAL_EVERY_S = 30  # between two tries, while the session that there is still works
SESSIONS_KEPT_MAX = 256  # in one process; the chain that has been away longest is forgotten
STRIPES = 16  # of the locks that keep two threads from making one session twice

# SES and SNS have no idempotency token: a second try by the library would be a second mail.
_SENT_ONCE = frozenset({"sesv2", "sns"})
_OF_CHAINS = frozenset({"dynamodb", "s3"})  # what holds chains' data


class NoSession(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """The tenant role was not given to us, so the call has not left."""

    fmt = "no session of the tenant role: {reason}"


@cache
def session() -> Any:
    """The process's only session. botocore's own: boto3 adds resources and transfers, which nothing here uses."""
    made = Session()
    made.set_config_variable("region", settings().region)
    return made


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
    made = session().create_client(service, config=config, endpoint_url=settings().endpoint_url)
    if service in _OF_CHAINS:
        # botocore asks its signer's credentials anew for every request, and for nothing else but to sign it.
        made._request_signer._credentials = _ByStanding(session().get_credentials())
    if service == "dynamodb":
        wire.pass_ready(made.meta.events)
    return made


def error_code(error: ClientError) -> str:
    """AWS's own name of an error, such as `TransactionCanceledException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


# -- whose credentials -----------------------------------------------------------------------------------------


class _ByStanding:
    """Credentials that depend on where the call stands."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def get_frozen_credentials(self) -> Any:
        """What to sign with. Raises BeyondTheWall for a call that stands nowhere."""
        here, role = tenancy.standing(), settings().tenant_role_arn
        if here is None:
            if role is not None:
                raise tenancy.BeyondTheWall("this call came through no door")
        elif here.chain_id:
            if role is not None:
                return _SESSIONS.of(here.chain_id, here.passage.name if here.passage is not None else None).frozen
        elif here.passage is None:
            raise tenancy.BeyondTheWall("this call belongs to no chain and to no named exception")
        return None if self._own is None else self._own.get_frozen_credentials()


@dataclass
class ChainSession:
    """The credentials of one chain for a while. Instants are the wall clock's: a frozen Lambda's other clocks stop."""

    frozen: Any
    ends_at: float
    renew_at: float
    used_at: float


class Sessions:
    """The sessions of the tenant role in this process, by chain and passage: made at first use, renewed in time."""

    def __init__(
        self, assume: Callable[[str, str | None], tuple[Any, float]], now: Callable[[], float] = time.time
    ) -> None:
        self._assume = assume
        self._now = now
        self._kept: dict[tuple[str, str | None], ChainSession] = {}
        self._room = Lock()
        self._stripes = [Lock() for _ in range(STRIPES)]

    def of(self, chain_id: str, passage: str | None) -> ChainSession:
        """The session of a chain. Raises NoSession."""
        known = self._kept.get((chain_id, passage))
        now = self._now()
        if known is None or now >= known.renew_at:
            return self._renewed((chain_id, passage))
        known.used_at = now
        return known

    def forget(self) -> None:
        """Make all sessions anew."""
        with self._room:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def _renewed(self, key: tuple[str, str | None]) -> ChainSession:
        with self._stripes[hash(key) % STRIPES]:
            known, now = self._kept.get(key), self._now()
            if known is not None and now < known.renew_at:
                return known  # another thread was faster
            try:
                frozen, ends_at = self._assume(*key)
            except (ClientError, BotoCoreError) as error:
                if known is None or now >= known.ends_at:
                    reason = error_code(error) if isinstance(error, ClientError) else type(error).__name__
                    raise NoSession(reason=reason) from error
                log.warning("session_not_renewed", error, subject=key[0])
                known.renew_at = now + RENEWAL_EVERY_S
                return known
            made = ChainSession(frozen, ends_at, ends_at - RENEWED_BEFORE_S, now)
            self._keep(key, made)
            return made

    def _keep(self, key: tuple[str, str | None], made: ChainSession) -> None:
        with self._room:
            if key not in self._kept and len(self._kept) >= SESSIONS_KEPT_MAX:
                del self._kept[min(self._kept, key=lambda one: self._kept[one].used_at)]
            self._kept[key] = made


def _assumed(chain_id: str, passage: str | None) -> tuple[Any, float]:
    """Ask for a session of the tenant role, tagged with a chain: credentials, and when they end."""
    tags = [{"Key": "chain", "Value": chain_id}]
    if passage is not None:
        tags.append({"Key": "passage", "Value": passage})
    answer = client("sts").assume_role(
        RoleArn=settings().tenant_role_arn, RoleSessionName=chain_id, DurationSeconds=SESSION_S, Tags=tags
    )
    given = answer["Credentials"]
    frozen = ReadOnlyCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return frozen, given["Expiration"].timestamp()


_SESSIONS = Sessions(_assumed)


def forget_sessions() -> None:
    """Make every chain's session anew."""
    _SESSIONS.forget()


def works_for_s(wanted_s: int) -> int:
    """How long an address presigned here and now works, of the time that is wanted: not longer than its session."""
    here = tenancy.standing()
    if settings().tenant_role_arn is None or here is None or not here.chain_id:
        return wanted_s
    held = _SESSIONS.of(here.chain_id, here.passage.name if here.passage is not None else None)
    return min(wanted_s, int(held.ends_at - time.time()))
