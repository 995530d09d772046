"""P2 and P3: what the product asks of AWS ÷ the least that the design needs (see `minimum`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.bench.minimum import LEAST, Least
from infra.bench.usage import bills, own
from infra.bench.watch import Bill
from infra.bench.world import World


@dataclass(frozen=True)
class Path:
    """One use-case: what it took, and the least."""

    name: str
    bill: Bill
    least: Least

    @property
    def units_ratio(self) -> float:
        """Units for each of the least; more than two digits are the rounding of a shared page."""
        return round(own(self.bill)[0] / self.least.units, 2)

    @property
    def trips_ratio(self) -> float:
        """Round trips for each of the least."""
        return own(self.bill)[1] / self.least.trips

    @property
    def is_near(self) -> bool:
        """Whether the units are as near to the least as they have to be."""
        return self.units_ratio <= self.least.goal


def paths(world: World) -> tuple[list[Path], Bill]:
    """All use-cases, and the bill of a sweep that finds nothing."""
    found = bills(world)
    idle = found.pop("idle sweep")
    return [Path(name, bill, LEAST[name]) for name, bill in found.items()], idle


def units_detail(path: Path) -> dict[str, Any]:
    """What is told of a use-case's units."""
    units, _ = own(path.bill)
    return {
        "ratio": path.units_ratio,
        "goal": path.least.goal,
        "units": round(units, 2),
        "least": path.least.units,
        "read": round(path.bill.read, 2),
        "write": round(path.bill.write, 2),
        "stored_bytes": path.bill.stored,
        "touched": dict(sorted(path.bill.touched.items())),
    }


def trips_detail(path: Path) -> dict[str, Any]:
    """What is told of a use-case's round trips."""
    _, trips = own(path.bill)
    return {
        "ratio": path.trips_ratio,
        "trips": trips,
        "least": path.least.trips,
        "apart": path.bill.trip_count - trips,
        "calls": dict(sorted(path.bill.trips.items())),
    }
