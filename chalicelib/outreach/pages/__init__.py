"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    calendar,
    calls,
    care_rules,
    chain_days,
    channels,
    contacts,
    deliveries,
    hotline,
    journey,
    obligations,
    own_days,
    policies,
    reputation,
    risks,
    strategies,
    suppressions,
    threads,
)
from chalicelib.outreach.pages.base import pages

ROOMS = (
    calls,
    calendar,
    chain_days,
    channels,
    deliveries,
    obligations,
    care_rules,
    journey,
    policies,
    strategies,
    risks,
    reputation,
    suppressions,
    own_days,
    contacts,
    threads,
    hotline,
)

__all__ = ["ROOMS", "pages"]
