"""The chain's own days: read by everybody who is asked about occasions, declared, changed and ended by head office."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import format_day
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried, whole
from chalicelib.outreach.rules.chain_days import ACTIVE_DAYS_MAX
from chalicelib.outreach.rules.festivals import FESTIVALS, LONG_AGO
from chalicelib.outreach.schemas.chain_days import NAME_LENGTH_MAX, ChainDayIn, ChainDayPatch, told_of
from chalicelib.outreach.service import declaring, policies
from chalicelib.outreach.service.declaring import ChainDay
from chalicelib.web.pages import Call, Redirect, View
from chalicelib.web.rendering import url

LIST = "/portal/occasions/days"
ONE = f"{LIST}/{{chain_day_id}}"
PAGE_ROWS = 25
CALENDAR_LABELS = {"gregorian": N_("Gregorian"), "lunar": N_("Lunar")}
LANGUAGE_LABELS = {"en": N_("English"), "zh": N_("Chinese")}
NUMBERS = ("month", "day", "year")
OPTIONAL = ("year", "starts_on", "ends_on", "language", "keeps", "property_id")


@pages.get(LIST, permission="occasions:read")
def chain_days_page(call: Call) -> View:
    """The days that the reader sees: the active ones by when they come next, then those that have ended."""
    return _page(call, "", Filled())


@pages.post(LIST, permission="occasions:write")
def declare_page(call: Call) -> View | Redirect:
    """Declare a day."""

    def declare(scope: Scope) -> None:
        told = {"calendar": call.form.get("calendar", ""), **_told(call.form)}
        declaring.declare(scope, told_of(read(ChainDayIn, told)))

    filled = tried(call, declare)
    return _page(call, "new", filled) if filled is not None else Redirect(LIST)


@pages.post(ONE, permission="occasions:write")
def change_page(call: Call) -> View | Redirect:
    """Change a day: the form holds all of it, so what is empty is taken away."""
    day_id = call.path_params["chain_day_id"]

    def change(scope: Scope) -> None:
        body = read(ChainDayPatch, {**dict.fromkeys(OPTIONAL), **_told(call.form)})
        declaring.change(scope, day_id, told_of(body), _version(call.form))

    filled = tried(call, change)
    return _page(call, day_id, filled) if filled is not None else Redirect(LIST)


@pages.post(f"{ONE}/end", permission="occasions:write")
def end_page(call: Call) -> View | Redirect:
    """End a day."""
    day_id = call.path_params["chain_day_id"]

    def end(scope: Scope) -> None:
        declaring.end(scope, day_id)

    filled = tried(call, end)
    return _page(call, day_id, filled) if filled is not None else Redirect(LIST)


def _told(form: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = dict(given(form, *NUMBERS, *OPTIONAL))
    told |= {name: whole(told[name]) for name in NUMBERS if name in told}
    return {**told, "names": given({"en": form.get("name_en", ""), "zh": form.get("name_zh", "")}, "en", "zh")}


def _version(form: Mapping[str, str]) -> int | None:
    found = whole(form.get("version", ""))
    return found if isinstance(found, int) else None


def _page(call: Call, form: str, filled: Filled) -> View:
    """The page; `form` is the form that `filled` belongs to."""
    scope, after = call.scope, call.parameter("cursor") or None
    found, following = declaring.known_page(scope, limit=PAGE_ROWS, after=after)
    houses, chain = directory.properties(scope), directory.chain_of(scope)
    return View(
        "outreach/pages/chain_days.html",
        {
            "days": [(one, when(one, call.language), declaring.next_on(scope, one)) for one in found],
            "houses": houses,
            "by_id": {str(house.id): house for house in houses},
            "form": form,
            "filled": filled,
            "key": new_id("frm"),
            "name_length": NAME_LENGTH_MAX,
            "days_max": ACTIVE_DAYS_MAX,
            "is_on": policies.policy_of(scope, "festival").is_on,
            "may_write": scope.may("occasions:write") and scope.property_ids is None,
            "zone": str(chain.time_zone),
            "calendar_labels": CALENDAR_LABELS,
            "language_labels": LANGUAGE_LABELS,
            "festival_labels": {name: festival.label for name, festival in FESTIVALS.items()},
            "first": LIST if after else None,
            "next": url(LIST, cursor=following) if following else None,
        },
        status=422 if filled.is_refused else 200,
    )


def when(day: ChainDay, language: str) -> str:
    """When a day is kept, in words."""
    say = translator(language).gettext
    if day.year is not None:
        return say(N_("once, on %(day)s")) % {"day": format_day(date(day.year, day.month, day.day), language)}
    return every_year(day.calendar, day.month, day.day, language)


def every_year(calendar: str, month: int, day: int, language: str, *, is_leap: bool = False) -> str:
    """On which day of each year something is kept, in words."""
    say = translator(language).gettext
    if calendar == "lunar" and is_leap:
        return say(N_("every year on day %(day)d of lunar leap month %(month)d")) % {"day": day, "month": month}
    if calendar == "lunar":
        return say(N_("every year on day %(day)d of lunar month %(month)d")) % {"day": day, "month": month}
    named = f"{month}月{day}日" if language == "zh" else f"{date(LONG_AGO, month, day):%-d %B}"
    return say(N_("every year on %(day)s")) % {"day": named}
