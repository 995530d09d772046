"""How the words of an address are shortened."""

from __future__ import annotations

ABBREVIATIONS = {
    "st": "street", "str": "street", "rd": "road", "ave": "avenue", "av": "avenue", "cres": "crescent", "cr": "crescent", "ct": "court",
    "pl": "place", "dr": "drive", "ln": "lane", "cl": "close", "cct": "circuit", "tce": "terrace", "pde": "parade", "hwy": "highway",
    "blvd": "boulevard", "sq": "square", "gr": "grove", "mt": "mount", "apt": "apartment", "flr": "floor", "vlge": "village",
    "retrmnt": "retirement", "ctr": "centre", "center": "centre", "strasse": "street", "rua": "street", "calle": "street", "via": "street",
}  # fmt: skip
