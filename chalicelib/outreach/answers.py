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
directory_ports.put_in_words(
    {
        "care_policy.published": N_("Version %(number)s of a rule of care was published: %(rule)s."),
        "care_policy.withdrawn": N_("Version %(number)s of a rule of care was withdrawn before it began: %(rule)s."),
        "occasion_policy.withdrawn": N_(
            "Version %(number)s of an occasion's policy was withdrawn before it began: %(occasion)s."
        ),
        "occasion_policy.published": N_("Version %(number)s of an occasion's policy was published: %(occasion)s."),
        "chain_day.declared": N_("A day of the chain's own was declared."),
        "chain_day.changed": N_("The day was changed."),
        "chain_day.ended": N_("The day was ended."),
        "guest.special_days_set": N_("The guest's own days and festivals were noted."),
        "suppression.added": N_("The address was stopped by hand."),
        "suppression.lifted": N_("The address takes messages again: it was stopped for %(causes)s."),
    }
)
