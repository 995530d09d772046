"""The journey of a stay on the guest's page, in both languages."""

from __future__ import annotations

from chalicelib.web.sessions import cookie_name, session_cookie
from tests.builders import make_staff
from tests.outreach.test_journey import at, booking, guest_of, switch_on
from tests.outreach.world import World
from tests.portal.conftest import cookie_value
from tests.portal.visitor import Visitor


def visitor(world: World, role: str = "hq_admin", language: str = "en") -> Visitor:
    """Somebody of the chain who has signed in."""
    staff = make_staff(world.hq, role, language=language)
    found = Visitor()
    found.cookies[cookie_name()] = cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))
    return found


def test_what_went_what_comes_and_why_not(world: World) -> None:
    guest = guest_of(world)
    booking(world, guest)
    target = f"/portal/guests/{guest.id}"
    assert "Journey what went" not in visitor(world).get(target).text  # of a chain that has no step on
    switch_on(world, "booking_confirmed", "pre_arrival", "in_stay", "stay_changed")
    booking(world, guest, "2026-03-28", "2026-03-29")
    world.advance(at(4, 12))
    text = visitor(world).get(target).text
    for words in (
        "Journey what went, what comes, and why not 20–23 March 2026 Harbour House",
        "Confirmation of the booking Sent 4 March 2026, 09:00",
        "Before the arrival Will be sent 17 March 2026, 10:00 Europe/Lisbon · E-mail",
        "The room is ready Will not be sent The chain does not write to its guests for this occasion.",
        "Question during the stay Will be sent 21 March 2026, 16:00",
        "28–29 March 2026 Harbour House",
        "Question during the stay Not due Nothing in this stay calls for it at present.",
    ):
        assert words in text, words
    chinese = visitor(world, language="zh").get(target).text
    for words in ("旅程", "预订确认", "到店前", "房间已备好", "住中问候", "此次入住目前无需此消息。"):
        assert words in chinese, words
