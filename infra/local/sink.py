"""The local sink: every mail handed to SES and every text handed to SNS, kept, and the events SES would send.

An entry is stored before the answer leaves, so what a caller believes sent is here even after kill -9.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from infra.local import emulator, mime, ses_events
from infra.local.wire import Answer, Request

PAGE_MAX = 1000  # entries a page of the outbox may have
REPUBLISHED_MAX = 2000  # events that are published again after a restart
RECEIPTS_MAX = 10_000  # receipts remembered; one that is forgotten only means a second publication
FILTERS = ("chain_id", "guest_id", "delivery_id", "kind", "recipient")
ARRIVAL_SUBJECT = "Amazon SES Email Receipt Notification"
EVENT_SUBJECT = "Amazon SES Email Event Notification"

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, accepted_at TEXT NOT NULL, chain_time TEXT,
    chain_id TEXT, guest_id TEXT, delivery_id TEXT, recipient TEXT NOT NULL, sender TEXT NOT NULL,
    subject TEXT NOT NULL, headers TEXT NOT NULL, tags TEXT NOT NULL, raw TEXT NOT NULL, message_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_by_chain ON outbox (chain_id, id);
CREATE INDEX IF NOT EXISTS outbox_by_guest ON outbox (guest_id, id);
CREATE INDEX IF NOT EXISTS outbox_by_delivery ON outbox (delivery_id);
CREATE TABLE IF NOT EXISTS unsettled (notification TEXT PRIMARY KEY, entry INTEGER NOT NULL, event TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS arrivals (notification TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
"""
COLUMNS = (
    "id",
    "kind",
    "accepted_at",
    "chain_time",
    "chain_id",
    "guest_id",
    "delivery_id",
    "recipient",
    "sender",
    "subject",
    "headers",
    "tags",
    "raw",
    "message_id",
)


@dataclass(slots=True)
class Entry:
    """One message as it was handed over."""

    kind: str
    recipient: str
    sender: str
    subject: str
    raw: str
    message_id: str
    tags: dict[str, str]
    headers: dict[str, str]
    chain_time: str | None

    def row(self) -> tuple[Any, ...]:
        """The values of a new row, without its id."""
        return (
            self.kind,
            now_text(),
            self.chain_time,
            self.tags.get("chain"),
            self.tags.get("guest"),
            self.tags.get("delivery"),
            self.recipient,
            self.sender,
            self.subject,
            json.dumps(self.headers, ensure_ascii=False),
            json.dumps(self.tags, ensure_ascii=False),
            self.raw,
            self.message_id,
        )


class Sink:
    """The outbox and the events of its mails."""

    def __init__(self, file: Path | str = ":memory:", topic: str | None = None) -> None:
        self._rows = sqlite3.connect(str(file), isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=OFF")
        self._rows.executescript(SCHEMA)
        self.topic = topic
        self._receipts: dict[str, str] = {}

    def close(self) -> None:
        """Release the database."""
        self._rows.close()

    def clear(self) -> None:
        """Forget every message."""
        self._rows.execute("DELETE FROM outbox")
        self._rows.execute("DELETE FROM unsettled")
        self._rows.execute("DELETE FROM arrivals")

    # -- what comes in ----------------------------------------------------------------------------------------

    def took(self, service: str, operation: str, request: Request, answer: Answer) -> None:
        """Look at an answered request; keep what it handed over and tell what becomes of it."""
        if answer.status != 200:
            return
        if service == "ses":
            self._keep(mail_entries(request, answer))
        elif service == "sns" and b"PhoneNumber=" in request.body:
            self._keep(text_entries(request, answer))
            emulator.forget_texts()
        elif service == "sns" and b"TargetArn=" in request.body:
            self._keep(push_entries(request, answer))
        elif operation == "ReceiveMessage":
            self._received(answer)
        elif operation in ("DeleteMessage", "DeleteMessageBatch"):
            self._deleted(request)

    def _keep(self, entries: list[Entry]) -> None:
        marks = ", ".join("?" * (len(COLUMNS) - 1))
        statement = f"INSERT INTO outbox ({', '.join(COLUMNS[1:])}) VALUES ({marks})"
        # One transaction: a mail without its events would never be settled.
        self._rows.execute("BEGIN")
        for entry in entries:
            number = self._rows.execute(statement, entry.row()).lastrowid
            if entry.kind == "mail" and number is not None:
                self._publish_events(number)
        self._rows.execute("COMMIT")

    def _publish_events(self, number: int, only: str | None = None) -> None:
        if self.topic is None:
            return
        entry = self._one(number)
        for name in ses_events.outcome(entry["recipient"]) if only is None else (only,):
            message = json.dumps(ses_events.event(name, entry), ensure_ascii=False)
            notification = emulator.publish(self.topic, message, EVENT_SUBJECT)
            if notification is not None:
                self._rows.execute("INSERT OR REPLACE INTO unsettled VALUES (?, ?, ?)", (notification, number, name))

    def tell(self, number: int, name: str) -> bool:
        """Publish what a person does with a mail here (`Open`, `Click`) as SES would; whether there is such a mail."""
        entry = self.one(number)
        if entry is None or entry["kind"] != "mail" or name not in ses_events.BY_PEOPLE:
            return False
        self._rows.execute("BEGIN")
        self._publish_events(number, only=name)
        self._rows.execute("COMMIT")
        return True

    def publish_arrival(self, told: str) -> None:
        """Tell that a mail came in. It is remembered until somebody has dealt with it."""
        notification = emulator.publish(self.topic, told, ARRIVAL_SUBJECT) if self.topic is not None else None
        if notification is not None:
            self._rows.execute("INSERT OR REPLACE INTO arrivals VALUES (?, ?)", (notification, told))

    def _received(self, answer: Answer) -> None:
        """Remember which receipt stands for which event, so that its deletion settles it."""
        content = answer.content()
        if b"SigningCertURL" not in content:
            return
        for message in json.loads(content).get("Messages", []):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                self._receipts[message["ReceiptHandle"]] = json.loads(message["Body"])["MessageId"]
        while len(self._receipts) > RECEIPTS_MAX:
            self._receipts.pop(next(iter(self._receipts)))

    def _deleted(self, request: Request) -> None:
        """Queue messages were deleted: the events among them need no second publication."""
        data = json.loads(request.body)
        for entry in data.get("Entries", [data]):
            notification = self._receipts.pop(entry.get("ReceiptHandle", ""), None)
            if notification is not None:
                self._rows.execute("DELETE FROM unsettled WHERE notification = ?", (notification,))
                self._rows.execute("DELETE FROM arrivals WHERE notification = ?", (notification,))

    def publish_unsettled(self) -> int:
        """After a restart the queue is empty: publish again what nobody had dealt with; the count of events."""
        rows = self._rows.execute("SELECT entry, event FROM unsettled ORDER BY entry DESC LIMIT ?", (REPUBLISHED_MAX,))
        waiting = rows.fetchall()
        self._rows.execute("DELETE FROM unsettled")
        for number, name in reversed(waiting):
            self._publish_events(number, only=name)
        came = self._rows.execute("SELECT told FROM arrivals LIMIT ?", (REPUBLISHED_MAX,)).fetchall()
        self._rows.execute("DELETE FROM arrivals")
        for (told,) in came:
            self.publish_arrival(told)
        return len(waiting) + len(came)

    # -- what is asked ----------------------------------------------------------------------------------------

    def _one(self, number: int) -> dict[str, Any]:
        row = self._rows.execute(f"SELECT {', '.join(COLUMNS)} FROM outbox WHERE id = ?", (number,)).fetchone()
        return shaped(row)

    def one(self, number: int) -> dict[str, Any] | None:
        """One entry, or None."""
        found = self._rows.execute("SELECT 1 FROM outbox WHERE id = ?", (number,)).fetchone()
        return self._one(number) if found else None

    def page(
        self, filters: dict[str, str], limit: int = PAGE_MAX, cursor: int = 0, newest_first: bool = False
    ) -> tuple[list[dict[str, Any]], bool]:
        """A page of entries past a cursor, and whether there are more."""
        where, values = conditions(filters)
        order = "DESC" if newest_first else "ASC"
        past = ("id < ?" if newest_first else "id > ?") if cursor else "? = 0"
        rows = self._rows.execute(
            f"SELECT {', '.join(COLUMNS)} FROM outbox WHERE {past}{where} ORDER BY id {order} LIMIT ?",
            (cursor, *values, limit + 1),
        ).fetchall()
        return [shaped(row) for row in rows[:limit]], len(rows) > limit

    def count(self, filters: dict[str, str]) -> int:
        """How many entries match."""
        where, values = conditions(filters)
        row = self._rows.execute(f"SELECT COUNT(*) FROM outbox WHERE 1 = 1{where}", values).fetchone()
        return int(row[0])


def conditions(filters: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """The SQL of a filter; column names come from our own list."""
    used = [(name, filters[name]) for name in FILTERS if filters.get(name)]
    return "".join(f" AND {name} = ?" for name, _ in used), tuple(value for _, value in used)


def shaped(row: tuple[Any, ...]) -> dict[str, Any]:
    """A row as the outbox shows it."""
    entry = dict(zip(COLUMNS, row, strict=True))
    entry["id"] = f"out_{entry['id']:08d}"
    entry["headers"] = json.loads(entry["headers"])
    entry["tags"] = json.loads(entry["tags"])
    return entry


def mail_entries(request: Request, answer: Answer) -> list[Entry]:
    """The mails of an accepted SES request, one per message id."""
    rendered = emulator.sent_mails()
    if request.method != "POST" or not rendered:
        return []
    data = json.loads(request.body)
    if request.path.rstrip("/").endswith("/outbound-bulk-emails"):
        return bulk_entries(data, answer, rendered)
    if not request.path.rstrip("/").endswith("/outbound-emails"):
        return []
    tags = tags_of(data.get("EmailTags"))
    record = rendered[-1]
    raw = data.get("Content", {}).get("Raw")
    if raw:
        content = b64decode(raw["Data"])
        headers = mime.headers_of(content)
        to = data.get("Destination", {}).get("ToAddresses") or mime.addresses(headers, "To")
        return [mail_entry(headers, content.decode("utf-8", "replace"), to, data.get("FromEmailAddress"), record, tags)]
    wanted = data.get("Content", {}).get("Simple", data.get("Content", {}).get("Template", {})).get("Headers")
    return [composed_entry(record, wanted, tags)]


def bulk_entries(data: dict[str, Any], answer: Answer, rendered: list[dict[str, Any]]) -> list[Entry]:
    """The mails of a bulk request; refused destinations have no message id and leave no mail."""
    results = json.loads(answer.content())["BulkEmailEntryResults"]
    default_tags = tags_of(data.get("DefaultEmailTags"))
    default_headers = data.get("DefaultContent", {}).get("Template", {}).get("Headers")
    by_id = {record["MessageId"]: record for record in rendered}
    entries = []
    for asked, result in zip(data.get("BulkEmailEntries", []), results, strict=True):
        record = by_id.get(result.get("MessageId", ""))
        if record is None:
            continue
        tags = default_tags | tags_of(asked.get("ReplacementTags"))
        wanted = asked.get("ReplacementHeaders") or default_headers
        entries.append(composed_entry(record, wanted, tags))
    return entries


def composed_entry(record: dict[str, Any], wanted: list[dict[str, str]] | None, tags: dict[str, str]) -> Entry:
    """An entry of a mail that SES builds from its parts."""
    raw = mime.composed(record, wanted)
    return mail_entry(mime.headers_of(raw.encode()), raw, record["To"], record["Source"], record, tags)


def mail_entry(
    headers: dict[str, str], raw: str, to: list[str], sender: str | None, record: dict[str, Any], tags: dict[str, str]
) -> Entry:
    """An entry of one mail."""
    return Entry(
        kind="mail",
        recipient=", ".join(parseaddr(address)[1] or address for address in to),
        sender=sender or headers.get("From", ""),
        subject=headers.get("Subject", ""),
        raw=raw,
        message_id=record["MessageId"],
        tags=tags,
        headers=headers,
        chain_time=mime.instant(headers.get("Date")),
    )


def text_entries(request: Request, answer: Answer) -> list[Entry]:
    """The text of an accepted `Publish` to a phone number."""
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    if form.get("Action") != "Publish" or not form.get("PhoneNumber") or form.get("TopicArn"):
        return []
    attributes = attributes_of(form)
    message_id = answer.content().decode().partition("<MessageId>")[2].partition("</MessageId>")[0]
    sender = attributes.get("AWS.SNS.SMS.SenderID") or attributes.get("AWS.MM.SMS.OriginationNumber", "")
    return [
        Entry(
            "sms",
            form["PhoneNumber"],
            sender,
            "",
            form.get("Message", ""),
            message_id,
            {name: attributes[name] for name in ("chain", "guest", "delivery") if name in attributes},
            attributes,
            attributes.get("chain_time"),
        )
    ]


def push_entries(request: Request, answer: Answer) -> list[Entry]:
    """The push of an accepted `Publish` to a device. The engine itself takes it and hands it to nobody."""
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    target = form.get("TargetArn", "")
    if form.get("Action") != "Publish" or ":app/" not in target:
        return []
    attributes = attributes_of(form)
    message_id = answer.content().decode().partition("<MessageId>")[2].partition("</MessageId>")[0]
    tags = {name: value for name, value in attributes.items() if name in ("chain", "guest", "delivery")}
    raw = form.get("Message", "")
    title = pushed_title(raw)
    return [Entry("push", target, "", title, raw, message_id, tags, attributes, attributes.get("chain_time"))]


def pushed_title(raw: str) -> str:
    """The title of what was pushed, if it has one."""
    try:
        return str(json.loads(json.loads(raw)["GCM"])["notification"]["title"])
    except (ValueError, KeyError, TypeError):
        return ""


def attributes_of(form: dict[str, str]) -> dict[str, str]:
    """The message attributes of a `Publish`."""
    attributes: dict[str, str] = {}
    number = 1
    while name := form.get(f"MessageAttributes.entry.{number}.Name"):
        attributes[name] = form.get(f"MessageAttributes.entry.{number}.Value.StringValue", "")
        number += 1
    return attributes


def tags_of(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """SES's list of tags as names and values."""
    return {tag["Name"]: tag["Value"] for tag in tags or []}


def now_text() -> str:
    """The real present, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
