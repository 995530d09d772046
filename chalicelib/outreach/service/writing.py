"""From a plan and a contact to the message itself: language, names, sender, the way to stop."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.directory.service import Chain, Property
from chalicelib.guests.service import Guest
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.kernel.text import display_name
from chalicelib.outreach import links, replies
from chalicelib.outreach.channels import CHANNELS, Message
from chalicelib.outreach.letters import write
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import channels, keeping, texting, wording
from chalicelib.outreach.service.planning import Plan
from chalicelib.outreach.service.texting import Text
from chalicelib.outreach.words import Words, language_for


def message(scope: Scope, chain: Chain, guest: Guest, plan: Plan, contact: Contact, delivery_id: str) -> Message:
    """The finished message, for every channel but texts."""
    return _written(scope, chain, guest, plan, contact, delivery_id)[0]


def text(scope: Scope, chain: Chain, guest: Guest, plan: Plan, contact: Contact, delivery_id: str) -> Text | str:
    """A finished text with its parts and its price, or the reason why it may not be sent."""
    written, words = _written(scope, chain, guest, plan, contact, delivery_id)
    return texting.finished(written, plan, words, channels.known_of(scope).settings)


def _written(
    scope: Scope, chain: Chain, guest: Guest, plan: Plan, contact: Contact, delivery_id: str
) -> tuple[Message, Words]:
    language = language_for(guest.language or chain.default_language)
    house = plan.place.house
    reply_to = replies.address_of("r", scope.chain_id, delivery_id) or (house.email if house is not None else None)
    wish = links.Unsubscription(scope.chain_id, guest.id, plan.purpose, contact.channel)
    said = dict(plan.said)
    if "festival" in said:
        festival = keeping.festival_named(scope, said.pop("festival"))
        if festival is not None:
            said |= {"festival": festival.called(language), "wish": festival.wished(language)}
    said |= wording.in_words(said, language)
    if plan.policy is not None:
        said["offer"] = plan.policy.offer.get(language, "")
    name = display_name(guest.given_name, guest.family_name, guest.language or language)
    words = replace(words_of(chain, house, name, language, links.unsubscribe_url(wish)), **said)
    occasion = plan.occasion.name
    made = Message(
        chain_id=scope.chain_id,
        guest_id=guest.id,
        delivery_id=delivery_id,
        occasion=occasion,
        address=contact.address,
        language=language,
        sender_name=words.house,
        sender_address=chain.sender_address or settings().mail_sender,
        sms_sender=chain.sms_sender,
        reply_to=reply_to,
        unsubscribe_url=words.unsubscribe_url,
        chain_time=scope.now,
        parts=write(occasion, language, CHANNELS[contact.channel].parts, words),
        connector=channels.known_of(scope).connectors.get(contact.channel),
    )
    return made, words


def house_name(house: Property, language: str) -> str:
    """What a property is called in a language."""
    return str((house.names or {}).get(language) or house.name)


def words_of(chain: Chain, house: Property | None, name: str, language: str, unsubscribe_url: str) -> Words:
    """What every message of a chain and a house knows, to a guest of a name."""
    speaker = house_name(house, language) if house is not None else str(chain.sender_name)
    is_bracketed = language == "zh"
    return Words(
        name=name,
        house=speaker,
        chain=str(chain.name),
        address=" ".join((house.address or "").split()) if house is not None else "",
        phone=(house.phone or "") if house is not None else "",
        email=(house.email or "") if house is not None else "",
        unsubscribe_url=unsubscribe_url,
        signed=f"【{speaker}】" if is_bracketed else f"{speaker}: ",
    )
