"""REST endpoints of a chain's own days."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.chain_days import ChainDayIn, ChainDayOut, ChainDayPatch, told_of
from chalicelib.outreach.service import declaring
from chalicelib.outreach.service.declaring import ChainDayRecord
from chalicelib.web.endpoints import Answer, Listing, PageQuery

PATH = "/v1/chain-days"
ONE = f"{PATH}/{{chain_day_id}}"
DEMO_DAY = {"chain_day_id": "chd_0000000000000000000000f000"}


@api.get(PATH, permission="occasions:read", query=PageQuery, answers=ChainDayOut, is_list=True)
def list_chain_days(scope: Scope, query: PageQuery) -> Listing:
    """List the chain's own days, the latest declared first, those that have ended among them.

    Callers of single properties see the chain's and those of their properties.
    """
    found, following = declaring.days_page(scope, limit=query.limit, after=query.cursor)
    return Listing([_shown(scope, one) for one in found], following)


@api.post(
    PATH, permission="occasions:write", body=ChainDayIn, answers=ChainDayOut, refusals=(403, 404, 409, 422)
)  # fmt: skip
def declare_chain_day(scope: Scope, body: ChainDayIn) -> Answer:
    """Declare a day of the chain's own: its founding day, a house's anniversary, a feast of the place.

    Guests are greeted on it as on festivals, by the policy `festival`, once for each year. Who may be narrowed to
    those of a language, of a stated festival, of a property; all that is told has to hold. A day that is declared
    after the hour of greetings begins with the next one. At most fifty are kept at a time.
    """
    record = declaring.declare(scope, told_of(body))
    return Answer(_shown(scope, record), status=201, location=f"{PATH}/{record.told.id}")


@api.get(ONE, permission="occasions:read", answers=ChainDayOut, refusals=(404,), path_examples=DEMO_DAY)
def read_chain_day(scope: Scope, chain_day_id: str) -> ChainDayOut:
    """Read a day of the chain's own."""
    return _shown(scope, declaring.day_of(scope, chain_day_id))


@api.patch(
    ONE, permission="occasions:write", body=ChainDayPatch, answers=ChainDayOut, refusals=(403, 404, 409, 422),
    path_examples=DEMO_DAY,
)  # fmt: skip
def change_chain_day(scope: Scope, chain_day_id: str, body: ChainDayPatch, expected_version: int) -> ChainDayOut:
    """Change a day: its name, its date, for whom it is. Fields that are absent stay as they are.

    Whoever has been greeted for it in a year is not greeted again in that year, whatever it is called and whenever
    it is. Its calendar stays, and a day that has ended is not changed any more.
    """
    return _shown(scope, declaring.change(scope, chain_day_id, told_of(body), expected_version))


@api.post(f"{ONE}/end", permission="occasions:write", answers=ChainDayOut, refusals=(403, 404), path_examples=DEMO_DAY)
def end_chain_day(scope: Scope, chain_day_id: str) -> ChainDayOut:
    """Greet nobody for a day any more. What was sent stays known; a day that has ended stays ended."""
    return _shown(scope, declaring.end(scope, chain_day_id))


def _shown(scope: Scope, record: ChainDayRecord) -> ChainDayOut:
    return ChainDayOut.of(record, declaring.next_on(scope, record.told))
