"""What outreach answers to the contexts below, which cannot import it. Named, not imported."""

from __future__ import annotations

from chalicelib.guests import ports
from chalicelib.kernel.later import Names

named = Names(__package__)

ports.know_holdings("messages", named("service.parting:held_by"))
ports.holds_guests("outreach", named("service.holding:guests_written_to"))
ports.holds_guests("outreach.tasks", named("service.holding_calls:guests_with_tasks"))
