"""Lots and accounts: where points lie, in which order they are spent, and when they end.

Every confirmed accrual opens a lot. Points are whole numbers. An account is the member's header with its open lots; a
lot without points is no lot any more, because the entries keep its terms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_

POINTS_MAX = 10**12  # of one entry or balance: beyond any programme, exact as a JSON number in every client
LOTS_PER_ENTRY_MAX = 80  # a transaction holds 100 items; header, entry, event and the rest need room


class InsufficientPoints(Conflict):
    """Less is available than is asked for."""

    type, title = "insufficient_points", N_("There are not enough points")


class TooManyLots(Conflict):
    """The points lie in more lots than one entry can take from."""

    type, title = "too_many_lots", N_("The points lie in too many lots for one step")


@dataclass(frozen=True)
class Terms:
    """What a lot is, apart from what is left of it. The lot lives through `expires_on` in the chain's zone."""

    id: str
    earned_on: date
    expires_on: date | None  # None: never
    property_id: str | None
    funding_owner: str  # who pays for these points: a property's id, or the chain's
    source: str  # the stay, adjustment or opening balance that they came from

    @property
    def order(self) -> tuple[date, date, str]:
        """Consumption order: earliest expiry first, then oldest; unlimited last."""
        return (self.expires_on or date.max, self.earned_on, self.id)

    @property
    def vintage(self) -> str:
        """The month of issue, `2026-03`."""
        return f"{self.earned_on:%Y-%m}"

    def is_over(self, today: date) -> bool:
        """Whether its last day is past."""
        return self.expires_on is not None and self.expires_on < today


@dataclass(frozen=True)
class Lot:
    """Points under one set of terms: `left` are free, `held` are locked for a redemption that is not settled."""

    terms: Terms
    left: int
    held: int = 0


@dataclass(frozen=True)
class Slice:
    """Points that came from or went to one lot."""

    terms: Terms
    points: int


@dataclass(frozen=True)
class Account:
    """A member's points. `debt` is what a reversal took beyond the lots; new points clear it first."""

    lots: tuple[Lot, ...] = ()
    pending: int = 0
    debt: int = 0

    @property
    def held(self) -> int:
        """Points locked for redemptions that are not settled."""
        return sum(lot.held for lot in self.lots)

    @property
    def available(self) -> int:
        """What may be spent now."""
        return sum(lot.left for lot in self.lots)

    @property
    def balance(self) -> int:
        """Confirmed points; below zero after a reversal that found too few."""
        return self.available + self.held - self.debt

    def of(self, lot_id: str) -> Lot | None:
        """The open lot of an id."""
        return next((lot for lot in self.lots if lot.terms.id == lot_id), None)

    def with_lots(self, changed: Iterable[Lot]) -> Account:
        """The account with these lots as they are now; those without points are gone."""
        known = {lot.terms.id: lot for lot in self.lots}
        known.update((lot.terms.id, lot) for lot in changed)
        left = [lot for lot in known.values() if lot.left or lot.held]
        return replace(self, lots=tuple(sorted(left, key=lambda lot: lot.terms.order)))


def taken(account: Account, points: int, *, today: date, first_from: str | None = None) -> list[Slice]:
    """Up to `points` free points in consumption order, lots of the source `first_from` before all others.

    Lots whose last day is past pay nothing, whether or not their expiry has been booked.
    """
    usable = [lot for lot in account.lots if lot.left and not lot.terms.is_over(today)]
    usable.sort(key=lambda lot: (lot.terms.source != first_from, lot.terms.order))
    slices: list[Slice] = []
    for lot in usable:
        if points <= 0:
            break
        part = min(lot.left, points)
        slices.append(Slice(lot.terms, part))
        points -= part
    return slices


def total(slices: Iterable[Slice]) -> int:
    """Points of slices together."""
    return sum(one.points for one in slices)


def paid_from(account: Account, points: int, *, today: date) -> list[Slice]:
    """Exactly `points`, in consumption order. Raises InsufficientPoints or TooManyLots."""
    if account.debt:
        raise InsufficientPoints(N_("The balance is below zero: nothing can be redeemed until it is made up."))
    slices = taken(account, points, today=today)
    if total(slices) < points:
        raise InsufficientPoints(
            N_("%(needed)d points are needed, %(available)d are available."),
            values={"needed": points, "available": total(slices)},
        )
    if len(slices) > LOTS_PER_ENTRY_MAX:
        raise TooManyLots(
            N_("%(needed)d points lie in more than %(most)d lots: redeem fewer at once."),
            values={"needed": points, "most": LOTS_PER_ENTRY_MAX},
        )
    return slices


def less(account: Account, slices: Iterable[Slice], *, into_hold: bool = False) -> Account:
    """The account without these free points, or with them locked."""
    changed = []
    for one in slices:
        lot = _open(account, one.terms.id)
        held = lot.held + (one.points if into_hold else 0)
        changed.append(Lot(lot.terms, lot.left - one.points, held))
    return account.with_lots(changed)


def less_held(account: Account, slices: Iterable[Slice]) -> Account:
    """The account without these locked points."""
    changed = []
    for one in slices:
        lot = _open(account, one.terms.id)
        changed.append(Lot(lot.terms, lot.left, lot.held - one.points))
    return account.with_lots(changed)


def more(account: Account, slices: Iterable[Slice]) -> Account:
    """The account with these points, which clear its debt first; lots that were gone are there again."""
    debt = account.debt
    changed: dict[str, Lot] = {}
    for one in slices:
        cleared = min(debt, one.points)
        debt -= cleared
        lot = changed.get(one.terms.id) or account.of(one.terms.id) or Lot(one.terms, 0)
        changed[one.terms.id] = Lot(lot.terms, lot.left + one.points - cleared, lot.held)
    return replace(account.with_lots(changed.values()), debt=debt)


def _open(account: Account, lot_id: str) -> Lot:
    lot = account.of(lot_id)
    if lot is None:
        raise LookupError(f"lot {lot_id} is not open")
    return lot
