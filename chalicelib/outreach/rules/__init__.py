"""Pure decisions of outreach: when, whether, and what an answer means."""
