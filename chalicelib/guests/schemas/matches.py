"""What crosses the wire about pairs of guests who may be one person."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.guests.rules.pairs import NOTE_LENGTH_MAX
from chalicelib.guests.schemas.guests import CITY, GuestOut
from chalicelib.web.endpoints import PageQuery, Schema

State = Literal["open", "merged", "distinct", "obsolete"]
Queue = Annotated[str, Field(max_length=40, examples=[CITY])]
Side = Literal["survivor", "absorbed"]
Group = Literal["name", "birthday", "language", "time_zone", "nationality", "occupation", "home_property_id"]


class MatchQuery(PageQuery):
    """Which pairs: open ones by their score, decided ones by when they were decided, the latest first."""

    state: State = Field(default="open", description="What became of them.")
    queue: Queue | None = Field(default=None, description="Of a property, or `hq` for head office's; absent: all.")


class ReportQuery(Schema):
    """Of which queue."""

    queue: Queue | None = Field(default=None, description="Of a property, or `hq` for head office's; absent: all.")


class MatchReasonOut(Schema):
    """One finding. The bits of all add up to the score; above zero they speak for one person."""

    code: str = Field(description="What was compared, such as `birth_date`.")
    level: str = Field(description="How it came out, such as `exact`.")
    bits: float
    sentence: str = Field(description="The same in words, in the caller's language.")


class MatchOut(Schema):
    """Two guests who may be one person."""

    id: str
    state: State
    guest_ids: list[str]
    names: list[str] = Field(description="How the two are called.")
    score: float = Field(description="Bits: the logarithm, base 2, of the odds that the two are one person.")
    queue: str = Field(description="Who is to decide: a property's id, or `hq`.")
    survivor_id: str = Field(description="Whose record goes on, or would.")
    is_automatic: bool = Field(description="Whether they were merged without asking.")
    note: str | None
    merge_id: str | None = Field(description="By which it can be undone.")
    found_at: str
    decided_at: str | None
    reasons: list[MatchReasonOut]


class MatchDetailOut(MatchOut):
    """The same with both guests as far as the caller sees them, side by side."""

    guests: list[GuestOut]


class MatchDecisionIn(Schema):
    """What somebody decides about a pair."""

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"decision": "distinct", "note": "Father and son, both were here."}]}
    }

    decision: Literal["distinct", "merged"] = Field(description="Two people, or one.")
    note: str = Field(default="", max_length=NOTE_LENGTH_MAX, description="Why, for whoever asks later.")
    survivor_id: str | None = Field(default=None, max_length=40, description="Whose record goes on; absent: the older.")
    choices: dict[Group, Side] = Field(default={}, description="Whose word is shown where the two differ.")


class MatchMonthOut(Schema):
    """What became of pairs in a month."""

    month: str = Field(examples=["2026-03"])
    found: int = Field(description="Pairs that were new.")
    linked: int = Field(description="Merged without asking.")
    merged: int = Field(description="Merged by staff.")
    distinct: int = Field(description="Judged to be two people, by staff or by undoing a merge.")


class MatchTallyOut(Schema):
    """One queue: a property's, or `hq`."""

    queue: str
    waiting: int = Field(description="Open now.")
    months: list[MatchMonthOut]


class MatchBackfillOut(Schema):
    """The latest walk over all guests of the chain, by which those are matched whom no pass has seen."""

    state: Literal["never", "running", "done", "failed"]
    is_due: bool = Field(description="Whether no walk has ended, or what guests are found by has changed since.")
    seen: int = Field(description="Guests looked at so far.")
    matched: int = Field(description="Of these, those who had not been matched, or not by all they are found by now.")
    started_at: str | None
    ended_at: str | None


class MatchReportOut(Schema):
    """The duplicates of a chain, by queue and month, the latest month first."""

    queues: list[MatchTallyOut]
    backfill: MatchBackfillOut | None = Field(description="Head office's; absent for everybody else.")
