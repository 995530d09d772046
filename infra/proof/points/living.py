"""I1: the balance is the sum of the entries and of the open lots, whatever members, desks, stays and time do.

A hypothesis state machine lives with the service: stays told in versions, points spent, locked, given back, given away,
corrected, ended; every call also repeated under its key or under another body, and transactions met by faults, by a
rival and by a twin of the call. After each step an independent model adds up the raw items (see `books`), and every
step is held against what it should have done by them.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra.local.inprocess import Engine
from infra.proof.points.books import MOST_MONTH_DAYS, Book, Item, Policies
from infra.proof.points.desk import GIFT, RIVAL, TROUBLES, Desk
from infra.proof.points.house import House, join, opened, problems_of
from infra.proof.points.stay import Stay
from infra.proof.points.store import Books
from infra.proof.simulator import raw

HOLD_HOURS = 72
CLOSES_AT_HOUR = 3  # of the morning after a departure, when its business day ends
REDEEM_MAX, YEARLY_MAX = 350, 1_000

Moves = dict[str, tuple[int, int, int]]  # member → what is added to balance, pending and held

amounts = st.integers(1, 400)
troubles = st.sampled_from(TROUBLES)
numbers = st.integers(0, 2)
places = st.integers(0, 30)


class Living(RuleBasedStateMachine):
    """One chain, three guests, and everything that can be done with points."""

    engine: Engine
    taken = 0
    hits = 0

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.house: House
        self.stays: dict[str, Stay] = {}
        self.joined: list[str] = []
        self.ignored: set[str] = set()  # stays told while their member was suspended, which are not priced

    @initialize(
        policies=st.builds(
            Policies,
            returns=st.sampled_from(["within_balance", "only_pending", "unlimited"]),
            lapsed=st.sampled_from(["restore", "min_validity"]),
            idle_months=st.sampled_from([None, None, 1]),
            confirm_days=st.sampled_from([0, 0, 3]),
        ),
        expiry=st.sampled_from([{}, {"months": 1}, {"months": 2}, {"day": "03-31"}]),
    )
    def open(self, policies: Policies, expiry: dict[str, Any]) -> None:
        """A chain with a programme, and two of three guests who are members."""
        expiry = {**expiry, "idle_months": policies.idle_months}
        terms: dict[str, Any] = {
            "confirm_days": policies.confirm_days,
            "expiry": expiry,
            "hold_hours": HOLD_HOURS,
            "redeem_max": REDEEM_MAX,
        }
        house = opened(type(self).engine, "living", policies, members=3, transfer_max_year=YEARLY_MAX, **terms)
        self.house = self._stack.enter_context(house)
        self.desk, self.books = Desk(self.house), Books(policies)
        for number in (0, 1):
            self.joined.append(join(self.house, self.house.guests[number], key=f"join-{number}"))

    def teardown(self) -> None:
        """Leave everything as it was."""
        type(self).hits += self.desk.hits if hasattr(self, "desk") else 0
        self._stack.close()

    @invariant()
    def agree(self) -> None:
        """Entries, lots, headers and redemptions are one."""
        type(self).taken += 1
        if hasattr(self, "house"):
            found = problems_of(self.house, self.books, is_settled=False)
            assert not found, found[:5]

    # -- what is known before a step -------------------------------------------------------------------------------

    def _id(self, number: int) -> str:
        return self.joined[number % len(self.joined)]

    def _book(self, member_id: str) -> Book:
        return self.books.of[self.house.ground.hq.key(member_id)]

    def _entries(self, member_id: str, kind: str) -> list[Item]:
        key = self.house.ground.hq.key(member_id)
        return [one for (owner, _), one in self.books.entries.items() if owner == key and one["type"] == kind]

    def _is_active(self, member_id: str) -> bool:
        return bool(self.house.headers()[member_id]["status"] == "active")

    def _can_pay(self, member_id: str, wanted: int) -> bool:
        book, today = self._book(member_id), self.house.today.isoformat()
        return not book.sums["debt"] and book.available(today) >= wanted and self._is_active(member_id)

    def _ask(self, member_id: str, what: str, body: Any, trouble: str, *, is_right: bool, moves: Moves | None) -> None:
        """Ask for a step, and see that it was done or refused as it should, and moved what it should and no more."""
        trouble = "" if trouble == RIVAL and not self._is_active(member_id) else trouble
        before = self.house.sums()
        reply = self.desk.ask(f"/v1/members/{member_id}/{what}", body, trouble, member_id=member_id)
        said = f"{what} {body} was answered {reply.status} {reply.kind}"
        assert (reply.status < 300) is is_right, f"{said}; it should be {'done' if is_right else 'refused'}"
        if moves is None:
            return
        expected = dict(before)
        rival: Moves = {member_id: (GIFT, 0, 0)} if trouble == RIVAL and self.desk.is_hit else {}
        for moved in (moves if is_right else {}, rival):
            for owner, by in moved.items():
                balance, pending, held = (was + more for was, more in zip(expected[owner], by, strict=True))
                expected[owner] = (balance, pending, held)
        assert self.house.sums() == expected, f"{said}: from {before} to {self.house.sums()}, not to {expected}"

    # -- by hand ---------------------------------------------------------------------------------------------------

    @rule(number=numbers, given=st.integers(-300, 400).filter(bool), trouble=troubles)
    def adjust(self, number: int, given: int, trouble: str) -> None:
        """Give or take points."""
        member_id = self._id(number)
        is_right = self._is_active(member_id) if given > 0 else self._can_pay(member_id, -given)
        body = {
            "points": given,
            "reason": "goodwill",
            "cost_owner": self.house.houses[0] if given % 2 else "chain",
        }
        self._ask(member_id, "adjustments", body, trouble, is_right=is_right, moves={member_id: (given, 0, 0)})

    @rule(number=numbers, other=numbers, given=amounts, trouble=troubles)
    def transfer(self, number: int, other: int, given: int, trouble: str) -> None:
        """Give points to another member."""
        giver, taker, year = self._id(number), self._id(other), str(self.house.today.year)
        outs = self._entries(giver, "transfer_out")
        gone = sum(-one["points"] for one in outs if one["business_date"].startswith(year))
        is_free = giver != taker and gone + given <= YEARLY_MAX
        is_right = is_free and self._can_pay(giver, given) and self._is_active(taker)
        moves = {giver: (-given, 0, 0), taker: (given, 0, 0)}
        body = {"to_member_id": taker, "points": given}
        self._ask(giver, "transfers", body, trouble, is_right=is_right, moves=moves)

    @rule(
        number=numbers,
        given=amounts,
        reference=st.integers(0, 2),
        age=st.integers(0, 60),
        life=st.integers(-3, 90),
    )
    def open_balance(self, number: int, given: int, reference: int, age: int, life: int) -> None:
        """Bring in a balance of a former programme; once for each reference."""
        member_id, today = self._id(number), self.house.today
        openings = self._entries(member_id, "opening")
        known = [one["points"] for one in openings if one["source"] == f"opening.old-{reference}"]
        last_day = None if life > 80 else today + timedelta(days=life)
        body = {
            "points": given,
            "earned_on": (today - timedelta(days=age)).isoformat(),
            "expires_on": last_day and last_day.isoformat(),
            "reference": f"old-{reference}",
        }
        gained = 0 if known or life < 0 else given
        is_right = not known or known[0] == given
        self._ask(member_id, "opening-balances", body, "", is_right=is_right, moves={member_id: (gained, 0, 0)})

    @rule(number=numbers, days=st.integers(1, 60), trouble=troubles)
    def extend(self, number: int, days: int, trouble: str) -> None:
        """Let points live longer."""
        member_id, today = self._id(number), self.house.today.isoformat()
        until = (self.house.today + timedelta(days=days)).isoformat()
        can = any(today <= lot.last_day < until for lot in self._book(member_id).lots.values())
        was = any(one["detail"] == {"until": until} for one in self._entries(member_id, "extension"))
        is_right = (can or was) and self._is_active(member_id)
        trouble = trouble if can else ""
        self._ask(member_id, "extensions", {"until": until}, trouble, is_right=is_right, moves={})

    @rule(number=numbers, place=places, days=st.integers(0, 40))
    def reinstate(self, number: int, place: int, days: int) -> None:
        """Bring ended points back, once."""
        member_id = self._id(number)
        ended = self._entries(member_id, "expiry")
        if not ended:
            return
        one = ended[place % len(ended)]
        entry_id, back = f"ent_{one['sequence_key']}", self._entries(member_id, "reinstatement")
        until = (self.house.today + timedelta(days=days)).isoformat()
        is_new = all(other["reverses"] != entry_id for other in back)
        is_again = any(other["detail"]["until"] == until for other in back)
        is_right = (is_new or is_again) and self._is_active(member_id)
        body = {"entry_id": entry_id, "until": until}
        moves = {member_id: (-one["points"] if is_new else 0, 0, 0)}
        self._ask(member_id, "reinstatements", body, "", is_right=is_right, moves=moves)

    # -- redemptions -----------------------------------------------------------------------------------------------

    @rule(number=numbers, wanted=st.integers(0, 400), is_hold=st.booleans(), trouble=troubles)
    def redeem(self, number: int, wanted: int, is_hold: bool, trouble: str) -> None:
        """Spend or lock points: some, or (0) all there are."""
        member_id = self._id(number)
        wanted = wanted or self._book(member_id).available(self.house.today.isoformat()) or 1
        body = {"points": wanted, "reward": "coffee", "property_id": self.house.houses[0], "is_hold": is_hold}
        is_right = self._can_pay(member_id, wanted) and wanted <= REDEEM_MAX
        moves = {member_id: (0, 0, wanted) if is_hold else (-wanted, 0, 0)}
        self._ask(member_id, "redemptions", body, trouble, is_right=is_right, moves=moves)

    @rule(place=places, part=st.integers(0, 100), trouble=troubles)
    def capture(self, place: int, part: int, trouble: str) -> None:
        """Spend what is locked, all or a part."""
        one = self._redemption(place)
        if one is not None:
            spent = one["points"] if part > 60 else max(1, one["points"] * part // 100)
            is_done = one["status"] == "captured" and spent == one["points"]
            is_right = one["status"] == "held" or is_done
            self._settle(one, "captures", {"points": spent}, trouble, is_right=is_right, spent=0 if is_done else spent)

    @rule(place=places, trouble=troubles)
    def release(self, place: int, trouble: str) -> None:
        """Let go what is locked."""
        one = self._redemption(place)
        if one is not None:
            is_right = one["status"] in ("held", "released")
            self._settle(one, "releases", None, trouble, is_right=is_right, spent=0)

    @rule(place=places, penalty=st.integers(0, 20), trouble=troubles)
    def cancel(self, place: int, penalty: int, trouble: str) -> None:
        """Give back what was spent, less a penalty."""
        one = self._redemption(place)
        if one is not None:
            is_done = one["status"] == "cancelled" and one.get("penalty", 0) == penalty
            is_right = is_done or (one["status"] == "captured" and penalty < one["points"])
            back = 0 if is_done else one["points"] - penalty
            self._settle(one, "cancellations", {"penalty": penalty}, trouble, is_right=is_right, spent=-back)

    def _redemption(self, place: int) -> Item | None:
        known = sorted(raw.every("redemptions"), key=lambda one: one["id"])
        return known[place % len(known)] if known else None

    def _settle(self, one: Item, what: str, body: Any, trouble: str, *, is_right: bool, spent: int) -> None:
        """The next state of a redemption. What has ended meanwhile, or is owed for a refund, goes at once."""
        member_id = one["member_key"].split("#", 1)[1]
        before, locked = self.house.sums()[member_id], one["points"] if one["status"] == "held" else 0
        ended, taken = len(self._entries(member_id, "expiry")), len(self._entries(member_id, "reversal"))
        self._ask(member_id, f"redemptions/{one['id']}/{what}", body, trouble, is_right=is_right, moves=None)
        after, found = self.house.sums()[member_id], self.books.read()
        assert not found, found[:5]
        gone = self._entries(member_id, "expiry")[ended:] + self._entries(member_id, "reversal")[taken:]
        lost = sum(-entry["points"] for entry in gone)
        gained = GIFT if trouble == RIVAL and self.desk.is_hit else 0
        moved = (-spent - lost, -locked) if is_right else (0, 0)
        assert (after[0], after[2]) == (before[0] + moved[0] + gained, before[2] + moved[1]), (
            what,
            body,
            before,
            after,
        )

    # -- stays -----------------------------------------------------------------------------------------------------

    @rule(
        name=st.sampled_from(["S-1", "S-2", "S-3"]),
        guest=numbers,
        status=st.sampled_from(["checked_out", "checked_out", "checked_out", "in_house", "cancelled", "no_show"]),
        amount=st.integers(0, 4_000),
        nights=st.integers(1, 3),
        ago=st.integers(0, 4),
        channel=st.sampled_from(["direct", "agency"]),
        is_eligible=st.sampled_from([True, True, True, False]),
        older=st.sampled_from([0, 0, 0, 0, 1, 2]),
    )
    def tell(self, name: str, guest: int, older: int, ago: int, **said: Any) -> None:
        """The property system tells of a stay: something newer, or, late, a version that counts no more."""
        known = self.stays.get(name)
        newest = known.version if known is not None else 0
        stay = Stay(guest, newest + 1, departure=self.house.today - timedelta(days=ago), **said)
        if known is not None and older == 1:
            stay = known
        elif newest > 1 and older == 2:
            stay = replace(stay, version=newest - 1)
        self.house.tell(name, self.house.guests[stay.guest], **stay.told())
        if stay.version > newest:
            self.stays[name] = stay
            is_resting = stay.guest < len(self.joined) and not self._is_active(self.joined[stay.guest])
            (self.ignored.add if is_resting else self.ignored.discard)(name)

    @rule(is_shuffled=st.booleans(), is_doubled=st.booleans())
    def deliver(self, is_shuffled: bool, is_doubled: bool) -> None:
        """What was nudged is done: in another order, or twice."""
        self.house.deliver(is_shuffled=is_shuffled, is_doubled=is_doubled)
        self._check_settled()

    @rule(days=st.sampled_from([0.2, 1, 1, 3.2, 9, 30, 70]))
    def live_on(self, days: float) -> None:
        """Time passes; whatever was lost on the way is found on the agenda."""
        self.house.advance(days)
        self._check_settled()
        self._check_punctual()

    def _check_settled(self) -> None:
        """Nothing waits: every stay is worth what it should be, and the counters say what the entries say."""
        found = problems_of(self.house, self.books, is_settled=True)
        booked = {(one["stay_key"].split("#")[1], one["member_id"]): one for one in raw.every("stay-points")}
        headers = self.house.headers()
        ids = {one["external_id"]: one["id"] for one in raw.every("stays")}
        for number, guest in enumerate(self.house.guests[: len(self.joined)]):
            member_id = self.joined[number]
            book, header = self._book(member_id), headers[member_id]
            for name, stay in self.stays.items():
                stay_id = ids[name]
                points = stay.worth(header["enrolled_on"]) if self.house.guests[stay.guest] == guest else 0
                record = booked.get((stay_id, member_id))
                if record is None:
                    if points and (name not in self.ignored):
                        found.append(f"{name} {stay} earned nobody {points}")
                    continue
                given = record.get("waiting", 0) + record.get("confirmed", 0)
                if given != points:
                    found.append(f"{name} {stay} is worth {points} to {number}, {given} were booked")
                if book.booked[stay_id] != given + record.get("written_off", 0):
                    found.append(f"{name}: entries {book.booked[stay_id]}, {given} booked, and some written off")
                if book.waiting[stay_id] != record.get("waiting", 0):
                    found.append(
                        f"{name}: {book.waiting[stay_id]} wait by the entries, {record.get('waiting', 0)} in fact"
                    )
        assert not found, found[:5]

    def _check_punctual(self) -> None:
        """The clock has just passed: nothing is late."""
        now, today = self.house.ground.hq.now, self.house.today.isoformat()
        for book in self.books.of.values():
            late = [lot for lot in book.lots.values() if lot.left and lot.last_day < today]
            assert not late, f"ended before {today}: {late}"
            idle = self.books.policies.idle_months
            is_idle = idle is not None and book.idle_days(today) > MOST_MONTH_DAYS * idle
            assert not (is_idle and any(lot.left for lot in book.lots.values())), f"idle since {book.active_on}"
        for one in raw.every("redemptions"):
            is_over = (
                datetime.fromisoformat(one["created_at"].replace("+0000", "+00:00")) + timedelta(hours=HOLD_HOURS)
                <= now
            )
            assert not (one["status"] == "held" and is_over), f"{one} is held at {now}"
        for one in raw.every("stay-points"):
            if one.get("waiting") and one.get("business_date"):
                days = 1 + self.books.policies.confirm_days
                morning = datetime.combine(
                    date.fromisoformat(one["business_date"]), datetime.min.time(), ZoneInfo("Europe/Lisbon")
                )
                due = morning + timedelta(days=days, hours=CLOSES_AT_HOUR)
                assert due > now, f"{one} waits at {now}"

    # -- members ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.joined) < 3)
    @rule()
    def join(self) -> None:
        """The third guest becomes a member; earlier stays do not count."""
        self.joined.append(join(self.house, self.house.guests[2], key="join-2"))

    @rule(number=numbers)
    def suspend(self, number: int) -> None:
        """A membership rests, or is taken up again; what is under way is done before."""
        self.house.deliver()
        member_id = self._id(number)
        header = self.house.headers()[member_id]
        status = "suspended" if header["status"] == "active" else "active"
        self.house.must("PATCH", f"/v1/members/{member_id}", {"status": status}, if_match=f'"v{header["version"]}"')

    # -- again -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.desk.asked)
    @rule(place=st.integers(0, 60))
    def repeat(self, place: int) -> None:
        """The same call under the same key."""
        self.desk.repeat(place)

    @precondition(lambda self: self.desk.asked)
    @rule(place=st.integers(0, 60))
    def reuse(self, place: int) -> None:
        """Another call under a key that was used."""
        self.desk.reuse(place)
