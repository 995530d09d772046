"""The journey of a guest's stays on the guest's page: what went, what comes, and why not."""

from __future__ import annotations

from chalicelib.directory import service as directory
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.pages.deliveries import CHANNEL_LABELS, STATUS_LABELS, STATUS_LOOKS
from chalicelib.outreach.rules.vocabulary import MOVED, OCCASIONS, REASONS
from chalicelib.outreach.service import foreseeing
from chalicelib.web.pages import View, panel


@panel("guest", permission="occasions:read", order=15)
def journeys_panel(scope: Scope, subject_id: str, language: str) -> View:
    """Each stay that is ahead, under way, or over for some days, with its messages."""
    return View(
        "outreach/pages/journeys_panel.html",
        {
            "journeys": foreseeing.journeys_of_guest(scope, subject_id),
            "by_id": {str(one.id): one for one in directory.properties(scope)},
            "zone": str(directory.chain_of(scope).time_zone),
            "status_labels": STATUS_LABELS,
            "status_looks": STATUS_LOOKS,
            "channel_labels": CHANNEL_LABELS,
            "occasion_labels": {name: occasion.label for name, occasion in OCCASIONS.items()},
            "reasons": REASONS,
            "moved": MOVED,
        },
    )
