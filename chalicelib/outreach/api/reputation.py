"""REST endpoints of the pause of a property's mail."""

from __future__ import annotations

from chalicelib.kernel.scope import Scope
from chalicelib.outreach.api.base import api
from chalicelib.outreach.schemas.reputation import SendingPauseOut
from chalicelib.outreach.service import reputation
from chalicelib.web.endpoints import Answer

PATH = "/v1/properties/{property_id}/sending-pause"
HOUSE = {"property_id": "prp_0000000000000000000000c000"}


@api.get(PATH, permission="deliveries:read", answers=SendingPauseOut, refusals=(404,), path_examples=HOUSE)
def get_sending_pause(scope: Scope, property_id: str) -> SendingPauseOut:
    """Read whether a property's greetings and offers by mail are paused, and the figures that this is judged by."""
    return SendingPauseOut.of(property_id, reputation.standing(scope, property_id))


@api.post(PATH, permission="occasions:write", answers=SendingPauseOut, refusals=(404,), path_examples=HOUSE)
def pause_sending(scope: Scope, property_id: str) -> Answer:
    """Pause a property's greetings and offers by mail.

    It pauses by itself at 4 % bounces or 0.08 % complaints. Pausing it again changes nothing and answers 200.
    """
    found, is_new = reputation.pause(scope, property_id)
    return Answer(SendingPauseOut.of(property_id, found), status=201 if is_new else 200)


@api.delete(PATH, permission="occasions:write", refusals=(404,), path_examples=HOUSE)
def lift_sending_pause(scope: Scope, property_id: str, expected_version: int) -> None:
    """Lift the pause of a property's mail.

    What is known of its mails by now counts no more; what is heard from now on does.
    """
    reputation.lift(scope, property_id, expected_version)
