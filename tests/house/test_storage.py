"""What is kept, and where: tables as they are deployed, keys that tell nothing, an activity log without gaps."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer
from pynamodb.attributes import TTLAttribute

from chalicelib.connect import service as connect
from chalicelib.guests.schemas.merging import DEMO_DOUBLES
from chalicelib.kernel import aws, settings, testclock
from chalicelib.kernel.table import Record
from chalicelib.outreach import service as outreach
from chalicelib.web.endpoints import Endpoint
from infra import resources
from infra.demo import points
from infra.demo import world as demo
from tests.client import Client, Reply
from tests.conftest import work_off_queues
from tests.house.world import (
    BY_KEY,
    DOLLARS,
    ENDPOINTS,
    NEIGHBOUR,
    World,
    example_of,
    fingerprint,
    name_of,
    rows_of,
    stored,
    texts,
)

TABLES = resources.tables()
PREFIX = "test-"

# Hash keys that do not begin with the chain, each with its reason.
EXCEPTIONS = {
    ("agenda", "lane"),  # shared lanes are swept for all chains; a test chain's lane and the dead end with it
    ("chains", "shelf"),  # the operator's one list
    ("sign-ins", "email_hash"),  # whoever signs in does not say which chain
    ("sign-in-attempts", "subject_hash"),
}


def hash_keys(record: type[Record]) -> set[str]:
    """The hash attributes of a table and of its indexes, as they are stored."""
    definition = resources.table_definition(record)
    schemas = [definition["KeySchema"], *(one["KeySchema"] for one in definition.get("GlobalSecondaryIndexes", []))]
    return {part["AttributeName"] for schema in schemas for part in schema if part["KeyType"] == "HASH"}


def short(record: type[Record]) -> str:
    """A table's name without the installation's prefix."""
    return record.Meta.table_name.removeprefix(PREFIX)


class TestTables:
    @pytest.mark.parametrize("record", TABLES, ids=short)
    def test_is_made_as_declared(self, world: World, record: type[Record]) -> None:
        name = record.Meta.table_name
        found = aws.client("dynamodb").describe_table(TableName=name)["Table"]
        assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert record.Meta.billing_mode == "PAY_PER_REQUEST"
        ending = aws.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        has_end = "expires_at" in record.get_attributes()
        assert ending["TimeToLiveStatus"] == ("ENABLED" if has_end else "DISABLED")
        assert not has_end or ending["AttributeName"] == "expires_at"

    @pytest.mark.parametrize("record", TABLES, ids=short)
    def test_what_ends_ends_by_the_one_attribute(self, record: type[Record]) -> None:
        ending = [name for name, one in record.get_attributes().items() if isinstance(one, TTLAttribute)]
        assert ending in ([], ["expires_at"])

    @pytest.mark.parametrize("record", TABLES, ids=short)
    def test_its_keys_are_texts(self, record: type[Record]) -> None:
        assert {one["AttributeType"] for one in resources.table_definition(record)["AttributeDefinitions"]} == {"S"}

    def test_nothing_is_ever_read_without_a_key(self) -> None:
        from tests.house.test_imports import FILES

        assert not [path for path in FILES if ".scan(" in path.read_text(encoding="utf-8")]


# -- a guest who would be recognised ---------------------------------------------------------------------------

GIVEN, FAMILY, MAIL_NAME = "Zuloxgiven", "Zuloxfamily", "zuloxmail"
MAIL, PHONE, BORN, NUMBER = f"{MAIL_NAME}@guests.example", "+351912876543", "1971-06-05", "ZULOX-NUMBER-77"
STAFF_MAIL, STAFF_NAME = "zuloxstaff@staff.example", "Zuloxstaff Person"
SECRETS = ["zulox", "912876543", BORN]  # whatever is kept of them in clear is found by these, in small letters

ALLOWED = {
    "guests": {"given_name", "family_name", "emails", "phones", "birth_date", "external_ids", "name_key", "given_key"},
    "house-guests": {"name_key", "given_key"},
    "staff": {"email", "name"},
    "stays": {"external_id"},
    "idempotency": {"answer"},
    "import-images": {"images"},  # what a run changed, for a month
}


@dataclass
class Lived:
    """A world in which much was done with one guest, and every answer that was given."""

    world: World
    replies: list[Reply] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def ask(self, method: str, target: str, body: Any = None, **headers: str) -> Reply:
        """As head office."""
        reply = Client(self.world.hq).ask(method, target, body, **headers)
        self.replies.append(reply)
        return reply


class _Listener(logging.Handler):
    """Keeps every line of the product as it would be written; the local stack, which stands for AWS, has its own."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "ministack" not in record.pathname and "/infra/local/" not in record.pathname:
            self.lines.append(logging.Formatter().format(record))


@pytest.fixture(scope="module")
def lived(world: World) -> Iterator[Lived]:
    """A guest comes, stays, is greeted and written to, is searched for, imported, suppressed; staff is hired."""
    listener, root, own = _Listener(), logging.getLogger(), logging.getLogger("chalicelib")
    levels = root.level, own.level
    root.addHandler(listener)
    root.setLevel(logging.INFO)
    own.setLevel(logging.DEBUG)
    try:
        found = Lived(world, logged=listener.lines)
        _live(found)
        yield found
    finally:
        root.removeHandler(listener)
        root.setLevel(levels[0])
        own.setLevel(levels[1])


def _live(lived: Lived) -> None:
    consents = [
        {"purpose": purpose, "channel": channel, "state": "granted", "source": "desk"}
        for purpose in ("greeting", "service")
        for channel in ("email", "sms")
    ]
    guest = {
        "given_name": GIVEN, "family_name": FAMILY, "emails": [MAIL], "phones": [PHONE], "birth_date": BORN,
        "home_property_id": demo.CITY, "consents": consents, "language": "en",
        "external_ids": [{"system": "demo", "property_id": demo.CITY, "id": NUMBER}],
    }  # fmt: skip
    made = lived.ask("POST", "/v1/guests", guest, idempotency_key="zulox-is-hashed")
    assert made.status == 201, made
    guest_id = made.json["id"]
    texted = {**guest, "emails": [], "external_ids": [], "family_name": f"{FAMILY} Two"}
    assert lived.ask("POST", "/v1/guests", texted).status == 201
    day = demo.hq_scope().now.date()
    stay = {
        "guest_id": guest_id,
        "property_id": demo.CITY,
        "external_id": f"{NUMBER}-S",
        "source": {"system": "demo"},
        "arrival": (day - timedelta(days=2)).isoformat(),
        "departure": day.isoformat(),
        "status": "checked_out",
    }
    lived.ask("PUT", "/v1/occasion-policies/stay_changed", {"is_on": True})  # so that stays have journeys
    assert lived.ask("POST", "/v1/stays", stay).status == 201
    work_off_queues()
    testclock.request_advance(demo.hq_scope(), days=20)
    work_off_queues()
    for search in ({"name": FAMILY[:5]}, {"email": MAIL}, {"phone": PHONE}, {"name": FAMILY, "limit": 1}):
        assert lived.ask("POST", "/v1/guest-searches", search).json["data"], search
    stranger = Client(lived.world.sister).post("/v1/guest-lookups", {"q": PHONE})
    assert stranger.status == 200 and stranger.json["strangers"], stranger
    lived.ask("POST", "/v1/stay-searches", {"property_id": demo.CITY, "external_id": f"{NUMBER}-S"})
    lived.ask("POST", "/v1/guests", {**guest, "birth_date": "2999-01-01", "emails": [f"{MAIL_NAME}@@x"]})
    lived.ask("POST", "/v1/guests", {**guest, "unknown": MAIL})
    lived.ask("PATCH", f"/v1/guests/{guest_id}", {"given_name": f"{GIVEN}x"}, if_match=made.etag)
    lived.ask("PATCH", f"/v1/guests/{guest_id}", {"given_name": f"{GIVEN}y"}, if_match=made.etag)
    _import(MAIL)
    staff = {"email": STAFF_MAIL, "name": STAFF_NAME, "role": "hq_analyst", "password": "zulox-a-long-password"}
    lived.ask("POST", "/v1/staff", staff)
    for target in ("/v1/guests", "/v1/stays", "/v1/deliveries", "/v1/suppressions", "/v1/staff", "/v1/imports"):
        lived.ask("GET", f"{target}?limit=1")
    for target in (
        f"/v1/guests/{guest_id}/occasions",
        f"/v1/guests/{guest_id}/consents?limit=1",
        "/v1/outreach-figures",
    ):
        lived.ask("GET", target)
    for event in _mail_events():
        outreach.handle_mail_event(event)
    work_off_queues()
    lived.ask("PUT", "/v1/occasion-policies/member_anniversary", {"is_on": True})
    survivor_id, absorbed_id = DEMO_DOUBLES
    merged = lived.ask("POST", "/v1/merges", {"survivor_id": survivor_id, "absorbed_id": absorbed_id})
    assert merged.status == 201, merged
    assert lived.ask("POST", f"/v1/merges/{merged.json['id']}/partings", {}).status == 201
    own_days = {"days": [{"name": "Wedding day", "date": "2012-05-19"}]}
    lived.ask("PUT", f"/v1/guests/{demo.GUEST}/special-days", own_days)
    lived.ask("POST", "/v1/suppressions", {"channel": "email", "address": MAIL})
    lived.ask("POST", "/v1/suppressions", {"channel": "sms", "address": PHONE})


def _import(mail: str) -> None:
    scope = demo.hq_scope()
    content = f"external_id,given_name,family_name,email\nZULOX-1,{GIVEN},{FAMILY},{mail}\n,{GIVEN},{FAMILY},{mail}\n"
    imported = connect.create_import(scope, kind="guests", property_id=demo.CITY, file_name="guests.csv")
    connect.upload(scope, str(imported.id), content.encode())
    connect.choose_columns(scope, str(imported.id), [("email", "email")])
    connect.start_run(scope, str(imported.id), "real")
    work_off_queues()
    again = connect.create_import(scope, kind="guests", property_id=demo.CITY, file_name="guests.csv")
    connect.upload(scope, str(again.id), content.replace(f"{GIVEN},", f"{GIVEN}z,").encode())
    run = connect.start_run(scope, str(again.id), "real")
    work_off_queues()
    connect.start_undo(scope, str(again.id), str(run.id), "dry_run")
    work_off_queues()


def _mail_events() -> Iterator[str]:
    url = settings.settings().queue_url("mail-events")
    while messages := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            yield message["Body"]
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def tells(value: Any) -> bool:
    """Whether something personal can be read in it."""
    return any(secret in text.lower() for text in texts(value) for secret in SECRETS)


class TestKeys:
    def test_every_hash_key_begins_with_the_chain(self, lived: Lived) -> None:
        wrong: Counter[tuple[str, str]] = Counter()
        kept = stored()
        for record in TABLES:
            for item in kept[record.Meta.table_name]:
                for name in hash_keys(record) & item.keys():
                    value = item[name]["S"]
                    if not value.startswith(("chn_",)) or len(value.split("#")[0]) != len(demo.CHAIN):
                        wrong[short(record), name] += 1
        assert set(wrong) <= EXCEPTIONS
        assert wrong.keys() & {("agenda", "lane"), ("chains", "shelf")}, "the exceptions are exceptions no more"

    def test_most_tables_hold_something(self, lived: Lived) -> None:
        ours = {one.Meta.table_name for one in resources.tables() if one.__module__.startswith("chalicelib.")}
        empty = {name.removeprefix(PREFIX) for name, rows in stored().items() if not rows and name in ours}
        assert empty <= {
            "contact-findings", "contact-frequencies", "sign-in-attempts", "searches",
            "silent-guests",  # until the property's day is over
        }  # fmt: skip

    def test_nothing_personal_lies_in_a_hash_key(self, lived: Lived) -> None:
        kept = stored()
        for record in TABLES:
            names = hash_keys(record) | {record.key_names()[0], record.key_names()[1] or ""}
            told = [item for item in kept[record.Meta.table_name] if tells([item.get(name) for name in names])]
            assert not told, short(record)

    def test_what_is_personal_lies_where_it_is_known_to_lie(self, lived: Lived) -> None:
        found: dict[str, set[str]] = {}
        for table, rows in stored().items():
            for item in rows:
                for name, value in item.items():
                    if tells(value):
                        found.setdefault(table.removeprefix(PREFIX), set()).add(name)
        assert found["guests"] >= {"given_name", "family_name", "emails", "phones", "birth_date"}
        unexpected = {table: names - ALLOWED.get(table, set()) for table, names in found.items()}
        assert {table: names for table, names in unexpected.items() if names} == {}

    def test_index_keys_that_are_personal_are_declared(self, lived: Lived) -> None:
        kept = stored()
        for record in TABLES:
            definition = resources.table_definition(record)
            indexed = {
                part["AttributeName"]
                for one in definition.get("GlobalSecondaryIndexes", [])
                for part in one["KeySchema"]
            }
            told = {
                name for item in kept[record.Meta.table_name] for name in indexed & item.keys() if tells(item[name])
            }
            assert told <= record.private_keys, short(record)

    def test_nothing_personal_is_in_a_cursor(self, lived: Lived) -> None:
        cursors = [reply.json["next"] for reply in lived.replies if reply.text and "next" in (reply.json or {})]
        opened = [URLSafeSerializer("").loads_unsafe(one.removeprefix("cur_"))[1] for one in cursors if one]
        assert len(opened) >= 5
        assert all(opened)
        assert not any(tells(one) for one in opened), opened

    def test_nothing_personal_is_in_an_address_or_a_header(self, lived: Lived) -> None:
        assert any("location" in reply.headers for reply in lived.replies)
        assert not [reply.headers for reply in lived.replies if tells(reply.headers)]
        keys = [one["Key"] for one in aws.client("s3").list_objects_v2(Bucket=settings.settings().bucket)["Contents"]]
        assert keys and not tells(keys)

    def test_nothing_personal_is_in_a_refusal(self, lived: Lived) -> None:
        refused = [reply for reply in lived.replies if reply.status >= 400]
        assert len(refused) >= 3
        assert not [reply.text for reply in refused if tells(reply.text)]

    def test_nothing_personal_is_in_the_tags_of_a_mail(self, lived: Lived) -> None:
        from tests.conftest import _engine

        sent = _engine().outbox()
        assert len(sent) >= 3
        assert not [one["tags"] for one in sent if tells(one.get("tags"))]


class TestLogs:
    def test_nothing_personal_is_logged(self, lived: Lived) -> None:
        assert lived.logged, "nothing was logged at all"
        assert [line for line in lived.logged if tells(line)] == []

    def test_a_defect_is_logged_without_what_it_was_about(
        self, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The error of a library may quote the value that it could not take."""

        def fail(*_: Any, **__: Any) -> None:
            raise ValueError(f"cannot take {MAIL}") from KeyError(MAIL)

        monkeypatch.setattr("chalicelib.guests.service.create", fail)
        with caplog.at_level(logging.DEBUG):
            reply = Client(world.hq).post("/v1/guests", {"given_name": GIVEN})
        assert (reply.status, reply.headers["content-type"]) == (500, "application/problem+json")
        assert not tells(reply.text)
        assert reply.json["instance"] in caplog.text, "nobody could find it again"
        assert "ValueError" in caplog.text and "in fail" in caplog.text
        assert not tells(caplog.text)


# -- the activity log ------------------------------------------------------------------------------------------

READING = ("search_", "calculate_")  # POST because of their bodies
WRITES = [one for one in ENDPOINTS if one.method != "GET" and not one.operation_id.startswith(READING)]
CHANGES: dict[str, Any] = {
    "put_data_quality_rule": {"stale_months": 3},
    "put_relation": {"kind": "relative"},
    "update_brand": {"name": "Another"},
    "update_property": {"quiet_start": "22:00"},
    "update_staff": {"language": "zh"},
    "update_api_key": {"name": "Another"},
    "update_chain": {"greeting_hour": 11},
    "put_consent": {"state": "denied", "source": "front desk"},
    "add_suppression": {"channel": "email", "address": "another@guests.example"},
    "put_external_stay": None,
    "put_care": {"is_key": False},
    "enrol_member": {"programme_id": DOLLARS, "guest_id": points.FRIEND, "consent_source": "front_desk"},
    "change_member": {"status": "suspended"},
    "open_pool": {"owner_id": NEIGHBOUR},
    "join_pool": {"member_id": NEIGHBOUR},
}  # fmt: skip


def audited() -> dict[str, dict[str, Any]]:
    """The rows of the activity log by key."""
    return {row["subject_key"]["S"] + row["id"]["S"]: row for row in rows_of("test-audit")}


class TestActivity:
    @pytest.mark.parametrize("endpoint", WRITES, ids=name_of)
    def test_every_write_is_noted_once(self, fresh_world: World, endpoint: Endpoint) -> None:
        client, path = fresh_world.client(endpoint), fresh_world.path(endpoint)
        if endpoint.operation_id == "cancel_import_run":
            run = connect.start_run(demo.hq_scope(), fresh_world.ids["import_id"], "real")
            path = fresh_world.path(endpoint, run_id=str(run.id))
        body = CHANGES.get(endpoint.operation_id) or (example_of(endpoint) if endpoint.body is not None else None)
        headers = {"if_match": client.get(path).etag} if endpoint.needs_match else {}
        before, stored_before = audited(), fingerprint()
        reply = client.ask(endpoint.method, path, body, **headers)
        assert reply.status < 300, reply
        assert fingerprint() != stored_before, "nothing was written"
        new = [row for key, row in audited().items() if key not in before]
        # What is done to two guests is in the log of each.
        subjects = 2 if endpoint.operation_id in ("create_merge", "part_guests") else 1
        assert len(new) == len({row["subject_key"]["S"] for row in new}) == subjects, [row["action"] for row in new]
        row = new[0]
        assert row["request_id"]["S"] == reply.headers["request-id"]
        assert row["actor_kind"]["S"] == endpoint.caller
        assert row["subject_key"]["S"].startswith("chn_")

    def test_reading_is_not_noted(self, world: World) -> None:
        before = audited()
        for endpoint in BY_KEY:
            if endpoint.method == "GET" or endpoint.operation_id.startswith(READING):
                body = example_of(endpoint) if endpoint.body is not None else None
                Client(world.hq).ask(endpoint.method, world.path(endpoint), body)
        assert audited() == before

    def test_it_names_fields_and_never_what_is_in_them(self, lived: Lived) -> None:
        rows = audited().values()
        details = [json.loads(row["detail"]["S"]) for row in rows if "detail" in row]
        assert any("given_name" in str(one.get("fields", "")) for one in details)
        assert not [one for one in details if tells(one)]
