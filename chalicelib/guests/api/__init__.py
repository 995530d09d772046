"""REST endpoints of guests."""

from chalicelib.guests.api import guests, merging
from chalicelib.web.endpoints import Api

api = Api("guests")
api.endpoints += [*guests.api.endpoints, *merging.api.endpoints]
