"""Makes chalicelib/guests/rules/sounds_data.py from the readings that matching goes by.

`python -m infra.quality.sounds write|check`. The indexes by which names are found need one reading of each character,
in every process that writes a guest; what matching loads for all readings would be a tenth of such a process's start.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

from chalicelib.guests.matching import romanising
from chalicelib.guests.matching.data.readings import SIMPLIFIED, TRADITIONAL
from chalicelib.guests.matching.data.spellings import COMPOUND_SURNAMES, SURNAME_READINGS

TARGET = Path(__file__).resolve().parents[2] / "chalicelib" / "guests" / "rules" / "sounds_data.py"
FIRST, LAST = 0x4E00, 0x9FFF
LINE_LENGTH = 114
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PREAMBLE = '''\
"""The commonest reading of every Chinese character, made by infra/quality/sounds.py. Not to be edited by hand.

Two letters a character from U+4E00 on, which are the number of its syllable in base 26; `aa` is no reading. Derived
from the Unicode Han Database; licence and notice in LICENSE.md beside matching's readings. Plain texts, so that a
function that starts cold has them for nothing.
"""

from __future__ import annotations

'''


def module_text() -> str:
    """The whole module."""
    readings = [_reading(chr(code)) for code in range(FIRST, LAST + 1)]
    syllables = ["", *sorted(set(readings) - {""})]
    number = {syllable: place for place, syllable in enumerate(syllables)}
    packed = "".join(_LETTERS[number[one] // 26] + _LETTERS[number[one] % 26] for one in readings)
    surnames = {one: spoken.split()[0] for one, spoken in SURNAME_READINGS.items()}
    for one in sorted(COMPOUND_SURNAMES):
        surnames.setdefault(one, "".join(_reading(character) for character in one))
    special = {
        written: spoken
        for one, spoken in surnames.items()
        if len(one) > 1 or spoken != _reading(one)
        for written in _ways_to_write(one)
    }
    parts = [
        _PREAMBLE,
        _constant("SYLLABLES", " ".join(syllables[1:])),
        _constant("READINGS", packed),
        "# Surnames that are read as the character is nowhere else, and those of several characters.\n",
        _constant("SURNAMES", " ".join(f"{one}{spoken}" for one, spoken in sorted(special.items()))),
    ]
    return "".join(parts).rstrip("\n") + "\n"


def _reading(character: str) -> str:
    return next(iter(romanising.pinyin_of(romanising.simplify(character))), "")


def _ways_to_write(surname: str) -> list[str]:
    """In the characters of the mainland and in traditional ones, also mixed."""
    others: dict[str, list[str]] = {}
    for traditional, simplified in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        others.setdefault(simplified, []).append(traditional)
    return ["".join(one) for one in product(*([character, *others.get(character, [])] for character in surname))]


def _constant(name: str, value: str) -> str:
    length = LINE_LENGTH if value.isascii() else LINE_LENGTH * 2 // 3  # Chinese characters are twice as wide
    lines = [value[start : start + length] for start in range(0, len(value), length)]
    return f"{name} = (\n" + "".join(f'    "{line}"\n' for line in lines) + ")\n\n"


def main() -> int:
    """Write the module, or say whether it is current."""
    if sys.argv[1:] == ["write"]:
        TARGET.write_text(module_text(), encoding="utf-8")
        return 0
    return 0 if TARGET.read_text(encoding="utf-8") == module_text() else 1


if __name__ == "__main__":
    sys.exit(main())
