"""Portal pages of guests."""

from chalicelib.guests.pages import guests, lookups, matches, relations
from chalicelib.web.pages import Pages

ROOMS = (guests, lookups, matches, relations)

pages = Pages("guests")
for room in ROOMS:
    pages.pages += room.pages.pages
