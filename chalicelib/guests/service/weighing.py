"""Weighs guests by the matcher. The work that weighs is declared to stand here, so the matcher and its readings of
Chinese characters are imported with the first piece of it, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Container

from chalicelib.guests.matching import Person, compare, contact_keys, keys_of, prepare
from chalicelib.guests.models import Guest
from chalicelib.guests.rules.pairs import Verdict
from chalicelib.guests.service import candidates
from chalicelib.guests.service.backfilling import backfill_step
from chalicelib.guests.service.candidates import Points
from chalicelib.guests.service.pairing import link, match_group, match_guest

__all__ = ["Matcher", "backfill_step", "link", "match_group", "match_guest"]

HUNDREDTHS = 100


class Matcher:
    """The product's only weigher: what `matching` decides, on guests as they are stored."""

    def keys_of(self, guest: Guest) -> frozenset[str]:
        """What the guest is found by, made of all that is known."""
        return keys_of(prepare(_person(guest, ())))

    def points_of(self, guest: Guest) -> Points:
        """The guest's contact points by the matching key that each of them makes."""
        found: Points = {}
        for kind, values in (("email", guest.emails), ("phone", guest.phones)):
            for value in values:
                for key in contact_keys(kind, value):
                    found.setdefault(key, set()).add((kind, value))
        return found

    def weigh(self, one: Guest, other: Guest, left_out: Container[str]) -> Verdict:
        """Compare two guests without the contact points under the keys that are left out."""
        match = compare(prepare(_person(one, left_out)), prepare(_person(other, left_out)))
        reasons = tuple((it.code, it.level, round(it.bits * HUNDREDTHS)) for it in match.reasons)
        return Verdict(match.decision, round(match.score * HUNDREDTHS), reasons)


def _person(guest: Guest, left_out: Container[str]) -> Person:
    return Person(
        id=guest.id,
        given_name=str(guest.given_name),
        family_name=str(guest.family_name),
        birth_date=str(guest.birth_date or ""),
        emails=_own("email", guest.emails, left_out),
        phones=_own("phone", guest.phones, left_out),
        nationality=str(guest.nationality or ""),
    )


def _own(kind: str, values: list[str], left_out: Container[str]) -> tuple[str, ...]:
    if not left_out:
        return tuple(values)
    return tuple(value for value in values if not any(key in left_out for key in contact_keys(kind, value)))


candidates.weigh_by(Matcher())
