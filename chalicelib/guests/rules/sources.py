"""What is said of a merged guest since: each source hears what was said under its own id.

Words under another system's number are about that system's own guest; words of people are about the guest they see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.guests.rules.merging import GROUPS, LISTS, Family, ListKind, State, values_of

# By which contact points a channel reaches somebody.
_POINTS_OF_CHANNEL = {"email": "emails", "sms": "phones", "phone": "phones", "whatsapp": "phones"}


def news_of(family: Family, source: str, view: State, words: Mapping[str, Any]) -> tuple[State, State]:
    """What of another system's words changes what the guest shows, and what changes of its source's own.

    A system tells what it knows of its own guest: what it repeats is no news beside what the merge has chosen, and its
    list takes the place of its own list, not of what the others have.
    """
    own = family.sources[source]
    others = [state for one, state in family.sources.items() if one != source]
    changes: State = {}
    said: State = {}
    for names in GROUPS.values():
        told = {name: words.get(name, own[name]) for name in names}
        if told != values_of(own, names):
            changes |= told
            said |= told
    for name, kind in LISTS.items():
        if name in words:
            changes[name], said[name] = _own_list(kind, name, own, others, view[name], list(words[name]))
    if "is_do_not_greet" in words:
        said["is_do_not_greet"] = bool(words["is_do_not_greet"])
        changes["is_do_not_greet"] = said["is_do_not_greet"] or any(one["is_do_not_greet"] for one in others)
    said = {name: value for name, value in said.items() if value != own[name]}
    return {name: value for name, value in changes.items() if name in said}, said


def _own_list(
    kind: ListKind, name: str, own: State, others: list[State], shown: list[Any], told: list[Any]
) -> tuple[list[Any], list[Any]]:
    """What the guest shows and what the source has, once the source has told its own list. The newest comes first."""
    held, seen = ({kind.key(one) for one in half} for half in (own[name], shown))
    is_shared = name != "external_ids"  # a number leads to one source only
    own_list = [one for one in told if is_shared or kind.key(one) in held or kind.key(one) not in seen]
    wanted = {kind.key(one) for one in own_list} | {kind.key(one) for state in others for one in state[name]}
    kept = [one for one in shown if kind.key(one) in wanted]
    return [*(one for one in own_list if kind.key(one) not in seen), *kept], own_list


def heard(
    family: Family, before: State, after: State, source: str, at: str, said: Mapping[str, Any] | None = None
) -> None:
    """Let what has been said of the guest be remembered as the source's own.

    `said` is what the source has said of itself alone, under a number of its own, which tells better than a contact
    point whose it is. For the rest it is what the guest shows that has changed: what is taken out of a list goes
    wherever it lay, and a denial holds for every source.
    """
    own, alone = family.sources[source], dict(said or {})
    for group, names in GROUPS.items():
        is_seen = values_of(before, names) != values_of(after, names)
        is_own = any(name in alone for name in names)
        if is_own:
            own |= {name: alone[name] for name in names if name in alone}
        elif is_seen:
            own |= values_of(after, names)
        if is_seen:
            family.shown[group] = source
        if is_own or is_seen:
            mark(family, source, group, at, "source")
    for name, kind in LISTS.items():
        if name in alone:
            own[name] = list(alone[name])
            mark(family, source, name, at, "source")
        else:
            _hear_list(family, name, kind, before[name], after[name], source, at)
    _hear_greeting(family, bool(before["is_do_not_greet"]), bool(after["is_do_not_greet"]), source, at, alone)
    for key, word in alone.get("consents", {}).items():
        own["consents"] = {**own["consents"], key: dict(word)}
        mark(family, source, f"consents:{key}", at, "source")
    for key, word in after["consents"].items():
        if before["consents"].get(key) != word:
            known = (source, "source") if said is not None else consent_source(family, source, key.split(":", 1)[1])
            _hear_consent(family, key, dict(word), known, at)


def _hear_greeting(
    family: Family, was_unwanted: bool, is_unwanted: bool, source: str, at: str, alone: Mapping[str, Any]
) -> None:
    """Whether greetings are unwanted: that they are holds for everybody, that they are not for who says so."""
    if "is_do_not_greet" in alone:
        family.sources[source]["is_do_not_greet"] = alone["is_do_not_greet"]
    elif was_unwanted and not is_unwanted:
        family.sources[source]["is_do_not_greet"] = False
    if is_unwanted and not was_unwanted:
        for state in family.sources.values():
            state["is_do_not_greet"] = True
    if was_unwanted != is_unwanted or "is_do_not_greet" in alone:
        mark(family, source, "is_do_not_greet", at, "source")


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
    family: Family, name: str, kind: ListKind, before: list[Any], after: list[Any], source: str, at: str
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
            mark(family, one, name, at, "source" if one == source else "removed")


def _hear_consent(family: Family, key: str, word: dict[str, Any], known: tuple[str, str], at: str) -> None:
    own, why = known
    for one, state in family.sources.items():
        if one == own:
            state["consents"] = {**state["consents"], key: word}
            family.carried.get(one, {}).pop(key, None)
            mark(family, one, f"consents:{key}", at, why)
        elif word["state"] == "denied" and state["consents"].get(key, {}).get("state") != "denied":
            state["consents"] = {**state["consents"], key: word}
            family.carried.setdefault(one, {})[key] = own
            mark(family, one, f"consents:{key}", at, "denial_holds_for_both")


def mark(family: Family, source: str, name: str, at: str, why: str) -> None:
    """Note when something was said under a source, and by what it is known to be its own."""
    family.marks.setdefault(source, {})[name] = [at, why]
