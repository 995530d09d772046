"""Lets a desk's lookup find who is in a room now."""

from __future__ import annotations

from functools import partial

from chalicelib.guests.ports import Asked, Hit, Read
from chalicelib.kernel.scope import Scope
from chalicelib.stays.models import Stay
from chalicelib.stays.rules import ROOM_NUMBER_LENGTH_MAX

SHARING_MAX = 10  # guests of one room


def reads(scope: Scope, asked: Asked) -> list[Read]:
    """Who is in a room of that number, house by house."""
    room = asked.number.strip()
    if len(room) > ROOM_NUMBER_LENGTH_MAX:
        return []
    return [partial(_in_room, scope, property_id, room) for property_id in asked.property_ids]


def _in_room(scope: Scope, property_id: str, room: str) -> list[Hit]:
    """By the index alone, which follows the stays within a moment."""
    rows = Stay.in_house_at(scope, property_id, room_number=room, limit=SHARING_MAX).items
    return [Hit("room", row.guest_id, room_number=room) for row in rows]
