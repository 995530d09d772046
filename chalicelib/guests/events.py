"""What this context announces. Details hold ids and names of fields only."""

from __future__ import annotations

GUEST_CHANGED = "guests.guest_changed"  # detail {"fields": [...], "is_new": bool}
GUESTS_IMPORTED = "guests.guests_imported"  # detail {"ids": [...]}: created or updated by one group of rows
GUESTS_MERGED = "guests.guests_merged"  # subject: the survivor; detail {"absorbed_id", "merge_id"}
GUESTS_PARTED = "guests.guests_parted"  # the same, once a merge has been undone; subject: who held the two
GUEST_REMOVED = "guests.guest_removed"  # an import that made the guest was undone
