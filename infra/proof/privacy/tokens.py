"""Personal data that is planted, and the search for it in whatever disguise it may turn up."""

from __future__ import annotations

import base64
import random
import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, quote_plus

BASE64_SHIFTS = (0, 1, 2)  # where in a group of three bytes a text may begin
DIGITS_MIN = 8  # fewer turn up by chance in an instant or a count
_NOT_DIGITS = re.compile(r"[\s().+/-]")


@dataclass(frozen=True)
class Planted:
    """One person's data. Every value is unlike anything else that the product could say."""

    given_name: str
    family_name: str
    chinese_name: str
    email: str
    phone: str
    birth_date: str
    address: str
    note: str
    password: str
    secret: str

    @classmethod
    def of(cls, seed: int) -> Planted:
        """Drawn by a seed."""
        rng = random.Random(seed)

        def word() -> str:
            return "zq" + "".join(rng.choice("bcdfghjklmnpqrstvwxz") for _ in range(8))

        han = "".join(rng.choice("龘靐齉爨癵驫麤鱻") for _ in range(4))
        return cls(
            given_name=word().title(),
            family_name=word().title(),
            chinese_name=han,
            email=f"{word()}@{word()}.example",
            phone=f"+35191{rng.randrange(10**6, 10**7)}",
            birth_date=f"19{rng.randrange(30, 60)}-0{rng.randrange(1, 10)}-{rng.randrange(11, 29)}",
            address=f"{word()} {rng.randrange(100, 999)}",
            note=f"{word()} {word()}",
            password=f"{word()} {word()}!",
            secret="".join(rng.choice("0123456789abcdef") for _ in range(40)),
        )

    def values(self) -> list[str]:
        """Everything that must not turn up."""
        return [value for value in vars(self).values() if isinstance(value, str)]

    @cached_property
    def _forms(self) -> list[tuple[str, str]]:
        found = []
        for value in [*self.values(), *self.email.split("@")]:
            for form in {value.casefold(), quote(value).casefold(), quote_plus(value).casefold(), _escaped(value)}:
                found.append((value, form))
            found += [(value, digits) for digits in [_NOT_DIGITS.sub("", value)] if _is_number(digits)]
        return found

    @cached_property
    def _encoded(self) -> list[tuple[str, str]]:
        return [
            (value, core)
            for value in self.values()
            for shift in BASE64_SHIFTS
            for core in _cores(value.encode(), shift)
        ]

    def found_in(self, text: str) -> list[str]:
        """The values that a text gives away: as they are, in other letters, escaped, encoded, or as bare digits."""
        folded = text.casefold()
        found = {value for value, form in self._forms if form in folded}
        found |= {value for value, core in self._encoded if core in text}
        return sorted(found)


def _escaped(value: str) -> str:
    """As Python and JSON write what is not ASCII."""
    return value.encode("unicode_escape").decode("ascii").casefold()


def _is_number(text: str) -> bool:
    return text.isdigit() and len(text) >= DIGITS_MIN


def _cores(raw: bytes, shift: int) -> set[str]:
    """What of a value stands in base64 whatever is before and after it, in both alphabets."""
    whole = (len(raw) + shift) // 3 * 4
    start = -(-shift * 8 // 6) if shift else 0
    return {
        encode(bytes(shift) + raw).decode("ascii")[start:whole]
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
    }
