"""What crosses the wire about messages, occasions and suppressions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from chalicelib.kernel.calendars import format_instant, parse_day, parse_instant
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.i18n import translator
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.rules.channels import read as read_choice
from chalicelib.outreach.rules.outcomes import Cause, weightiest
from chalicelib.outreach.rules.vocabulary import MOVED, REASONS, OccasionName, Purpose, Status
from chalicelib.web.endpoints import PageQuery, Schema

ADDRESS_LENGTH_MAX = 300  # longer than any address; what is in it is judged by its channel


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("datetime_type", "This must be an instant such as 2026-03-04T05:06:07Z.")
    return parse_instant(value)


def _day(value: Any) -> date:
    if not isinstance(value, str):
        raise PydanticCustomError("date_type", "This must be a day such as 2026-03-04.")
    return parse_day(value)


def _channel(value: str) -> str:
    if value not in CHANNELS:
        raise PydanticCustomError("literal_error", "This is not one of the values allowed.")
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        value = from_sortable(value)
    return format_instant(value) if isinstance(value, datetime) else value


InstantIn = Annotated[datetime, PlainValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
DayIn = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
InstantOut = Annotated[str, BeforeValidator(_shown), WithJsonSchema({"type": "string", "format": "date-time"})]
Channel = Annotated[str, AfterValidator(_channel), WithJsonSchema({"type": "string", "enum": list(CHANNELS)})]
DayOut = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Id = Annotated[str, Field(max_length=40)]


def why(reason: str | None, language: str) -> str | None:
    """Why nothing was sent, as a sentence in a language."""
    return translator(language).gettext(REASONS[reason].why) if reason in REASONS else None


def remedy(reason: str | None, language: str) -> str | None:
    """What would have to change, as a sentence in a language."""
    return translator(language).gettext(REASONS[reason].remedy) if reason in REASONS else None


class DeliveryQuery(PageQuery):
    """Filters of the list of deliveries."""

    property_id: Id | None = Field(default=None, description="Whom the message speaks for.")
    guest_id: Id | None = None
    status: Status | None = None
    occasion: OccasionName | None = None
    since: InstantIn | None = Field(default=None, description="Decided at or after this instant.")
    until: InstantIn | None = Field(default=None, description="Decided before this instant.")


def _cost(record: Any) -> Any:
    if record.cost_micros is None:
        return None
    return CostOut(micros=int(record.cost_micros), currency=record.cost_currency)


class CostOut(Schema):
    """What a text costs."""

    micros: int = Field(description="Millionths of the currency's unit.")
    currency: str


class ChoiceOut(Schema):
    """Why a message went on its channel, and why on none of the others that the guest can be reached on."""

    why: Literal["preferred", "cheapest", "only"] | None
    others: dict[str, str] = Field(description="By channel: the reason of a skip, `behind` or `not_allowed`.")


class SightingOut(Schema):
    """Openings or clicks of one mail. Mail programs and scanners open and click, too: this is not a person's doing."""

    first_at: InstantOut
    count: int = Field(description="How often it was told; 20 means 20 or more.")

    @classmethod
    def of(cls, told: Any) -> Self | None:
        """What was told of one kind; None if nothing was."""
        return cls(first_at=told["first"], count=len(told["told"])) if told else None


class DeliveryOut(Schema):
    """A message and what became of it, or why there is none."""

    id: str
    version: int
    guest_id: str
    property_id: str | None = Field(description="The property that it speaks for; null: the chain.")
    occasion: OccasionName
    occurrence: str = Field(description="Which one of the occasions, such as `birthday#2026`: decided once.")
    purpose: Purpose
    policy: str | None = Field(description="The version of the occasion's policy, such as `birthday#3`.")
    day: DayOut = Field(description="The local day that it is about.")
    status: Status
    reason: str | None = Field(description="Why it was skipped, as a code.")
    why: str | None = Field(description="Why it was skipped, as a sentence.")
    remedy: str | None = Field(description="What would have to change.")
    channel: str | None
    address: str | None = Field(description="Where it went, masked.")
    language: str | None
    parts: int | None = Field(description="Of a text: how many parts it has.")
    cost: CostOut | None = Field(description="Of a text; null where no price is known.")
    choice: ChoiceOut = Field(description="How the channel was chosen.")
    stay_id: str | None
    message_id: str | None = Field(description="The channel's own id.")
    code: str | None = Field(description="The channel's own word for what went wrong.")
    tries: int
    decided_at: InstantOut
    history: dict[str, InstantOut] = Field(description="What has become known, and when.")
    opened: SightingOut | None = Field(description="That the mail was opened, as far as pictures tell.")
    clicked: SightingOut | None = Field(description="That a link of the mail was followed.")

    @classmethod
    def of(cls, record: Any, language: str) -> Self:
        """A delivery as it is shown to a reader of `language`."""
        return cls(
            id=record.id,
            version=int(record.version),
            guest_id=record.guest_id,
            property_id=record.property_id,
            occasion=record.occasion,
            occurrence=record.occurrence,
            purpose=record.purpose,
            policy=record.policy,
            day=record.day,
            status=record.status,
            reason=record.reason,
            why=why(record.reason, language),
            remedy=remedy(record.reason, language),
            channel=record.channel,
            address=record.address_masked,
            language=record.language,
            parts=None if record.parts is None else int(record.parts),
            cost=_cost(record),
            choice=ChoiceOut(**dict(zip(("why", "others"), read_choice(record.chosen), strict=True))),
            stay_id=record.stay_id,
            message_id=record.message_id,
            code=record.code,
            tries=int(record.tries),
            decided_at=record.decided_at,
            history=dict(record.marks or {}),
            opened=SightingOut.of((record.seen or {}).get("opened")),
            clicked=SightingOut.of((record.seen or {}).get("clicked")),
        )


class OccasionQuery(Schema):
    """Which days."""

    from_: DayIn | None = Field(default=None, alias="from", description="First day; by default today.")
    to: DayIn | None = Field(default=None, description="Last day; by default a year later. At most five years.")


class MovedOut(Schema):
    """Something that a message waits for."""

    reason: Literal["quiet_hours", "in_house", "frequency_cap"]
    why: str

    @classmethod
    def of(cls, reason: str, language: str) -> Self:
        """A reason in a reader's language."""
        return cls(reason=cast(Any, reason), why=translator(language).gettext(MOVED[reason]))


class OccasionOut(Schema):
    """A day on which a guest will be written to, or was, or why not."""

    occasion: OccasionName
    occurrence: str
    name: str | None = Field(description="Which day of its kind: a festival, or what the guest calls a day of theirs.")
    day: DayOut | None = Field(description="Local day; null if it cannot be reckoned.")
    at: InstantOut | None = Field(description="When the message leaves.")
    zone: str | None = Field(description="The time zone that this follows.")
    property_id: str | None
    stay_id: str | None
    channel: str | None
    will_send: bool
    reason: str | None = Field(description="Why nothing is sent, by what was decided, or by the state of now.")
    why: str | None
    remedy: str | None = Field(description="What would have to change, so that it is sent.")
    moved: list[MovedOut] = Field(description="Why it leaves later than its hour: one for each thing it waits for.")
    status: Status | None = Field(description="What was decided, if it has been.")
    delivery_id: str | None

    @classmethod
    def of(cls, foreseen: Any, language: str) -> Self:
        """An occasion as it is shown to a reader of `language`."""
        delivery = foreseen.delivery
        return cls(
            occasion=foreseen.occasion,
            occurrence=foreseen.occurrence,
            name=foreseen.name,
            day=foreseen.day.isoformat() if foreseen.day else None,
            at=foreseen.at,
            zone=foreseen.zone,
            property_id=foreseen.property_id,
            stay_id=foreseen.stay_id,
            channel=foreseen.channel,
            will_send=foreseen.will_send,
            reason=foreseen.reason,
            why=why(foreseen.reason, language),
            remedy=remedy(foreseen.reason, language),
            moved=[MovedOut.of(one, language) for one in foreseen.moved],
            status=delivery.status if delivery is not None else None,
            delivery_id=delivery.id if delivery is not None else None,
        )


class SuppressionQuery(PageQuery):
    """Filters of the list of suppressions. No address is one: it would stand in the request's own address."""

    channel: Channel | None = None
    cause: Cause | None = Field(default=None, description="Also where it is not the weightiest.")


class SuppressionIn(Schema):
    """An address that is to take no more messages."""

    channel: Channel
    address: Annotated[str, Field(min_length=1, max_length=ADDRESS_LENGTH_MAX)] = Field(
        description="An e-mail address, or a number with its country code."
    )

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"channel": "email", "address": "no.more@example.com"}]}
    }


class SuppressionOut(Schema):
    """An address that takes no messages. It is kept as a hash and shown masked."""

    id: str
    version: int
    channel: str
    address: str
    cause: str = Field(description="complaint, hard_bounce, soft_bounces, manual or unsubscribed: the weightiest.")
    causes: dict[str, InstantOut]
    purposes: list[str] = Field(description="What it takes no more; `*` is everything.")
    since: InstantOut

    @classmethod
    def of(cls, record: Any) -> Self:
        """A suppression as it is shown."""
        return cls(
            id=record.id,
            version=int(record.version),
            channel=record.channel,
            address=record.address_masked,
            cause=weightiest(record.causes),
            causes=dict(record.causes),
            purposes=sorted(record.purposes or ()),
            since=record.since,
        )


class FigureQuery(Schema):
    """Which days, and of which property."""

    property_id: Id | None = None
    from_: DayIn | None = Field(default=None, alias="from", description="First day; by default 30 days ago.")
    to: DayIn | None = Field(default=None, description="Last day; by default today. At most 400 days.")


class FigureOut(Schema):
    """due = sent + parked + failed + skipped."""

    property_id: str | None
    month: str | None
    occasion: str | None
    due: int
    sent: int = Field(description="Taken by a channel, whatever became of it.")
    delivered: int
    bounced: int
    complained: int
    parked: int = Field(description="Claimed, and nobody knows whether they were taken.")
    unknown: int = Field(description="Those of the parked of which nothing was heard in a day. Never sent again.")
    failed: int
    skipped: int
    skipped_by_reason: dict[str, int]

    @classmethod
    def of(cls, row: Any) -> Self:
        """A row of figures, or their sum."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields if name != "skipped_by_reason"},
                   skipped_by_reason=dict(row.skipped_by_reason))  # fmt: skip


class FiguresOut(Schema):
    """Figures by property, month and occasion, and their sum."""

    rows: list[FigureOut]
    total: FigureOut
    is_complete: bool = Field(description="False: there was more than one request reads; ask for fewer days.")
