"""What the launcher keeps in its folder, and how it tells the processes it starts where everything is."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
REGION = "us-east-1"
TABLE_PREFIX = "hospes-"
BUCKET = "hospes-files"
INTAKE_BUCKET = "hospes-intake"
REPLY_DOMAIN = "replies.hospes.example"  # whatever is mailed there comes in; nothing leaves this machine
FOLDER_VARIABLE = "HOSPES_LOCAL"
UNCOMPILED_VARIABLE = "PYTHONDONTWRITEBYTECODE"
PRIVATE = 0o600
DESCRIPTION_BYTES_MAX = 1000
ROOT = Path(__file__).resolve().parents[2]


class Taken(Exception):
    """Another launcher has the folder."""


class Folder:
    """The data folder, one launcher at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.logs = path / "log"
        self.logs.mkdir(exist_ok=True)
        self._lock = -1

    @classmethod
    def here(cls) -> Folder:
        """The folder that the environment names, `.local` if none."""
        return cls(Path(os.environ.get(FOLDER_VARIABLE) or ".local").absolute())

    def take(self) -> None:
        """Make it ours until this process ends. Raises Taken with what the other one says of itself."""
        # Not inherited: the lock must end with this process, not with the last of its children.
        lock = os.open(self.path / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            said = os.pread(lock, DESCRIPTION_BYTES_MAX, 0).decode("utf-8", "replace").strip()
            os.close(lock)
            raise Taken(said) from None
        self._lock = lock

    def describe(self, text: str) -> None:
        """Say who has the folder, for the next one who wants it."""
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, text.encode(), 0)

    def release(self) -> None:
        """Let others have it."""
        os.close(self._lock)
        self._lock = -1

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; empty when there is none or it is unreadable."""
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replace a JSON file of the folder; only its owner may read it."""
        part = self.path / f"{name}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
        part.replace(self.path / name)

    def secrets(self) -> dict[str, str]:
        """The secrets of this stack, made once."""
        known = self.read("secrets.json")
        if not known:
            known = {"secret": secrets.token_urlsafe(48), "operator_key": f"hop_local_{secrets.token_urlsafe(24)}"}
            self.write("secrets.json", known)
        return known


def variables(folder: Folder, engine_port: int, api_port: int) -> dict[str, str]:
    """The environment of every process of the product on this machine: the one place that names these variables."""
    own = folder.secrets()
    return {
        "HOSPES_STAGE": "local",
        "HOSPES_TABLE_PREFIX": TABLE_PREFIX,
        "HOSPES_SECRET": own["secret"],
        "HOSPES_OPERATOR_KEY_HASH": hashlib.sha256(own["operator_key"].encode()).hexdigest(),
        "HOSPES_BASE_URL": f"http://{HOST}:{api_port}",
        "HOSPES_BUCKET": BUCKET,
        "HOSPES_INTAKE_BUCKET": INTAKE_BUCKET,
        "HOSPES_REPLY_DOMAIN": REPLY_DOMAIN,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{engine_port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **_compiled(folder),
    }


def _compiled(folder: Folder) -> dict[str, str]:
    """Where compiled modules are kept for a person who wants none beside the sources.

    Without any, each process would compile all of them at each start, which takes four times as long as the start.
    """
    return {"PYTHONPYCACHEPREFIX": str(folder.path / "compiled")} if os.environ.get(UNCOMPILED_VARIABLE) else {}


# What a person's own AWS settings could say; nothing of it may reach the local stack.
FOREIGN_VARIABLES = (
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
)


def environment(told: dict[str, str]) -> dict[str, str]:
    """The whole environment of a child."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
    if "PYTHONPYCACHEPREFIX" in told:
        kept.pop(UNCOMPILED_VARIABLE, None)
    kept = {name: value for name, value in kept.items() if not name.startswith(("HOSPES_QUEUE_", "AWS_ENDPOINT_URL_"))}
    return {**kept, **told, "PYTHONUNBUFFERED": "1", "NO_PROXY": "*"}


def fingerprint() -> str:
    """What stands for the declarations that resources are made from: the product's source, all of it."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted([*(ROOT / "chalicelib").rglob("*.py"), ROOT / "app.py", ROOT / "infra" / "resources.py"]):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_free(port: int) -> bool:
    """Whether a port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(wanted: int = 0) -> int:
    """The wanted port if it is free, otherwise any that is."""
    if wanted and is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
