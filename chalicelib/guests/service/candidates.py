"""Puts guests into the buckets of their matching keys, and finds who is in them already.

A guest joins its buckets before it reads them, each by one atomic change, so of two guests who come at once at least
one finds the other. Which buckets a guest is in is kept in the same transaction: nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Set
from dataclasses import field
from typing import Any, Protocol

from chalicelib.guests.models import ContactPoint, Guest, contact_key
from chalicelib.guests.models.matches import MatchBucket, MatchedGuest, key_hash
from chalicelib.guests.rules import pairs
from chalicelib.guests.rules.pairs import BUCKET_MAX, OWNERS_MAX, Verdict
from chalicelib.kernel import text
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import OPERATIONS_MAX, Unit

OWNERS_READ_MAX = 30  # of a contact point; some of them may be one person by now

Points = dict[str, set[tuple[str, str]]]  # contact points (kind, value) by matching key


class Weigher(Protocol):
    """What tells guests apart. Handed over by `weighing`, with the work that matches."""

    def keys_of(self, guest: Guest) -> frozenset[str]:
        """What the guest is found by, as `kind:value`."""

    def points_of(self, guest: Guest) -> Points:
        """The guest's contact points by matching key."""

    def weigh(self, one: Guest, other: Guest, left_out: Container[str]) -> Verdict:
        """Compare two guests without the contact points under some keys."""


class NobodyWeighs(LookupError):
    """Nobody has brought the matcher along."""


_WEIGHER: list[Weigher] = []


def weigh_by(weigher: Weigher) -> None:
    """Say what tells guests apart in this process."""
    _WEIGHER[:] = [weigher]


def weigher() -> Weigher:
    """What tells guests apart. Raises NobodyWeighs where nobody has brought it along."""
    if not _WEIGHER:
        raise NobodyWeighs("what weighs guests is done through chalicelib.guests.service.weighing")
    return _WEIGHER[0]


@dataclass
class Found:
    """Who shares which keys: for each guest the others by key. `crowded`: keys of contact points that too many share.

    `disturbed` are guests found by a contact point that has just become one too many's.
    """

    shared: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)
    disturbed: set[str] = field(default_factory=set)


@dataclass
class _Move:
    """The buckets that a guest joins and leaves."""

    guest_id: str
    kept: MatchedGuest | None
    hashes: set[str]
    joins: set[str]
    leaves: set[str]


def join(scope: Scope, keys: Mapping[str, Iterable[str]], kept: Mapping[str, MatchedGuest]) -> Found:
    """Bring guests (keys by id) into their buckets and answer who shares which. Three calls, if nothing is over-full.

    `kept` is what was stored of them before the guests were read. Raises Stale if another pass was faster with one.
    """
    hashes = {key: key_hash(scope, key) for own in keys.values() for key in own}
    buckets = MatchBucket.many(scope, hashes.values())
    over = {one for one, bucket in buckets.items() if bucket.is_over}
    moves = [_move(guest_id, {hashes[key] for key in own}, over, kept.get(guest_id)) for guest_id, own in keys.items()]
    moves = [move for move in moves if move.joins or move.leaves]
    _write(scope, moves)
    joined = {one for move in moves for one in move.joins}
    buckets |= MatchBucket.many(scope, joined) if joined else {}
    for one in sorted(joined):
        if one in buckets and len(buckets[one].guest_ids or ()) > BUCKET_MAX:
            _close(scope, one)
            over.add(one)
    newcomers: dict[str, set[str]] = {}
    for move in moves:
        for one in move.joins:
            newcomers.setdefault(one, set()).add(move.guest_id)
    return _found(keys, hashes, buckets, over, newcomers)


def misplaced(scope: Scope, guest_ids: Iterable[str]) -> list[str]:
    """Which of some guests are not in the buckets of their present keys. Writes nothing; two reads if all are."""
    ids = list(guest_ids)
    guests = Guest.many(scope, ids, is_consistent=False)
    kept = MatchedGuest.many(scope, ids)
    own = {
        one: {key_hash(scope, key) for key in weigher().keys_of(guests[one])}
        for one in ids
        if one in guests and guests[one].merged_into is None
    }
    before = {one: frozenset(kept[one].hashes or ()) if one in kept else frozenset() for one in own}
    doubtful = {key for one in own for key in own[one] ^ before[one]}
    buckets = MatchBucket.many(scope, doubtful) if doubtful else {}
    over = {key for key, bucket in buckets.items() if bucket.is_over}
    return [one for one in own if pairs.is_misplaced(own[one], before[one], over)]


def leave_all(unit: Unit, kept: MatchedGuest) -> None:
    """Take a guest who is no more out of all of its buckets, in `unit`'s transaction."""
    guest_id = str(kept.key_id).split("#", 1)[1]
    for one in sorted(kept.hashes or ()):
        _amend_bucket(unit, one, "DELETE", {guest_id})
    unit.delete(kept)


def shared_by_many(scope: Scope, one: Guest, other: Guest, known: Set[str] = frozenset()) -> set[str]:
    """The keys of contact points that these two have in common with more guests than one person can be.

    The contact points themselves say whose they are, also of guests whom no pass has looked at yet. `known`: keys that
    too many share for certain; nothing is read for them, and they are not answered.
    """
    mine, theirs = weigher().points_of(one), weigher().points_of(other)
    found = set()
    for key in (mine.keys() & theirs.keys()) - known:
        owners: set[str] = set()
        for kind, value in sorted(mine[key] | theirs[key]):
            compared = text.email_key(value) if kind == "email" else value
            page = ContactPoint.page(contact_key(scope, kind, compared), limit=OWNERS_READ_MAX)
            owners |= {str(row.guest_id) for row in page.items}
        if len(owners) > OWNERS_MAX:
            owners = {str(guest.merged_into or guest.id) for guest in Guest.many(scope, owners).values()}
        if len(owners) > OWNERS_MAX:
            found.add(key)
    return found


# -- inside ------------------------------------------------------------------------------------------------


def _move(guest_id: str, own: set[str], over: set[str], kept: MatchedGuest | None) -> _Move:
    before = set(kept.hashes or ()) if kept is not None else set()
    wanted = own - over
    return _Move(guest_id, kept, wanted, wanted - before, before - wanted)


def _write(scope: Scope, moves: list[_Move]) -> None:
    """As many guests in one transaction as it holds; a guest's own changes are never torn apart."""
    pack: list[_Move] = []
    touched: dict[str, str] = {}
    for move in moves:
        acts = dict.fromkeys(move.joins, "ADD") | dict.fromkeys(move.leaves, "DELETE")
        is_full = len(touched.keys() | acts.keys()) + len(pack) + 1 > OPERATIONS_MAX
        if pack and (is_full or any(touched.get(one, act) != act for one, act in acts.items())):
            _write_pack(scope, pack)
            pack, touched = [], {}
        pack.append(move)
        touched |= acts
    if pack:
        _write_pack(scope, pack)


def _write_pack(scope: Scope, pack: list[_Move]) -> None:
    unit = Unit(scope)
    changes: dict[tuple[str, str], set[str]] = {}
    for move in pack:
        for act, chosen in (("ADD", move.joins), ("DELETE", move.leaves)):
            for one in chosen:
                changes.setdefault((one, act), set()).add(move.guest_id)
        _keep(unit, move)
    for (one, act), guest_ids in sorted(changes.items()):
        _amend_bucket(unit, one, act, guest_ids)
    unit.commit()


def _keep(unit: Unit, move: _Move) -> None:
    """Note which buckets the guest is in, unless another pass has done so since."""
    before = int(move.kept.version) if move.kept is not None else 0
    values: dict[str, Any] = {":one": {"N": "1"}}
    if before:
        values[":before"] = {"N": str(before)}
    if move.hashes:
        values[":hashes"] = {"SS": sorted(move.hashes)}
    unit.amend(
        MatchedGuest,
        (unit.scope.key(move.guest_id), None),
        f"SET #s = :one{', hashes = :hashes' if move.hashes else ''} ADD #v :one"
        f"{'' if move.hashes else ' REMOVE hashes'}",
        names={"#s": "schema", "#v": "version"},
        values=values,
        condition="#v = :before" if before else "attribute_not_exists(#v)",
    )


def _amend_bucket(unit: Unit, one: str, act: str, guest_ids: set[str]) -> None:
    unit.amend(
        MatchBucket,
        (unit.scope.key(one), None),
        f"SET #s = :one {act} guest_ids :ids",
        names={"#s": "schema"},
        values={":one": {"N": "1"}, ":ids": {"SS": sorted(guest_ids)}},
    )


def _close(scope: Scope, one: str) -> None:
    """More guests share the key than are worth comparing: it holds nobody from now on."""
    unit = Unit(scope)
    unit.amend(
        MatchBucket, (scope.key(one), None), "SET is_over = :yes REMOVE guest_ids", values={":yes": {"BOOL": True}}
    )
    unit.commit()


def _found(
    keys: Mapping[str, Iterable[str]],
    hashes: Mapping[str, str],
    buckets: Mapping[str, MatchBucket],
    over: Container[str],
    newcomers: Mapping[str, set[str]],
) -> Found:
    found = Found()
    for guest_id, own in keys.items():
        others: dict[str, frozenset[str]] = {}
        for key in own:
            one = hashes[key]
            is_contact = pairs.kind_of(key) in pairs.CONTACT_KINDS
            inside = frozenset() if one in over or one not in buckets else frozenset(buckets[one].guest_ids or ())
            if is_contact and (one in over or len(inside) > OWNERS_MAX):
                found.crowded.add(key)
                before = inside - newcomers.get(one, set())
                if len(before) <= OWNERS_MAX:
                    found.disturbed |= before
                continue
            others[key] = inside - {guest_id}
        found.shared[guest_id] = others
    return found
