"""What crosses the wire about a guest's own days and festivals."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.outreach.rules.festivals import FestivalName
from chalicelib.outreach.schemas import DayIn, DayOut, InstantOut
from chalicelib.web.endpoints import Schema

DAYS_MAX = 5  # of one guest: each is an item of the agenda, armed in one transaction with those of other guests
NAME_LENGTH_MAX = 60  # it stands in the message

DayName = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX, pattern=r"^[^\x00-\x1f<>{}]+$")]


class SpecialDayIn(Schema):
    """A day of a guest's own, such as a wedding day."""

    name: DayName = Field(description="What the guest calls it. It stands in the message.")
    date: DayIn = Field(description="When it first was, in the Gregorian calendar.")
    calendar: Literal["gregorian", "lunar"] = Field(default="gregorian", description="Whose anniversary is kept.")


class SpecialDaysIn(Schema):
    """All that the guest has told; what is left out is forgotten."""

    days: list[SpecialDayIn] = Field(max_length=DAYS_MAX)
    festivals: list[FestivalName] = Field(
        default_factory=list,
        max_length=20,
        description="Festivals that the guest has said to keep; religious ones are kept for nobody else.",
    )

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "days": [{"name": "Wedding day", "date": "2012-05-19", "calendar": "gregorian"}],
                    "festivals": ["christmas"],
                }
            ]
        }
    }


class SpecialDayOut(Schema):
    """A day of a guest's own."""

    id: str
    name: str
    date: DayOut
    calendar: Literal["gregorian", "lunar"]


class SpecialDaysOut(Schema):
    """What a guest has told."""

    guest_id: str
    version: int = Field(description="0: nothing has been told yet.")
    days: list[SpecialDayOut]
    festivals: list[FestivalName]
    updated_at: InstantOut | None

    @classmethod
    def of(cls, record: Any) -> Self:
        """A guest's record."""
        days = [
            SpecialDayOut(id=one.id, name=one.name, date=one.date.isoformat(), calendar=one.calendar)
            for one in record.own_days
        ]
        return cls(
            guest_id=str(record.guest_key).split("#", 1)[1],
            version=int(record.version),
            days=days,
            festivals=record.chosen,
            updated_at=record.updated_at,
        )
