"""Guests who may be one person, in the portal: the review queue, two guests side by side, and the duplicates report."""

from __future__ import annotations

import math
from typing import Any

from chalicelib.directory import service as directory
from chalicelib.guests import service
from chalicelib.guests.findings import PRIOR, sentence_of
from chalicelib.guests.rules.pairs import HEAD_OFFICE, NOTE_LENGTH_MAX, STATES
from chalicelib.guests.service import Guest, Review
from chalicelib.kernel.errors import Malformed, NotFound, Refusal
from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.scope import Scope
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation
from chalicelib.web.problems import reason, said
from chalicelib.web.rendering import url

pages = Pages("guests")
navigation(N_("Doubles"), "/portal/matches", permission="guests:match", order=32, under="/portal/guests")

QUEUE = "/portal/matches"
REPORT = "/portal/match-report"
PAGE_ROWS = 25
REASONS_IN_LIST = 3  # those that weigh most; the pair's own page has all
SURE_SHARE = 0.98  # of one person in pairs like this: beyond it the odds say no more to people

STATE_LABELS = {
    "open": N_("To be decided"),
    "merged": N_("One person"),
    "distinct": N_("Two people"),
    "obsolete": N_("No longer alike"),
}
STATE_LOOKS = {"open": "warn", "merged": "good", "distinct": "plain", "obsolete": "plain"}
# The fields side by side: what is chosen together in a merge has one name.
FIELDS = {
    "name": N_("Name"),
    "birthday": N_("Birthday"),
    "emails": N_("E-mail"),
    "phones": N_("Phone"),
    "language": N_("Language"),
    "nationality": N_("Nationality"),
    "occupation": N_("Occupation"),
    "home_property_id": N_("Home property"),
}
CHOSEN = ("name", "birthday", "language", "nationality", "occupation", "home_property_id")


@pages.get(QUEUE, permission="guests:read")
def matches_page(call: Call) -> View:
    """The pairs that wait for a decision, the likeliest first; or those decided."""
    scope = call.scope
    state = call.parameter("state") or "open"
    if state not in STATES:
        raise Malformed()
    queue = call.parameter("property") or None
    after = call.parameter("cursor") or None
    page = service.matches_page(scope, state=state, queue=queue, limit=PAGE_ROWS, after=after)
    here = {"state": state if state != "open" else None, "property": queue}
    return View(
        "guests/matches.html",
        {
            "rows": [(review, _strongest(review)) for review in page.reviews],
            "state": state,
            "queue": queue,
            "first": url(QUEUE, **here) if after else None,
            "next": url(QUEUE, **here, cursor=page.next) if page.next else None,
            **_words(scope),
        },
    )


@pages.get(QUEUE + "/{match_id}", permission="guests:read")
def match_page(call: Call) -> View:
    """Two guests side by side, why they may be one person, and the decision."""
    return _match_view(call, service.review_of(call.scope, call.path_params["match_id"]))


@pages.post(QUEUE + "/{match_id}/decisions", permission="guests:match")
def decide_match_page(call: Call) -> View | Redirect:
    """Decide about a pair; what speaks against it is said on the page."""
    match_id, form = call.path_params["match_id"], call.form
    decision = form.get("decision", "")
    if decision not in ("distinct", "merged"):
        raise Malformed()
    review = service.review_of(call.scope, match_id)
    survivor_id = form.get("survivor_id") or review.survivor_id
    choices = {
        name: "survivor" if form[name] == survivor_id else "absorbed"
        for name in CHOSEN
        if form.get(name) in review.match.guest_ids
    }
    try:
        service.decide(
            call.scope,
            match_id,
            decision,
            note=form.get("note", ""),
            survivor_id=survivor_id if decision == "merged" else None,
            choices=choices if decision == "merged" else None,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _match_view(call, review, refused=_told(call, refusal))
    return Redirect(f"{QUEUE}/{match_id}")


@pages.post(QUEUE + "/{match_id}/undoings", permission="guests:merge")
def undo_match_page(call: Call) -> View | Redirect:
    """Undo the merge of a pair: the two are two again, and stay so."""
    match_id = call.path_params["match_id"]
    review = service.review_of(call.scope, match_id)
    if not review.match.merge_id:
        raise NotFound()
    try:
        service.part(call.scope, str(review.match.merge_id), call.form.get("note", ""))
    except NotFound:
        raise
    except Refusal as refusal:
        return _match_view(call, review, refused=_told(call, refusal))
    return Redirect(f"{QUEUE}/{match_id}")


@pages.get(REPORT, permission="guests:read")
def match_report_page(call: Call) -> View:
    """How many doubles there are, by property and month, and those that were linked automatically."""
    scope = call.scope
    queue = call.parameter("property") or None
    after = call.parameter("cursor") or None
    tallies = service.report(scope, queue=queue)
    page = service.matches_page(scope, state="merged", queue=queue, limit=PAGE_ROWS, after=after)
    return View(
        "guests/match_report.html",
        {
            "tallies": tallies,
            "totals": {
                "waiting": sum(one.waiting for one in tallies),
                **{name: _total(tallies, name) for name in ("found", "linked", "merged", "distinct")},
            },
            "reviews": page.reviews,
            "queue": queue,
            "backfill": service.backfill_of(scope) if scope.property_ids is None else None,
            "may_match": scope.may("guests:match"),
            "first": url(REPORT, property=queue) if after else None,
            "next": url(REPORT, property=queue, cursor=page.next) if page.next else None,
            **_words(scope),
        },
    )


@pages.post(REPORT + "/backfills", permission="guests:match")
def start_backfill_page(call: Call) -> Redirect:
    """Have all guests of the chain looked at."""
    service.start_backfill(call.scope)
    return Redirect(REPORT)


def _told(call: Call, refusal: Refusal) -> str:
    """What speaks against it, in the reader's language."""
    details = [said(error, call.language) for error in refusal.errors] or [reason(refusal, call.language)]
    title = translator(call.language).gettext(refusal.title)
    return " · ".join([title, *(detail for detail in details if detail)])


# -- shapes ------------------------------------------------------------------------------------------------


def _match_view(call: Call, review: Review, *, refused: str = "") -> View:
    scope = call.scope
    houses = {str(house.id): house for house in directory.properties(scope)}
    survivor_id = review.survivor_id
    sides = sorted((review.one, review.other), key=lambda guest: guest.id != survivor_id)
    return View(
        "guests/match.html",
        {
            "review": review,
            "match": review.match,
            "sides": sides,
            "survivor_id": survivor_id,
            "reasons": _reasons(review),
            "fields": [(name, label, [_value(guest, name) for guest in sides]) for name, label in FIELDS.items()],
            "known_at": [[houses[it] for it in sorted(guest.property_ids or ()) if it in houses] for guest in sides],
            "houses": houses,
            "chosen": CHOSEN,
            "refused": refused,
            "note_length_max": NOTE_LENGTH_MAX,
            "may_decide": scope.may("guests:match") and review.match.state in ("open", "obsolete"),
            "may_merge": scope.may("guests:merge"),
            **_words(scope),
        },
        status=422 if refused else 200,
    )


def _value(guest: Guest, name: str) -> Any:
    """What a guest says in a row of the comparison; the template puts it into words."""
    if name == "name":
        return guest
    if name == "birthday":
        return guest.birth_date
    if name in ("emails", "phones"):
        return list(getattr(guest, name))
    return getattr(guest, name)


def _reasons(review: Review) -> list[tuple[str, float]]:
    """The findings in sentences with their bits, what speaks for one person first; without what all pairs share."""
    known = [(sentence_of(code, level), bits / 100) for code, level, bits in review.match.reasons if code != PRIOR]
    return sorted(((sentence, bits) for sentence, bits in known if sentence), key=lambda it: -it[1])


def _strongest(review: Review) -> list[str]:
    """The sentences of the findings that weigh most."""
    ranked = sorted(_reasons(review), key=lambda it: -abs(it[1]))
    return [sentence for sentence, _ in ranked[:REASONS_IN_LIST]]


def _total(tallies: list[service.Tally], name: str) -> int:
    return sum(figures[name] for one in tallies for _, figures in one.months)


def _words(scope: Scope) -> dict[str, Any]:
    houses = directory.properties(scope)
    return {
        "houses": houses,
        "by_id": {str(house.id): house for house in houses},
        "head_office": HEAD_OFFICE,
        "sees_all": scope.property_ids is None,
        "state_labels": STATE_LABELS,
        "state_looks": STATE_LOOKS,
        "zone": str(directory.chain_of(scope).time_zone),
        "likelihood": _likelihood,
    }


def _likelihood(score: int) -> int:
    """What a score means to people: in how many of a hundred such pairs the two are one person."""
    odds = math.exp2(score / 100)
    return round(100 * min(odds / (1 + odds), SURE_SHARE))
