"""Strategies against losing guests: registered before they begin, judged when they have ended."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried
from chalicelib.outreach.rules import calls
from chalicelib.outreach.schemas.calls import NOTE_LENGTH_MAX
from chalicelib.outreach.schemas.strategies import TITLE_LENGTH_MAX, StrategyIn, StrategyPatch
from chalicelib.outreach.service import preventing
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

LIST = "/portal/strategies"
PAGE_ROWS = 25
STATUS_LABELS = {"planned": N_("Planned"), "running": N_("Running"), "ended": N_("Ended")}
STATUS_LOOKS = {"planned": "plain", "running": "good", "ended": ""}

navigation(N_("Strategies"), LIST, permission="tasks:read", order=43, under="/portal/deliveries")


@pages.get(LIST, permission="tasks:read")
def strategies_page(call: Call) -> View:
    """Every strategy that the reader may see, the latest first."""
    return _page(call, "", Filled())


@pages.post(LIST, permission="tasks:write")
def register_page(call: Call) -> View | Redirect:
    """Register a strategy."""
    names = ("title", "hypothesis", "segment", "reason", "property_id", "starts_on", "ends_on")

    def register(scope: Scope) -> None:
        preventing.register(scope, read(StrategyIn, given(call.form, *names)).model_dump())

    filled = tried(call, register)
    return _page(call, "new", filled) if filled is not None else Redirect(LIST)


@pages.post(f"{LIST}/{{strategy_id}}", permission="tasks:write")
def revise_page(call: Call) -> View | Redirect:
    """Note a strategy's end and what came of it."""
    strategy_id = call.path_params["strategy_id"]

    def revise(scope: Scope) -> None:
        patch = read(StrategyPatch, given(call.form, "ends_on", "result"))
        told = {name: getattr(patch, name) for name in patch.model_fields_set}
        preventing.revise(scope, strategy_id, told, None)

    filled = tried(call, revise)
    return _page(call, strategy_id, filled) if filled is not None else Redirect(LIST)


def _page(call: Call, form: str, filled: Filled) -> View:
    """The page; `form` is the form that `filled` belongs to."""
    scope, after = call.scope, call.parameter("cursor") or None
    found, following = preventing.strategies_page(scope, limit=PAGE_ROWS, after=after)
    today = local_day(scope.now, directory.chain_of(scope).time_zone)
    houses = directory.properties(scope)
    return View(
        "outreach/pages/strategies.html",
        {
            "strategies": [(one, preventing.status_of(one, today)) for one in found],
            "houses": houses,
            "by_id": {str(house.id): house for house in houses},
            "form": form,
            "filled": filled,
            "key": new_id("frm"),
            "today": today.isoformat(),
            "lengths": {"title": TITLE_LENGTH_MAX, "said": NOTE_LENGTH_MAX},
            "may_write": scope.may("tasks:write"),
            "status_labels": STATUS_LABELS,
            "status_looks": STATUS_LOOKS,
            "reason_labels": calls.REASON_LABELS,
            "first": LIST if after else None,
            "next": url(LIST, cursor=following) if following else None,
        },
        status=422 if filled.is_refused else 200,
    )
