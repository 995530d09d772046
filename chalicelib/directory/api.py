"""REST endpoints of the directory. The operator makes chains; head office makes all the rest."""

from __future__ import annotations

from typing import Any

from chalicelib.directory import service
from chalicelib.directory.schemas import (
    ActivityOut,
    ActivityQuery,
    BrandIn,
    BrandOut,
    BrandPatch,
    BrandQuery,
    ChainIn,
    ChainOut,
    ChainPatch,
    ChainQuery,
    KeyIn,
    KeyOut,
    KeyPatch,
    KeyQuery,
    KeyWithToken,
    MeOut,
    PropertyIn,
    PropertyOut,
    PropertyPatch,
    PropertyQuery,
    RotationIn,
    StaffIn,
    StaffOut,
    StaffPatch,
    StaffQuery,
)
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, Schema

api = Api("directory")

A_CHAIN = {"chain_id": "chn_0000000000000000000000de00"}
A_BRAND = {"brand_id": "brd_0000000000000000000000de00"}
A_PROPERTY = {"property_id": "prp_0000000000000000000000c000"}
A_STAFF = {"staff_id": "stf_0000000000000000000000h000"}
A_KEY = {"key_id": "key_0000000000000000000000h000"}
# Rotating or revoking head office's own key would end the session of whoever tries the example.
A_SPARE_KEY = {"key_id": "key_0000000000000000000000s000"}


def _listing(found: Any, out: type[Schema]) -> Listing:
    return Listing([out.model_validate(one) for one in found.items], found.next)


def _created(path: str, body: Any, *, is_secret: bool = False) -> Answer:
    return Answer(body, location=f"{path}/{body.id}", is_secret=is_secret)


# -- chains ----------------------------------------------------------------------------------------------------


@api.post("/v1/chains", caller="operator", permission="chains:write", body=ChainIn, answers=ChainOut)
def create_chain(scope: Scope, body: ChainIn) -> Answer:
    """Create a chain.

    A live chain follows real time. A test chain has a clock of its own, starts where it is told to, and its messages
    never reach a real address.
    """
    return _created("/v1/chains", ChainOut.model_validate(service.create_chain(scope, body)))


@api.post(
    "/v1/chains/{chain_id}/api-keys",
    caller="operator",
    permission="chains:write",
    body=KeyIn,
    answers=KeyWithToken,
    path_examples=A_CHAIN,
)
def create_chain_api_key(scope: Scope, chain_id: str, body: KeyIn) -> Answer:
    """Create an API key of a chain, by which its head office gets in. Its token is in this answer and never again."""
    key, token = service.create_first_key(scope, chain_id, body)
    return _created("/v1/api-keys", _with_token(key, token), is_secret=True)


@api.get(
    "/v1/chains", caller="operator", permission="chains:read", query=ChainQuery, answers=ChainOut, is_list=True
)
def list_chains(scope: Scope, query: ChainQuery) -> Listing:
    """List the chains of the installation, oldest first."""
    return _listing(service.chains_page(scope, query), ChainOut)


@api.get(
    "/v1/chains/{chain_id}", caller="operator", permission="chains:read", answers=ChainOut, path_examples=A_CHAIN
)
def get_chain(scope: Scope, chain_id: str) -> ChainOut:
    """Read a chain."""
    return ChainOut.model_validate(service.get_chain(chain_id))


@api.patch(
    "/v1/chains/{chain_id}",
    caller="operator",
    permission="chains:write",
    body=ChainPatch,
    answers=ChainOut,
    path_examples=A_CHAIN,
)
def update_chain(scope: Scope, chain_id: str, body: ChainPatch, expected_version: int) -> ChainOut:
    """Change a chain's settings. Whether it is a test chain never changes."""
    return ChainOut.model_validate(service.update_chain(scope, chain_id, body, expected_version))


# -- the caller ------------------------------------------------------------------------------------------------


@api.get("/v1/me", permission="me:read", answers=MeOut)
def read_me(scope: Scope) -> MeOut:
    """Read who you are: your chain, its present instant, your permissions and your properties."""
    return MeOut.model_validate(service.me(scope))


@api.get("/v1/activity", permission="audit:read", query=ActivityQuery, answers=ActivityOut, is_list=True)
def list_activity(scope: Scope, query: ActivityQuery) -> Listing:
    """List what was done to a subject, newest first.

    Entries name the fields that were changed, never what was in them.
    """
    entries, after = service.activity_page(scope, query)
    return Listing([ActivityOut.model_validate(one) for one in entries], after)


# -- brands ----------------------------------------------------------------------------------------------------


@api.post("/v1/brands", permission="brands:write", body=BrandIn, answers=BrandOut)
def create_brand(scope: Scope, body: BrandIn) -> Answer:
    """Create a brand."""
    return _created("/v1/brands", BrandOut.model_validate(service.create_brand(scope, body)))


@api.get("/v1/brands", permission="brands:read", query=BrandQuery, answers=BrandOut, is_list=True)
def list_brands(scope: Scope, query: BrandQuery) -> Listing:
    """List the brands you see, oldest first."""
    return _listing(service.brands_page(scope, query), BrandOut)


@api.get("/v1/brands/{brand_id}", permission="brands:read", answers=BrandOut, path_examples=A_BRAND)
def get_brand(scope: Scope, brand_id: str) -> BrandOut:
    """Read a brand."""
    return BrandOut.model_validate(service.brand_of(scope, brand_id))


@api.patch(
    "/v1/brands/{brand_id}", permission="brands:write", body=BrandPatch, answers=BrandOut, path_examples=A_BRAND
)
def update_brand(scope: Scope, brand_id: str, body: BrandPatch, expected_version: int) -> BrandOut:
    """Rename a brand."""
    return BrandOut.model_validate(service.update_brand(scope, brand_id, body, expected_version))


# -- properties ------------------------------------------------------------------------------------------------


@api.post("/v1/properties", permission="properties:write", body=PropertyIn, answers=PropertyOut)
def create_property(scope: Scope, body: PropertyIn) -> Answer:
    """Create a property."""
    return _created("/v1/properties", PropertyOut.model_validate(service.create_property(scope, body)))


@api.get("/v1/properties", permission="properties:read", query=PropertyQuery, answers=PropertyOut, is_list=True)
def list_properties(scope: Scope, query: PropertyQuery) -> Listing:
    """List the properties you see, oldest first."""
    return _listing(service.properties_page(scope, query), PropertyOut)


@api.get(
    "/v1/properties/{property_id}", permission="properties:read", answers=PropertyOut, path_examples=A_PROPERTY
)
def get_property(scope: Scope, property_id: str) -> PropertyOut:
    """Read a property."""
    return PropertyOut.model_validate(service.get_property(scope, property_id))


@api.patch(
    "/v1/properties/{property_id}",
    permission="properties:write",
    body=PropertyPatch,
    answers=PropertyOut,
    path_examples=A_PROPERTY,
)
def update_property(scope: Scope, property_id: str, body: PropertyPatch, expected_version: int) -> PropertyOut:
    """Change a property's settings."""
    return PropertyOut.model_validate(service.update_property(scope, property_id, body, expected_version))


# -- staff -----------------------------------------------------------------------------------------------------


@api.post("/v1/staff", permission="staff:write", body=StaffIn, answers=StaffOut)
def create_staff(scope: Scope, body: StaffIn) -> Answer:
    """Add a member of staff, who can sign in to the portal at once.

    The very same content once more answers 200 and the one there is. An address that is in use otherwise is a conflict.
    """
    staff, is_new = service.create_staff(scope, body)
    out = StaffOut.model_validate(staff)
    return _created("/v1/staff", out) if is_new else Answer(out, status=200)


@api.get("/v1/staff", permission="staff:read", query=StaffQuery, answers=StaffOut, is_list=True)
def list_staff(scope: Scope, query: StaffQuery) -> Listing:
    """List the staff you see, oldest first."""
    return _listing(service.staff_page(scope, query), StaffOut)


@api.get("/v1/staff/{staff_id}", permission="staff:read", answers=StaffOut, path_examples=A_STAFF)
def get_staff(scope: Scope, staff_id: str) -> StaffOut:
    """Read a member of staff."""
    return StaffOut.model_validate(service.staff_of(scope, staff_id))


@api.patch("/v1/staff/{staff_id}", permission="staff:write", body=StaffPatch, answers=StaffOut, path_examples=A_STAFF)
def update_staff(scope: Scope, staff_id: str, body: StaffPatch, expected_version: int) -> StaffOut:
    """Change a member of staff. A new password ends their older sessions; a disabled one is signed out at once."""
    return StaffOut.model_validate(service.update_staff(scope, staff_id, body, expected_version))


# -- API keys --------------------------------------------------------------------------------------------------


@api.post("/v1/api-keys", permission="keys:write", body=KeyIn, answers=KeyWithToken)
def create_api_key(scope: Scope, body: KeyIn) -> Answer:
    """Create an API key. Its token is in this answer and never again.

    It can hold no permission and no property that you do not hold yourself. With an Idempotency-Key a repetition is
    told that the key was made, but not its token.
    """
    key, token = service.create_key(scope, body)
    return _created("/v1/api-keys", _with_token(key, token), is_secret=True)


@api.get("/v1/api-keys", permission="keys:read", query=KeyQuery, answers=KeyOut, is_list=True)
def list_api_keys(scope: Scope, query: KeyQuery) -> Listing:
    """List the API keys you see, oldest first, expired and revoked ones among them."""
    return _listing(service.keys_page(scope, query), KeyOut)


@api.get("/v1/api-keys/{key_id}", permission="keys:read", answers=KeyOut, path_examples=A_KEY)
def get_api_key(scope: Scope, key_id: str) -> KeyOut:
    """Read an API key, without its secret."""
    return KeyOut.model_validate(service.key_of(scope, key_id))


@api.patch(
    "/v1/api-keys/{key_id}", permission="keys:write", body=KeyPatch, answers=KeyOut, path_examples=A_SPARE_KEY
)
def update_api_key(scope: Scope, key_id: str, body: KeyPatch, expected_version: int) -> KeyOut:
    """Change what an API key is called, may do, sees, and when it ends."""
    return KeyOut.model_validate(service.update_key(scope, key_id, body, expected_version))


@api.delete("/v1/api-keys/{key_id}", permission="keys:write", path_examples=A_SPARE_KEY)
def revoke_api_key(scope: Scope, key_id: str, expected_version: int) -> None:
    """Revoke an API key at once and for ever. It stays in the list."""
    service.revoke_key(scope, key_id, expected_version)


@api.post(
    "/v1/api-keys/{key_id}/rotations",
    permission="keys:write",
    body=RotationIn,
    answers=KeyWithToken,
    path_examples=A_SPARE_KEY,
)
def rotate_api_key(scope: Scope, key_id: str, body: RotationIn) -> Answer:
    """Give an API key a new secret. Older ones are still taken for the overlap.

    The token is in this answer and never again.
    """
    key, token = service.rotate_key(scope, key_id, body)
    return Answer(_with_token(key, token), is_secret=True)


def _with_token(key: service.ApiKey, token: str) -> KeyWithToken:
    return KeyWithToken(**KeyOut.model_validate(key).model_dump(), token=token)
