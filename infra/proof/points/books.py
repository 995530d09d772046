"""A member's book, added up a second time from the entries as they lie in the store.

Nothing of loyalty is asked: no model, no rule, no order of consumption. Each entry is held against the state that the
entries before it left behind: did it take what ends soonest, did a release free what its hold had locked?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Item = dict[str, Any]
Part = tuple[str, int]  # a lot's id and points
FOR_EVER = "9999-12-31"
LEAST_MONTH_DAYS, MOST_MONTH_DAYS = 28, 31
PASSIVE = frozenset({"confirmation", "reversal", "expiry"})  # entries that no member or desk has done anything for


@dataclass(frozen=True)
class Policies:
    """What the programme says about points that come back or are taken back; the zone in which days end."""

    returns: str = "within_balance"
    lapsed: str = "restore"
    lapsed_days: int = 30
    idle_months: int | None = None
    confirm_days: int = 0
    zone: str = "Europe/Lisbon"

    def day(self, at: str) -> str:
        """The chain's local day of an instant."""
        return datetime.fromisoformat(at).astimezone(ZoneInfo(self.zone)).date().isoformat()


@dataclass
class Lot:
    """Points of one earning: free, and locked."""

    earned_on: str
    last_day: str
    property_id: str | None
    funding_owner: str
    source: str
    left: int = 0
    held: int = 0

    @property
    def terms(self) -> tuple[Any, ...]:
        """All but its points."""
        return self.earned_on, self.last_day, self.property_id, self.funding_owner, self.source


@dataclass
class Book:
    """One member's account as the entries tell it so far."""

    policies: Policies
    sums: Counter[str] = field(default_factory=Counter)
    lots: dict[str, Lot] = field(default_factory=dict)
    locked: dict[str, list[Part]] = field(default_factory=dict)  # redemption → what its hold still locks
    spent: dict[str, list[Part]] = field(default_factory=dict)  # redemption → what it has spent
    waiting: Counter[str] = field(default_factory=Counter)  # by source
    booked: Counter[str] = field(default_factory=Counter)  # by source: everything that was ever given for it
    active_on: str = ""
    returned: list[Part] = field(default_factory=list)  # what came back dead and has to end with the next entry
    problems: list[str] = field(default_factory=list)

    def available(self, day: str) -> int:
        """What may be spent on a day."""
        return sum(lot.left for _, lot in self.usable(day))

    def usable(self, day: str) -> list[tuple[str, Lot]]:
        """Lots with free points that have not ended, soonest end first."""
        found = [(id, lot) for id, lot in self.lots.items() if lot.left and lot.last_day >= day]
        return sorted(found, key=lambda one: (one[1].last_day, one[1].earned_on, one[0]))

    def soonest(self, points: int, day: str, first_from: str | None = None) -> list[Part]:
        """What paying `points` takes from which lot."""
        parts, usable = [], self.usable(day)
        for id, lot in sorted(usable, key=lambda one: one[1].source != first_from) if first_from else usable:
            if points > 0:
                parts.append((id, min(points, lot.left)))
                points -= parts[-1][1]
        return parts

    # -- one entry -------------------------------------------------------------------------------------------------

    def enter(self, entry: Item) -> None:
        """Take over an entry, noting what is wrong with it."""
        self.sums["sequence"] += 1
        if int(entry["sequence_key"]) != self.sums["sequence"]:
            self._wrong(entry, f"is not number {self.sums['sequence']}")
        day = self.policies.day(entry["at"])
        getattr(self, f"_{entry['type']}")(entry, day)
        if entry["type"] not in PASSIVE:
            self.active_on = max(self.active_on, day)
        for name, field_ in (
            ("balance", "points"),
            ("pending", "pending"),
            ("held", "held"),
            ("debt", "debt"),
        ):
            self.sums[name] += entry[field_]
        if entry["balance_after"] != self.sums["balance"]:
            self._wrong(entry, f"says {entry['balance_after']} after it, it is {self.sums['balance']}")
        if entry["pending"]:
            self.waiting[entry["source"]] += entry["pending"]
        if entry["type"] in ("accrual", "confirmation", "reversal"):
            self.booked[entry["source"]] += entry["points"] + entry["pending"]
        lying = sum(lot.left + lot.held for lot in self.lots.values()) - self.sums["debt"]
        if not self.returned and lying != self.sums["balance"]:
            self._wrong(entry, f"leaves {lying} in lots and {self.sums['balance']} in entries")
        if sum(lot.held for lot in self.lots.values()) != self.sums["held"] or self.sums["debt"] < 0:
            self._wrong(entry, "leaves other locked points than the holds say, or a debt below zero")

    def _wrong(self, entry: Item, why: str) -> None:
        self.problems.append(f"{entry['type']} {entry['sequence_key']} of {entry['source']} {why}")

    def _agree(self, entry: Item, ours: object, theirs: object, what: str) -> None:
        if ours != theirs:
            self._wrong(entry, f"{what}: {theirs}, and it should be {ours}")

    def _put(self, entry: Item, given: Iterable[Item] | None = None) -> None:
        """Points come: they make up for a debt first."""
        cleared = -min(0, entry["debt"])
        slices = list(entry.get("given") or () if given is None else given)
        self._agree(entry, min(self.sums["debt"], total(slices)), cleared, "clears a debt of")
        for one in slices:
            part = min(cleared, one["points"])
            cleared -= part
            if one["points"] - part:
                lot = self.lots.setdefault(one["lot"], lot_of(one))
                lot.left += one["points"] - part

    def _drop(self, entry: Item, parts: Iterable[Part]) -> None:
        for id, points in parts:
            lot = self.lots.get(id)
            if lot is None or lot.left < points:
                self._wrong(entry, f"takes {points} from {id}, which has not as many")
                continue
            lot.left -= points
            self._forget(id)

    def _unlock(self, entry: Item, parts: Iterable[Part]) -> None:
        for id, points in parts:
            lot = self.lots.get(id)
            if lot is None or lot.held < points:
                self._wrong(entry, f"unlocks {points} of {id}, which has not as many locked")
                continue
            lot.held -= points

    def _forget(self, id: str) -> None:
        if id in self.lots and not (self.lots[id].left or self.lots[id].held):
            del self.lots[id]

    # -- points come -----------------------------------------------------------------------------------------------

    def _accrual(self, entry: Item, day: str) -> None:
        if entry["pending"]:
            self._agree(entry, (0, None), (entry["points"], entry.get("given")), "waits, and gives")
        else:
            self._opening(entry, day)

    def _opening(self, entry: Item, day: str) -> None:
        self._agree(entry, entry["points"], total(entry.get("given") or ()), "gives")
        self._put(entry)

    def _confirmation(self, entry: Item, day: str) -> None:
        self._agree(entry, -entry["points"], entry["pending"], "confirms of what waits")
        closed = date.fromisoformat(entry["business_date"]) + timedelta(days=1 + self.policies.confirm_days)
        if day < closed.isoformat():
            self._wrong(entry, f"comes on {day}, before {closed}")
        self._opening(entry, day)

    _transfer_in = _opening
    _reinstatement = _opening

    # -- points go -------------------------------------------------------------------------------------------------

    def _redemption(self, entry: Item, day: str) -> None:
        taken = parts_of(entry.get("taken"))
        self._agree(entry, self.soonest(-entry["points"], day), taken, "takes")
        self._agree(entry, (0, -entry["points"]), (self.sums["debt"], sum(points for _, points in taken)), "pays")
        self.spent[entry["source"]] = taken
        self._drop(entry, taken)

    _transfer_out = _redemption

    def _adjustment(self, entry: Item, day: str) -> None:
        (self._opening if entry["points"] > 0 else self._redemption)(entry, day)

    def _reversal(self, entry: Item, day: str) -> None:
        taken = parts_of(entry.get("taken"))
        asked = -entry["points"] + entry["written_off"]
        policy = self.policies.returns
        own = [] if policy == "only_pending" else self.soonest(asked, day, first_from=entry["source"])
        missing = asked - sum(points for _, points in own)
        self._agree(entry, own, taken, "takes back")
        self._agree(entry, missing if policy == "unlimited" else 0, entry["debt"], "leaves owing")
        self._drop(entry, taken)

    # -- redemptions -----------------------------------------------------------------------------------------------

    def _hold(self, entry: Item, day: str) -> None:
        taken = parts_of(entry.get("taken"))
        self._agree(entry, (self.soonest(entry["held"], day), 0), (taken, self.sums["debt"]), "locks")
        for id, points in taken:
            if id in self.lots:
                self.lots[id].left -= points
                self.lots[id].held += points
        self.locked[entry["source"]] = taken

    def _capture(self, entry: Item, day: str) -> None:
        taken = parts_of(entry.get("taken"))
        spent, rest = split(self.locked.get(entry["source"], []), -entry["points"])
        self._agree(entry, (spent, entry["points"]), (taken, entry["held"]), "spends")
        self._unlock(entry, taken)
        for id, _ in taken:
            self._forget(id)
        self.locked[entry["source"]], self.spent[entry["source"]] = rest, taken

    def _release(self, entry: Item, day: str) -> None:
        back = self.locked.pop(entry["source"], [])
        self._agree(entry, -sum(points for _, points in back), entry["held"], "unlocks")
        given = entry.get("given") or []
        self._unlock(entry, back)
        self._come_back(entry, day, back, given, total(given))
        self._put(entry)
        for id, points in self.returned:
            self.lots[id].left += points
        for id, _ in back:
            self._forget(id)

    def _cancellation(self, entry: Item, day: str) -> None:
        spent = self.spent.pop(entry["source"], [])
        _, back = split(spent, sum(points for _, points in spent) - entry["points"])
        given = entry.get("given") or []
        self._agree(entry, entry["points"], total(given), "gives back")
        self._come_back(entry, day, back, given, None)
        self._put(entry)

    def _come_back(self, entry: Item, day: str, back: list[Part], given: list[Item], alive: int | None) -> None:
        """What returns lies in its own lot, or has ended: then it ends at once, or lives on in a new lot."""
        known = {id: self.lots.get(id) for id, _ in back}
        shown = {one["lot"]: lot_of(one).last_day for one in given}
        dead = [(id, points) for id, points in back if self._last_day(id, known, shown) < day]
        if self.policies.lapsed == "restore":
            living = sum(points for _, points in back) - sum(points for _, points in dead)
            _, self.returned = split(dead, max(0, self.sums["debt"] - living))  # a debt is cleared first
            if alive is not None:
                ended = sum(points for _, points in self.returned)
                self._agree(entry, sum(points for _, points in back) - alive, ended, "lets end")
            return
        until = (date.fromisoformat(day) + timedelta(days=self.policies.lapsed_days)).isoformat()
        own = {id for id, _ in back}
        fresh = [one for one in given if one["lot"] not in own]
        self._agree(entry, sum(p for _, p in back), total(given), "gives back")
        self._agree(entry, {until} if fresh else set(), {lot_of(one).last_day for one in fresh}, "lets live until")
        if any(id in shown for id, _ in dead):
            self._wrong(entry, "gives back to a lot that has ended")

    @staticmethod
    def _last_day(id: str, known: Mapping[str, Lot | None], shown: Mapping[str, str]) -> str:
        lot = known.get(id)
        return lot.last_day if lot is not None else shown.get(id, "")

    # -- ends ------------------------------------------------------------------------------------------------------

    def _expiry(self, entry: Item, day: str) -> None:
        taken = parts_of(entry.get("taken"))
        self._agree(entry, -entry["points"], sum(points for _, points in taken), "ends")
        if self.returned:
            self._agree(entry, self.returned, taken, "ends of what came back")
            self.returned = []
        elif entry.get("reason") != "idle":
            for id, _ in taken:
                if id in self.lots and self.lots[id].last_day >= day:
                    self._wrong(entry, f"ends {id}, which lives through {self.lots[id].last_day}")
        elif self.policies.idle_months is None or self.idle_days(day) < LEAST_MONTH_DAYS * self.policies.idle_months:
            self._wrong(entry, f"ends what was in use on {self.active_on}")
        self._drop(entry, taken)

    def idle_days(self, day: str) -> int:
        """For how many days nobody has done anything."""
        return (date.fromisoformat(day) - date.fromisoformat(self.active_on or day)).days

    def _extension(self, entry: Item, day: str) -> None:
        until = entry["detail"]["until"]
        chosen = {id for id, lot in self.lots.items() if day <= lot.last_day < until}
        self._agree(entry, chosen, {one["lot"] for one in entry["given"]}, "prolongs")
        for one in entry["given"]:
            if one["lot"] in self.lots:
                self.lots[one["lot"]].last_day = one["expires_on"]


def total(slices: Iterable[Item]) -> int:
    """Points of stored slices together."""
    return sum(one["points"] for one in slices)


def parts_of(slices: Iterable[Item] | None) -> list[Part]:
    """Stored slices without their terms."""
    return [(one["lot"], one["points"]) for one in slices or ()]


def split(parts: list[Part], points: int) -> tuple[list[Part], list[Part]]:
    """The first so many points, and the rest."""
    first, rest = [], []
    for id, whole in parts:
        part = min(whole, points)
        points -= part
        first += [(id, part)] if part else []
        rest += [(id, whole - part)] if whole - part else []
    return first, rest


def lot_of(kept: Item) -> Lot:
    """A lot as a stored slice tells it."""
    return Lot(
        kept["earned_on"],
        kept["expires_on"] or FOR_EVER,
        kept["property_id"],
        kept["funding_owner"],
        kept["source"],
    )
