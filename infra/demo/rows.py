"""Guests and stays as the rows of the import format, in the order of its columns."""

from infra.demo.bookings import HOTELS, Booking
from infra.demo.identities import CONSENT_SOURCE, Identity, guest_external_id
from infra.demo.timeline import VERSIONS, Status

GUEST_COLUMNS = (
    "external_id",
    "given_name",
    "family_name",
    "email",
    "phone",
    "language",
    "time_zone",
    "birth_date",
    "birthday_calendar",
    "nationality",
    "consent_service_email",
    "consent_greeting_email",
    "consent_marketing_email",
    "consent_greeting_sms",
    "consent_source",
    "consent_at",
)
STAY_COLUMNS = (
    "external_id",
    "guest_external_id",
    "arrival_date",
    "departure_date",
    "status",
    "room_type",
    "room_number",
    "rate_plan",
    "channel",
    "segment",
    "currency",
    "adults",
    "children",
    "booked_on",
    "revenue_room",
    "source_version",
)
# Meal plan first, then what a cancellation costs.
DEPOSIT_SUFFIXES = {"No Deposit": "", "Non Refund": "-NONREF", "Refundable": "-REF"}

GuestRow = dict[str, str]
StayRow = dict[str, str]


def guest_row(identity: Identity) -> GuestRow:
    """A guest as the cells of an import file."""
    birth_date = identity.birth_date
    return {
        "external_id": identity.external_id,
        "given_name": identity.given_name,
        "family_name": identity.family_name,
        "email": identity.email or "",
        "phone": identity.phone or "",
        "language": identity.language,
        "time_zone": identity.time_zone or "",
        "birth_date": birth_date.isoformat() if birth_date else "",
        "birthday_calendar": "gregorian" if birth_date else "",
        "nationality": identity.nationality or "",
        "consent_service_email": identity.consent_service_email,
        "consent_greeting_email": identity.consent_greeting_email,
        "consent_marketing_email": identity.consent_marketing_email,
        "consent_greeting_sms": identity.consent_greeting_sms,
        "consent_source": CONSENT_SOURCE,
        "consent_at": f"{identity.consented_on}T12:00:00Z",
    }


def stay_row(booking: Booking, guest: int, status: Status) -> StayRow:
    """A booking in one of its states, as the cells of an import file. The data know no room numbers.

    Babies count as children. The room type is the reserved one until the guest is in the house.
    """
    is_in = status in (Status.IN_HOUSE, Status.CHECKED_OUT)
    children = None if booking.children is None else booking.children + booking.babies
    return {
        "external_id": booking.external_id,
        "guest_external_id": guest_external_id(guest),
        "arrival_date": booking.arrival.isoformat(),
        "departure_date": booking.departure.isoformat(),
        "status": status.value,
        "room_type": booking.room_type_assigned if is_in else booking.room_type_reserved,
        "room_number": "",
        "rate_plan": booking.meal + DEPOSIT_SUFFIXES[booking.deposit],
        "channel": booking.distribution_channel or "",
        "segment": booking.market_segment or "",
        "currency": HOTELS[booking.hotel].currency,
        "adults": str(booking.adults),
        "children": "" if children is None else str(children),
        "booked_on": booking.booked_on.isoformat(),
        "revenue_room": decimal_text(booking.revenue_cents) if status is Status.CHECKED_OUT else "",
        "source_version": str(VERSIONS[status]),
    }


def decimal_text(cents: int) -> str:
    """Cents as a decimal with two digits: -638 becomes "-6.38"."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"
