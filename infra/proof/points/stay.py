"""A stay as the property system told it last, and what it is worth, reckoned by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any


@dataclass(frozen=True)
class Stay:
    """A stay as it was told last."""

    guest: int
    version: int
    status: str
    amount: int
    nights: int
    departure: date
    channel: str
    is_eligible: bool

    def worth(self, enrolled_on: str) -> int:
        """What it earns its member, reckoned by hand."""
        if self.status != "checked_out" or self.departure.isoformat() < enrolled_on:
            return 0
        base = (self.amount // 10 if self.is_eligible else 0) + (50 if self.nights >= 2 else 0)
        return base + (base // 5 if self.channel == "direct" else 0)

    def told(self) -> dict[str, Any]:
        """What the property system says."""
        line = {"id": "1", "category": "room", "amount": self.amount, "tax": 0, "eligible": self.is_eligible}
        arrival = self.departure - timedelta(days=self.nights)
        return {
            "source": {"version": self.version},
            "status": self.status,
            "arrival": arrival.isoformat(),
            "departure": self.departure.isoformat(),
            "channel": self.channel,
            "revenue_lines": [line],
        }
