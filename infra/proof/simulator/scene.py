"""What every journey begins with: a chain with two houses, a caller with a key, and a look at what lies stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import KeyIn
from chalicelib.kernel.scope import Scope
from infra.proof.chains import SYSTEM, Ground, break_ground
from infra.proof.simulator import raw
from infra.proof.simulator.caller import Caller
from infra.proof.simulator.world import World

ZONES = ("Europe/Lisbon", "Asia/Shanghai")
EVE, BIRTHDAY = "2027-03-09", "03-10"  # the day on which worlds begin, and the one after it


@dataclass
class Scene:
    """A chain in a made-up world. `told` is what one step of a journey leaves for the next."""

    world: World
    ground: Ground
    caller: Caller
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def hq(self) -> Scope:
        """Head office, now."""
        return self.ground.hq

    @property
    def house(self) -> str:
        """Id of the first house."""
        return str(self.ground.houses[0].id)

    def found(self, table: str, **fields: Any) -> dict[str, Any]:
        """The one stored item with these fields. Raises LookupError if there are none or several."""
        items = [one for one in raw.every(table) if all(one.get(name) == value for name, value in fields.items())]
        if len(items) != 1:
            raise LookupError(f"{len(items)} items of {table} with {sorted(fields)}")
        item = items[0]
        return {"id": str(item.get("guest_key", item.get("member_key", ""))).rpartition("#")[2], **item}

    def live_days(self, days: float) -> None:
        """Go on for some days of a live chain."""
        self.world.live(self.world.time.now + timedelta(days=days))

    def settle(self) -> None:
        """Do what is due at this moment or within minutes, as after every request."""
        self.world.live(self.world.time.now + timedelta(minutes=10))

    def guest_body(self, number: int, **fields: Any) -> dict[str, Any]:
        """A guest who agreed to everything, with a birthday on the second day."""
        granted = [
            {"purpose": purpose, "channel": channel, "state": "granted", "source": "desk"}
            for purpose in ("greeting", "service")
            for channel in ("email", "sms")
        ]
        return {
            "given_name": "Ana",
            "family_name": f"Silva {number}",
            "emails": [f"ana{number}@guests.example"],
            "phones": [],
            "language": ("en", "zh")[number % 2],
            "birth_date": f"{1950 + number % 50}-{BIRTHDAY}",
            "home_property_id": str(self.ground.houses[number % 2].id),
            "external_ids": [{"system": SYSTEM, "property_id": None, "id": f"G-{number}"}],
            "consents": granted,
            **fields,
        }


def scene_in(world: World, *, starts_at: datetime | None = None) -> Scene:
    """A chain in a world: live, or a test chain whose clock starts at an instant."""
    ground = break_ground(starts_at=starts_at, zones=ZONES)
    body = KeyIn(name="Proof", permissions=sorted(directory.PERMISSIONS))
    _, token = directory.create_key(ground.hq, body)
    return Scene(world, ground, Caller(world, token))
