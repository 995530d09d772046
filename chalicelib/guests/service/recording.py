"""Use-cases that write one guest: create, change, and what another system says under its own number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.directory import service as directory
from chalicelib.guests import rules
from chalicelib.guests.models import ExternalId, Guest
from chalicelib.guests.rules import ExternalKey, Faults
from chalicelib.guests.service import families, particulars, writing
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.writing import Footprint
from chalicelib.kernel.errors import Forbidden, Invalid, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried

if TYPE_CHECKING:
    from chalicelib.guests.schemas import GuestIn, GuestPatch

UPSERT_TRIES_MAX = 12  # of so many writers of one number at a time each gets through


def create(scope: Scope, body: GuestIn, *, id: str | None = None) -> Guest:
    """A new guest. Nobody is refused because a contact point is known: two people may share one.

    Raises Invalid, and NumberTaken if an external id belongs to another guest.
    """
    return _create(scope, body, id or new_id("gst"), under=None)


def update(scope: Scope, guest_id: str, patch: GuestPatch, expected_version: int) -> Guest:
    """Change a guest: absent fields stay, null empties. Raises NotFound, Stale, Invalid, NumberTaken."""
    guest = get(scope, guest_id)
    if guest.version != expected_version:
        raise Stale()
    before = Footprint.of(guest)
    changed = particulars.apply(guest, particulars.read(scope, patch, guest))
    _write_changes(scope, guest, before, changed, [], source_id=families.source_of(guest, guest_id))
    return guest


def upsert_external(scope: Scope, system: str, property_id: str, external_id: str, body: GuestIn) -> tuple[Guest, bool]:
    """What another system knows of the guest that it calls `external_id`: the guest, and whether it is new.

    `property_id` is `-` for a number of the whole chain. Fields that are absent stay as they are; a consent takes
    effect only if it is newer than what is known. Many at once make one guest.
    Raises NotFound, Forbidden, Invalid, NumberTaken.
    """
    key = _external_key(scope, system, property_id, external_id)
    return retried(lambda: _upsert(scope, key, body), tries_max=UPSERT_TRIES_MAX)


# -- inside ------------------------------------------------------------------------------------------------


def _upsert(scope: Scope, key: ExternalKey, body: GuestIn) -> tuple[Guest, bool]:
    number = rules.external_tuple(key)
    guest_id = ExternalId.many(scope, [number]).get(number)
    if guest_id is None:
        return _create(scope, body, new_id("gst"), under=key), True
    guest = get(scope, guest_id)
    before = Footprint.of(guest)
    words = particulars.read(scope, body, guest, under=key)
    statements = particulars.statements(scope, body.consents)
    source_id, own = families.source_of(guest, guest_id), None
    if guest.absorbed_ids:
        told = {name: value for name, value in words.items() if name in body.model_fields_set}
        words, own = families.news_of(scope, guest, source_id, told, statements)
    changed = particulars.apply(guest, words)
    said = particulars.declare(scope, guest, statements, is_reported=True)
    _write_changes(scope, guest, before, changed, said, source_id=source_id, own=own)
    return guest, False


def _create(scope: Scope, body: GuestIn, guest_id: str, *, under: ExternalKey | None) -> Guest:
    guest = particulars.blank(scope, guest_id)
    changed = particulars.apply(guest, particulars.read(scope, body, guest, under=under))
    said = particulars.declare(scope, guest, particulars.statements(scope, body.consents), is_reported=False)
    unit = Unit(scope)
    writing.stage_new(unit, guest, under=under)
    writing.stage_consents(unit, guest, said)
    unit.audit("guest.created", guest.id)
    writing.announce(unit, guest, [*changed, *(["consents"] if said else [])], is_new=True)
    unit.commit()
    return guest


def _write_changes(
    scope: Scope,
    guest: Guest,
    before: Footprint,
    changed: set[str],
    said: list[dict[str, str]],
    *,
    source_id: str,
    own: Mapping[str, Any] | None = None,
) -> None:
    """Write what differs, or nothing if nothing does. `own` is what only a source of a merged guest has new."""
    fields = changed | ({"consents"} if said else set()) | set(own or ())
    if not fields:
        return
    unit = Unit(scope)
    writing.stage_changed(unit, guest, before, source_id=source_id, said=own)
    writing.stage_consents(unit, guest, said, source_id)
    unit.audit("guest.updated", guest.id, fields=",".join(sorted(fields)))
    writing.announce(unit, guest, fields, is_new=False)
    unit.commit()


def _external_key(scope: Scope, system: str, property_id: str, external_id: str) -> ExternalKey:
    """The key that an address names. Raises Invalid, NotFound, and Forbidden for a chain's number."""
    faults = Faults()
    cleaned_system = faults.read("?system", rules.clean_system, system)
    cleaned_id = faults.read("?external_id", rules.clean_external_id, external_id)
    if cleaned_system is None or cleaned_id is None:
        raise Invalid(errors=tuple(faults.errors))
    if property_id == rules.CHAIN_WIDE:
        if scope.property_ids is not None:
            raise Forbidden(N_("Numbers of the whole chain are head office's."))
        return {"system": cleaned_system, "property_id": None, "id": cleaned_id}
    return {
        "system": cleaned_system,
        "property_id": directory.property_of(scope, property_id).id,
        "id": cleaned_id,
    }
