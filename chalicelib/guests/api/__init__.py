"""REST endpoints of guests."""

from chalicelib.guests.api import accounts, guests, lookups, matches, merging, quality, relations
from chalicelib.web.endpoints import Api

ROOMS = (accounts, guests, lookups, matches, merging, quality, relations)

api = Api("guests")
for room in ROOMS:
    api.endpoints += room.api.endpoints
