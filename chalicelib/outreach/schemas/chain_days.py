"""What crosses the wire about a chain's own days."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field

from chalicelib.kernel.text import clean_text
from chalicelib.outreach.rules.chain_days import DayStatus
from chalicelib.outreach.rules.festivals import FestivalName
from chalicelib.outreach.schemas import DayIn, DayOut, Id, InstantOut
from chalicelib.outreach.schemas.calls import UNSET
from chalicelib.web.endpoints import Schema

NAME_LENGTH_MAX = 60  # it stands in the message and in its subject


def _name(value: str) -> str:
    return clean_text(value, NAME_LENGTH_MAX)


Name = Annotated[
    str,
    AfterValidator(_name),
    Field(min_length=1, max_length=NAME_LENGTH_MAX, pattern=r"^[^\x00-\x1f<>{}]*\S[^\x00-\x1f<>{}]*$"),
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
Month = Annotated[int, Field(ge=1, le=12)]
Day = Annotated[int, Field(ge=1, le=31)]
Year = Annotated[int, Field(ge=2000, le=2100)]  # as far as the lunar months are known

LANGUAGE = "For guests who are written to in this language only, such as `zh`; whatever its script or country."
KEEPS = "For guests only who have said that they keep this festival. Nobody's culture is guessed."
PROPERTY = "For guests only to whom this property speaks: their last stay's, the next one's, or their home property."
YEAR = "The year of a day that is kept once; null: every year."


class NamesIn(Schema):
    """What the day is called, in every language that guests are written to in."""

    en: Name
    zh: Name


class ChainDayIn(Schema):
    """A day of the chain's own: its founding day, a house's anniversary, a feast of the place."""

    names: NamesIn = Field(description="It stands in the message.")
    calendar: Literal["gregorian", "lunar"] = Field(
        default="gregorian", description="By which month and day are told. It stays; another calendar is another day."
    )
    month: Month
    day: Day = Field(description="29 February is kept by the chain's rule, a lunar 30th on the 29th of a short month.")
    year: Year | None = Field(default=None, description=YEAR)
    starts_on: DayIn | None = Field(default=None, description="It is kept on no day before this one.")
    ends_on: DayIn | None = Field(default=None, description="It is kept on no day after this one.")
    language: Language | None = Field(default=None, description=LANGUAGE)
    keeps: FestivalName | None = Field(default=None, description=KEEPS)
    property_id: Id | None = Field(default=None, description=PROPERTY)

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"names": {"en": "Founding Day", "zh": "集团创立日"}, "month": 9, "day": 12}]
        }
    }


class ChainDayPatch(Schema):
    """What changes of a day; what is absent stays as it is."""

    names: NamesIn = UNSET
    month: Month = UNSET
    day: Day = UNSET
    year: Year | None = Field(default=None, description=YEAR)
    starts_on: DayIn | None = None
    ends_on: DayIn | None = None
    language: Language | None = Field(default=None, description=LANGUAGE)
    keeps: FestivalName | None = Field(default=None, description=KEEPS)
    property_id: Id | None = Field(default=None, description=PROPERTY)

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"names": {"en": "Founders' Day", "zh": "创始人日"}, "day": 13}]}
    }


class ChainDayOut(Schema):
    """A day of the chain's own."""

    id: str
    version: int
    status: DayStatus
    names: dict[Literal["en", "zh"], str]
    calendar: Literal["gregorian", "lunar"]
    month: int
    day: int
    year: int | None
    starts_on: DayOut | None
    ends_on: DayOut | None
    language: str | None
    keeps: FestivalName | None
    property_id: str | None
    next_on: DayOut | None = Field(description="When guests are written to for it next; null: not any more.")
    created_at: InstantOut
    updated_at: InstantOut
    made_by: str
    ended_at: InstantOut | None
    ended_by: str | None

    @classmethod
    def of(cls, record: Any, next_on: Any) -> Self:
        """A day as it is shown."""
        day = record.told
        names = [name for name in cls.model_fields if name not in ("version", "next_on", "names")]
        known = {name: getattr(day, name) for name in names}
        for name in ("starts_on", "ends_on"):
            known[name] = known[name].isoformat() if known[name] is not None else None
        shown = next_on.isoformat() if next_on is not None else None
        return cls(**known, names=dict(day.names), version=int(record.version), next_on=shown)


def told_of(body: ChainDayIn | ChainDayPatch) -> dict[str, Any]:
    """What a body says, as the service takes it: of a change, what it names alone."""
    named = body.model_fields_set if isinstance(body, ChainDayPatch) else type(body).model_fields
    told = {name: getattr(body, name) for name in named}
    if "names" in told:
        told["names"] = {"en": body.names.en, "zh": body.names.zh}
    return told
