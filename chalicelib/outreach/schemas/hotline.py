"""What crosses the wire about the hotline."""

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.outreach.rules.hotline import ABOUT_LENGTH_MAX
from chalicelib.outreach.schemas import DayIn, Id, InstantIn, InstantOut
from chalicelib.web.endpoints import PageQuery, Schema

About = Annotated[str, Field(min_length=1, max_length=ABOUT_LENGTH_MAX)]


class HotlineContactIn(Schema):
    """Who called, about what, and when."""

    property_id: Id
    guest_id: Id | None = None
    phone: Annotated[str, Field(max_length=40)] | None = Field(default=None, description="Of a caller who is no guest.")
    about: About
    asked_at: InstantIn | None = Field(default=None, description="By default now; at most 31 days ago.")
    answered_at: InstantIn | None = None
    answer: About | None = None

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "property_id": "prp_0000000000000000000000c000",
                    "guest_id": "gst_0000000000000000000000g000",
                    "about": "Is there a cot in the room?",
                }
            ]
        }
    }


class HotlineAnswerIn(Schema):
    """What the caller was told, and when."""

    answer: About | None = None
    answered_at: InstantIn | None = Field(default=None, description="By default now.")

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"answer": "Yes, it is reserved."}]}}


class HotlineQuery(PageQuery):
    """Which contacts."""

    property_id: Id | None = Field(default=None, description="By default every property that the caller sees.")
    is_open: bool = Field(default=False, description="Only those who still wait, the oldest first.")


class HotlineContactOut(Schema):
    """A call to the hotline."""

    id: str
    version: int
    property_id: str
    guest_id: str | None
    phone: str | None
    about: str
    asked_at: InstantOut
    answered_at: InstantOut | None
    answer: str | None
    waited_s: int | None = Field(description="Seconds from the question to the answer; null while somebody waits.")
    logged_by: str
    answered_by: str | None

    @classmethod
    def of(cls, record: Any) -> Self:
        """A call as it is shown."""
        return cls(
            id=record.id,
            version=int(record.version),
            property_id=record.property_id,
            guest_id=record.guest_id,
            phone=record.phone,
            about=record.about,
            asked_at=record.asked_at,
            answered_at=record.answered_at,
            answer=record.answer,
            waited_s=None if record.waited_s is None else int(record.waited_s),
            logged_by=record.logged_by,
            answered_by=record.answered_by,
        )


class HotlineFigureQuery(Schema):
    """Which property, and which days."""

    property_id: Id | None = Field(default=None, description="By default every property that the caller sees.")
    from_: DayIn | None = Field(default=None, alias="from", description="First day; by default 30 days ago.")
    to: DayIn | None = Field(default=None, description="Last day; by default today. At most 400 days.")


class HotlineFigureOut(Schema):
    """How long those waited who asked a property on some days."""

    property_id: str
    asked: int
    answered: int
    median_s: int | None = Field(description="The median answer time in seconds.")
    p90_s: int | None = Field(description="The time that nine in ten answers did not exceed (nearest rank).")
    is_complete: bool = Field(description="False: there were more than one request reads; ask for fewer days.")

    @classmethod
    def of(cls, found: Any) -> Self:
        """A figure as it is shown."""
        return cls(property_id=found.property_id, asked=found.asked, is_complete=found.is_complete,
                   **found.waiting._asdict())  # fmt: skip


class HotlineFiguresOut(Schema):
    """Answer times by property."""

    rows: list[HotlineFigureOut]
