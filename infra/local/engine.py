"""The engine: DynamoDB, SES, SNS, SQS, S3 and STS of this machine in one process, with everything it must not forget.

    python -m infra.local.engine --port 24566 --data .local

It answers on 127.0.0.1 only. SIGTERM ends it; kill -9 loses nothing that was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from infra.local import outbox_pages, parent
from infra.local.journal import Damaged
from infra.local.server import Connection, Server
from infra.local.service import Service

logger = logging.getLogger("engine")

HOST = "127.0.0.1"
TEND_EVERY_S = 1.0  # how often the journal is looked after
EXPIRY_EVERY_S = 60.0  # how often the items are searched for those past their time to live
EXPIRY_PAUSE_S = 0.02  # between two slices of that search
BACKLOG = 256
SLOW_START_S = 5.0
COLLECTION_THRESHOLDS = (50_000, 20, 50)
TOPIC_VARIABLE = "HOSPES_SES_TOPIC_ARN"
TOPIC_DEFAULT = "arn:aws:sns:us-east-1:000000000000:hospes-ses-events"


async def serve(port: int, data: Path) -> None:
    """Serve until told to stop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    started_at = time.monotonic()
    service = Service(data, topic=os.environ.get(TOPIC_VARIABLE) or TOPIC_DEFAULT)
    count = service.open()
    took_s = time.monotonic() - started_at
    log = logger.warning if took_s > SLOW_START_S else logger.info
    log("%d items back in %.2f s", count, took_s)
    server = Server(service, outbox_pages.Pages(service.sink, service.receiving))
    listener = await loop.create_server(lambda: Connection(server), HOST, port, backlog=BACKLOG)
    chores = [asyncio.create_task(tend(service)), asyncio.create_task(expire(service))]
    logger.info("listening on %s:%d", HOST, port)
    stopped: asyncio.Future[Any] = asyncio.create_task(stop.wait())
    await asyncio.wait({stopped, server.failed}, return_when=asyncio.FIRST_COMPLETED)
    listener.close()
    for chore in chores:
        chore.cancel()
    for connection in list(server.connections):
        connection.transport.abort()
    service.close()
    if server.failed.done():
        raise SystemExit(1)


async def tend(service: Service) -> None:
    """Look after the journal."""
    while True:
        await asyncio.sleep(TEND_EVERY_S)
        if service.journal is not None:
            service.journal.tend()


async def expire(service: Service) -> None:
    """Remove what has outlived its time to live, a little at a time."""
    while True:
        await asyncio.sleep(EXPIRY_EVERY_S)
        while service.expire_slice():
            await asyncio.sleep(EXPIRY_PAUSE_S)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description="The local AWS.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--parent", type=int, default=0, help="end when this process is gone")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr)
    for chatty in ("dynamodb", "sns", "sqs", "ses", "ses-v2", "sts", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    # What a request makes dies with it; only what is kept grows, and walking that often would be in vain.
    gc.set_threshold(*COLLECTION_THRESHOLDS)
    parent.die_with(arguments.parent)
    try:
        asyncio.run(serve(arguments.port, arguments.data))
    except Damaged as damage:
        raise SystemExit(f"{damage}; `make reset` forgets all local data") from damage


if __name__ == "__main__":
    main()
