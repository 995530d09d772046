"""What the drill's chain lives through, each part in a process of its own because a prefix holds for a process.

    python -m infra.drill.life before|after|again '{"chain": …}'

It prints what it did as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import app  # noqa: F401  (registers what the agenda can do)
from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn, GuestIn
from chalicelib.kernel import logs, testclock
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.settings import settings
from chalicelib.outreach import service as outreach
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from infra import resources
from infra.proof.chains import break_ground, hq_scope
from infra.proof.inside import work_off

STARTS_AT = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
POINT = datetime(2026, 3, 8, 20, 0, tzinfo=UTC)  # what is restored, on the chain's clock
LOST_AT = datetime(2026, 3, 12, 20, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 3, 25, 20, 0, tzinfo=UTC)
# Birthdays of the groups: greeted before the point, between point and loss, and only afterwards.
EARLY, BETWEEN, LATE = "1985-03-06", "1985-03-10", "1985-03-20"
AGREED = {"channel": "email", "state": "granted", "source": "drill"}
GRANTED = [{"purpose": purpose, **AGREED} for purpose in ("greeting", "service")]

Told = dict[str, Any]


def before(told: Told) -> Told:
    """A chain with its guests, some of them greeted."""
    ground = break_ground(starts_at=STARTS_AT)
    chain_id, house = ground.chain_id, str(ground.houses[0].id)
    groups: Told = {}
    for group, born in (("early", EARLY), ("between", BETWEEN), ("late", LATE), ("unwilling", LATE)):
        groups[group] = [_guest(ground.hq, house, group, number, born) for number in range(told["guests"])]
    groups["complaining"] = [_guest(ground.hq, house, "complaint", 0, BETWEEN)]
    groups["stayed"] = [_guest(ground.hq, house, "stayed", number, None) for number in range(told["guests"])]
    work_off()
    _advance(chain_id, POINT)
    for guest_id in groups["stayed"]:
        stays.record(_hq(chain_id), StayIn.model_validate(_stay(guest_id, house)))
    work_off()
    return {"chain": chain_id, "house": house, "groups": groups, "armed": _armed(chain_id, groups)}


def after(told: Told) -> Told:
    """What happens between the point and the loss: greetings, thanks, a complaint, withdrawals, new guests."""
    chain_id, groups = told["chain"], told["groups"]
    groups["new"] = [_guest(_hq(chain_id), told["house"], "new", number, BETWEEN) for number in range(2)]
    for guest_id in groups["unwilling"]:
        body = ConsentSettingIn.model_validate({"state": "denied", "source": "drill"})
        guests.set_consent(_hq(chain_id), guest_id, "greeting", "email", body)
    work_off()
    _advance(chain_id, LOST_AT)
    return {**told, "groups": groups}


def again(told: Told) -> Told:
    """The restored chain lives on, through the days that were lost and the next ones."""
    chain_id = told["chain"]
    _advance(chain_id, ENDS_AT)
    suppressed = len(outreach.suppressions_page(_hq(chain_id), limit=100, after=None).items)
    return {**told, "suppressed": suppressed}


def _hq(chain_id: str) -> Scope:
    return hq_scope(chain_id, is_test=True)


def _advance(chain_id: str, to: datetime) -> None:
    testclock.request_advance(_hq(chain_id), to=to)
    work_off()
    if _hq(chain_id).now != to:
        raise RuntimeError("the clock did not arrive")


def _guest(scope: Scope, house: str, group: str, number: int, born: str | None) -> str:
    values = {
        "given_name": "Drill",
        "family_name": f"{group.title()} {number}",
        "emails": [f"{group}.{number}@drill.example"],
        "birth_date": born,
        "home_property_id": house,
        "consents": GRANTED,
        "language": "en",
    }
    return str(guests.create(scope, GuestIn.model_validate(values)).id)


def _stay(guest_id: str, house: str) -> Told:
    return {
        "guest_id": guest_id,
        "property_id": house,
        "status": "checked_out",
        "arrival": "2026-03-06",
        "departure": "2026-03-08",
    }


def _armed(chain_id: str, groups: Told) -> int:
    """How many pieces of work wait for the chain's guests."""
    members = [guest_id for group in groups.values() for guest_id in group]
    return sum(len(list(AgendaRecord.every(f"{chain_id}#{guest_id}"))) for guest_id in members)


PARTS: dict[str, Callable[[Told], Told]] = {"before": before, "after": after, "again": again}


def main() -> None:
    """Live through one part."""
    logs.install(sys.stderr)
    os.environ.update(resources.create_all())
    settings.cache_clear()
    directory.forget()
    print(json.dumps(PARTS[sys.argv[1]](json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
