"""The chain of the year: the two hotels once more, with managers of their own, and what it promises its guests."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, time

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import ChainIn, PropertyIn, StaffIn
from chalicelib.kernel.clock import chain_now
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.outreach import service as outreach
from infra.demo import care, world
from infra.demo.bookings import HOTELS, Hotel

CHAIN = "chn_0000000000000000000000ye00"
HOUSES = {Hotel.CITY: "prp_0000000000000000000000yc00", Hotel.RESORT: "prp_0000000000000000000000yr00"}
MANAGERS = {Hotel.CITY: "stf_0000000000000000000000yc00", Hotel.RESORT: "stf_0000000000000000000000yr00"}
NAMES = {Hotel.CITY: "城市酒店", Hotel.RESORT: "度假酒店"}
CLOSE = time(22, 30)  # UTC: the hotels' last hour of a day, when what has changed on it comes in

# What the chain writes for from the first day on, beside what care.promise switches on: the days around a stay and its
# anniversary, and a word to whoever has fallen silent and is not called.
ALONG_THE_STAY = ("stay_changed", "pre_arrival", "in_stay", "thanks", "milestone")
WRITTEN = (*ALONG_THE_STAY, "special_day", "silence")
# An offer makes marketing of the anniversary: it asks for that consent, waits while the guest is in house, is capped.
OFFERED = "stay_anniversary"
OFFER = {"en": "The third night is ours if you book within a month.", "zh": "一个月内预订，第三晚由我们赠送。"}
# Regular guests are promised a word a month from the beginning, but it is written only from this day on: whether the
# letters around their stays keep the promise until then is for the figures to say.
MONTHLY = "monthly_contact"
MONTHLY_FROM = date(2016, 11, 1)


def exists() -> bool:
    """Whether the chain was founded before."""
    return world.exists(CHAIN)


def scope() -> Scope:
    """Head office of the chain, now."""
    return world.hq_scope(CHAIN)


def manager(hotel: Hotel) -> Scope:
    """The manager of a hotel, who sees it alone, now."""
    held = directory.ROLES["property_manager"].permissions
    actor, now = Actor("staff", MANAGERS[hotel]), chain_now(CHAIN, is_test=True)
    return Scope(CHAIN, actor, now, held, frozenset({HOUSES[hotel]}), is_test=True, request_id="req_demo")


def close_of(day: date) -> datetime:
    """The instant at which a day's changes come in."""
    return datetime.combine(day, CLOSE, UTC)


def found(day: date) -> None:
    """Create the chain at the close of a day, its hotels and their managers, and switch on what it promises."""
    chain = ChainIn(
        name=f"{world.CHAIN_NAME}: a year", mode="test", clock_starts_at=close_of(day), time_zone="Europe/Lisbon",
        country="PT", sender_name=world.CHAIN_NAME, notice="generated_identities",
        automatic_linking=False,  # as in the whole chain: every generated identity is somebody of their own
    )  # fmt: skip
    directory.create_chain(world.operator(), chain, id=CHAIN)
    hq = scope()
    for hotel, facts in HOTELS.items():
        house = PropertyIn(
            name=hotel.value, names={"en": hotel.value, "zh": NAMES[hotel]}, time_zone=facts.time_zone,
            country=facts.country, currency=facts.currency, address=facts.place,
        )  # fmt: skip
        directory.create_property(hq, house, id=HOUSES[hotel])
        person = StaffIn(
            email=f"manager.{hotel.slug}@year.atlantico.example", name=f"Manager, {hotel.value}",
            role="property_manager", language="en", password=secrets.token_urlsafe(12),
            property_ids=[HOUSES[hotel]],
        )  # fmt: skip
        directory.create_staff(hq, person, id=MANAGERS[hotel])
    promise(hq)


def promise(hq: Scope) -> None:
    """All four rules of care, and the occasions; saying it again changes nothing."""
    care.promise(hq, written=tuple(one for one in care.WRITTEN if one != MONTHLY))
    for occasion in WRITTEN:
        outreach.publish(hq, occasion, is_on=True, offer={})
    outreach.publish(hq, OFFERED, is_on=True, offer=OFFER)


def write_monthly(hq: Scope) -> None:
    """From now on regular guests are written to each month."""
    outreach.publish(hq, MONTHLY, is_on=True, offer={})
