"""The words of a call, in five sections and in the guest's language, from what is known of the guest."""

from __future__ import annotations

from typing import NamedTuple

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import format_day, parse_day
from chalicelib.kernel.i18n import N_, Translator, translator
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.text import display_name
from chalicelib.outreach.models.calls import Task
from chalicelib.outreach.rules.calls import REASON_LABELS
from chalicelib.outreach.rules.festivals import FESTIVALS
from chalicelib.outreach.service import policies
from chalicelib.outreach.service.briefing import Brief
from chalicelib.outreach.service.writing import house_name

TITLES = {
    "greeting": N_("Greeting and thanks"),
    "experience": N_("How was it: room, food, front desk"),
    "needs": N_("Special needs"),
    "news": N_("News that may interest the guest"),
    "solution": N_("If something was wrong: the solution"),
}


class Section(NamedTuple):
    """A part of the call: its name, its title, and what to say, sentence by sentence."""

    name: str
    title: str
    lines: list[str]


class _Words(NamedTuple):
    """What the sentences are made from."""

    say: Translator
    name: str
    house: str
    brief: Brief
    offer: str


def script_of(scope: Scope, task: Task, brief: Brief, language: str) -> list[Section]:
    """The five sections of a call in `language`, in the order in which they are said."""
    house = directory.find_property(scope, task.property_id)
    guest, say = brief.guest, translator(language)
    words = _Words(
        say,
        display_name(guest.given_name, guest.family_name, guest.language or language),
        house_name(house, language) if house is not None else "",
        brief,
        policies.policy_of(scope, "silence").offer.get(language, ""),
    )
    makers = {
        "greeting": _greeting,
        "experience": _experience,
        "needs": _needs,
        "news": _news,
        "solution": _solution,
    }
    return [Section(name, say.gettext(TITLES[name]), make(words)) for name, make in makers.items()]


def _greeting(words: _Words) -> list[str]:
    say, brief = words.say, words.brief
    lines = [
        say.gettext(N_("Good day, is that %(name)s? I manage %(house)s. Is this a good moment?"))
        % {"name": words.name, "house": words.house}
    ]
    last = brief.last_stay
    if last is not None:
        day = format_day(parse_day(str(last.departure)), say.language)
        lines.append(
            say.ngettext(
                "Thank you for your stay with us until %(day)s; it was your only one so far.",
                "Thank you for your stay with us until %(day)s; it was your stay number %(num)d.",
                brief.stay_count,
            )
            % {"day": day, "num": brief.stay_count}
        )
    if brief.days_away is not None:
        lines.append(say.gettext(N_("We have not seen you for %(days)d days, and I wanted to ask how you are."))
                     % {"days": brief.days_away})  # fmt: skip
    return lines


def _experience(words: _Words) -> list[str]:
    say, last = words.say, words.brief.last_stay
    room = say.gettext(N_("How did you like the room: the bed, the quiet, how clean it was?"))
    if last is not None and last.room_type:
        room = say.gettext(N_("You had the room type %(room)s. How was it: the bed, the quiet, how clean it was?")) % {
            "room": last.room_type
        }
    return [
        room,
        say.gettext(N_("How were breakfast, restaurant and bar?")),
        say.gettext(N_("How were you received at the front desk, and how did you leave?")),
        say.gettext(N_("Is there a reason why you have not come since? Please be frank.")),
    ]


def _needs(words: _Words) -> list[str]:
    say, brief = words.say, words.brief
    lines = []
    if brief.favourite_room_type:
        lines.append(
            say.gettext(N_("You mostly choose the room type %(room)s. Shall we note that as your wish?"))
            % {"room": brief.favourite_room_type}
        )
    if brief.last_stay is not None and brief.last_stay.children:
        lines.append(say.gettext(N_("You came with children. What would make it easier for them?")))
    for one in brief.own_days:
        lines.append(say.gettext(N_("We have noted a day of yours: %(day)s. Is that still right?")) % {"day": one.name})
    lines.append(say.gettext(N_("Is there anything we should have ready when you come: pillow, diet, floor, time?")))
    return lines


def _news(words: _Words) -> list[str]:
    say, brief = words.say, words.brief
    lines = [words.offer] if words.offer else []
    for one in brief.memberships:
        if one.available > 0:
            lines.append(
                say.ngettext(
                    "You have %(num)d point in %(programme)s that you can use.",
                    "You have %(num)d points in %(programme)s that you can use.",
                    one.available,
                )
                % {"num": one.available, "programme": one.programme}
            )
    for name in brief.festivals:
        if name in FESTIVALS:
            lines.append(
                say.gettext(N_("You keep %(festival)s; may I tell you what the house does on that day?"))
                % {"festival": say.gettext(FESTIVALS[name].label)}
            )
    lines.append(say.gettext(N_("May I tell you what is new at the house since you were here?")))
    return lines


def _solution(words: _Words) -> list[str]:
    say = words.say
    lines = []
    told = next((one for one in words.brief.earlier if one.reason), None)
    if told is not None:
        lines.append(
            say.gettext(N_("Last time the guest told us: %(reason)s. Say first what has changed since."))
            % {"reason": say.gettext(REASON_LABELS[str(told.reason)])}
        )
    return [
        *lines,
        say.gettext(N_("Listen to the end, repeat it in your own words, and say that you are sorry.")),
        say.gettext(N_("Say what you will do, and by which day; note it below as what was agreed.")),
        say.gettext(N_("Thank the guest for the time, and say goodbye by name.")),
    ]
