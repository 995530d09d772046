"""The quality of contact points: what is noted of them, the weekly run that looks at all of them, and its worklist."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.directory import service as directory
from chalicelib.guests.kinds import QUALITY_KIND
from chalicelib.guests.models import Guest
from chalicelib.guests.models.quality import (
    BUCKETS,
    SETTINGS,
    ContactFacts,
    ContactFinding,
    QualityFigures,
    point_of,
)
from chalicelib.guests.rules import quality as rules
from chalicelib.guests.rules.quality import Facts
from chalicelib.guests.service.reading import find_many, get
from chalicelib.guests.service.walking import some_of
from chalicelib.kernel import agenda, cursor, text
from chalicelib.kernel.agenda import Again, Work
from chalicelib.kernel.clock import from_sortable, real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

FINDINGS_KEPT = timedelta(days=30)  # four runs: an open page of the former one still works
FIGURES_PER_STEP = 80  # houses written in one transaction
RESTED = {"is_over": True}  # replaces where the run stood, which an item would keep
OUTCOMES = {"arrived": "arrived_at", "bounced": "bounced_at"}


@dataclass(frozen=True)
class Finding:
    """A contact point that somebody should look at."""

    guest: Guest
    kind: str
    value: str
    reason: str
    verified_at: datetime | None
    verified_by: str | None


@dataclass(frozen=True)
class Findings:
    """Some findings of a house, the worst first. A page may be short while there is more."""

    items: list[Finding]
    next: str | None


# -- what is noted -----------------------------------------------------------------------------------------


def note_contact(unit: Unit, guest_id: str, address_hash: str, outcome: str, at: datetime) -> None:
    """Note in the caller's unit that a mail to an address `arrived` or `bounced` for good. One item, no read."""
    ContactFacts.note(unit, guest_id, f"email#{address_hash}", OUTCOMES[outcome], at)


def verify(scope: Scope, guest_id: str, kind: str, value: str) -> None:
    """Note that somebody has checked a contact point with the guest. Raises NotFound for one the guest has not."""
    guest = get(scope, guest_id)
    point = point_of(scope, kind, text.email_key(value) if kind == "email" else value)
    if point not in {known for known, _, _ in _points(scope, guest)}:
        raise NotFound()
    unit = Unit(scope)
    ContactFacts.note(unit, guest.id, point, "checked_at", scope.now)
    unit.unchanged(guest)
    unit.audit("guest.contact_verified", guest.id, kind=kind)
    unit.commit()


# -- the rule and the run ----------------------------------------------------------------------------------


def set_rule(scope: Scope, stale_months: int) -> QualityFigures:
    """After how many months without a sign a contact point is stale; and look at all of them now, and every week."""

    def attempt() -> QualityFigures:
        settings = QualityFigures.settings(scope)
        unit = Unit(scope)
        if settings is None:
            settings = QualityFigures(chain_id=scope.chain_id, property_id=SETTINGS, stale_months=stale_months)
            unit.create(settings)
        else:
            settings.stale_months = stale_months
            unit.update(settings)
        agenda.arm(
            unit, subject_id=scope.chain_id, kind=QUALITY_KIND, due_at=scope.now, is_recurring=True, is_nudged=True
        )
        unit.audit("chain.quality_rule_set", scope.chain_id, stale_months=stale_months)
        unit.commit()
        return settings

    return retried(attempt)


def step(scope: Scope, work: Work, unit: Unit) -> Again:
    """Look at some guests; at the end write the figures, and come again in a week. Each step is one transaction.

    Where it stands and what it has counted travel with the item, so that a crash repeats one step at most.
    """
    state = work.detail
    run, bucket = str(state.get("run") or new_id("run")), int(state.get("bucket", 0))
    counts: dict[str, dict[str, int]] = dict(state.get("counts", {}))
    settings = QualityFigures.settings(scope)
    months = int(settings.stale_months or rules.STALE_MONTHS_DEFAULT) if settings else rules.STALE_MONTHS_DEFAULT
    after = state.get("after")
    guests_looked_at = 0
    while bucket < BUCKETS and guests_looked_at < rules.GUESTS_PER_STEP and unit.size < rules.FINDINGS_PER_STEP:
        ids, after = some_of(scope, bucket, after, limit=rules.GUESTS_PER_STEP)
        last = _look_at(scope, unit, ids, run, months, counts)
        after = {"guest_key": {"S": scope.key(last)}} if last is not None else after
        guests_looked_at += len(ids)
        bucket += 0 if after else 1
    if bucket >= BUCKETS:
        return _ended(scope, unit, run, counts, settings)
    going_on = {"run": run, "bucket": bucket, "counts": counts}
    return Again(scope.now, detail={**going_on, "after": after} if after else going_on, is_nudged=True)


def after_failure(scope: Scope, work: Work) -> Again:
    """How a run that failed for good goes on: anew, in a week."""
    return Again(scope.now + rules.EVERY, detail=RESTED)


# -- what it found -----------------------------------------------------------------------------------------


def figures(scope: Scope, *, limit: int, after: str | None = None) -> tuple[list[QualityFigures], str | None]:
    """The figures of the houses that the caller sees, and the cursor of those that follow."""
    place = cursor.decode(scope, "quality", after)
    page = QualityFigures.of_chain(scope, limit=limit, after=place)
    shown = [one for one in page.items if one.property_id != SETTINGS and _is_seen(scope, str(one.property_id))]
    return shown, cursor.encode(scope, "quality", page.next_key)


def rule(scope: Scope) -> int:
    """After how many months a contact point is stale."""
    settings = QualityFigures.settings(scope)
    return int(settings.stale_months or rules.STALE_MONTHS_DEFAULT) if settings else rules.STALE_MONTHS_DEFAULT


def findings(scope: Scope, property_id: str, *, limit: int, after: str | None = None) -> Findings:
    """What the last run found in a house, as far as it is still so. Raises NotFound beyond the wall."""
    if property_id != rules.HOUSELESS:
        directory.property_of(scope, property_id)
    elif scope.property_ids is not None:
        raise NotFound()
    settings = QualityFigures.settings(scope)
    run = str(settings.run) if settings and settings.run else ""
    purpose = f"findings|{property_id}|{run}"
    place = cursor.decode(scope, purpose, after)
    if not run:
        return Findings([], None)
    page = ContactFinding.of(scope, property_id, run, limit=limit, after=place)
    guests = find_many(scope, [row.parts[1] for row in page.items])
    known = ContactFacts.many(scope, [(row.parts[1], row.parts[2]) for row in page.items]) if page.items else {}
    items = []
    for row in page.items:
        reason, guest_id, point = row.parts
        guest = guests.get(guest_id)
        held = {known_point: (kind, value) for known_point, kind, value in _points(scope, guest)} if guest else {}
        if guest is None or point not in held:
            continue
        kind, value = held[point]
        facts = _facts(guest, known.get((guest_id, point)))
        now_wrong = rules.finding(kind, value, facts, scope.now, int(settings.stale_months or 0) if settings else 0)
        if now_wrong == reason:
            items.append(Finding(guest, kind, value, reason, facts.verified_at, facts.verified_by))
    return Findings(items, cursor.encode(scope, purpose, page.next_key))


# -- inside ------------------------------------------------------------------------------------------------


def _look_at(
    scope: Scope, unit: Unit, guest_ids: list[str], run: str, months: int, counts: dict[str, dict[str, int]]
) -> str | None:
    """Add what is wrong with some guests' contact points; who was the last, if the step is full before the end."""
    guests = Guest.many(scope, guest_ids, is_consistent=False) if guest_ids else {}
    living = [guests[one] for one in guest_ids if one in guests and not guests[one].merged_into]
    points = {guest.id: _points(scope, guest) for guest in living}
    keys = [(guest_id, point) for guest_id, held in points.items() for point, _, _ in held]
    known = ContactFacts.many(scope, keys) if keys else {}
    expires_at = real_now() + FINDINGS_KEPT
    for guest in living:
        house = str(guest.home_property_id or min(guest.property_ids, default=rules.HOUSELESS))
        for point, kind, value in points[guest.id]:
            facts = _facts(guest, known.get((guest.id, point)))
            reason = rules.finding(kind, value, facts, scope.now, months)
            rules.counted(counts, house, reason)
            if reason is not None:
                key = scope.key(house, run)
                unit.put(ContactFinding(run_key=key, finding=f"{reason}#{guest.id}#{point}", expires_at=expires_at))
        if unit.size >= rules.FINDINGS_PER_STEP and guest is not living[-1]:
            return str(guest.id)
    return None


def _ended(
    scope: Scope, unit: Unit, run: str, counts: dict[str, dict[str, int]], settings: QualityFigures | None
) -> Again:
    """Write the figures, some houses at a time, and with the last of them that this run is the one to show."""
    houses = sorted(counts)
    for house in houses[:FIGURES_PER_STEP]:
        unit.put(
            QualityFigures(
                chain_id=scope.chain_id, property_id=house, run=run, counted_at=scope.now, **counts[house]
            )
        )
    left = {house: counts[house] for house in houses[FIGURES_PER_STEP:]}
    if left:
        return Again(scope.now, detail={"run": run, "bucket": BUCKETS, "counts": left}, is_nudged=True)
    if settings is not None:
        settings.run, settings.counted_at = run, scope.now
        unit.update(settings)
    return Again(scope.now + rules.EVERY, detail=RESTED)


def _points(scope: Scope, guest: Guest) -> list[tuple[str, str, str]]:
    """A guest's contact points: key, kind and value, each once."""
    emails = [(point_of(scope, "email", text.email_key(one)), "email", str(one)) for one in guest.emails]
    phones = [(point_of(scope, "phone", one), "phone", str(one)) for one in guest.phones]
    return list({one[0]: one for one in [*emails, *phones]}.values())


def _facts(guest: Guest, row: ContactFacts | None) -> Facts:
    def at(value: str | None) -> datetime | None:
        return from_sortable(value) if value else None

    if row is None:
        return Facts(guest.created_at)
    return Facts(guest.created_at, at(row.arrived_at), at(row.checked_at), at(row.bounced_at))


def _is_seen(scope: Scope, property_id: str) -> bool:
    return scope.property_ids is None if property_id == rules.HOUSELESS else scope.sees_property(property_id)

