"""Brands and properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.directory import events
from chalicelib.directory.models import Brand, Property
from chalicelib.directory.service import catalogue, listing
from chalicelib.directory.service.writing import apply, given, require_version, require_whole_chain
from chalicelib.kernel import agenda
from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.events import Event
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.ids import is_id, new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit

if TYPE_CHECKING:
    from chalicelib.directory.schemas import BrandIn, BrandPatch, BrandQuery, PropertyIn, PropertyPatch, PropertyQuery

# -- brands ----------------------------------------------------------------------------------------------------


def create_brand(scope: Scope, body: BrandIn, *, id: str | None = None) -> Brand:
    """A new brand. Raises Forbidden for a caller limited to some properties."""
    require_whole_chain(scope)
    brand = Brand(
        chain_id=scope.chain_id, id=id or new_id("brd"), name=body.name, created_at=scope.now, updated_at=scope.now
    )
    unit = Unit(scope)
    unit.create(brand)
    unit.audit("brand.created", brand.id)
    unit.commit()
    return brand


def brand_of(scope: Scope, brand_id: str) -> Brand:
    """A brand; for a caller limited to some properties, one of theirs. Raises NotFound."""
    brand = Brand.find(scope.chain_id, brand_id) if is_id(brand_id, "brd") else None
    seen = _brand_ids_seen(scope)
    if brand is None or (seen is not None and brand_id not in seen):
        raise NotFound()
    return brand


def update_brand(scope: Scope, brand_id: str, patch: BrandPatch, expected_version: int) -> Brand:
    """Rename a brand. Raises NotFound, Forbidden, Stale."""
    brand = brand_of(scope, brand_id)
    require_whole_chain(scope)
    require_version(brand, expected_version)
    changed = apply(brand, given(patch))
    if changed:
        brand.updated_at = scope.now
        unit = Unit(scope)
        unit.update(brand)
        unit.audit("brand.updated", brand.id, fields=",".join(changed))
        unit.commit()
    return brand


def brands_page(scope: Scope, query: BrandQuery) -> listing.Found[Brand]:
    """The brands that the caller sees, oldest first."""
    since, seen = query.updated_since, _brand_ids_seen(scope)
    return listing.find(
        scope,
        f"brands|{since}",
        lambda limit, after: Brand.page(scope.chain_id, limit=limit, after=after),
        lambda brand: (seen is None or brand.id in seen) and (since is None or brand.updated_at >= since),
        query,
    )


def _brand_ids_seen(scope: Scope) -> frozenset[str] | None:
    """The brands of the caller's properties, or None for a caller who sees all."""
    if scope.property_ids is None:
        return None
    return frozenset(one.brand_id for one in catalogue.properties(scope) if one.brand_id)


# -- properties ------------------------------------------------------------------------------------------------


def create_property(scope: Scope, body: PropertyIn, *, id: str | None = None) -> Property:
    """A new property. Raises Forbidden for a limited caller, Invalid for a brand that the chain does not have."""
    require_whole_chain(scope)
    values = body.model_dump(exclude={"names"})
    created = Property(
        chain_id=scope.chain_id,
        id=id or new_id("prp"),
        **values,
        names=body.names.model_dump(exclude_none=True),
        created_at=scope.now,
        updated_at=scope.now,
    )
    _check_brand(scope, created.brand_id)
    unit = Unit(scope)
    unit.create(created)
    unit.audit("property.created", created.id)
    agenda.announce(unit, Event(events.PROPERTY_CREATED, created.id, 1))
    unit.after(_forgetting(scope))
    unit.commit()
    return created


def get_property(scope: Scope, property_id: str) -> Property:
    """A property as it is stored now. Raises NotFound beyond the wall."""
    scope.require_property(property_id)
    found = Property.find(scope.chain_id, property_id) if is_id(property_id, "prp") else None
    if found is None:
        raise NotFound()
    return found


def update_property(scope: Scope, property_id: str, patch: PropertyPatch, expected_version: int) -> Property:
    """Change a property's settings. Raises NotFound, Stale, Invalid for an unknown brand."""
    found = get_property(scope, property_id)
    require_version(found, expected_version)
    changes = given(patch)
    if "names" in changes:
        changes["names"] = patch.names.model_dump(exclude_none=True)
    changed = apply(found, changes)
    if not changed:
        return found
    if "brand_id" in changed:
        require_whole_chain(scope)
        _check_brand(scope, found.brand_id)
    found.updated_at = scope.now
    unit = Unit(scope)
    unit.update(found)
    unit.audit("property.updated", found.id, fields=",".join(changed))
    detail: dict[str, Any] = {"fields": changed}
    agenda.announce(unit, Event(events.PROPERTY_CHANGED, found.id, int(found.version), detail))
    unit.after(_forgetting(scope))
    unit.commit()
    return found


def properties_page(scope: Scope, query: PropertyQuery) -> listing.Found[Property]:
    """The properties that the caller sees, oldest first."""

    def is_wanted(one: Property) -> bool:
        return (
            scope.sees_property(one.id)
            and query.brand_id in (None, one.brand_id)
            and query.country in (None, one.country)
            and (query.updated_since is None or one.updated_at >= query.updated_since)
        )

    return listing.find(
        scope,
        f"properties|{query.brand_id}|{query.country}|{query.updated_since}",
        lambda limit, after: Property.page(scope.chain_id, limit=limit, after=after),
        is_wanted,
        query,
    )


def _check_brand(scope: Scope, brand_id: str | None) -> None:
    if brand_id is not None and not (is_id(brand_id, "brd") and Brand.find(scope.chain_id, brand_id)):
        raise Invalid.field("/brand_id", N_("There is no such brand."), "unknown")


def _forgetting(scope: Scope) -> Callable[[], None]:
    return lambda: catalogue.forget(scope.chain_id)
