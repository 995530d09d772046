"""What the chain owes its members: counted from every entry, by month of issue and property, and checked every night.

Counters follow the entries by an event, so that no two members ever wait for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import shard_of
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty.models import EntryRecord, LiabilityCounter
from chalicelib.loyalty.service.programmes import programme_of, today_of

SHARDS = 8  # of a programme's counters: 8,000 entries a second
READ_AT_ONCE = 1_000
PAGES_MAX = 200  # of one shard: 200,000 cells, some years of a hundred properties
CHAIN = "chain"  # in place of a property for points that no house has given

# Which column an entry's points move, and with which sign they are counted there.
COLUMNS = {
    "accrual": ("confirmed", 1),
    "confirmation": ("confirmed", 1),
    "opening": ("confirmed", 1),
    "claim": ("confirmed", 1),
    "redemption": ("redeemed", -1),
    "capture": ("redeemed", -1),
    "cancellation": ("redeemed", -1),
    "expiry": ("expired", -1),
    "reinstatement": ("expired", -1),
    "reversal": ("reversed", -1),
    "adjustment": ("adjusted", 1),
    "transfer_in": ("adjusted", 1),
    "transfer_out": ("adjusted", 1),
    "merge_in": ("adjusted", 1),
    "merge_out": ("adjusted", 1),
}


@dataclass
class Figures:
    """Points of one cell or sum. `issued` counts what waits as well; what has been confirmed is in the balance."""

    issued: int = 0
    confirmed: int = 0
    redeemed: int = 0
    expired: int = 0
    reversed: int = 0
    adjusted: int = 0

    @property
    def outstanding(self) -> int:
        """What members may still spend: confirmed − redeemed − expired − reversed ± adjusted."""
        return self.confirmed - self.redeemed - self.expired - self.reversed + self.adjusted

    def add(self, other: Figures) -> None:
        """Add another's points to these."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


Cell = tuple[str, str, str]  # day, vintage, property


def cells_of(entry: EntryRecord) -> dict[Cell, Figures]:
    """What an entry moves, by day, month of issue and property. The sum over `outstanding` is the entry's points."""
    day, cells = str(entry.business_date), defaultdict[Cell, Figures](Figures)
    booked = str(entry.at)[:10]
    own = (booked, day[:7], str(entry.property_id or CHAIN))
    issued = max(0, int(entry.pending)) if entry.type == "accrual" else 0
    if entry.type in ("accrual", "opening", "claim") and int(entry.points):
        issued = int(entry.points)
    if issued:
        cells[own].issued += issued
    column = COLUMNS.get(str(entry.type))
    if column is None or not int(entry.points):
        return dict(cells)
    name, sign = column
    moved = 0
    slices = [(one, 1) for one in entry.given_slices] + [(one, -1) for one in entry.taken_slices]
    for one, direction in slices:
        cell = cells[booked, one.terms.vintage, str(one.terms.property_id or CHAIN)]
        setattr(cell, name, getattr(cell, name) + sign * direction * one.points)
        moved += direction * one.points
    rest = int(entry.points) - moved  # what a reversal took beyond all lots
    if rest:
        setattr(cells[own], name, getattr(cells[own], name) + sign * rest)
    return dict(cells)


def count(scope: Scope, unit: Unit, programme_id: str, member_id: str, first: int, last: int) -> None:
    """Add a member's entries `first` to `last` to the counters."""
    sums = defaultdict[Cell, Figures](Figures)
    for entry in EntryRecord.between(scope, member_id, first, last):
        for cell, figures in cells_of(entry).items():
            sums[cell].add(figures)
    shard = f"{shard_of(member_id, SHARDS):02}"
    for cell, figures in sums.items():
        moved = {one.name: getattr(figures, one.name) for one in fields(figures) if getattr(figures, one.name)}
        if moved:
            unit.amend(
                LiabilityCounter,
                (scope.key(programme_id, shard), "#".join(cell)),
                "ADD " + ", ".join(f"#{name} :{name}" for name in moved),
                names={f"#{name}": name for name in moved},
                values={f":{name}": {"N": str(points)} for name, points in moved.items()},
            )


@dataclass(frozen=True)
class Liability:
    """What is owed on a day: by month of issue and property, and together."""

    as_of: date
    by_vintage: list[tuple[str, Figures]]
    by_property: list[tuple[str, Figures]]
    total: Figures


def liability_on(scope: Scope, programme_id: str, as_of: date | None) -> Liability:
    """What is owed on a day, by default today. Raises NotFound."""
    programme = programme_of(scope, programme_id)
    return liability(scope, str(programme.id), as_of or today_of(scope))


def liability(scope: Scope, programme_id: str, as_of: date) -> Liability:
    """Sum the counters up to a day. The caller has found the programme; a caller of houses sees theirs only."""
    vintages, houses = defaultdict[str, Figures](Figures), defaultdict[str, Figures](Figures)
    total = Figures()
    for cell, figures in _cells(scope, programme_id, as_of):
        _, vintage, property_id = cell
        if scope.property_ids is not None and property_id not in scope.property_ids:
            continue
        vintages[vintage].add(figures)
        houses[property_id].add(figures)
        total.add(figures)
    return Liability(as_of, sorted(vintages.items()), sorted(houses.items()), total)


def _cells(scope: Scope, programme_id: str, as_of: date) -> Iterable[tuple[Cell, Figures]]:
    until = LiabilityCounter.cell < f"{as_of.isoformat()}$"  # `$` follows `#`: all cells of that day
    for shard in range(SHARDS):
        after: Key | None = None
        for _ in range(PAGES_MAX):
            page = LiabilityCounter.page(
                scope.key(programme_id, f"{shard:02}"), where=until, limit=READ_AT_ONCE, after=after
            )
            for record in page.items:
                day, vintage, property_id = str(record.cell).split("#", 2)
                yield (
                    (day, vintage, property_id),
                    Figures(*(int(getattr(record, one.name)) for one in fields(Figures))),
                )
            after = page.next_key
            if after is None:
                break
        else:
            raise Conflict(N_("This is more than can be summed at once."))
