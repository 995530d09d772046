"""The demo chain as the tests of the house see it: something real behind every address, and callers of every kind.

It is built once and copied back as often as a test wants a world that nobody has touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import rooms
from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.directory.rules import ROLES
from chalicelib.directory.schemas import KeyIn
from chalicelib.guests import service as guests
from chalicelib.guests.api.matches import DEMO_MATCH
from chalicelib.guests.rules.quality import STALE_MONTHS_MIN
from chalicelib.guests.schemas import GuestIn
from chalicelib.guests.schemas.merging import DEMO_MERGE, DEMO_MERGED
from chalicelib.guests.service import caring, quality
from chalicelib.kernel import agenda, aws, testclock, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import sortable
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.rules.earning import Rule
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.loyalty.schemas import DEMO_MEMBER, DEMO_PROGRAMME
from chalicelib.outreach import service as outreach
from chalicelib.outreach.models.messages import Message
from chalicelib.outreach.rules.channels import house_rule
from chalicelib.outreach.service import DeliveryFilter, care, channels, connecting, devices, hotline, owing
from chalicelib.outreach.service import reputation as sending
from chalicelib.outreach.service.hotline import Told
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from chalicelib.web.endpoints import Endpoint
from infra import resources
from infra.demo import points
from infra.demo import world as demo
from infra.local import emulator, items
from infra.proof.walls.stored import Row, fingerprint
from tests.client import Client
from tests.conftest import OPERATOR_KEY, fresh_stack, work_off_queues

START = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
BROKEN_ROW = b"external_id,given_name,email\nDEMO-G-9,Eva,eva@guests.example\n,Nobody,nobody@guests.example\n"

REDEMPTIONS = {
    "capture_redemption": points.TO_CAPTURE,
    "release_redemption": points.TO_RELEASE,
    "cancel_redemption": points.TO_CANCEL,
}
CLAIMS = {"approve_claim": points.TO_APPROVE, "reject_claim": points.TO_REJECT}
DEVICE = "telephone-1"
NEIGHBOUR = "mem_0000000000000000000000n000"  # in no pool
CALL = "hot_0000000000000000000000h001"
WAITING = "msg_0000000000000000000000g001"  # in the inbox of the chain
DOLLARS = "prg_0000000000000000000000d000"

ENDPOINTS: list[Endpoint] = [endpoint for api in rooms.APIS for endpoint in api.endpoints]
BY_KEY = [endpoint for endpoint in ENDPOINTS if endpoint.caller == "key"]
BY_OPERATOR = [endpoint for endpoint in ENDPOINTS if endpoint.caller == "operator"]
PUBLIC = [endpoint for endpoint in ENDPOINTS if endpoint.caller == "public"]
WITH_BODY = [endpoint for endpoint in ENDPOINTS if endpoint.body is not None]


def name_of(endpoint: Endpoint) -> str:
    """How a test of one endpoint is called."""
    return endpoint.operation_id


def example_of(endpoint: Endpoint) -> Any:
    """The example of a body, as the description carries it."""
    assert endpoint.body is not None
    extra = endpoint.body.model_config.get("json_schema_extra")
    assert isinstance(extra, dict), endpoint.operation_id
    examples = extra["examples"]
    assert isinstance(examples, list)
    return json.loads(json.dumps(examples[0]))


@dataclass(frozen=True)
class World:
    """Who calls, and what there is. `ids` holds a real value for every path parameter."""

    hq: str
    operator: str
    rival: str
    sister: str
    roles: dict[str, str]
    ids: dict[str, str]

    def client(self, endpoint: Endpoint) -> Client:
        """Whoever may call an endpoint."""
        return Client({"key": self.hq, "operator": self.operator, "public": None}[endpoint.caller])

    def path(self, endpoint: Endpoint, **other: str) -> str:
        """The endpoint's address of real things."""
        return endpoint.path.format(**{**self.ids, **self.own(endpoint), **other})

    def own(self, endpoint: Endpoint) -> dict[str, str]:
        """Parameters that mean another thing at one endpoint than elsewhere."""
        if endpoint.operation_id == "put_external_stay":
            return {"external_id": "DEMO-S-1"}
        if endpoint.path.startswith("/v1/api-keys/") and endpoint.method != "GET":
            return {"key_id": demo.SPARE_KEY}  # nobody saws off the branch of the tests
        if endpoint.operation_id == "lift_sending_pause":
            return {"property_id": demo.RESORT}
        if endpoint.operation_id == "list_guest_merges":
            return {"guest_id": DEMO_MERGED[0]}
        if endpoint.operation_id == "undo_import_run":
            return {"import_id": demo.IMPORT, "run_id": demo.RUN}  # a check cannot be undone
        if endpoint.operation_id in REDEMPTIONS:
            return {"redemption_id": REDEMPTIONS[endpoint.operation_id]}
        if endpoint.operation_id in CLAIMS:
            return {"claim_id": CLAIMS[endpoint.operation_id]}
        return {}


def inbox_message(scope: Scope, message_id: str, whose: str = "inbox") -> None:
    """A text that came in, by default of somebody whom nobody knows."""
    values = {"direction": "in", "channel": "sms", "text": "Is there a pool?", "state": "received"}
    unit = Unit(scope)
    unit.create(Message(guest_key=scope.key(whose), id=message_id, at=sortable(scope.now), **values))
    unit.commit()


def make_world() -> World:
    """Found the demo chain and let it live for three months: a birthday, an import, a piece of work that failed."""
    fresh_stack()
    facts = demo.found(START)
    work_off_queues()
    testclock.request_advance(demo.hq_scope(), days=90)
    work_off_queues()
    scope = demo.hq_scope()
    delivery = outreach.deliveries_page(scope, DeliveryFilter(), limit=1).items[0]
    suppression, _ = outreach.add_suppression(scope, "email", "no.more@guests.example")
    advance = testclock.request_advance(scope, days=1).advance_id
    work_off_queues()
    imported = connect.create_import(scope, kind="guests", property_id=demo.CITY, file_name="broken.csv")
    connect.upload(scope, str(imported.id), BROKEN_ROW)
    run = connect.start_run(scope, str(imported.id), "dry_run")
    work_off_queues()
    dead = _bury_something()
    _live_with_points(demo.hq_scope())
    _owe_a_call(demo.hq_scope())
    _decide_ahead(demo.hq_scope())
    connector = _reach_by_other_ways(demo.hq_scope())
    quality.set_rule(demo.hq_scope(), STALE_MONTHS_MIN)
    caring.set_care(demo.hq_scope(), demo.GUEST, is_key=True, owner_id=demo.HQ_STAFF, expected_version=None)
    work_off_queues()
    sending.pause(demo.hq_scope(), demo.RESORT)
    inbox_message(demo.hq_scope(), WAITING)
    inbox_message(demo.hq_scope(), f"{WAITING[:-1]}2", demo.GUEST)
    call = Told(demo.CITY, "Is there a cot?", guest_id=demo.GUEST)
    hotline.log_contact(demo.hq_scope(), call, id=CALL)
    every = sorted(directory.PERMISSIONS)
    made = World(
        hq=facts["hq_api_key"],
        operator=OPERATOR_KEY,
        rival=facts["rival_api_key"],
        sister=_key(every, [demo.RESORT]),
        roles={name: _key(sorted(role.permissions)) for name, role in ROLES.items()},
        ids={
            "chain_id": demo.CHAIN,
            "brand_id": demo.BRAND,
            "property_id": demo.CITY,
            "staff_id": demo.HQ_STAFF,
            "key_id": demo.HQ_KEY,
            "guest_id": demo.GUEST,
            "match_id": DEMO_MATCH["match_id"],
            "occasion": "stay_anniversary",
            "message_id": WAITING,
            "hotline_contact_id": CALL,
            "system": "demo",
            "external_id": "DEMO-G-1",
            "purpose": "greeting",
            "channel": "email",
            "stay_id": demo.STAY,
            "other_id": points.FRIEND,
            "household_id": demo.HOUSEHOLD,
            "account_id": demo.ACCOUNT,
            "delivery_id": str(delivery.id),
            "connector_id": connector,
            "device_id": DEVICE,
            "suppression_id": str(suppression.id),
            "import_id": str(imported.id),
            "run_id": str(run.id),
            "kind": "guests",
            "subject_id": dead.subject_id,
            "item_id": str(dead.item_key).replace("#", "~"),
            "advance_id": str(advance),
            "programme_id": DEMO_PROGRAMME,
            "member_id": DEMO_MEMBER,
            "merge_id": DEMO_MERGE,
            "entry_id": "ent_000000000001",
            "redemption_id": points.TO_RELEASE,
            "claim_id": points.TO_APPROVE,
            "pool_id": points.POOL,
            "task_id": demo.TASK,
            "strategy_id": demo.STRATEGY,
            "chain_day_id": demo.CHAIN_DAY,
            "date": "2026-06-02",
            "rule": "new_guest",
            "number": "1",
            "language": "zh",
        },
    )
    for token in (made.hq, made.rival, made.sister, *made.roles.values()):
        assert Client(token).get("/v1/me").status == 200  # the first use is noted; no later one within the hour
    return made


def _reach_by_other_ways(scope: Scope) -> str:
    """A push application and a device, and a connector; its id. The device's application goes by the chain's name."""
    application = aws.client("sns").create_platform_application(
        Name=f"hospes-{demo.CHAIN}", Platform="GCM", Attributes={"PlatformCredential": "none"}
    )["PlatformApplicationArn"]
    channels.publish(scope, replace(house_rule(), applications={"android": application}))
    devices.register(scope, demo.GUEST, DEVICE, "android", "token-of-the-world")
    made, _ = connecting.create_connector(
        scope,
        name="WeChat gateway",
        url="https://chat.example.com/wechat",
        channel="wechat",
        id="con_0000000000000000000000w000",
    )
    return made.id


def _live_with_points(scope: Scope) -> None:
    """A stay that earns in one programme and waits for a rate in another."""
    in_dollars = Version(1, START.date(), (Rule("stay", "spend", points=1, per=100),))
    abroad = loyalty.create(scope, name="Dollar Points", names={}, currency="USD", first=in_dollars, id=DOLLARS)
    loyalty.enrol(scope, programme_id=str(abroad.id), guest_id=demo.GUEST, consent_source="front_desk")
    neighbour = GuestIn.model_validate({"given_name": "Eva", "family_name": "Reis", "home_property_id": demo.CITY})
    loyalty.enrol(
        scope, programme_id=DEMO_PROGRAMME, guest_id=guests.create(scope, neighbour).id, consent_source="front_desk",
        id=NEIGHBOUR,
    )  # fmt: skip
    day = scope.now.date()
    stay = StayIn.model_validate(
        {
            "property_id": demo.CITY, "guest_id": demo.GUEST, "status": "checked_out",
            "arrival": (day - timedelta(days=1)).isoformat(), "departure": day.isoformat(),
            "revenue_lines": [{"id": "1", "category": "room", "amount": 12_000}],
        }
    )  # fmt: skip
    stays.record(scope, stay)
    work_off_queues()
    loyalty.request_check(scope, DEMO_PROGRAMME)
    loyalty.tell(scope, day.isoformat(), "EUR", {"CNY": "0.125"})
    work_off_queues()


def _owe_a_call(scope: Scope) -> None:
    """A guest has fallen silent, and a call is owed."""
    care.publish(scope, "silence", {}, is_on=True, may_override=False, property_id=None)
    unit = Unit(scope)
    owing.owe_call(scope, unit, demo.GUEST, ("tsk_demo", demo.CITY, scope.now.date() + timedelta(days=30)))
    unit.commit()


def _decide_ahead(scope: Scope) -> None:
    """The first versions of a rule and of an occasion's policy have not begun: they may be withdrawn."""
    later = scope.now + timedelta(days=300)
    wanted: dict[str, Any] = {"is_on": True, "may_override": True, "property_id": None}
    care.publish(scope, "new_guest", {"days": 4}, valid_from=later, **wanted)
    outreach.publish(scope, "stay_anniversary", is_on=True, offer={}, valid_from=later)


def key_of(**fields: Any) -> tuple[str, str]:
    """Id and token of a new key of the demo chain."""
    body = KeyIn.model_validate({"name": "Tests", "permissions": ["guests:read"], **fields})
    key, token = directory.create_key(demo.hq_scope(), body)
    return str(key.id), token


def _key(permissions: list[str], property_ids: list[str] | None = None) -> str:
    return key_of(permissions=permissions, property_ids=property_ids)[1]


def _bury_something() -> AgendaRecord:
    """Give up on the guest's next birthday, as if it had failed too often."""
    waiting = agenda.lane_page(f"test#{demo.CHAIN}", limit=100).items
    key = next(one for one in waiting if str(one.item_key).startswith("outreach.") and one.subject_id == demo.GUEST)
    record = AgendaRecord.find(str(key.subject_key), str(key.item_key))
    assert record is not None
    work.bury(record)
    (dead,) = agenda.lane_page(agenda.dead_lane(demo.CHAIN), limit=100).items
    return dead


# -- what is stored --------------------------------------------------------------------------------------------


Item = dict[str, Any]
Snapshot = dict[str, list[Item]]


def stored() -> Snapshot:
    """Every item of every table, in order."""
    return {record.Meta.table_name: rows_of(record.Meta.table_name) for record in resources.tables()}


def rows_of(name: str) -> list[Item]:
    """Every item of one table, in order; read where it lies, for a scan costs a hundred times as much."""
    (table,) = [one for one in emulator.dynamodb._tables.all_values() if one["TableName"] == name]
    partitions = items.items_of(table).values()
    rows = [_plain(items.unpack(packed)) for partition in partitions for _, packed in partition.packed_items()]
    return sorted(rows, key=lambda item: json.dumps(item, sort_keys=True))


def put_back(wanted: frozenset[Row]) -> None:
    """Make the tables hold these items and no others."""
    present = fingerprint()
    if present == wanted:
        return
    tables = {str(table["TableName"]): table for table in emulator.dynamodb._tables.all_values()}
    kept = {row[:3] for row in wanted}
    for name, pk, sk, _ in present - wanted:
        if (name, pk, sk) not in kept:
            items.remove_item(tables[name], pk, sk)
    for name, pk, sk, packed in wanted - present:
        items.set_item(tables[name], pk, sk, items.unpack(packed))
        # One content can be packed in several ways: what comes back is the very same, and is known again.
        items.items_of(tables[name]).partition(pk).put(sk, packed)
    directory.forget()
    channels.forget()


def _plain(item: Item) -> Item:
    """An item whose sets have an order."""
    assert not any("B" in one for one in item.values()), "a binary value would have to be read as one"
    return {name: {kind: sorted(value) if kind.endswith("SS") else value} for name, one in item.items()
            for kind, value in one.items()}  # fmt: skip


def texts(value: Any) -> Iterator[str]:
    """Every text in a raw item, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, dict):
        for name, one in value.items():
            yield str(name)
            yield from texts(one)
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from texts(one)
