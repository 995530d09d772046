"""Sessions of the tenant role: one for each chain, made at first use, renewed in time; and who signs what."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import workers
from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import StaffPatch
from chalicelib.kernel import aws, settings, tenancy
from chalicelib.kernel.aws import RENEWED_BEFORE_S, SESSION_S, NoSession, Sessions
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.scope import Actor, Scope
from tests.builders import PASSWORD, make_chain, make_key, make_property, make_staff
from tests.client import Client
from tests.conftest import OPERATOR_KEY

ROLE = "arn:aws:iam::000000000000:role/hospes-test-tenant"
SIGNED_BY = re.compile(r"Credential=([^/]+)/")
OWN = "test"  # the access key of the tests' own credentials


@dataclass
class Role:
    """Stands for STS: gives sessions, or fails; `now` is everybody's clock."""

    now: float = 1_000_000.0
    given: list[tuple[str, str | None]] = field(default_factory=list)
    is_down: bool = False

    def assume(self, chain_id: str, passage: str | None) -> tuple[Any, float]:
        if self.is_down:
            raise aws.ClientError({"Error": {"Code": "Throttling"}}, "AssumeRole")
        self.given.append((chain_id, passage))
        return f"{chain_id}/{passage}/{len(self.given)}", self.now + SESSION_S

    def sessions(self) -> Sessions:
        return Sessions(self.assume, lambda: self.now)


class TestCache:
    def test_a_chains_session_is_made_once(self) -> None:
        role = Role()
        sessions = role.sessions()
        assert {sessions.of("chn_1", None).frozen for _ in range(100)} == {"chn_1/None/1"}
        assert sessions.of("chn_2", None).frozen == "chn_2/None/2"
        assert sessions.of("chn_1", "addresses").frozen == "chn_1/addresses/3"
        assert role.given == [("chn_1", None), ("chn_2", None), ("chn_1", "addresses")]

    def test_it_is_renewed_before_it_ends(self) -> None:
        role = Role()
        sessions = role.sessions()
        first = sessions.of("chn_1", None)
        role.now += SESSION_S - RENEWED_BEFORE_S - 1
        assert sessions.of("chn_1", None) is first
        role.now += 1
        assert sessions.of("chn_1", None).frozen == "chn_1/None/2"
        assert role.now < first.ends_at

    def test_an_outage_is_outlived_as_long_as_the_session_lasts(self) -> None:
        role = Role()
        sessions = role.sessions()
        first = sessions.of("chn_1", None)
        role.now += SESSION_S - RENEWED_BEFORE_S
        role.is_down = True
        assert sessions.of("chn_1", None) is first
        role.now = first.ends_at
        with pytest.raises(NoSession, match="Throttling"):
            sessions.of("chn_1", None)
        role.is_down = False
        assert sessions.of("chn_1", None).ends_at == role.now + SESSION_S

    def test_during_an_outage_it_is_not_tried_at_every_call(self) -> None:
        role = Role()
        sessions = role.sessions()
        sessions.of("chn_1", None)
        role.now += SESSION_S - RENEWED_BEFORE_S
        role.is_down = True
        sessions.of("chn_1", None)
        role.is_down = False
        sessions.of("chn_1", None)
        assert len(role.given) == 1
        role.now += aws.RENEWAL_EVERY_S
        sessions.of("chn_1", None)
        assert len(role.given) == 2

    def test_without_any_session_an_outage_is_told(self) -> None:
        with pytest.raises(NoSession):
            Role(is_down=True).sessions().of("chn_1", None)

    def test_the_chain_that_was_away_longest_is_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aws, "SESSIONS_KEPT_MAX", 3)
        role = Role()
        sessions = role.sessions()
        for chain in ("chn_1", "chn_2", "chn_3", "chn_1", "chn_4"):
            role.now += 1
            sessions.of(chain, None)
        assert len(sessions) == 3
        sessions.of("chn_1", None)
        assert len(role.given) == 4, "the one that was used last was forgotten"
        sessions.of("chn_2", None)
        assert role.given[-1] == ("chn_2", None) and len(role.given) == 5

    def test_threads_that_come_together_make_one(self) -> None:
        role, barrier = Role(), threading.Barrier(8)

        def slowly(chain_id: str, passage: str | None) -> tuple[Any, float]:
            time.sleep(0.01)
            return role.assume(chain_id, passage)

        sessions = Sessions(slowly, lambda: role.now)

        def ask(number: int) -> None:
            barrier.wait()
            sessions.of(f"chn_{number % 2}", None)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(role.given) == {("chn_0", None): 1, ("chn_1", None): 1}


# -- with the role, on the local engine ------------------------------------------------------------------------


@dataclass
class Wire:
    """What left: the service, the operation, and whose access key signed it."""

    calls: list[tuple[str, str, str]] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)

    def note(self, request: Any, event_name: str, **_: Any) -> None:
        _, service, operation = event_name.split(".")
        header = request.headers.get("Authorization", b"")
        found = SIGNED_BY.search(header.decode() if isinstance(header, bytes) else header)
        self.calls.append((service, operation, found[1] if found else ""))

    def assumed(self, params: dict[str, Any], **_: Any) -> None:
        assert params["RoleArn"] == ROLE and params["DurationSeconds"] == SESSION_S
        self.tags.append({one["Key"]: one["Value"] for one in params["Tags"]})

    def signers(self, *services: str) -> set[str]:
        return {signer for service, _, signer in self.calls if service in services}

    def clear(self) -> None:
        self.calls.clear()
        self.tags.clear()


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The product with a tenant role, and an ear on the wire."""
    found = Wire()
    clients = [aws.client(service) for service in ("dynamodb", "s3", "sqs", "sts")]
    chain_free = (found.note, found.assumed)
    for client in clients:
        client.meta.events.register_first("before-send.*.*", found.note)
    clients[-1].meta.events.register("provide-client-params.sts.AssumeRole", found.assumed)
    monkeypatch.setenv("HOSPES_TENANT_ROLE_ARN", ROLE)
    yield found
    for client in clients:
        client.meta.events.unregister("before-send.*.*", chain_free[0])
    clients[-1].meta.events.unregister("provide-client-params.sts.AssumeRole", chain_free[1])
    monkeypatch.undo()
    settings.settings.cache_clear()
    aws.forget_sessions()


def begin() -> None:
    """From here on the product has its role."""
    settings.settings.cache_clear()
    aws.forget_sessions()


class TestOnTheEngine:
    def test_a_request_is_signed_by_its_chain_and_pays_for_the_session_once(self, wire: Wire) -> None:
        (one, first), (two, second) = make_chain(), make_chain()
        tokens = [make_key(first), make_key(second)]
        begin()
        wire.clear()
        for token in tokens * 3:
            assert Client(token).get("/v1/properties").status == 200
        assert wire.tags == [{"chain": one.id}, {"chain": two.id}]
        signers = wire.signers("dynamodb")
        assert len(signers) == 3 and OWN in signers
        own = {operation for service, operation, signer in wire.calls if signer == OWN and service == "dynamodb"}
        assert own == {"GetItem"}, "only the key itself is read before the caller is known"

    def test_every_way_in_works_with_the_role(self, wire: Wire) -> None:
        """Founding a chain, its first key, staff, signing in, a guest, a file, a sweep, and the work handed over."""
        begin()
        wire.clear()
        operator = Client(OPERATOR_KEY)
        body = {"name": "Ours", "mode": "live", "country": "PT", "time_zone": "Europe/Lisbon"}
        made = operator.post("/v1/chains", body, idempotency_key="one")
        assert made.status == 201, made
        assert operator.post("/v1/chains", body, idempotency_key="one").json["id"] == made.json["id"]
        assert operator.get("/v1/chains").json["data"][0]["id"] == made.json["id"]
        chain_id = made.json["id"]
        key = operator.post(f"/v1/chains/{chain_id}/api-keys", {"name": "HQ", "permissions": ["guests:write"]})
        assert key.status == 201, key
        assert {"chain": chain_id, "passage": "founding"} in wire.tags

        def as_head_office() -> None:
            tenancy.enter(chain_id)
            hq = Scope(chain_id, Actor("key", "key_0000000000000000000000t000"), real_now(), directory.PERMISSIONS)
            house = make_property(hq)
            staff = make_staff(hq, "hq_admin", email="ana@staff.example")
            directory.update_staff(hq, str(staff.id), StaffPatch(email="eva@staff.example"), int(staff.version))
            imported = connect.create_import(hq, kind="guests", property_id=str(house.id), file_name="a.csv")
            address = connect.upload_address_of(imported)
            assert "X-Amz-Security-Token" in parse_qs(urlsplit(address.url).query)
            connect.upload(hq, str(imported.id), b"external_id,given_name,family_name\n1,Eva,Sousa\n")
            connect.start_run(hq, str(imported.id), "real")

        tenancy.door(as_head_office)()
        assert {"chain": chain_id, "passage": "addresses"} in wire.tags
        wire.clear()
        tenancy.door(lambda: directory.sign_in("eva@staff.example", PASSWORD, "192.0.2.1"))()
        assert OWN in wire.signers("dynamodb") and len(wire.signers("dynamodb")) == 2
        handled = run_workers()
        assert handled >= 1
        workers.sweep({}, None)
        wire.clear()
        found = Client(key.json["token"]).post(
            "/v1/guests", {"given_name": "Ana", "family_name": "Silva"}, idempotency_key="two"
        )
        assert found.status == 201, found
        assert wire.tags == []
        assert OWN in wire.signers("sqs"), "queues are the function's own"

    def test_files_are_signed_by_the_chain(self, wire: Wire) -> None:
        _, hq = make_chain()
        house = make_property(hq)
        imported = connect.create_import(hq, kind="guests", property_id=str(house.id), file_name="a.csv")
        begin()
        wire.clear()

        def step() -> Any:
            tenancy.enter(hq.chain_id)
            connect.upload(hq, str(imported.id), b"x")
            return connect.upload_address_of(imported)

        address = tenancy.door(step)()
        signers = wire.signers("s3")
        assert len(signers) == 1 and OWN not in signers
        assert parse_qs(urlsplit(address.url).query)["X-Amz-Credential"][0].split("/")[0] in signers

    def test_an_address_does_not_promise_more_than_its_session(
        self, wire: Wire, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, hq = make_chain()
        begin()
        with tenancy.inside(hq.chain_id):
            assert SESSION_S - 60 < aws.works_for_s(7200) <= SESSION_S
            assert aws.works_for_s(60) == 60
            later = time.time() + SESSION_S - RENEWED_BEFORE_S - 5
            monkeypatch.setattr(aws.time, "time", lambda: later)
            assert RENEWED_BEFORE_S <= aws.works_for_s(SESSION_S) <= RENEWED_BEFORE_S + 10


def run_workers() -> int:
    """Hand every message of the agenda's queues to the functions that AWS would call."""
    handled = 0
    for name, worker in (("event", workers.work_events), ("due", workers.work_due), ("bulk", workers.work_bulk)):
        url = settings.settings().queue_url(f"agenda-{name}")
        while messages := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
            assert worker({"Records": records}, None) == {"batchItemFailures": []}
            handled += len(messages)
            for one in messages:
                aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return handled
