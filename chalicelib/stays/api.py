"""REST endpoints of stays."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.stays import service
from chalicelib.stays.rules import Outcome
from chalicelib.stays.schemas import (
    DEMO_PROPERTY,
    DayQuery,
    ExternalStayIn,
    StayIn,
    StayOut,
    StayPatch,
    StayQuery,
    StayRecorded,
    StaySearchIn,
)
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("stays")

STAY = {"stay_id": "sty_0000000000000000000000s000"}
HOUSE = {"property_id": DEMO_PROPERTY}


@api.post("/v1/stays", permission="stays:write", body=StayIn, answers=StayRecorded, refusals=(409, 422))
def create_stay(scope: Scope, body: StayIn) -> Answer:
    """Record a stay.

    With an external id that is known at the property already, it is the same stay and hears another word: 200 instead
    of 201, and `outcome` says what the word did. An older version, or another content under an equal one, changes
    nothing. The body is the whole stay; going back in status is legal.
    """
    return _recorded(*service.record(scope, body))


@api.get("/v1/stays", permission="stays:read", query=StayQuery, answers=StayOut, is_list=True, refusals=(404, 422))
def list_stays(scope: Scope, query: StayQuery) -> Listing:
    """List stays.

    Of a guest: with any filters. Of a property: by days of arrival or of departure, each with a status too; in_house
    alone; or by change. Of the chain: by change. Changes come newest first, with `updated_since` oldest first. Other
    combinations are refused. A page may hold fewer than `limit` and still have a next one.
    """
    return _listing(service.list_page(scope, query))


@api.get("/v1/stays/{stay_id}", permission="stays:read", answers=StayOut, refusals=(404,), path_examples=STAY)
def get_stay(scope: Scope, stay_id: str) -> StayOut:
    """Read a stay."""
    return StayOut.model_validate(service.get(scope, stay_id))


@api.patch(
    "/v1/stays/{stay_id}", permission="stays:write", body=StayPatch, answers=StayRecorded, refusals=(404, 422),
    path_examples=STAY,
)  # fmt: skip
def change_stay(scope: Scope, stay_id: str, body: StayPatch, expected_version: int) -> StayRecorded:
    """Change a stay.

    What is left out stays as it is. Without a source the last word wins; with the stay's own source an older word
    changes nothing and `outcome` says so. `guest_id` moves the stay to another guest.
    """
    return _with(*service.update(scope, stay_id, body, expected_version))


@api.put(
    "/v1/external/{system}/{property_id}/stays/{external_id}", permission="stays:write", body=ExternalStayIn,
    answers=StayRecorded, refusals=(404, 422),
    path_examples={"system": "demo", "property_id": DEMO_PROPERTY, "external_id": "DEMO-S-3"},
)  # fmt: skip
def put_external_stay(scope: Scope, system: str, property_id: str, external_id: str, body: ExternalStayIn) -> Answer:
    """Record a stay under its source's number.

    201 if it is new, else 200, and `outcome` says what the word did. The body is the whole stay. An older version, or
    another content under an equal one, changes nothing; the same words in any order leave the same stay.
    """
    return _recorded(*service.upsert_external(scope, system, property_id, external_id, body))


@api.post(
    "/v1/stay-searches", permission="stays:read", status=200, body=StaySearchIn, answers=StayOut, is_list=True,
    refusals=(404, 422),
)  # fmt: skip
def search_stays(scope: Scope, body: StaySearchIn) -> Listing:
    """Search for stays of a property, by the source's number or by the room that somebody is in now."""
    return Listing([StayOut.model_validate(stay) for stay in service.search(scope, body)])


@api.get(
    "/v1/properties/{property_id}/arrivals", permission="stays:read", query=DayQuery, answers=StayOut, is_list=True,
    refusals=(404, 422), path_examples=HOUSE,
)  # fmt: skip
def list_arrivals(scope: Scope, property_id: str, query: DayQuery) -> Listing:
    """List a day's arrivals at a property.

    Of the property's present business day if no day is given. Cancelled stays and no-shows only when asked for.
    """
    page = service.arrivals(scope, property_id, query.day, status=query.status, limit=query.limit, cursor=query.cursor)
    return _listing(page)


@api.get(
    "/v1/properties/{property_id}/departures", permission="stays:read", query=DayQuery, answers=StayOut, is_list=True,
    refusals=(404, 422), path_examples=HOUSE,
)  # fmt: skip
def list_departures(scope: Scope, property_id: str, query: DayQuery) -> Listing:
    """List a day's departures from a property.

    Of the property's present business day if no day is given. Cancelled stays and no-shows only when asked for.
    """
    page = service.departures(
        scope, property_id, query.day, status=query.status, limit=query.limit, cursor=query.cursor
    )
    return _listing(page)


@api.get(
    "/v1/properties/{property_id}/in-house", permission="stays:read", query=PageQuery, answers=StayOut, is_list=True,
    refusals=(404, 422), path_examples=HOUSE,
)  # fmt: skip
def list_in_house(scope: Scope, property_id: str, query: PageQuery) -> Listing:
    """List who is in a property now, by room."""
    return _listing(service.in_house(scope, property_id, limit=query.limit, cursor=query.cursor))


def _listing(page: service.StayPage) -> Listing:
    return Listing([StayOut.model_validate(stay) for stay in page.items], page.next)


def _recorded(stay: service.Stay, outcome: Outcome) -> Answer:
    is_new = outcome == "created"
    location = f"/v1/stays/{stay.id}" if is_new else None
    return Answer(_with(stay, outcome), status=201 if is_new else 200, location=location)


def _with(stay: service.Stay, outcome: Outcome) -> StayRecorded:
    return StayRecorded(**dict(StayOut.model_validate(stay)), outcome=outcome)
