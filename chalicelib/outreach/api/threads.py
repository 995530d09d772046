"""REST endpoints of what guests write and staff answer."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.threads import AnswerIn, AssignmentIn, MessageOut
from chalicelib.outreach.service import threads
from chalicelib.web.endpoints import Answer, Listing, PageQuery

THREAD = "/v1/guests/{guest_id}/messages"
INBOX = "/v1/inbox-messages"
GUEST = {"guest_id": "gst_0000000000000000000000g000"}
MESSAGE = {"message_id": "msg_0000000000000000000000g001"}


@api.get(
    THREAD, permission="guests:read", query=PageQuery, answers=MessageOut, is_list=True, refusals=(404,),
    path_examples=GUEST,
)  # fmt: skip
def list_messages(scope: Scope, guest_id: str, query: PageQuery) -> Listing:
    """List what a guest wrote and was answered, the latest first."""
    page = threads.thread_page(scope, guest_id, limit=query.limit, after=query.cursor)
    return Listing([MessageOut.of(one) for one in page.items], page.next)


@api.post(
    THREAD, permission="guests:write", body=AnswerIn, answers=MessageOut, status=201, refusals=(404, 409, 422),
    path_examples=GUEST,
)  # fmt: skip
def answer_guest(scope: Scope, guest_id: str, body: AnswerIn) -> Answer:
    """Write to a guest, once.

    It goes to the first address or number of the channel, as a service message: where the guest has stopped all
    messages it is refused.
    """
    record = threads.answer(scope, guest_id, channel=body.channel, text=body.text)
    return Answer(MessageOut.of(record), status=201)


@api.get(INBOX, permission="guests:read", query=PageQuery, answers=MessageOut, is_list=True)
def list_inbox_messages(scope: Scope, query: PageQuery) -> Listing:
    """List what came in of which nobody knows whose it is, the latest first.

    It belongs to the chain: callers of single properties are refused.
    """
    page = threads.inbox_page(scope, limit=query.limit, after=query.cursor)
    return Listing([MessageOut.of(one) for one in page.items], page.next)


@api.put(
    INBOX + "/{message_id}/guest", permission="guests:write", body=AssignmentIn, answers=MessageOut,
    refusals=(404, 422), path_examples=MESSAGE,
)  # fmt: skip
def assign_message(scope: Scope, message_id: str, body: AssignmentIn) -> MessageOut:
    """Put a message of the inbox into a guest's thread. Doing it again changes nothing."""
    return MessageOut.of(threads.assign(scope, message_id, body.guest_id))
