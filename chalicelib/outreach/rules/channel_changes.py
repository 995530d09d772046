"""What a version of the settings of a chain's channels says that the one before did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from chalicelib.outreach.rules.channels import ALLOWED, Settings

ORDER, PARTS, CURRENCY, PRICE = "order", "parts", "currency", "price"
SIGNATURE, HOUSE_SIGNATURE, WORDING, APPLICATION = "signature", "house_signature", "wording", "application"


class Change(NamedTuple):
    """One thing that is said anew. `of` is what it is said of, as a property or an occasion; None: not said."""

    what: str
    of: str
    before: Any
    after: Any


def changes(before: Settings, after: Settings) -> list[Change]:
    """All that differs between two versions, in the order of the pages."""
    return list(_changes(before, after))


def _changes(before: Settings, after: Settings) -> Iterator[Change]:
    for purpose in ALLOWED:
        yield from _if_new(ORDER, purpose, before.channels_for(purpose), after.channels_for(purpose))
    yield from _if_new(PARTS, "", before.text_parts_max, after.text_parts_max)
    yield from _if_new(CURRENCY, "", before.text_currency, after.text_currency)
    yield from _each(PRICE, before.text_prices, after.text_prices)
    yield from _if_new(SIGNATURE, "", before.signature, after.signature)
    yield from _each(HOUSE_SIGNATURE, before.signatures, after.signatures)
    yield from _each(WORDING, before.wordings, after.wordings)
    yield from _each(APPLICATION, before.applications, after.applications)


def _each(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for of in sorted(before.keys() | after.keys()):
        yield from _if_new(what, of, before.get(of), after.get(of))


def _if_new(what: str, of: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        yield Change(what, of, before, after)
