"""Serves the world of the portal's tests on a port of this machine: the real gateway over the engine in this process.

    python -m tests.browser.serve

Prints one line of JSON with the address, who can sign in, and ids; ends when its standard input is closed.
"""

# ruff: noqa: I001
from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests import conftest  # first: it sets the environment that all others read

from chalicelib.kernel import aws, settings, work
from chalicelib.web.sessions import session_cookie
from infra import resources
from infra.local import gateway
from tests.browser.calling import make_call
from tests.browser.celebrating import decide_ahead, declare_days
from tests.browser.channelling import set_channels
from tests.browser.members import make_member
from tests.portal.owed import owe
from tests.portal.talking import answer_a_guest, talk
from tests.portal.world import PASSWORD, make_world


def work_off() -> int:
    """Work off the agenda's queues until they are empty, as the runner does."""
    done = 0
    is_busy = True
    while is_busy:
        is_busy = False
        for lane_class in ("event", "due", "bulk"):
            url = settings.settings().queue_url(f"agenda-{lane_class}")
            answer = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                is_busy = True
                done += 1
                work.run_message(message["Body"])
                aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return done


class FilesDoor(BaseHTTPRequestHandler):
    """Where a browser sends files to: the engine of this process behind a port of its own."""

    def do_POST(self) -> None:
        """A form with a file."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        address = f"http://{self.headers['Host']}{self.path}"
        status, headers, content = conftest._engine().fetch("POST", address, body, dict(self.headers))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def main() -> None:
    """Build the world and serve it."""
    files = ThreadingHTTPServer(("127.0.0.1", 0), FilesDoor)
    threading.Thread(target=files.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    gateway.one_request_per_thread()
    server = gateway.Server(0)
    conftest.os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{files.server_address[1]}",
        HOSPES_BASE_URL=f"http://127.0.0.1:{server.server_address[1]}",
    )
    settings.settings.cache_clear()
    aws.client.cache_clear()
    conftest._engine().reset()
    conftest.os.environ.update(resources.create_all())
    settings.settings.cache_clear()
    world = make_world(work_off)
    member = make_member(world, work_off)
    owe(world)
    talk(world)
    answer_a_guest(world)
    task = make_call(world, work_off)
    declare_days(world)
    decide_ahead(world)
    set_channels(world)
    work_off()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(
        json.dumps(
            {
                "base_url": f"http://127.0.0.1:{server.server_address[1]}",
                "password": PASSWORD,
                "emails": {name: str(one.email) for name, one in world.staff.items()},
                "cookies": {n: session_cookie(str(one.chain_id), str(one.id)) for n, one in world.staff.items()},
                "guests": world.guests,
                "import_id": world.import_id,
                "harbour": world.harbour.id,
                "member": member,
                "hill": world.hill.id,
                "task": task,
            }
        ),
        flush=True,
    )
    sys.stdin.read()


if __name__ == "__main__":
    main()
