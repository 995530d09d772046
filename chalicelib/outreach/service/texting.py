"""Texts as they leave: the wording, the signature, the way to stop, the parts, the price, and what forbids one.

A text to +86 is the registered wording and nothing else: the house's own templates are not used for it, so that what is
sent cannot differ from what was registered but in its variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from chalicelib.kernel.deferred import dataclass
from chalicelib.outreach.channels import Message
from chalicelib.outreach.rules import texts
from chalicelib.outreach.rules.channels import Settings
from chalicelib.outreach.rules.texts import CHINA, Cost
from chalicelib.outreach.service.planning import Plan
from chalicelib.outreach.words import Words

PART = "text.txt"
UNREGISTERED, TOO_LONG = "text_unregistered", "text_too_long"


@dataclass(frozen=True)
class Text:
    """A text that may be sent."""

    message: Message
    parts: int
    cost: Cost | None


def finished(message: Message, plan: Plan, words: Words, settings: Settings) -> Text | str:
    """A written text as it leaves, or the reason why it may not."""
    if message.address.startswith(CHINA):
        registered = _registered(message, plan, asdict(words), settings)
        if registered is None:
            return UNREGISTERED
        message = registered
    else:
        content = texts.with_hint(message.parts[PART].strip(), plan.purpose, message.language)
        message = replace(message, parts={PART: content})
    parts = texts.text_parts(message.parts[PART])
    if parts > settings.text_parts_max:
        return TOO_LONG
    cost = texts.cost_of(message.address, parts, settings.text_prices, settings.text_currency)
    return Text(message, parts, cost)


def is_registered(settings: Settings, plan: Plan, language: str) -> bool:
    """Whether there is all that a text to +86 needs."""
    has_wording = settings.wording_of(plan.occasion.name, language) is not None
    return has_wording and settings.signature_of(plan.place.property_id) is not None


def _registered(message: Message, plan: Plan, words: Mapping[str, str], settings: Settings) -> Message | None:
    if not is_registered(settings, plan, message.language):
        return None
    wording = settings.wording_of(plan.occasion.name, message.language)
    assert wording is not None
    text = f"【{settings.signature_of(plan.place.property_id)}】{texts.filled(wording.text, words)}"
    return replace(message, parts={PART: text}, template_id=wording.template_id)
