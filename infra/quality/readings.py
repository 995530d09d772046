"""Makes chalicelib/guests/matching/data/readings.py from the Unicode Han Database.

`python -m infra.quality.readings FOLDER`, where FOLDER holds Unihan_Readings.txt, Unihan_Variants.txt and
Unihan_OtherMappings.txt (plain or .bz2). What names need is kept: Mandarin and Cantonese without tones, and which
traditional character is written how today. The same files make the same bytes.
"""

from __future__ import annotations

import bz2
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

TARGET = Path(__file__).resolve().parents[2] / "chalicelib" / "guests" / "matching" / "data" / "readings.py"
FIRST, LAST = 0x4E00, 0x9FFF  # the block in which the characters of names are; rarer ones have no reading here
OTHER_READINGS_MAX = 2  # beside the commonest: a name read in a fourth way is not worth the chance matches
LINE_LENGTH = 110

_MARKED = re.compile(r"[a-zü\u0300-\u036f]+")
_PREAMBLE = '''"""Readings of Chinese characters without tones, made by infra/quality/readings.py. Do not edit by hand.

Derived from the Unicode Han Database {version}; licence and notice in LICENSE.md beside this file. Modified: reduced to
the block 4E00-9FFF, tones dropped, traditional characters under the simplified ones that they are written with today.
"""

from __future__ import annotations

'''


def fields(folder: Path, name: str, wanted: Iterable[str]) -> dict[str, dict[int, str]]:
    """The wanted fields of one Unihan file: field → code point → value."""
    found: dict[str, dict[int, str]] = {field: {} for field in wanted}
    for line in _text(folder, name).splitlines():
        if line.startswith("U+"):
            code, field, value = line.split("\t", 2)
            if field in found:
                found[field][int(code[2:], 16)] = value
    return found


def toneless(marked: str) -> str:
    """`lǜ` → `lv`, `wáng` → `wang`."""
    plain = unicodedata.normalize("NFD", marked.lower()).replace("u\u0308", "v")
    return re.sub("[^a-z]", "", plain)


def readings(mandarin: str, *dictionaries: str) -> list[str]:
    """The commonest reading, then those of modern dictionaries."""
    found = [toneless(mandarin.split()[0])] if mandarin else []
    others: list[str] = []
    for entry in dictionaries:
        for marked in _MARKED.findall(unicodedata.normalize("NFD", entry)):
            reading = toneless(marked)
            if reading and reading not in found + others:
                others.append(reading)
    return found + others[:OTHER_READINGS_MAX] if found else others[: 1 + OTHER_READINGS_MAX]


def module_text(folder: Path) -> str:
    """The whole module."""
    spoken = fields(folder, "Unihan_Readings", ("kMandarin", "kXHC1983", "kTGHZ2013", "kCantonese"))
    variants = fields(folder, "Unihan_Variants", ("kSimplifiedVariant",))["kSimplifiedVariant"]
    common = fields(folder, "Unihan_OtherMappings", ("kGB0",))["kGB0"]
    simplified = _simplified(variants)
    first: dict[str, list[str]] = defaultdict(list)
    other: dict[str, list[str]] = defaultdict(list)
    cantonese: dict[str, list[str]] = defaultdict(list)
    for code in range(FIRST, LAST + 1):
        if chr(code) in simplified:
            continue
        found = readings(*(spoken[name].get(code, "") for name in ("kMandarin", "kXHC1983", "kTGHZ2013")))
        for rank, reading in enumerate(found):
            (other if rank else first)[reading].append(chr(code))
        if code in common and code in spoken["kCantonese"]:
            for word in spoken["kCantonese"][code].split()[:1]:
                cantonese[re.sub("[^a-z]", "", word)].append(chr(code))
    version = re.search(r"Unicode version: ([0-9.]+)", _text(folder, "Unihan_Readings"))
    parts = [
        _PREAMBLE.format(version=version[1] if version else ""),
        _constant("MANDARIN", _table(first)),
        _constant("MANDARIN_OTHERWISE", _table(other)),
        _constant("CANTONESE", _table(cantonese)),
        _constant("TRADITIONAL", "".join(sorted(simplified))),
        _constant("SIMPLIFIED", "".join(simplified[one] for one in sorted(simplified))),
    ]
    return "".join(parts)


def _simplified(variants: Mapping[int, str]) -> dict[str, str]:
    """Which character a traditional one is written with; those with several, or none in the block, stay."""
    found = {}
    for code, value in variants.items():
        targets = [int(one[2:], 16) for one in value.split()]
        if FIRST <= code <= LAST and len(targets) == 1 and FIRST <= targets[0] <= LAST and targets[0] != code:
            found[chr(code)] = chr(targets[0])
    return {one: found.get(other, other) for one, other in found.items()}


def _table(characters: Mapping[str, list[str]]) -> str:
    return " ".join(f"{reading}{''.join(sorted(ones))}" for reading, ones in sorted(characters.items()))


def _constant(name: str, value: str) -> str:
    lines = [value[start : start + LINE_LENGTH] for start in range(0, len(value), LINE_LENGTH)]
    return f"{name} = (\n" + "".join(f'    "{line}"\n' for line in lines) + ")\n\n"


def _text(folder: Path, name: str) -> str:
    packed = folder / f"{name}.txt.bz2"
    data = bz2.decompress(packed.read_bytes()) if packed.exists() else (folder / f"{name}.txt").read_bytes()
    return data.decode("utf-8")


def main() -> int:
    """Write the module."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m infra.quality.readings FOLDER_WITH_UNIHAN\n")
        return 2
    TARGET.write_text(module_text(Path(sys.argv[1])).rstrip("\n") + "\n", encoding="utf-8")
    sys.stdout.write(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
