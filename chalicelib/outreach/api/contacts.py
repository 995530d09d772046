"""REST endpoint of the history of a guest's contacts."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.contacts import ContactOut
from chalicelib.outreach.service import contacts
from chalicelib.web.endpoints import Listing, PageQuery

GUEST = {"guest_id": "gst_0000000000000000000000g000"}


@api.get(
    "/v1/guests/{guest_id}/contacts", permission="guests:read", query=PageQuery, answers=ContactOut, is_list=True,
    refusals=(404,), path_examples=GUEST,
)  # fmt: skip
def list_contacts(scope: Scope, guest_id: str, query: PageQuery) -> Listing:
    """List all contacts of a guest with the house, the latest first.

    Messages sent, answers, calls to the hotline. Callers of single properties see what speaks for one of theirs.
    """
    page = contacts.contacts_page(scope, guest_id, limit=query.limit, after=query.cursor)
    return Listing([ContactOut.of(one) for one in page.items], page.next)
