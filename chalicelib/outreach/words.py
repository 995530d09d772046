"""What a message is written from, and in which languages. `outreach.letters` writes it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kernel.languages import best_language

LANGUAGES = ("en", "zh")
FALLBACK = "en"


@dataclass(frozen=True)
class Words:
    """All that a template knows. Empty text is what is not known."""

    name: str
    house: str
    chain: str
    address: str
    phone: str
    email: str
    unsubscribe_url: str
    signed: str
    years: str = ""  # since what an anniversary is of
    offer: str = ""
    day: str = ""  # what a guest calls a day of their own
    festival: str = ""
    wish: str = ""
    arrival: str = ""
    departure: str = ""
    room_type: str = ""
    room: str = ""  # its number, where the message is about it
    stays: str = ""  # how many there have been
    points: str = ""
    last_day: str = ""  # of the points
    is_idle: str = ""  # any stay keeps them


def language_for(wanted: str | None) -> str:
    """The language a guest is written to in: their own if it is spoken here, else English."""
    return best_language(wanted, LANGUAGES, FALLBACK)
