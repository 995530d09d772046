"""Takes back what an import did to stays: those it brought go, those it changed become what they were.

A stay is the whole of what its source says, so it is put back as a whole, if it still says what the import made it say.
What has followed from it follows again: points by the facts that are announced here, as for any other change. Messages
that were sent stay sent, and a house goes on knowing guests whom it has seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.kernel.agenda import announce
from chalicelib.kernel.clock import from_sortable, sortable
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.imports import Undone
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.stays.events import STAY_CHANGED
from chalicelib.stays.models import Stay, StayPointer
from chalicelib.stays.rules import Line, Source, State, Told
from chalicelib.stays.service.writing import Draft, stage

UNDO_GROUP_ROWS = 14  # of at most six items each: a stay that moves back, its two pointers, and what is told of it

HAS_STAYS = N_("The guest has stays.")
CHANGED = N_("It has been changed since.")
GONE = N_("It is no longer there.")
NO_GUEST = N_("The guest whose stay it was is no longer there.")

# Of a stay that was brought: its id and the hash of all that is said of it; of one that was changed also, by field,
# what was said before and is not said now.
Image = list[Any]

_HASH_BYTES = 8
_encode = json.JSONEncoder(sort_keys=True, check_circular=False, default=vars).encode


def guests_with_stays(scope: Scope, guest_ids: Sequence[str]) -> dict[str, str]:
    """Those of some guests who have a stay, wherever in the chain."""
    found = Stay.occupied(map(scope.key, guest_ids))
    return {one: HAS_STAYS for one in guest_ids if scope.key(one) in found}


def image_of(draft: Draft) -> Image:
    """By what a draft that was heard can be taken back."""
    after = _plain(draft.after)
    if draft.before is None:
        return [draft.stay_id, _hash(after)]
    before = _plain(draft.before)
    differs = {name: _lines(value) for name, value in before.items() if value != after[name]}
    return [draft.stay_id, _hash(after), differs]


def stage_undo(
    scope: Scope, unit: Unit, images: Sequence[Image], *, seen: dict[str, State] | None = None
) -> list[Undone]:
    """Add to `unit` what takes some images back and answer what becomes of each, in order; a stay stands in one only.

    Four batches of reads at most. Committing raises Stale if somebody wrote one of the stays meanwhile. With `seen`
    nothing is going to be committed: it carries, from call to call, stays as earlier images would have left them.
    """
    places = StayPointer.by_ids(scope, [str(image[0]) for image in images])
    stays = Stay.many(scope, [(str(one.guest_id), str(one.stay_id)) for one in places.values()])
    drafts = {stay_id: Draft.of(stay) for stay_id, stay in stays.items()}
    for stay_id in drafts.keys() & (seen or {}).keys():
        drafts[stay_id].before = drafts[stay_id].after = (seen or {})[stay_id]
    brought = [stays[stay_id] for stay_id, _, *was in images if stay_id in stays and not was]
    pointers = StayPointer.present(scope, brought)
    former = _former_guests(scope, images)
    answers = []
    for stay_id, told, *was in images:
        draft = drafts.get(stay_id)
        if draft is None:
            answers.append(Undone("kept", stay_id, GONE))
        elif _hash(_plain(draft.before)) != told:
            answers.append(Undone("kept", stay_id, CHANGED))
        elif not was:
            answers.append(_taken_away(unit, stays[stay_id], pointers))
        else:
            answers.append(_put_back(unit, draft, was[0], former))
            if seen is not None and draft.after is not None:
                seen[stay_id] = draft.after
    return answers


# -- inside --------------------------------------------------------------------------------------------------------


def _former_guests(scope: Scope, images: Sequence[Image]) -> set[str]:
    """Of the guests to whom stays would go back, those who are still there."""
    wanted = {str(was["guest_id"]) for _, _, *rest in images for was in rest if "guest_id" in was}
    return set(guests.find_many(scope, sorted(wanted))) if wanted else set()


def _taken_away(unit: Unit, stay: Stay, pointers: Mapping[str, Sequence[StayPointer]]) -> Undone:
    """Remove a stay that is still as the import brought it, with what leads to it."""
    stay_id = str(stay.id)
    for pointer in pointers.get(stay_id, ()):
        unit.delete(pointer)
    unit.delete(stay)
    unit.audit("stay.removed", stay_id, source="import_undone", property_id=stay.property_id)
    _announce(unit, stay, int(stay.version) + 1, stay.guest_id, str(stay.status), None)
    return Undone("removed", stay_id)


def _put_back(unit: Unit, draft: Draft, was: Mapping[str, Any], former: set[str]) -> Undone:
    """Let a stay say again what it said before."""
    if "guest_id" in was and was["guest_id"] not in former:
        return Undone("kept", draft.stay_id, NO_GUEST)
    if draft.before is None:
        raise ValueError("a stay that is not there cannot be put back")
    now = draft.before.told
    draft.after = _state({**_plain(draft.before), **was})
    stay = stage(unit, draft)
    unit.audit("stay.import_undone", draft.stay_id, fields=",".join(sorted(was)), property_id=stay.property_id)
    if draft.is_told_otherwise:
        _announce(unit, stay, int(stay.version), now.guest_id, now.status, str(stay.status))
    return Undone("restored", draft.stay_id)


def _announce(unit: Unit, stay: Stay, version: int, guest_id: str, before: str, after: str | None) -> None:
    """Tell that a stay has changed; it did not complete by that, whatever it is now."""
    detail: dict[str, Any] = {
        "guest_id": stay.guest_id,
        "property_id": stay.property_id,
        "from": before,
        "to": after,
        "is_history": bool(stay.is_history),
    }
    if guest_id != stay.guest_id:
        detail["from_guest_id"] = guest_id
    announce(unit, Event(STAY_CHANGED, str(stay.id), version, detail))


def _plain(state: State | None) -> dict[str, Any]:
    """All that a state says, by field."""
    if state is None:
        raise ValueError("nothing has been told of this stay")
    source, left = state.source, state.checked_out_at
    return {
        **vars(state.told),
        "source": None if source is None else [source.system, source.version, source.updated_at],
        "is_history": state.is_history,
        "checked_out_at": None if left is None else sortable(left),
    }


def _lines(value: Any) -> Any:
    """A field as an image holds it: lines of revenue as they are stored."""
    return [line.as_dict() for line in value] if isinstance(value, tuple) else value


def _state(plain: Mapping[str, Any]) -> State:
    """The state that says this."""
    said = dict(plain)
    source, is_history, left = said.pop("source"), said.pop("is_history"), said.pop("checked_out_at")
    said["revenue_lines"] = tuple(one if isinstance(one, Line) else Line(**one) for one in said["revenue_lines"])
    left_at: datetime | None = None if left is None else from_sortable(left)
    return State(Told(**said), None if source is None else Source(*source), is_history, left_at)


def _hash(plain: Mapping[str, Any]) -> str:
    return blake2b(_encode(plain).encode(), digest_size=_HASH_BYTES).hexdigest()  # plain ASCII
