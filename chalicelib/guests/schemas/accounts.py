"""What crosses the wire about corporate accounts and key guests."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.guests import rules
from chalicelib.guests.rules.accounts import (
    ACCOUNT_NAME_LENGTH_MAX,
    ACCOUNT_NUMBERS_MAX,
    CONTACTS_MAX,
    ROLE_LENGTH_MAX,
    clean_account_name,
    clean_role,
)
from chalicelib.guests.schemas.guests import ExternalIdIn, ExternalIdOut
from chalicelib.web.endpoints import PageQuery, Schema

HQ_STAFF = "stf_0000000000000000000000h000"

# The length is judged before the cleaner, which may answer None.
Name = Annotated[str, Field(max_length=ACCOUNT_NAME_LENGTH_MAX), AfterValidator(clean_account_name)]
Role = Annotated[str, Field(max_length=ROLE_LENGTH_MAX), AfterValidator(clean_role)]
Country = Annotated[str, AfterValidator(rules.clean_nationality), Field(examples=["PT"])]
Id = Annotated[str, Field(max_length=40)]


class AccountNames(Schema):
    """A company's name in each language that it has one in."""

    en: Name | None = None
    zh: Name | None = None


class AccountFields(Schema):
    """A company. A field that is absent stays as it is; null empties it."""

    names: AccountNames | None = Field(default=None, description="In one language at least.")
    external_ids: list[ExternalIdIn] | None = Field(
        default=None, max_length=ACCOUNT_NUMBERS_MAX, description="Replaces those that the caller may change."
    )
    country: Country | None = Field(default=None, description="ISO 3166-1 alpha-2.")
    contact_ids: list[Id] | None = Field(
        default=None, max_length=CONTACTS_MAX, description="Guests who speak for it; replaces those that you see."
    )
    owner_id: Id | None = Field(default=None, description="The member of staff who looks after it.")
    is_key: bool | None = Field(default=None, description="A key account.")


class AccountIn(AccountFields):
    """A new account."""

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"names": {"en": "Example Shipping", "zh": "示例航运"}, "country": "PT", "owner_id": HQ_STAFF}]
        }
    }

    names: AccountNames


class AccountPatch(AccountFields):
    """What changes of an account."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"is_key": True}]}}


class AccountOut(Schema):
    """A company. Of the guests who speak for it, those within the caller's wall."""

    id: str
    names: dict[str, str]
    external_ids: list[ExternalIdOut]
    country: str | None
    contact_ids: list[str]
    owner_id: str | None
    is_key: bool
    created_at: str
    updated_at: str
    version: int


class AccountQuery(PageQuery):
    """Which accounts."""

    begins: str | None = Field(
        default=None, max_length=ACCOUNT_NAME_LENGTH_MAX, description="How the name begins, in either language."
    )


class AccountGuestIn(Schema):
    """A guest's part in an account."""

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"role": "Travel manager", "since": "2026-01-01"}]}
    }

    role: Role | None = None
    since: date | None = None
    until: date | None = Field(default=None, description="The last day.")


class AccountGuestOut(Schema):
    """A guest's part in an account."""

    account_id: str
    guest_id: str
    role: str | None
    since: str | None
    until: str | None
    version: int


class CareIn(Schema):
    """Whether somebody is a key guest, and who looks after them."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"is_key": True, "owner_id": HQ_STAFF}]}}

    is_key: bool
    owner_id: Id | None = Field(default=None, description="An active member of staff; null: nobody in particular.")


class CareOut(Schema):
    """Whether somebody is a key guest, and who looks after them. The version is the guest's."""

    guest_id: str
    is_key: bool
    owner_id: str | None
    version: int


class CaredForOut(Schema):
    """A key guest or an account that somebody looks after."""

    kind: str = Field(description="`guest` or `account`.")
    id: str
    name: str
    is_key: bool
