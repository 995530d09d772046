"""Care in figures: what was owed to guests, what became of it, and why messages were not sent.

Read through the service, as head office would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

from chalicelib.kernel.i18n import translator
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import service as outreach
from chalicelib.outreach.rules.care import RULE_NAMES, RULES
from chalicelib.outreach.rules.obligations import OBLIGATION_STATUSES
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service import care, compliance
from chalicelib.outreach.service.compliance import ComplianceRow

Say = Callable[[str], None]

LINE = "  {:<34}{:>7}{:>10}{:>9}{:>7}{:>9}"
REASON = "  {:>7}  {:<20}{}"
# What the rules are kept by: without these a chain owes what it never writes.
WRITTEN = ("birthday", "first_stay", "festival", "monthly_contact")


def promise(scope: Scope, written: Sequence[str] = WRITTEN) -> None:
    """Switch on what a chain owes by all four rules, and the occasions that it is kept by."""
    for rule in RULE_NAMES:
        care.publish(scope, rule, {}, is_on=True, may_override=False, property_id=None)
    for occasion in written:
        offer = dict(outreach.in_force(scope)[occasion].offer)
        outreach.publish(scope, occasion, is_on=True, offer=offer)


def by_rule(scope: Scope, start: date, end: date) -> dict[str, ComplianceRow]:
    """The figures of each rule over all properties, in periods that end within these days."""
    rows = compliance.compliance(scope, start=start, end=end).rows
    return {
        name: compliance.summed(ComplianceRow(None, None, name), [one for one in rows if one.rule == name])
        for name in RULE_NAMES
    }


def tell(scope: Scope, say: Say, start: date, end: date) -> dict[str, ComplianceRow]:
    """Print care compliance and the reasons for every silence; the figures that were printed."""
    words = translator("en").gettext
    found = by_rule(scope, start, end)
    say(f"Care from {start} to {end}: rate = kept ÷ (kept + breached), excused apart")
    say(LINE.format("", *OBLIGATION_STATUSES[1:], OBLIGATION_STATUSES[0], "rate"))
    for name, row in found.items():
        rate = "–" if row.rate_percent is None else f"{row.rate_percent} %"
        label = f"{RULES[name].code} {words(RULES[name].label)}"
        say(LINE.format(label, row.kept, row.breached, row.excused, row.open, rate))
    for status in ("breached", "excused"):
        for (name, reason), count in sorted(_reasons(scope, status, start, end).items()):
            say(REASON.format(count, RULES[name].code + " " + status, reason))
    say("Messages that were not sent, by occasion and reason")
    skipped = Counter[tuple[str, str]]()
    for one in outreach.figures(scope, start=start, end=end).rows:
        for reason, count in one.skipped_by_reason.items():
            skipped[str(one.occasion), reason] += count
    for (occasion, reason), count in sorted(skipped.items()):
        say(REASON.format(count, reason, words(OCCASIONS[occasion].label)))
    if not skipped:
        say("  none")
    return found


def _reasons(scope: Scope, status: str, start: date, end: date) -> Counter[tuple[str, str]]:
    """How often which reason was given for a verdict, by rule."""
    found = Counter[tuple[str, str]]()
    for rule in RULE_NAMES:
        wanted, after = compliance.ObligationFilter(None, None, rule, status, start, end), None
        while True:
            page = compliance.obligations_page(scope, wanted, limit=100, after=after)
            found.update((rule, str(one.reason)) for one in page.items)
            after = page.next
            if after is None:
                break
    return found
