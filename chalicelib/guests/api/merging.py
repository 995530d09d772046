"""REST endpoints of merges: look at two guests side by side, make them one, and two again."""

from __future__ import annotations

from typing import Any

from chalicelib.guests import service
from chalicelib.guests.schemas.guests import ConsentOut, ExternalIdOut
from chalicelib.guests.schemas.merging import (
    DEMO_MERGE,
    DEMO_MERGED,
    HoldingOut,
    MergeIn,
    MergeOut,
    MergePreviewIn,
    MergePreviewOut,
    MergeSideOut,
    ParticularsOut,
    PartingIn,
    ReportLineOut,
    TooManyOut,
)
from chalicelib.guests.service import Merge, Side
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("guests")

MERGE = {"merge_id": DEMO_MERGE}
UNDER_WAY = {"preparing", "parting"}


@api.post(
    "/v1/merge-previews",
    permission="guests:merge",
    status=200,
    body=MergePreviewIn,
    answers=MergePreviewOut,
    refusals=(403, 404, 409, 422),
)
def calculate_merge(scope: Scope, body: MergePreviewIn) -> MergePreviewOut:
    """Look at what a merge would make of two guests.

    Nothing is written. `conflicts` are the fields of which both say something else; `too_many` and `refusal` say what
    would forbid the merge; a consent that either has denied is denied.
    """
    found = service.preview(scope, body.survivor_id, body.absorbed_id, _choices(body))
    return MergePreviewOut(
        survivor=_side(found.survivor),
        absorbed=_side(found.absorbed),
        together=_particulars(found.together),
        chosen=found.chosen,
        conflicts=found.conflicts,
        warnings=found.warnings,
        too_many=[TooManyOut(field=name, count=one[0], limit=one[1]) for name, one in found.too_many.items()],
        refusal=found.refusal,
    )


@api.post(
    "/v1/merges", permission="guests:merge", body=MergeIn, answers=MergeOut, refusals=(403, 404, 409, 412, 422)
)
def create_merge(scope: Scope, body: MergeIn) -> Answer:
    """Let one guest go into another.

    From then on there is one guest, who answers under both ids. Stays, messages and history stay under the id under
    which they came, and are read under all of them. Where it takes more than one transaction the answer is 202 and the
    merge is `preparing`; the same pair again answers the merge that there is. Any merge can be undone.
    """
    made = service.merge(
        scope,
        body.survivor_id,
        body.absorbed_id,
        _choices(body),
        body.reason,
        survivor_version=body.survivor_version,
        absorbed_version=body.absorbed_version,
    )
    return _answer(made)


@api.get("/v1/merges/{merge_id}", permission="guests:read", answers=MergeOut, path_examples=MERGE)
def get_merge(scope: Scope, merge_id: str) -> MergeOut:
    """One merge: who, whom, why, and once it was undone where everything went."""
    return _merge_out(service.merge_of(scope, merge_id))


@api.get(
    "/v1/guests/{guest_id}/merges",
    permission="guests:read",
    query=PageQuery,
    answers=MergeOut,
    is_list=True,
    path_examples={"guest_id": DEMO_MERGED[0]},
)
def list_guest_merges(scope: Scope, guest_id: str, query: PageQuery) -> Listing:
    """The merges into a guest, and into those who went into it; the latest first."""
    found, following = service.merges_page(scope, guest_id, limit=query.limit, after=query.cursor)
    return Listing([_merge_out(one) for one in found], following)


@api.post(
    "/v1/merges/{merge_id}/partings",
    permission="guests:merge",
    body=PartingIn,
    answers=MergeOut,
    refusals=(403, 404, 409, 422),
    path_examples=MERGE,
)
def part_guests(scope: Scope, merge_id: str, body: PartingIn) -> Answer:
    """Undo a merge.

    Whatever the order of merges, each of the two is there again: with what was theirs before, and with what came since
    under their id, their numbers in other systems, or a contact point that only they have. A denial since holds for
    both. The report says what went where and why. Where it takes more than one transaction the answer is 202.
    """
    return _answer(service.part(scope, merge_id, body.reason))


# -- shapes ------------------------------------------------------------------------------------------------


def _choices(body: MergePreviewIn) -> dict[str, str]:
    return {str(group): str(side) for group, side in body.choices.items()}


def _answer(made: Merge) -> Answer:
    status = 202 if made.status in UNDER_WAY else 201
    return Answer(_merge_out(made), status=status, location=f"/v1/merges/{made.id}")


def _side(side: Side) -> MergeSideOut:
    return MergeSideOut(
        guest_id=str(side.guest.id),
        version=int(side.guest.version),
        particulars=_particulars(side.state),
        holdings=[HoldingOut(kind=name, count=one.count) for name, one in side.held.items()],
    )


def _particulars(state: dict[str, Any]) -> ParticularsOut:
    consents = []
    for key, one in sorted(state["consents"].items()):
        purpose, channel = key.split(":", 1)
        at = format_instant(from_sortable(one["at"]))
        consents.append(
            ConsentOut(purpose=purpose, channel=channel, state=one["state"], source=one["source"], at=at)
        )  # fmt: skip
    numbers = [ExternalIdOut(**key) for key in state["external_ids"]]
    return ParticularsOut(**{**state, "consents": consents, "external_ids": numbers})


def _merge_out(made: Merge) -> MergeOut:
    return MergeOut(
        id=made.id,
        status=made.status,
        survivor_id=made.survivor_id,
        absorbed_id=made.absorbed_id,
        choices=made.choices,
        reason=made.reason,
        evidence=made.evidence,
        refusal=made.refusal,
        created_at=_instant(made.created_at) or "",
        merged_at=_instant(made.merged_at),
        decided_by=made.actor_kind,
        parted_at=_instant(made.parted_at),
        parted_by=str(made.parted_by).split("#", 1)[0] if made.parted_by else None,
        parting_reason=made.parting_reason,
        report=[ReportLineOut(**line) for line in made.report or ()],
        version=int(made.version),
    )


def _instant(sortable_text: str | None) -> str | None:
    return format_instant(from_sortable(sortable_text)) if sortable_text else None
