"""What crosses the wire about guests. What needs the chain's data to be judged is judged by the service."""

from chalicelib.guests.schemas.accounts import AccountIn, AccountPatch
from chalicelib.guests.schemas.guests import (
    CITY,
    ConsentChangeOut,
    ConsentIn,
    ConsentOut,
    ConsentSettingIn,
    ConsentsOut,
    ExternalIdIn,
    ExternalIdOut,
    GuestFields,
    GuestIn,
    GuestOut,
    GuestPatch,
    GuestQuery,
    GuestSearchIn,
    GuestUpsertIn,
)

__all__ = [
    "CITY",
    "AccountIn",
    "AccountPatch",
    "ConsentChangeOut",
    "ConsentIn",
    "ConsentOut",
    "ConsentSettingIn",
    "ConsentsOut",
    "ExternalIdIn",
    "ExternalIdOut",
    "GuestFields",
    "GuestIn",
    "GuestOut",
    "GuestPatch",
    "GuestQuery",
    "GuestSearchIn",
    "GuestUpsertIn",
]
