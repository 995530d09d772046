"""An AWS on this machine to deploy into: the engine's plain server, a child process with functions that really run."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-west-1"
START_S = 60.0
STOP_S = 10.0


class Session(boto3.Session):
    """A session whose clients all speak to one address."""

    def __init__(self, url: str) -> None:
        super().__init__("test", "test", region_name=REGION)
        self._url = url

    def client(self, service: str, **given: Any) -> Any:  # type: ignore[override]
        """A client of the local AWS."""
        return super().client(service, endpoint_url=self._url, config=Config(s3={"addressing_style": "path"}), **given)


class Cloud:
    """The server; it and the functions it started end with `stop`."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "cloud.log"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "AWS_ENDPOINT_URL": self.url,  # handed on to the functions
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "TMPDIR": str(folder),
        }
        self._out = self.log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=folder,
            env={**kept, **settings},
            stdout=self._out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the functions it starts are of its group, and end with it
        )
        self.session = Session(self.url)

    def wait(self) -> None:
        """Return when it answers."""
        ends_at = time.monotonic() + START_S
        while time.monotonic() < ends_at and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
            else:
                return
        raise TimeoutError(self.log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """End it and every function it started."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_S)
        self._out.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until(condition: Any, *, within_s: float, what: str) -> Any:
    """The first true value of `condition()`. Fails after `within_s` seconds."""
    ends_at = time.monotonic() + within_s
    while time.monotonic() < ends_at:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come about within {within_s} s")
