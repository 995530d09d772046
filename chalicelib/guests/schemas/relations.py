"""What crosses the wire about who belongs with whom."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from chalicelib.guests.rules.relations import (
    ADDRESS_LENGTH_MAX,
    HOUSEHOLD_MEMBERS_MAX,
    HOUSEHOLD_NAME_LENGTH_MAX,
    clean_address,
    clean_household_name,
)
from chalicelib.web.endpoints import Schema

Kind = Literal[
    "companion", "spouse", "parent", "child", "sibling", "relative", "friend", "colleague", "assistant", "principal"
]
GuestId = Annotated[str, Field(max_length=40)]
# The length is judged before the cleaner, which may answer None.
HouseholdName = Annotated[str, Field(max_length=HOUSEHOLD_NAME_LENGTH_MAX), AfterValidator(clean_household_name)]
Address = Annotated[str, Field(max_length=ADDRESS_LENGTH_MAX), AfterValidator(clean_address)]

FRIEND = "gst_0000000000000000000000f000"


class RelationIn(Schema):
    """What the other guest is to this one; the other side follows from it."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"kind": "companion"}]}}

    kind: Kind = Field(description="The other guest is this one's spouse, child, assistant …")
    is_child: bool = Field(
        default=False, description="The other guest is a child who comes along, and is never greeted."
    )


class RelationOut(Schema):
    """Another guest, and what they are to the one who was asked about."""

    guest_id: str
    given_name: str
    family_name: str
    kind: Kind
    is_child: bool
    version: int


class HouseholdFields(Schema):
    """A household. A field that is absent stays as it is; null empties it."""

    name: HouseholdName | None = None
    address: Address | None = Field(default=None, description="In one line.")


class HouseholdIn(HouseholdFields):
    """A new household."""

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"name": "Wang family", "address": "1 Nanjing Road, Shanghai", "member_ids": [FRIEND]}]
        }
    }

    member_ids: list[GuestId] = Field(min_length=1, max_length=HOUSEHOLD_MEMBERS_MAX)


class HouseholdPatch(HouseholdFields):
    """What changes of a household. Members replace those that the caller sees."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"name": "The Wangs"}]}}

    member_ids: list[GuestId] | None = Field(default=None, max_length=HOUSEHOLD_MEMBERS_MAX)


class HouseholdOut(Schema):
    """A household, and those of its members that the caller sees."""

    id: str
    name: str | None
    address: str | None
    member_ids: list[str]
    created_at: str
    updated_at: str
    version: int
