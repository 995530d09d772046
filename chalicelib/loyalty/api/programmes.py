"""REST endpoints of programmes, exchange rates and what is owed."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.schemas import (
    DEMO_PROGRAMME,
    CalculationIn,
    CalculationOut,
    CheckOut,
    LiabilityOut,
    LiabilityQuery,
    PointsFigures,
    PointsFiguresOf,
    ProgrammeIn,
    ProgrammeOut,
    ProgrammePatch,
    RatesIn,
    RatesOut,
    UnpricedOut,
    VerdictOut,
    VersionIn,
)
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("loyalty")

PROGRAMME = {"programme_id": DEMO_PROGRAMME}


@api.post("/v1/programmes", permission="programmes:write", body=ProgrammeIn, answers=ProgrammeOut, refusals=(409, 422))
def create_programme(scope: Scope, body: ProgrammeIn) -> Answer:
    """Create a points programme with its first rules.

    The first version may begin in the past, so that stays since then count for whoever joins.
    """
    names = {str(language): words for language, words in body.names.items()}
    record = service.create(scope, name=body.name, names=names, currency=body.currency, first=body.version.version(1))
    return Answer(ProgrammeOut.model_validate(record), location=f"/v1/programmes/{record.id}")


@api.get("/v1/programmes", permission="programmes:read", query=PageQuery, answers=ProgrammeOut, is_list=True)
def list_programmes(scope: Scope, query: PageQuery) -> Listing:
    """List the chain's programmes, by age."""
    items, following = service.programmes_page(scope, limit=query.limit, after=query.cursor)
    return Listing([ProgrammeOut.model_validate(one) for one in items], following)


@api.get(
    "/v1/programmes/{programme_id}", permission="programmes:read", answers=ProgrammeOut, refusals=(404,),
    path_examples=PROGRAMME,
)  # fmt: skip
def get_programme(scope: Scope, programme_id: str) -> ProgrammeOut:
    """Read a programme with all its versions."""
    return ProgrammeOut.model_validate(service.programme_of(scope, programme_id))


@api.patch(
    "/v1/programmes/{programme_id}", permission="programmes:write", body=ProgrammePatch, answers=ProgrammeOut,
    refusals=(404, 422), path_examples=PROGRAMME,
)  # fmt: skip
def change_programme(scope: Scope, programme_id: str, body: ProgrammePatch, expected_version: int) -> ProgrammeOut:
    """Rename a programme, or suspend the end of points during a crisis."""
    said = {name: getattr(body, name) for name in body.model_fields_set if getattr(body, name) is not None}
    return ProgrammeOut.model_validate(service.change(scope, programme_id, said, expected_version))


@api.post(
    "/v1/programmes/{programme_id}/versions", permission="programmes:write", body=VersionIn, answers=ProgrammeOut,
    refusals=(404, 409, 422), path_examples=PROGRAMME,
)  # fmt: skip
def publish_version(scope: Scope, programme_id: str, body: VersionIn) -> ProgrammeOut:
    """Publish the rules from a day on.

    A published version is never changed. Of two that begin on one day the later published counts.
    """
    return ProgrammeOut.model_validate(service.publish(scope, programme_id, body.version()))


@api.post(
    "/v1/programmes/{programme_id}/calculations", permission="programmes:read", status=200, body=CalculationIn,
    answers=CalculationOut, refusals=(404, 422), path_examples=PROGRAMME,
)  # fmt: skip
def calculate_points(scope: Scope, programme_id: str, body: CalculationIn) -> CalculationOut:
    """Price a stay without writing anything: what each rule gives, and why others give nothing."""
    priced = service.calculate(scope, programme_id, body.facts(), body.currency)
    rules = [
        VerdictOut(rule_id=one.rule_id, points=one.points, why_not=one.why_not, words=words)
        for one, words in zip(priced.verdicts, priced.words, strict=True)
    ]
    return CalculationOut(points=priced.points, why_not=priced.why_not, rules=rules)


@api.get(
    "/v1/programmes/{programme_id}/liability", permission="programmes:read", query=LiabilityQuery,
    answers=LiabilityOut, refusals=(404, 422), path_examples=PROGRAMME,
)  # fmt: skip
def read_liability(scope: Scope, programme_id: str, query: LiabilityQuery) -> LiabilityOut:
    """What is owed to members on a day, by month of issue and by property, in points.

    Counted from the entries; the nightly check compares it with every account.
    """
    owed = service.liability_on(scope, programme_id, query.as_of)
    return LiabilityOut(
        as_of=owed.as_of.isoformat(),
        total=PointsFigures.model_validate(owed.total),
        by_vintage=[
            PointsFiguresOf(of=name, figures=PointsFigures.model_validate(one)) for name, one in owed.by_vintage
        ],
        by_property=[
            PointsFiguresOf(of=name, figures=PointsFigures.model_validate(one)) for name, one in owed.by_property
        ],
    )


@api.post(
    "/v1/programmes/{programme_id}/checks", permission="programmes:write", status=202, refusals=(404,),
    path_examples=PROGRAMME,
)  # fmt: skip
def check_books(scope: Scope, programme_id: str) -> None:
    """Have the books checked now: every member's entries, header and lots are added up apart and compared.

    Live chains are checked every night by themselves. The result is listed when it is there.
    """
    service.request_check(scope, programme_id)


@api.get(
    "/v1/programmes/{programme_id}/checks", permission="programmes:read", query=PageQuery, answers=CheckOut,
    is_list=True, refusals=(404,), path_examples=PROGRAMME,
)  # fmt: skip
def list_checks(scope: Scope, programme_id: str, query: PageQuery) -> Listing:
    """List the latest checks of the books, newest first. `differing` is to be 0."""
    items, following = service.checks(scope, programme_id, limit=query.limit, after=query.cursor)
    return Listing([CheckOut.model_validate(one) for one in items], following)


@api.put(
    "/v1/exchange-rates/{date}", permission="programmes:write", body=RatesIn, answers=RatesOut, refusals=(422,),
    path_examples={"date": "2026-03-04"},
)  # fmt: skip
def put_exchange_rates(scope: Scope, date: str, body: RatesIn) -> RatesOut:
    """Tell a business date's exchange rates.

    Stays that waited for them are priced; those priced before keep their rate.
    """
    record = service.tell(scope, date, body.base, body.rates)
    day, base = str(record.day_key).split("#", 1)
    return RatesOut(day=day, base=base, rates=dict(record.rates))


@api.get("/v1/unpriced-stays", permission="programmes:read", query=PageQuery, answers=UnpricedOut, is_list=True)
def list_unpriced_stays(scope: Scope, query: PageQuery) -> Listing:
    """List the stays of members that cannot be priced yet, the oldest business date first."""
    found, following = service.unpriced(scope, limit=query.limit, after=query.cursor)
    items = [
        UnpricedOut(stay_id=str(one.stay_key).split("#", 1)[1], member_id=str(one.member_id), reason=one.exception)
        for one in found
    ]
    return Listing(items, following)


def _each(figures: Sequence[tuple[str, object]]) -> list[PointsFiguresOf]:
    return [PointsFiguresOf(of=name, figures=PointsFigures.model_validate(one)) for name, one in figures]
