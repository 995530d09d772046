"""What connect does later: one step of a run after the other. Named, not imported."""

from __future__ import annotations

from chalicelib.connect.kinds import STEP_KIND, UNDO_KIND
from chalicelib.kernel.agenda import handles
from chalicelib.kernel.later import Names

named = Names(__package__)

handles(STEP_KIND, lane_class="bulk", bury=named("service.steps:give_up_import"))(named("service.steps:import_step"))
handles(UNDO_KIND, lane_class="bulk", bury=named("service.steps:give_up_undoing"))(named("service.steps:undo_step"))
