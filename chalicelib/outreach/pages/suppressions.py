"""Addresses that take no messages: looked through masked, looked up, stopped and let go by head office.

An address is never part of one of ours: it is posted, and what it leads to is named by the suppression's id.
"""

from __future__ import annotations

from contextlib import suppress

from chalicelib.directory import service as directory
from chalicelib.kernel.errors import Malformed, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service
from chalicelib.outreach.pages.base import one_of, pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried, whole
from chalicelib.outreach.pages.channels.room import PURPOSE_LABELS
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS
from chalicelib.outreach.rules.channels import CARRIED
from chalicelib.outreach.rules.outcomes import CAUSE_LABELS, weightiest
from chalicelib.outreach.schemas import ADDRESS_LENGTH_MAX, SuppressionIn
from chalicelib.outreach.service import Suppression
from chalicelib.web.pages import Call, Redirect, View, navigation
from chalicelib.web.rendering import url

LIST = "/portal/suppressions"
SEARCH = f"{LIST}/searches"
ONE = f"{LIST}/{{suppression_id}}"
PAGE_ROWS = 25
TYPED = tuple(name for name in CHANNEL_LABELS if name not in CARRIED)  # what a person carries has no address to stop

navigation(
    N_("Stopped addresses"), LIST, permission="deliveries:read", order=48, is_for_chain=True, under="/portal/deliveries"
)


@pages.get(LIST, permission="deliveries:read")
def suppressions_page(call: Call) -> View:
    """The addresses that take no messages, or none of some purposes, the latest first."""
    return _list(call, "", Filled())


@pages.post(SEARCH, permission="deliveries:read")
def look_up_suppression_page(call: Call) -> View | Redirect:
    """Whether an address is stopped. The answer's own address names nobody."""
    found: list[Suppression] = []

    def look_up(scope: Scope) -> None:
        body = _typed(call)
        known = service.find_suppression(scope, body.channel, body.address)
        found.extend([known] if known is not None else [])

    filled = tried(call, look_up)
    if filled is None and found:
        return Redirect(ONE.format(suppression_id=found[0].id))
    return _list(call, "search", filled or Filled(dict(call.form)), is_free=filled is None)


@pages.get(SEARCH, permission="deliveries:read")
def no_search_page(call: Call) -> Redirect:
    """Where a search was answered, nothing is left of it: its words were posted, and are not kept."""
    return Redirect(LIST)


@pages.post(LIST, permission="guests:write")
def stop_address_page(call: Call) -> View | Redirect:
    """Stop an address by hand."""
    made: list[Suppression] = []

    def stop(scope: Scope) -> None:
        body = _typed(call)
        made.append(service.add_suppression(scope, body.channel, body.address)[0])

    filled = tried(call, stop)
    if filled is not None:
        return _list(call, "new", filled)
    return Redirect(ONE.format(suppression_id=made[0].id) if made else LIST)


@pages.get(ONE, permission="deliveries:read")
def suppression_page(call: Call) -> View:
    """Why an address takes no messages, since when, and the form that lets it go."""
    return _one(call, Filled())


@pages.post(f"{ONE}/liftings", permission="guests:write")
def lift_suppression_page(call: Call) -> View | Redirect:
    """Let an address take messages again, as long as nothing new has stopped it since it was looked at.

    What is stopped no more has been lifted meanwhile, and there is nothing left to do.
    """
    version = whole(call.form.get("version", ""))
    if not isinstance(version, int):
        raise Malformed()

    def lift(scope: Scope) -> None:
        with suppress(NotFound):
            service.lift_suppression(scope, call.path_params["suppression_id"], version)

    filled = tried(call, lift)
    return _one(call, filled) if filled is not None else Redirect(LIST)


def _typed(call: Call) -> SuppressionIn:
    """What a form says, by the rules of the API."""
    body: SuppressionIn = read(SuppressionIn, given(call.form, "channel", "address"))
    return body


def _list(call: Call, form: str, filled: Filled, *, is_free: bool = False) -> View:
    """The list; `form` is the form that `filled` belongs to, and `is_free` what became of a search."""
    scope, after = call.scope, call.parameter("cursor") or None
    channel = one_of(call.parameter("channel"), CHANNEL_LABELS)
    cause = one_of(call.parameter("cause"), CAUSE_LABELS)
    page = service.suppressions_page(scope, limit=PAGE_ROWS, after=after, channel=channel, cause=cause)
    here = {"channel": channel, "cause": cause}
    return View(
        "outreach/pages/suppressions.html",
        {
            "suppressions": [(one, weightiest(one.causes)) for one in page.items],
            "channel": channel,
            "cause": cause,
            "is_filtered": any(here.values()),
            "is_free": is_free,
            "form": form,
            "filled": filled,
            "key": new_id("frm"),
            "typed": TYPED,
            "address_length": ADDRESS_LENGTH_MAX,
            "may_write": scope.may("guests:write"),
            "first": url(LIST, **here) if after else None,
            "next": url(LIST, **here, cursor=page.next) if page.next else None,
            **_words(scope),
        },
        status=422 if filled.is_refused else 200,
    )


def _one(call: Call, filled: Filled) -> View:
    scope = call.scope
    record = service.get_suppression(scope, call.path_params["suppression_id"])
    causes = sorted((at, *cause.partition(":")[::2]) for cause, at in record.causes.items())
    return View(
        "outreach/pages/suppression.html",
        {
            "one": record,
            "causes": causes,
            "cause": weightiest(record.causes),
            "form": "new",
            "filled": filled,
            "key": new_id("frm"),
            "may_write": scope.may("guests:write"),
            **_words(scope),
        },
        status=422 if filled.is_refused else 200,
    )


def _words(scope: Scope) -> dict[str, object]:
    """The labels that the templates put things into words with."""
    return {
        "channel_labels": CHANNEL_LABELS,
        "cause_labels": CAUSE_LABELS,
        "purpose_labels": PURPOSE_LABELS,
        "zone": str(directory.chain_of(scope).time_zone),
    }
