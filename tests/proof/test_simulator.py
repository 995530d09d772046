"""The simulator itself: a seed repeats every byte, faults are told as AWS tells them, workers take turns."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.kernel import aws, clock
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.settings import settings
from infra.local.inprocess import Engine
from infra.proof import answers, greetings
from infra.proof.journeys import JOURNEYS
from infra.proof.simulator import faults, raw
from infra.proof.simulator.baton import Baton, Coin, PreemptAt
from infra.proof.simulator.faults import AtCall, Calm, Died, Seeded
from infra.proof.simulator.runs import run
from infra.proof.simulator.scene import scene_in
from infra.proof.simulator.world import STARTS_AT, Endless, World, made_up

BY_NAME = {journey.name: journey for journey in JOURNEYS}


def table() -> str:
    return settings().table_prefix + "chains"


def under(world: World, number: int, fault: str) -> AtCall:
    world.door.plan = plan = AtCall(world.door.made + number, fault)
    return plan


@pytest.mark.parametrize("name", ["guests", "guests' file", "test clock"])
def test_one_seed_repeats_every_byte(engine: Engine, name: str) -> None:
    def traced(seed: str) -> tuple[str, list[str]]:
        plan = Seeded(random.Random(seed), {**answers.RATES, faults.CRASH_AFTER: 0.02})
        ran = run(engine, BY_NAME[name], seed, lambda world: plan)
        return ran.trace, ran.totals.problems

    assert traced("7") == traced("7")
    assert traced("7")[0] != traced("8")[0]


def test_one_seed_repeats_a_life_of_two_runners(engine: Engine) -> None:
    traces = []
    for _ in range(2):
        with made_up(engine, "3") as world:
            scene = scene_in(world)
            for number in range(4):
                scene.caller.ask("POST", "/v1/guests", scene.guest_body(number))
            world.post.weather, world.door.stale_rate = greetings.WEATHER, 0.5
            with world.under(Seeded(random.Random("3"), greetings.RATES)):
                world.live(STARTS_AT + timedelta(days=2), runners=2, is_restless=True)
            traces.append((world.door.trace, len(engine.outbox()), world.time.at))
    assert traces[0] == traces[1] and traces[0][1] > 0


def test_time_and_ids_are_made_up_inside_only(engine: Engine) -> None:
    with made_up(engine, "1"):
        assert clock.real_now() == STARTS_AT
        first = new_id("gst")
    assert abs(clock.real_now() - datetime.now(UTC)) < timedelta(seconds=5)
    with made_up(engine, "1"):
        assert new_id("gst") == first
    assert new_id("gst") != first


def test_a_lost_answer_has_its_effect_and_is_asked_for_again(engine: Engine) -> None:
    with made_up(engine, "1") as world:
        under(world, 0, faults.LOST)
        aws.client("dynamodb").put_item(TableName=table(), Item={"id": {"S": "a"}})
        assert world.door.made == 2  # botocore's own second try
        assert [one["id"] for one in raw.every("chains")] == ["a"]


@pytest.mark.parametrize(("fault", "is_stored"), [(faults.CRASH_BEFORE, False), (faults.CRASH_AFTER, True)])
def test_the_dead_do_nothing_more(engine: Engine, fault: str, is_stored: bool) -> None:
    with made_up(engine, "1") as world:
        under(world, 0, fault)
        with pytest.raises(Died):
            aws.client("dynamodb").put_item(TableName=table(), Item={"id": {"S": "a"}})
        with pytest.raises(Died):
            aws.client("dynamodb").list_tables()
        assert bool(list(raw.every("chains"))) is is_stored
        world.restart()
        aws.client("dynamodb").list_tables()


@pytest.mark.parametrize(
    ("fault", "code"),
    [(faults.CONFLICT, "TransactionCanceledException"), (faults.THROTTLED, "TransactionCanceledException")],
)
def test_a_transaction_is_cancelled_as_dynamodb_does(engine: Engine, fault: str, code: str) -> None:
    with made_up(engine, "1") as world:
        under(world, 0, fault)
        puts = [{"Put": {"TableName": table(), "Item": {"id": {"S": name}}}} for name in "ab"]
        with pytest.raises(aws.ClientError) as caught:
            aws.client("dynamodb").transact_write_items(TransactItems=puts)
        assert aws.error_code(caught.value) == code
        reasons = [one["Code"] for one in caught.value.response["CancellationReasons"]]
        assert len(reasons) == 2 and reasons.count("None") == 1
        assert not list(raw.every("chains"))


def test_a_mail_whose_answer_is_lost_is_sent_once(engine: Engine) -> None:
    with made_up(engine, "1") as world:
        under(world, 0, faults.LOST)
        raw_mail = b"From: a@hospes.example\r\nTo: b@guests.example\r\nSubject: x\r\n\r\ny"
        with pytest.raises(ReadTimeoutError):
            aws.client("sesv2").send_email(
                Destination={"ToAddresses": ["b@guests.example"]}, Content={"Raw": {"Data": raw_mail}}
            )
        assert len(engine.outbox()) == 1 and world.door.made == 1


def test_an_index_answers_from_the_past_and_the_table_does_not(engine: Engine) -> None:
    with made_up(engine, "1") as world:
        scene = scene_in(world)
        world.live(STARTS_AT + timedelta(minutes=10))
        scene.caller.ask("POST", "/v1/guests", scene.guest_body(1))
        kept = {str(one["item_key"]): one for one in raw.every("agenda")}
        (lane,) = {str(one["lane"]) for one in kept.values() if one.get("lane") and one["kind"] == "event"}
        asked = {
            "TableName": settings().table_prefix + "agenda",
            "IndexName": "due",
            "KeyConditionExpression": "lane = :lane",
            "ExpressionAttributeValues": {":lane": {"S": lane}},
        }
        world.door.stale_rate = 1.0
        seen = {len(aws.client("dynamodb").query(**asked)["Items"]) for _ in range(30)}
        assert seen == {0, 1}
        world.door.stale_rate = 0.0
        assert len(aws.client("dynamodb").query(**asked)["Items"]) == 1
        assert {str(one["item_key"]): one for one in raw.every("agenda")} == kept


def test_workers_take_turns_by_the_seed() -> None:
    def turns(seed: int) -> str:
        baton, seen = Baton(), []

        def work() -> None:
            for _ in range(6):
                seen.append(baton.running)
                baton.pass_on()

        baton.run({"a": work, "b": work}, Coin(random.Random(seed)))
        assert baton.running == "main"
        return "".join(seen)

    assert turns(1) == turns(1) and len({turns(seed) for seed in range(8)}) > 4
    assert sorted(turns(2)) == list("aaaaaabbbbbb")


def test_one_worker_is_interrupted_at_one_call() -> None:
    baton, seen = Baton(), []

    def work() -> None:
        for _ in range(3):
            seen.append(baton.running)
            baton.pass_on()

    baton.run({"a": work, "b": work}, PreemptAt("a", 1))
    assert "".join(seen) == "aabbba"


def test_the_error_of_a_worker_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        Baton().run({"a": lambda: None, "b": lambda: 1 / 0}, Coin(random.Random(1)))  # type: ignore[dict-item]


def test_work_without_end_is_a_finding(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.proof.simulator.world.STEPS_MAX", 5)
    with made_up(engine, "1") as world, pytest.raises(Endless):
        scene = scene_in(world, starts_at=STARTS_AT)  # a test chain's clock is caught up with for ever
        assert scene.hq
        world.live(STARTS_AT + timedelta(days=30))


def test_every_journey_is_right_in_peace(engine: Engine) -> None:
    for journey in JOURNEYS:
        assert not run(engine, journey, "1", lambda world: Calm()).totals.problems, journey.name
