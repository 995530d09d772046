"""REST endpoints of guests."""

from chalicelib.guests.api import accounts, guests, lookups, quality, relations
from chalicelib.web.endpoints import Api

api = Api("guests")
api.endpoints += [*guests.api.endpoints]
api.endpoints += [*lookups.api.endpoints]
api.endpoints += [*relations.api.endpoints]
api.endpoints += [*accounts.api.endpoints]
api.endpoints += [*quality.api.endpoints]
