"""The kinds of this context's work on the agenda that has to do with who is one person."""

from __future__ import annotations

MATCH_KIND = "guests.match"  # one guest, who is new or has changed
MATCH_GROUP_KIND = "guests.match_group"  # those of a group of an import
LINK_KIND = "guests.link"  # a pair beyond doubt
BACKFILL_KIND = "guests.match_backfill"  # all of a chain, once
