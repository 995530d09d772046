"""Tables backed up, compared and brought back under another prefix."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.directory.models import Chain
from chalicelib.kernel import aws
from infra.drill import tables
from tests.builders import make_chain, make_property

OWN, RESTORED = "test-", "restored-"


@pytest.fixture
def client() -> Any:
    """The stack's DynamoDB with a chain in it; what is restored goes again."""
    _, hq = make_chain()
    make_property(hq)
    found = aws.client("dynamodb")
    yield found
    for name in tables.names_of(found, RESTORED):
        found.delete_table(TableName=RESTORED + name)


def test_a_backup_brings_everything_back_and_what_is_no_data_is_set_anew(client: Any) -> None:
    names = tables.names_of(client, OWN)
    assert {"agenda", "deliveries", "guests"} <= set(names)
    lives, sums = tables.time_to_live(client, OWN, names), tables.checksums(client, OWN, names)
    assert lives["agenda"] == "expires_at"
    backups = tables.back_up(client, OWN, names, "test")
    tables.restore_backups(client, backups, RESTORED)
    assert tables.time_to_live(client, RESTORED, names) == {}
    tables.equip(client, RESTORED, names, lives)
    assert tables.checksums(client, RESTORED, names) == sums
    assert tables.time_to_live(client, RESTORED, names) == lives
    described = client.describe_continuous_backups(TableName=RESTORED + "agenda")["ContinuousBackupsDescription"]
    assert described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_checksum_sees_every_change_and_no_order(client: Any) -> None:
    table = Chain.Meta.table_name
    before = tables.checksum(client, table)
    make_chain()
    more = tables.checksum(client, table)
    assert (more.items, more.digest != before.digest) == (before.items + 1, True)
    item = client.scan(TableName=table)["Items"][0]
    client.put_item(TableName=table, Item={**item, "version": {"N": "77"}})
    assert tables.checksum(client, table) not in (before, more)
    client.put_item(TableName=table, Item=item)
    assert tables.checksum(client, table) == more


def test_an_instant_is_restored_for_all_tables_alike() -> None:
    """As AWS is asked; the local engine keeps no past."""
    client = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    at = datetime(2026, 3, 8, 20, 0, tzinfo=UTC)
    with Stubber(client) as stub:
        for name in ("agenda", "guests"):
            asked = {"SourceTableName": f"a-{name}", "TargetTableName": f"b-{name}", "RestoreDateTime": at}
            stub.add_response("restore_table_to_point_in_time", {}, asked)
        for name in ("agenda", "guests"):
            stub.add_response("describe_table", {"Table": {"TableStatus": "ACTIVE"}}, {"TableName": f"b-{name}"})
        tables.restore_instant(client, "a-", ["agenda", "guests"], "b-", at)
        stub.assert_no_pending_responses()


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def describe_table(self, TableName: str) -> Any:
            return {"Table": {"TableStatus": "CREATING"}}

    monkeypatch.setattr(tables, "WAIT_EVERY_S", 0.01)
    with pytest.raises(TimeoutError, match="b-agenda"):
        tables.wait_active(Slow(), ["b-agenda"], wait_s=0.03)
