"""What happens to people on their way into systems: slips of the keyboard, other spellings, swapped and empty cells.

Two models: `keyboard`, on which the weights were tuned together with FEBRL 2 and 3, and `counter`, which errs in other
ways and other proportions and was only looked at afterwards.
"""

from __future__ import annotations

import string
import unicodedata
from dataclasses import dataclass
from random import Random

from chalicelib.guests.matching import Address, Person
from chalicelib.guests.matching.data.nicknames import GROUPS
from chalicelib.guests.matching.romanising import to_wade
from infra.quality.people import COUNTRY_OF, Human

RELAY = "guest.booking.com"
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_BY_EAR = (
    ("ph", "f"), ("ck", "k"), ("th", "t"), ("z", "s"), ("y", "i"), ("ee", "i"), ("ll", "l"), ("c", "k"), ("v", "w"),
)  # fmt: skip


@dataclass(frozen=True)
class Model:
    """How often what goes wrong, for one record."""

    name: str
    slips: float  # of a written cell
    second_slip: float
    empty: float
    swapped_names: float
    other_form: float  # nickname, initial, pinyin for characters
    birth_wrong: float
    moved: float  # another address, mailbox or phone altogether
    by_ear: float  # of slips: as it sounds or looks instead of a neighbouring key


KEYBOARD = Model("keyboard", 0.22, 0.25, 0.05, 0.05, 0.18, 0.10, 0.15, 0.1)
COUNTER = Model("counter", 0.15, 0.4, 0.10, 0.10, 0.30, 0.08, 0.25, 0.7)


def as_guest(rng: Random, human: Human, id: str, model: Model) -> Person:
    """A row of our import: name, birth date, one mailbox, one phone, country."""
    given, family = _names(rng, human, model)
    email, phone = human.email, human.phone
    if rng.random() < 0.12:
        email = f"{_letters(rng, 10)}@{RELAY}"  # what an agency hands out instead
    elif rng.random() < model.moved:
        email = f"{_letters(rng, 9)}@example.net"
    if rng.random() < model.moved:
        phone = phone[:5] + "".join(rng.choice(string.digits) for _ in phone[5:])
    elif rng.random() < 0.3:
        phone = " ".join((phone[3:6], phone[6:9], phone[9:]))
    return Person(
        id=id,
        given_name=given,
        family_name=family,
        birth_date=_empty(rng, model, _birth(rng, human, model), times=3),
        emails=tuple(filter(None, [_empty(rng, model, email, times=3)])),
        phones=tuple(filter(None, [_empty(rng, model, phone, times=4)])),
        nationality=_empty(rng, model, COUNTRY_OF.get(human.culture, "")),
    )


def as_febrl(rng: Random, human: Human, id: str, model: Model) -> Person:
    """A row as FEBRL has them: name, address, birth date."""
    given, family = _names(rng, human, model)
    place = [human.number, human.street, human.second_line, human.suburb, human.postcode, human.state]
    if rng.random() < model.moved / 2:
        number, postcode = str(rng.randint(1, 300)), str(rng.randint(2000, 7999))
        place = [number, _letters(rng, 8) + " road", "", _letters(rng, 7), postcode, human.state]
    if rng.random() < model.swapped_names / 2:
        place[1], place[2] = place[2], place[1]
    place = [_empty(rng, model, _written(rng, part, model)) for part in place]
    return Person(
        id=id,
        given_name=_empty(rng, model, given),
        family_name=_empty(rng, model, family),
        birth_date=_empty(rng, model, _birth(rng, human, model).replace("-", "")),
        address=Address(*place),
    )


# -- inside ------------------------------------------------------------------------------------------------


def _names(rng: Random, human: Human, model: Model) -> tuple[str, str]:
    given, family = human.given.written, human.family.written
    if human.is_chinese:
        given, family = _chinese(rng, human, model)
    elif rng.random() < model.other_form:
        given = _form(rng, given)
    if given.isascii() or not human.is_chinese:
        given, family = _written(rng, given, model), _written(rng, family, model)
        if rng.random() < 0.15:
            given, family = (_plain(part) for part in (given, family))
        if rng.random() < 0.15:
            given, family = given.upper(), family.upper()
    if rng.random() < model.swapped_names:
        given, family = family, given
    return (f"{given} {human.generation}" if human.generation else given), family


def _chinese(rng: Random, human: Human, model: Model) -> tuple[str, str]:
    given, family = human.given.written, human.family.written
    if rng.random() >= model.other_form * 2:
        return given, family
    latin = human.given.latin
    if human.culture == "tw":
        return latin.title(), human.family.latin.title()
    style = rng.randrange(4)
    if style == 0 and len(given) == 2:
        return f"{latin[:2]} {latin[2:]}" if rng.random() < 0.1 else latin.upper(), human.family.latin.upper()
    if style == 1:
        return latin.title(), human.family.latin.title()
    if style == 2 and len(given) == 1:
        return to_wade(latin)[0].title(), to_wade(human.family.latin)[0].title()
    return latin.title(), human.family.latin.upper()


def _form(rng: Random, given: str) -> str:
    folded = _plain(given).lower()
    groups = [line.split() for line in GROUPS.strip().splitlines() if line.split()[0] == folded]
    if groups and rng.random() < 0.7:
        return rng.choice(groups[0]).title()
    return given[0] + rng.choice(("", "."))


def _birth(rng: Random, human: Human, model: Model) -> str:
    written = human.birth.isoformat()
    if rng.random() >= model.birth_wrong:
        return written
    year, month, day = written.split("-")
    kind = rng.randrange(4)
    if kind == 0 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if kind == 1:
        return f"{int(year) + rng.choice((-10, -1, 1, 10))}-{month}-{day}"
    if kind == 2:
        return f"{year}-{month}-{rng.randint(1, 28):02}"
    return f"{year}-{rng.randint(1, 12):02}-{day}"


def _written(rng: Random, text: str, model: Model) -> str:
    if not text or rng.random() >= model.slips:
        return text
    text = _slip(rng, text, model)
    return _slip(rng, text, model) if text and rng.random() < model.second_slip else text


def _slip(rng: Random, text: str, model: Model) -> str:
    if len(text) < 2:
        return text
    if rng.random() < model.by_ear:
        for sound, other in rng.sample(_BY_EAR, len(_BY_EAR)):
            if sound in text.lower():
                return text.lower().replace(sound, other, 1)
    at = rng.randrange(len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + _near(rng, text[at]) + text[at:]
    if kind == 2:
        return text[:at] + _near(rng, text[at]) + text[at + 1 :]
    at = min(at, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _near(rng: Random, letter: str) -> str:
    if letter.isdigit():
        return rng.choice(string.digits)
    row = next((keys for keys in _KEYS if letter.lower() in keys), string.ascii_lowercase)
    place = row.find(letter.lower())
    return row[max(0, min(len(row) - 1, place + rng.choice((-1, 1))))]


def _empty(rng: Random, model: Model, text: str, *, times: int = 1) -> str:
    return "" if rng.random() < model.empty * times else text


def _plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def _letters(rng: Random, count: int) -> str:
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(count))
