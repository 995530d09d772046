"""Makes the resources and seeds the demo, in a process of its own: the launcher itself imports nothing of the product.

It speaks JSON lines: `{"variables": …}` once the tables and queues are there. Then it reads its input: at `found` it
creates the demo chain and says `{"founded": …}`; at `fill` it brings the bookings in through the running product, says
`{"done": …, "total": …, "text": …}` as it goes and `{"filled": true}` at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import app as product
from chalicelib.kernel import logs
from chalicelib.kernel.settings import settings
from infra import resources
from infra.demo import seed
from infra.local import parent

ENGINE_WAIT_S = 30.0
ENGINE_PAUSE_S = 0.02
PRODUCT = product.app  # every table is known once the app is imported


def say(**words: Any) -> None:
    """One line to the launcher."""
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def progress(done: int, total: int, text: str = "") -> None:
    """Told by the seeding how far it has come."""
    say(done=done, total=total, text=text)


def wait_for_engine(url: str) -> None:
    """Return when the engine answers. Raises TimeoutError."""
    ends_at = time.monotonic() + ENGINE_WAIT_S
    while time.monotonic() < ends_at:
        try:
            urllib.request.urlopen(f"{url}/_hospes/health", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(ENGINE_PAUSE_S)
        else:
            return
    raise TimeoutError("the engine does not answer")


def main() -> None:
    """Make what is missing, then seed if asked to."""
    parser = argparse.ArgumentParser(description="Creates the local resources and seeds the demo.")
    parser.add_argument("--parent", type=int, default=0, help="end when this process is gone")
    parent.die_with(parser.parse_args().parent)
    logs.install(sys.stderr)
    endpoint_url = settings().endpoint_url
    if endpoint_url is None:
        raise SystemExit("AWS_ENDPOINT_URL is not set: this only prepares the local stack")
    wait_for_engine(endpoint_url)
    variables = resources.create_all()
    os.environ.update(variables)
    settings.cache_clear()
    say(variables=variables)
    for line in sys.stdin:
        if line.strip() == "found":
            say(founded=seed.found(progress))
        elif line.strip() == "fill":
            seed.fill(progress)
            say(filled=True)


if __name__ == "__main__":
    main()
