"""Prints the year: care by property and month, messages by occasion, calls, silences with their words, the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from chalicelib.kernel.i18n import translator
from chalicelib.outreach.rules.care import RULE_NAMES, RULES
from chalicelib.outreach.rules.obligations import OWN_REASONS
from chalicelib.outreach.rules.silence import CALLS_MAX
from chalicelib.outreach.rules.vocabulary import OCCASIONS, REASONS
from chalicelib.outreach.service.compliance import ComplianceRow, summed
from infra.demo.bookings import Hotel
from infra.demo.year import houses
from infra.demo.year.accounts import Books, Check

Say = Callable[[str], None]

CARE = "  {:<36}{:>7}{:>10}{:>9}{:>7}{:>9}"
MESSAGES = "  {:<34}{:>6} ={:>6} sent{:>6} skipped{:>4} parked{:>4} failed"
SHOWN_MAX = 10  # of what differs
LANGUAGES = ("en", "zh")
NAMES = {house: hotel.value for hotel, house in houses.HOUSES.items()}


def tell(books: Books, checks: list[Check], say: Say) -> bool:
    """Print everything; whether every account comes out even."""
    _tell_part(books, say)
    _tell_care(books, say)
    _tell_messages(books, say)
    _tell_calls(books, say)
    _tell_reasons(books, say)
    return _tell_checks(checks, say)


def _tell_part(books: Books, say: Say) -> None:
    part, bookings = books.part, sum(len(one.bookings) for one in books.part.people.values())
    say(f"From {part.span.history} to {part.span.last} with a part of the bookings, in a chain of its own:")
    lunar = sum(one.is_lunar for one in part.people.values())
    say(f"  {len(part.people):,} guests, {lunar} of them with a lunar birthday, and all their {bookings:,} bookings")


def _tell_care(books: Books, say: Say) -> None:
    words = translator("en").gettext
    say("Care by property and month: rate = kept ÷ (kept + breached), excused apart")
    say(CARE.format("", "kept", "breached", "excused", "open", "rate"))
    for hotel in Hotel:
        of_house = [one for one in books.care if one.property_id == houses.HOUSES[hotel]]
        for month in sorted({str(one.month) for one in of_house}):
            _say_row(f"{hotel.value} {month}", [one for one in of_house if one.month == month], say)
        _say_row(f"{hotel.value}, all", of_house, say)
    _say_row("the chain itself", [one for one in books.care if one.property_id is None], say)
    for name in RULE_NAMES:
        label = f"{RULES[name].code} {words(RULES[name].label)}"
        _say_row(label, [one for one in books.care if one.rule == name], say)
    _say_row("The year", books.care, say)


def _say_row(label: str, rows: list[ComplianceRow], say: Say) -> None:
    if rows:
        row = summed(ComplianceRow(None, None, None), rows)
        rate = "–" if row.rate_percent is None else f"{row.rate_percent} %"
        say(CARE.format(label, row.kept, row.breached, row.excused, row.open, rate))


def _tell_messages(books: Books, say: Say) -> None:
    words = translator("en").gettext
    say("Messages by occasion: due, and what became of them")
    found: dict[str, Counter[str]] = {}
    for row in books.figures:
        counts = found.setdefault(str(row.occasion), Counter())
        for name in ("due", "sent", "skipped", "parked", "failed"):
            counts[name] += getattr(row, name)
    total = Counter[str]()
    for occasion, counts in sorted(found.items()):
        total.update(counts)
        _say_messages(words(OCCASIONS[occasion].label), counts, say)
    _say_messages("all", total, say)
    posted = Counter(str(one["delivery_id"]) for one in books.messages)
    say(f"  At the outbox: {posted.total():,} messages, {posted.total() - len(posted)} duplicated.")


def _say_messages(label: str, counts: Counter[str], say: Say) -> None:
    say(MESSAGES.format(label, *(counts[name] for name in ("due", "sent", "skipped", "parked", "failed"))))


def _tell_calls(books: Books, say: Say) -> None:
    say(f"Calls to guests who fell silent: at most {CALLS_MAX} new ones of a property and a day; the others get a mail")
    for house, name in NAMES.items():
        days = {day: count for (one, day), count in books.opened.items() if one == house}
        mails = sum(one.occasion == "silence" and one.property_id == house for one in books.deliveries)
        ends = Counter(str(one.outcome or one.status) for one in books.calls if one.property_id == house)
        busiest = max(days.values(), default=0)
        say(
            f"  {name}: {sum(days.values())} calls on {len(days)} days, at most {busiest} a day; mails instead: {mails}"
        )
        if ends:
            say("    " + ", ".join(f"{count} {end}" for end, count in sorted(ends.items())))


def _tell_reasons(books: Books, say: Say) -> None:
    """Each reason once, with its words in both languages, what would have to change, and how often which occasion."""
    skipped: dict[str, Counter[str]] = {}
    for row in books.figures:
        for reason, count in row.skipped_by_reason.items():
            skipped.setdefault(reason, Counter())[str(row.occasion)] += count
    say("Messages that were not sent, by reason; → what would have to change")
    for reason, counts in sorted(skipped.items(), key=lambda one: (-one[1].total(), one[0])):
        by_occasion = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
        say(f"  {counts.total():>6}  {reason}: {by_occasion}")
        for language in LANGUAGES:
            words = translator(language).gettext
            say(f"          {words(REASONS[reason].why)} → {words(REASONS[reason].remedy)}")
    verdicts: dict[tuple[str, str], Counter[str]] = {}
    for one in books.obligations:
        if one.status in ("breached", "excused"):
            verdicts.setdefault((str(one.status), str(one.reason)), Counter())[RULES[one.rule].code] += 1
    say("What was owed and not kept, by reason")
    for (status, reason), counts in sorted(verdicts.items(), key=lambda one: (one[0][0], -one[1].total(), one[0][1])):
        rules = ", ".join(f"{code} {number}" for code, number in sorted(counts.items()))
        say(f"  {counts.total():>6}  {status} for {reason}: {rules}")
        say("          " + " / ".join(_why(reason, language) for language in LANGUAGES))


def _why(reason: str, language: str) -> str:
    text = REASONS[reason].why if reason in REASONS else OWN_REASONS[reason]
    return translator(language).gettext(text)


def _tell_checks(checks: Iterable[Check], say: Say) -> bool:
    say("Whether it comes out even")
    is_right = True
    for one in checks:
        is_right = is_right and one.is_right
        if isinstance(one.found, int):
            wanted = f" of {one.wanted:,}" if one.wanted else ""
            say(f"  {one.name}: {one.found:,}{wanted} {'ok' if one.is_right else 'WRONG'}")
        else:
            say(f"  {one.name}: {'ok' if one.is_right else 'WRONG ' + _difference(one)}")
    return is_right


def _difference(check: Check) -> str:
    """The first of what is there and should not be, or the other way round."""
    if isinstance(check.found, Counter):
        keys = [one for one in check.found.keys() | check.wanted.keys() if check.found[one] != check.wanted[one]]
        differing = [f"{one}: {check.found[one]} and {check.wanted[one]}" for one in keys]
        return "; ".join(sorted(differing)[:SHOWN_MAX])
    return "; ".join(str(one) for one in list(check.found)[:SHOWN_MAX])
