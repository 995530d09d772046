"""The house's own endpoints: health, the API's description, the agenda's dead items, the test clock."""


import json
from datetime import datetime
from functools import cache
from typing import Any, Self

from pydantic import AwareDatetime, Field, model_validator

from chalicelib.kernel import agenda, cursor, testclock, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import ClockRecord, from_sortable
from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery, Schema, all_apis
from chalicelib.web.openapi import document

api = Api("operations")
KEY_PART_LENGTH_MAX = 300  # no id of ours comes near; DynamoDB refuses keys beyond 1,024 bytes

# Every test chain has this one, and it never ends.
A_RECURRENCE = {"subject_id": "chn_0000000000000000000000de00", "item_id": "clock.catch_up"}


class Health(Schema):
    """Whether the product answers."""

    status: str


class AgendaItemOut(Schema):
    """A piece of work that failed too often."""

    id: str
    subject_id: str
    kind: str
    occurrence: str | None
    state: str
    due_at: datetime
    died_at: datetime | None
    attempts: int
    error: str | None


class AgendaQuery(PageQuery):
    """Which part of the agenda."""

    state: str = Field(default="dead", pattern="^dead$", description="Only dead items are listed.")


class RevivalIn(Schema):
    """Nothing needs to be said."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"reason": "The mail server is back."}]}}

    reason: str = Field(default="", max_length=300, description="For the activity log.")


class AdvanceIn(Schema):
    """How far to advance: to an instant, or by days."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"days": 1}]}}

    to: AwareDatetime | None = Field(default=None, description="The instant to stop at.")
    days: int | None = Field(default=None, ge=1, le=testclock.ADVANCE_DAYS_MAX, description="Days of 24 hours.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.to is None) == (self.days is None):
            raise ValueError(N_("Give either an instant or a number of days."))
        return self


class AdvanceOut(Schema):
    """An advance under way or done."""

    id: str
    state: str
    now: datetime
    to: datetime | None


class TestClockOut(Schema):
    """Where a test chain's clock stands."""

    __test__ = False

    now: datetime
    state: str
    to: datetime | None
    advance_id: str | None
    overdue: int


@api.get("/healthz", caller="public", answers=Health)
def get_health(scope: Scope) -> Health:
    """Whether the product answers."""
    return Health(status="ok")


@api.get("/v1/openapi.json", caller="public")
def get_openapi(scope: Scope) -> Any:
    """This description, printed from the declarations that the endpoints run on."""
    return Answer(_openapi(), headers={"Cache-Control": "public, max-age=300"})


def openapi_text() -> str:
    """The OpenAPI document as it is committed: sorted as declared, two spaces, one newline at the end."""
    return json.dumps(_openapi(), indent=2, ensure_ascii=False) + "\n"


@cache
def _openapi() -> dict[str, Any]:
    # Made once per process: the schemas of all endpoints take most of a second.
    return document(all_apis())


@api.get("/v1/agenda-items", permission="agenda:read", query=AgendaQuery, answers=AgendaItemOut, is_list=True)
def list_agenda_items(scope: Scope, query: AgendaQuery) -> Listing:
    """Work that failed too often and waits for a decision.

    It belongs to the chain: callers of single properties are refused.
    """
    _require_whole_chain(scope)
    after = cursor.decode(scope, "agenda", query.cursor)
    page = agenda.lane_page(agenda.dead_lane(scope.chain_id), limit=query.limit, after=after)
    found = AgendaRecord.find_many((str(one.subject_key), str(one.item_key)) for one in page.items)
    found.sort(key=lambda one: (str(one.due_at), str(one.item_key)))
    return Listing([_item_out(one) for one in found], cursor.encode(scope, "agenda", page.next_key))


@api.post(
    "/v1/agenda-items/{subject_id}/{item_id}/revivals",
    permission="agenda:write",
    status=202,
    body=RevivalIn,
    path_examples=A_RECURRENCE,
)
def revive_agenda_item(scope: Scope, subject_id: str, item_id: str, body: RevivalIn) -> Answer:
    """Put a dead item back to work at once, with fresh attempts.

    One that is at work already stays as it is. It belongs to the chain: callers of single properties are refused.
    """
    _require_whole_chain(scope)
    if max(len(subject_id), len(item_id)) > KEY_PART_LENGTH_MAX:
        raise NotFound()
    item_key = item_id.replace("~", "#")
    if not work.revive(scope, subject_id, item_key, body.reason) and not agenda.is_armed(scope, subject_id, item_key):
        raise NotFound()
    return Answer(status=202)


@api.get("/v1/test-clock", permission="clock:read", answers=TestClockOut)
def get_test_clock(scope: Scope) -> TestClockOut:
    """The chain's test clock: its instant, whether it is advancing, and how much work is overdue."""
    record = testclock.clock_of(scope)
    target = from_sortable(record.target_at) if record.target_at else None
    return TestClockOut(
        now=record.now,
        state="advancing" if target else "standing",
        to=target,
        advance_id=record.advance_id,
        overdue=testclock.overdue_count(scope, record.now),
    )


@api.post("/v1/test-clock/advances", permission="clock:write", status=202, body=AdvanceIn, answers=AdvanceOut)
def advance_test_clock(scope: Scope, body: AdvanceIn) -> Answer:
    """Let a test chain live on. Work that falls due on the way is done in order; an advance under way is extended."""
    record = testclock.request_advance(scope, to=body.to, days=body.days)
    shown = _advance_out(record, str(record.advance_id))
    return Answer(shown, status=202, location=f"/v1/test-clock/advances/{record.advance_id}")


@api.get("/v1/test-clock/advances/{advance_id}", permission="clock:read", answers=AdvanceOut)
def get_advance(scope: Scope, advance_id: str) -> AdvanceOut:
    """How far an advance has come."""
    record = testclock.clock_of(scope)
    if advance_id != record.advance_id and advance_id not in (record.finished_ids or []):
        raise NotFound()
    return _advance_out(record, advance_id)


def _require_whole_chain(scope: Scope) -> None:
    if scope.property_ids is not None:
        raise Forbidden(N_("This concerns the whole chain, and you are limited to some of its properties."))


def _advance_out(record: ClockRecord, advance_id: str) -> AdvanceOut:
    is_running = advance_id == record.advance_id
    return AdvanceOut(
        id=advance_id,
        state="running" if is_running else "done",
        now=record.now,
        to=from_sortable(record.target_at) if is_running and record.target_at else None,
    )


def _item_out(record: AgendaRecord) -> AgendaItemOut:
    return AgendaItemOut(
        id=str(record.item_key).replace("#", "~"),
        subject_id=record.subject_id,
        kind=str(record.kind),
        occurrence=record.occurrence,
        state="dead",
        due_at=from_sortable(record.armed_for),
        died_at=from_sortable(record.due_at) if record.due_at else None,
        attempts=int(record.attempts),
        error=record.error,
    )


