"""Staff and API keys on the wire, who the caller is, and what was done."""


from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.directory import rules
from chalicelib.directory.schemas.values import (
    UNSET,
    Email,
    Id,
    IdsOut,
    InstantIn,
    InstantOut,
    ListQuery,
    Name,
    Out,
    Password,
    Permissions,
    PortalLanguage,
    PropertyIds,
    Role,
    example,
)
from chalicelib.web.endpoints import PageQuery, Schema

OVERLAP_HOURS_DEFAULT = 24
OVERLAP_HOURS_MAX = 24 * 30

# -- staff -----------------------------------------------------------------------------------------------------


class StaffIn(Schema):
    """A new member of staff."""

    email: Email = Field(description="What they sign in with; one address belongs to one person of one chain.")
    name: Name
    role: Role
    property_ids: PropertyIds | None = Field(
        default=None, validate_default=True, description="Where they work. Roles of head office leave it out."
    )
    language: PortalLanguage = Field(default="en", description="What the portal speaks to them.")
    password: Password

    model_config = example(
        email="new.colleague@harbour.example", name="New Colleague", role="front_desk",
        property_ids=["prp_0000000000000000000000c000"], language="en", password="correct horse battery",
    )  # fmt: skip

    @field_validator("property_ids")
    @classmethod
    def _fits_the_role(cls, value: list[str] | None, info: ValidationInfo) -> list[str] | None:
        role = info.data.get("role")
        if role is not None and not rules.is_reach_right(role, value):
            raise ValueError(rules.WRONG_REACH)
        return value


class StaffPatch(Schema):
    """What may change about a member of staff. A new password ends their older sessions."""

    email: Email = UNSET
    name: Name = UNSET
    role: Role = UNSET
    property_ids: PropertyIds | None = None
    language: PortalLanguage = UNSET
    password: Password = UNSET
    is_disabled: bool = UNSET

    model_config = example(language="en")


class StaffOut(Out):
    """A member of staff."""

    id: str
    version: int
    email: str
    name: str
    role: str
    property_ids: IdsOut | None = Field(description="Null: every property of the chain.")
    language: str
    is_disabled: bool
    password_changed_at: InstantOut
    created_at: InstantOut
    updated_at: InstantOut


class StaffQuery(ListQuery):
    """Filters of the list of staff."""

    role: Role | None = None
    property_id: Id | None = Field(default=None, description="Who works there, by name; head office is left out.")
    is_disabled: bool | None = None


# -- API keys --------------------------------------------------------------------------------------------------


class KeyIn(Schema):
    """A new API key. It can hold no more than whoever makes it."""

    name: Name = Field(description="What it is for.")
    permissions: Permissions
    property_ids: PropertyIds | None = Field(default=None, description="Left out: every property of the chain.")
    expires_at: InstantIn | None = Field(default=None, description="In real time. Left out: it does not expire.")

    model_config = example(
        name="Booking engine", permissions=["guests:read", "guests:write", "stays:read", "stays:write"],
        property_ids=["prp_0000000000000000000000c000"], expires_at="2100-01-01T00:00:00Z",
    )  # fmt: skip


class KeyPatch(Schema):
    """What may change about an API key."""

    name: Name = UNSET
    permissions: Permissions = UNSET
    property_ids: PropertyIds | None = None
    expires_at: InstantIn | None = None

    model_config = example(name="Head office")


class RotationIn(Schema):
    """How an API key gets a new secret."""

    overlap_hours: int = Field(
        default=OVERLAP_HOURS_DEFAULT, ge=0, le=OVERLAP_HOURS_MAX, description="How long older secrets are still taken."
    )

    model_config = example(overlap_hours=24)


class KeyOut(Out):
    """An API key, without its secret."""

    id: str
    version: int
    name: str
    state: Literal["active", "expired", "revoked"]
    permissions: IdsOut
    property_ids: IdsOut | None = Field(description="Null: every property of the chain.")
    secret_end: str = Field(description="The last characters of the secret.")
    expires_at: InstantOut | None
    rotated_at: InstantOut | None
    former_until: InstantOut | None = Field(description="Until when a secret from before a rotation is still taken.")
    revoked_at: InstantOut | None
    last_used_at: InstantOut | None = Field(description="To the hour.")
    created_at: InstantOut
    updated_at: InstantOut


class KeyWithToken(KeyOut):
    """An API key with its token, which is never shown again."""

    token: str


class KeyQuery(ListQuery):
    """Filters of the list of API keys."""

    state: Literal["active", "expired", "revoked"] | None = None
    property_id: Id | None = Field(default=None, description="Keys limited to properties, this one among them.")


# -- the caller, and what was done -----------------------------------------------------------------------------


class ActorOut(Out):
    """Who did something: an API key, a member of staff, the operator, or the product itself."""

    kind: str
    id: str
    name: str | None = None


class MyChain(Out):
    """The caller's chain, in short."""

    id: str
    name: str
    mode: Literal["test", "live"]
    languages: list[str]
    default_language: str
    time_zone: str
    country: str


class MyProperty(Out):
    """A property that the caller sees, in short."""

    id: str
    name: str
    time_zone: str


class MeOut(Out):
    """Who the caller is and how far they see."""

    chain: MyChain
    actor: ActorOut
    now: InstantOut = Field(description="The chain's present instant: a test chain's clock, or real time.")
    permissions: list[str]
    is_chain_wide: bool = Field(description="Whether every property of the chain is seen.")
    property_count: int
    properties: list[MyProperty] = Field(description="The first hundred by name.")


class ActivityQuery(PageQuery):
    """Whose activity is asked for."""

    subject_id: Id = Field(description="Id of what was changed: a chain, property, member of staff, key, guest …")


class ActivityOut(Out):
    """One thing that was done."""

    id: str
    at: InstantOut = Field(description="On the chain's clock.")
    action: str
    subject_id: str
    actor: ActorOut
    detail: dict[str, str | int | bool | None]
    sentence: str | None = Field(description="The same in words, where there are any.")
