"""REST endpoint of the year ahead: what a chain or a house keeps in the coming twelve months."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.year_ahead import AheadOut, AheadQuery
from chalicelib.outreach.service import year_ahead
from chalicelib.web.endpoints import Listing


@api.get(
    "/v1/year-ahead", permission="occasions:read", query=AheadQuery, answers=AheadOut, is_list=True, refusals=(404,)
)
def list_year_ahead(scope: Scope, query: AheadQuery) -> Listing:
    """List what is kept in the coming twelve months, the next day first: festivals, the chain's own days, and the days
    on which regular guests are written to.

    Days of single guests, such as birthdays, are listed with the guest. Callers of single properties see the chain's
    days and those of their properties.
    """
    found, following = year_ahead.ahead_page(scope, query.property_id, limit=query.limit, after=query.cursor)
    return Listing([AheadOut.of(one) for one in found], following)
