"""Where connectors tell what became of messages. A signature says who it is; what comes twice changes nothing."""

from __future__ import annotations

import json

from pydantic import ValidationError

from chalicelib.kernel.errors import NotFound, Refusal, TooLarge
from chalicelib.kernel.i18n import N_
from chalicelib.outreach import links
from chalicelib.outreach.schemas.channels import ConnectorStatesIn
from chalicelib.outreach.service import connecting
from chalicelib.outreach.service.connecting import State
from chalicelib.web.auth import Authenticators
from chalicelib.web.http import Request, Response
from chalicelib.web.problems import invalid, problem
from chalicelib.web.routing import Handler
from chalicelib.web.serving import language_of

PATTERN = "/c/{token}"
BODY_BYTES_MAX = 65_536  # a hundred states have some 20 kB


class ConnectorDoor:
    """What the front door registers for connectors."""

    def routes(self, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
        """Method, pattern and handler. The signature is the proof."""
        return [("POST", PATTERN, take_states)]


def take_states(request: Request) -> Response:
    """Learn what a connector tells. Refusals are problems, and change nothing."""
    try:
        return _taken(request)
    except Refusal as refusal:
        return problem(refusal, instance=request.id, language=language_of(request))


def _taken(request: Request) -> Response:
    if len(request.body) > BODY_BYTES_MAX:
        raise TooLarge(N_("The body is larger than 64 kB."))
    place = links.connector_of(request.path_params["token"])
    if place is None:
        raise NotFound()
    scope, connector = connecting.recognise(*place, request.headers, request.body)
    request.json_body()  # refuses what a lenient parser would let through
    try:
        told = ConnectorStatesIn.model_validate_json(request.body, strict=True)
    except ValidationError as error:
        raise invalid(error) from None
    states = [State(one.guest_id, one.delivery_id, one.state, one.at, one.code) for one in told.states]
    heard = connecting.hear_states(scope, connector, states)
    rows = [{"delivery_id": one.delivery_id, "outcome": found} for one, found in zip(states, heard, strict=True)]
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(200, json.dumps({"data": rows}), headers)


room = ConnectorDoor()
