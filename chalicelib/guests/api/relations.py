"""REST endpoints of relations between guests, and of households."""

from __future__ import annotations

from chalicelib.guests.schemas.relations import (
    HouseholdIn,
    HouseholdOut,
    HouseholdPatch,
    RelationIn,
    RelationOut,
)
from chalicelib.guests.service import households, relations
from chalicelib.guests.service.households import Home
from chalicelib.guests.service.relations import Related
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("guests")

DEMO_GUEST = {"guest_id": "gst_0000000000000000000000g000"}
DEMO_RELATION = {**DEMO_GUEST, "other_id": "gst_0000000000000000000000f000"}
DEMO_HOUSEHOLD = {"household_id": "hhd_0000000000000000000000g000"}


@api.get(
    "/v1/guests/{guest_id}/relations",
    permission="guests:read",
    query=PageQuery,
    answers=RelationOut,
    is_list=True,
    path_examples=DEMO_GUEST,
)
def list_relations(scope: Scope, guest_id: str, query: PageQuery) -> Listing:
    """Who belongs with a guest, as far as the caller sees them: all of them, at most 30."""
    found = relations.relations_of(scope, guest_id, query.cursor)
    return Listing([_relation_out(one) for one in found.related])


@api.get(
    "/v1/guests/{guest_id}/relations/{other_id}",
    permission="guests:read",
    answers=RelationOut,
    path_examples=DEMO_RELATION,
)
def get_relation(scope: Scope, guest_id: str, other_id: str) -> RelationOut:
    """What another guest is to a guest."""
    return _relation_out(relations.relation(scope, guest_id, other_id))


@api.put(
    "/v1/guests/{guest_id}/relations/{other_id}",
    permission="guests:write",
    body=RelationIn,
    answers=RelationOut,
    refusals=(409,),
    path_examples=DEMO_RELATION,
)
def put_relation(scope: Scope, guest_id: str, other_id: str, body: RelationIn) -> Answer:
    """Say what another guest is to a guest; the inverse is noted with the other one.

    A child who comes along is marked, and is never greeted until a birthday makes an adult.
    """
    found, is_new = relations.relate(scope, guest_id, other_id, body.kind, is_child=body.is_child)
    return Answer(_relation_out(found), status=201 if is_new else 200)


@api.delete("/v1/guests/{guest_id}/relations/{other_id}", permission="guests:write", path_examples=DEMO_RELATION)
def delete_relation(scope: Scope, guest_id: str, other_id: str, expected_version: int) -> None:
    """Take a relation away on both sides."""
    relations.unrelate(scope, guest_id, other_id, expected_version)


@api.get(
    "/v1/guests/{guest_id}/household", permission="guests:read", answers=HouseholdOut, path_examples=DEMO_GUEST
)
def get_guest_household(scope: Scope, guest_id: str) -> HouseholdOut:
    """The household that a guest belongs to."""
    home = households.household_of_guest(scope, guest_id)
    if home is None:
        raise NotFound()
    return _household_out(home)


@api.post(
    "/v1/households", permission="guests:write", body=HouseholdIn, answers=HouseholdOut, refusals=(409,)
)
def create_household(scope: Scope, body: HouseholdIn) -> Answer:
    """Create a household of up to 12 guests, with a name and an address if they are known."""
    home = households.create_household(scope, name=body.name, address=body.address, member_ids=body.member_ids)
    return Answer(_household_out(home), location=f"/v1/households/{home.household.id}")


@api.get(
    "/v1/households/{household_id}", permission="guests:read", answers=HouseholdOut, path_examples=DEMO_HOUSEHOLD
)
def get_household(scope: Scope, household_id: str) -> HouseholdOut:
    """A household of which the caller sees a member."""
    return _household_out(households.household_of(scope, household_id))


@api.patch(
    "/v1/households/{household_id}",
    permission="guests:write",
    body=HouseholdPatch,
    answers=HouseholdOut,
    refusals=(409,),
    path_examples=DEMO_HOUSEHOLD,
)
def update_household(scope: Scope, household_id: str, body: HouseholdPatch, expected_version: int) -> HouseholdOut:
    """Change a household: fields that are absent stay as they are, and so do members whom the caller does not see."""
    known = households.household_of(scope, household_id).household
    given = body.model_fields_set
    home = households.change_household(
        scope,
        household_id,
        expected_version,
        name=body.name if "name" in given else known.name,
        address=body.address if "address" in given else known.address,
        member_ids=body.member_ids,
    )
    return _household_out(home)


@api.delete("/v1/households/{household_id}", permission="guests:write", path_examples=DEMO_HOUSEHOLD)
def delete_household(scope: Scope, household_id: str, expected_version: int) -> None:
    """Take a household apart; its guests stay as they are."""
    households.end_household(scope, household_id, expected_version)


# -- shapes ------------------------------------------------------------------------------------------------


def _relation_out(found: Related) -> RelationOut:
    return RelationOut(
        guest_id=found.guest.id,
        given_name=found.guest.given_name,
        family_name=found.guest.family_name,
        kind=found.relation.kind,
        is_child=bool(found.relation.is_child),
        version=int(found.relation.version),
    )


def _household_out(home: Home) -> HouseholdOut:
    household = home.household
    return HouseholdOut(
        id=household.id,
        name=household.name,
        address=household.address,
        member_ids=[guest.id for guest in home.members],
        created_at=format_instant(household.created_at),
        updated_at=format_instant(household.updated_at),
        version=int(household.version),
    )
