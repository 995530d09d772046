"""REST endpoints of one member's points: entries and why, lots, redemptions, corrections."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas import (
    DEMO_MEMBER,
    AdjustmentIn,
    CancellationIn,
    CaptureIn,
    EntryOut,
    ExplanationOut,
    ExplanationQuery,
    ExtensionIn,
    LotOut,
    OpeningIn,
    RedemptionIn,
    RedemptionOut,
    ReinstatementIn,
    TransferIn,
)
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("loyalty")

MEMBER = {"member_id": DEMO_MEMBER}
ENTRY = {**MEMBER, "entry_id": "ent_000000000001"}
TO_CAPTURE = {**MEMBER, "redemption_id": "rdm_0000000000000000000000c000"}
TO_RELEASE = {**MEMBER, "redemption_id": "rdm_0000000000000000000000r000"}
TO_CANCEL = {**MEMBER, "redemption_id": "rdm_0000000000000000000000x000"}
MOVED = (404, 409, 422)


@api.get(
    "/v1/members/{member_id}/entries", permission="members:read", query=PageQuery, answers=EntryOut, is_list=True,
    refusals=(404,), path_examples=MEMBER,
)  # fmt: skip
def list_entries(scope: Scope, member_id: str, query: PageQuery) -> Listing:
    """List a member's entries, newest first."""
    items, following = service.entries(scope, member_id, limit=query.limit, after=query.cursor)
    return Listing([EntryOut.model_validate(one) for one in items], following)


@api.get(
    "/v1/members/{member_id}/entries/{entry_id}/explanation", permission="members:read", query=ExplanationQuery,
    answers=ExplanationOut, refusals=(404,), path_examples=ENTRY,
)  # fmt: skip
def explain_entry(scope: Scope, member_id: str, entry_id: str, query: ExplanationQuery) -> ExplanationOut:
    """Why an entry is what it is, in words: for the guest, for the desk, or for an auditor."""
    return ExplanationOut.model_validate(service.explain(scope, member_id, entry_id, query.audience, scope.language))


@api.get(
    "/v1/members/{member_id}/lots", permission="members:read", query=PageQuery, answers=LotOut, is_list=True,
    refusals=(404,), path_examples=MEMBER,
)  # fmt: skip
def list_lots(scope: Scope, member_id: str, query: PageQuery) -> Listing:
    """List a member's points by their last day, in the order in which they are spent."""
    lots, following = service.lots_page(scope, member_id, limit=query.limit, after=query.cursor)
    return Listing(
        [
            LotOut(
                points=lot.left,
                held=lot.held,
                earned_on=lot.terms.earned_on,
                expires_on=lot.terms.expires_on,
                property_id=lot.terms.property_id,
                source=lot.terms.source,
            )
            for lot in lots
        ],
        following,
    )


@api.post(
    "/v1/members/{member_id}/redemptions", permission="points:write", body=RedemptionIn, answers=RedemptionOut,
    refusals=MOVED, path_examples=MEMBER,
)  # fmt: skip
def redeem_points(scope: Scope, member_id: str, body: RedemptionIn) -> RedemptionOut:
    """Spend points, or lock them until it is settled.

    Points that end soonest pay first. Of two redemptions that want the same points one is refused. On a blackout day
    of the programme the refusal tells the next day that is free.
    """
    record = service.redeem(
        scope,
        member_id,
        points=body.points,
        reward=body.reward,
        property_id=body.property_id,
        is_hold=body.is_hold,
        use_on=body.use_on,
    )
    return RedemptionOut.model_validate(record)


@api.get(
    "/v1/members/{member_id}/redemptions", permission="members:read", query=PageQuery, answers=RedemptionOut,
    is_list=True, refusals=(404,), path_examples=MEMBER,
)  # fmt: skip
def list_redemptions(scope: Scope, member_id: str, query: PageQuery) -> Listing:
    """List a member's redemptions, newest first."""
    items, following = service.redemptions(scope, member_id, limit=query.limit, after=query.cursor)
    return Listing([RedemptionOut.model_validate(one) for one in items], following)


@api.post(
    "/v1/members/{member_id}/redemptions/{redemption_id}/captures", permission="points:write", status=200,
    body=CaptureIn, answers=RedemptionOut, refusals=MOVED, path_examples=TO_CAPTURE,
)  # fmt: skip
def capture_redemption(scope: Scope, member_id: str, redemption_id: str, body: CaptureIn) -> RedemptionOut:
    """Spend locked points, all or a part; the rest goes back to its lots. A second time changes nothing."""
    return RedemptionOut.model_validate(service.capture(scope, member_id, redemption_id, body.points))


@api.post(
    "/v1/members/{member_id}/redemptions/{redemption_id}/releases", permission="points:write", status=200,
    answers=RedemptionOut, refusals=MOVED, path_examples=TO_RELEASE,
)  # fmt: skip
def release_redemption(scope: Scope, member_id: str, redemption_id: str) -> RedemptionOut:
    """Let locked points go back to their lots. A second time changes nothing."""
    return RedemptionOut.model_validate(service.release(scope, member_id, redemption_id))


@api.post(
    "/v1/members/{member_id}/redemptions/{redemption_id}/cancellations", permission="points:write", status=200,
    body=CancellationIn, answers=RedemptionOut, refusals=MOVED, path_examples=TO_CANCEL,
)  # fmt: skip
def cancel_redemption(scope: Scope, member_id: str, redemption_id: str, body: CancellationIn) -> RedemptionOut:
    """Give spent points back to their own lots, less a penalty. A second time changes nothing."""
    return RedemptionOut.model_validate(service.cancel(scope, member_id, redemption_id, body.penalty))


@api.post(
    "/v1/members/{member_id}/adjustments", permission="points:write", body=AdjustmentIn, answers=EntryOut,
    refusals=(403, *MOVED), path_examples=MEMBER,
)  # fmt: skip
def adjust_points(scope: Scope, member_id: str, body: AdjustmentIn) -> EntryOut:
    """Give or take points by hand, within the role's limit, with a reason and somebody who bears the cost."""
    entry = service.adjust(scope, member_id, points=body.points, reason=body.reason, cost_owner=body.cost_owner)
    return EntryOut.model_validate(entry)


@api.post(
    "/v1/members/{member_id}/transfers", permission="points:adjust", body=TransferIn, answers=EntryOut,
    refusals=MOVED, path_examples=MEMBER,
)  # fmt: skip
def transfer_points(scope: Scope, member_id: str, body: TransferIn) -> EntryOut:
    """Move points to another member, within the programme's yearly limit. They keep their last days."""
    return EntryOut.model_validate(service.transfer(scope, member_id, body.to_member_id, body.points)[0])


@api.post(
    "/v1/members/{member_id}/extensions", permission="points:adjust", body=ExtensionIn, answers=EntryOut,
    refusals=MOVED, path_examples=MEMBER,
)  # fmt: skip
def extend_points(scope: Scope, member_id: str, body: ExtensionIn) -> EntryOut:
    """Let a member's points live longer, as goodwill."""
    return EntryOut.model_validate(service.extend(scope, member_id, until=body.until, reason=body.reason))


@api.post(
    "/v1/members/{member_id}/reinstatements", permission="points:adjust", body=ReinstatementIn, answers=EntryOut,
    refusals=(403, *MOVED), path_examples=MEMBER,
)  # fmt: skip
def reinstate_points(scope: Scope, member_id: str, body: ReinstatementIn) -> EntryOut:
    """Bring back points that have ended, as goodwill; once for each entry, whose answer comes again."""
    sequence = int(body.entry_id.removeprefix("ent_"))
    entry = service.reinstate(scope, member_id, sequence=sequence, until=body.until, reason=body.reason)
    return EntryOut.model_validate(entry)


@api.post(
    "/v1/members/{member_id}/opening-balances", permission="programmes:write", body=OpeningIn, answers=EntryOut,
    refusals=MOVED, path_examples=MEMBER,
)  # fmt: skip
def open_balance(scope: Scope, member_id: str, body: OpeningIn) -> Answer:
    """Bring in a balance of a former programme, as a lot with its own dates.

    Once for each reference: the same again answers the entry of the first time. A lot that has ended is brought in and
    ended.
    """
    entry = service.open_balance(
        scope,
        member_id,
        points=body.points,
        earned_on=body.earned_on,
        expires_on=body.expires_on,
        reference=body.reference,
    )
    return Answer(EntryOut.model_validate(entry))
