"""Every test runs on the local engine inside this process: real conditions, transactions, queues and mails, no port."""

from __future__ import annotations

import os

os.environ.update(
    HOSPES_SECRET="a-secret-of-the-tests-only",
    HOSPES_STAGE="test",
    HOSPES_TABLE_PREFIX="test-",
    HOSPES_OPERATOR_KEY_HASH="9d7e6d5c144ee5fa02f877e8e7d3fef853b465293f2f6253184e89a2bd46d691",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ENDPOINT_URL="http://127.0.0.1:1",
    AWS_EC2_METADATA_DISABLED="true",
)
os.environ.pop("PROFILE", None)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from chalicelib.directory import service as directory
from chalicelib.kernel import aws, settings, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.outreach.service import channels, policies
from infra import resources
from infra.local import emulator
from infra.local.inprocess import Engine
from tests import shortcuts
from tests.walls.judge import JUDGE

OPERATOR_KEY = "operator-key-of-the-tests"

# Dozens of processes are started here, and both workers read the same tests: what one has compiled serves the others.
sys.dont_write_bytecode = False
shortcuts.take()

# The same examples on every machine, as slow as it may be: new ones are looked for by --hypothesis-profile=default.
hypothesis_settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # by the clock: a machine that does much else is no finding
)
hypothesis_settings.load_profile("steady")

_ENGINE: Engine | None = None


def _engine() -> Engine:
    """The process's engine with all resources made; made once, because that takes a hundred times as long as a test."""
    global _ENGINE
    if _ENGINE is None:
        _ENGINE = Engine()
        _ENGINE.install(aws.session())
        JUDGE.watch(aws.session().get_component("event_emitter"))
    # The emulator's state is the process's own: tests of the local stack itself may have emptied it.
    if not _is_whole():
        _ENGINE.reset()
        for name in [name for name in os.environ if name.startswith("HOSPES_QUEUE_")]:
            del os.environ[name]
        os.environ.pop("HOSPES_SES_TOPIC_ARN", None)
        settings.settings.cache_clear()
        os.environ.update(resources.create_all())
        settings.settings.cache_clear()
    return _ENGINE


def _is_whole() -> bool:
    """Whether tables and queues are those that this process has made."""
    assert _ENGINE is not None
    try:
        url = settings.settings().queue_url("agenda-event")
    except settings.MissingSetting:
        return False
    return _ENGINE.has(AgendaRecord.Meta.table_name, url)


def fresh_stack() -> Engine:
    """An empty stack with all tables, queues, the topic and the bucket; for fixtures that outlive one test."""
    one = _engine()
    one.forget_items()
    directory.forget()
    policies.forget()
    channels.forget()
    return one


def work_off_queues(limit: int = 10_000) -> int:
    """Work off the agenda's queues until they are empty, as the runner does; how many messages there were."""
    done = 0
    busy = True
    while busy and done < limit:
        busy = False
        for lane_class in ("event", "due", "bulk"):
            url = settings.settings().queue_url(f"agenda-{lane_class}")
            if emulator.is_empty(url):  # four of five times; asking costs a hundred times as much as looking
                continue
            answer = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            for message in answer.get("Messages", []):
                busy = True
                done += 1
                work.run_message(message["Body"])
                aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return done


@pytest.fixture
def engine() -> Engine:
    """An empty stack with all tables, queues, the topic and the bucket."""
    return fresh_stack()


@pytest.fixture
def run_queues(engine: Engine) -> Callable[..., int]:
    """A function that works off the agenda's queues until they are empty."""
    return work_off_queues


@pytest.fixture(autouse=True)
def _walls() -> Iterator[None]:
    """No call of the product may reach beyond the wall of its chain, whatever became of the error (see walls.judge)."""
    yield
    breaches, JUDGE.breaches = JUDGE.breaches, []
    assert not breaches, breaches


ROOMS_WITHOUT_STACK = {"local", "demo", "house", "browser", "mutation", "proof"}


@pytest.fixture(autouse=True)
def _stack(request: pytest.FixtureRequest) -> None:
    """Give every test of the product an empty stack; rooms with their own say so above."""
    room = request.path.relative_to(Path(__file__).parent).parts[0]
    if room not in ROOMS_WITHOUT_STACK:
        request.getfixturevalue("engine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each worker begins with a part of its own, so that hardly a world is built twice; who is done first helps out."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)
