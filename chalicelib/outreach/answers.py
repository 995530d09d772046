"""What outreach answers to the contexts below, which cannot import it. Named, not imported."""

from __future__ import annotations

from chalicelib.directory import ports as directory_ports
from chalicelib.guests import ports
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.later import Names

named = Names(__package__)

ports.know_holding("messages", named("service.holding:guests_written_to"), named("service.parting:held_by"))
ports.know_holding("tasks", named("service.holding_calls:guests_with_tasks"))
directory_ports.know_subjects(
    "stg",
    named("service.preventing:strategy_of"),
    {
        "strategy.registered": N_("The strategy was registered."),
        "strategy.revised": N_("The strategy was changed."),
    },
)
directory_ports.know_subjects(
    "tsk",
    named("service.tasks:get"),
    {
        "task.opened": N_("The task was opened by hand: %(kind)s."),
        "task.noted": N_("An attempt was noted: %(outcome)s."),
        "task.assigned": N_("The task was given to somebody else."),
        "task.cancelled": N_("The task was cancelled by hand."),
    },
)
