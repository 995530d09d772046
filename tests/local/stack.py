"""An engine process for tests, and clients to it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).parents[2]
START_S = 60.0
PATIENCE_S = 60.0  # for what comes at once on a calm machine; what never comes is found all the same
PREFIX_TABLE = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "lane")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "lane",
            "KeySchema": [{"AttributeName": "lane", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EngineProcess:
    """`python -m infra.local.engine` over a folder; may be killed and started again."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "infra.local.engine", "--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen([*command, "--parent", str(os.getpid())], cwd=ROOT, stderr=subprocess.PIPE)
        ends_at = time.monotonic() + START_S
        while time.monotonic() < ends_at:
            if self.process.poll() is not None:
                stderr = self.process.stderr
                raise AssertionError(stderr.read().decode() if stderr else "the engine ended")
            try:
                self.get("/_hospes/health")
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the engine does not answer")

    def kill(self) -> None:
        """As `kill -9` does."""
        self._end(kill=True)

    def stop(self) -> None:
        """As SIGTERM does. Raises TimeoutExpired if it does not end."""
        self._end(kill=False)

    def _end(self, kill: bool) -> None:
        if self.process is None:
            return
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(PATIENCE_S)
        if self.process.stderr:
            self.process.stderr.close()
        self.process = None

    def get(self, path: str) -> bytes:
        """The body of one of its own pages."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE_S) as answer:
            return bytes(answer.read())

    def client(self, service: str, **settings: Any) -> Any:
        """A client of a service."""
        return client(service, self.url, **settings)


@cache
def session() -> boto3.Session:
    """One for all clients: it reads the services' descriptions once."""
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def client(service: str, url: str | None = None, **settings: Any) -> Any:
    """A client that tries once, so that a test sees every failure."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=PATIENCE_S, read_timeout=PATIENCE_S, **settings)
    return session().client(service, endpoint_url=url, config=config)


def thing(pk: str, sk: str, **more: str) -> dict[str, dict[str, str]]:
    """An item of the table above."""
    return {"pk": {"S": pk}, "sk": {"S": sk}, **{name: {"S": value} for name, value in more.items()}}
