"""What stays announce. Details hold ids, words for states and versions; the version of an event is the stay's."""

from __future__ import annotations

# A stay is new, or what is told about it has changed. Subject: the stay. Detail: guest_id, property_id, from, to (the
# status before, None for a new stay, and after, None for one that is no longer there because the import that brought it
# was undone), is_history, from_guest_id where it has moved to another guest, and was: {"arrival", "departure",
# "room_type"} as they were before, where one of them has changed.
STAY_CHANGED = "stays.stay_changed"

# A stay has become checked_out, and this is news; again if it was reversed and has completed anew. Subject and detail
# are the same.
STAY_COMPLETED = "stays.stay_completed"

# A group of imported rows has been written. Subject: the property. Detail: guest_ids, whose stays have changed;
# completed, [guest_id, stay_id] of every stay that was known as not over and is now checked out; and current, the
# same of every changed stay that is not over or was not: history is not among them.
STAYS_IMPORTED = "stays.stays_imported"
