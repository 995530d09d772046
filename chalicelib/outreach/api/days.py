"""REST endpoints of a guest's own days."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.days import SpecialDaysIn, SpecialDaysOut
from chalicelib.outreach.service import Told

PATH = "/v1/guests/{guest_id}/special-days"
GUEST = {"guest_id": "gst_0000000000000000000000g000"}


@api.get(PATH, permission="guests:read", answers=SpecialDaysOut, refusals=(404,), path_examples=GUEST)
def get_special_days(scope: Scope, guest_id: str) -> SpecialDaysOut:
    """Read a guest's own days, and the festivals that they have said to keep."""
    return SpecialDaysOut.of(service.days_of(scope, guest_id))


@api.put(
    PATH, permission="guests:write", body=SpecialDaysIn, answers=SpecialDaysOut, refusals=(404, 422),
    path_examples=GUEST,
)  # fmt: skip
def put_special_days(scope: Scope, guest_id: str, body: SpecialDaysIn) -> SpecialDaysOut:
    """Replace a guest's own days and festivals.

    A day keeps its id while its name or its date stays the same, so that a correction greets nobody twice in a year.
    """
    told = [Told(one.name, one.date, one.calendar) for one in body.days]
    return SpecialDaysOut.of(service.tell_days(scope, guest_id, told, set(body.festivals)))
