"""The least that each use-case can cost in this design, item by item with the reason: what P2 and P3 divide by.

It is declared, not measured. A unit is one item of at most 1 kB written or 4 kB read. An item written in a transaction
takes two, and everything is written in one, even an item alone: its token makes a repetition after a lost answer
harmless. An index entry takes one, or two when its key changes (the old entry goes, the new one comes).
"""

from __future__ import annotations

from dataclasses import dataclass

ITEM = 2  # written in a transaction
ENTRY = 1  # of an index, new or gone
MOVED = 2  # an entry whose key has changed
SEEN = 1  # an item read as it is now
SEEN_LATELY = 0.5  # an item read as it was a moment ago
EXACT, NEARLY = 1.0, 1.1


@dataclass(frozen=True)
class Touch:
    """Some units that cannot be saved, and why."""

    units: float
    why: str


@dataclass(frozen=True)
class Least:
    """The least of one use-case: its units, its round trips, and how near to the units the product has to be."""

    touches: tuple[Touch, ...]
    trips: int
    goal: float = NEARLY

    @property
    def units(self) -> float:
        """All units together."""
        return sum(touch.units for touch in self.touches)


_AUDIT = Touch(ITEM, "the line of the activity log")
_EVENT = Touch(ITEM + ENTRY, "the event, and its place in a lane, so that a crash cannot lose it")
_POINTS_EVENT = Touch(ITEM + ENTRY, "the fact that points were booked, and its place in a lane")
_HEADER, _ENTRY, _LOT = (
    Touch(ITEM, "the member's header, whose version guards the account"),
    Touch(ITEM, "the entry"),
    Touch(ITEM, "the lot"),
)
_HOUSE_ROW = "the house's row of the guest; by change, by family name, by given name"

LEAST = {
    "profile read": Least((Touch(SEEN, "the guest"),), 1, EXACT),
    "stay read": Least(
        (
            Touch(SEEN, "the pointer from the stay's id to its guest, with whom stays lie"),
            Touch(SEEN, "the stay"),
        ),
        2,
    ),
    "create guest": Least(
        (
            Touch(ITEM + 3 * ENTRY, "the guest; in the chain by change, by family name, by given name"),
            Touch(ITEM + 3 * ENTRY, _HOUSE_ROW),
            Touch(ITEM, "who owns the e-mail address"),
            Touch(ITEM, "who owns the phone number"),
            Touch(ITEM, "whose the external id is, which makes it unique"),
            Touch(ITEM, "what was declared about consent"),
            _AUDIT,
            _EVENT,
        ),
        1,
    ),
    "create stay": Least(
        (
            Touch(SEEN, "the pointer of the source's number: is it known?"),
            Touch(SEEN, "the guest: is there such a guest, and seen by the caller?"),
            Touch(ITEM + 4 * ENTRY, "the stay; by arrival, by departure, by change in the house and in the chain"),
            Touch(ITEM, "the pointer from its id"),
            Touch(ITEM, "the pointer from its source's number, which makes it unique"),
            _AUDIT,
            _EVENT,
        ),
        3,
    ),
    "change guest": Least(
        (
            Touch(SEEN, "the guest as it is"),
            Touch(ITEM + 3 * MOVED, "the guest under another family name: its three places move"),
            Touch(ITEM + 3 * MOVED, _HOUSE_ROW),
            _AUDIT,
            _EVENT,
        ),
        2,
    ),
    "list page of guests": Least(
        (
            Touch(2 * SEEN_LATELY, "25 index entries of 200 bytes: 5 kB"),
            Touch(25 * SEEN_LATELY, "25 guests"),
        ),
        2,
    ),
    "list page of stays": Least(
        (
            Touch(2 * SEEN_LATELY, "25 index entries of 200 bytes: 5 kB"),
            Touch(25 * SEEN, "25 stays as they are now, for a desk"),
        ),
        2,
    ),
    "arrivals page": Least(
        (
            Touch(2 * SEEN_LATELY, "25 index entries of 170 bytes: 4.3 kB"),
            Touch(25 * SEEN, "25 stays as they are now, for a desk"),
        ),
        2,
    ),
    "reaction": Least(
        (
            Touch(SEEN, "the event"),
            Touch(SEEN, "the guest as it is now"),
            Touch(ITEM + ENTRY, "the birthday on the agenda"),
            Touch(ITEM + ENTRY, "the event's end, and its leaving the lane"),
        ),
        3,
        EXACT,
    ),
    "greeting": Least(
        (
            Touch(SEEN, "the birthday on the agenda"),
            Touch(SEEN, "the guest as it is now"),
            Touch(SEEN, "the owners of the address: a shared one is not greeted"),
            Touch(ITEM + 3 * ENTRY, "the claim, a delivery; by id, by chain, by house"),
            Touch(ITEM, "a check that the guest has not changed since"),
            Touch(ITEM, "a check that the address is not suppressed"),
            Touch(ITEM + ENTRY, "the watch over the claim"),
            Touch(ITEM + MOVED, "the birthday goes on to next year"),
            Touch(ITEM + ENTRY, "what came of the attempt, also in the house's figures"),
            Touch(ITEM + ENTRY, "the watch ends and leaves its lane"),
        ),
        6,
        EXACT,
    ),
    "settling": Least(
        (
            Touch(SEEN, "the delivery"),
            Touch(ITEM + ENTRY, "that it has arrived, also in the house's figures"),
            Touch(ITEM, "that the address works, for the quality of contacts"),
            Touch(ITEM, "the day of the house's mail, by which it is paused when too much of it bounces"),
        ),
        2,
        EXACT,
    ),
    "balance": Least((Touch(SEEN, "the member's header"),), 1, EXACT),
    "accrual": Least(
        (
            Touch(SEEN, "the event"),
            Touch(SEEN, "the chain's programmes"),
            Touch(SEEN, "the pointer from the stay's id to its guest"),
            Touch(SEEN, "the stay as it is now"),
            Touch(SEEN, "which members the guest is"),
            Touch(SEEN, "the account: header and lots in one query"),
            Touch(SEEN, "what was given for the stay"),
            _HEADER,
            _ENTRY,
            _LOT,
            _POINTS_EVENT,
            Touch(ITEM, "what has been given for the stay now, against which an amendment is measured"),
            Touch(ITEM + ENTRY, "the event's end, and its leaving the lane"),
        ),
        8,
        EXACT,
    ),
    "redemption": Least(
        (
            Touch(SEEN, "the account: header and lots in one query"),
            _HEADER,
            _ENTRY,
            _LOT,
            _POINTS_EVENT,
            Touch(ITEM, "the redemption and its state"),
            _AUDIT,
        ),
        2,
        EXACT,
    ),
    "sweep handing": Least(
        (
            Touch(1 + MOVED, "the lease: one item alone and guarded by what was seen, which moves in its lane"),
            Touch(0.02, "a sixtieth of the lane's page: 60 entries of 130 bytes, 8 kB, beyond the lane's half a unit"),
        ),
        1,
        EXACT,
    ),
}
