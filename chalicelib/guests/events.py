"""What this context announces. Details hold ids and names of fields only."""

from __future__ import annotations

GUEST_CHANGED = "guests.guest_changed"  # detail {"fields": [...], "is_new": bool}
GUESTS_IMPORTED = "guests.guests_imported"  # detail {"ids": [...]}: created or updated by one group of rows
