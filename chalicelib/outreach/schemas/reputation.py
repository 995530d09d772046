"""What crosses the wire about a property whose mail is paused, and what it is judged by."""

from typing import Any, Literal, Self

from pydantic import Field

from chalicelib.outreach.rules import reputation
from chalicelib.outreach.schemas import InstantOut
from chalicelib.web.endpoints import Schema

PauseCause = Literal["bounces", "complaints", "by_hand"]


class SendingPauseOut(Schema):
    """How a property's mail stands: counted over the mails that left in the last 14 days, since the last lifting."""

    property_id: str
    version: int = Field(description="0 while the property is not paused.")
    is_paused: bool = Field(description="Greetings and offers by mail wait. Service messages and texts go on.")
    cause: PauseCause | None
    since: InstantOut | None
    told: int = Field(description="Mails of which the mail service has told what became of them.")
    bounced: int = Field(description="Of them, hard bounces.")
    complained: int
    bounces_per_10_000: int = Field(description="Bounces for ten thousand mails, taking at least 100; 400 pause.")
    complaints_per_10_000: int = Field(description="Complaints for ten thousand, taking at least 2,500; 8 pause.")
    lifted_at: InstantOut | None = Field(
        description="When a pause was last lifted; what was known then counts no more."
    )

    @classmethod
    def of(cls, property_id: str, found: Any) -> Self:
        """A property's standing as it is shown."""
        rates = reputation.rates(found.counts)
        return cls(
            property_id=property_id,
            version=found.version,
            is_paused=found.pause is not None,
            cause=found.pause.cause if found.pause is not None else None,
            since=found.pause.since if found.pause is not None else None,
            **found.counts._asdict(),
            bounces_per_10_000=rates["bounces"],
            complaints_per_10_000=rates["complaints"],
            lifted_at=found.lifted.since if found.lifted is not None else None,
        )
