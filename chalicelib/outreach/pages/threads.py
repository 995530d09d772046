"""What guests write and staff answer: a guest's thread with the form of an answer, and the inbox of nobody's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service.lookup import Found, look_up
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried
from chalicelib.outreach.pages.contacts import CHANNEL_LABELS, MESSAGE_LABELS, MESSAGE_LOOKS
from chalicelib.outreach.schemas.threads import ANSWER_LENGTH_MAX, AnswerIn
from chalicelib.outreach.service import conversing, threads
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

THREAD = "/portal/guests/{guest_id}/messages"
INBOX = "/portal/inbox"
PAGE_ROWS = 25
WORDS_LENGTH_MAX = 100  # of a search for the guest whose message it is

navigation(N_("Inbox"), INBOX, permission="guests:read", order=41, under="/portal/deliveries", is_for_chain=True)


@pages.get(THREAD, permission="guests:read")
def thread_page(call: Call) -> View:
    """What a guest wrote and was answered, the latest first."""
    return _thread(call, Filled())


@pages.post(THREAD, permission="guests:write")
def answer_page(call: Call) -> View | Redirect:
    """Answer a guest, once however often the form is sent."""
    guest_id = call.path_params["guest_id"]

    def answer(scope: Scope) -> None:
        body = read(AnswerIn, given(call.form, "channel", "text"))
        threads.answer(scope, guest_id, channel=body.channel, text=body.text)

    filled = tried(call, answer)
    return _thread(call, filled) if filled is not None else Redirect(THREAD.format(guest_id=guest_id))


def _thread(call: Call, filled: Filled) -> View:
    scope, guest_id = call.scope, call.path_params["guest_id"]
    guest, after = guests.get(scope, guest_id), call.parameter("cursor") or None
    page = threads.thread_page(scope, guest_id, limit=PAGE_ROWS, after=after)
    here = THREAD.format(guest_id=guest_id)
    may_answer = scope.may("guests:write")
    return View(
        "outreach/pages/thread.html",
        {
            "guest": guest,
            "messages": page.items,
            "writers": _names(scope, (str(one.staff_id) for one in page.items if one.staff_id)),
            "ways": conversing.answer_ways(scope, guest) if may_answer else [],
            "may_answer": may_answer,
            "filled": filled,
            "key": new_id("frm"),
            "text_length": ANSWER_LENGTH_MAX,
            "first": here if after else None,
            "next": url(here, cursor=page.next) if page.next else None,
            **_words(scope),
        },
        status=422 if filled.is_refused else 200,
    )


@pages.get(INBOX, permission="guests:read")
def inbox_page(call: Call) -> View:
    """What came in of which nobody knows whose it is, the latest first. For those who see the whole chain."""
    return _inbox(call, "", Filled(), [])


@pages.post(f"{INBOX}/{{message_id}}/guest", permission="guests:write")
def assign_page(call: Call) -> View | Redirect:
    """Say whose message it is: first whom the words may mean, then the one who is chosen among them.

    Even a single one has to be chosen: a private word in the wrong thread is read by the wrong people.
    """
    message_id, guest_id = call.path_params["message_id"], call.form.get("guest_id", "")
    fitting: list[Found] = []

    def assign(scope: Scope) -> None:
        threads.assign(scope, message_id, guest_id)

    def search(scope: Scope) -> None:
        fitting.extend(look_up(scope, call.form.get("q", "").strip()[:WORDS_LENGTH_MAX]).own)
        if not fitting:
            raise Invalid.field("/q", N_("No guest was found by these words."))

    filled = tried(call, assign if guest_id else search)
    if filled is None and guest_id:
        return Redirect(THREAD.format(guest_id=guest_id))
    return _inbox(call, message_id, filled or Filled(dict(call.form)), fitting)


def _inbox(call: Call, chosen: str, filled: Filled, fitting: list[Found]) -> View:
    """The page; `chosen` is the message whose form was sent, `fitting` the guests whose it may be."""
    scope, after = call.scope, call.parameter("cursor") or None
    page = threads.inbox_page(scope, limit=PAGE_ROWS, after=after)
    return View(
        "outreach/pages/inbox.html",
        {
            "messages": page.items,
            "chosen": chosen,
            "filled": filled,
            "fitting": fitting,
            "key": new_id("frm"),
            "words_length": WORDS_LENGTH_MAX,
            "may_assign": scope.may("guests:write"),
            "first": INBOX if after else None,
            "next": url(INBOX, cursor=page.next) if page.next else None,
            **_words(scope),
        },
        status=422 if filled.is_refused else 200,
    )


def _names(scope: Scope, staff_ids: Iterable[str]) -> dict[str, str]:
    """Who wrote, by id: also colleagues of other properties, as they have written to a guest whom the reader sees."""
    whole, found = replace(scope, property_ids=None), {}
    for one in set(staff_ids):
        try:
            found[one] = str(directory.staff_of(whole, one).name)
        except NotFound:  # a program, or somebody who is no longer here
            continue
    return found


def _words(scope: Scope) -> dict[str, object]:
    """The labels that the templates put things into words with."""
    return {
        "zone": str(directory.chain_of(scope).time_zone),
        "channel_labels": CHANNEL_LABELS,
        "state_labels": MESSAGE_LABELS,
        "state_looks": MESSAGE_LOOKS,
    }
