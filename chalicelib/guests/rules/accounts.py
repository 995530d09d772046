"""Companies whose people stay with the chain, and guests whom somebody is to look after in person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chalicelib.guests.rules.particulars import NAME_LENGTH_MAX
from chalicelib.kernel import text
from chalicelib.kernel.errors import Conflict, Invalid
from chalicelib.kernel.i18n import N_, InvalidValue

ACCOUNT_NAME_LENGTH_MAX = NAME_LENGTH_MAX
ACCOUNT_NUMBERS_MAX = 10  # of other systems; a company is one debtor in each
CONTACTS_MAX = 5  # guests who speak for a company
ACCOUNTS_OF_GUEST_MAX = 10  # who works for more is a travel agent, and an account
ROLE_LENGTH_MAX = 80
MEMBERS_PAGE_MAX = 100
OWNED_MAX = 200  # key guests and accounts shown to their owner: nobody looks after more in person

LANGUAGES = ("en", "zh")


class TooManyAccounts(Conflict):
    """A guest belongs to as many accounts as are kept."""

    type, title = "too_many_accounts", N_("The guest belongs to too many accounts")


class OwnerUnfit(Invalid):
    """Nobody who left looks after a guest."""

    type, title = "owner_unfit", N_("The owner is not an active member of staff of this chain")


def clean_account_name(value: str) -> str:
    """A company's name as it is kept. Raises InvalidValue for none."""
    cleaned = text.clean_text(value, ACCOUNT_NAME_LENGTH_MAX)
    if not cleaned:
        raise InvalidValue(N_("must not be empty"))
    return cleaned


def clean_role(value: str) -> str | None:
    """What a guest does for a company, as it is kept."""
    return text.clean_text(value, ROLE_LENGTH_MAX) or None


def check_period(since: date | None, until: date | None) -> None:
    """Raise InvalidValue for a period that ends before it begins."""
    if since is not None and until is not None and until < since:
        raise InvalidValue(N_("ends before it begins"))


def is_current(until: str | None, today: date) -> bool:
    """Whether somebody still belongs to an account on a day."""
    return until is None or date.fromisoformat(until) >= today


def name_in(names: Mapping[str, str], language: str) -> str:
    """A company's name in a language, else in any."""
    return names.get(language) or next((names[one] for one in LANGUAGES if names.get(one)), "")
