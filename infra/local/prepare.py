"""Makes the resources and seeds the demo, in a process of its own: the launcher itself imports nothing of the product.

It speaks JSON lines: `{"variables": …}` once the tables and queues are there; then it reads `seed` from its input
and writes `{"done": …, "total": …, "text": …}` as it goes and `{"seeded": …}` at the end.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import logging
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import app as product
from chalicelib.kernel.settings import settings
from infra import wiring
from infra.local import parent

SEED_MODULE = "infra.demo.seed"
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
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    endpoint_url = settings().endpoint_url
    if endpoint_url is None:
        raise SystemExit("AWS_ENDPOINT_URL is not set: this only prepares the local stack")
    wait_for_engine(endpoint_url)
    variables = wiring.create_all()
    os.environ.update(variables)
    settings.cache_clear()
    say(variables=variables)
    if sys.stdin.readline().strip() != "seed":
        return
    # The demo is optional: a stack without one starts empty.
    if importlib.util.find_spec(SEED_MODULE) is None:
        say(seeded={})
        return
    say(seeded=importlib.import_module(SEED_MODULE).seed(progress))


if __name__ == "__main__":
    main()
