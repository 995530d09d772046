"""Who belongs with whom: the kinds of relations between two guests with their inverses, households, and children."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.guests.rules.particulars import NAME_LENGTH_MAX
from chalicelib.kernel import text
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.i18n import N_

RELATIONS_MAX = 30  # of one guest: a family, travelling companions and an assistant; more is a company's account
HOUSEHOLD_MEMBERS_MAX = 12  # with their pointers and the record, a change of all of them fits one transaction
HOUSEHOLD_NAME_LENGTH_MAX = NAME_LENGTH_MAX
ADDRESS_LENGTH_MAX = 300  # one line, as on an envelope

# What the other guest is to this one, and what this one then is to the other.
INVERSES = {
    "companion": "companion",
    "spouse": "spouse",
    "parent": "child",
    "child": "parent",
    "sibling": "sibling",
    "relative": "relative",
    "friend": "friend",
    "colleague": "colleague",
    "assistant": "principal",
    "principal": "assistant",
}
ADULTS = frozenset({"spouse", "parent", "assistant", "principal", "colleague"})  # what no child is to anybody


class TooManyRelations(Conflict):
    """A guest has as many relations as are kept."""

    type, title = "too_many_relations", N_("One of the guests has too many relations")


class InHousehold(Conflict):
    """A guest belongs to another household."""

    type, title = "in_household", N_("One of the guests belongs to another household")


def check_relation(guest_id: str, other_id: str, kind: str, *, is_child: bool) -> None:
    """Raise Invalid for a guest related to itself, and for a child who could be none."""
    if guest_id == other_id:
        raise Invalid.field("/other_id", N_("is the guest itself"))
    if is_child and kind in ADULTS:
        raise Invalid.field("/is_child", N_("goes with companions, children and relatives only"))


def clean_household_name(value: str) -> str | None:
    """What a household is called, as it is kept; None for nothing."""
    return text.clean_text(value, HOUSEHOLD_NAME_LENGTH_MAX) or None


def clean_address(value: str) -> str | None:
    """An address in one line, as it is kept; None for nothing."""
    return text.clean_text(value, ADDRESS_LENGTH_MAX) or None


def members_after(kept: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Who belongs to a household from now on: whom the caller does not see, and whom they named."""
    return list(dict.fromkeys([*kept, *wanted]))
