"""REST endpoints of the hotline."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.hotline import (
    HotlineAnswerIn,
    HotlineContactIn,
    HotlineContactOut,
    HotlineFigureOut,
    HotlineFigureQuery,
    HotlineFiguresOut,
    HotlineQuery,
)
from chalicelib.outreach.service import hotline
from chalicelib.outreach.service.hotline import Told
from chalicelib.web.endpoints import Answer, Listing

PATH = "/v1/hotline-contacts"
CONTACT = {"hotline_contact_id": "hot_0000000000000000000000h001"}


@api.get(PATH, permission="guests:read", query=HotlineQuery, answers=HotlineContactOut, is_list=True, refusals=(404,))
def list_hotline_contacts(scope: Scope, query: HotlineQuery) -> Listing:
    """List a property's calls to the hotline: the latest first, or those who still wait, the oldest first."""
    page = hotline.contacts_page(scope, query.property_id, is_open=query.is_open, limit=query.limit, after=query.cursor)
    return Listing([HotlineContactOut.of(one) for one in page.items], page.next)


@api.post(
    PATH, permission="guests:write", body=HotlineContactIn, answers=HotlineContactOut, status=201, refusals=(404, 422)
)
def log_hotline_contact(scope: Scope, body: HotlineContactIn) -> Answer:
    """Log a call to the hotline: who called, a guest or a number, about what, and when it was answered."""
    record = hotline.log_contact(scope, Told(**body.model_dump()))
    return Answer(HotlineContactOut.of(record), status=201, location=f"{PATH}/{record.id}")


@api.get(
    PATH + "/{hotline_contact_id}", permission="guests:read", answers=HotlineContactOut, refusals=(404,),
    path_examples=CONTACT,
)  # fmt: skip
def get_hotline_contact(scope: Scope, hotline_contact_id: str) -> HotlineContactOut:
    """Read a call to the hotline."""
    return HotlineContactOut.of(hotline.get(scope, hotline_contact_id))


@api.put(
    PATH + "/{hotline_contact_id}/answer", permission="guests:write", body=HotlineAnswerIn, answers=HotlineContactOut,
    refusals=(404, 409, 422), path_examples=CONTACT,
)  # fmt: skip
def answer_hotline_contact(scope: Scope, hotline_contact_id: str, body: HotlineAnswerIn) -> HotlineContactOut:
    """Note that a caller was answered. The same again changes nothing."""
    found = hotline.answer(scope, hotline_contact_id, answered_at=body.answered_at, text=body.answer)
    return HotlineContactOut.of(found)


@api.get("/v1/hotline-figures", permission="guests:read", query=HotlineFigureQuery, answers=HotlineFiguresOut,
         refusals=(404,))  # fmt: skip
def read_hotline_figures(scope: Scope, query: HotlineFigureQuery) -> HotlineFiguresOut:
    """Read how long callers waited: median and 90th percentile of each property's answer times."""
    first, last = hotline.figure_days(scope, query.from_, query.to)
    rows = [HotlineFigureOut.of(one) for one in hotline.figures(scope, query.property_id, first, last)]
    return HotlineFiguresOut(rows=rows)
