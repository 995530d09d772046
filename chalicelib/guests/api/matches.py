"""REST endpoints of pairs of guests who may be one person."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.guests.api.guests import guest_out
from chalicelib.guests.findings import sentence_of
from chalicelib.guests.rules.pairs import pair_id
from chalicelib.guests.schemas.matches import (
    MatchBackfillOut,
    MatchDecisionIn,
    MatchDetailOut,
    MatchMonthOut,
    MatchOut,
    MatchQuery,
    MatchReasonOut,
    MatchReportOut,
    MatchTallyOut,
    ReportQuery,
)
from chalicelib.guests.service import Review
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.i18n import translator
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing

api = Api("guests")

# The demo chain's guest has a double, so that there is something to decide.
DEMO_MATCH = {"match_id": pair_id("gst_0000000000000000000000g000", "gst_0000000000000000000000g200")}
HUNDREDTHS = 100


@api.get("/v1/matches", permission="guests:read", query=MatchQuery, answers=MatchOut, is_list=True)
def list_matches(scope: Scope, query: MatchQuery) -> Listing:
    """Pairs of guests who may be one person, the likeliest first.

    A pair of one property's guests is in its queue, a pair of several properties' in head office's. Pairs are found
    when a guest is created, changed or imported; those beyond doubt are merged without asking, if the chain wants that.
    """
    page = service.matches_page(scope, state=query.state, queue=query.queue, limit=query.limit, after=query.cursor)
    return Listing([MatchOut(**_values(scope, one)) for one in page.reviews], page.next)


@api.get("/v1/matches/{match_id}", permission="guests:read", answers=MatchDetailOut, path_examples=DEMO_MATCH)
def get_match(scope: Scope, match_id: str) -> MatchDetailOut:
    """One pair with both guests side by side, and why they may be one person."""
    return _detail(scope, service.review_of(scope, match_id))


@api.post(
    "/v1/matches/{match_id}/decisions",
    permission="guests:match",
    status=200,
    body=MatchDecisionIn,
    answers=MatchDetailOut,
    refusals=(409,),
    path_examples=DEMO_MATCH,
)
def decide_match(scope: Scope, match_id: str, body: MatchDecisionIn) -> MatchDetailOut:
    """Decide that two guests are two people, or one.

    Two are never proposed or linked again, whatever changes. One are merged; that can be undone by the merge's id.
    """
    decided = service.decide(
        scope,
        match_id,
        body.decision,
        note=body.note,
        survivor_id=body.survivor_id,
        choices={str(group): str(side) for group, side in body.choices.items()},
    )
    return _detail(scope, decided)


@api.get("/v1/match-report", permission="guests:read", query=ReportQuery, answers=MatchReportOut)
def get_match_report(scope: Scope, query: ReportQuery | None = None) -> MatchReportOut:
    """How many pairs wait for a decision, and what became of those of the last twelve months."""
    tallies = service.report(scope, queue=query.queue if query else None)
    return MatchReportOut(
        queues=[
            MatchTallyOut(
                queue=one.queue,
                waiting=one.waiting,
                months=[MatchMonthOut(month=month, **figures) for month, figures in one.months],
            )
            for one in tallies
        ],
        backfill=_backfill_out(service.backfill_of(scope)) if scope.property_ids is None else None,
    )


@api.post(
    "/v1/match-backfills",
    permission="guests:match",
    status=202,
    answers=MatchBackfillOut,
)
def start_match_backfill(scope: Scope) -> Answer:
    """Match the guests whom nobody has compared: those from before there was matching. Head office only.

    All guests of the chain are looked at; who has been matched by all that they are found by now is left alone, so
    starting it twice changes nothing, and while it is under way it goes on. The match report tells how far it is.
    """
    return Answer(_backfill_out(service.start_backfill(scope)), status=202, location="/v1/match-report")


# -- shapes ------------------------------------------------------------------------------------------------


def _backfill_out(one: service.Backfill) -> MatchBackfillOut:
    return MatchBackfillOut(
        state=one.state,
        is_due=one.is_due,
        seen=one.seen,
        matched=one.matched,
        started_at=format_instant(one.started_at) if one.started_at else None,
        ended_at=format_instant(one.ended_at) if one.ended_at else None,
    )


def _detail(scope: Scope, review: Review) -> MatchDetailOut:
    guests = [guest_out(scope, review.one), guest_out(scope, review.other)]
    return MatchDetailOut(**_values(scope, review), guests=guests)


def _values(scope: Scope, review: Review) -> dict[str, object]:
    match = review.match
    say = translator(scope.language).gettext
    reasons = []
    for code, level, bits in match.reasons:
        sentence = sentence_of(code, level)
        reasons.append(
            MatchReasonOut(code=code, level=level, bits=bits / HUNDREDTHS, sentence=say(sentence) if sentence else "")
        )
    return {
        "id": match.id,
        "state": str(match.state),
        "guest_ids": list(match.guest_ids),
        "names": [" ".join(filter(None, (one.given_name, one.family_name))) for one in (review.one, review.other)],
        "score": int(match.score) / HUNDREDTHS,
        "queue": str(match.queue),
        "survivor_id": review.survivor_id,
        "is_automatic": match.is_automatic,
        "note": match.note,
        "merge_id": match.merge_id,
        "found_at": format_instant(match.found_at),
        "decided_at": format_instant(match.decided_at) if match.decided_at else None,
        "reasons": reasons,
    }
