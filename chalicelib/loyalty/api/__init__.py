"""REST endpoints of loyalty."""

from chalicelib.loyalty.api import claims, members, points, pools, programmes
from chalicelib.web.endpoints import Api

api = Api("loyalty")
api.endpoints += [*programmes.api.endpoints, *members.api.endpoints, *points.api.endpoints, *claims.api.endpoints]
api.endpoints += pools.api.endpoints
