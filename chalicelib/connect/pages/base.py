"""What the pages of imports share: where they are, and what kinds of files are called."""

from __future__ import annotations

from chalicelib.kernel.i18n import N_

LIST = "/portal/imports"
KIND_LABELS = {"guests": N_("Guests"), "stays": N_("Stays"), "points": N_("Opening balances")}
