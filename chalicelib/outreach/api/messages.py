"""REST endpoints of messages, of the days that bring them, and of addresses that take none."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas import (
    DeliveryOut,
    DeliveryQuery,
    FigureOut,
    FigureQuery,
    FiguresOut,
    OccasionOut,
    OccasionQuery,
    SuppressionIn,
    SuppressionOut,
    SuppressionQuery,
)
from chalicelib.outreach.service import DeliveryFilter
from chalicelib.web.endpoints import Answer, Listing

GUEST = {"guest_id": "gst_0000000000000000000000g000"}
DELIVERY = {"delivery_id": "dlv_00000000000000000000000000"}
SUPPRESSION = {"suppression_id": "sup_00000000000000000000000000"}


@api.get("/v1/deliveries", permission="deliveries:read", query=DeliveryQuery, answers=DeliveryOut, is_list=True)
def list_deliveries(scope: Scope, query: DeliveryQuery) -> Listing:
    """List messages and skips.

    The latest decision first. Each skip has its reason. Callers of single properties see what speaks for one of theirs.
    """
    wanted = DeliveryFilter(query.property_id, query.guest_id, query.status, query.occasion, query.since, query.until)
    page = service.deliveries_page(scope, wanted, limit=query.limit, after=query.cursor)
    return Listing([DeliveryOut.of(one, scope.language) for one in page.items], page.next)


@api.get("/v1/deliveries/{delivery_id}", permission="deliveries:read", answers=DeliveryOut, path_examples=DELIVERY)
def read_delivery(scope: Scope, delivery_id: str) -> DeliveryOut:
    """Read a message or skip."""
    return DeliveryOut.of(service.get_delivery(scope, delivery_id), scope.language)


@api.get(
    "/v1/guests/{guest_id}/occasions",
    permission="occasions:read",
    query=OccasionQuery,
    answers=OccasionOut,
    is_list=True,
    path_examples=GUEST,
)
def list_occasions(scope: Scope, guest_id: str, query: OccasionQuery) -> Listing:
    """List the days on which a guest will be written to.

    With the instant, the zone and the channel, or why nothing will be sent and what would have to change, as things
    stand now: consent and suppression, a property's mail that is paused, offers to guests in house, how often a guest
    is written to. `moved` says why it leaves later than its hour. Days that are decided say how.
    """
    start, end = service.occasion_days(scope, query.from_, query.to)
    found = service.occasions_of_guest(scope, guest_id, start, end)
    return Listing([OccasionOut.of(one, scope.language) for one in found])


@api.get(
    "/v1/suppressions", permission="deliveries:read", query=SuppressionQuery, answers=SuppressionOut, is_list=True
)  # fmt: skip
def list_suppressions(scope: Scope, query: SuppressionQuery) -> Listing:
    """List addresses that take no messages.

    The latest first, masked. They belong to the chain: callers of single properties are refused.
    """
    page = service.suppressions_page(
        scope, limit=query.limit, after=query.cursor, channel=query.channel, cause=query.cause
    )
    return Listing([SuppressionOut.of(one) for one in page.items], page.next)


@api.get(
    "/v1/suppressions/{suppression_id}",
    permission="deliveries:read",
    answers=SuppressionOut,
    path_examples=SUPPRESSION,
)
def read_suppression(scope: Scope, suppression_id: str) -> SuppressionOut:
    """Read a suppression."""
    return SuppressionOut.of(service.get_suppression(scope, suppression_id))


@api.post("/v1/suppressions", permission="guests:write", body=SuppressionIn, answers=SuppressionOut)
def add_suppression(scope: Scope, body: SuppressionIn) -> Answer:
    """Stop every message to an address.

    Stopping it again changes nothing and answers 200.
    """
    record, is_new = service.add_suppression(scope, body.channel, body.address)
    location = f"/v1/suppressions/{record.id}"
    return Answer(SuppressionOut.of(record), status=201 if is_new else 200, location=location)


@api.delete("/v1/suppressions/{suppression_id}", permission="guests:write", path_examples=SUPPRESSION)
def lift_suppression(scope: Scope, suppression_id: str, expected_version: int) -> None:
    """Let an address take messages again.

    Its bounces are forgotten. Consents stay as they are.
    """
    service.lift_suppression(scope, suppression_id, expected_version)


@api.get("/v1/outreach-figures", permission="deliveries:read", query=FigureQuery, answers=FiguresOut)
def read_figures(scope: Scope, query: FigureQuery) -> FiguresOut:
    """Count messages by what became of them.

    By property, month and occasion: due, sent, delivered, parked, failed, and skipped by reason.
    """
    found = service.figures(scope, query.property_id, start=query.from_, end=query.to)
    rows = [FigureOut.of(row) for row in found.rows]
    return FiguresOut(rows=rows, total=FigureOut.of(found.total), is_complete=found.is_complete)
