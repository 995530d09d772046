"""What a merge would make of two guests, before anybody decides it; and the merges of a guest. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from chalicelib.guests.models import Guest, Merge
from chalicelib.guests.ports import Held
from chalicelib.guests.rules import merging
from chalicelib.guests.rules.merging import State, TooManyAbsorbed, TooManyParticulars
from chalicelib.guests.service.holdings import held
from chalicelib.guests.service.merging import Pair, check, choices_of, pair_of
from chalicelib.guests.service.parting import is_parted
from chalicelib.guests.service.reading import get
from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.table import Key

_DIFFERENCES = {
    "name": "names_differ",
    "birthday": "birth_dates_differ",
    "nationality": "nationalities_differ",
}


@dataclass(frozen=True)
class Side:
    """One of the two as it is, and what lies under its ids."""

    guest: Guest
    state: State
    held: dict[str, Held]


@dataclass(frozen=True)
class Preview:
    """Both side by side, and what they would be together."""

    survivor: Side
    absorbed: Side
    together: State
    chosen: dict[str, str]
    conflicts: list[str]
    warnings: list[str]
    too_many: dict[str, tuple[int, int]] = field(default_factory=dict)
    refusal: str | None = None


def preview(scope: Scope, survivor_id: str, absorbed_id: str, choices: Mapping[str, str] | None = None) -> Preview:
    """What a merge would make. Raises NotFound, Invalid, Forbidden, AlreadyMerged as the merge itself."""
    pair = pair_of(scope, survivor_id, absorbed_id, choices_of(choices or {}))
    refusal = None
    try:
        check(pair)
    except (TooManyAbsorbed, TooManyParticulars) as found:
        refusal = found.type
    survivor, absorbed = _side(scope, pair.survivor), _side(scope, pair.absorbed)
    return Preview(
        survivor,
        absorbed,
        pair.union.view,
        pair.union.chosen,
        pair.union.conflicts,
        _warnings(scope, pair, survivor, absorbed),
        pair.union.too_many,
        refusal,
    )


def merges_page(scope: Scope, guest_id: str, *, limit: int, after: str | None) -> tuple[list[Merge], str | None]:
    """The merges into a guest and into those who went into it, the latest first. Raises NotFound, Malformed."""
    guest = get(scope, guest_id)
    purpose = f"merges|{guest.id}"
    key = cursor.decode(scope, purpose, after)
    before = key["merge_id"]["S"] if key else None
    keys = [one for guest_id in guest.ids for one in Merge.newest(scope, guest_id, before, limit=limit + 1)]
    keys.sort(key=lambda one: one.id, reverse=True)
    shown = keys[:limit]
    following: Key | None = {"merge_id": {"S": shown[-1].id}} if len(keys) > limit else None
    return Merge.full(shown), cursor.encode(scope, purpose, following)


# -- inside ------------------------------------------------------------------------------------------------


def _side(scope: Scope, guest: Guest) -> Side:
    found: dict[str, Held] = {}
    for guest_id in guest.ids:
        for name, one in held(scope, guest_id).items():
            known = found.get(name, Held(0))
            found[name] = Held(known.count + one.count, (), tuple(sorted({*known.warnings, *one.warnings})))
    return Side(guest, merging.state_of(guest.attribute_values), found)


def _warnings(scope: Scope, pair: Pair, *sides: Side) -> list[str]:
    """What speaks for looking twice."""
    survivor, absorbed = (side.state for side in sides)
    found = [warning for group, warning in _DIFFERENCES.items() if group in pair.union.conflicts]
    systems = [{(key["system"], key["property_id"]) for key in one["external_ids"]} for one in (survivor, absorbed)]
    if systems[0] & systems[1]:
        found.append("one_system_knows_both")
    if all("in_house" in one.warnings for one in (side.held.get("stays", Held(0)) for side in sides)):
        found.append("both_in_house")
    if any(
        survivor["consents"][key]["state"] != absorbed["consents"][key]["state"]
        for key in survivor["consents"].keys() & absorbed["consents"].keys()
    ):
        found.append("consents_differ")
    if is_parted(scope, str(pair.survivor.id), str(pair.absorbed.id)):
        found.append("parted_before")
    return found
