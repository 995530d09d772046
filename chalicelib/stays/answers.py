"""What stays answers to the contexts below, which cannot import it. Named, not imported."""

from __future__ import annotations

from chalicelib.guests import ports
from chalicelib.kernel.later import Names

named = Names(__package__)

ports.know_holding("stays", named("service.import_undoing:guests_with_stays"), named("service.finding:held_by"))
ports.know_finder("room", named("service.lookups:reads"))
