"""What each of two guests is again once their merge is undone, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.guests.rules.merging import (
    GROUPS,
    LISTS,
    Family,
    ListKind,
    State,
    joined,
    says,
    strictest,
    values_of,
)
from chalicelib.kernel.deferred import dataclass


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
        view |= values_of(family.sources[shown[group]], names)
    for name, kind in LISTS.items():
        view[name] = joined([family.sources[one][name] for one in members], kind.key)
    view["property_ids"].sort()
    consents: dict[str, dict[str, Any]] = {}
    for one in members:
        consents = strictest(consents, family.sources[one]["consents"])
    view["consents"] = consents
    view["is_do_not_greet"] = any(family.sources[one]["is_do_not_greet"] for one in members)
    return view


def _remaining(family: Family, name: str, kind: ListKind, shown: list[Any], staying: list[str]) -> list[Any]:
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
