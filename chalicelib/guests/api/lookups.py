"""The REST endpoint of a desk's lookup."""

from __future__ import annotations

from chalicelib.guests.schemas.lookups import FoundGuestOut, LookupIn, LookupOut, StrangerOut
from chalicelib.guests.service.lookup import Found, look_up
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Api

api = Api("guests")


@api.post(
    "/v1/guest-lookups", permission="guests:read", status=200, body=LookupIn, answers=LookupOut, refusals=(429,)
)
def search_at_desk(scope: Scope, body: LookupIn) -> LookupOut:
    """Find whom somebody at the desk may be, by anything they say or show.

    Names, pinyin (`wangxiaoming`), its initials (`wxm` for 王小明), a room and numbers of the caller's houses find
    their own guests. A whole phone number, e-mail address, membership number or number of the chain also finds a
    stranger to them: name, tier and whether greetings are wanted, no more. Those finds are noted, and 30 an hour are
    answered; then 429. Changes nothing else.
    """
    found = look_up(scope, body.q)
    return LookupOut(
        guests=[_guest_out(scope, one) for one in found.own],
        is_cut=found.is_cut,
        strangers=[_stranger_out(one) for one in found.strangers],
        is_withheld=found.is_withheld,
    )


def _guest_out(scope: Scope, found: Found) -> FoundGuestOut:
    guest = found.guest
    home_id = guest.home_property_id
    return FoundGuestOut(
        id=guest.id,
        matched=list(found.matched),
        given_name=guest.given_name,
        family_name=guest.family_name,
        language=guest.language,
        emails=list(guest.emails),
        phones=list(guest.phones),
        birth_date=guest.birth_date,
        nationality=guest.nationality,
        home_property_id=home_id if home_id and scope.sees_property(home_id) else None,
        room_number=found.room_number,
        tier=found.tier,
        is_do_not_greet=guest.is_do_not_greet,
    )


def _stranger_out(found: Found) -> StrangerOut:
    return StrangerOut(
        matched=list(found.matched),
        given_name=found.guest.given_name,
        family_name=found.guest.family_name,
        tier=found.tier,
        is_do_not_greet=found.guest.is_do_not_greet,
    )
