"""What a message is written from, and the place for whoever writes it: `outreach.letters`, with its template engine.

Apart from it, because only the functions that send start with an engine for templates.
"""

from __future__ import annotations

from collections.abc import Callable
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


# Occasion, language, names of the parts, and what the templates know: the parts by name.
Writer = Callable[[str, str, tuple[str, ...], Words], dict[str, str]]
_writers: list[Writer] = []


def write_by(writer: Writer) -> None:
    """Hand over what fills the templates."""
    _writers[:] = [writer]


def write(occasion: str, language: str, parts: tuple[str, ...], words: Words) -> dict[str, str]:
    """The parts of a message by name, written by what was handed over where the process started."""
    if not _writers:
        raise RuntimeError("this process writes no letters: import chalicelib.outreach.letters where it starts")
    return _writers[-1](occasion, language, parts, words)
