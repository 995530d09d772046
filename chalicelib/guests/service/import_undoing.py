"""Takes back what an import did to guests: those it created go, what it changed becomes what it was.

What has changed since is kept: a field whose value is no longer the one that the import gave it, and a guest who is no
longer as the import left them, or on whom another context holds something (see `ports`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from chalicelib.guests import rules
from chalicelib.guests.events import GUEST_REMOVED
from chalicelib.guests.models import ConsentEntry, ContactPoint, ExternalId, Guest, HouseGuest
from chalicelib.guests.service import writing
from chalicelib.guests.service.holdings import kept
from chalicelib.guests.service.pairing import arm_match_group
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel import agenda
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.imports import Undone
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

UNDO_GROUP_ROWS = 7  # of at most twelve items each: a guest with all rows that lead to them, and what is told of it
CONSENT_ENTRIES_MAX = 4  # of a guest who goes: an import declares once a group of rows, an undoing once more

CHANGED = N_("It has been changed since.")
MERGED = N_("It has been merged with another guest.")
GONE = N_("It is no longer there.")

# Whose image it is and its content: of a guest who was created a hash, and the id of the line that tells of the
# consents that came along; of one who was changed [before, hash after] by field.
Image = list[Any]

# What is reckoned from the rest, or tells of the record itself: no change of the guest.
_RECKONED = frozenset(
    {"guest_key", "schema", "version", "created_at", "updated_at", "list_key", "updated_key"}
    | {"name_bucket", "name_key", "given_bucket", "given_key"}
)
_HASH_BYTES = 8
_encode = json.JSONEncoder(sort_keys=True, check_circular=False, default=str).encode  # made once: every row is hashed
_HOUSES = "property_ids"


def image_of_new(guest: Guest, entry: ConsentEntry | None) -> Image:
    """What tells later whether a guest is still as they were created, and the line that came with them, if one did."""
    told = [guest.id, _hash(_content(guest))]
    return told if entry is None else [*told, str(entry.entry_id)]


def image_of_changed(guest: Guest, was: Mapping[str, Any], fields: Iterable[str]) -> Image:
    """What some fields held before, and what tells later whether they hold what was given to them."""
    values = guest.attribute_values
    return [guest.id, {name: [_plain(was.get(name)), _hash(_plain(values.get(name)))] for name in sorted(fields)}]


def stage_undo(
    scope: Scope, unit: Unit, images: Sequence[Image], *, seen: dict[str, Guest] | None = None
) -> list[Undone]:
    """Add to `unit` what takes some images back and answer what becomes of each, in order; a guest stands in one only.

    Committing raises Stale if somebody wrote one of the guests meanwhile. With `seen` nothing is going to be committed:
    it carries, from call to call, guests as earlier images would have left them.
    """
    found = Guest.many(scope, [str(image[0]) for image in images])
    for guest_id in found.keys() & (seen or {}).keys():
        found[guest_id] = (seen or {})[guest_id]
    in_danger = [one for one, told, *_ in images if isinstance(told, str) or _HOUSES in told]
    held = kept(scope, [one for one in in_danger if one in found])
    answers = []
    for guest_id, told, *lines in images:
        guest = found.get(guest_id)
        if guest is None:
            answers.append(Undone("kept", guest_id, GONE))
        elif guest.merged_into or guest.absorbed_ids:
            answers.append(Undone("kept", guest_id, MERGED))
        elif isinstance(told, str):
            answers.append(_taken_away(unit, guest, told, lines, held.get(guest_id)))
        else:
            answers.append(_put_back(unit, guest, told, guest_id in held))
            if seen is not None:
                seen[guest_id] = guest
    gone = [found[one.record_id] for one in answers if one.outcome == "removed"]
    if gone:
        # Nobody is compared with them any more: one item for all, where an event for each would make two of each.
        arm_match_group(unit, gone[0].id, [guest.id for guest in gone])
        unit.after(lambda: _bring_back_held(scope, gone))
    return answers


# -- inside ------------------------------------------------------------------------------------------------


def _taken_away(unit: Unit, guest: Guest, told: str, lines: Sequence[str], reason: str | None) -> Undone:
    """Remove a guest who is still as the import created them, with every row that leads to them."""
    if reason is None and told != _hash(_content(guest)):
        reason = CHANGED
    if reason is not None:
        return Undone("kept", guest.id, reason)
    scope, own = unit.scope, Footprint.of(guest)
    entries = _declared(scope, guest, lines)
    if len(entries) > CONSENT_ENTRIES_MAX:  # somebody declared a consent and took it back
        return Undone("kept", guest.id, CHANGED)
    for kind, value in sorted(own.points):
        unit.delete(ContactPoint.of(scope, kind, value, guest.id))
    for key in own.numbers:
        unit.delete(ExternalId.of(scope, key, guest.id))
    for property_id in sorted(own.houses):
        unit.delete(HouseGuest.of(guest, property_id))
    for entry in entries:
        unit.delete(entry)
    unit.delete(guest)
    unit.audit("guest.removed", guest.id, source="import_undone")
    agenda.announce(unit, Event(GUEST_REMOVED, guest.id, int(guest.version)))
    return Undone("removed", guest.id)


def _declared(scope: Scope, guest: Guest, lines: Sequence[str]) -> list[ConsentEntry]:
    """What was declared of a guest who goes. Of one whom nobody has written since it is what came along, if that is on
    record, and needs no reading."""
    if int(guest.version) == 1 and (lines or not guest.consents):
        return [ConsentEntry(guest_key=guest.guest_key, entry_id=one) for one in lines]
    return ConsentEntry.newest(scope, guest.id, limit=CONSENT_ENTRIES_MAX + 1)


def _bring_back_held(scope: Scope, gone: Sequence[Guest]) -> None:
    """Bring back guests on whom somebody began to hold something while they were being removed.

    Whoever looks for a guest from now on finds none; so what there is to be found is found by looking once more.
    """
    held = kept(scope, [guest.id for guest in gone])
    for guest in gone:
        if guest.id in held:
            unit = Unit(scope)
            writing.stage_new(unit, guest)
            writing.stage_consents(unit, guest, _declared_again({}, dict(guest.consents)))
            unit.audit("guest.created", guest.id, source="import_undone")
            writing.announce(unit, guest, (), is_new=True)
            unit.commit()


def _put_back(unit: Unit, guest: Guest, told: Mapping[str, Any], is_held: bool) -> Undone:
    """Give fields back what they held before the import, those that still hold what it gave them."""
    values, before = guest.attribute_values, Footprint.of(guest)
    own = {name: was for name, (was, after) in told.items() if _hash(_plain(values.get(name))) == after}
    if is_held:
        own.pop(_HOUSES, None)  # the guest has stayed there by now
    if not rules.has_name(own.get("given_name", guest.given_name), own.get("family_name", guest.family_name)):
        own = {name: was for name, was in own.items() if name not in ("given_name", "family_name")}
    left = tuple(sorted(told.keys() - own.keys()))
    if not own:
        return Undone("kept", guest.id, CHANGED, left)
    consents = dict(guest.consents)
    for name, was in own.items():
        setattr(guest, name, set(was or ()) if name == _HOUSES else was)
    writing.stage_changed(unit, guest, before)
    for property_id in sorted(before.houses - guest.property_ids):
        unit.delete(HouseGuest.of(guest, property_id))
    if "consents" in own:
        writing.stage_consents(unit, guest, _declared_again(consents, dict(guest.consents)))
    unit.audit("guest.import_undone", guest.id, fields=",".join(sorted(own)))
    writing.announce(unit, guest, own, is_new=False)
    return Undone("restored", guest.id, CHANGED if left else None, left)


def _declared_again(after: Mapping[str, Any], before: Mapping[str, Any]) -> list[dict[str, str]]:
    """What holds again, for the guest's history. What had not been declared before leaves no line."""
    changes = []
    for key, held in before.items():
        if after.get(key) != held:
            purpose, _, channel = key.partition(":")
            changes.append({"purpose": purpose, "channel": channel, **held})
    return changes


def _content(guest: Guest) -> dict[str, Any]:
    """All that is said of a guest. What is empty is left out, so that a field new to the product is no change."""
    return {
        name: sorted(value) if type(value) is set else value
        for name, value in guest.attribute_values.items()
        if value and name not in _RECKONED
    }


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else value


def _hash(value: Any) -> str:
    return blake2b(_encode(value).encode(), digest_size=_HASH_BYTES).hexdigest()  # plain ASCII
