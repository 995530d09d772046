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
MERGE_REASON_LENGTH_MAX = 500
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


class _List(NamedTuple):
    key: Callable[[Any], Any]  # which elements are the same
    limit: int | None


LISTS: dict[str, _List] = {
    "emails": _List(text.email_key, EMAILS_MAX),
    "phones": _List(str, PHONES_MAX),
    "external_ids": _List(external_tuple, EXTERNAL_IDS_MAX),
    "property_ids": _List(str, None),
}
FIELDS = (*(name for names in GROUPS.values() for name in names), *LISTS, "consents", "is_do_not_greet")

# By which contact points a channel reaches somebody.
_POINTS_OF_CHANNEL = {"email": "emails", "sms": "phones", "phone": "phones", "whatsapp": "phones"}


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


@dataclass(frozen=True)
class Line:
    """One thing that a parting gave to somebody: what, to whom, and why."""

    what: str  # field | list | consent
    name: str
    guest_id: str
    reason: str  # as_before | source | contact | removed | denial_holds_for_both

    def as_dict(self) -> dict[str, str]:
        """As it is stored."""
        return {"what": self.what, "name": self.name, "guest_id": self.guest_id, "reason": self.reason}


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


@dataclass(frozen=True)
class Parted:
    """Two guests again: what each shows, the family of each, and where everything went."""

    staying: State
    leaving: State
    staying_family: Family
    leaving_family: Family
    lines: list[Line]
    carried: dict[str, dict[str, Any]]  # the denials that the one who leaves takes over from another
    carried_back: dict[str, dict[str, Any]]  # and those that stay here though it had said them


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
        mine, theirs = _values(survivor, names), _values(absorbed, names)
        is_mine, is_theirs = says(survivor, group), says(absorbed, group)
        if is_mine and is_theirs and mine != theirs:
            conflicts.append(group)
        side = choices.get(group) or ("absorbed" if is_theirs and not is_mine else "survivor")
        chosen[group] = side
        view |= theirs if side == "absorbed" else mine
    too_many = {}
    for name, kind in LISTS.items():
        view[name] = _joined([survivor[name], absorbed[name]], kind.key)
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


# -- what is said since ------------------------------------------------------------------------------------


def news_of(family: Family, source: str, view: State, words: Mapping[str, Any]) -> tuple[State, State]:
    """What of another system's words changes the guest, and the lists that are its source's own from now on.

    A system tells what it knows of its own guest: what it repeats is no news beside what the merge has chosen, and its
    list takes the place of its own list, not of what the others have.
    """
    own = family.sources[source]
    changes, said = dict(words), {}
    for names in GROUPS.values():
        if not any(name in words and words[name] != own[name] for name in names):
            for name in names:
                changes.pop(name, None)
    for name, kind in LISTS.items():
        if name not in words:
            continue
        held = {kind.key(one) for one in own[name]}
        shown = {kind.key(one) for one in view[name]}
        is_shared = name != "external_ids"  # a number leads to one source
        said[name] = [one for one in words[name] if is_shared or kind.key(one) in held or kind.key(one) not in shown]
        others = {kind.key(one) for other, state in family.sources.items() if other != source for one in state[name]}
        wanted = {kind.key(one) for one in words[name]}
        kept = [one for one in view[name] if kind.key(one) in others | wanted]
        changes[name] = [*kept, *(one for one in words[name] if kind.key(one) not in shown)]
    return changes, said


def heard(
    family: Family, before: State, after: State, source: str, at: str, said: Mapping[str, list[Any]] | None = None
) -> None:
    """Let what has been said of the guest be remembered as the source's own.

    What is taken out of a list goes wherever it lay, but for lists that a source has `said` of itself alone; and a
    denial holds for every source.
    """
    for group, names in GROUPS.items():
        if _values(before, names) != _values(after, names):
            family.sources[source] |= _values(after, names)
            family.shown[group] = source
            _mark(family, source, group, at, "source")
    for name, kind in LISTS.items():
        if said and name in said:
            if family.sources[source][name] != said[name]:
                family.sources[source][name] = list(said[name])
                _mark(family, source, name, at, "source")
        else:
            _hear_list(family, name, kind, before[name], after[name], source, at)
    if after["is_do_not_greet"] and not before["is_do_not_greet"]:
        for state in family.sources.values():
            state["is_do_not_greet"] = True
        _mark(family, source, "is_do_not_greet", at, "source")
    elif before["is_do_not_greet"] != after["is_do_not_greet"]:
        family.sources[source]["is_do_not_greet"] = False
        _mark(family, source, "is_do_not_greet", at, "source")
    for key, word in after["consents"].items():
        if before["consents"].get(key) != word:
            _hear_consent(family, key, dict(word), source, at)


def seen_at(family: Family, source: str, property_id: str) -> bool:
    """Let a house know a source; whether that is news."""
    known = family.sources[source]["property_ids"]
    if property_id in known:
        return False
    family.sources[source]["property_ids"] = sorted([*known, property_id])
    return True


def consent_source(family: Family, source: str, channel: str) -> tuple[str, str]:
    """Under whose id a consent about a channel is kept, and by what that is known.

    What was said under the survivor's id about a channel that only one of the others has is that one's.
    """
    points = _POINTS_OF_CHANNEL.get(channel)
    if points is None or source != family.root or family.sources[source][points]:
        return source, "source"
    having = [one for one, state in family.sources.items() if state[points]]
    return (having[0], "contact") if len(having) == 1 else (source, "source")


def _hear_list(
    family: Family, name: str, kind: _List, before: list[Any], after: list[Any], source: str, at: str
) -> None:
    known, wanted = {kind.key(one) for one in before}, {kind.key(one) for one in after}
    for one, state in family.sources.items():
        kept = [element for element in state[name] if kind.key(element) not in known - wanted]
        if one == source:
            held = {kind.key(element) for element in kept}
            new = [element for element in after if kind.key(element) in wanted - known - held]
            first = bool(new) and kind.key(after[0]) == kind.key(new[0])  # the first address is written to
            kept = [*new, *kept] if first else [*kept, *new]
        if kept != state[name]:
            state[name] = sorted(kept) if name == "property_ids" else kept
            _mark(family, one, name, at, "source" if one == source else "removed")


def _hear_consent(family: Family, key: str, word: dict[str, Any], source: str, at: str) -> None:
    own, why = consent_source(family, source, key.split(":", 1)[1])
    for one, state in family.sources.items():
        if one == own:
            state["consents"] = {**state["consents"], key: word}
            family.carried.get(one, {}).pop(key, None)
            _mark(family, one, f"consents:{key}", at, why)
        elif word["state"] == "denied" and state["consents"].get(key, {}).get("state") != "denied":
            state["consents"] = {**state["consents"], key: word}
            family.carried.setdefault(one, {})[key] = own
            _mark(family, one, f"consents:{key}", at, "denial_holds_for_both")


def _mark(family: Family, source: str, name: str, at: str, why: str) -> None:
    family.marks.setdefault(source, {})[name] = [at, why]


# -- parting -----------------------------------------------------------------------------------------------


def part(family: Family, view: State, leaving_root: str) -> Parted:
    """Let a source, and those that had gone into it before, leave the family. `view` is what the guest shows now."""
    edge = family.parents[leaving_root]
    leaving = family.beneath(leaving_root)
    staying = [one for one in family.beneath(family.root) if one not in leaving]
    shown = {group: _shown(family, group, staying, family.shown[group], "") for group in GROUPS}
    shown_there = {group: _shown(family, group, leaving, edge["shown"][group], edge["at"]) for group in GROUPS}
    here, there = _view(family, shown, staying), _view(family, shown_there, leaving)
    for name, kind in LISTS.items():
        here[name] = _remaining(family, name, kind, view[name], staying)
    if not view["is_do_not_greet"]:
        here["is_do_not_greet"] = False  # it was taken back for the guest that stays
    _keep_words(family, view, here, staying)
    halves = _half(family, staying, shown), _half(family, leaving, shown_there)
    lines = [line for half in halves for line in _lines(family, half, str(edge["at"]))]
    return Parted(
        here, there, *halves, lines,
        _carried(family, leaving, staying, there), _carried(family, staying, leaving, here),
    )  # fmt: skip


def _shown(family: Family, group: str, members: list[str], former: str, since: str) -> str:
    """Whose word a half shows: the one shown so far, unless it has gone or somebody has said something since."""
    said = [
        (family.marks[one][group][0], one)
        for one in members
        if group in family.marks.get(one, {}) and family.marks[one][group][0] > since
    ]
    if since and said:
        return max(said)[1]
    if former in members:
        return former
    if said:
        return max(said)[1]
    return next((one for one in members if says(family.sources[one], group)), members[0])


def _view(family: Family, shown: Mapping[str, str], members: list[str]) -> State:
    view: State = {}
    for group, names in GROUPS.items():
        view |= _values(family.sources[shown[group]], names)
    for name, kind in LISTS.items():
        view[name] = _joined([family.sources[one][name] for one in members], kind.key)
    view["property_ids"].sort()
    consents: dict[str, dict[str, Any]] = {}
    for one in members:
        consents = strictest(consents, family.sources[one]["consents"])
    view["consents"] = consents
    view["is_do_not_greet"] = any(family.sources[one]["is_do_not_greet"] for one in members)
    return view


def _remaining(family: Family, name: str, kind: _List, shown: list[Any], staying: list[str]) -> list[Any]:
    """What stays of a list, in the order in which it is shown."""
    own = {kind.key(element) for one in staying for element in family.sources[one][name]}
    return [element for element in shown if kind.key(element) in own]


def _keep_words(family: Family, view: State, here: State, staying: list[str]) -> None:
    """Let the last word about a consent hold for the one who stays, where it was said there."""
    for key, word in view["consents"].items():
        if any(family.sources[one]["consents"].get(key) == word for one in staying):
            here["consents"][key] = dict(word)


def _half(family: Family, members: list[str], shown: dict[str, str]) -> Family:
    return Family(
        members[0],
        {one: family.sources[one] for one in members},
        {one: family.parents[one] for one in members[1:]},
        shown,
        {one: family.marks[one] for one in members if one in family.marks},
        {one: family.carried[one] for one in members if one in family.carried},
    )


def _lines(family: Family, half: Family, since: str) -> Iterable[Line]:
    """What a half has got, and why: as it was before, or because it was said there since."""
    since_then = {
        name: why
        for one in half.sources
        for name, (at, why) in sorted(family.marks.get(one, {}).items())
        if at > since
    }  # fmt: skip
    for group, source in half.shown.items():
        if says(half.sources[source], group):
            yield Line("field", group, half.root, since_then.get(group, "as_before"))
    for name in LISTS:
        if any(state[name] for state in half.sources.values()):
            yield Line("list", name, half.root, since_then.get(name, "as_before"))
    for key in sorted({key for state in half.sources.values() for key in state["consents"]}):
        yield Line("consent", key, half.root, since_then.get(f"consents:{key}", "as_before"))


def _carried(family: Family, members: list[str], others: list[str], view: State) -> dict[str, dict[str, Any]]:
    """The denials of a half that it has from the other one, for its history."""
    keys = {key for one in members for key, origin in family.carried.get(one, {}).items() if origin in others}
    return {key: view["consents"][key] for key in sorted(keys)}


# -- both --------------------------------------------------------------------------------------------------


def _values(state: State, names: Iterable[str]) -> State:
    return {name: state[name] for name in names}


def _joined(lists: Iterable[list[Any]], key: Callable[[Any], Any]) -> list[Any]:
    found: dict[Any, Any] = {}
    for one in lists:
        for element in one:
            found.setdefault(key(element), element)
    return list(found.values())
