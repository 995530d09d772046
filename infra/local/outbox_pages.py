"""The engine's own addresses: the outbox for programs and the mailbox for people."""

from __future__ import annotations

from urllib.parse import parse_qs

from infra.local import mailbox
from infra.local.sink import FILTERS, PAGE_MAX, Sink
from infra.local.wire import Answer, Request, json_answer

PREFIX = "/_hospes/"
PAGE_DEFAULT = 100


class Pages:
    """Answers everything below `/_hospes/`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __call__(self, request: Request) -> Answer | None:
        """The answer, or None when the request is not for these pages."""
        if not request.path.startswith(PREFIX):
            return None
        name = request.path[len(PREFIX) :].rstrip("/")
        if request.method == "POST" and name == "mailbox":
            return self._told(request)
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


def number_of(identifier: str) -> int:
    """The number inside an entry's id."""
    return int(identifier.rpartition("_")[2])
