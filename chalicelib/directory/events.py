"""What the directory announces. Details hold ids and names of fields only."""

from __future__ import annotations

CHAIN_CREATED = "directory.chain_created"
CHAIN_CHANGED = "directory.chain_changed"  # detail {"fields": [...]}
PROPERTY_CREATED = "directory.property_created"
PROPERTY_CHANGED = "directory.property_changed"  # detail {"fields": [...]}
