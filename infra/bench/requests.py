"""The requests that the benches ask, each a typical one of its kind."""

from __future__ import annotations

from typing import Any

from infra.bench.world import World

Event = dict[str, Any]

PAGE = 25
LISTS = frozenset({"list of 25 guests", "list of 25 stays", "arrivals"})


def requests_of(world: World) -> dict[str, Event]:
    """A request of every kind by name. Each can be asked once; those that read, again and again."""
    guest, changed, stay = world.guests[0], world.guests[1], world.stays[0]
    changes = {"family_name": "Sousa", "language": "zh"}
    new_stay = world.stay_body(900, world.guests[2]["id"])
    house = world.house
    return {
        "GET guest": world.event("GET", f"/v1/guests/{guest['id']}"),
        "GET stay": world.event("GET", f"/v1/stays/{stay['id']}"),
        "POST guest": world.event("POST", "/v1/guests", world.guest_body(900)),
        "POST stay": world.event("POST", "/v1/stays", new_stay),
        "PATCH guest": world.event(
            "PATCH", f"/v1/guests/{changed['id']}", changes, If_Match=f'"v{changed["version"]}"'
        ),
        "list of 25 guests": world.event("GET", f"/v1/guests?limit={PAGE}&property_id={house}"),
        "list of 25 stays": world.event("GET", f"/v1/stays?limit={PAGE}&property_id={house}"),
        # The day is named: until the house's business day closes, the present one is still yesterday's.
        "arrivals": world.event("GET", f"/v1/properties/{house}/arrivals?limit={PAGE}&day={stay['arrival']}"),
    }
