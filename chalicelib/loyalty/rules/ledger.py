"""What an entry does to an account. Every function takes an account and answers the account after, and the entry.

An entry is never changed: what was wrong is set right by another one. `points` is what an entry does to the balance,
`pending` what it does to the points that wait, `held` what it locks or lets go; so sums over entries are the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal, get_args

from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_
from chalicelib.loyalty.rules.lots import (
    POINTS_MAX,
    Account,
    Lot,
    Slice,
    Terms,
    less,
    less_held,
    more,
    paid_from,
    taken,
    total,
)

EntryType = Literal[
    "accrual",
    "confirmation",
    "reversal",
    "redemption",
    "hold",
    "capture",
    "release",
    "cancellation",
    "expiry",
    "extension",
    "reinstatement",
    "adjustment",
    "transfer_out",
    "transfer_in",
    "opening",
    "claim",
    "merge_out",
    "merge_in",
]
ENTRY_TYPES: tuple[EntryType, ...] = get_args(EntryType)

ReturnPolicy = Literal["only_pending", "within_balance", "unlimited"]
LapsedPolicy = Literal["restore", "min_validity"]


class NothingToDo(Conflict):
    """The points it is about are not there any more."""

    type, title = "nothing_to_do", N_("There are no points to do this with")


class PointsOutOfRange(Conflict):
    """A number of points that no entry can hold."""

    type, title = "points_out_of_range", N_("This number of points cannot be booked")


@dataclass(frozen=True)
class Entry:
    """What is booked: its effects, and the slices of lots that it gave (`given`) and took (`taken`)."""

    type: EntryType
    points: int = 0
    pending: int = 0
    held: int = 0
    given: tuple[Slice, ...] = ()
    taken: tuple[Slice, ...] = ()
    debt: int = 0  # points that it made owed, or below zero: that it cleared
    written_off: int = 0  # points that could not be taken back; somebody bears them


@dataclass(frozen=True)
class Booked:
    """The account after, and the entries in their order."""

    account: Account
    entries: tuple[Entry, ...]

    @property
    def entry(self) -> Entry:
        """The only or the last entry."""
        return self.entries[-1]


def check_points(points: int) -> int:
    """Points as an entry may hold them: whole, above zero, within range. Raises PointsOutOfRange."""
    if type(points) is not int or not 0 < points <= POINTS_MAX:
        raise PointsOutOfRange(N_("Points are whole numbers from 1 to %(most)d."), values={"most": POINTS_MAX})
    return points


# -- earning -------------------------------------------------------------------------------------------------------


def accrue(account: Account, points: int) -> Booked:
    """Points that wait for their confirmation."""
    check_points(points)
    return Booked(replace(account, pending=account.pending + points), (Entry("accrual", pending=points),))


def confirm(account: Account, points: int, terms: Terms) -> Booked:
    """Waiting points become a lot, which clears a debt first."""
    check_points(points)
    if account.pending < points:
        raise NothingToDo(N_("Fewer points wait than are to be confirmed."))
    waiting = replace(account, pending=account.pending - points)
    return _opened(waiting, "confirmation", points, terms, pending=-points)


def open_lot(account: Account, kind: EntryType, points: int, terms: Terms) -> Booked:
    """Points that are there at once: an adjustment, an opening balance, an accrual without delay."""
    return _opened(account, kind, check_points(points), terms)


def _opened(account: Account, kind: EntryType, points: int, terms: Terms, *, pending: int = 0) -> Booked:
    after = more(account, [Slice(terms, points)])
    given = (Slice(terms, points),)
    entry = Entry(kind, points=points, pending=pending, given=given, debt=after.debt - account.debt)
    return Booked(after, (entry,))


# -- taking back ---------------------------------------------------------------------------------------------------


def reverse(
    account: Account, *, waiting: int, confirmed: int, source: str, policy: ReturnPolicy, today: date
) -> Booked:
    """Take back `waiting` and `confirmed` points of one source: its own lots pay first, then others by the policy.

    `only_pending` takes no confirmed point back, `within_balance` what there is, `unlimited` goes below zero. What is
    not taken is written off. Points that wait are always taken back.
    """
    if not waiting and not confirmed:
        raise NothingToDo(N_("There is nothing to take back."))
    if account.pending < waiting:
        raise NothingToDo(N_("Fewer points wait than are to be taken back."))
    slices = [] if policy == "only_pending" else taken(account, confirmed, today=today, first_from=source)
    missing = confirmed - total(slices)
    debt = missing if policy == "unlimited" else 0
    after = less(replace(account, pending=account.pending - waiting, debt=account.debt + debt), slices)
    entry = Entry(
        "reversal",
        points=-(total(slices) + debt),
        pending=-waiting,
        taken=tuple(slices),
        debt=debt,
        written_off=missing - debt,
    )
    return Booked(after, (entry,))


# -- spending ------------------------------------------------------------------------------------------------------


def redeem(account: Account, points: int, *, today: date, kind: EntryType = "redemption") -> Booked:
    """Spend points now. Raises InsufficientPoints, TooManyLots."""
    slices = paid_from(account, check_points(points), today=today)
    return Booked(less(account, slices), (Entry(kind, points=-points, taken=tuple(slices)),))


def hold(account: Account, points: int, *, today: date) -> Booked:
    """Lock points for a redemption that is still to be settled. Raises InsufficientPoints, TooManyLots."""
    slices = paid_from(account, check_points(points), today=today)
    after = less(account, slices, into_hold=True)
    return Booked(after, (Entry("hold", held=points, taken=tuple(slices)),))


def capture(account: Account, slices: Sequence[Slice], points: int, *, today: date, lapsed: Lapse) -> Booked:
    """Spend `points` of what a hold has locked and let the rest go."""
    check_points(points)
    if points > total(slices):
        raise PointsOutOfRange(N_("No more than the locked points can be captured."))
    spent, rest = _split(slices, points)
    after = less_held(account, spent)
    entry = Entry("capture", points=-points, held=-points, taken=tuple(spent))
    if not rest:
        return Booked(after, (entry,))
    freed = release(after, rest, today=today, lapsed=lapsed)
    return Booked(freed.account, (entry, *freed.entries))


def release(account: Account, slices: Sequence[Slice], *, today: date, lapsed: Lapse) -> Booked:
    """Let locked points go back to their own lots. Where a lot's last day is past, `lapsed` says what becomes of it."""
    points = total(slices)
    unlocked = less_held(account, slices)
    back = lapsed.of(_as_now(account, slices), today)
    paid, ended = _settled(account.debt - total(back.alive), back.dead)
    given = (*back.alive, *paid)
    after = more(unlocked, given)
    entries = [Entry("release", held=-points, given=given, debt=after.debt - unlocked.debt)]
    if ended:
        # The points came back for an instant: they leave by an entry of their own, so that each end can be seen.
        entries.append(Entry("expiry", points=-total(ended), taken=tuple(ended)))
    return Booked(after, tuple(entries))


def cancel(account: Account, slices: Sequence[Slice], *, penalty: int, today: date, lapsed: Lapse) -> Booked:
    """Give a redemption's points back to their own lots, less a penalty, which the soonest to end bear."""
    points = total(slices) - penalty
    if penalty < 0 or points < 0:
        raise PointsOutOfRange(N_("The penalty is larger than what was redeemed."))
    if not points:
        raise NothingToDo(N_("The penalty takes everything."))
    _, returned = _split(slices, penalty)
    back = lapsed.of(_as_now(account, returned), today)
    paid, ended = _settled(account.debt - total(back.alive), back.dead)
    after = more(account, (*back.alive, *paid))
    given = (*back.alive, *back.dead)
    entries = [Entry("cancellation", points=points, given=given, debt=after.debt - account.debt)]
    if ended:
        entries.append(Entry("expiry", points=-total(ended), taken=tuple(ended)))
    return Booked(after, tuple(entries))


def _settled(debt: int, dead: Sequence[Slice]) -> tuple[list[Slice], list[Slice]]:
    """What of points that return after their end clears a debt, and what ends at once.

    The debt stands for points that were taken back while these were away. Whoever gives back what they spent and has
    lost what they earned is left with nothing, and owes nothing.
    """
    return _split(dead, max(0, debt))


@dataclass(frozen=True)
class Lapse:
    """What becomes of returned points whose lot has ended meanwhile.

    `restore`: they return and end at once. `min_validity`: they live on for `days` days from today, as a new lot whose
    id `lot_id` makes unique.
    """

    policy: LapsedPolicy = "restore"
    days: int = 30
    lot_id: str = ""

    @dataclass(frozen=True)
    class Back:
        """Returned points that live, and those that end at once."""

        alive: list[Slice]
        dead: list[Slice]

    def of(self, slices: Iterable[Slice], today: date) -> Back:
        """Sort what comes back on `today`."""
        alive, dead = [], []
        for place, one in enumerate(slices):
            if not one.terms.is_over(today):
                alive.append(one)
            elif self.policy == "restore":
                dead.append(one)
            else:
                terms = replace(one.terms, id=f"{self.lot_id}.{place}", expires_on=today + timedelta(days=self.days))
                alive.append(Slice(terms, one.points))
        return self.Back(alive, dead)


def _as_now(account: Account, slices: Iterable[Slice]) -> list[Slice]:
    """Slices under the terms that their lots have now: an extension since then holds for them as well."""
    open_lots = {lot.terms.id: lot.terms for lot in account.lots}
    return [Slice(open_lots.get(one.terms.id, one.terms), one.points) for one in slices]


def _split(slices: Sequence[Slice], points: int) -> tuple[list[Slice], list[Slice]]:
    """The first `points` of slices, and the rest."""
    first: list[Slice] = []
    rest: list[Slice] = []
    for one in slices:
        part = min(points, one.points)
        points -= part
        if part:
            first.append(Slice(one.terms, part))
        if one.points - part:
            rest.append(Slice(one.terms, one.points - part))
    return first, rest


# -- ending --------------------------------------------------------------------------------------------------------


def expire(account: Account, *, today: date, idle_since: date | None = None) -> Booked:
    """End every lot whose last day is past, one entry each; all of them after `idle_since`, the last day of a member
    who did nothing. Locked points wait for their redemption. No entry where nothing ends."""
    is_idle = idle_since is not None and idle_since < today
    ended = [lot for lot in account.lots if lot.left and (is_idle or lot.terms.is_over(today))]
    entries = []
    for lot in ended:
        part = Slice(lot.terms, lot.left)
        account = less(account, [part])
        entries.append(Entry("expiry", points=-lot.left, taken=(part,)))
    return Booked(account, tuple(entries))


def extend(account: Account, *, today: date, until: date, lot_ids: frozenset[str] | None = None) -> Booked:
    """Let lots live until a later day, as goodwill; all that end earlier, or those named. What has ended stays so."""
    chosen = [
        lot
        for lot in account.lots
        if (lot_ids is None or lot.terms.id in lot_ids)
        and lot.terms.expires_on is not None
        and today <= lot.terms.expires_on < until
    ]
    if not chosen:
        raise NothingToDo(N_("No lot ends before that day."))
    longer = [Lot(replace(lot.terms, expires_on=until), lot.left, lot.held) for lot in chosen]
    given = tuple(Slice(lot.terms, lot.left + lot.held) for lot in longer)
    was = tuple(Slice(lot.terms, lot.left + lot.held) for lot in chosen)
    return Booked(account.with_lots(longer), (Entry("extension", given=given, taken=was),))


def reinstate(account: Account, ended: Sequence[Slice], *, until: date, lot_id: str) -> Booked:
    """Bring ended points back until a day, as goodwill, in lots that keep their earning day, property and funding."""
    given = [
        Slice(replace(one.terms, id=f"{lot_id}.{place}", expires_on=until), one.points)
        for place, one in enumerate(ended)
    ]
    if not given:
        raise NothingToDo(N_("There is nothing to bring back."))
    after = more(account, given)
    entry = Entry("reinstatement", points=total(given), given=tuple(given), debt=after.debt - account.debt)
    return Booked(after, (entry,))


# -- by hand, and between members ----------------------------------------------------------------------------------


def deduct(account: Account, points: int, *, today: date) -> Booked:
    """Take points away by hand; never below what is available. Raises InsufficientPoints."""
    return redeem(account, points, today=today, kind="adjustment")


def hand_over(giver: Account, points: int, *, today: date) -> Booked:
    """The giver's side of a transfer: the points leave in consumption order."""
    return redeem(giver, points, today=today, kind="transfer_out")


def take_over(taker: Account, slices: Sequence[Slice], *, lot_id: str) -> Booked:
    """The taker's side: lots come with all their terms, so that a transfer never prolongs a point."""
    given = [Slice(replace(one.terms, id=f"{lot_id}.{place}"), one.points) for place, one in enumerate(slices)]
    after = more(taker, given)
    entry = Entry("transfer_in", points=total(given), given=tuple(given), debt=after.debt - taker.debt)
    return Booked(after, (entry,))
