"""What crosses the wire about strategies against losing guests."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field

from chalicelib.kernel.text import clean_text
from chalicelib.outreach.rules.calls import Reason, StrategyStatus
from chalicelib.outreach.schemas import DayIn, DayOut, Id, InstantOut
from chalicelib.outreach.schemas.calls import DEMO_PROPERTY, UNSET, Said
from chalicelib.web.endpoints import Schema

TITLE_LENGTH_MAX = 120


def _title(value: str) -> str:
    return clean_text(value, TITLE_LENGTH_MAX)


Title = Annotated[str, Field(min_length=1, max_length=TITLE_LENGTH_MAX), AfterValidator(_title)]


class StrategyIn(Schema):
    """A strategy against losing guests."""

    title: Title
    hypothesis: Said = Field(description="Why it should keep guests.")
    segment: Said = Field(description="For whom, in words.")
    reason: Reason | None = Field(default=None, description="The reason for staying away that it is against.")
    property_id: Id | None = Field(default=None, description="Where; null: the whole chain.")
    starts_on: DayIn
    ends_on: DayIn | None = None
    result: Said | None = Field(default=None, description="What came of it, once it has an end.")

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "title": "A quiet floor",
                    "hypothesis": "Guests who slept badly come back if they are sure of a quiet room.",
                    "segment": "Returning guests of double rooms on the street side",
                    "reason": "product",
                    "property_id": DEMO_PROPERTY,
                    "starts_on": "2026-07-01",
                }
            ]
        }
    }


class StrategyPatch(Schema):
    """What changes of a strategy; what is absent stays as it is."""

    title: Title = UNSET
    hypothesis: Said = UNSET
    segment: Said = UNSET
    reason: Reason | None = None
    starts_on: DayIn = UNSET
    ends_on: DayIn | None = None
    result: Said | None = None

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"ends_on": "2026-09-30", "result": "Nine of twenty came back; six did the year before."}]
        }
    }


class StrategyOut(Schema):
    """A strategy and whether it runs."""

    id: str
    version: int
    title: str
    hypothesis: str
    segment: str
    reason: Reason | None
    property_id: str | None
    starts_on: DayOut
    ends_on: DayOut | None
    result: str | None
    status: StrategyStatus
    created_at: InstantOut
    updated_at: InstantOut
    made_by: str

    @classmethod
    def of(cls, strategy: Any, status: str) -> Self:
        """A strategy as it is shown."""
        names = [name for name in cls.model_fields if name not in ("version", "status")]
        known = {name: getattr(strategy, name) for name in names}
        return cls(**known, version=int(strategy.version), status=status)
