"""Portal pages of outreach."""

from __future__ import annotations

from chalicelib.outreach.pages import (
    calendar,
    calls,
    care_rules,
    chain_days,
    channel_texts,
    channel_versions,
    channels,
    connectors,
    contacts,
    deliveries,
    hotline,
    journey,
    obligations,
    own_days,
    policies,
    reach,
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
    channel_texts,
    connectors,
    channel_versions,
    reach,
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
