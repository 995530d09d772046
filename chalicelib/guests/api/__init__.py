"""REST endpoints of guests."""

from chalicelib.guests.api import guests, lookups, matches, merging, relations
from chalicelib.web.endpoints import Api

ROOMS = (guests, lookups, matches, merging, relations)

api = Api("guests")
for room in ROOMS:
    api.endpoints += room.api.endpoints
