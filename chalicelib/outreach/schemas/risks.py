"""What crosses the wire about guests who are still to be kept: for one reason, or because their day comes near."""

from typing import Any, Self

from pydantic import Field

from chalicelib.outreach.schemas import DayOut
from chalicelib.web.endpoints import PageQuery, Schema

AHEAD_DAYS = 14  # a fortnight is time for a word that comes before the call
AHEAD_DAYS_MAX = 90


class AtRiskOut(Schema):
    """A guest who has had what drove another one away, and is still to be kept."""

    guest_id: str
    stay_id: str
    departure: DayOut
    room_type: str | None
    channel: str | None
    silent_on: DayOut | None = Field(description="When they will be silent for too long; null: they have booked again.")

    @classmethod
    def of(cls, one: Any) -> Self:
        """A guest as the list shows them."""
        stay = one.stay
        return cls(
            guest_id=str(one.guest.id),
            stay_id=stay.id,
            departure=stay.departure,
            room_type=stay.room_type,
            channel=stay.channel,
            silent_on=one.silent_on.isoformat() if one.silent_on else None,
        )


class SilentSoonQuery(PageQuery):
    """How far ahead."""

    within_days: int = Field(
        default=AHEAD_DAYS, ge=1, le=AHEAD_DAYS_MAX, description="How many days from today are looked ahead."
    )


class SilentSoonOut(Schema):
    """A guest who will be silent for too long on a day that comes near, unless they come."""

    guest_id: str
    property_id: str
    stay_id: str = Field(description="The last stay.")
    departure: DayOut
    room_type: str | None
    channel: str | None
    silent_on: DayOut = Field(description="The first day that is one too many.")
    days_left: int = Field(description="Days until then, by the property's calendar.")
    days_allowed: int = Field(description="How long they may stay away, by the rule: by their own rhythm.")
    is_regular: bool = Field(description="Three stays or more in the ninety days up to the last departure.")
    value: int = Field(description="Revenue of the guest's last year at the chain, in minor units of `currency`.")
    currency: str
    open_task_id: str | None = Field(description="A call for them that is open already.")

    @classmethod
    def of(cls, one: Any) -> Self:
        """A guest as the list shows them."""
        stay = one.stay
        return cls(
            guest_id=str(one.guest.id), property_id=stay.property_id, stay_id=stay.id, departure=stay.departure,
            room_type=stay.room_type, channel=stay.channel, silent_on=one.silent_on.isoformat(),
            days_left=one.days_left, days_allowed=one.days_allowed, is_regular=one.is_regular, value=one.value,
            currency=one.currency, open_task_id=one.open_task_id,
        )  # fmt: skip
