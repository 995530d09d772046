"""What crosses the wire about messages between guests and the house."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field

from chalicelib.outreach.schemas import Id, InstantOut
from chalicelib.web.endpoints import Schema

ANSWER_LENGTH_MAX = 2_000  # of a text some thirty parts; a mail that is longer is a letter


class AnswerIn(Schema):
    """What staff write to a guest."""

    channel: Literal["email", "sms"]  # what staff write on; the others need a connector or somebody's hands
    text: Annotated[str, Field(min_length=1, max_length=ANSWER_LENGTH_MAX)]

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"channel": "email", "text": "Your room has a view of the harbour."}]}
    }


class AssignmentIn(Schema):
    """Whose message it is."""

    guest_id: Id

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"guest_id": "gst_0000000000000000000000g000"}]}
    }


class AttachmentOut(Schema):
    """What was attached to a mail, as its sender describes it. It is not kept."""

    name: str = Field(description="What the sender calls it; may be empty.")
    type: str = Field(description="Media type, such as `image/jpeg`; as the sender says, so do not rely on it.")
    size: int = Field(description="About how many bytes it had.")


class MessageOut(Schema):
    """A message of a thread."""

    id: str
    version: int
    guest_id: str | None = Field(description="Whose thread it lies in; null: the chain's inbox.")
    direction: Literal["in", "out"]
    channel: str
    at: InstantOut
    subject: str | None
    text: str
    state: Literal["received", "queued", "claimed", "sent", "delivered", "failed", "unknown"] = Field(
        description="A failed answer was refused, or came back. One of which nothing is known stays claimed or "
        "unknown, and is never sent again."
    )
    is_automatic: bool = Field(description="A machine's answer, such as out of office: nobody has read ours.")
    attachments: int = Field(description="How many there were. They are not kept.")
    files: list[AttachmentOut] = Field(description="The attachments one by one, the first twenty.")
    address: str | None = Field(description="From or to where, masked.")
    delivery_id: str | None = Field(description="The message of ours that it answers.")
    staff_id: str | None
    code: str | None = Field(
        description="The channel's own word for what went wrong; `not_kept`: of this mail the words did not come along."
    )

    @classmethod
    def of(cls, record: Any) -> Self:
        """A message as it is shown."""
        return cls(
            id=record.id,
            version=int(record.version),
            guest_id=record.guest_id,
            direction=record.direction,
            channel=record.channel,
            at=record.at,
            subject=record.subject,
            text=record.text,
            state=record.state,
            is_automatic=bool(record.is_automatic),
            attachments=int(record.attachments),
            files=[AttachmentOut(**one) for one in record.files or ()],
            address=record.address_masked,
            delivery_id=record.delivery_id,
            staff_id=record.staff_id,
            code=record.code,
        )
