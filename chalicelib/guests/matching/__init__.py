"""Whether two records are one person: pure, without storage, clock or network. How it decides: docs/matching.md.

Import it only where matching is done: the readings of Chinese characters that it loads are no part of a cold start.
"""

from chalicelib.guests.matching.addresses import Address
from chalicelib.guests.matching.blocking import BUCKET_MAX, KEYS_MAX, blocking_keys, contact_keys, keys_of
from chalicelib.guests.matching.evidence import Evidence, sentence
from chalicelib.guests.matching.person import Person, Prepared, prepare
from chalicelib.guests.matching.scoring import Decision, Match, compare, decide

__all__ = [
    "BUCKET_MAX",
    "KEYS_MAX",
    "Address",
    "Decision",
    "Evidence",
    "Match",
    "Person",
    "Prepared",
    "blocking_keys",
    "compare",
    "contact_keys",
    "decide",
    "keys_of",
    "prepare",
    "sentence",
]
