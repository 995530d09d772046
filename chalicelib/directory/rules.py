"""Who may do what, as data, and the directory's other pure decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from chalicelib.kernel.i18n import N_

PERMISSIONS = frozenset(
    {
        "brands:read", "brands:write",
        "properties:read", "properties:write",
        "staff:read", "staff:write",
        "keys:read", "keys:write",
        "guests:read", "guests:write", "guests:merge", "guests:match",
        "stays:read", "stays:write",
        "programmes:read", "programmes:write",
        "members:read", "members:write",
        "points:write", "points:adjust",
        "imports:read", "imports:write",
        "deliveries:read",
        "occasions:read", "occasions:write",
        "tasks:read", "tasks:write",
        "agenda:read", "agenda:write",
        "clock:read", "clock:write",
        "audit:read",
    }
)  # fmt: skip

# Whoever is known may ask who they are; it is neither granted nor withheld.
IMPLIED_PERMISSIONS = frozenset({"me:read"})

WRONG_REACH = N_("Roles of a property name at least one property; roles of head office name none.")

Reach = Literal["chain", "properties", "either"]


class Role(NamedTuple):
    """What a role may do, and whether whoever holds it works for the whole chain or for named properties."""

    permissions: frozenset[str]
    reach: Reach


_READ_ONLY = frozenset(permission for permission in PERMISSIONS if permission.endswith(":read"))
_AT_THE_DESK = frozenset(
    {"brands:read", "properties:read", "guests:read", "guests:write", "stays:read", "stays:write"}
    | {"deliveries:read", "occasions:read"}
    | {"tasks:read"}
    | {"programmes:read", "members:read", "members:write", "points:write"}
)

ROLES: dict[str, Role] = {
    "hq_admin": Role(PERMISSIONS, "chain"),
    "hq_analyst": Role(_READ_ONLY - {"keys:read", "staff:read"}, "chain"),
    "property_manager": Role(
        _AT_THE_DESK | {"staff:read", "imports:read", "imports:write", "audit:read", "points:adjust"}
        | {"guests:merge", "guests:match"}
        | {"tasks:write"},
        "properties",
    ),
    "front_desk": Role(_AT_THE_DESK, "properties"),
    "marketing": Role(
        frozenset({"brands:read", "properties:read", "guests:read", "stays:read", "deliveries:read", "occasions:read"}),
        "either",
    ),
}


def role_permissions(role: str) -> frozenset[str]:
    """What the holder of a role may do, including what everybody may."""
    return ROLES[role].permissions | IMPLIED_PERMISSIONS


def is_reach_right(role: str, property_ids: Iterable[str] | None) -> bool:
    """Whether a role goes with these properties: None is the whole chain, an empty list is never right."""
    reach = ROLES[role].reach
    if property_ids is None:
        return reach != "properties"
    return reach != "chain" and any(True for _ in property_ids)


def lies_within(
    permissions: Iterable[str],
    property_ids: Iterable[str] | None,
    held: frozenset[str],
    held_property_ids: frozenset[str] | None,
) -> bool:
    """Whether a grant holds nothing that the grantor lacks. Property ids None mean the whole chain.

    It decides what may be granted, and also who may be changed: whoever could reset a stronger person's password, or
    rotate a stronger key, would become that person.
    """
    if not held.issuperset(permissions):
        return False
    if held_property_ids is None:
        return True
    return property_ids is not None and held_property_ids.issuperset(property_ids)


def roles_grantable(held: frozenset[str], held_property_ids: frozenset[str] | None) -> frozenset[str]:
    """The roles that somebody with these permissions and properties may give to others."""
    if "staff:write" not in held:
        return frozenset()
    return frozenset(
        name
        for name, role in ROLES.items()
        if role.permissions <= held and (held_property_ids is None or role.reach != "chain")
    )


# -- signing in ------------------------------------------------------------------------------------------------

WRONG_PASSWORDS_FREE = 5  # a typing slip, caps lock, the old password: nobody has to wait for those
WRONG_FROM_SOURCE_FREE = 50  # a hotel's desks share one address; spraying passwords over many accounts does not fit in
PAUSE_FIRST_S = 30
PAUSE_MAX_S = 900  # longer would let a stranger lock somebody out for the day


def sign_in_pause_s(tries: int, free: int) -> int:
    """How long to wait after this many tries in a row: nothing below `free`, then 30 s, doubled by each further one."""
    if tries < free:
        return 0
    doublings = min(tries - free, 10)  # far beyond the cap, and never a huge number
    return min(PAUSE_FIRST_S << doublings, PAUSE_MAX_S)


# -- API keys --------------------------------------------------------------------------------------------------

FORMER_SECRETS_MAX = 10  # rotations within one overlap; beyond, the oldest ends early


def former_after_rotation(
    former: Iterable[tuple[str, str]], current: str, until: str, now: str
) -> list[tuple[str, str]]:
    """The replaced hashes and until when each is taken, newest first. Instants are texts whose order is time's order.

    A rotation never prolongs a secret: with an overlap of zero every older one ends at once.
    """
    older = [(digest, min(end, until)) for digest, end in former if end > now]
    return [one for one in [(current, until), *older] if one[1] > now][:FORMER_SECRETS_MAX]
