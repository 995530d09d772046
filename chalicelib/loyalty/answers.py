"""What loyalty answers to the contexts below, which cannot import it. Named, not imported."""

from __future__ import annotations

from chalicelib.guests import ports
from chalicelib.kernel.later import Names

named = Names(__package__)

ports.know_holding("memberships", named("service.holding:guests_who_joined"), named("service.holding:held_by"))
ports.know_finder("membership", named("service.lookups:reads"))
