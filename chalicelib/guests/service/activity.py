"""Lets the activity log show what was done to guests, in sentences, to those who see the guest."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.guests.service.reading import get
from chalicelib.kernel.i18n import N_

directory.know_subjects(
    "gst",
    get,
    {
        "guest.created": N_("The guest was created."),
        "guest.updated": N_("Particulars of the guest were changed: %(fields)s."),
        "guest.import_undone": N_("An import was undone. What it changed was put back: %(fields)s."),
        "guest.consent_changed": N_("Consents of the guest were set to %(state)s: %(consents)s."),
    },
)
