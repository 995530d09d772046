"""What loyalty answers to the contexts below, which cannot import it. Named, not imported."""

from __future__ import annotations

from chalicelib.guests import ports
from chalicelib.kernel.later import Names

named = Names(__package__)

ports.know_holdings("memberships", named("service.holding:held_by"))
ports.holds_guests("loyalty", named("service.holding:guests_who_joined"))
