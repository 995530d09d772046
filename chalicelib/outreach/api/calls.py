"""REST endpoints of the call desk: tasks for people, why guests stay away, strategies against it."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.kernel.calendars import local_day
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.rules.calls import Agreed, Told
from chalicelib.outreach.schemas.calls import (
    AttemptIn,
    ReasonQuery,
    ReasonReportOut,
    TaskDetailOut,
    TaskDetailQuery,
    TaskIn,
    TaskOut,
    TaskPatch,
    TaskQuery,
)
from chalicelib.outreach.schemas.risks import AtRiskOut, SilentSoonOut, SilentSoonQuery
from chalicelib.outreach.schemas.strategies import StrategyIn, StrategyOut, StrategyPatch
from chalicelib.outreach.service import briefing, foreboding, preventing, queueing, scripts, tasks
from chalicelib.outreach.service.preventing import Strategy
from chalicelib.outreach.service.queueing import TaskFilter
from chalicelib.outreach.service.tasks import Task
from chalicelib.web.endpoints import Answer, Listing, PageQuery

DEMO_TASK = {"task_id": "tsk_0000000000000000000000t000"}
HOUSE = {"property_id": "prp_0000000000000000000000c000"}
DEMO_STRATEGY = {"strategy_id": "stg_0000000000000000000000s000"}


@api.get("/v1/tasks", permission="tasks:read", query=TaskQuery, answers=TaskOut, is_list=True, refusals=(404, 422))
def list_tasks(scope: Scope, query: TaskQuery) -> Listing:
    """List what people are to do for guests.

    What is due first, of one day the most valuable guest first. Callers of single properties see those of theirs.
    """
    wanted = TaskFilter(query.property_id, query.status, query.kind, query.due_from, query.due_to, query.assigned_to)
    page = queueing.tasks_page(scope, wanted, limit=query.limit, after=query.cursor)
    present = guests.find_many(scope, {one.guest_id for one in page.items}) if page.items else {}
    items = [TaskOut.of(one, str(present[one.guest_id].id) if one.guest_id in present else None) for one in page.items]
    return Listing(items, page.next)


@api.post("/v1/tasks", permission="tasks:write", body=TaskIn, answers=TaskOut, refusals=(404, 422))
def open_task(scope: Scope, body: TaskIn) -> Answer:
    """Open a task by hand.

    It is assigned to the property's manager. Silence opens calls by itself, and channels that people carry open
    letters, gifts and visits.
    """
    task = tasks.open_by_hand(scope, **body.model_dump())
    return Answer(TaskOut.of(task), status=201, location=f"/v1/tasks/{task.id}")


@api.get(
    "/v1/tasks/{task_id}", permission="tasks:read", query=TaskDetailQuery, answers=TaskDetailOut, refusals=(404,),
    path_examples=DEMO_TASK,
)  # fmt: skip
def read_task(scope: Scope, task_id: str, query: TaskDetailQuery) -> TaskDetailOut:
    """Read a task with the brief on its guest and the script of the call.

    The script has five sections, in the guest's language: greeting and thanks, experience, special needs, news by
    interest, the solution of a complaint.
    """
    task = tasks.get(scope, task_id)
    brief = briefing.brief_of(scope, task)
    language = query.language or brief.language
    return TaskDetailOut.whole(task, brief, scripts.script_of(scope, task, brief, language), language)


@api.patch(
    "/v1/tasks/{task_id}", permission="tasks:write", body=TaskPatch, answers=TaskOut, refusals=(404, 409, 422),
    path_examples=DEMO_TASK,
)  # fmt: skip
def change_task(scope: Scope, task_id: str, body: TaskPatch, expected_version: int) -> TaskOut:
    """Give an open task to somebody else, or cancel it.

    Either needs a reason, which stays with the task. It can be given to active staff of the property who may do tasks;
    null gives it back to the property's manager. What a cancelled call was owed for stays owed, and is breached.
    """
    if "status" in body.model_fields_set:
        return _shown(scope, tasks.cancel(scope, task_id, body.why, expected_version))
    return _shown(scope, tasks.assign(scope, task_id, body.assigned_to, body.why, expected_version))


@api.post(
    "/v1/tasks/{task_id}/attempts", permission="tasks:write", body=AttemptIn, answers=TaskOut,
    refusals=(404, 409, 422), path_examples=DEMO_TASK,
)  # fmt: skip
def note_attempt(scope: Scope, task_id: str, body: AttemptIn) -> TaskOut:
    """Note what came of an attempt.

    `reached` needs the reason why the guest stays away and what was agreed, which becomes a task of its own.
    `no_answer` and `callback` need neither: there are two more tries, then the task is closed.
    """
    agreed = Agreed(**body.agreed.model_dump()) if body.agreed is not None else None
    told = Told(body.outcome, body.reason, agreed, body.again_on, body.note)
    return _shown(scope, tasks.note_attempt(scope, task_id, told))


@api.get(
    "/v1/tasks/{task_id}/at-risk", permission="tasks:read", query=PageQuery, answers=AtRiskOut, is_list=True,
    refusals=(404,), path_examples=DEMO_TASK,
)  # fmt: skip
def list_at_risk(scope: Scope, task_id: str, query: PageQuery) -> Listing:
    """List others who may be lost for the reason that a call has found out.

    Returning guests whose last stay, at the same property, ended in the last ninety days, and who are not silent yet.
    Against `product` they have had the same room type, against `price` and `process` the same booking channel. Nobody
    is at risk for what lies with the guest.
    """
    found, following = preventing.at_risk(scope, task_id, limit=query.limit, after=query.cursor)
    return Listing([AtRiskOut.of(one) for one in found], following)


@api.get(
    "/v1/properties/{property_id}/guests-at-risk", permission="tasks:read", query=SilentSoonQuery,
    answers=SilentSoonOut, is_list=True, refusals=(404,), path_examples=HOUSE,
)  # fmt: skip
def list_guests_at_risk(scope: Scope, property_id: str, query: SilentSoonQuery) -> Listing:
    """List guests who are not silent yet, and will be before long: who comes first is next.

    Of the property last stayed at, by the rule that opens calls, so before it does: regular guests two weeks after
    their departure, other returning guests by their own rhythm. Nobody while the chain does not keep the occasion
    `silence`; nobody who has booked again, or whose stays are history. A page may be short.
    """
    found, following = foreboding.silent_soon(
        scope, property_id, within_days=query.within_days, limit=query.limit, after=query.cursor
    )
    return Listing([SilentSoonOut.of(one) for one in found], following)


@api.get("/v1/churn-reasons", permission="tasks:read", query=ReasonQuery, answers=ReasonReportOut, refusals=(404, 422))
def read_churn_reasons(scope: Scope, query: ReasonQuery) -> ReasonReportOut:
    """Count why guests stay away, by property and reason."""
    found = queueing.reasons(scope, property_id=query.property_id, start=query.from_, end=query.to)
    return ReasonReportOut.of(found, scope.language)


@api.get("/v1/strategies", permission="tasks:read", query=PageQuery, answers=StrategyOut, is_list=True)
def list_strategies(scope: Scope, query: PageQuery) -> Listing:
    """List strategies against losing guests, the latest first."""
    found, following = preventing.strategies_page(scope, limit=query.limit, after=query.cursor)
    return Listing([_strategy(scope, one) for one in found], following)


@api.post("/v1/strategies", permission="tasks:write", body=StrategyIn, answers=StrategyOut, refusals=(404, 422))
def register_strategy(scope: Scope, body: StrategyIn) -> Answer:
    """Register a strategy: why it should keep guests, for whom, and from when.

    One for the whole chain is head office's.
    """
    strategy = preventing.register(scope, body.model_dump())
    return Answer(_strategy(scope, strategy), status=201, location=f"/v1/strategies/{strategy.id}")


@api.get(
    "/v1/strategies/{strategy_id}", permission="tasks:read", answers=StrategyOut, refusals=(404,),
    path_examples=DEMO_STRATEGY,
)  # fmt: skip
def read_strategy(scope: Scope, strategy_id: str) -> StrategyOut:
    """Read a strategy."""
    return _strategy(scope, preventing.strategy_of(scope, strategy_id))


@api.patch(
    "/v1/strategies/{strategy_id}", permission="tasks:write", body=StrategyPatch, answers=StrategyOut,
    refusals=(404, 422), path_examples=DEMO_STRATEGY,
)  # fmt: skip
def revise_strategy(scope: Scope, strategy_id: str, body: StrategyPatch, expected_version: int) -> StrategyOut:
    """Change a strategy: mostly its end, and what came of it. Fields that are absent stay as they are."""
    told = {name: getattr(body, name) for name in body.model_fields_set}
    return _strategy(scope, preventing.revise(scope, strategy_id, told, expected_version))


def _shown(scope: Scope, task: Task) -> TaskOut:
    guest = guests.find(scope, task.guest_id)
    return TaskOut.of(task, str(guest.id) if guest is not None else None)


def _strategy(scope: Scope, strategy: Strategy) -> StrategyOut:
    today = local_day(scope.now, directory.chain_of(scope).time_zone)
    return StrategyOut.of(strategy, preventing.status_of(strategy, today))
