"""The desk's day: who arrives, is in house and departs; the houses side by side; a guest's stays on their page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import cast

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import (
    BirthdayCalendar,
    CalendarNotSupported,
    LeapRule,
    birthdays_between,
    format_instant_local,
    parse_day,
)
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import Forbidden, Malformed
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.stays import service
from chalicelib.stays.service import Stay, StayPage
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation, panel

pages = Pages("stays")
navigation(N_("Properties"), "/portal/properties", permission="stays:read", order=10, is_for_several=True)
navigation(N_("Arrivals"), "/portal/arrivals", permission="stays:read", order=20)

ALL = "all"
READ_AT_ONCE = 100
ROWS_SHOWN_MAX = 200  # of one table: a sheet for the desk; larger houses turn pages
COUNTED_MAX = 500  # of one figure of one house in the overview
HOUSES_PER_PAGE = 20
STAYS_SHOWN_FIRST = 8  # on a guest's page before the rest folds away
STAYS_SHOWN_MAX = 100

SECTIONS = ("arrivals", "in_house", "departures")
STATUS_LABELS = {
    "booked": N_("Booked"),
    "in_house": N_("In house"),
    "checked_out": N_("Checked out"),
    "cancelled": N_("Cancelled"),
    "no_show": N_("No-show"),
}
STATUS_LOOKS = {"booked": "", "in_house": "good", "checked_out": "plain", "cancelled": "warn", "no_show": "bad"}

Read = Callable[..., StayPage]


@dataclass(frozen=True)
class Line:
    """A stay on the sheet, and what the desk should know of the guest."""

    stay: Stay
    guest: guests.Guest | None
    has_stayed: bool = False
    birthday: date | None = None

    @property
    def name_order(self) -> str:
        """Sorts by name; whom we do not see comes last."""
        return str(self.guest.name_key) if self.guest is not None else "~"


@dataclass(frozen=True)
class Section:
    """One table of the sheet. `next` leads on where one page does not hold it all."""

    name: str
    lines: list[Line]
    next: str | None = None

    @property
    def count(self) -> str:
        """How many there are, as far as they were read."""
        return f"{len(self.lines)}+" if self.next else str(len(self.lines))

    def having(self, status: str) -> int:
        """How many of them are in a status."""
        return sum(line.stay.status == status for line in self.lines)


# -- arrivals ------------------------------------------------------------------------------------------------------


@pages.get("/portal/arrivals", permission="stays:read")
def arrivals_page(call: Call) -> View | Redirect:
    """The sheet of one property's day."""
    scope = call.scope
    if not scope.may("guests:read"):
        raise Forbidden()
    houses = directory.properties(scope)
    wanted = call.parameter("property")
    if wanted == ALL:
        return Redirect("/portal/properties")
    if not houses:
        return View("stays/arrivals.html", {"house": None, "houses": []})
    house = directory.property_of(scope, wanted) if wanted else houses[0]
    today = service.today_at(scope, house.id)
    day, error = _day(call, today)
    show = call.parameter("show")
    if show and show not in SECTIONS:
        raise Malformed()
    names = [name for name in SECTIONS if (not show or name == show) and (name != "in_house" or day == today)]
    after = call.parameter("cursor") or None
    read = {name: _stays(_reader(scope, house.id, name, day), after, is_alone=bool(show)) for name in names}
    known = guests.find_many(scope, {stay.guest_id for stays, _ in read.values() for stay in stays})
    sections = [_section(scope, name, stays, following, known) for name, (stays, following) in read.items()]
    return View(
        "stays/arrivals.html",
        {
            "house": house,
            "houses": houses,
            "day": day,
            "today": today,
            "day_error": error,
            "before": _iso(day - timedelta(days=1)),
            "behind": _iso(day + timedelta(days=1)),
            "sections": sections,
            "by_name": {section.name: section for section in sections},
            "birthdays": len({line.stay.id for section in sections for line in section.lines if line.birthday}),
            "show": show,
            "is_paged": after is not None,
            "printed_at": format_instant_local(scope.now, str(house.time_zone), call.language),
            **_labels(),
        },
    )


def _stays(read: Read, after: str | None, *, is_alone: bool) -> tuple[list[Stay], str | None]:
    """The stays of one table and the cursor of those that follow: as one of three tables, or page by page."""
    if not is_alone:
        return _up_to(read, ROWS_SHOWN_MAX)
    page = read(limit=READ_AT_ONCE, cursor=after)
    return page.items, page.next


def _section(
    scope: Scope, name: str, stays: list[Stay], following: str | None, known: dict[str, guests.Guest]
) -> Section:
    chain = directory.chain_of(scope)
    lines = []
    for stay in stays:
        guest = known.get(stay.guest_id)
        has_stayed = name == "arrivals" and guest is not None and _has_stayed(scope, guest, stay)
        lines.append(Line(stay, guest, has_stayed, _birthday(chain, guest, stay) if guest else None))
    if name == "arrivals":
        lines.sort(key=lambda line: line.name_order)
    elif name == "departures":
        lines.sort(key=lambda line: (line.stay.room_number or "~", line.name_order))
    return Section(name, lines, following)


def _reader(scope: Scope, house_id: str, name: str, day: date) -> Read:
    readers: dict[str, Read] = {
        "arrivals": partial(service.arrivals, scope, house_id, day),
        "in_house": partial(service.in_house, scope, house_id),
        "departures": partial(service.departures, scope, house_id, day),
    }
    return readers[name]


def _up_to(read: Read, limit: int) -> tuple[list[Stay], str | None]:
    """Up to `limit` stays of a list, and the cursor of those that follow."""
    found: list[Stay] = []
    cursor: str | None = None
    while True:
        page = read(limit=READ_AT_ONCE, cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None or len(found) >= limit:
            return found, cursor


def _has_stayed(scope: Scope, guest: guests.Guest, stay: Stay) -> bool:
    """Whether the guest has been at one of the caller's houses before this stay."""
    known = service.of_guest(scope, *guest.ids)
    return any(one.status == "checked_out" and one.arrival < stay.arrival for one in known)


def _birthday(chain: directory.Chain, guest: guests.Guest, stay: Stay) -> date | None:
    """The birthday that falls into the stay, if the guest wants to hear of it."""
    if not guest.birth_date or guest.is_do_not_greet or stay.status not in ("booked", "in_house"):
        return None
    first, last = parse_day(str(stay.arrival)), parse_day(str(stay.departure))
    kept = cast(BirthdayCalendar, guest.birthday_calendar)
    try:
        days = birthdays_between(parse_day(str(guest.birth_date)), first, last, cast(LeapRule, chain.leap_rule), kept)
    except CalendarNotSupported:
        return None
    return days[0] if days else None


# -- houses --------------------------------------------------------------------------------------------------------


@pages.get("/portal/properties", permission="stays:read")
def properties_page(call: Call) -> View:
    """The caller's properties side by side: who arrives, is in house and departs today."""
    scope = call.scope
    houses = directory.properties(scope)
    start = _whole_number(call.parameter("from"))
    rows = []
    for house in houses[start : start + HOUSES_PER_PAGE]:
        today = service.today_at(scope, house.id)
        counts = {name: _counted(_reader(scope, house.id, name, today)) for name in SECTIONS}
        rows.append({"house": house, "today": today, **counts})
    end = start + HOUSES_PER_PAGE
    return View(
        "stays/properties.html",
        {"rows": rows, "total": len(houses), "start": start, "next": end if end < len(houses) else None},
    )


def _counted(read: Read) -> str:
    found, following = _up_to(read, COUNTED_MAX)
    return f"{len(found)}+" if following else str(len(found))


# -- on the guest's page -------------------------------------------------------------------------------------------


@panel("guest", permission="stays:read", order=20)
def stays_panel(scope: Scope, subject_id: str, language: str) -> View:
    """A guest's stays at the properties that the reader sees, newest first."""
    stays = service.of_guest(scope, *guests.get(scope, subject_id).ids)
    spent: dict[str, int] = {}
    nights = 0
    for stay in stays:
        if stay.status == "checked_out":
            spent[stay.currency] = spent.get(stay.currency, 0) + int(stay.revenue_total)
            nights += int(stay.nights)
    houses = {str(house.id): house for house in directory.properties(scope)}
    shown = stays[:STAYS_SHOWN_MAX]
    return View(
        "stays/guest_panel.html",
        {
            "stays": shown[:STAYS_SHOWN_FIRST],
            "more": shown[STAYS_SHOWN_FIRST:],
            "total": len(stays),
            "completed": sum(stay.status == "checked_out" for stay in stays),
            "nights": nights,
            "spent": sorted(spent.items()),
            "houses": houses,
            **_labels(),
        },
    )


# -- inside --------------------------------------------------------------------------------------------------------


def _day(call: Call, today: date) -> tuple[date, str | None]:
    """The day that was asked for, or today and what is wrong with it."""
    text = call.parameter("day")
    try:
        return (parse_day(text) if text else today), None
    except InvalidValue as error:
        return today, f"“{text}” {error.said_in(call.language)}"


def _iso(day: date) -> str:
    return day.isoformat()


def _whole_number(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Malformed()
    return int(text)


def _labels() -> dict[str, object]:
    return {"status_labels": STATUS_LABELS, "status_looks": STATUS_LOOKS}
