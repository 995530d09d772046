"""What has passed between people of the portal's world and the house: messages, one of them nobody's, and calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.kernel.clock import sortable
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.models.messages import INBOX, Message
from chalicelib.outreach.service import hotline
from chalicelib.outreach.service.hotline import Told
from tests.builders import make_scope
from tests.portal.world import World

UMBRELLA = "It was me who forgot the umbrella"


def came_in(scope: Scope, guest_id: str, text: str, **values: object) -> str:
    """A message that lies in a thread, or in the inbox."""
    known = {"channel": "email", "state": "received", "direction": "in", **values}
    record = Message(guest_key=scope.key(guest_id), id=new_id("msg"), at=sortable(scope.now), text=text, **known)
    unit = Unit(scope)
    unit.create(record)
    unit.commit()
    return str(record.id)


def talk(world: World) -> str:
    """One guest has written twice and called both houses; somebody unknown has written: the id of that message."""
    scope, silva = make_scope(world.chain), world.guests["silva"]
    earlier = replace(scope, now=scope.now - timedelta(hours=1))
    files = [
        {"name": "浴室 <1>.jpg", "type": "image/jpeg", "size": 2_140_000},
        {"name": "", "type": "application/pdf", "size": 320},
    ]
    words = "Can I arrive late?\nAt <two> in the morning."
    came_in(earlier, silva, words, subject="Arrival", attachments=2, files=files)
    came_in(replace(earlier, now=earlier.now + timedelta(minutes=1)), silva, "Out of office", is_automatic=1)
    asked_at = scope.now - timedelta(minutes=26)
    for house, about in ((world.harbour, "Is there a cot?"), (world.hill, "A word for the other house")):
        hotline.log_contact(scope, Told(house.id, about, guest_id=silva, asked_at=asked_at))
    return came_in(scope, INBOX, UMBRELLA, address_masked="u***@elsewhere.example")


def answer_a_guest(world: World) -> None:
    """Answers in every state that they can be in, and a call that was answered."""
    scope, silva = make_scope(world.chain), world.guests["silva"]
    for state, code in (("sent", None), ("failed", "suppressed"), ("unknown", None)):
        came_in(
            scope, silva, "Of course. The door is open all night.", direction="out", state=state, code=code,
            staff_id=str(world.staff["desk"].id), address_masked="j***@guests.example",
        )  # fmt: skip
    asked_at = scope.now - timedelta(minutes=7)
    hotline.log_contact(
        scope, Told(world.harbour.id, "A taxi?", phone="+351912000777", asked_at=asked_at, answer="It comes at eight.")
    )
