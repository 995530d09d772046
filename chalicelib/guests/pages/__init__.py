"""Portal pages of guests."""

from chalicelib.guests.pages import guests, lookups, matches, merging, relations
from chalicelib.web.pages import Pages

ROOMS = (guests, lookups, matches, merging, relations)

pages = Pages("guests")
for room in ROOMS:
    pages.pages += room.pages.pages
