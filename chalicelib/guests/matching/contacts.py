"""Birth dates, mailboxes and phones: what is kept of them to compare, and how they compare."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from chalicelib.guests.matching import weights as at
from chalicelib.guests.matching.data.fillers import DESKS, PLACEHOLDER_DATES
from chalicelib.guests.matching.evidence import BIRTH_DATE, EMAIL, PHONE, SHARED_CONTACT, Evidence
from chalicelib.guests.matching.strings import distance
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.text import email_key, fold, is_relay_address, normalise_email

PHONE_TAIL = 8  # digits that every numbering plan keeps whatever is dialled before them
PHONE_LENGTH_MIN = 6  # shorter is an extension
LOCAL_LENGTH_MIN = 6  # of a mailbox's name: below that, one letter makes another person's
CONTACTS_MAX = 10  # of one kind that are compared

_DOTLESS_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
_SAME_DIGITS = re.compile(r"(\d)\1+")
_RUNNING = ("0123456789", "1234567890", "9876543210", "0987654321")
_NOT_DIGITS = re.compile("[^0-9]")


# -- birth dates -------------------------------------------------------------------------------------------


def date_digits(written: str) -> str:
    """A day as eight digits, year first, from `1987-08-05`, `19870805` or a timestamp; empty if it is no such thing.

    It need not be in the calendar: a mistyped day is still compared.
    """
    digits = _NOT_DIGITS.sub("", fold(written).split("t", 1)[0])
    return digits if len(digits) == 8 else ""


def compare_dates(one: str, other: str) -> Evidence | None:
    """Two birth dates of eight digits; None if one is missing."""
    if not one or not other:
        return None
    level = at.DIFFERENT
    if one == other:
        level = at.PLACEHOLDER if one in PLACEHOLDER_DATES else at.EXACT
    elif one[:4] == other[:4] and one[4:6] == other[6:] and one[6:] == other[4:6]:
        level = at.SWAPPED
    elif distance(one, other) == 1:
        level = at.CLOSE
    elif (one[:4] == other[:4]) + (one[4:6] == other[4:6]) + (one[6:] == other[6:]) == 2:
        level = at.PARTIAL
    return Evidence(BIRTH_DATE, level, at.BIRTH_DATE_BITS[level])


# -- e-mail and phone --------------------------------------------------------------------------------------


def mailboxes(emails: Iterable[str]) -> tuple[str, ...]:
    """The personal mailboxes among some addresses, in the form in which one mailbox has one name.

    Relay addresses and desks' addresses are nobody's. A tag (`ana+hotel@`) and Gmail's dots make no other mailbox.
    """
    found = {_mailbox(email) for email in list(emails)[:CONTACTS_MAX]}
    return tuple(sorted(found - {""}))


def phone_tails(phones: Iterable[str]) -> tuple[str, ...]:
    """The last digits of phone numbers, without the numbers that are made up."""
    found = set()
    for phone in list(phones)[:CONTACTS_MAX]:
        digits = _NOT_DIGITS.sub("", fold(phone))
        tail = digits[-PHONE_TAIL:]
        made_up = _SAME_DIGITS.fullmatch(tail) or any(digits in running for running in _RUNNING)
        if len(digits) >= PHONE_LENGTH_MIN and not made_up:
            found.add(tail)
    return tuple(sorted(found))


def compare_contacts(
    mails: tuple[tuple[str, ...], tuple[str, ...]], tails: tuple[tuple[str, ...], tuple[str, ...]]
) -> list[Evidence]:
    """What e-mail and phone tell together. That they differ tells nothing: people have several."""
    found = []
    level = _level(*mails, _similar_mail)
    if level:
        found.append(Evidence(EMAIL, level, at.EMAIL_BITS[level]))
    level = _level(*tails, _similar_phone)
    if level:
        found.append(Evidence(PHONE, level, at.PHONE_BITS[level]))
    excess = sum(one.bits for one in found) - at.CONTACT_BITS_MAX
    if excess > 0:
        found.append(Evidence(SHARED_CONTACT, at.PARTIAL, -excess))
    return found


# -- inside ------------------------------------------------------------------------------------------------


def _mailbox(email: str) -> str:
    try:
        address = email_key(normalise_email(email))
    except InvalidValue:
        return ""
    local, _, domain = address.rpartition("@")
    local = local.split("+", 1)[0]
    if domain in _DOTLESS_DOMAINS:
        local, domain = local.replace(".", ""), "gmail.com"
    is_desk = local.rstrip("0123456789") in DESKS or not local
    return "" if is_relay_address(address) or is_desk else f"{local}@{domain}"


def _level(ones: tuple[str, ...], others: tuple[str, ...], similar: Callable[[str, str], bool]) -> str:
    if not ones or not others:
        return ""
    if not set(ones).isdisjoint(others):
        return at.EXACT
    return at.CLOSE if any(similar(one, other) for one in ones for other in others) else ""


def _similar_mail(one: str, other: str) -> bool:
    (a, _, at_a), (b, _, at_b) = one.partition("@"), other.partition("@")
    if min(len(a), len(b)) < LOCAL_LENGTH_MIN:
        return False
    return a == b or (at_a == at_b and distance(a, b) == 1 and a[-1].isdigit() == b[-1].isdigit())


def _similar_phone(one: str, other: str) -> bool:
    return len(one) == len(other) == PHONE_TAIL and distance(one, other) == 1
