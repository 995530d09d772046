"""What crosses the wire about all that has passed between a guest and the house."""

from typing import Any, Literal, Self

from pydantic import Field

from chalicelib.outreach.schemas import InstantOut
from chalicelib.web.endpoints import Schema


class ContactOut(Schema):
    """One contact of a guest with the house."""

    at: InstantOut
    kind: str = Field(description="delivery, message, hotline, and what other rooms add.")
    id: str = Field(description="Of the delivery, the message or the call.")
    direction: Literal["in", "out"]
    channel: str
    what: str | None = Field(description="The occasion, the subject, or what was asked.")
    text: str | None = Field(description="What was said, as far as it is kept.")
    status: str | None
    property_id: str | None

    @classmethod
    def of(cls, found: Any) -> Self:
        """A contact as it is shown."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})
