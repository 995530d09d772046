"""A guest's own days and festivals: on the guest's page what they have told, and the form that changes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.kernel.calendars.lunar import lunar_day
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried, whole
from chalicelib.outreach.pages.chain_days import CALENDAR_LABELS, every_year
from chalicelib.outreach.rules.festivals import FESTIVALS
from chalicelib.outreach.schemas.days import DAYS_MAX, NAME_LENGTH_MAX, SpecialDaysIn
from chalicelib.outreach.service import Told
from chalicelib.web.pages import Call, Redirect, View, panel

PATH = "/portal/guests/{guest_id}/days"
FIELDS = ("name", "date", "calendar")
ROWS_MAX = 4 * DAYS_MAX  # guests who were merged may have told of more days, each as themselves: all of them are shown
YES = "yes"
_OF_DAY = re.compile(r"/days/([0-9]+)/([a-z]+)")


@panel("guest", permission="guests:read", order=12)
def own_days_panel(scope: Scope, subject_id: str, language: str) -> View:
    """What a guest has told: their days, when each is kept, and the festivals that they keep."""
    record = service.days_of(scope, subject_id)
    return View(
        "outreach/pages/own_days_panel.html",
        {
            "guest_id": subject_id,
            "days": [(one, _kept(one, language)) for one in record.own_days],
            "festivals": [FESTIVALS[name].label for name in FESTIVALS if name in record.chosen],
            "calendar_labels": CALENDAR_LABELS,
        },
    )


@pages.get(PATH, permission="guests:write")
def own_days_page(call: Call) -> View:
    """The form of a guest's days: those that are known, and room for one more."""
    record = service.days_of(call.scope, call.path_params["guest_id"])
    values = {"seen": str(int(record.version)), **{f"keeps_{name}": YES for name in record.chosen}}
    for place, one in enumerate(record.own_days):
        values |= {f"name_{place}": one.name, f"date_{place}": one.date.isoformat(), f"calendar_{place}": one.calendar}
    return _page(call, Filled(values))


@pages.post(PATH, permission="guests:write")
def tell_days_page(call: Call) -> View | Redirect:
    """Replace what a guest has told. A row that is emptied or taken away is a day that is forgotten."""
    form, guest_id = call.form, call.path_params["guest_id"]
    rows = [place for place in range(ROWS_MAX) if _is_told(form, place)]

    def tell(scope: Scope) -> None:
        days = [given({name: form.get(f"{name}_{place}", "") for name in FIELDS}, *FIELDS) for place in rows]
        kept = [name for name in FESTIVALS if form.get(f"keeps_{name}") == YES]
        body: Any = read(SpecialDaysIn, {"days": days, "festivals": kept})
        told = [Told(one.name, one.date, one.calendar) for one in body.days]
        service.tell_days(scope, guest_id, told, set(body.festivals), seen=whole(form.get("seen", "")))

    filled = tried(call, tell)
    if filled is None:
        return Redirect(f"/portal/guests/{guest_id}")
    filled.errors = {_beside(pointer, rows): said for pointer, said in filled.errors.items()}
    return _page(call, filled)


def _is_told(form: Mapping[str, str], place: int) -> bool:
    """Whether a row holds a day that is to be known from now on."""
    is_filled = bool(form.get(f"name_{place}", "").strip() or form.get(f"date_{place}", "").strip())
    return is_filled and form.get(f"gone_{place}") != YES


def _beside(pointer: str, rows: list[int]) -> str:
    """The field of the form that a fault belongs to: rows that hold no day are not counted by the API."""
    found = _OF_DAY.fullmatch(pointer)
    return f"/{found[2]}_{rows[int(found[1])]}" if found else pointer


def _kept(day: Any, language: str) -> str:
    """When a day is kept each year, in words."""
    if day.calendar == "lunar":
        lunar = lunar_day(day.date)
        return every_year("lunar", lunar.month, lunar.day, language, is_leap=lunar.is_leap)
    return every_year("gregorian", day.date.month, day.date.day, language)


def _page(call: Call, filled: Filled) -> View:
    guest_id = call.path_params["guest_id"]
    known = sum(f"name_{place}" in filled.values for place in range(ROWS_MAX))
    return View(
        "outreach/pages/own_days.html",
        {
            "guest": guests.get(call.scope, guest_id),
            "rows": range(known + (not filled.is_refused and known < DAYS_MAX)),
            "form": "new",
            "filled": filled,
            "key": new_id("frm"),
            "days_max": DAYS_MAX,
            "name_length": NAME_LENGTH_MAX,
            "calendar_labels": CALENDAR_LABELS,
            "festival_labels": {name: one.label for name, one in FESTIVALS.items()},
        },
        status=422 if filled.is_refused else 200,
    )
