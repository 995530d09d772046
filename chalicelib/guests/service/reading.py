"""Named reads of guests, for the doors and for other contexts. Beyond the caller's wall there is nobody."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.guests import rules
from chalicelib.guests.models import ContactPoint, ExternalId, Guest, contact_key
from chalicelib.kernel import text
from chalicelib.kernel.errors import NotFound, Refusal
from chalicelib.kernel.ids import is_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

OWNERS_COUNTED_MAX = 10  # nobody asks for more: beyond three owners a contact point is shared

# Whoever went into another leads to it at once. While a merge is undone or made between two reads it may be one more.
HOPS_MAX = 3

Number = tuple[str, str | None, str]  # system, property (None or "-": of the chain), external id


def get(scope: Scope, guest_id: str) -> Guest:
    """A guest. Raises NotFound, also for one that no house within the caller's wall knows."""
    guest = find(scope, guest_id)
    if guest is None:
        raise NotFound()
    return guest


def find(scope: Scope, guest_id: str) -> Guest | None:
    """A guest within the caller's wall, or None. One read; of one who went into another, who answers, a second one."""
    guest = Guest.one(scope, guest_id) if is_id(guest_id, "gst") else None
    for _ in range(HOPS_MAX):
        if guest is None or not guest.merged_into:
            break
        guest = Guest.one(scope, guest.merged_into)
    return guest if guest is not None and scope.sees_any(guest.property_ids) else None


def find_many(scope: Scope, guest_ids: Iterable[str]) -> dict[str, Guest]:
    """Those of many guests that are within the caller's wall, by the id asked for. One call per hundred.

    Of one who went into another that one answers, after a second call for all of them; two ids may be one guest.
    """
    wanted = [guest_id for guest_id in guest_ids if is_id(guest_id, "gst")]
    found = followed(scope, Guest.many(scope, wanted)) if wanted else {}
    return {guest_id: guest for guest_id, guest in found.items() if scope.sees_any(guest.property_ids)}


def followed(scope: Scope, found: dict[str, Guest]) -> dict[str, Guest]:
    """The same guests by the same ids, with the survivors in the place of those who went into them."""
    for _ in range(HOPS_MAX):
        leads = {guest_id: str(guest.merged_into) for guest_id, guest in found.items() if guest.merged_into}
        if not leads:
            break
        known = {str(guest.id): guest for guest in found.values()}
        missing = set(leads.values()) - known.keys()
        if missing:
            known |= Guest.many(scope, missing)
        found = {
            guest_id: known[leads.get(guest_id, str(guest.id))]
            for guest_id, guest in found.items()
            if leads.get(guest_id, str(guest.id)) in known
        }
    return found


def ids_by_external(scope: Scope, keys: Iterable[Number]) -> dict[Number, str]:
    """Whose the external ids are, of those known within the caller's wall, under the keys as they were given."""
    asked = {
        key: (key[0], None if key[1] == rules.CHAIN_WIDE else key[1], key[2])
        for key in keys
        if key[1] in (None, rules.CHAIN_WIDE) or scope.sees_property(str(key[1]))
    }
    found = ExternalId.many(scope, set(asked.values())) if asked else {}
    return {key: found[number] for key, number in asked.items() if number in found}


def contact_owner_count(scope: Scope, kind: str, value: str) -> int:
    """How many guests of the chain own an e-mail address (`email`) or a number (`phone`); counts up to ten."""
    compared = text.email_key(value) if kind == "email" else value
    page = ContactPoint.page(contact_key(scope, kind, compared), limit=OWNERS_COUNTED_MAX)
    return len(page.items)


def contact_owners(scope: Scope, kind: str, value: str) -> list[str]:
    """Ids of the guests who own an e-mail address (`email`) or a number (`phone`); ten at most."""
    compared = text.email_key(value) if kind == "email" else value
    page = ContactPoint.page(contact_key(scope, kind, compared), limit=OWNERS_COUNTED_MAX)
    return [str(one.guest_id) for one in page.items]


def check_unchanged(unit: Unit, guest: Guest, refusal: Refusal | None = None) -> None:
    """Make `unit` depend on the guest being as it was read; else it raises `refusal`, by default Stale."""
    unit.unchanged(guest, refusal=refusal)
