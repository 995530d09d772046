"""A call to look at, with what was changed about it, and a regular guest of another house who will be silent soon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.outreach import service
from chalicelib.outreach.service import tasks
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from tests.builders import make_scope
from tests.portal.world import World

REASON = "The guest asked for an address that does not break: guest-relations-of-the-harbour@harbour-house.example"


def make_call(world: World, work_off: Callable[[], int]) -> str:
    """The id of a call for a guest of the first house."""
    hq, harbour, hill = make_scope(world.chain), str(world.harbour.id), str(world.hill.id)
    service.publish(hq, "silence", is_on=True, offer={})
    today = hq.now.date()
    body = GuestIn(given_name="Inês", family_name="Duarte", home_property_id=hill, language="pt")
    regular = guests.create(hq, body).id
    for ago in (60, 30, 0):
        told = {
            "guest_id": regular, "property_id": hill, "status": "checked_out", "room_type": "SUPERIOR-KING-SEA-VIEW",
            "arrival": (today - timedelta(days=ago + 2)).isoformat(),
            "departure": (today - timedelta(days=ago)).isoformat(),
        }  # fmt: skip
        stays.record(hq, StayIn.model_validate(told))
    work_off()
    call = tasks.open_by_hand(
        hq, guest_id=world.guests["silva"], property_id=harbour, kind="call", due_on=today + timedelta(days=20),
        about="Ask how the new room was",
    )  # fmt: skip
    tasks.assign(hq, str(call.id), str(world.staff["manager"].id), REASON, None)
    return str(call.id)
