"""The stack of one journey, as the journey's process sees it: an engine that is there, and runners that it starts."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request

from chalicelib import wiring
from chalicelib.kernel import aws
from chalicelib.kernel.settings import settings
from infra import resources
from infra.local import parent
from infra.local.children import Child
from infra.local.state import Folder
from infra.proof.around import PARENT_VARIABLE, STOP_S

ENGINE_WAIT_S = 30.0
HURRIED_VISIBILITY_S = 10  # what comes again too early is done already, or is being done, and changes nothing


class Stack:
    """Makes the resources; has as many runners as it is asked for."""

    def __init__(self) -> None:
        parent.die_with(int(os.environ.get(PARENT_VARIABLE, "0")))
        self._folder = Folder.here()
        self.engine_url = str(settings().endpoint_url)
        self.runners: list[Child] = []
        self._wait()
        os.environ.update(resources.create_all())
        settings.cache_clear()

    def hurry(self) -> None:
        """Have the queues hand out again soon what a killed runner had taken, instead of after minutes."""
        for queue in wiring.QUEUES:
            aws.client("sqs").set_queue_attributes(
                QueueUrl=settings().queue_url(queue.name), Attributes={"VisibilityTimeout": str(HURRIED_VISIBILITY_S)}
            )

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
