"""REST endpoints of guests."""

from chalicelib.guests.api import guests, matches
from chalicelib.web.endpoints import Api

api = Api("guests")
api.endpoints += [*guests.api.endpoints, *matches.api.endpoints]
