"""What crosses the wire about tasks for people, the reasons they find out, and strategies against losing guests."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from chalicelib.kernel.i18n import N_, translator
from chalicelib.kernel.text import clean_text, display_name
from chalicelib.outreach.rules.calls import REASON_LABELS, Change, Kind, Outcome, Reason, TaskStatus
from chalicelib.outreach.schemas import DayIn, DayOut, Id, InstantOut
from chalicelib.web.endpoints import PageQuery, Schema

NOTE_LENGTH_MAX = 1000  # what a person says of a call, not its minutes
ABOUT_LENGTH_MAX = 200
DEMO_GUEST = "gst_0000000000000000000000g000"
DEMO_PROPERTY = "prp_0000000000000000000000c000"


def _note(value: str) -> str:
    return clean_text(value, NOTE_LENGTH_MAX, is_multiline=True)


def _about(value: str) -> str:
    return clean_text(value, ABOUT_LENGTH_MAX)


Note = Annotated[str, Field(max_length=NOTE_LENGTH_MAX), AfterValidator(_note)]
Said = Annotated[str, Field(min_length=1, max_length=NOTE_LENGTH_MAX), AfterValidator(_note)]
About = Annotated[str, Field(min_length=1, max_length=ABOUT_LENGTH_MAX), AfterValidator(_about)]

UNSET: Any = Field(default_factory=lambda: None)  # of a field that may be absent, and then is never read


class TaskQuery(PageQuery):
    """Filters of the list of tasks."""

    assigned_to: Id | None = Field(default=None, description="Whose task it is.")
    property_id: Id | None = Field(default=None, description="Whose people are to do it.")
    status: TaskStatus | None = None
    kind: Kind | None = None
    due_from: DayIn | None = Field(default=None, description="Due on this day or later.")
    due_to: DayIn | None = Field(default=None, description="Due on this day or earlier.")


class TaskIn(Schema):
    """A task that is opened by hand."""

    guest_id: Id
    property_id: Id
    kind: Kind
    due_on: DayIn
    about: About = Field(description="What is to be done.")
    asks_reason: bool = Field(
        default=True,
        description="Of a call: whether it is to find out why the guest stays away, so that `reached` needs a reason.",
    )

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "guest_id": DEMO_GUEST,
                    "property_id": DEMO_PROPERTY,
                    "kind": "call",
                    "due_on": "2027-02-01",
                    "about": "Ask how the stay was",
                }
            ]
        }
    }


class AgreedIn(Schema):
    """What was agreed with the guest. It becomes a task of its own."""

    kind: Kind = "call"
    what: About
    due_on: DayIn


class AttemptIn(Schema):
    """What came of an attempt."""

    outcome: Outcome = Field(
        description="Of a call one of the first five; of everything else `done` or `not_possible`."
    )
    reason: Reason | None = Field(default=None, description="Why the guest stays away; needed when they were reached.")
    agreed: AgreedIn | None = Field(default=None, description="Needed when the guest was reached.")
    again_on: DayIn | None = Field(default=None, description="When to try again; by default the next working day.")
    note: Note = ""

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"outcome": "no_answer", "note": "Rang for a minute"}]}
    }


class AttemptOut(Schema):
    """An attempt that was noted."""

    at: InstantOut
    by: str = Field(description="Who noted it.")
    outcome: Outcome
    note: str


class TaskPatch(Schema):
    """What is changed about an open task: who does it, or that nobody is to do it any more."""

    assigned_to: Id | None = Field(default=None, description="Who is to do it; null: the property's manager.")
    status: Literal["cancelled"] = Field(
        default_factory=lambda: "cancelled", description="Cancelled for good. A call that was owed stays owed."
    )
    why: Said = Field(description="Why, in words for colleagues.")

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"assigned_to": None, "why": "Back from her holidays"}]}
    }

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        if len({"assigned_to", "status"} & self.model_fields_set) != 1:
            raise ValueError(N_("Say who is to do it, or that it is cancelled: one of the two."))
        return self


class TaskChangeOut(Schema):
    """A change of a task that was noted."""

    at: InstantOut
    by: str = Field(description="Who changed it.")
    what: Change
    why: str


class TaskOut(Schema):
    """Something that a person is to do for a guest."""

    id: str
    version: int
    guest_id: str = Field(description="The guest as they are known now: whoever a merge has made of them.")
    property_id: str
    kind: Kind
    status: TaskStatus
    cause: str = Field(description="What has opened it, such as `silence#sty_…`: once for each cause.")
    about: str
    asks_reason: bool
    due_on: DayOut
    value: int = Field(description="Revenue of the guest's last year at the chain, in minor units of `currency`.")
    currency: str | None
    assigned_to: str | None = Field(description="Whose it is: the property's manager's, until it is given to another.")
    stay_id: str | None
    attempts: list[AttemptOut]
    changes: list[TaskChangeOut] = Field(description="When it was given to another or cancelled by hand, and why.")
    outcome: Outcome | None
    reason: Reason | None
    follow_up_id: str | None = Field(description="The task for what was agreed.")
    opened_at: InstantOut
    closed_at: InstantOut | None

    @classmethod
    def of(cls, task: Any, guest_id: str | None = None) -> Self:
        """A task as it is shown."""
        return cls.model_validate(_task_fields(task, guest_id))


def _task_fields(task: Any, guest_id: str | None) -> dict[str, Any]:
    plain = (
        "id", "property_id", "kind", "status", "cause", "about", "asks_reason", "due_on", "currency", "assigned_to",
        "stay_id", "attempts", "outcome", "reason", "follow_up_id", "opened_at", "closed_at",
    )  # fmt: skip
    known = {name: getattr(task, name) for name in plain}
    known["asks_reason"] = bool(task.asks_reason)
    known["changes"] = task.changes or []
    return {**known, "version": int(task.version), "value": int(task.value), "guest_id": guest_id or task.guest_id}


class BriefStayOut(Schema):
    """One end of a guest's history."""

    id: str
    property_id: str
    arrival: DayOut
    departure: DayOut
    room_type: str | None
    channel: str | None

    @classmethod
    def of(cls, stay: Any) -> Self | None:
        """A stay, if there is one."""
        if stay is None:
            return None
        return cls(**{name: getattr(stay, name) for name in cls.model_fields})


class BriefDeliveryOut(Schema):
    """A message of late, and what became of it."""

    id: str
    occasion: str
    day: DayOut
    status: str
    reason: str | None


class BriefTaskOut(Schema):
    """What was done for the guest before."""

    id: str
    kind: Kind
    outcome: Outcome | None
    reason: Reason | None
    about: str
    closed_at: InstantOut | None
    notes: list[str]


class MembershipOut(Schema):
    """A guest in a programme."""

    programme: str
    status: str
    since: DayOut
    available: int = Field(description="Points that can be used.")


class BriefOut(Schema):
    """What to know before the call."""

    name: str
    language: str
    phones: list[str]
    is_key: bool
    stays: int
    nights: int
    spent: dict[str, int] = Field(description="In minor units, by currency.")
    first_stay: BriefStayOut | None
    last_stay: BriefStayOut | None
    days_away: int | None
    favourite_room_type: str | None
    deliveries: list[BriefDeliveryOut]
    earlier: list[BriefTaskOut]
    own_days: list[str]
    festivals: list[str]
    memberships: list[MembershipOut]

    @classmethod
    def of(cls, brief: Any) -> Self:
        """The brief as it is shown."""
        guest = brief.guest
        return cls(
            name=display_name(guest.given_name, guest.family_name, guest.language or "en"),
            language=brief.language,
            phones=list(guest.phones or ()),
            is_key=bool(guest.is_key),
            stays=brief.stay_count,
            nights=brief.nights,
            spent=brief.spent,
            first_stay=BriefStayOut.of(brief.first_stay),
            last_stay=BriefStayOut.of(brief.last_stay),
            days_away=brief.days_away,
            favourite_room_type=brief.favourite_room_type,
            deliveries=[
                BriefDeliveryOut(id=one.id, occasion=one.occasion, day=one.day, status=one.status, reason=one.reason)
                for one in brief.deliveries
            ],
            earlier=[
                BriefTaskOut(
                    id=one.id, kind=one.kind, outcome=one.outcome, reason=one.reason, about=one.about,
                    closed_at=one.closed_at, notes=[note["note"] for note in one.attempts if note["note"]],
                )
                for one in brief.earlier
            ],
            own_days=[one.name for one in brief.own_days],
            festivals=brief.festivals,
            memberships=[
                MembershipOut(programme=one.programme, status=one.status, since=one.since, available=one.available)
                for one in brief.memberships
            ],
        )  # fmt: skip


class SectionOut(Schema):
    """A part of the call."""

    name: Literal["greeting", "experience", "needs", "news", "solution"]
    title: str
    lines: list[str]


class TaskDetailQuery(Schema):
    """In which words."""

    language: Literal["en", "zh"] | None = Field(default=None, description="Of the script; by default the guest's.")


class TaskDetailOut(TaskOut):
    """A task with all that is needed to do it."""

    brief: BriefOut
    script_language: Literal["en", "zh"]
    script: list[SectionOut]

    @classmethod
    def whole(cls, task: Any, brief: Any, script: Any, language: str) -> Self:
        """A task with its brief and its script."""
        sections = [SectionOut(name=one.name, title=one.title, lines=one.lines) for one in script]
        known = _task_fields(task, str(brief.guest.id))
        return cls(**known, brief=BriefOut.of(brief), script_language=language, script=sections)


class ReasonQuery(Schema):
    """Which calls are counted."""

    property_id: Id | None = None
    from_: DayIn | None = Field(default=None, alias="from", description="First day; by default ninety days before.")
    to: DayIn | None = Field(default=None, description="Last day; by default today. At most a year.")


class ReasonCountOut(Schema):
    """How many calls have found out a reason at a property."""

    property_id: str
    reason: Reason
    label: str
    count: int


class ReasonReportOut(Schema):
    """Why guests stay away."""

    rows: list[ReasonCountOut]
    total: dict[str, int]
    first_day: DayOut
    last_day: DayOut
    is_complete: bool = Field(description="Whether all were counted: beyond 5,000 at one property they are not.")

    @classmethod
    def of(cls, report: Any, language: str) -> Self:
        """The report in a reader's language."""
        say = translator(language).gettext
        rows = [
            ReasonCountOut(
                property_id=one.property_id, reason=one.reason, label=say(REASON_LABELS[one.reason]), count=one.count
            )
            for one in report.rows
        ]
        days = {"first_day": report.start.isoformat(), "last_day": report.end.isoformat()}
        return cls(rows=rows, total=report.total, is_complete=report.is_complete, **days)
