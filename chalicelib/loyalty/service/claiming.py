"""Claims for missing stays: opened at the desk, approved within the role's limit or rejected with a reason.

The member's header keeps which stays have been claimed, so that a stay is claimed once, and earns nothing by itself
after a claim for it has been approved.
"""

from __future__ import annotations

from datetime import date

from chalicelib.guests import service as guests
from chalicelib.kernel import cursor
from chalicelib.kernel.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.loyalty.models import QUEUE, Claim, Member, MemberPointer, StayPoints
from chalicelib.loyalty.rules import ledger
from chalicelib.loyalty.rules.claims import CLAIM_REFUSALS, Claimed, check_claimable, check_days, claims_in, claims_with
from chalicelib.loyalty.rules.ledger import check_points
from chalicelib.loyalty.rules.lots import Terms
from chalicelib.loyalty.service.booking import About, Book, find_living, open_book
from chalicelib.loyalty.service.correcting import check_owner
from chalicelib.loyalty.service.earning import calculate, facts_of
from chalicelib.loyalty.service.members import get
from chalicelib.loyalty.service.programmes import check_property
from chalicelib.stays import service as stays
from chalicelib.stays.service import Stay


class ClaimDecided(Conflict):
    """The claim has been decided otherwise."""

    type, title = "claim_decided", N_("This claim has been decided")


class StayEarned(Conflict):
    """The stay has earned its points."""

    type, title = "stay_earned", N_("This stay has earned its points")


def open_claim(
    scope: Scope,
    member_id: str,
    *,
    property_id: str,
    arrival: date,
    departure: date,
    cause: str,
    points: int,
    id: str | None = None,
) -> Claim:
    """Note that a member misses the points of a stay. The same again answers the claim that is open.

    Raises NotFound beyond the wall, Invalid for days that no stay has, StayClaimed, StayNotClaimable for a stay that
    is too old or not over, StayEarned, MemberInactive.
    """
    try:
        check_days(arrival, departure)
    except InvalidValue as fault:
        raise Invalid.field("/departure", fault.reason) from None
    check_property(scope, property_id, "/property_id")
    check_points(points)
    claim_id = id or new_id("clm")

    def attempt() -> Claim:
        book = open_book(scope, member_id)
        book.require_active()
        known = claims_in(book.member.claims)
        wanted = Claimed(claim_id, "open", property_id, arrival, departure)
        same = [one for one in known if one == Claimed(one.id, "open", property_id, arrival, departure)]
        found = Claim.one(scope, member_id, same[0].id) if same else None
        if found is not None:
            return found
        check_claimable(known, wanted, today=book.today, days_max=book.version.claim_days)
        stay = _stay_of(scope, book.member, wanted)
        record = _new(book, wanted, cause, points, stay)
        unit = Unit(scope)
        unit.create(record)
        book.member.claims = claims_with(book.member.claims, wanted)
        unit.update(book.member)
        unit.audit("claim.opened", member_id, claim_id=claim_id, property_id=property_id, cause=cause)
        unit.commit()
        return record

    return retried(attempt)


def approve_claim(
    scope: Scope, member_id: str, claim_id: str, *, points: int | None = None, cost_owner: str | None = None
) -> Claim:
    """Give the points of a claim, by default those asked for, at its house's cost. A repetition changes nothing.

    Raises Forbidden beyond the role's limit, ClaimDecided, StayEarned.
    """

    def attempt() -> Claim:
        found, record = _found(scope, member_id, claim_id)
        member, book = found.member, found
        if member.merged_into:  # the points go to the account where the member's points are now
            book = find_living(scope, member_id) or found
        owner = cost_owner or str(record.property_id)
        granted = int(record.asked) if points is None else check_points(points)
        if record.status == "approved" and (granted, owner) == (record.granted or 0, record.cost_owner):
            return record
        _require_open(record)
        book.require_active()
        check_owner(scope, owner)
        book.version.check_adjustment(granted, scope.permissions)
        claimed = _claimed(record, "approved")
        _stay_of(scope, member, claimed)
        booked = ledger.open_lot(book.account, "claim", granted, _terms(book, record, owner))
        about = About(
            source=claim_id,
            business_date=claimed.departure,
            funding_owner=owner,
            property_id=str(record.property_id),
            cost_owner=owner,
            version=book.version.number,
            reason="missing_stay",
        )
        entry = book.book(booked, about)[-1]
        member.claims = claims_with(member.claims, claimed)
        record.status, record.granted, record.cost_owner = "approved", granted, owner
        unit = Unit(scope)
        _decided(unit, record)
        book.stage(unit)
        unit.update(member)
        unit.audit("claim.approved", member_id, claim_id=claim_id, points=granted, entry_id=entry.id)
        unit.commit()
        return record

    return retried(attempt)


def reject_claim(scope: Scope, member_id: str, claim_id: str, *, reason: str) -> Claim:
    """Refuse a claim for one of the known reasons. A repetition changes nothing. Raises ClaimDecided."""
    if reason not in CLAIM_REFUSALS:
        raise Invalid.field("/reason", N_("Choose a reason."))

    def attempt() -> Claim:
        book, record = _found(scope, member_id, claim_id)
        if record.status == "rejected" and record.refusal == reason:
            return record
        _require_open(record)
        record.status, record.refusal = "rejected", reason
        book.member.claims = claims_with(book.member.claims, _claimed(record, "rejected"))
        unit = Unit(scope)
        _decided(unit, record)
        unit.update(book.member)
        unit.audit("claim.rejected", member_id, claim_id=claim_id, reason=reason)
        unit.commit()
        return record

    return retried(attempt)


def claims_of(scope: Scope, member_id: str, *, limit: int, after: str | None) -> tuple[list[Claim], str | None]:
    """A member's claims, newest first, and the cursor of the next page. Raises NotFound beyond the wall."""
    get(scope, member_id)
    purpose = f"claims|{member_id}"
    page = Claim.of_member(scope, member_id, limit=limit, after=cursor.decode(scope, purpose, after))
    return page.items, cursor.encode(scope, purpose, page.next_key)


def open_claims(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Claim], str | None]:
    """Claims that wait at the caller's houses, by house and age, and the cursor of the next page."""
    place = cursor.decode(scope, "open-claims", after)
    since = place["at"]["S"] if place else ""
    found = Claim.open_at(scope, scope.property_ids, since=since, limit=limit + 1)
    following = {"at": {"S": str(found[limit - 1].open_order)}} if len(found) > limit else None
    return found[:limit], cursor.encode(scope, "open-claims", following)


def _new(book: Book, wanted: Claimed, cause: str, points: int, stay: Stay | None) -> Claim:
    scope = book.scope
    suggested = None
    if stay is not None and stay.status == "checked_out":
        priced = calculate(scope, str(book.programme.id), facts_of(stay), str(stay.currency))
        suggested = priced.points if priced.why_not is None else None
    return Claim(
        member_key=book.member.member_key,
        id=wanted.id,
        status="open",
        property_id=wanted.property_id,
        arrival=wanted.arrival.isoformat(),
        departure=wanted.departure.isoformat(),
        cause=cause,
        asked=points,
        suggested=suggested,
        stay_id=str(stay.id) if stay is not None else None,
        opened_by=scope.actor.id,
        created_at=scope.now,
        updated_at=scope.now,
        open_key=scope.key(QUEUE),
        open_order=f"{wanted.property_id}#{scope.now:%Y-%m-%dT%H:%M:%S}#{wanted.id}",
    )


def _stay_of(scope: Scope, member: Member, wanted: Claimed) -> Stay | None:
    """The guest's stay that the claim is about, if it is known. Raises StayEarned, whichever of the guest's memberships
    it has earned for."""
    guest = guests.find(scope, str(member.guest_id))
    ids = list(dict.fromkeys([*(guest.ids if guest is not None else ()), *member.guest_ids]))
    member_ids = {member.id, *(one for guest_id in ids for one in MemberPointer.of_guest(scope, guest_id))}
    for stay in stays.of_guest(scope, *ids):
        days = date.fromisoformat(str(stay.arrival)), date.fromisoformat(str(stay.departure))
        if stay.status in ("cancelled", "no_show") or not wanted.covers(stay.property_id, *days):
            continue
        earned = StayPoints.find_many([(scope.key(str(stay.id)), one) for one in sorted(member_ids)])
        if any(int(one.waiting) + int(one.confirmed) > 0 for one in earned):
            raise StayEarned(N_("The points of this stay are in the account already."))
        return stay
    return None


def _terms(book: Book, record: Claim, owner: str) -> Terms:
    """A lot of the stay's month that lives as long as if it had been earned today: the delay is not the guest's."""
    departure = date.fromisoformat(str(record.departure))
    expires_on = book.version.expiry.expires_on(book.today)
    return Terms(str(record.id), departure, expires_on, str(record.property_id), owner, str(record.id))


def _found(scope: Scope, member_id: str, claim_id: str) -> tuple[Book, Claim]:
    book = open_book(scope, member_id)
    record = Claim.one(scope, member_id, claim_id) if is_id(claim_id, "clm") else None
    if record is None or not scope.sees_property(str(record.property_id)):
        raise NotFound()
    return book, record


def _claimed(record: Claim, status: str) -> Claimed:
    arrival, departure = date.fromisoformat(str(record.arrival)), date.fromisoformat(str(record.departure))
    return Claimed(str(record.id), status, str(record.property_id), arrival, departure)


def _require_open(record: Claim) -> None:
    if record.status != "open":
        raise ClaimDecided(N_("A claim is decided once: adjust the points if the decision was wrong."))


def _decided(unit: Unit, record: Claim) -> None:
    record.decided_by, record.updated_at = unit.scope.actor.id, unit.scope.now
    record.open_key = record.open_order = None
    unit.update(record, refusal=Stale())
