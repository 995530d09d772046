"""All books of the store: lots, headers, redemptions and counters of what is owed must be what the entries say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from infra.proof.points.books import Book, Item, Policies, parts_of
from infra.proof.simulator import raw

SUMS = ("balance", "pending", "held", "debt", "sequence")
COLUMNS = {
    "accrual": ("confirmed", 1),
    "confirmation": ("confirmed", 1),
    "opening": ("confirmed", 1),
    "redemption": ("redeemed", -1),
    "capture": ("redeemed", -1),
    "cancellation": ("redeemed", -1),
    "expiry": ("expired", -1),
    "reinstatement": ("expired", -1),
    "reversal": ("reversed", -1),
    "adjustment": ("adjusted", 1),
    "transfer_in": ("adjusted", 1),
    "transfer_out": ("adjusted", 1),
}
TERMS = ("earned_on", "last_day", "property_id", "funding_owner", "source")


class Books:
    """The books of all members in the store; every reading goes on where the last one ended."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self.of: dict[str, Book] = {}
        self.entries: dict[tuple[str, str], Item] = {}

    def read(self) -> list[str]:
        """Take over new entries; what is wrong with them, with former ones, and with lots and headers."""
        found: list[str] = []
        stored = {(one["member_key"], one["sequence_key"]): one for one in raw.every("entries")}
        for key, entry in self.entries.items():
            if stored.get(key) != entry:
                found.append(f"entry {key[1]} is gone or has been changed")
        for key in sorted(stored.keys() - self.entries.keys()):
            self.entries[key] = stored[key]
            self.of.setdefault(key[0], Book(self.policies)).enter(stored[key])
        for book in self.of.values():
            found += book.problems
        return found + self._lying()

    def _lying(self) -> list[str]:
        found = []
        lots: dict[str, dict[str, Item]] = defaultdict(dict)
        headers: dict[str, Item] = {}
        for item in raw.every("members"):
            if item["part"] == "member":
                headers[item["member_key"]] = item
            else:
                _, last_day, id = item["part"].split("#", 2)
                lots[item["member_key"]][id] = {**item, "last_day": last_day}
        for key, header in headers.items():
            book = self.of.setdefault(key, Book(self.policies))
            ours = {name: book.sums[name] for name in SUMS}
            theirs = {name: header[name] for name in SUMS}
            if ours != theirs:
                found.append(f"the header says {theirs}, the entries {ours}")
            found += _compared(book, lots.pop(key, {}))
        found += [f"lots of nobody: {key}" for key in lots] + [
            f"entries of nobody: {key}" for key in self.of.keys() - headers
        ]
        return found + self._redeemed()

    def _redeemed(self) -> list[str]:
        """Each redemption holds or has spent what its entries say."""
        found = []
        for one in raw.every("redemptions"):
            book = self.of.get(one["member_key"])
            if book is None:
                found.append(f"a redemption of nobody: {one['id']}")
                continue
            expected = {"held": book.locked, "captured": book.spent}.get(one["status"], {}).get(one["id"], [])
            if one["status"] in ("held", "captured") and parts_of(one["slices"]) != expected:
                found.append(f"redemption {one['status']} {parts_of(one['slices'])}, its entries say {expected}")
            if one["status"] in ("held", "captured") and sum(points for _, points in expected) != one["points"]:
                found.append(f"redemption {one['status']} {one['points']} points, its slices {expected}")
            if one["status"] in ("released", "cancelled") and (book.locked.get(one["id"]) or book.spent.get(one["id"])):
                found.append(f"redemption {one['status']}, its entries did not give its points back")
        return found

    def owed(self) -> Counter[tuple[str, ...]]:
        """What the counters of the liability must be, by day, month of issue, property and column."""
        owed: Counter[tuple[str, ...]] = Counter()
        for entry in self.entries.values():
            _count(owed, entry)
        return Counter({cell: points for cell, points in owed.items() if points})


def counted() -> Counter[tuple[str, ...]]:
    """The counters as they lie stored, all shards together."""
    found: Counter[tuple[str, ...]] = Counter()
    for item in raw.every("liability"):
        day, vintage, house = item["cell"].split("#", 2)
        for column in ("issued", "confirmed", "redeemed", "expired", "reversed", "adjusted"):
            found[day, vintage, house, column] += item.get(column, 0)
    return Counter({cell: points for cell, points in found.items() if points})


def _compared(book: Book, lots: Mapping[str, Item]) -> list[str]:
    theirs = {id: (*(one.get(name) for name in TERMS), one["left"], one["held"]) for id, one in lots.items()}
    ours = {id: (*lot.terms, lot.left, lot.held) for id, lot in book.lots.items()}
    return [
        f"lot {id} is {theirs.get(id)}, and should be {ours.get(id)}"
        for id in sorted(ours.keys() | theirs.keys())
        if ours.get(id) != theirs.get(id)
    ]


def _count(owed: Counter[tuple[str, ...]], entry: Item) -> None:
    booked, points = entry["at"][:10], entry["points"]
    own = (booked, entry["business_date"][:7], str(entry.get("property_id") or "chain"))
    if entry["type"] in ("accrual", "opening"):
        owed[*own, "issued"] += points or entry["pending"]
    if not points or entry["type"] not in COLUMNS:
        return
    column, sign = COLUMNS[entry["type"]]
    rest = points
    for name, direction in (("given", 1), ("taken", -1)):
        for one in entry.get(name) or ():
            cell = (booked, one["earned_on"][:7], str(one["property_id"] or "chain"))
            owed[*cell, column] += sign * direction * one["points"]
            rest -= direction * one["points"]
    owed[*own, column] += sign * rest
