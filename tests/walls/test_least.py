"""Nothing is missing in a policy, and nothing is allowed that is never done: a life is lived, and every call noted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import wiring, workers
from chalicelib.connect import service as connect
from chalicelib.kernel import aws, settings, tenancy, work
from chalicelib.kernel.clock import real_now
from chalicelib.outreach import replies
from infra import policies
from infra.demo import world as demo
from infra.local.inprocess import Engine
from tests.builders import PASSWORD, make_chain, make_key, make_property, make_staff
from tests.client import Client
from tests.conftest import fresh_stack
from tests.house.world import ENDPOINTS, World, example_of, make_world
from tests.portal.visitor import Visitor
from tests.walls import judge, requests
from tests.walls.evaluator import Ask, allows
from tests.walls.requests import ARNS

ROLE = ARNS.tenant_role()
SERVICES = ("dynamodb", "s3", "sqs", "sesv2", "sns", "sts")
CHANGES: dict[str, Any] = {
    "update_staff": {"email": "moved@staff.example"},
    "put_consent": {"state": "denied", "source": "front desk"},
    "add_suppression": {"channel": "email", "address": "another@guests.example"},
}

IN_RESORT = {"home_property_id": demo.RESORT}
FILES = {
    "guests": "external_id,given_name,family_name\nW-1,Eva,Sousa\n",
    "stays": "external_id,guest_external_id,arrival,departure,status\nW-S-1,W-1,2026-05-01,2026-05-03,reserved\n",
}

UNDONE = "external_id,family_name,email,consent_greeting_email\nW-9,Undone,w9@guests.example,granted\n"
UNDONE_STAYS = FILES["stays"].replace("W-S-1", "W-S-9")

# Allowed though no call of ours is seen: what AWS itself does in a function's name, and what only a cloud has.
UNSEEN = {
    "logs:CreateLogStream": "Lambda writes the function's log",
    "logs:PutLogEvents": "Lambda writes the function's log",
    "sqs:ReceiveMessage": "Lambda polls the queue for its event source",
    "sqs:DeleteMessage": "Lambda takes handled messages off the queue",
    "sqs:GetQueueAttributes": "Lambda asks how busy the queue is",
    "s3:ListBucket": "so that S3 says 404 of a mail that has ended, and 403 only where a policy of ours is wrong",
}
# Queues that one kind of function may hand over to, though a life this short does not show it.
UNSEEN_QUEUES = {
    ("worker", "agenda-due"): "a kind that is due may ask to go on at once",
    ("hearer", "agenda-event"): "a complaint ends consent, and announces that the guest has changed",
    ("hearer", "agenda-due"): "whatever an event of the mail service leads to",
    ("hearer", "agenda-bulk"): "whatever an event of the mail service leads to",
}

# Where that depends on how far the clock has come when a reaction runs: what is due by then asks to go on at once.
SOMETIMES_SEEN = {("worker", "agenda-due")}


@dataclass
class Recorder:
    """Who asked what of AWS by the function's own role."""

    kind: str | None = None
    own: set[tuple[str, Ask]] = field(default_factory=set)

    def on_call(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Write one call down."""
        service = str(model.service_model.service_name)
        here = tenancy.standing()
        is_own = service not in judge.JUDGED or (here is not None and not here.chain_id)
        if self.kind is None or not is_own:
            return
        for ask in requests.asks_of(service, str(model.name), params, judge.hashes()):
            self.own.add((self.kind, _Hashable(ask)))

    @contextmanager
    def as_kind(self, kind: str) -> Iterator[None]:
        """What is done meanwhile is done by a function of a kind, in a process of its own."""
        self.kind = kind
        aws.forget_sessions()
        try:
            yield
        finally:
            self.kind = None


class _Hashable(Ask):
    """An ask that can lie in a set."""

    def __new__(cls, ask: Ask) -> Any:
        return object.__new__(cls)

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask.action, ask.resource, dict(ask.context))

    def __hash__(self) -> int:
        return hash((self.action, self.resource))


@dataclass
class Life:
    """What was seen."""

    by_chains: set[judge.Seen]
    own: set[tuple[str, Ask]]


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    """The demo chain's world, every address of the API asked by who may, the portal, and all workers."""
    engine = fresh_stack()
    recorder = Recorder()
    clients = [aws.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register("provide-client-params.*.*", recorder.on_call)
    try:
        with pytest.MonkeyPatch.context() as patch, judge.recording() as seen:
            world = make_world()
            email = str(make_staff(demo.hq_scope()).email)
            runs = [_uploaded(kind, content) for kind, content in FILES.items()]
            runs += [_uploaded("stays", UNDONE_STAYS), _uploaded("guests", UNDONE)]
            patch.setenv("HOSPES_TENANT_ROLE_ARN", ROLE)
            patch.setenv("HOSPES_REPLY_DOMAIN", "replies.hospes.example")
            settings.settings.cache_clear()
            aws.forget_sessions()
            _live(recorder, engine, world, email, runs, patch)
            found = Life(set(seen), recorder.own)
    finally:
        settings.settings.cache_clear()
        aws.forget_sessions()
        for client in clients:
            client.meta.events.unregister("provide-client-params.*.*", recorder.on_call)
    yield found


WORKERS = {"event": workers.work_events, "due": workers.work_due, "bulk": workers.work_bulk}


def _import_and_undo(recorder: Recorder, world: World, import_id: str) -> None:
    """A file comes in, and is taken back before anybody has been written to."""
    with recorder.as_kind("api"):
        run = Client(world.hq).post(f"/v1/imports/{import_id}/runs", {"mode": "real"})
    _work(recorder, "worker", WORKERS)
    with recorder.as_kind("api"):
        undo = Client(world.hq).post(f"{run.headers['location']}/undo", {"mode": "real"})
    _work(recorder, "worker", WORKERS)
    with recorder.as_kind("api"):
        shown = Client(world.hq).get(undo.headers["location"]).json
        assert Client(world.hq).get(f"{run.headers['location']}/kept-records").json["data"] == []
    assert (shown["state"], shown["removed"]) == ("done", 1), shown


def _live(
    recorder: Recorder, engine: Engine, world: World, email: str, runs: list[str], patch: pytest.MonkeyPatch
) -> None:
    _import_and_undo(recorder, world, runs.pop())
    undone_later = runs.pop()
    with recorder.as_kind("api"):
        _ask_everything(world)
        _look_around(world)
        _use_the_portal(email)
        for run in runs:
            assert Client(world.hq).post(f"/v1/imports/{run}/runs", {"mode": "real"}).status == 202
        assert Client(world.hq).put("/v1/data-quality/rule", {"stale_months": 3}).status == 200
        advance = Client(world.hq).post("/v1/test-clock/advances", {"days": 366})
        assert advance.status == 202, advance
    _work(recorder, "worker", WORKERS)
    with recorder.as_kind("api"):
        stopped = Client(world.hq).post(f"/v1/imports/{undone_later}/runs", {"mode": "dry_run"})
        assert Client(world.hq).post(f"{stopped.headers['location']}/cancellations").status == 202
    _import_and_undo(recorder, world, undone_later)
    with recorder.as_kind("api"):  # a year has gone by since addresses were heard of
        assert Client(world.hq).get(f"/v1/data-quality/findings?property_id={demo.CITY}").status == 200
    _hear(recorder, engine)
    _sweep(recorder, patch)


def _ask_everything(world: World) -> None:
    assert Client(world.hq).get("/v1/hotline-contacts?is_open=true").json["data"]
    reading = [one for one in ENDPOINTS if one.method == "GET"]
    for endpoint in (*reading, *(one for one in ENDPOINTS if one.method != "GET")):
        client, path = world.client(endpoint), world.path(endpoint)
        body = CHANGES.get(endpoint.operation_id) or (example_of(endpoint) if endpoint.body is not None else None)
        headers = {"if_match": client.get(path).etag} if endpoint.needs_match else {}
        if endpoint.method == "POST" and endpoint.caller != "public":
            headers["idempotency_key"] = endpoint.operation_id
        reply = client.ask(endpoint.method, path, body, **headers)
        assert reply.status < 500, (endpoint.operation_id, reply)
    texted = {
        "given_name": "Text", "family_name": "Only", "phones": ["+351912000077"], "birth_date": "1980-07-07",
        "home_property_id": demo.CITY,
        "consents": [
            {"purpose": one, "channel": "sms", "state": "granted", "source": "desk"}
            for one in ("greeting", "marketing")
        ],
    }  # fmt: skip
    made = Client(world.hq).post("/v1/guests", texted)
    assert made.status == 201, made
    pushed = {
        **texted, "given_name": "Push", "phones": [],
        "consents": [{"purpose": "greeting", "channel": "push", "state": "granted", "source": "app"}],
    }  # fmt: skip
    # The settings asked for above have no application: the world's own is entered again.
    application = {"android": f"arn:aws:sns:us-east-1:000000000000:app/GCM/hospes-{demo.CHAIN}"}
    assert Client(world.hq).put("/v1/channel-settings", {"applications": application}).status == 200
    guest = Client(world.hq).post("/v1/guests", pushed).json["id"]
    device = {"platform": "android", "token": "a-token-of-a-telephone"}
    assert Client(world.hq).put(f"/v1/guests/{guest}/devices/mine", device).status == 200
    offer = {"is_on": True, "offer": {"en": "Stay three nights, pay for two.", "zh": "住三晚，付两晚。"}}
    own = {"days": [{"name": "Wedding day", "date": "2012-05-19"}]}
    written = [
        Client(world.hq).put("/v1/occasion-policies/festival", {"is_on": True}),
        Client(world.hq).put("/v1/occasion-policies/special_day", offer),
        Client(world.hq).put(f"/v1/guests/{made.json['id']}/special-days", own),
    ]
    assert {reply.status for reply in written} == {200}, written
    assert Client(world.hq).put("/v1/occasion-policies/silence", {"is_on": True}).status == 200
    for month in ("04", "05", "06"):  # a regular who will be silent, and called
        told = {"guest_id": made.json["id"], "property_id": demo.CITY, "status": "checked_out"}
        days = {"arrival": f"2026-{month}-01", "departure": f"2026-{month}-03"}
        left = Client(world.hq).post("/v1/stays", {**told, **days})
        assert left.status == 201, left
    assert Client(world.hq).get(f"/v1/properties/{demo.CITY}/guests-at-risk").status == 200
    changed = {"phones": ["+351912000078"], "external_ids": []}
    assert Client(world.hq).patch(f"/v1/guests/{made.json['id']}", changed, if_match=made.etag).status == 200
    double = Client(world.hq).post("/v1/guests", {"family_name": "Only", "home_property_id": demo.CITY})
    pair = {"survivor_id": made.json["id"], "absorbed_id": double.json["id"]}  # who is greeted as two who are one
    assert Client(world.hq).post("/v1/merges", pair).status == 201


def _look_around(world: World) -> None:
    """A single house's views; a guest's number taken away; a stay that was another guest's."""
    sister, hq = Client(world.sister), Client(world.hq)
    seen = [sister.get("/v1/guests"), sister.get("/v1/imports"), hq.get(f"/v1/guests/{demo.GUEST}")]
    assert sister.get("/v1/matches").status == sister.get("/v1/tasks").status == 200
    since = "2020-01-01T00:00:00Z"
    seen.append(hq.get(f"/v1/stays?property_id={demo.CITY}&updated_since={since}"))
    for name in ("a", "b"):  # two guests of one house, so that there is a second page of them
        seen.append(hq.post("/v1/guests", {"given_name": f"{name}eta", "family_name": "Zeta", **IN_RESORT}))
    first = sister.post("/v1/guest-searches", {"name": "Zeta", "limit": 1})
    seen += [first, sister.post("/v1/guest-searches", {"name": "Zeta", "limit": 1, "cursor": first.json["next"]})]
    seen.append(sister.post("/v1/guest-lookups", {"q": "wxm"}))
    assert hq.get("/v1/accounts?begins=lusi").json["data"]
    assert sister.post("/v1/guest-lookups", {"q": "+351912000001"}).json["strangers"]  # a guest of the other house
    seen.append(hq.put("/v1/occasion-policies/stay_changed", {"is_on": True}))  # so that stays have journeys
    moved = {"guest_id": seen[-5].json["id"]}
    seen.append(hq.patch(f"/v1/stays/{demo.STAY}", moved, if_match=hq.get(f"/v1/stays/{demo.STAY}").etag))
    guest = seen[2]
    seen.append(hq.patch(f"/v1/guests/{demo.GUEST}", {"external_ids": []}, if_match=guest.etag))
    seen.append(hq.put(f"/v1/guests/{demo.GUEST}/care", {"is_key": False, "owner_id": None}))
    assert {reply.status // 100 for reply in seen} == {2}, seen


def _uploaded(kind: str, content: str) -> str:
    """The id of an import whose file is there."""
    scope = demo.hq_scope()
    made = connect.create_import(scope, kind=kind, property_id=demo.CITY, file_name=f"{kind}.csv")
    connect.upload(scope, str(made.id), content.encode())
    return str(made.id)


def _use_the_portal(email: str) -> None:
    visitor = Visitor()
    for password in ("wrong", PASSWORD):
        page = visitor.get("/portal/sign-in")
        visitor.submit(page, "/portal/sign-in", email=email, password=password)
    for address in (
        "arrivals", "properties", "guests", f"guests/{demo.GUEST}", "deliveries", "occasions", "sending", "imports",
        "contact-plan", "care",
    ):  # fmt: skip
        assert visitor.get(f"/portal/{address}").status == 200, address
    found = visitor.follow(visitor.submit(visitor.get("/portal/guests"), "/portal/guests/searches", q="Zeta"))
    assert found.status == 200


def _work(recorder: Recorder, kind: str, by_class: dict[str, Callable[..., Any]]) -> None:
    """Hand every message to its function, as AWS does, until there is none."""
    busy = True
    while busy:
        busy = False
        for name, worker in by_class.items():
            url = settings.settings().queue_url(f"agenda-{name}" if kind == "worker" else name)
            answer = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if messages:
                busy = True
                with recorder.as_kind(kind):
                    worker({"Records": [{"messageId": "1", "body": one["Body"]} for one in messages]}, None)
            for one in messages:
                aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])


def _hear(recorder: Recorder, engine: Engine) -> None:
    """What the mail service tells, and an answer of somebody whom nobody knows, whole and by the bucket."""
    address = replies.address_of("g", demo.CHAIN, "gst_" + "0" * 26)
    told = {
        "notificationType": "Received",
        "mail": {"timestamp": "2026-06-01T00:00:00Z", "messageId": "one"},
        "receipt": {"recipients": [address]},
        "content": "From: x@y.example\n\nHello",
    }
    url = settings.settings().queue_url(wiring.SES_QUEUE)
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(told))
    engine.receive_mail(b"From: x@y.example\n\nHello again", str(address))
    _work(recorder, "hearer", {"mail-events": workers.mail_events})


def _sweep(recorder: Recorder, patch: pytest.MonkeyPatch) -> None:
    """A live chain whose nudges are lost: the sweep finds what is due in each class of lanes."""
    patch.delenv("HOSPES_TENANT_ROLE_ARN")
    settings.settings.cache_clear()
    _, hq = make_chain("live")
    house, client = make_property(hq), Client(make_key(hq))
    patch.setenv("HOSPES_TENANT_ROLE_ARN", ROLE)
    settings.settings.cache_clear()
    guest = {"given_name": "Eva", "birth_date": "1980-02-02", "home_property_id": str(house.id)}
    assert client.post("/v1/guests", guest).status == 201
    _work(recorder, "worker", WORKERS)
    assert client.post("/v1/guests", guest).status == 201
    later = real_now() + timedelta(days=370)
    patch.setattr(work, "real_now", lambda: later)
    with recorder.as_kind("sweeper"):
        assert workers.sweep({}, None)["handed"] >= 3


# -- what the functions do themselves --------------------------------------------------------------------------


def own_statements(kind: str) -> list[Any]:
    return policies.function_policy(kind, ARNS).statements


def test_all_kinds_were_at_work(life: Life) -> None:
    assert {kind for kind, _ in life.own} == set(policies.KINDS)


@pytest.mark.parametrize("kind", policies.KINDS)
def test_what_a_function_does_is_allowed(life: Life, kind: str) -> None:
    refused = {
        (ask.action, ask.resource) for who, ask in life.own if who == kind and not allows(own_statements(kind), ask)
    }
    assert refused == set()


@pytest.mark.parametrize("kind", policies.KINDS)
def test_what_a_function_is_allowed_it_does(life: Life, kind: str) -> None:
    """Each action of each statement on each of its resources was seen, or has its reason."""
    idle = set()
    for statement in own_statements(kind):
        if statement["Effect"] == "Deny":
            continue
        if "NotResource" in statement:
            assert any(who == kind and allows([statement], ask) for who, ask in life.own), statement
            continue
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            for action in statement["Action"]:
                alone = {**statement, "Action": action, "Resource": resource}
                was_seen = any(who == kind and allows([alone], ask) for who, ask in life.own)
                has_reason = action in UNSEEN or (kind, resource.rsplit("hospes-", 1)[-1]) in UNSEEN_QUEUES
                if not was_seen and not has_reason:
                    idle.add((action, resource))
    assert idle == set()


def test_no_reason_is_given_for_what_is_seen(life: Life) -> None:
    for kind, name in UNSEEN_QUEUES:
        if (kind, name) in SOMETIMES_SEEN:
            continue
        ours = (ask for who, ask in life.own if who == kind)
        assert not [ask for ask in ours if ask.resource == ARNS.queue(name)], (kind, name)


# -- what is done for a chain ----------------------------------------------------------------------------------


def test_what_a_chain_is_allowed_is_done(life: Life) -> None:
    """That it is enough, every test shows: the judge looks at each call. Here: that it is not too much."""
    own = {passage.name for passage in tenancy.PASSAGES if passage.kind is not None}
    done = {
        (seen.action.removeprefix("dynamodb:"), seen.resource.removeprefix(f"table/{requests.PREFIX}"))
        for seen in life.by_chains
        if seen.who not in own
    }
    indexes = {(table.removeprefix(requests.PREFIX), index) for table, index in judge.hashes() if index is not None}
    idle = []
    for action, places in policies.CHAIN_USES.items():
        for place in places:
            table, _, star = place.partition("/")
            wanted = [f"{table}/index/{index}" for name, index in indexes if name == table] if star else [table]
            idle += [(action, one) for one in wanted if (action, one) not in done]
    print(idle)
    assert idle == []


def test_each_passage_is_taken(life: Life) -> None:
    taken = {(seen.who, seen.action, seen.resource) for seen in life.by_chains}
    for passage in tenancy.PASSAGES:
        for one in passage.openings:
            place = f"table/{requests.PREFIX}{one.table}" + (f"/index/{one.index}" if one.index else "")
            for action in one.actions:
                assert (passage.name, f"dynamodb:{action}", place) in taken, (passage.name, action)
        for store in passage.stores:
            read = {seen[1] for seen in taken if seen[0] == passage.name and requests.STORES[store.name] in seen[2]}
            assert read == {f"s3:{action}" for action in store.actions}, passage.name


def test_files_are_read_and_written(life: Life) -> None:
    assert {seen.action for seen in life.by_chains if seen.action.startswith("s3:")} == {"s3:GetObject", "s3:PutObject"}
