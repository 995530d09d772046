"""How the forms about texts are read: rows of prices and of signatures, with what is wrong beside each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import BaseModel

from chalicelib.kernel.errors import FieldError, Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.outreach.pages.call_forms import read
from chalicelib.outreach.rules import prices

PRICE, SIGNATURE = "price_", "signature_"  # and the code or the property: the field of what is known already
NEW_ROWS = 3
SIGNATURE_LEAST, SIGNATURE_MOST = 2, 20
BRACKETS = "【】 \t"  # we put them around a signature ourselves

SIGNATURE_LENGTH = N_("A signature has two to twenty characters.")
REQUIRED = N_("This field is required.")
PRICED_ALREADY = N_("This code has a price already.")
SIGNED_ALREADY = N_("This property has a signature already.")

_KEYED = re.compile(r"/(?:prices|signatures)/([^/]+)(?:/.*)?")


class Told(NamedTuple):
    """What the rows of a form say, what is wrong with them, and which field each was told in."""

    values: dict[str, Any]
    errors: list[FieldError]
    fields: dict[str, str]

    def note(self, of: str, value: Any, field: str) -> None:
        """Take what a field says."""
        self.values[of], self.fields[of] = value, field

    def refuse(self, field: str, detail: str) -> None:
        """Say what is wrong with a field."""
        self.errors.append(FieldError(f"/{field}", detail))


def prices_told(form: Mapping[str, str], before: Mapping[str, int]) -> Told:
    """Millionths by calling code: those that the form does not show as they were, those that it empties no more."""
    told = Told({}, [], {})
    for code in sorted({*before, *priced_in(form)}):
        text = form.get(price_field(code))
        if text is None:
            told.note(code, before[code], price_field(code))
        elif text.strip():
            _note_price(told, code, text, price_field(code))
    for place in range(NEW_ROWS):
        code, text = prices.code_of(form.get(f"new_code_{place}", "")), form.get(f"new_price_{place}", "").strip()
        if code and code in told.fields:
            told.refuse(f"new_code_{place}", PRICED_ALREADY)
        elif code:
            _note_price(told, code, text, f"new_price_{place}")
        elif text:
            told.refuse(f"new_code_{place}", REQUIRED)
    return told


def price_field(code: str) -> str:
    """The field that holds the price of a code which has one."""
    return f"{PRICE}{code.removeprefix('+')}"


def priced_in(form: Mapping[str, str]) -> list[str]:
    """The codes whose prices a form shows, also those whose price somebody else has taken away meanwhile."""
    return [f"+{name.removeprefix(PRICE)}" for name in form if name.startswith(PRICE)]


def signed_in(form: Mapping[str, str]) -> list[str]:
    """The properties whose signatures a form shows, as `priced_in`."""
    return [name.removeprefix(SIGNATURE) for name in form if name.startswith(SIGNATURE)]


def signatures_told(form: Mapping[str, str], before: Mapping[str, str]) -> Told:
    """Signatures by property, read as prices are."""
    told = Told({}, [], {})
    for property_id in sorted({*before, *signed_in(form)}):
        field = f"{SIGNATURE}{property_id}"
        text = bare(form[field]) if field in form else before[property_id]
        if text:
            _note_signature(told, property_id, text, field)
    for place in range(NEW_ROWS):
        property_id, text = form.get(f"new_property_{place}", ""), bare(form.get(f"new_signature_{place}", ""))
        if property_id and property_id in told.fields:
            told.refuse(f"new_property_{place}", SIGNED_ALREADY)
        elif property_id:
            _note_signature(told, property_id, text, f"new_signature_{place}")
        elif text:
            told.refuse(f"new_property_{place}", REQUIRED)
    return told


def bare(signature: str) -> str:
    """A signature without the brackets that people copy with it."""
    return signature.strip(BRACKETS)


def is_long_enough(signature: str) -> bool:
    """Whether a signature has as many characters as networks ask for."""
    return SIGNATURE_LEAST <= len(signature) <= SIGNATURE_MOST


def read_beside(
    schema: type[BaseModel], values: Mapping[str, Any], errors: list[FieldError], beside: Callable[[str], str]
) -> Any:
    """What a form says, by the rules of the API. Raises Invalid for all that is wrong at once, `errors` among it;
    `beside` says which field of the form stands for a pointer of the API.
    """
    body = None
    try:
        body = read(schema, values)
    except Invalid as refused:
        # What the form itself finds is said more plainly, so of two faults of one field it comes last, and is shown.
        errors = [*(replace(one, pointer=beside(one.pointer)) for one in refused.errors), *errors]
    if errors:
        raise Invalid(errors=tuple(errors))
    return body


def key_of(pointer: str) -> str:
    """The code or the place in a list that a pointer of the API speaks of; empty where of neither."""
    found = _KEYED.fullmatch(pointer)
    return found[1].replace("~1", "/").replace("~0", "~") if found else ""


def _note_price(told: Told, code: str, text: str, field: str) -> None:
    told.fields[code] = field
    try:
        told.values[code] = prices.micros_of(text)
    except InvalidValue as wrong:
        told.refuse(field, wrong.reason)


def _note_signature(told: Told, property_id: str, text: str, field: str) -> None:
    told.note(property_id, text, field)
    if not is_long_enough(text):
        told.refuse(field, SIGNATURE_LENGTH)
