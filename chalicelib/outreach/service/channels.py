"""What holds for a chain's channels: its settings and its connectors, remembered for some seconds by each process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from chalicelib.directory import service as directory
from chalicelib.kernel import cursor
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Conflict, Forbidden, Invalid, Stale
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models.channels import ASKED, CONNECTOR, SETTINGS, ChannelRecord
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules import texts
from chalicelib.outreach.rules.channels import Settings
from chalicelib.outreach.rules.connectors import Connector
from chalicelib.outreach.rules.policies import CHANGED_MEANWHILE
from chalicelib.outreach.rules.vocabulary import OCCASIONS

LIST = "channel-settings"
REMEMBERED_S = 10.0  # as long as policies are
CHAINS_REMEMBERED_MAX = 500
HQ_ONLY = N_("Channels are the chain's affair: this needs access to all of its properties.")

_remembered: dict[str, tuple[float, Known]] = {}


@dataclass(frozen=True)
class Known:
    """What holds for a chain. `is_asked`: some guest has said how to be reached, so decisions read what guests say."""

    settings: Settings
    connectors: Mapping[str, Connector]  # by channel
    is_asked: bool


class Held(NamedTuple):
    """A version of the settings, the one before it, of which it differs, and the one that ended it."""

    settings: Settings
    before: Settings | None
    after: Settings | None


def known_of(scope: Scope) -> Known:
    """What holds for the chain. Read once, then remembered for some seconds."""
    kept = _remembered.get(scope.chain_id)
    if kept is not None and time.monotonic() - kept[0] < REMEMBERED_S:
        return kept[1]
    if len(_remembered) >= CHAINS_REMEMBERED_MAX:
        _remembered.clear()
    began = time.monotonic()
    settings, connectors, is_asked = rules.house_rule(), {}, False
    for one in ChannelRecord.present(scope):
        if one.piece == SETTINGS:
            settings = Settings.of(one.said)
        elif one.piece == ASKED:
            is_asked = True
        elif str(one.piece).startswith(CONNECTOR):
            connector = Connector.of(one.said, int(one.version))
            connectors[connector.channel] = connector
    found = Known(settings, connectors, is_asked)
    _remembered[scope.chain_id] = began, found
    return found


def forget(chain_id: str | None = None) -> None:
    """Read afresh from now on: for a chain, or for all of them."""
    if chain_id is None:
        _remembered.clear()
    else:
        _remembered.pop(chain_id, None)


def settings_now(scope: Scope) -> Settings:
    """The settings in force, read afresh: whoever reads after a change is to see it."""
    forget(scope.chain_id)
    return known_of(scope).settings


def require_chain(scope: Scope) -> None:
    """Raise Forbidden for callers of single properties."""
    if scope.property_ids is not None:
        raise Forbidden(HQ_ONLY)


def publish(scope: Scope, wanted: Settings, *, seen: int | None = None) -> Settings:
    """The next version of the settings, in force at once; what would say nothing new changes nothing. `seen` is the
    number of the version that the caller takes to be the latest; without it, whichever is.

    Raises Forbidden for callers of single properties, Invalid for what cannot be, and Conflict where another version
    than the one `seen` is the latest.
    """
    require_chain(scope)
    _check(scope, wanted)

    def attempt() -> Settings:
        record = ChannelRecord.settings(scope)
        before = Settings.of(record.said) if record.said else rules.house_rule()
        if wanted.says_the_same(before):
            return before
        if seen is not None and seen != before.number:
            raise Conflict(CHANGED_MEANWHILE)
        if before.number >= rules.VERSIONS_MAX:
            raise Conflict(N_("There are as many versions of the channels' settings as there can be."))
        made = replace(wanted, number=before.number + 1, valid_from=scope.now, made_by=scope.actor.id)
        unit = Unit(scope)
        record.said = made.as_dict()
        if int(record.version):
            unit.update(record)
        else:
            unit.create(record, refusal=Stale())
        unit.create(ChannelRecord.version_of(scope, made), refusal=Stale())
        unit.audit("channel_settings.published", scope.chain_id, number=made.number)
        unit.commit()
        forget(scope.chain_id)
        return made

    return retried(attempt)


def versions_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Settings], str | None]:
    """Some versions of the settings, the latest first, and the cursor of those that follow."""
    held, following = history_page(scope, limit=limit, after=after)
    return [one.settings for one in held], following


def history_page(scope: Scope, *, limit: int, after: str | None) -> tuple[list[Held], str | None]:
    """Some versions of the settings with those beside each, the latest first. Only those of the page are read.

    Raises Forbidden for callers of single properties.
    """
    require_chain(scope)
    key = cursor.decode(scope, LIST, after)
    latest = int(key["start"]["N"]) if key else settings_now(scope).number
    least = max(latest - limit + 1, 0)
    read = ChannelRecord.versions(scope, max(least - 1, 1), latest + 1)
    known = {one.number: one for one in (rules.house_rule(), *read)}
    shown = [Held(known[one], known.get(one - 1), known.get(one + 1)) for one in range(latest, least - 1, -1)]
    following = {"start": {"N": str(least - 1)}} if least > 0 else None
    return shown, cursor.encode(scope, LIST, following)


def note_asked(unit: Unit) -> None:
    """Note in the caller's unit that guests of the chain say how to be reached: from now on their records are read."""
    if not known_of(unit.scope).is_asked:
        unit.put(ChannelRecord.asked(unit.scope))
        unit.after(lambda: forget(unit.scope.chain_id))


def real_now_s() -> float:
    """The real present in seconds: signatures and their age follow it, whatever a chain's clock shows."""
    return real_now().timestamp()


def _check(scope: Scope, wanted: Settings) -> None:
    known = {str(one.id) for one in directory.properties(scope)}
    for property_id in wanted.signatures:
        if property_id not in known:
            raise Invalid.field("/text/signatures", N_("There is no such property."))
    if wanted.text_prices and wanted.text_currency is None:
        raise Invalid.field("/text/currency", N_("Prices need a currency."))
    for key, wording in wanted.wordings.items():
        is_service = OCCASIONS[key.partition(":")[0]].purpose == "service"
        if not is_service and not texts.tells_how_to_stop(wording.text):
            raise Invalid.field("/text/wordings", N_("Such a text has to say how to get no more of them."))
    for platform, arn in wanted.applications.items():
        if not arn.endswith(scope.chain_id):
            told = N_("The name of the application has to end with the chain's id.")
            raise Invalid.field(f"/applications/{platform}", told)
