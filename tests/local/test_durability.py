"""What was answered is there again, after kill -9 as after a proper end."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local import emulator, items, tuning
from infra.local.journal import Damaged, Journal, control
from tests.local.stack import PREFIX_TABLE, EngineProcess, thing

SENDER = "Hotel <care@hotel.example>"


def everything(engine: EngineProcess) -> list[dict[str, Any]]:
    """Every item of the table, in order."""
    answer = engine.client("dynamodb").scan(TableName="things")
    return list(answer["Items"])


def test_nothing_that_was_answered_is_lost(outside: EngineProcess) -> None:
    database, mail, files = (outside.client(name) for name in ("dynamodb", "sesv2", "s3"))
    queues, topics = outside.client("sqs"), outside.client("sns")
    database.create_table(**PREFIX_TABLE)
    database.update_time_to_live(
        TableName="things", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    for number in range(30):
        database.put_item(TableName="things", Item=thing(f"p{number % 3}", f"{number:03}", lane="l", note="客人"))
    database.delete_item(TableName="things", Key=thing("p0", "000"))
    moved = {
        "Update": {
            "TableName": "things",
            "Key": thing("p1", "001"),
            "UpdateExpression": "SET lane = :x",
            "ExpressionAttributeValues": {":x": {"S": "other"}},
        }
    }
    database.transact_write_items(ClientRequestToken="t1", TransactItems=[moved])
    with pytest.raises(database.exceptions.ConditionalCheckFailedException):
        database.put_item(TableName="things", Item=thing("p2", "002"), ConditionExpression="attribute_not_exists(pk)")
    files.create_bucket(Bucket="files")
    files.put_object(Bucket="files", Key="a/ü.csv", Body=b"x" * 100_000, ContentType="text/csv")
    url = queues.create_queue(QueueName="events", Attributes={"VisibilityTimeout": "77"})["QueueUrl"]
    topic = topics.create_topic(Name="hospes-ses-events")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:000000000000:events")
    mail.create_email_identity(EmailIdentity="hotel.example")
    simple = {"Simple": {"Subject": {"Data": "生日快乐"}, "Body": {"Text": {"Data": "hello"}}}}
    sent = mail.send_email(FromEmailAddress=SENDER, Destination={"ToAddresses": ["bounce@g.example"]}, Content=simple)
    first = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"][0]
    queues.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    before = everything(outside)

    outside.kill()
    outside.start()

    assert everything(outside) == before
    assert len(before) == 29
    by_lane = database.query(
        TableName="things",
        IndexName="lane",
        KeyConditionExpression="lane = :l",
        ExpressionAttributeValues={":l": {"S": "other"}},
    )
    assert by_lane["Items"] == [thing("p1", "001", lane="other")]
    assert database.describe_time_to_live(TableName="things")["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    database.transact_write_items(ClientRequestToken="t1", TransactItems=[moved])
    moved["Update"]["ExpressionAttributeValues"] = {":x": {"S": "again"}}
    with pytest.raises(database.exceptions.IdempotentParameterMismatchException):
        database.transact_write_items(ClientRequestToken="t1", TransactItems=[moved])
    body = files.get_object(Bucket="files", Key="a/ü.csv")
    assert (body["Body"].read(), body["ContentType"]) == (b"x" * 100_000, "text/csv")
    assert queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "77"
    outbox = json.loads(outside.get("/_hospes/outbox"))["data"]
    assert [(entry["message_id"], entry["subject"]) for entry in outbox] == [(sent["MessageId"], "生日快乐")]
    # Of Send and Bounce the first was dealt with; the other is published again.
    again = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(json.loads(m["Body"])["Message"])["eventType"] for m in again] == ["Bounce"]
    mail.send_email(FromEmailAddress=SENDER, Destination={"ToAddresses": ["b@g.example"]}, Content=simple)
    outside.stop()


def test_a_half_written_record_is_dropped_and_the_rest_kept(outside: EngineProcess) -> None:
    database = outside.client("dynamodb")
    database.create_table(**PREFIX_TABLE)
    for number in range(5):
        database.put_item(TableName="things", Item=thing("p", str(number)))
    outside.kill()
    log = next((outside.data / "journal").glob("log.*"))
    with log.open("ab") as file:
        file.write(os.urandom(5) + b"\0\0\0" + os.urandom(20))
    outside.start()
    assert len(everything(outside)) == 5
    database.put_item(TableName="things", Item=thing("p", "5"))
    outside.kill()
    outside.start()
    assert len(everything(outside)) == 6


class TestJournal:
    """The journal itself, over the emulator of this process."""

    @pytest.fixture(autouse=True)
    def _empty(self) -> Any:
        emulator.clear()
        yield
        emulator.clear()
        items.changes.clear()
        tuning.tokens_stored.clear()

    @staticmethod
    def _state() -> tuple[Any, Any]:
        tables = {
            key: {pk: dict(partition.packed_items()) for pk, partition in table["items"].items()}
            for key, table in emulator.dynamodb._tables.all_items()
        }
        return tables, control()

    @staticmethod
    def _table() -> dict[str, Any]:
        emulator.dynamodb._create_table(dict(PREFIX_TABLE))
        table: dict[str, Any] = emulator.dynamodb._tables["things"]
        items.items_of(table)
        return table

    def _wait(self, journal: Journal) -> None:
        while journal._child:
            time.sleep(0.01)
            journal.tend()

    def test_a_snapshot_and_the_log_after_it_give_the_same_state(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path, log_bytes_min=10)
        journal.open()
        table = self._table()
        journal.note_control()
        for number in range(1200):
            items.set_item(table, f"p{number % 7}", f"{number}", thing(f"p{number % 7}", str(number), lane="l"))
            journal.note()
        journal.tend()
        items.remove_item(table, "p0", "0")
        items.set_item(table, "p1", "1", thing("p1", "1", lane="changed while the snapshot was written"))
        journal.note()
        self._wait(journal)
        items.set_item(table, "p2", "2", thing("p2", "2", lane="changed after the snapshot"))
        journal.note()
        before = self._state()
        journal.close()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["log.000002", "snapshot.000002"]

        emulator.clear()
        again = Journal(tmp_path)
        assert again.open() == 1199
        assert self._state() == before
        assert emulator.dynamodb._tables["things"]["ItemCount"] == 1199
        again.close()

    def test_a_table_made_again_is_empty(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path)
        journal.open()
        items.set_item(self._table(), "p", "1", thing("p", "1"))
        journal.note_control()
        journal.note()
        emulator.dynamodb._delete_table({"TableName": "things"})
        journal.note_control()
        self._table()
        journal.note_control()
        journal.close()
        emulator.clear()
        assert Journal(tmp_path).open() == 0

    def test_damage_in_the_middle_is_said_and_not_passed_over(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path, log_bytes_min=10)
        journal.open()
        items.set_item(self._table(), "p", "1", thing("p", "1"))
        journal.note_control()
        journal.note()
        journal.tend()
        self._wait(journal)
        journal.close()
        snapshot = next(tmp_path.glob("snapshot.*"))
        content = bytearray(snapshot.read_bytes())
        content[len(content) // 2] ^= 255
        snapshot.write_bytes(content)
        with pytest.raises(Damaged):
            Journal(tmp_path).open()

    def test_time_to_live_removes_and_is_remembered(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path)
        journal.open()
        table = self._table()
        emulator.dynamodb._update_ttl(
            {"TableName": "things", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "expires_at"}}
        )
        journal.note_control()
        for sk, ends in (("over", "1000"), ("later", "99999999999"), ("strange", "soon")):
            kind = "S" if ends == "soon" else "N"
            items.set_item(table, "p", sk, thing("p", sk) | {"expires_at": {kind: ends}})
        items.set_item(table, "p", "never", thing("p", "never"))
        journal.note()
        assert items.Expiry().whole() == 1
        journal.note()
        journal.close()
        emulator.clear()
        assert Journal(tmp_path).open() == 3
        assert set(emulator.dynamodb._tables["things"]["items"]["p"]) == {"later", "strange", "never"}
