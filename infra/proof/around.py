"""Starts an engine in a folder that is gone afterwards, and a journey in an environment that points to it.

It imports nothing of the product: the journey is a process of its own, which finds everything as it should be.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.local.children import Child
from infra.local.state import FOLDER_VARIABLE, Folder, environment, free_port, variables

PARENT_VARIABLE = "HOSPES_PROOF_PARENT"
STOP_S = 5.0


def around(module: str, arguments: list[str]) -> int:
    """Run a module inside a stack of its own; its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the folder goes, and with this process all others
    with tempfile.TemporaryDirectory(prefix="hospes-proof-") as path:
        folder = Folder(Path(path))
        port = free_port()
        own = {FOLDER_VARIABLE: path, PARENT_VARIABLE: str(os.getpid())}
        told = environment({**variables(folder, port, free_port()), **own})
        engine = Child("engine", "infra.local.engine", ["--port", str(port), "--data", path], told, folder.logs)
        engine.start()
        try:
            return subprocess.run([sys.executable, "-m", module, *arguments], env=told, check=False).returncode
        finally:
            engine.end()
            engine.wait(STOP_S)
            engine.close()
