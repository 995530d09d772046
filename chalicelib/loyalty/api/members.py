"""REST endpoints of members."""

from __future__ import annotations

from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas import (
    DEMO_MEMBER,
    MemberIn,
    MemberOut,
    MemberPatch,
    MemberQuery,
    MemberSearchIn,
)
from chalicelib.web.endpoints import Answer, Api, Listing

api = Api("loyalty")

MEMBER = {"member_id": DEMO_MEMBER}


@api.post("/v1/members", permission="members:write", body=MemberIn, answers=MemberOut, refusals=(409, 422))
def enrol_member(scope: Scope, body: MemberIn) -> Answer:
    """Make a guest a member of a programme.

    201 for a new member; 200 with the member as it is for a guest who has joined before.
    """
    member, is_new = service.enrolled(
        scope,
        programme_id=body.programme_id,
        guest_id=body.guest_id,
        consent_source=body.consent_source,
        property_id=body.property_id,
    )
    location = f"/v1/members/{member.id}" if is_new else None
    return Answer(_member(member), status=201 if is_new else 200, location=location)


@api.get("/v1/members/{member_id}", permission="members:read", answers=MemberOut, refusals=(404,), path_examples=MEMBER)
def get_member(scope: Scope, member_id: str) -> MemberOut:
    """Read a member and the balance."""
    return _member(service.get(scope, member_id))


@api.patch(
    "/v1/members/{member_id}", permission="members:write", body=MemberPatch, answers=MemberOut,
    refusals=(404, 409, 422), path_examples=MEMBER,
)  # fmt: skip
def change_member(scope: Scope, member_id: str, body: MemberPatch, expected_version: int) -> MemberOut:
    """Suspend, reactivate or close a membership. A closed one stays closed; the points stay as they are."""
    return _member(service.change_status(scope, member_id, body.status, expected_version))


@api.get(
    "/v1/members", permission="members:read", query=MemberQuery, answers=MemberOut, is_list=True, refusals=(404, 422)
)
def list_members(scope: Scope, query: MemberQuery) -> Listing:
    """List members: of a programme by enrolment, or the memberships of a guest.

    A page may hold fewer than asked for while there is more.
    """
    if query.guest_id is not None:
        return Listing([_member(one) for one in service.of_guest(scope, query.guest_id)])
    if query.programme_id is None:
        raise Invalid.field("?programme_id", N_("Name a programme or a guest."))
    page = service.page(scope, query.programme_id, limit=query.limit, after=query.cursor)
    return Listing([_member(one) for one in page.items], page.next)


@api.post(
    "/v1/member-searches", permission="members:read", status=200, body=MemberSearchIn, answers=MemberOut, is_list=True,
    refusals=(422,),
)  # fmt: skip
def search_members(scope: Scope, body: MemberSearchIn) -> Listing:
    """Find a member by number, as it is typed: a mistyped one is told apart from an unknown one."""
    try:
        return Listing([_member(one) for one in service.by_number(scope, body.number)])
    except InvalidValue as reason:
        raise Invalid(errors=(FieldError("/number", reason.reason, "invalid", reason.values),)) from None


def _member(member: service.Member) -> MemberOut:
    return MemberOut.model_validate(member)
