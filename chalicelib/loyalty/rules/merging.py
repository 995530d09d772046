"""What joining two memberships does to their accounts, and what parting them undoes.

Lots move with everything they are: id, last day, month of issue, funding, and what is locked in them. Both sides book
the same points with opposite signs, so nothing is issued and nothing lost. What was brought along and spent meanwhile
is made good, when the memberships part, from the survivor's lots that came last; what is not there is
written off, and no lot ever goes below zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from chalicelib.kernel.deferred import dataclass
from chalicelib.loyalty.rules.ledger import Booked, Entry
from chalicelib.loyalty.rules.lots import Account, Lot, Slice, less, more, taken, total

LOTS_PER_STEP = 34  # each leaves one account and comes into another: 68 writes, and some twenty for the two members
MEMBERS_JOINED_MAX = 20  # how often a member may have been joined on: a bound on following them


class Settling(NamedTuple):
    """What is left when all lots are back: points that wait, the debt that came along with the survivor's own points
    that were paid into it, and points that cannot be given back."""

    pending: int
    debt: int
    paid: Sequence[Slice]
    missing: int


class Moved(NamedTuple):
    """Both sides of one step: the entry of who gives, and of who takes."""

    giver: Booked
    taker: Booked


@dataclass(frozen=True)
class Carried:
    """What one step takes from an account: parts of lots, free and locked."""

    lots: tuple[Lot, ...] = ()
    pending: int = 0

    @property
    def points(self) -> int:
        """Free and locked points."""
        return sum(lot.left + lot.held for lot in self.lots)

    @property
    def held(self) -> int:
        """Locked points."""
        return sum(lot.held for lot in self.lots)

    @property
    def slices(self) -> tuple[Slice, ...]:
        """The lots as entries keep them."""
        return tuple(Slice(lot.terms, lot.left + lot.held) for lot in self.lots)


def join(
    absorbed: Account, survivor: Account, *, today: date, suffix: str, lots_max: int = LOTS_PER_STEP
) -> Moved | None:
    """Move some lots, what waits and what is owed to the survivor. None where nothing is left to move.

    A debt is paid from the survivor's lots, as new points would pay it; what they do not cover is the survivor's debt.
    """
    carried = Carried(absorbed.lots[:lots_max], absorbed.pending)
    if not carried.lots and not carried.pending and not absorbed.debt:
        return None
    out = Entry(
        "merge_out",
        points=absorbed.debt - carried.points,
        pending=-carried.pending,
        held=-carried.held,
        taken=carried.slices,
        debt=-absorbed.debt,
    )
    left = replace(absorbed.with_lots(_emptied(carried.lots)), pending=0, debt=0)
    after = _with(survivor, carried, suffix)
    paid = taken(after, absorbed.debt, today=today)
    owed = absorbed.debt - total(paid)
    after = less(replace(after, pending=after.pending + carried.pending, debt=after.debt + owed), paid)
    into = Entry(
        "merge_in",
        points=carried.points - absorbed.debt,
        pending=carried.pending,
        held=carried.held,
        given=_given(survivor, carried, suffix),
        taken=tuple(paid),
        debt=after.debt - survivor.debt,
    )
    return Moved(Booked(left, (out,)), Booked(after, (into,)))


def part(
    survivor: Account, absorbed: Account, owed: Mapping[str, int], held: Mapping[str, int], *, suffix: str,
    lots_max: int = LOTS_PER_STEP,
) -> tuple[Moved, dict[str, int]] | None:  # fmt: skip
    """Give back some of the lots in `owed` as far as they are there, and what is still owed. None where none is there.

    `held` are the points that the absorbed member's own redemptions have locked; other locks stay with the survivor.
    """
    lots: list[Lot] = []
    rest = dict(owed)
    for lot in survivor.lots:
        locked = min(lot.held, held.get(lot.terms.id, 0), rest.get(lot.terms.id, 0))
        free = min(lot.left, rest.get(lot.terms.id, 0) - locked)
        if locked + free > 0 and len(lots) < lots_max:
            lots.append(Lot(lot.terms, free, locked))
            rest[lot.terms.id] -= locked + free
    if not lots:
        return None
    return _handed(survivor, absorbed, Carried(tuple(lots)), suffix), {
        id: points for id, points in rest.items() if points
    }


def make_good(
    survivor: Account, absorbed: Account, points: int, *, today: date, suffix: str, lots_max: int = LOTS_PER_STEP
) -> Moved | None:
    """Give free points for those that were spent, from the lots that came last. None where there are none."""
    lots: list[Lot] = []
    for lot in sorted(survivor.lots, key=lambda one: (one.terms.earned_on, one.terms.id), reverse=True):
        free = min(lot.left, points) if not lot.terms.is_over(today) else 0
        if free and len(lots) < lots_max:
            lots.append(Lot(lot.terms, free))
            points -= free
    return _handed(survivor, absorbed, Carried(tuple(lots)), suffix) if lots else None


def settle_parting(survivor: Account, absorbed: Account, settling: Settling, *, today: date) -> Moved | None:
    """The last step: what waits goes back, and the debt as far as the survivor's own points paid it or it is still
    owed; what cannot be given back is written off. None where there is nothing to settle.
    """
    pending, debt, paid, missing = settling
    if not (pending or debt or missing):
        return None
    waiting = min(pending, survivor.pending)
    cleared = min(survivor.debt, debt - total(paid))
    back = total(paid) + cleared
    after = more(replace(survivor, pending=survivor.pending - waiting, debt=survivor.debt - cleared), paid)
    out = Entry(
        "merge_out",
        points=back,
        pending=-waiting,
        given=tuple(paid),
        debt=after.debt - survivor.debt,
    )
    covered = taken(absorbed, back, today=today)
    owing = replace(absorbed, pending=absorbed.pending + waiting, debt=absorbed.debt + back - total(covered))
    taker = less(owing, covered)
    into = Entry(
        "merge_in",
        points=-back,
        pending=waiting,
        taken=tuple(covered),
        debt=taker.debt - absorbed.debt,
        written_off=missing,
    )
    return Moved(Booked(after, (out,)), Booked(taker, (into,)))


def _handed(giver: Account, taker: Account, carried: Carried, suffix: str) -> Moved:
    lots = {lot.terms.id: lot for lot in giver.lots}
    kept = [
        Lot(one.terms, lots[one.terms.id].left - one.left, lots[one.terms.id].held - one.held) for one in carried.lots
    ]
    out = Entry("merge_out", points=-carried.points, held=-carried.held, taken=carried.slices)
    after = _with(taker, carried, suffix)
    into = Entry(
        "merge_in",
        points=carried.points,
        held=carried.held,
        given=_given(taker, carried, suffix),
        debt=after.debt - taker.debt,
    )
    return Moved(Booked(giver.with_lots(kept), (out,)), Booked(after, (into,)))


def _emptied(lots: Sequence[Lot]) -> list[Lot]:
    return [Lot(lot.terms, 0, 0) for lot in lots]


def _with(taker: Account, carried: Carried, suffix: str) -> Account:
    """An account with lots that come as they are; their free points clear its debt first."""
    locked = [(lot, taker.of(lot.terms.id)) for lot in carried.lots if lot.held]
    after = taker.with_lots(
        Lot((known or lot).terms, known.left if known else 0, (known.held if known else 0) + lot.held)
        for lot, known in locked
    )
    return more(after, [Slice(one.terms, one.points) for one in _free(taker, carried, suffix)])


def _given(taker: Account, carried: Carried, suffix: str) -> tuple[Slice, ...]:
    held = tuple(Slice(lot.terms, lot.held) for lot in carried.lots if lot.held)
    return (*held, *_free(taker, carried, suffix))


def _free(taker: Account, carried: Carried, suffix: str) -> list[Slice]:
    """Free points under the names they have at the taker: a lot that was parted before and has another last day since
    then would be one of two with one name, and gets a name of its own."""
    named = []
    for lot in carried.lots:
        known = taker.of(lot.terms.id)
        is_other = known is not None and known.terms != lot.terms
        terms = replace(lot.terms, id=f"{lot.terms.id}~{suffix}") if is_other else lot.terms
        if lot.left:
            named.append(Slice(terms, lot.left))
    return named
