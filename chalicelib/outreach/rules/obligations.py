"""What became of one thing owed: kept, breached, excused with a reason, or open; and what counts as its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, get_args

from chalicelib.kernel.i18n import N_

ObligationStatus = Literal["open", "kept", "breached", "excused"]
OBLIGATION_STATUSES: tuple[ObligationStatus, ...] = get_args(ObligationStatus)

# What has arrived counts, and so does what nobody has heard a bounce of; a complaint says that it was read.
ARRIVED = frozenset({"sent", "delivered", "complained"})
PENDING = frozenset({"claimed", "parked"})

# Nothing was sent, and rightly so: the guest's own word, or nowhere to write to.
EXCUSING = frozenset(
    {"consent_missing", "consent_denied", "suppressed", "minor", "do_not_greet", "no_channel", "shared_contact"}
    | {"relay_address", "lunar_unknown", "no_birth_date", "frequency_cap", "stay_reversed", "not_first_stay"}
    | {"greeted_while_merged", "merged", "guest_gone", "not_reached", "withdrawn"}
)
NEVER_OWED = frozenset({"before_activation"})

# Of calls: nobody answered though somebody called; nothing was left to call for; nobody called.
UNANSWERED = frozenset({"no_answer", "callback", "wrong_number", "not_reached"})
WITHDRAWN = frozenset({"cancelled", "withdrawn"})
NOT_CALLED = frozenset({"expired", "not_called", "given_up"})

# Reasons that only obligations have; those of messages are in `vocabulary`.
OWN_REASONS: dict[str, str] = {
    "merged": N_("The guest is one person with another, who is owed the same."),
    "guest_gone": N_("The guest is no longer there."),
    "not_reached": N_("The house called, and nobody answered."),
    "withdrawn": N_("The call was no longer called for, as when the guest has booked."),
    "not_called": N_("Nobody called."),
    "failed": N_("The message was refused."),
    "bounced": N_("The message came back."),
    "unknown": N_("Nobody knows whether the message was sent."),
    "too_few": N_("There were fewer contacts than are owed."),
    "no_contact": N_("Nobody wrote and nobody called."),
}


class Evidence(NamedTuple):
    """A contact that was made: by a message (`delivery`) or by a person (`task`)."""

    kind: str
    id: str
    at: str  # sortable instant

    def as_dict(self) -> dict[str, str]:
        """What is stored."""
        return self._asdict()

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Evidence:
        """A stored one."""
        return cls(str(stored["kind"]), str(stored["id"]), str(stored["at"]))


class Message(NamedTuple):
    """A message of the guest's, as far as it matters here."""

    id: str
    at: str  # when it was decided, as a sortable instant
    status: str
    reason: str | None


class Verdict(NamedTuple):
    """What became of an obligation. `waits`: a message of it is not settled yet."""

    status: ObligationStatus
    reason: str | None = None
    evidence: tuple[Evidence, ...] = ()
    waits: bool = False


def judge(messages: Iterable[Message], persons: Iterable[Evidence], *, needed: int, until: str) -> Verdict:
    """The verdict at the end of the period, which ends at the sortable instant `until`.

    Without any trace of a decision the verdict is a breach for `no_contact`; whether the guest could have been
    written to at all is for the caller to find out.
    """
    known = [one for one in messages if one.at < until]
    made = {(one.kind, one.id): one for one in persons if one.at < until}
    made |= {("delivery", one.id): Evidence("delivery", one.id, one.at) for one in known if one.status in ARRIVED}
    evidence = tuple(sorted(made.values(), key=lambda one: (one.at, one.id)))
    if len(evidence) >= needed:
        return Verdict("kept", None, evidence)
    if any(one.status in PENDING for one in known):
        return Verdict("open", None, evidence, waits=True)
    reasons = [reason for one in known if (reason := _reason(one)) is not None]
    excuses = [one for one in reasons if one in EXCUSING]
    if excuses:
        return Verdict("excused", excuses[-1], evidence)
    if evidence:
        return Verdict("breached", "too_few", evidence)
    return Verdict("breached", reasons[-1] if reasons else "no_contact", evidence)


def verdict_of_skip(reason: str) -> Verdict:
    """What a skip makes of what was owed: excused by the guest's side, breached by the chain's."""
    return Verdict("excused" if reason in EXCUSING else "breached", reason)


def verdict_of_call(outcome: str | None, evidence: Evidence, *, is_late: bool) -> Verdict:
    """What a closed call makes of it. A call that came late is evidence, and a breach all the same."""
    if outcome in WITHDRAWN:
        return Verdict("excused", "withdrawn")
    if not outcome or outcome in NOT_CALLED:
        return Verdict("breached", "not_called")
    if is_late:
        return Verdict("breached", "too_late", (evidence,))
    if outcome in UNANSWERED:
        return Verdict("excused", "not_reached")
    return Verdict("kept", None, (evidence,))


def is_contact(outcome: str | None) -> bool:
    """Whether a closed call means that somebody has spoken with the guest."""
    return bool(outcome) and outcome not in UNANSWERED | WITHDRAWN | NOT_CALLED


def _reason(message: Message) -> str | None:
    """Why a message is no contact; None for one that is."""
    if message.status == "skipped":
        return message.reason
    return message.status if message.status in ("failed", "bounced", "unknown") else None
