"""Names of guests' work on the agenda. The functions are declared in `jobs`."""

MATCH_KIND = "guests.match"  # one guest, who is new or has changed
MATCH_GROUP_KIND = "guests.match_group"  # those of a group of an import
BACKFILL_KIND = "guests.match_backfill"  # subject: the chain; all guests are looked at once
LINK_KIND = "guests.link"  # a pair beyond doubt
MERGE_KIND = "guests.merge"  # a merge that takes more than one transaction
PART_KIND = "guests.part"  # an un-merge that does
HOUSES_KIND = "guests.houses"  # the rows of a guest whom many houses know
QUALITY_KIND = "guests.quality"  # subject: the chain; a look at everybody's contact points
