"""What crosses the wire when a desk looks somebody up."""

from typing import Literal

from pydantic import Field

from chalicelib.guests.rules.lookups import QUERY_LENGTH_MAX
from chalicelib.web.endpoints import Schema

Way = Literal["membership", "external_id", "email", "phone", "room", "name", "initials", "pinyin"]


class LookupIn(Schema):
    """What a guest says or shows. Nothing personal stands in an address."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"q": "wxm"}]}}

    q: str = Field(
        min_length=1,
        max_length=QUERY_LENGTH_MAX,
        description="How a name begins (in any order and script), pinyin or its initials, a phone number, an e-mail "
        "address, a membership number, a number of another system, or a room.",
    )


class FoundGuestOut(Schema):
    """A guest of the caller's own houses, and how they were found, the surest way first."""

    id: str
    matched: list[Way]
    given_name: str
    family_name: str
    language: str | None
    emails: list[str]
    phones: list[str]
    birth_date: str | None
    nationality: str | None
    home_property_id: str | None
    room_number: str | None = Field(description="If they were found by their room.")
    tier: str | None
    is_do_not_greet: bool


class StrangerOut(Schema):
    """A guest of the chain whom none of the caller's houses knows."""

    matched: list[Way]
    given_name: str
    family_name: str
    tier: str | None
    is_do_not_greet: bool


class LookupOut(Schema):
    """Who may be meant."""

    guests: list[FoundGuestOut]
    is_cut: bool = Field(description="More guests fit than are shown: ask more exactly.")
    strangers: list[StrangerOut]
    is_withheld: bool = Field(description="Strangers fit, too, but too many were looked up within the hour.")
