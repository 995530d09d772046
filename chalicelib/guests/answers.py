"""What guests answers to the contexts below: who sees a guest, and a guest's log in words. Named, not imported."""

from __future__ import annotations

from chalicelib.directory import ports
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.later import Names

named = Names(__package__)

ports.know_subjects(
    "gst",
    named("service.reading:get"),
    {
        "guest.created": N_("The guest was created."),
        "guest.updated": N_("Particulars of the guest were changed: %(fields)s."),
        "guest.care_changed": N_("Who looks after the guest was changed."),
        "guest.contact_verified": N_("A contact point was checked with the guest."),
        "guest.related": N_("A relation was noted: %(kind)s."),
        "guest.unrelated": N_("A relation was taken away: %(kind)s."),
        "guest.found_elsewhere": N_("Looked up at a desk where the guest was not known."),
        "guest.merged": N_("Another guest was merged into this one."),
        "guest.absorbed": N_("The guest was merged into another one."),
        "guest.parted": N_("A merge was undone: the other guest is there again."),
        "guest.restored": N_("A merge was undone: the guest is there again."),
        "guest.import_undone": N_("An import was undone. What it changed was put back: %(fields)s."),
        "guest.consent_changed": N_("Consents of the guest were set to %(state)s: %(consents)s."),
    },
)
ports.know_subjects(
    "mat",
    named("service.reviewing:review_of"),
    {"match.judged_distinct": N_("The two guests were judged to be two people.")},
)
ports.know_subjects(
    "hhd",
    named("service.households:household_of"),
    {
        "household.created": N_("The household was created with %(members)s guests."),
        "household.changed": N_("The household was changed; %(members)s guests belong to it."),
        "household.ended": N_("The household was ended."),
    },
)
ports.know_subjects(
    "acc",
    named("service.accounts:account_of"),
    {
        "account.created": N_("The account was created."),
        "account.changed": N_("The account was changed: %(fields)s."),
        "account.guest_added": N_("A guest was added to the account, or their part in it was changed."),
        "account.guest_removed": N_("A guest was taken off the account."),
    },
)
