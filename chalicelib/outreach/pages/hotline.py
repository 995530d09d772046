"""The hotline in the portal: a call is logged while it lasts, who waits stands by age, and how long people wait."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.service.lookup import Found, look_up
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.errors import Invalid
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.text import normalise_phone
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried
from chalicelib.outreach.rules.hotline import ABOUT_LENGTH_MAX
from chalicelib.outreach.schemas.hotline import HotlineAnswerIn, HotlineContactIn
from chalicelib.outreach.service import hotline
from chalicelib.outreach.service.hotline import HotlineFigure, Told
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

PATH = "/portal/hotline"
PAGE_ROWS = 25
FIGURE_HOUSES = 25  # a query each
WHO_LENGTH_MAX = 100
NEW = "new"  # the form of a new call, beside those of single ones

WHO_IS_MISSING = N_("Say who has called: a guest, or a telephone number.")
WHO_IS_UNKNOWN = N_("No guest was found by these words. Log others by their whole number, such as +351 912 345 678.")
WHO_IS_MEANT = N_("Choose whom you mean.")

navigation(N_("Hotline"), PATH, permission="guests:read", order=42, under="/portal/deliveries")


@pages.get(PATH, permission="guests:read")
def hotline_page(call: Call) -> View:
    """Who waits, the oldest first, or all calls, the latest first; and how long people waited."""
    guest_id = call.parameter("guest")
    filled = Filled({"guest_id": guest_id}) if guest_id else Filled()
    return _page(call, NEW, filled, [])


@pages.post(PATH, permission="guests:write")
def log_page(call: Call) -> View | Redirect:
    """Log a call: answered at once, or open."""
    form, fitting = call.form, list[Found]()

    def log(scope: Scope) -> None:
        values: dict[str, object] = dict(given(form, "property_id", "about", "answer"))
        values |= _caller(scope, form, fitting)
        body = read(HotlineContactIn, values)
        told = body.model_dump()
        if form.get("is_answered"):
            told["answered_at"] = scope.now
        hotline.log_contact(scope, Told(**told))

    filled = tried(call, log)
    return _page(call, NEW, filled, fitting) if filled is not None else Redirect(PATH)


@pages.post(f"{PATH}/{{hotline_contact_id}}/answer", permission="guests:write")
def answered_page(call: Call) -> View | Redirect:
    """Note that somebody who waited was answered."""
    contact_id = call.path_params["hotline_contact_id"]

    def answer(scope: Scope) -> None:
        body = read(HotlineAnswerIn, given(call.form, "answer"))
        hotline.answer(scope, contact_id, answered_at=None, text=body.answer)

    filled = tried(call, answer)
    return _page(call, contact_id, filled, []) if filled is not None else Redirect(PATH)


def _caller(scope: Scope, form: dict[str, str], fitting: list[Found]) -> dict[str, object]:
    """The guest who was chosen, or the caller of a whole number; else the guests who may be meant come into `fitting`.

    Only a number that one guest has needs no choice: a name alone may be anybody's.
    """
    guest_id, who = form.get("guest_id", ""), form.get("who", "").strip()[:WHO_LENGTH_MAX]
    if guest_id:
        return {"guest_id": guest_id}
    if not who:
        raise Invalid.field("/who", WHO_IS_MISSING)
    phone = _number(who)
    found = look_up(scope, who).own
    if phone is not None:
        owners = [one for one in found if phone in (one.guest.phones or ())]
        if len(owners) <= 1:
            return {"guest_id": owners[0].guest.id} if owners else {"phone": phone}
        found = owners
    fitting.extend(found)
    raise Invalid.field("/who", WHO_IS_MEANT if found else WHO_IS_UNKNOWN)


def _number(text: str) -> str | None:
    try:
        return normalise_phone(text)
    except InvalidValue:
        return None


def _page(call: Call, form: str, filled: Filled, fitting: list[Found]) -> View:
    """The page; `form` is the form that `filled` belongs to, `fitting` the guests whom its words may mean."""
    scope, after = call.scope, call.parameter("cursor") or None
    property_id, is_all = call.parameter("property") or None, call.parameter("show") == "all"
    page = hotline.contacts_page(scope, property_id, is_open=not is_all, limit=PAGE_ROWS, after=after)
    houses = directory.properties(scope)
    callers = {str(one.guest_id) for one in page.items if one.guest_id}
    chosen = filled.values.get("guest_id") if form == NEW else None
    names = guests.find_many(scope, callers | ({chosen} if chosen else set()))
    here = {"property": property_id, "show": "all" if is_all else None}
    return View(
        "outreach/pages/hotline.html",
        {
            "contacts": page.items,
            "ages": {one.id: _age_s(scope, one.asked_at) for one in page.items},
            "names": names,
            "caller": names.get(chosen) if chosen else None,
            "houses": houses,
            "by_id": {str(house.id): house for house in houses},
            "property_id": property_id,
            "is_all": is_all,
            "figures": _figures(scope, property_id, len(houses)),
            "form": form,
            # The call whose form was refused may stand here no more: somebody else has answered it.
            "is_gone": form != NEW and all(one.id != form for one in page.items),
            "filled": filled,
            "fitting": fitting,
            "key": new_id("frm"),
            "may_write": scope.may("guests:write"),
            "lengths": {"about": ABOUT_LENGTH_MAX, "who": WHO_LENGTH_MAX},
            "days": hotline.DAYS_BY_DEFAULT,
            "zone": str(directory.chain_of(scope).time_zone),
            "first": url(PATH, **here) if after else None,
            "next": url(PATH, **here, cursor=page.next) if page.next else None,
        },
        status=422 if filled.is_refused else 200,
    )


def _age_s(scope: Scope, asked_at: str) -> int:
    return max(0, int((scope.now - from_sortable(asked_at)).total_seconds()))


def _figures(scope: Scope, property_id: str | None, houses: int) -> list[HotlineFigure]:
    """The figures of the last days; none while more properties would have to be read than one page may."""
    if property_id is None and houses > FIGURE_HOUSES:
        return []
    first, last = hotline.figure_days(scope, None, None)
    return hotline.figures(scope, property_id, first, last)
