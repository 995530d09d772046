"""What one guest is made of when two were merged, and what each is again once they are parted.

Every source (each guest that a merge has touched) keeps what was said under its own id. The survivor shows all of it
together. So a merge can be undone in any order: a source leaves, and takes along what is its own. See decision 0013.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

from chalicelib.guests.rules.particulars import EMAILS_MAX, EXTERNAL_IDS_MAX, PHONES_MAX, external_tuple
from chalicelib.kernel import text
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict
from chalicelib.kernel.i18n import N_

ABSORBED_MAX = 20  # of one guest: a page of stays then reads 21 partitions; more are not one person but a mistake
MERGE_REASON_LENGTH_MAX = 300
FAMILY_BYTES_MAX = 300_000  # of what the sources said, as JSON: an item of the store takes 400,000

# What is chosen together. A given name beside another's family name would be nobody's.
GROUPS: dict[str, tuple[str, ...]] = {
    "name": ("given_name", "family_name"),
    "birthday": ("birth_date", "birthday_calendar"),
    "language": ("language",),
    "time_zone": ("time_zone",),
    "nationality": ("nationality",),
    "occupation": ("occupation",),
    "home_property_id": ("home_property_id",),
}
_DECIDING = {"birthday": ("birth_date",)}  # a calendar alone says nothing
SIDES = ("survivor", "absorbed")

State = dict[str, Any]  # particulars of a guest as JSON holds them


class ListKind(NamedTuple):
    key: Callable[[Any], Any]  # which elements are the same
    limit: int | None


LISTS: dict[str, ListKind] = {
    "emails": ListKind(text.email_key, EMAILS_MAX),
    "phones": ListKind(str, PHONES_MAX),
    "external_ids": ListKind(external_tuple, EXTERNAL_IDS_MAX),
    "property_ids": ListKind(str, None),
}
FIELDS = (*(name for names in GROUPS.values() for name in names), *LISTS, "consents", "is_do_not_greet")


class AlreadyMerged(Conflict):
    """One of the two is part of another guest already, whose id the refusal names."""

    type, title = "already_merged", N_("This guest is part of another one already")


class TooManyAbsorbed(Conflict):
    """More guests in one than can be read together."""

    type, title = "too_many_absorbed", N_("So many guests cannot be one person")


class TooManyParticulars(Conflict):
    """Together the two have more of something than one guest can have; nothing is left out silently."""

    type, title = "too_many_particulars", N_("Together the two guests have too many particulars")


class NotMerged(Conflict):
    """There is nothing to undo: the merge has been undone, or was never done."""

    type, title = "not_merged", N_("These guests are not merged")


@dataclass
class Family:
    """The sources of one guest: what each has said, who went into whom, and whose word the guest shows.

    `marks` says when, since it belonged here, something was said under a source, and by what it was known to be its
    own; `carried` which denials it only has from another one.
    """

    root: str
    sources: dict[str, State] = field(default_factory=dict)
    parents: dict[str, dict[str, Any]] = field(default_factory=dict)  # {absorbed: {into, merge_id, at, shown}}
    shown: dict[str, str] = field(default_factory=dict)
    marks: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    carried: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of_one(cls, guest_id: str, state: State) -> Family:
        """A guest that no merge has touched yet."""
        return cls(guest_id, {guest_id: state}, shown=dict.fromkeys(GROUPS, guest_id))

    def beneath(self, guest_id: str) -> list[str]:
        """A source and those that went into it, each after the one that it went into."""
        found = [guest_id]
        for one in found:
            found += [child for child, edge in self.parents.items() if edge["into"] == one]
        return found

    def content(self) -> dict[str, Any]:
        """As it is stored."""
        return {name: value for name, value in vars(self).items() if name != "root"}


@dataclass(frozen=True)
class Union:
    """Two guests as one, and which side each group of fields is from."""

    view: State
    chosen: dict[str, str]
    conflicts: list[str]
    too_many: dict[str, tuple[int, int]]  # {list: (how many, how many may be)}


# -- merging -----------------------------------------------------------------------------------------------


def state_of(values: Mapping[str, Any]) -> State:
    """The particulars in a guest's attributes, as JSON holds them."""
    state: State = {name: values.get(name) for name in FIELDS}
    state["emails"], state["phones"] = list(state["emails"]), list(state["phones"])
    state["external_ids"] = [dict(key) for key in state["external_ids"]]
    state["property_ids"] = sorted(state["property_ids"] or ())
    state["consents"] = {key: dict(one) for key, one in state["consents"].items()}
    return state


def united(survivor: State, absorbed: State, choices: Mapping[str, str]) -> Union:
    """What the two are together: the survivor's word unless there is none or the absorbed's is chosen."""
    view: State = {}
    chosen: dict[str, str] = {}
    conflicts: list[str] = []
    for group, names in GROUPS.items():
        mine, theirs = values_of(survivor, names), values_of(absorbed, names)
        is_mine, is_theirs = says(survivor, group), says(absorbed, group)
        if is_mine and is_theirs and mine != theirs:
            conflicts.append(group)
        side = choices.get(group) or ("absorbed" if is_theirs and not is_mine else "survivor")
        chosen[group] = side
        view |= theirs if side == "absorbed" else mine
    too_many = {}
    for name, kind in LISTS.items():
        view[name] = joined([survivor[name], absorbed[name]], kind.key)
        if kind.limit is not None and len(view[name]) > kind.limit:
            too_many[name] = (len(view[name]), kind.limit)
    view["property_ids"].sort()
    view["consents"] = strictest(survivor["consents"], absorbed["consents"])
    view["is_do_not_greet"] = bool(survivor["is_do_not_greet"] or absorbed["is_do_not_greet"])
    return Union(view, chosen, conflicts, too_many)


def says(state: State, group: str) -> bool:
    """Whether somebody has said anything about a group of fields."""
    return any(state[name] for name in _DECIDING.get(group, GROUPS[group]))


def strictest(
    one: Mapping[str, Mapping[str, Any]], other: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What holds for somebody who has said both. A denial holds whatever its time; what only one said holds.

    A denial that meets a later grant takes its time, so that whoever reports the same grant again is not newer.
    """
    found: dict[str, dict[str, Any]] = {}
    for key in sorted({*one, *other}):
        said = [dict(half[key]) for half in (one, other) if key in half]
        said.sort(key=lambda word: (word["state"] == "denied", word["at"]))
        found[key] = {**said[-1], "at": max(word["at"] for word in said)}
    return found


def adopt(family: Family, other: Family, chosen: Mapping[str, str], merge_id: str, at: str) -> Family:
    """The family of the survivor once the other one's guest has gone into it."""
    shown = {
        group: other.shown[group] if chosen[group] == "absorbed" else family.shown[group] for group in GROUPS
    }  # fmt: skip
    edge = {"into": family.root, "merge_id": merge_id, "at": at, "shown": dict(other.shown)}
    return Family(
        family.root,
        {**family.sources, **other.sources},
        {**family.parents, **other.parents, other.root: edge},
        shown,
        {**family.marks, **other.marks},
        {**family.carried, **other.carried},
    )


# -- both --------------------------------------------------------------------------------------------------


def values_of(state: State, names: Iterable[str]) -> State:
    """Some of a state."""
    return {name: state[name] for name in names}


def joined(lists: Iterable[list[Any]], key: Callable[[Any], Any]) -> list[Any]:
    """All elements of several lists, each once, in order."""
    found: dict[Any, Any] = {}
    for one in lists:
        for element in one:
            found.setdefault(key(element), element)
    return list(found.values())
