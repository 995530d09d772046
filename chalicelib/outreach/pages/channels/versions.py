"""Every version of what a chain has said about its channels: from when to when, by whom, and what it changed."""

from __future__ import annotations

from typing import Any, NamedTuple

from chalicelib.directory import service as directory
from chalicelib.kernel.i18n import N_, Translator, translator
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled
from chalicelib.outreach.pages.channels.room import (
    LANGUAGE_LABELS,
    OCCASION_LABELS,
    PLATFORM_LABELS,
    PURPOSE_LABELS,
    VERSIONS,
    room_page,
)
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS
from chalicelib.outreach.pages.versions import makers_of
from chalicelib.outreach.rules import channel_changes as rules
from chalicelib.outreach.rules import prices
from chalicelib.outreach.rules.channel_changes import Change
from chalicelib.outreach.service import channels
from chalicelib.outreach.service.channels import Held
from chalicelib.web.pages import Call, View
from chalicelib.web.rendering import url
from chalicelib.web.wording import house_name

PAGE_ROWS = 25
CHANGES_SHOWN = 20  # a new price list is one change to a reader; the API has every price
LABELS = {
    rules.ORDER: N_("Where messages go"),
    rules.PARTS: N_("Longest text"),
    rules.CURRENCY: N_("Currency"),
    rules.PRICE: N_("Price of a part"),
    rules.SIGNATURE: N_("Signature of texts to +86"),
    rules.HOUSE_SIGNATURE: N_("Signature of a property"),
    rules.WORDING: N_("Registered wording"),
    rules.APPLICATION: N_("Application for pushes"),
}


class Line(NamedTuple):
    """One thing that a version changed, in words; empty where nothing was said, or nothing is any more."""

    label: str
    of: str
    before: str
    after: str


@pages.get(VERSIONS, permission="occasions:read")
def channel_versions_page(call: Call) -> View:
    """The versions, the latest first. For head office only, as it is by the API."""
    scope, after = call.scope, call.parameter("cursor") or None
    held, following = channels.history_page(scope, limit=PAGE_ROWS, after=after)
    houses = {str(one.id): house_name(one, call.language) for one in directory.properties(scope)}
    shown = [one.settings for one in held]
    return room_page(
        call, "versions.html", "", Filled(),
        {
            "versions": [(one.settings, _lines(one, houses, translator(call.language))) for one in held],
            "ends": {one.settings.number: one.after.valid_from for one in held if one.after is not None},
            "makers": makers_of(scope, shown),
            "lines_shown": CHANGES_SHOWN,
            "first": VERSIONS if after else None,
            "next": url(VERSIONS, cursor=following) if following else None,
        },
    )  # fmt: skip


def _lines(held: Held, houses: dict[str, str], say: Translator) -> list[Line]:
    """What a version changed; the house's own rule, before which there was nothing, changed nothing."""
    if held.before is None:
        return []
    currency = {False: held.before.text_currency or "", True: held.settings.text_currency or ""}
    return [
        Line(
            say.gettext(LABELS[one.what]),
            _of(one, houses, say),
            _said(one, one.before, currency[False], say),
            _said(one, one.after, currency[True], say),
        )
        for one in rules.changes(held.before, held.settings)
    ]


def _of(change: Change, houses: dict[str, str], say: Translator) -> str:
    """What the change is of: a kind of message, a calling code, a property, an occasion and language, a platform."""
    if change.what == rules.ORDER:
        return say.gettext(PURPOSE_LABELS[change.of])
    if change.what == rules.HOUSE_SIGNATURE:
        return houses.get(change.of, change.of)
    if change.what == rules.WORDING:
        occasion, _, language = change.of.partition(":")
        return f"{say.gettext(OCCASION_LABELS[occasion])} · {say.gettext(LANGUAGE_LABELS[language])}"
    if change.what == rules.APPLICATION:
        return say.gettext(PLATFORM_LABELS[change.of])
    return change.of


def _said(change: Change, value: Any, currency: str, say: Translator) -> str:
    """What was said, as a person reads it."""
    if value is None:
        return ""
    if change.what == rules.ORDER:
        return " · ".join(say.gettext(CHANNEL_LABELS[name]) for name in value)
    if change.what == rules.PARTS:
        return say.ngettext("%(num)d part", "%(num)d parts", value) % {"num": value}
    if change.what == rules.PRICE:
        return f"{prices.written(value)} {currency}".strip()
    if change.what in (rules.SIGNATURE, rules.HOUSE_SIGNATURE):
        return f"【{value}】"
    if change.what == rules.WORDING:
        return f"{value.template_id}: {value.text}"
    return str(value)
