"""Why a member has these points, or why not: sentences for the guest, for the desk, and for an auditor.

Everything is said from what the entry keeps, so that it stays true when rules change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

from chalicelib.kernel.calendars import format_day
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.i18n import N_, supported_language, translator
from chalicelib.kernel.money import format_money
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty.models import EntryRecord, Programme
from chalicelib.loyalty.rules.earning import Rule, Verdict
from chalicelib.loyalty.rules.lots import Slice
from chalicelib.loyalty.service.members import get
from chalicelib.loyalty.service.programmes import programme_of

Audience = Literal["guest", "desk", "auditor"]

# What an entry did, said to the guest. Where two stand together the second is for points taken.
HEADLINES = {
    "confirmation": N_("%(points)s points of your stay that ended on %(day)s have been confirmed."),
    "redemption": N_("You redeemed %(points)s points."),
    "hold": N_("%(held)s points are reserved for a reward."),
    "capture": N_("You redeemed %(points)s points."),
    "release": N_("The reservation of %(held)s points has ended."),
    "cancellation": N_("%(points)s points came back from a cancelled reward."),
    "extension": N_("Points were given a later end."),
    "reinstatement": N_("%(points)s points that had ended were brought back."),
    "transfer_out": N_("You gave %(points)s points to another member."),
    "transfer_in": N_("You received %(points)s points from another member."),
    "opening": N_("%(points)s points were brought over from your former programme."),
    "pool_out": N_("You put %(points)s points into your household's pool."),
    "pool_in": N_("%(points)s points came into your household's pool."),
    "merge_out": N_("%(points)s points went to the membership that this one was joined with."),
    "merge_in": N_("%(points)s points came from a membership that was joined with this one."),
    "parted_out": N_("%(points)s points went back to a membership that was joined with this one by mistake."),
    "parted_in": N_("%(points)s points came back, because this membership had been joined with another by mistake."),
    "claim": N_("You received %(points)s points for your stay that ended on %(day)s, which had been missing."),
}
EARNED = N_("You earned %(points)s points for your stay that ended on %(day)s.")
WAITING = N_("%(pending)s points for your stay that ended on %(day)s wait to be confirmed.")
TAKEN_BACK = N_("%(taken)s points were taken back, because your stay that ended on %(day)s was changed.")
ADDED = N_("We added %(points)s points.")
DEDUCTED = N_("We took off %(points)s points.")
ENDED = N_("%(points)s points ended on their last day.")
IDLE = N_("%(points)s points ended because nothing was earned or redeemed for a long time.")

WHY_NOT = {
    "other_property": N_("it is for other properties"),
    "other_channel": N_("it is for bookings made another way"),
    "other_segment": N_("it is for other kinds of stays"),
    "other_rate_plan": N_("it is for other rates"),
    "too_short": N_("the stay was too short"),
    "outside_dates": N_("it was not running on the day of arrival"),
    "nothing_eligible": N_("nothing was spent on what it counts"),
    "too_little": N_("too little was spent for a whole point"),
    "stopped": N_("a rule before it was the last to count"),
    "not_checked_out": N_("the stay is not completed"),
    "before_enrolment": N_("the stay ended before the guest joined"),
    "no_version": N_("the programme had no rules on that day"),
    "no_rate": N_("the exchange rate of that day is missing"),
    "not_first_guest": N_("the stay belongs to another guest"),
    "suspended": N_("the membership was not active"),
    "claimed": N_("its points were given for a claim"),
}

REASONS = {
    "goodwill": N_("as goodwill"),
    "missing_stay": N_("for a stay that was missing"),
    "service_failure": N_("because something went wrong"),
    "correction": N_("to correct a mistake"),
    "fraud": N_("because of misuse"),
    "migration": N_("from the former programme"),
}


@dataclass(frozen=True)
class Explanation:
    """An entry in words: the sentence, why it is this many, which points were moved, and what auditors ask for."""

    audience: Audience
    headline: str
    because: list[str]
    lots: list[str]
    record: list[str]


def explain(scope: Scope, member_id: str, entry_id: str, audience: Audience, language: str) -> Explanation:
    """An entry in words. Raises NotFound beyond the caller's wall."""
    member = get(scope, member_id)
    digits = entry_id.removeprefix("ent_")
    entry = EntryRecord.one(scope, member_id, int(digits)) if digits.isascii() and digits.isdigit() else None
    if entry is None:
        raise NotFound()
    programme = programme_of(scope, str(member.programme_id))
    words = _Words(language, programme)
    return Explanation(
        audience,
        words.headline(entry),
        words.because(entry, for_guest=audience == "guest"),
        words.lots(entry) if audience != "guest" else [],
        words.record(entry) if audience == "auditor" else [],
    )


def explain_entry(scope: Scope, programme: Programme, entry: EntryRecord, language: str) -> Explanation:
    """An entry that the caller has read already, in words for the desk."""
    words = _Words(language, programme)
    return Explanation("desk", words.headline(entry), words.because(entry, for_guest=False), words.lots(entry), [])


def say_verdicts(programme: Programme, rules: Iterable[Rule], verdicts: Iterable[Verdict], language: str) -> list[str]:
    """What each rule said of a stay, in words."""
    words = _Words(language, programme)
    names = {rule.id: rule for rule in rules}
    return [
        words.verdict(words.rule_name(names.get(one.rule_id), one.rule_id), one.points, one.why_not, one.amount)
        for one in verdicts
    ]


class _Words:
    def __init__(self, language: str, programme: Programme) -> None:
        self._language = supported_language(language)
        self._say = translator(language).gettext
        self._programme = programme

    def headline(self, entry: EntryRecord) -> str:
        """What the entry did, to the guest."""
        points, pending = int(entry.points), int(entry.pending)
        values = {
            "points": _grouped(abs(points)),
            "pending": _grouped(pending),
            "held": _grouped(abs(int(entry.held))),
            "taken": _grouped(-points - min(pending, 0)),
            "day": format_day(date.fromisoformat(str(entry.business_date)), self._language),
        }
        return self._say(self._headline(entry, points)) % values

    def _headline(self, entry: EntryRecord, points: int) -> str:
        kind = str(entry.type)
        if kind == "accrual":
            return EARNED if points else WAITING
        if kind == "reversal":
            return TAKEN_BACK
        if kind == "adjustment":
            return ADDED if points > 0 else DEDUCTED
        if kind == "expiry":
            return IDLE if entry.reason == "idle" else ENDED
        if entry.reason == "pool" and kind.startswith("transfer_"):
            kind = kind.replace("transfer", "pool")
        if entry.reason == "parted" and kind.startswith("merge_"):
            kind = kind.replace("merge", "parted")
        return HEADLINES[kind]

    def because(self, entry: EntryRecord, *, for_guest: bool) -> list[str]:
        """Why it is this many: what each rule said, or the reason somebody gave."""
        detail: dict[str, Any] = dict(entry.detail or {})
        said = []
        rules = {rule.id: rule for version in self._programme.all_versions for rule in version.rules}
        for one in detail.get("verdicts", ()):
            if for_guest and one["why_not"]:
                continue
            name = self.rule_name(rules.get(one["rule"]), one["rule"])
            said.append(self.verdict(name, one["points"], one["why_not"], one["amount"]))
        if detail.get("why_not"):
            said.append(self._say(N_("The stay earns nothing: %(why)s.")) % {"why": self._why(detail["why_not"])})
        if entry.reason in REASONS:
            said.append(self._say(N_("Done %(reason)s.")) % {"reason": self._say(REASONS[str(entry.reason)])})
        if int(entry.written_off) > 0 and entry.type == "merge_in":
            gone = self._say(N_("%(points)s points had been spent meanwhile and could not be given back."))
            said.append(gone % {"points": _grouped(int(entry.written_off))})
        elif int(entry.written_off) > 0:
            kept = self._say(N_("%(points)s points had been spent and stay with the guest."))
            said.append(kept % {"points": _grouped(int(entry.written_off))})
        if int(entry.debt) < 0:
            made_up = self._say(N_("%(points)s of them made up for points owed."))
            said.append(made_up % {"points": _grouped(-int(entry.debt))})
        if int(entry.debt) > 0:
            said.append(self._say(N_("%(points)s points are owed now.")) % {"points": _grouped(int(entry.debt))})
        return said

    def verdict(self, name: str, points: int, why_not: str | None, amount: int | None) -> str:
        """What one rule said."""
        if why_not:
            return self._say(N_("%(rule)s: no points, because %(why)s.")) % {"rule": name, "why": self._why(why_not)}
        if amount is None:
            return self._say(N_("%(rule)s: %(points)s points.")) % {"rule": name, "points": _grouped(points)}
        money = format_money(amount, str(self._programme.currency), self._language)
        return self._say(N_("%(rule)s: %(points)s points for %(money)s.")) % {
            "rule": name,
            "points": _grouped(points),
            "money": money,
        }

    def rule_name(self, rule: Rule | None, rule_id: str) -> str:
        """A rule in the reader's words, else its id."""
        names = dict(rule.names) if rule else {}
        return names.get(self._language) or names.get("en") or rule_id

    def lots(self, entry: EntryRecord) -> list[str]:
        """Which points were moved: of which day, and until when they live."""
        return [
            *(self._slice(N_("%(points)s points of %(day)s taken, %(end)s."), one) for one in entry.taken_slices),
            *(self._slice(N_("%(points)s points of %(day)s given, %(end)s."), one) for one in entry.given_slices),
        ]

    def _slice(self, sentence: str, one: Slice) -> str:
        last_day = one.terms.expires_on
        if last_day is None:
            end = self._say(N_("without an end"))
        else:
            end = self._say(N_("living through %(day)s")) % {"day": format_day(last_day, self._language)}
        day = format_day(one.terms.earned_on, self._language)
        return self._say(sentence) % {"points": _grouped(one.points), "day": day, "end": end}

    def record(self, entry: EntryRecord) -> list[str]:
        """What an auditor asks for."""
        lines = [
            self._say(N_("Entry %(number)d of the member; the balance after it is %(balance)d."))
            % {"number": entry.sequence, "balance": int(entry.balance_after)},
            self._say(N_("Booked at %(at)s by %(kind)s %(id)s; business date %(day)s; source %(source)s."))
            % {
                "at": entry.at,
                "kind": entry.actor_kind,
                "id": entry.actor_id,
                "day": entry.business_date,
                "source": entry.source,
            },
            self._say(N_("Funded by %(funding)s; costs borne by %(cost)s."))
            % {"funding": entry.funding_owner, "cost": entry.cost_owner or entry.funding_owner},
        ]
        if entry.programme_version is not None:
            said = N_("Version %(version)d of the rules, rate %(rate)s.")
            lines.append(self._say(said) % {"version": int(entry.programme_version), "rate": entry.rate or "1"})
        if entry.reverses:
            lines.append(self._say(N_("It goes back to entry %(entry)s.")) % {"entry": entry.reverses})
        return lines

    def _why(self, code: str) -> str:
        return self._say(WHY_NOT.get(code, code))


def _grouped(points: int) -> str:
    """`12,500`, as both languages write it."""
    return f"{points:,}"
