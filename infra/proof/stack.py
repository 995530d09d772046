"""A stack for one journey: an engine and runners as processes, in a folder that is gone afterwards.

    if __name__ == "__main__":
        sys.exit(stack.around(__spec__.name, sys.argv[1:]) if stack.is_outside() else main())

The module is started twice. Outside it starts the engine and then itself again, inside an environment in which
everything of the product points to that engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from chalicelib.kernel.settings import settings
from infra import wiring
from infra.local.children import Child
from infra.local.state import FOLDER_VARIABLE, Folder, environment, free_port, variables

MARK = "HOSPES_PROOF"
ENGINE_WAIT_S = 30.0
STOP_S = 5.0


def is_outside() -> bool:
    """Whether this process has no stack of its own yet."""
    return not os.environ.get(MARK)


def around(module: str, arguments: list[str]) -> int:
    """Start an engine and a module inside it; the module's exit status."""
    with tempfile.TemporaryDirectory(prefix="hospes-proof-") as path:
        folder = Folder(Path(path))
        port = free_port()
        told = environment({**variables(folder, port, free_port()), FOLDER_VARIABLE: path, MARK: "1"})
        engine = Child("engine", "infra.local.engine", ["--port", str(port), "--data", path], told, folder.logs)
        engine.start()
        try:
            return subprocess.run([sys.executable, "-m", module, *arguments], env=told, check=False).returncode
        finally:
            engine.end()
            engine.wait(STOP_S)
            engine.close()


class Stack:
    """The stack as the inner process sees it: it makes the resources and has as many runners as it likes."""

    def __init__(self) -> None:
        self._folder = Folder.here()
        self.engine_url = str(settings().endpoint_url)
        self.runners: list[Child] = []
        self._wait()
        os.environ.update(wiring.create_all())
        settings.cache_clear()

    def start_runner(self) -> Child:
        """One more runner."""
        name = f"runner-{len(self.runners) + 1}"
        runner = Child(name, "infra.local.runner", [], dict(os.environ), self._folder.logs)
        runner.start()
        self.runners.append(runner)
        return runner

    def kill(self, runner: Child) -> int:
        """End a runner as `kill -9` does, this very process; its id."""
        assert runner.process is not None
        pid = runner.pid
        runner.process.kill()
        runner.process.wait()
        return pid

    def stop(self) -> None:
        """End all runners."""
        for runner in self.runners:
            runner.end()
        for runner in self.runners:
            runner.wait(STOP_S)
            runner.close()

    def _wait(self) -> None:
        ends_at = time.monotonic() + ENGINE_WAIT_S
        while time.monotonic() < ends_at:
            try:
                urllib.request.urlopen(f"{self.engine_url}/_hospes/health", timeout=2).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("the engine does not answer")
