"""REST endpoints of the quality of contact points."""

from __future__ import annotations

from chalicelib.guests.schemas.quality import (
    FindingOut,
    FindingsQuery,
    QualityOut,
    QualityRuleIn,
    QualityRuleOut,
    VerificationIn,
    VerificationOut,
)
from chalicelib.guests.service import quality
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.errors import Forbidden
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("guests")

DEMO_GUEST = {"guest_id": "gst_0000000000000000000000g000"}


@api.get("/v1/data-quality", permission="guests:read", query=PageQuery, answers=QualityOut, is_list=True)
def list_data_quality(scope: Scope, query: PageQuery) -> Listing:
    """How good the contact points of each house's guests are, as the weekly run last counted them."""
    found, following = quality.figures(scope, limit=query.limit, after=query.cursor)
    return Listing(
        [
            QualityOut(
                property_id=str(one.property_id),
                points=int(one.points),
                bounced=int(one.bounced),
                malformed=int(one.malformed),
                stale=int(one.stale),
                counted_at=format_instant(one.counted_at),
            )
            for one in found
        ],
        following,
    )


@api.get(
    "/v1/data-quality/findings", permission="guests:read", query=FindingsQuery, answers=FindingOut, is_list=True
)
def list_data_quality_findings(scope: Scope, query: FindingsQuery) -> Listing:
    """Contact points to look at: bounced for good, malformed, or not heard of for long; what was mended is left out.

    A page may hold fewer than asked for while there is more.
    """
    page = quality.findings(scope, query.property_id, limit=query.limit, after=query.cursor)
    return Listing(
        [
            FindingOut(
                guest_id=one.guest.id,
                kind=one.kind,
                value=one.value,
                reason=one.reason,
                verified_at=format_instant(one.verified_at) if one.verified_at else None,
                verified_by=one.verified_by,
            )
            for one in page.items
        ],
        page.next,
    )


@api.get("/v1/data-quality/rule", permission="guests:read", answers=QualityRuleOut)
def get_data_quality_rule(scope: Scope) -> QualityRuleOut:
    """After how many months without a sign a contact point is to be checked."""
    return QualityRuleOut(stale_months=quality.rule(scope))


@api.put("/v1/data-quality/rule", permission="guests:write", body=QualityRuleIn, answers=QualityRuleOut)
def put_data_quality_rule(scope: Scope, body: QualityRuleIn) -> QualityRuleOut:
    """Say after how many months a contact point is stale; look at all of them now, and every week from now on.

    Head office only.
    """
    if scope.property_ids is not None:
        raise Forbidden(N_("Only head office decides for the whole chain."))
    return QualityRuleOut(stale_months=int(quality.set_rule(scope, body.stale_months).stale_months))


@api.post(
    "/v1/guests/{guest_id}/contact-verifications",
    permission="guests:write",
    body=VerificationIn,
    answers=VerificationOut,
    path_examples=DEMO_GUEST,
)
def create_contact_verification(scope: Scope, guest_id: str, body: VerificationIn) -> Answer:
    """Note that an address or a number was checked with the guest, and is right."""
    quality.verify(scope, guest_id, body.kind, body.value)
    return Answer(VerificationOut(guest_id=guest_id, kind=body.kind, checked_at=format_instant(scope.now)))
