"""REST endpoints of guests."""

from chalicelib.guests.api import guests, lookups, relations
from chalicelib.web.endpoints import Api

api = Api("guests")
api.endpoints += [*guests.api.endpoints]
api.endpoints += [*lookups.api.endpoints]
api.endpoints += [*relations.api.endpoints]
