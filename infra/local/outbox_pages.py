"""The engine's own addresses: the outbox and the way in for programs, the mailbox for people."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import parse_qs

from infra.local import mailbox
from infra.local.receiving import Receiving, TooLong, answer_to
from infra.local.sink import FILTERS, PAGE_MAX, Sink
from infra.local.wire import Answer, Request, json_answer

PREFIX = "/_hospes/"
PAGE_DEFAULT = 100


class Pages:
    """Answers everything below `/_hospes/`."""

    def __init__(self, sink: Sink, receiving: Receiving | None = None) -> None:
        self._sink = sink
        self._receiving = receiving

    def __call__(self, request: Request) -> Answer | None:
        """The answer, or None when the request is not for these pages."""
        if not request.path.startswith(PREFIX):
            return None
        name = request.path[len(PREFIX) :].rstrip("/")
        if request.method == "POST" and name == "mailbox":
            is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
            return self._answered(request) if is_form else self._told(request)
        if request.method == "POST" and name == "inbound":
            return self._came(request)
        if request.method not in ("GET", "HEAD"):
            return json_answer({"message": "Only GET is answered here."}, 405)
        if name == "health":
            return json_answer({"status": "ok"})
        if name == "outbox":
            return self._outbox(request)
        if name == "outbox/count":
            return json_answer({"count": self._sink.count(filters_of(request))})
        if name == "mailbox":
            return mailbox.page(self._sink, request)
        return json_answer({"message": "There is no such page."}, 404)

    def _told(self, request: Request) -> Answer:
        """A person opens or clicks a mail of the mailbox: SES's event follows, and the mailbox shows the mail again."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        number = form.get("id", "")
        if not number.isdigit() or not self._sink.tell(int(number), form.get("event", "")):
            return json_answer({"message": "There is no such mail, or no such event."}, 400)
        language = "zh" if form.get("lang") == "zh" else "en"
        return Answer(303, {"Location": f"{PREFIX}mailbox?lang={language}&id={number}"}, b"")

    def _came(self, request: Request) -> Answer:
        """A program sends us a mail: the body is the mail, `to` its envelope's recipients if they are not in it."""
        if self._receiving is None:
            return json_answer({"message": "No mail is taken in here."}, 404)
        try:
            return json_answer({"message_id": self._receiving.take_in(request.body, request.query.get("to", []))}, 202)
        except TooLong as refused:
            return json_answer({"message": str(refused)}, 413)

    def _answered(self, request: Request) -> Answer:
        """A person answers a mail of the mailbox as its recipient, with files or without."""
        fields, files = form_of(request)
        number, language = fields.get("id", ""), "zh" if fields.get("lang") == "zh" else "en"
        entry = self._sink.one(int(number)) if number.isdigit() else None
        if entry is None or self._receiving is None:
            return json_answer({"message": "There is no such mail."}, 400)
        try:
            mail = answer_to(entry, fields.get("text", ""), files, is_stop=fields.get("wish") == "stop")
            self._receiving.take_in(mail.as_bytes())
        except (LookupError, TooLong) as refused:
            return json_answer({"message": str(refused)}, 400)
        return Answer(303, {"Location": f"{PREFIX}mailbox?lang={language}&id={number}&answered=1"}, b"")

    def _outbox(self, request: Request) -> Answer:
        limit = request.parameter("limit", str(PAGE_DEFAULT))
        cursor = request.parameter("cursor", "0")
        if not limit.isdigit() or not 1 <= int(limit) <= PAGE_MAX or not cursor.isdigit():
            return json_answer({"message": f"limit is a number from 1 to {PAGE_MAX}, cursor one from `next`."}, 400)
        entries, has_more = self._sink.page(filters_of(request), int(limit), int(cursor))
        following = str(number_of(entries[-1]["id"])) if entries and has_more else None
        return json_answer({"data": entries, "next": following, "has_more": has_more})


def filters_of(request: Request) -> dict[str, str]:
    """The filters a request names."""
    return {name: request.parameter(name) for name in FILTERS if request.parameter(name)}


def form_of(request: Request) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """The fields of a browser's form with files, and the files by name."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    form = message_from_bytes(head + request.body, policy=policy.HTTP)
    assert isinstance(form, EmailMessage)
    fields: dict[str, str] = {}
    files: list[tuple[str, bytes]] = []
    for part in form.iter_parts():
        content = part.get_payload(decode=True)
        name, file_name = part.get_param("name", header="content-disposition"), part.get_filename()
        if not isinstance(content, bytes):
            continue
        if file_name:
            files.append((file_name, content))
        elif file_name is None and isinstance(name, str):
            fields[name] = content.decode("utf-8", "replace")
    return fields, files


def number_of(identifier: str) -> int:
    """The number inside an entry's id."""
    return int(identifier.rpartition("_")[2])
