"""What holds for texts: how long they may be and what they cost, who signs them, and in which registered words."""

from __future__ import annotations

import re
from dataclasses import replace

from chalicelib.directory import service as directory
from chalicelib.kernel import money
from chalicelib.kernel.errors import Invalid, Malformed, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, whole
from chalicelib.outreach.pages.channels.room import (
    LANGUAGE_LABELS,
    OCCASION_LABELS,
    TEXTS,
    leads_back,
    room_page,
    saved,
)
from chalicelib.outreach.pages.channels.text_forms import (
    NEW_ROWS,
    SIGNATURE_LENGTH,
    SIGNATURE_MOST,
    bare,
    is_long_enough,
    key_of,
    price_field,
    priced_in,
    prices_told,
    read_beside,
    signatures_told,
    signed_in,
)
from chalicelib.outreach.rules import prices, texts
from chalicelib.outreach.rules.channels import Settings, Wording
from chalicelib.outreach.schemas.channels import PARTS_MAX, WORDING_LENGTH_MAX, TextSettingsIn, WordingIn
from chalicelib.outreach.service import channels
from chalicelib.web.pages import Call, Redirect, View
from chalicelib.web.rendering import url

PRICES, SIGNATURES, WORDINGS = f"{TEXTS}/prices", f"{TEXTS}/signatures", f"{TEXTS}/wordings"
ONE_WORDING = f"{WORDINGS}/{{occasion}}/{{language}}"
PRICE_ROWS = 50  # a form may have 200 fields
WORDING_FIELDS = ("occasion", "language", "template_id", "text")
YES = "yes"
REGISTERED_ALREADY = N_("A wording of this occasion in this language is registered already: change that one.")
# What the service refuses, by the fields of the forms.
BESIDE = {"/text/currency": "/currency", "/text/signatures": "/signatures", "/text/wordings": "/text"}

_CODE = re.compile(r"\+[1-9][0-9]{0,6}")

leads_back(TEXTS, PRICES, SIGNATURES, WORDINGS, ONE_WORDING)


@pages.get(TEXTS, permission="occasions:read")
def texts_page(call: Call) -> View:
    """What holds for texts; for head office with the forms that change it."""
    return _page(call, "", Filled(), _code(call.parameter("after")))


@pages.post(PRICES, permission="occasions:write")
def price_texts_page(call: Call) -> View | Redirect:
    """How many parts a text may have, and what a part costs. A price that is emptied is taken away."""
    form, after = call.form, _code(call.form.get("after", ""))

    def change(before: Settings) -> Settings:
        told = prices_told(form, before.text_prices)

        def beside(pointer: str) -> str:
            code = key_of(pointer)
            field = told.fields.get(code, "")
            is_code = pointer.endswith("[key]")
            return f"/{field.replace('new_price', 'new_code') if is_code else field}" if code else pointer

        values = {"parts_max": whole(form.get("parts_max", "")), "currency": form.get("currency") or None}
        body = read_beside(TextSettingsIn, {**values, "prices": told.values}, told.errors, beside)
        return replace(
            before, text_parts_max=body.parts_max, text_currency=body.currency, text_prices=dict(body.prices)
        )

    return _answer(call, "prices", saved(call, change), after)


@pages.post(SIGNATURES, permission="occasions:write")
def sign_texts_page(call: Call) -> View | Redirect:
    """The chain's signature, and those of properties. One that is emptied is taken away."""
    form, chain = call.form, bare(call.form.get("signature", ""))

    def change(before: Settings) -> Settings:
        told = signatures_told(form, before.signatures)
        places = list(told.values)

        def beside(pointer: str) -> str:
            place = key_of(pointer)
            return f"/{told.fields[places[int(place)]]}" if place else pointer

        if chain and not is_long_enough(chain):
            told.refuse("signature", SIGNATURE_LENGTH)
        signatures = [{"property_id": of, "signature": text} for of, text in told.values.items()]
        body = read_beside(
            TextSettingsIn, {"signature": chain or None, "signatures": signatures}, told.errors, beside
        )
        own = {one.property_id: one.signature for one in body.signatures}
        return replace(before, signature=body.signature, signatures=own)

    return _answer(call, "signatures", saved(call, change))


@pages.post(WORDINGS, permission="occasions:write")
def register_wording_page(call: Call) -> View | Redirect:
    """A wording as it was registered, for an occasion and a language that have none yet."""

    def change(before: Settings) -> Settings:
        body: WordingIn = read(WordingIn, given(call.form, *WORDING_FIELDS))
        key, wording = f"{body.occasion}:{body.language}", Wording(body.template_id, body.text)
        if before.wordings.get(key, wording) != wording:
            raise Invalid.field("/occasion", REGISTERED_ALREADY)
        return replace(before, wordings={**before.wordings, key: wording})

    return _answer(call, "new", saved(call, change))


@pages.post(ONE_WORDING, permission="occasions:write")
def change_wording_page(call: Call) -> View | Redirect:
    """Another wording for one that is known, or none any more."""
    of = {name: call.path_params[name] for name in ("occasion", "language")}
    key = f"{of['occasion']}:{of['language']}"
    if of["occasion"] not in OCCASION_LABELS or of["language"] not in LANGUAGE_LABELS:
        raise NotFound()

    def change(before: Settings) -> Settings:
        if call.form.get("is_gone") == YES:
            return replace(before, wordings={name: one for name, one in before.wordings.items() if name != key})
        body: WordingIn = read(WordingIn, {**given(call.form, "template_id", "text"), **of})
        return replace(before, wordings={**before.wordings, key: Wording(body.template_id, body.text)})

    filled = saved(call, change)
    if filled is not None and key not in channels.settings_now(call.scope).wordings:
        filled.values |= of  # somebody else has taken it away: what was typed stands in the form of a new one
        return _answer(call, "new", filled)
    return _answer(call, _form_of(key), filled)


def _answer(call: Call, form: str, filled: Filled | None, after: str = "") -> View | Redirect:
    if filled is None:
        return Redirect(url(TEXTS, after=after or None))
    filled.errors = {BESIDE.get(pointer, pointer): said for pointer, said in filled.errors.items()}
    return _page(call, form, filled, after)


def _code(text: str) -> str:
    """The calling code after which prices are shown. Raises Malformed for what is none."""
    if text and not _CODE.fullmatch(text):
        raise Malformed()
    return text


def _form_of(key: str) -> str:
    """What the form of a wording is called on the page."""
    return key.replace(":", "-")


def _page(call: Call, form: str, filled: Filled, after: str = "") -> View:
    scope = call.scope
    settings, houses = channels.settings_now(scope), directory.properties(scope)
    by_id = {str(house.id): house for house in houses}
    codes = sorted(code for code in settings.text_prices if code > after)
    kept = filled.values if filled.is_refused else {}  # what was typed stands there, whatever became of the row
    signed = {one: settings.signatures.get(one, "") for one in (*settings.signatures, *signed_in(kept))}
    return room_page(
        call, "texts.html", form, filled,
        {
            "settings": settings,
            "amount": prices.written,
            "codes": sorted({*codes[:PRICE_ROWS], *priced_in(kept)}),
            "after": after,
            "next_prices": url(TEXTS, after=codes[PRICE_ROWS - 1]) if len(codes) > PRICE_ROWS else None,
            "price_field": price_field,
            "new_rows": range(NEW_ROWS),
            "currencies": _currencies(settings, call.language),
            "parts_most": PARTS_MAX,
            "houses": houses,
            "signatures": [(by_id[one], text) for one, text in signed.items() if one in by_id],
            "signature_most": SIGNATURE_MOST,
            "wordings": [(_form_of(key), *key.split(":"), one) for key, one in sorted(settings.wordings.items())],
            "wording_most": WORDING_LENGTH_MAX,
            "variables": sorted(texts.VARIABLES),
        },
    )  # fmt: skip


def _currencies(settings: Settings, language: str) -> dict[str, str]:
    """The names of currencies by code; the chain's own is among them even if the list does not know it."""
    known = {one.code: one.name_zh if language == "zh" else one.name_en for one in money.currencies().values()}
    own = settings.text_currency
    return known if own is None or own in known else {own: own, **known}
