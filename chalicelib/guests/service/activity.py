"""Lets the activity log show what was done to guests, in sentences, to those who see the guest."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests.service.reading import get
from chalicelib.guests.service.reviewing import review_of
from chalicelib.kernel.i18n import N_

directory.know_subjects(
    "gst",
    get,
    {
        "guest.created": N_("The guest was created."),
        "guest.updated": N_("Particulars of the guest were changed: %(fields)s."),
        "guest.consent_changed": N_("Consents of the guest were set to %(state)s: %(consents)s."),
    },
)
directory.know_subjects(
    "mat",
    review_of,
    {"match.judged_distinct": N_("The two guests were judged to be two people.")},
)
