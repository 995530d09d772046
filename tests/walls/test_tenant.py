"""What a chain's session reaches: its own keys, and nothing else by any way of asking."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.kernel.tenancy import ADDRESSES, FOUNDING, INTAKE, PASSAGES, Passage
from infra import policies
from tests.walls.evaluator import Ask, Verdict, decide
from tests.walls.judge import hashes, in_session, tenant_statements
from tests.walls.requests import ARNS, LEADING_KEYS, PREFIX, STORES, TextArns, asks_of

CHAIN, SISTER, LONGER = "chn_1", "chn_2", "chn_10"
TABLE = f"{PREFIX}guests"


def verdicts(
    operation: str, params: dict[str, Any], chain: str | None = CHAIN, passage: Passage | None = None
) -> list[Verdict]:
    """What is decided about one call of a chain's session; without a chain, of a session without tags."""
    asks = asks_of("dynamodb", operation, params, hashes())
    return [decide(tenant_statements(), in_session(ask, chain, passage) if chain else ask) for ask in asks]


def is_allowed(
    operation: str, params: dict[str, Any], chain: str | None = CHAIN, passage: Passage | None = None
) -> bool:
    """Whether a whole call is allowed: a transaction or a batch is, if each of its parts is."""
    return set(verdicts(operation, params, chain, passage)) == {"allowed"}


def get(key: str, table: str = TABLE, name: str = "guest_key") -> dict[str, Any]:
    return {"TableName": table, "Key": {name: {"S": key}}}


def query(key: str, index: str | None, name: str, table: str = TABLE) -> dict[str, Any]:
    named = {"IndexName": index} if index else {}
    return {
        "TableName": table, **named, "KeyConditionExpression": "#0 = :0 AND #1 > :1",
        "ExpressionAttributeNames": {"#0": name, "#1": "updated_key"},
        "ExpressionAttributeValues": {":0": {"S": key}, ":1": {"S": f"{CHAIN}#x"}},
    }  # fmt: skip


FOREIGN = [
    SISTER, f"{SISTER}#gst", LONGER, f"{LONGER}#gst", f"{CHAIN}x#gst", f"x{CHAIN}#gst", f"#{CHAIN}#gst", "", "#", "*",
    CHAIN.upper(), f"{CHAIN}_#gst", f"test#{CHAIN}", f"dead#{CHAIN}", "event#00", "chains", "${aws:PrincipalTag/chain}",
]  # fmt: skip


class TestItems:
    @pytest.mark.parametrize("key", [CHAIN, f"{CHAIN}#gst_1", f"{CHAIN}#00", f"{CHAIN}#"])
    def test_own_keys_are_reached(self, key: str) -> None:
        assert is_allowed("GetItem", get(key))

    @pytest.mark.parametrize("key", FOREIGN)
    def test_no_other_key_is(self, key: str) -> None:
        assert not is_allowed("GetItem", get(key))
        assert not is_allowed("UpdateItem", get(key, f"{PREFIX}agenda", "subject_key"))
        put = {"TableName": TABLE, "Item": {"guest_key": {"S": key}, "list_key": {"S": f"{CHAIN}#00"}}}
        assert not is_allowed("PutItem", put)
        assert not is_allowed("Query", query(key, None, "point_key", f"{PREFIX}contact-points"))

    def test_another_tables_items_are_not(self) -> None:
        for table, name in (("sign-ins", "email_hash"), ("sign-in-attempts", "subject_hash")):
            assert not is_allowed("GetItem", get(f"{CHAIN}#x", f"{PREFIX}{table}", name))
        foreign = Ask(
            "dynamodb:GetItem", ARNS.table("guests").replace(PREFIX, "hospes-prod-"), {LEADING_KEYS: (CHAIN,)}
        )
        assert decide(tenant_statements(), in_session(foreign, CHAIN)) == "not allowed"

    def test_a_session_of_another_chain_or_of_none_is_not_ours(self) -> None:
        assert not is_allowed("GetItem", get(f"{CHAIN}#gst"), chain=SISTER)
        assert not is_allowed("GetItem", get(f"{CHAIN}#gst"), chain=None)
        assert not is_allowed("GetItem", get("#gst"), chain=None)

    def test_a_request_without_keys_is_denied(self) -> None:
        for action in ("GetItem", "Query", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"):
            for context in ({}, {LEADING_KEYS: ()}):
                ask = Ask(f"dynamodb:{action}", ARNS.table("guests"), context)
                assert decide(tenant_statements(), in_session(ask, CHAIN)) == "denied"

    def test_nothing_is_allowed_without_keys_even_without_the_denials(self) -> None:
        """Of no keys all is true: each allow says by itself that there must be one."""
        allowing = [one for one in tenant_statements() if one["Effect"] == "Allow"]
        for statement in allowing:
            places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for action in statement["Action"]:
                for passage in (None, ADDRESSES, FOUNDING):
                    for place in places:
                        ask = in_session(Ask(action, place), CHAIN, passage)
                        assert decide(allowing, ask) == "not allowed", (action, place)

    def test_an_allow_elsewhere_would_not_open_it(self) -> None:
        """Somebody may once attach a wider policy: what is denied here stays denied."""
        wider = [*tenant_statements(), {"Effect": "Allow", "Action": "*", "Resource": "*"}]
        for operation, params in (("Scan", {"TableName": TABLE}), ("ExecuteStatement", SELECT)):
            (ask,) = asks_of("dynamodb", operation, params, hashes())
            keyed = Ask(ask.action, ask.resource, {LEADING_KEYS: (CHAIN,)})
            for one in (ask, keyed):
                assert decide(wider, in_session(one, CHAIN)) == "denied"


class TestIndexes:
    @pytest.mark.parametrize(("index", "name"), [("updated", "list_key"), ("names", "name_bucket")])
    def test_own_shards_are_read_and_foreign_ones_are_not(self, index: str, name: str) -> None:
        assert is_allowed("Query", query(f"{CHAIN}#00", index, name))
        for key in FOREIGN:
            assert not is_allowed("Query", query(key, index, name))

    def test_the_tables_key_does_not_open_an_index(self) -> None:
        """An index is asked for by its own partition key; one that names only the table's has no leading key."""
        assert verdicts("Query", query(f"{CHAIN}#00", "updated", "guest_key")) == ["denied"]

    def test_the_agenda_shows_the_chains_own_lanes_only(self) -> None:
        def lane(key: str) -> dict[str, Any]:
            return query(key, "due", "lane", f"{PREFIX}agenda")

        assert is_allowed("Query", lane(f"test#{CHAIN}"))
        assert is_allowed("Query", lane(f"dead#{CHAIN}"))
        for key in ("event#00", "due#31", "bulk#07", f"test#{SISTER}", f"dead#{LONGER}", f"test#{CHAIN}#x", CHAIN):
            assert not is_allowed("Query", lane(key)), key


SELECT = {"Statement": f'SELECT * FROM "{TABLE}" WHERE guest_key = ?', "Parameters": [{"S": f"{CHAIN}#gst"}]}


class TestWholeTables:
    @pytest.mark.parametrize(
        ("operation", "params"),
        [
            ("Scan", {"TableName": TABLE}),
            ("Scan", {"TableName": TABLE, "IndexName": "updated"}),
            ("ExecuteStatement", SELECT),
            ("ExecuteStatement", {"Statement": f'DELETE FROM "{TABLE}" WHERE guest_key = ?'}),
            ("BatchExecuteStatement", {"Statements": [SELECT]}),
            ("ExecuteTransaction", {"TransactStatements": [SELECT]}),
        ],
    )
    def test_scans_and_statements_are_denied(self, operation: str, params: dict[str, Any]) -> None:
        assert set(verdicts(operation, params)) == {"denied"}

    @pytest.mark.parametrize(
        "action", ["DescribeTable", "DeleteTable", "UpdateTable", "ListTables", "ExportTableToPointInTime"]
    )
    def test_tables_are_nobodys(self, action: str) -> None:
        ask = in_session(Ask(f"dynamodb:{action}", ARNS.table("guests")), CHAIN)
        assert decide(tenant_statements(), ask) == "denied"


class TestMany:
    def keys(self, *keys: str) -> list[dict[str, Any]]:
        return [{"guest_key": {"S": key}} for key in keys]

    def test_one_foreign_key_spoils_a_batch(self) -> None:
        own = [f"{CHAIN}#gst_{number}" for number in range(99)]

        def batch(*keys: str) -> dict[str, Any]:
            return {"RequestItems": {TABLE: {"Keys": self.keys(*keys)}}}

        assert is_allowed("BatchGetItem", batch(*own))
        for place in (0, 50, 99):
            keys = [*own[:place], f"{SISTER}#gst", *own[place:]]
            assert not is_allowed("BatchGetItem", batch(*keys))

    def test_batch_writes_are_not_of_use_and_not_allowed(self) -> None:
        item = self.keys(f"{CHAIN}#gst")[0]
        assert not is_allowed("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": item}}]}})

    @pytest.mark.parametrize("kind", ["Put", "Update", "ConditionCheck"])
    def test_one_foreign_item_spoils_a_transaction(self, kind: str) -> None:
        def one(key: str) -> dict[str, Any]:
            names = {"Put": ("contact-points", "point_key"), "Update": ("agenda", "subject_key")}
            table, name = names.get(kind, ("guests", "guest_key"))
            return {kind: {"TableName": f"{PREFIX}{table}", "Item" if kind == "Put" else "Key": {name: {"S": key}}}}

        own = [one(f"{CHAIN}#gst_{number}") for number in range(20)]
        assert is_allowed("TransactWriteItems", {"TransactItems": own})
        for key in FOREIGN:
            assert not is_allowed("TransactWriteItems", {"TransactItems": [*own, one(key)]}), key

    def test_reading_in_a_transaction_is_reading(self) -> None:
        own, foreign = ({"Get": get(f"{chain}#gst")} for chain in (CHAIN, SISTER))
        assert is_allowed("TransactGetItems", {"TransactItems": [own]})
        assert not is_allowed("TransactGetItems", {"TransactItems": [own, foreign]})


class TestFiles:
    @pytest.mark.parametrize(
        ("key", "is_own"),
        [(f"{CHAIN}/imports/imp_1/source.csv", True), (f"recorder/{CHAIN}/dlv_1.json", True),
         (f"{SISTER}/imports/imp_1/source.csv", False), (f"{LONGER}/imports/x", False), (CHAIN, False),
         (f"recorder/{SISTER}/x", False), (f"recorder/{LONGER}/x", False),
         ("recorder/", False), (f"x/{CHAIN}/y", False)],
    )  # fmt: skip
    def test_only_the_chains_own(self, key: str, is_own: bool) -> None:
        writing, reading = ("PutObject", "UploadPart"), ("GetObject", "HeadObject")
        for operation in writing if key.startswith("recorder") else (*writing, *reading):
            (ask,) = asks_of("s3", operation, {"Bucket": "hospes-files", "Key": key}, hashes())
            assert (decide(tenant_statements(), in_session(ask, CHAIN)) == "allowed") is is_own

    def test_nobody_lists_or_deletes_or_reads_what_was_recorded(self) -> None:
        asks = [
            *asks_of("s3", "GetObject", {"Bucket": "hospes-files", "Key": f"recorder/{CHAIN}/x"}, hashes()),
            *asks_of("s3", "ListObjectsV2", {"Bucket": "hospes-files", "Prefix": f"{CHAIN}/"}, hashes()),
            *asks_of("s3", "DeleteObject", {"Bucket": "hospes-files", "Key": f"{CHAIN}/x"}, hashes()),
        ]
        assert {decide(tenant_statements(), in_session(ask, CHAIN)) for ask in asks} == {"not allowed"}


class TestPassages:
    POINTER = get("a-hash", f"{PREFIX}sign-ins", "email_hash")

    def test_each_names_what_exists_and_why(self) -> None:
        assert len({passage.name for passage in PASSAGES}) == len(PASSAGES)
        for passage in PASSAGES:
            assert len(passage.why) > 40 and (passage.openings or passage.stores)
            assert passage.kind is None or passage.kind in policies.KINDS
            for one in passage.openings:
                assert (f"{PREFIX}{one.table}", one.index) in hashes(), one
            # A session of a chain takes a passage to tables; a bucket of all chains is a function's own affair.
            assert {store.name for store in passage.stores} <= (set(STORES) if passage.kind else set())

    def test_mails_that_came_in_are_the_hearer_s_alone_to_read(self) -> None:
        bucket = STORES["intake"]
        read = asks_of("s3", "GetObject", {"Bucket": bucket, "Key": "m1"}, hashes())
        more = [
            *asks_of("s3", "PutObject", {"Bucket": bucket, "Key": "m1"}, hashes()),
            *asks_of("s3", "DeleteObject", {"Bucket": bucket, "Key": "m1"}, hashes()),
        ]
        for kind in policies.KINDS:
            own = policies.function_policy(kind, ARNS).statements
            wanted = {"allowed"} if kind == "hearer" else {"not allowed"}
            assert {decide(own, ask) for ask in read} == wanted, kind
            assert {decide(own, ask) for ask in more} == {"not allowed"}, kind
        for passage in (None, ADDRESSES, FOUNDING, INTAKE):
            for key in ("m1", f"{CHAIN}/m1", f"recorder/{CHAIN}/m1"):
                for one in ("GetObject", "PutObject"):
                    (ask,) = asks_of("s3", one, {"Bucket": bucket, "Key": key}, hashes())
                    assert decide(tenant_statements(), in_session(ask, CHAIN, passage)) == "not allowed", (key, one)

    def test_an_address_is_reached_in_its_passage_only(self) -> None:
        assert is_allowed("GetItem", self.POINTER, passage=ADDRESSES)
        assert not is_allowed("GetItem", self.POINTER)
        assert not is_allowed("GetItem", self.POINTER, passage=FOUNDING)

    def test_a_passage_leads_nowhere_else(self) -> None:
        for passage in (ADDRESSES, FOUNDING):
            assert is_allowed("GetItem", get(f"{CHAIN}#gst"), passage=passage)
            assert not is_allowed("GetItem", get(f"{SISTER}#gst"), passage=passage)
            assert not is_allowed("Scan", {"TableName": f"{PREFIX}sign-ins"}, passage=passage)
            assert not is_allowed("GetItem", get("a", f"{PREFIX}sign-in-attempts", "subject_hash"), passage=passage)

    def test_a_founding_session_claims_the_operators_key_and_reads_none(self) -> None:
        def item(kind: str, key: str) -> dict[str, Any]:
            return {"TableName": f"{PREFIX}idempotency", kind: {"caller_key": {"S": key}}}

        assert is_allowed("PutItem", item("Item", "#operator#hash"), passage=FOUNDING)
        assert not is_allowed("PutItem", item("Item", "#operator#hash"))
        assert not is_allowed("PutItem", item("Item", f"{SISTER}#key#hash"), passage=FOUNDING)
        assert not is_allowed("GetItem", item("Key", "#operator#hash"), passage=FOUNDING)


class TestTrust:
    """Who may make a session, and of what kind."""

    def verdict(self, tags: dict[str, str]) -> Verdict:
        params = {"RoleArn": ARNS.tenant_role(), "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        trust = policies.tenant_policy(ARNS).trust
        found = {decide(trust, ask) for ask in asks_of("sts", "AssumeRole", params, hashes())}
        return found.pop() if len(found) == 1 else "not allowed"

    def test_only_sessions_of_one_chain(self) -> None:
        assert self.verdict({"chain": CHAIN}) == "allowed"
        assert self.verdict({"chain": CHAIN, "passage": "addresses"}) == "allowed"
        for tags in ({}, {"chain": ""}, {"chain": "x"}, {"passage": "addresses"}, {"chain": CHAIN, "team": "x"}):
            assert self.verdict(tags) == "not allowed", tags

    def test_only_our_functions_make_them(self) -> None:
        (statement,) = policies.tenant_policy(ARNS).trust
        assert statement["Principal"] == {"AWS": [ARNS.function_role(kind) for kind in policies.KINDS]}

    @pytest.mark.parametrize("kind", [*policies.KINDS, "tenant"])
    def test_the_policies_fit_into_a_role(self, kind: str) -> None:
        """Without white space a role's own policies may have 10,240 characters, each that it is given 6,144."""
        arns = LongArns()
        document = policies.tenant_policy(arns) if kind == "tenant" else policies.function_policy(kind, arns)
        sids = [statement["Sid"] for statement in document.statements]
        assert len(set(sids)) == len(sids) and all(sid.isalnum() for sid in sids)
        own, *given = policies.parts_of(document.statements)
        assert len("".join(json.dumps(own).split())) < 10_000
        assert len(given) <= 10  # of which a role may be given ten
        assert all(len("".join(json.dumps(one).split())) < 6_000 for one in given)
        assert sum(len(one) for one in (own, *given)) == len(document.statements)


class LongArns(TextArns):
    """As long as they get: a long stage, a long region."""

    def table(self, name: str) -> str:
        return f"arn:aws:dynamodb:ap-southeast-2:000000000000:table/hospes-production-{name}"
