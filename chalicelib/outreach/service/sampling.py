"""A message as its reader would get it: an occasion's own templates, filled with a guest who does not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.channels.mail import MailChannel
from chalicelib.outreach.letters import LANGUAGES, write
from chalicelib.outreach.rules.festivals import FESTIVALS
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import policies, wording
from chalicelib.outreach.service.writing import words_of

NAMES = {"en": "Ana Silva", "zh": "王小明"}
FESTIVAL = {"en": "new_year", "zh": "mid_autumn"}  # one that readers of the language are written to for
OWN_DAY = N_("Wedding day")
TELLING_THE_ROOM = ("room_ready", "stay_changed")
NOWHERE = "#"  # the way to stop these messages leads nowhere for a guest who does not exist
IN_DAYS, NIGHTS, POINTS_IN_DAYS = 3, 2, 30


def sample(scope: Scope, occasion: str, language: str) -> dict[str, str]:
    """The parts of a mail for an occasion in a language, with the offer of the policy in force, from the first property
    that the caller sees: `subject.txt`, `body.html`, `body.txt`. Raises NotFound for what is no occasion or language.
    """
    if occasion not in OCCASIONS or language not in LANGUAGES:
        raise NotFound()
    chain = directory.chain_of(scope)
    house = next(iter(directory.properties(scope)), None)
    told = _told(local_day(scope.now, house.time_zone if house is not None else chain.time_zone), language)
    if occasion not in TELLING_THE_ROOM:
        told["room"] = ""
    told["offer"] = policies.policy_of(scope, occasion).offer.get(language, "")
    words = replace(words_of(chain, house, NAMES[language], language, NOWHERE), **told)
    return write(occasion, language, MailChannel.parts, words)


def _told(today: date, language: str) -> dict[str, str]:
    """What the messages speak of, each made up so that all of a template shows."""
    festival, arrival = FESTIVALS[FESTIVAL[language]], today + timedelta(days=IN_DAYS)
    days = {
        "arrival": arrival.isoformat(),
        "departure": (arrival + timedelta(days=NIGHTS)).isoformat(),
        "last_day": (today + timedelta(days=POINTS_IN_DAYS)).isoformat(),
    }
    return {
        "years": "2",
        "day": translator(language).gettext(OWN_DAY),
        "festival": festival.called(language),
        "wish": festival.wished(language),
        "room_type": "DLX",
        "room": "1204",
        "stays": "5",
        **wording.in_words({**days, "points": "1200"}, language),
    }
