"""I15: a refund takes points back and nothing is earned twice, in whatever order stays and redemptions come and go.

Every order of seven steps, for a programme that takes back what there is and for one that goes below zero. In the
middle the balance must be what the stay is worth, less what is spent, plus what had to be written off; after everything
has been undone nothing may be left: no point, no debt, nothing written off, nothing owed by the counters.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from itertools import permutations

from chalicelib.kernel.errors import Conflict
from chalicelib.loyalty import service
from infra.local.inprocess import Engine
from infra.proof import inside
from infra.proof.finding import Finding, goal_of
from infra.proof.points.books import Policies
from infra.proof.points.house import House, join, new_guest, opened, problems_of, silenced
from infra.proof.points.stay import Stay
from infra.proof.points.store import Books
from infra.proof.simulator import raw

ORDERS = 10_000
AT_ONCE = 30  # orders in one chain, each with a member of its own
EARNED = {1: ("checked_out", 3_000), 2: ("checked_out", 2_000), 3: ("cancelled", 2_000)}  # a stay's versions
UNDONE = 4
REDEEMED, HELD = 150, 100
STEPS = ("earn", "amend", "refund", "redeem", "give back", "hold", "release")
VERSIONS = {"earn": 1, "amend": 2, "refund": 3}
RETURNS = ("within_balance", "unlimited")


@dataclass
class Trip:
    """One member with one stay, one redemption and one hold."""

    house: House
    number: int
    guest_id: str
    member_id: str
    newest: int = 0
    redeemed: str | None = None
    held: str | None = None

    def take(self, step: str) -> None:
        """One step; what cannot be done in this place is refused, or is nothing."""
        if step in VERSIONS:
            self.tell(VERSIONS[step], *EARNED[VERSIONS[step]])
        elif step in ("redeem", "hold"):
            self._spend(is_hold=step == "hold")
        elif step == "give back":
            self.give_back()
        else:
            self.release()
        self.house.deliver()

    def tell(self, version: int, status: str, amount: int) -> None:
        """A version of the stay; an older one counts no more."""
        stay = Stay(0, version, status, amount, 1, date(2026, 3, 4), "agency", True)
        self.house.tell(f"S-{self.number}", self.guest_id, **stay.told())
        self.newest = max(self.newest, version)

    def _spend(self, *, is_hold: bool) -> None:
        points = HELD if is_hold else REDEEMED
        try:
            found = service.redeem(
                self.house.ground.hq, self.member_id, points=points, reward="spa", property_id=None, is_hold=is_hold
            )
        except Conflict:
            return
        if is_hold:
            self.held = str(found.id)
        else:
            self.redeemed = str(found.id)

    def give_back(self) -> None:
        """Cancel what was redeemed."""
        if self.redeemed is not None:
            service.cancel(self.house.ground.hq, self.member_id, self.redeemed)
            self.redeemed = None

    def release(self) -> None:
        """Let go what is held."""
        if self.held is not None:
            service.release(self.house.ground.hq, self.member_id, self.held)
            self.held = None

    def undo(self) -> None:
        """Take everything back."""
        self.give_back()
        self.release()
        self.tell(UNDONE, "cancelled", 0)
        self.house.deliver()


def prove(scale: float, seed: int) -> Finding:
    """Every order at full scale, else a part of them drawn by the seed."""
    engine = inside.stand_up()
    finding = Finding(goal_of(ORDERS, scale))
    wanted = [(returns, order) for returns in RETURNS for order in permutations(STEPS)]
    if scale < 1:
        wanted = random.Random(f"{seed} orders").sample(wanted, finding.goal)
    with silenced():
        for returns in RETURNS:
            orders = [order for one, order in wanted if one == returns]
            for start in range(0, len(orders), AT_ONCE):
                finding.failures += in_one_chain(engine, returns, orders[start : start + AT_ONCE])
            finding.count += len(orders)
    finding.notes["steps"] = finding.count * len(STEPS)
    return finding


def in_one_chain(engine: Engine, returns: str, orders: list[tuple[str, ...]]) -> list[str]:
    """Members of one chain, one for each order; what is wrong with any of them."""
    found: list[str] = []
    policies = Policies(returns=returns)
    with opened(engine, "orders", policies, members=0) as house:
        trips = []
        for number, order in enumerate(orders):
            guest_id = new_guest(house, number)
            trips.append(Trip(house, number, guest_id, join(house, guest_id, key=f"join-{number}")))
            for step in order:
                trips[-1].take(step)
            found += [f"{returns}, {' → '.join(order)}: {one}" for one in on_the_way(trips[-1], returns)]
        for trip in trips:
            trip.undo()
        found += problems_of(house, Books(policies), is_settled=True)
        for trip, order in zip(trips, orders, strict=True):
            found += [f"{returns}, {' → '.join(order)}, undone: {one}" for one in in_the_end(trip)]
    return found


def on_the_way(trip: Trip, returns: str) -> list[str]:
    """What a member may have who has not undone anything."""
    status, amount = EARNED[trip.newest]
    worth = amount // 10 if status == "checked_out" else 0
    spent, locked = (REDEEMED if trip.redeemed else 0), (HELD if trip.held else 0)
    balance, pending, held = trip.house.sums()[trip.member_id]
    written_off = _of(trip, "written_off")
    found = []
    if (balance, pending, held) != (worth - spent + written_off, 0, locked):
        found.append(f"{balance} with {held} held, worth {worth}, spent {spent}, written off {written_off}")
    if written_off and returns == "unlimited":
        found.append(f"{written_off} written off")
    if written_off > spent + locked:
        found.append(f"{written_off} written off, and only {spent + locked} were spent or locked")
    return found


def in_the_end(trip: Trip) -> list[str]:
    """Nothing is left."""
    header = trip.house.headers()[trip.member_id]
    left = {name: header[name] for name in ("balance", "pending", "held", "debt") if header[name]}
    left |= {name: _of(trip, name) for name in ("waiting", "confirmed", "written_off") if _of(trip, name)}
    return [f"{left} left"] if left else []


def _of(trip: Trip, name: str) -> int:
    records = [one for one in raw.every("stay-points") if one["member_id"] == trip.member_id]
    return sum(int(one.get(name, 0)) for one in records)
