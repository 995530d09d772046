"""What pages of policies say of versions, and how they withdraw one that has not begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.rules.versions import AHEAD_DAYS_MAX
from chalicelib.outreach.schemas.policies import number_of

STANDING_LABELS = {
    "ahead": N_("Begins later"),
    "in_force": N_("In force"),
    "withdrawn": N_("Withdrawn"),
    "overruled": N_("The chain's version holds"),
}
STANDING_LOOKS = {"ahead": "warn", "in_force": "good", "withdrawn": "plain", "overruled": "plain"}


def makers_of(scope: Scope, made: Iterable[Any]) -> Mapping[str, str]:
    """The names of those who made versions, by id, as far as the reader may know; a program has none."""
    found: dict[str, str] = {}
    for one in {str(version.made_by) for version in made if version.made_by}:
        try:
            found[one] = str(directory.staff_of(scope, one).name)
        except NotFound:
            continue
    return found


def words_of(scope: Scope) -> dict[str, Any]:
    """What the templates need to show versions, and to ask from which day one is to hold."""
    zone = str(directory.chain_of(scope).time_zone)
    today = local_day(scope.now, zone)
    return {
        "zone": zone,
        "standing_labels": STANDING_LABELS,
        "standing_looks": STANDING_LOOKS,
        "today": today.isoformat(),
        "last_day": (today + timedelta(days=AHEAD_DAYS_MAX)).isoformat(),
        "days_ahead": AHEAD_DAYS_MAX,
    }


def withdrawal_of(number: int) -> str:
    """What a page calls the form that withdraws a version."""
    return f"withdraw-{number}"


def number_in(form: Mapping[str, str]) -> int:
    """The version that a form is about; 0, which is none, for anything else."""
    return number_of(form.get("number", ""))
