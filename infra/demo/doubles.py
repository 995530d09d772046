"""Guests of the demo chain who are in it twice: a pair to be merged, and one that is merged and can be undone."""

from __future__ import annotations

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.guests.schemas.merging import DEMO_DOUBLES, DEMO_MERGE, DEMO_MERGED
from chalicelib.kernel.scope import Scope

_PEOPLE = (
    (DEMO_DOUBLES[0], {"given_name": "Klára", "family_name": "Novotná", "emails": ["klara.novotna@guests.example"]}),
    (DEMO_DOUBLES[1], {"given_name": "Klara", "family_name": "Novotna", "phones": ["+351912000071"]}),
    (DEMO_MERGED[0], {"given_name": "Mateus", "family_name": "Reis", "emails": ["mateus.reis@guests.example"]}),
    (DEMO_MERGED[1], {"given_name": "M.", "family_name": "Reis", "phones": ["+351912000072"]}),
)


def found(scope: Scope, house: str) -> None:
    """Create them at a house."""
    for guest_id, told in _PEOPLE:
        guests.create(scope, GuestIn.model_validate({**told, "home_property_id": house}), id=guest_id)
    guests.merge(scope, *DEMO_MERGED, {}, "The same telephone and the same booking", id=DEMO_MERGE)
