"""A guest at the desk: found by whatever they say or show, in two round trips.

First every index is asked at the same time, then the guests are read together. Names search the caller's own guests. A
whole phone number, e-mail address or number of the chain also finds a stranger to the house: their name, their tier and
what restricts contact, no more; who looked is noted with the guest, and it can be done so often an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from chalicelib.directory import service as directory
from chalicelib.guests import rules
from chalicelib.guests.models import GIVEN, INITIALS, NAMES, ContactPoint, ExternalId, Guest, contact_key
from chalicelib.guests.models.lookups import FindCounter, beginning
from chalicelib.guests.rules import lookups as limits
from chalicelib.guests.rules.lookups import KINDS, Meaning, TooManyFinds, meaning_of
from chalicelib.guests.service import lookups
from chalicelib.guests.service.lookups import Asked, Hit, Read
from chalicelib.kernel import text
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.together import together
from chalicelib.kernel.unit import Unit


@dataclass(frozen=True)
class Found:
    """A guest, how they were found (the surest way first), their room if by it, and their tier if they have one."""

    guest: Guest
    matched: tuple[str, ...]
    room_number: str | None = None
    tier: str | None = None


@dataclass(frozen=True)
class Lookup:
    """The caller's own guests, and strangers to the caller's houses, of whom only little may be shown.

    `is_cut`: more guests fit than are shown. `is_withheld`: strangers fit too, but the hour's finds are used up.
    """

    own: list[Found]
    strangers: list[Found]
    is_cut: bool = False
    is_withheld: bool = False


def look_up(scope: Scope, query: str) -> Lookup:
    """Whom somebody at a desk may mean. Raises Invalid, and TooManyFinds for too many strangers in an hour."""
    faults = rules.Faults()
    meaning = faults.read("/q", meaning_of, query)
    if meaning is None:
        raise Invalid(errors=tuple(faults.errors))
    phones = _phones(scope, meaning.phone)
    hits = [hit for found in together(_reads(scope, meaning, phones)) for hit in found]
    hits.sort(key=lambda hit: KINDS.index(hit.kind))
    by_guest: dict[str, list[Hit]] = {}
    for hit in hits:
        by_guest.setdefault(hit.guest_id, []).append(hit)
    wanted = list(by_guest)[: limits.FETCHED_MAX]
    guests, tiers = _fetched(scope, wanted)
    found = [
        Found(guest, matched, next((hit.room_number for hit in by_guest[one] if hit.room_number), None), tiers.get(one))
        for one, guest in guests.items()
        if (matched := _matched(guest, one, by_guest[one], meaning, phones))
    ]
    found = list({one.guest.id: one for one in reversed(found)}.values())
    found.sort(key=lambda one: (KINDS.index(one.matched[0]), str(one.guest.name_key), one.guest.id))
    own = [one for one in found if scope.sees_any(one.guest.property_ids)]
    strangers = _strangers(scope, found, by_guest)
    is_withheld = not _noted(scope, strangers, has_own=bool(own))
    is_cut = len(own) > limits.FOUND_MAX or len(by_guest) > limits.FETCHED_MAX
    return Lookup(own[: limits.FOUND_MAX], [] if is_withheld else strangers, is_cut, is_withheld)


# -- the first round trip ----------------------------------------------------------------------------------


def _reads(scope: Scope, meaning: Meaning, phones: Sequence[str]) -> list[Read]:
    """Every place to look at, each a query of its own."""
    reads: list[Read] = []
    for house in _houses(scope):
        for is_first, prefix in meaning.prefixes:
            reads.append(partial(_named, scope, NAMES if is_first else GIVEN, prefix, house, "name"))
        if meaning.initials:
            reads.append(partial(_named, scope, INITIALS, meaning.initials, house, "initials"))
    if meaning.email:
        reads.append(partial(_owners, scope, "email", meaning.email))
    reads += [partial(_owners, scope, "phone", phone) for phone in phones]
    if meaning.number:
        reads.append(partial(_numbered, scope, meaning.number))
        reads += lookups.reads_of(scope, Asked(meaning.number, tuple(_rooms_at(scope))))
    return reads


def _houses(scope: Scope) -> list[str | None]:
    """The houses whose guests are searched by name, one by one; or None, the chain."""
    seen = scope.property_ids
    if seen is None or len(seen) > limits.HOUSES_MAX:
        return [None]
    return [*sorted(seen)]


def _rooms_at(scope: Scope) -> list[str]:
    """The houses in which a number may be a room's: the caller's, unless there are too many for it to mean anything."""
    houses = sorted(scope.property_ids or (str(one.id) for one in directory.properties(scope)))
    return houses if len(houses) <= limits.HOUSES_MAX else []


def _phones(scope: Scope, typed: str) -> list[str]:
    """The numbers that may be meant: as dialled at the caller's properties, or with its country code and no +."""
    if not typed:
        return []
    countries = {str(one.country) for one in directory.properties(scope)} if scope.property_ids else set()
    ways: list[tuple[str, str | None]] = [
        (typed, country)
        for country in sorted(countries or {str(directory.chain_of(scope).country)})[: limits.COUNTRIES_MAX]
    ]
    if not typed.startswith(("+", "\uff0b", "0")):
        ways.append((f"+{typed}", None))
    found = []
    for written, country in ways:
        try:
            found.append(text.normalise_phone(written, country))
        except InvalidValue:
            continue
    return rules.distinct(found)


def _named(scope: Scope, index: str, prefix: str, property_id: str | None, kind: str) -> list[Hit]:
    rows = beginning(scope, index, prefix, property_id, limit=limits.ROWS_PER_INDEX)
    return [Hit(kind, guest_id) for guest_id in rows]


def _owners(scope: Scope, kind: str, value: str) -> list[Hit]:
    owners = ContactPoint.page(contact_key(scope, kind, value), limit=limits.ROWS_PER_INDEX).items
    is_exact = len(owners) <= limits.BEYOND_SHOWN_MAX
    return [Hit(kind, str(one.guest_id), is_exact) for one in owners]


def _numbered(scope: Scope, number: str) -> list[Hit]:
    """Whose the number is: in the caller's houses, or in the chain, where it also means a stranger to the house."""
    try:
        cleaned = rules.clean_external_id(number)
    except InvalidValue:
        return []
    pointers = ExternalId.of_number(scope, cleaned, limit=limits.ROWS_PER_INDEX)
    return [
        Hit("external_id", str(one.guest_id), one.property_id is None)
        for one in pointers
        if one.property_id is None or scope.sees_property(one.property_id)
    ]


# -- the second --------------------------------------------------------------------------------------------


def _fetched(scope: Scope, guest_ids: list[str]) -> tuple[dict[str, Guest], dict[str, str]]:
    """The guests under the ids that were found, and their tiers. Who was merged is the survivor."""
    if not guest_ids:
        return {}, {}
    guests: dict[str, Guest] = {}
    tiers: dict[str, str] = {}
    together(
        [
            lambda: guests.update(Guest.many(scope, guest_ids, is_consistent=False)),
            lambda: tiers.update(lookups.tiers_of(scope, guest_ids)),
        ]
    )
    gone = {one: str(guest.merged_into) for one, guest in guests.items() if guest.merged_into}
    survivors = Guest.many(scope, gone.values(), is_consistent=False) if gone else {}
    found = {one: survivors.get(gone[one]) if one in gone else guests.get(one) for one in guest_ids}
    return {one: guest for one, guest in found.items() if guest is not None and not guest.merged_into}, tiers


def _matched(
    guest: Guest, asked_id: str, hits: Iterable[Hit], meaning: Meaning, phones: Sequence[str]
) -> tuple[str, ...]:
    """How a guest was found, as far as it is true of the record: an index may be a moment behind."""
    was_merged = guest.id != asked_id
    names = [key for key in (guest.name_key, guest.given_key) if key]
    kinds: dict[str, None] = {}
    for hit in hits:
        kind = hit.kind
        if kind == "name":
            is_written = any(rules.begins(key, meaning.folded) for key in names)
            kind = "name" if is_written else "pinyin"
            is_true = is_written or any(key.startswith(one.prefix) for key in names for one in meaning.prefixes)
        elif kind == "initials":
            is_true = str(guest.initials_key or "").startswith(meaning.initials)
        elif kind == "email":
            is_true = meaning.email in map(text.email_key, guest.emails)
        elif kind == "phone":
            is_true = not set(phones).isdisjoint(guest.phones)
        else:
            is_true = True
        if is_true or was_merged:
            kinds[kind] = None
    return tuple(sorted(kinds, key=KINDS.index))


# -- beyond the wall ---------------------------------------------------------------------------------------


def _strangers(scope: Scope, found: list[Found], by_guest: dict[str, list[Hit]]) -> list[Found]:
    exact = {one: [hit.kind for hit in hits if hit.is_exact] for one, hits in by_guest.items()}
    strangers = []
    for one in found:
        ways = {kind for guest_id in one.guest.ids for kind in exact.get(guest_id, ())}
        if ways and not scope.sees_any(one.guest.property_ids):
            strangers.append(Found(one.guest, tuple(sorted(ways, key=KINDS.index)), None, one.tier))
    return strangers[: limits.BEYOND_SHOWN_MAX]


def _noted(scope: Scope, strangers: list[Found], *, has_own: bool) -> bool:
    """Note who looked at whom; False if the hour's finds are used up and own guests were found. Raises TooManyFinds."""
    if not strangers:
        return True
    now = real_now()
    wait = limits.retry_after_s(now.minute * 60 + now.second)
    refusal = TooManyFinds(retry_after_s=wait)
    unit = Unit(scope)
    FindCounter.add(unit, now, len(strangers), finds_max=limits.BEYOND_PER_HOUR_MAX, refusal=refusal)
    for one in strangers:
        unit.audit("guest.found_elsewhere", one.guest.id, matched=",".join(one.matched))
    try:
        unit.commit()
    except TooManyFinds:
        if not has_own:
            raise
        return False
    return True
