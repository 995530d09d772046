"""Portal pages of guests."""

from chalicelib.guests.pages import accounts, guests, lookups, matches, merging, quality, relations
from chalicelib.web.pages import Pages

ROOMS = (accounts, guests, lookups, matches, merging, quality, relations)

pages = Pages("guests")
for room in ROOMS:
    pages.pages += room.pages.pages
