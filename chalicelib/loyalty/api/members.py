"""REST endpoints of members."""

from __future__ import annotations

from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas import (
    DEMO_GUEST,
    DEMO_MEMBER,
    DEMO_PROGRAMME,
    MemberIn,
    MemberOut,
    MemberPatch,
    MemberSearchIn,
)
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

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
    "/v1/programmes/{programme_id}/members", permission="members:read", query=PageQuery, answers=MemberOut,
    is_list=True, refusals=(404,), path_examples={"programme_id": DEMO_PROGRAMME},
)  # fmt: skip
def list_members(scope: Scope, programme_id: str, query: PageQuery) -> Listing:
    """List a programme's members by enrolment.

    A page may hold fewer than asked for while there is more.
    """
    page = service.page(scope, programme_id, limit=query.limit, after=query.cursor)
    return Listing([_member(one) for one in page.items], page.next)


@api.get(
    "/v1/guests/{guest_id}/members", permission="members:read", query=PageQuery, answers=MemberOut, is_list=True,
    refusals=(404,), path_examples={"guest_id": DEMO_GUEST},
)  # fmt: skip
def list_memberships(scope: Scope, guest_id: str, query: PageQuery) -> Listing:
    """List a guest's memberships, one in each programme."""
    return Listing([_member(one) for one in service.of_guest(scope, guest_id, query.cursor)][: query.limit])


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
