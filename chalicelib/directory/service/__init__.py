"""What other rooms and contexts use of the directory."""

from chalicelib.directory.models import ApiKey, Brand, Chain, Property, Staff
from chalicelib.directory.rules import IMPLIED_PERMISSIONS, PERMISSIONS, ROLES, role_permissions
from chalicelib.directory.service.access import authenticate_key, authenticate_session
from chalicelib.directory.service.activity import activity_page
from chalicelib.directory.service.caller import me
from chalicelib.directory.service.catalogue import chain_of, find_property, forget, properties, property_of, remembered
from chalicelib.directory.service.chains import chains_page, create_chain, create_first_key, get_chain, update_chain
from chalicelib.directory.service.keys import create_key, key_of, keys_page, revoke_key, rotate_key, update_key
from chalicelib.directory.service.managers import manager_of, staff_at
from chalicelib.directory.service.places import (
    brand_of,
    brands_page,
    create_brand,
    create_property,
    get_property,
    properties_page,
    update_brand,
    update_property,
)
from chalicelib.directory.service.signing_in import sign_in, sign_out
from chalicelib.directory.service.staff import create_staff, staff_of, staff_page, update_staff

__all__ = [
    "IMPLIED_PERMISSIONS",
    "PERMISSIONS",
    "ROLES",
    "ApiKey",
    "Brand",
    "Chain",
    "Property",
    "Staff",
    "activity_page",
    "authenticate_key",
    "authenticate_session",
    "brand_of",
    "brands_page",
    "chain_of",
    "chains_page",
    "create_brand",
    "create_chain",
    "create_first_key",
    "create_key",
    "create_property",
    "create_staff",
    "find_property",
    "forget",
    "get_chain",
    "get_property",
    "key_of",
    "keys_page",
    "manager_of",
    "me",
    "properties",
    "properties_page",
    "property_of",
    "remembered",
    "revoke_key",
    "role_permissions",
    "rotate_key",
    "sign_in",
    "sign_out",
    "staff_at",
    "staff_of",
    "staff_page",
    "update_brand",
    "update_chain",
    "update_key",
    "update_property",
    "update_staff",
]
