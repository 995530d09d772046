"""Signing in with an address and a password. Unknown addresses are treated, counted and timed like known ones.

A try is counted before the password is looked at, under a condition on the count, so that guesses made at the same
moment get no extra tries. The count follows the address that was typed, hashed; after a success it is forgotten.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from chalicelib.directory import rules
from chalicelib.directory.models import Attempts, SignIn, Staff
from chalicelib.directory.service import catalogue, passwords
from chalicelib.directory.service.staff import email_hash
from chalicelib.kernel import aws, logs, metrics
from chalicelib.kernel.clock import chain_now, real_now, sortable
from chalicelib.kernel.errors import Busy, Stale, TooMany, Unauthenticated
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.kernel.ids import keyed_hash
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.tenancy import SIGN_IN, door, inside, through
from chalicelib.kernel.text import normalise_email
from chalicelib.kernel.unit import Unit, retried

log = logs.Log(__name__)

REFUSED = N_("The e-mail address or the password is not right.")
SLOWED = N_("Too many wrong passwords. Wait a little before you try again.")
ATTEMPTS_KEPT = timedelta(hours=24)
SESSION_LASTS = timedelta(hours=12)  # one long shift, as the portal's cookie says too
ENDED_KEPT_MAX = 200  # nobody signs in and out more often within one shift
PASSWORD_READ_MAX = 1000  # nobody's password is longer; hashing more would be work for nothing
NOBODY = ("chn_nobody", "stf_nobody")


@door  # whoever is signed in already may become somebody of another chain
def sign_in(email: str, password: str, source_ip: str) -> Staff:
    """The member of staff whom an address and a password belong to.

    Raises Unauthenticated with one sentence for whatever is wrong, TooMany after five tries in a row.
    """
    address = _hash_of(email)
    source = keyed_hash("sign-in source", source_ip) if source_ip else None
    with through(SIGN_IN):
        if source is not None:
            _require_no_pause(Attempts.find(source))
        _count(address, rules.WRONG_PASSWORDS_FREE)
        pointer = SignIn.find(address)
    # An unknown address costs the same reads and the same hashing as a known one.
    chain_id, staff_id = (pointer.chain_id, pointer.staff_id) if pointer else NOBODY
    with inside(chain_id):
        staff = Staff.find(chain_id, staff_id)
    stored = staff.password_hash if staff is not None else passwords.NOBODYS
    is_right = passwords.is_right(password[:PASSWORD_READ_MAX], stored)
    if staff is None or staff.is_disabled or not is_right:
        if source is not None:
            with through(SIGN_IN):
                _count(source, rules.WRONG_FROM_SOURCE_FREE)
        raise Unauthenticated(REFUSED)
    with inside(chain_id):
        _note(staff)
    with through(SIGN_IN):
        _forget(address)
    return staff


def sign_out(scope: Scope, signed_in_at: datetime) -> None:
    """End the session that began at an instant: its cookie opens nothing from now on, wherever a copy of it lies."""
    retried(lambda: _end(scope, signed_in_at))


def _end(scope: Scope, signed_in_at: datetime) -> None:
    staff = Staff.find(scope.chain_id, scope.actor.id)
    if staff is None:
        return
    # Older ones are refused for their age, so there are never more than somebody ends within one shift.
    oldest = sortable(real_now() - SESSION_LASTS)
    ended = {one for one in staff.ended_sessions or () if one >= oldest} | {sortable(signed_in_at)}
    staff.ended_sessions = set(sorted(ended)[-ENDED_KEPT_MAX:])
    unit = Unit(scope)
    unit.update(staff)
    unit.audit("staff.signed_out", staff.id)
    unit.commit()


def _note(staff: Staff) -> None:
    """Write into the activity log who has signed in."""
    chain = catalogue.known_chain(staff.chain_id)
    if chain is None:
        raise Unauthenticated(REFUSED)
    now = chain_now(chain.id, is_test=chain.is_test)
    unit = Unit(Scope(chain.id, Actor("staff", staff.id), now, is_test=chain.is_test))
    unit.audit("staff.signed_in", staff.id)
    unit.commit()


def _hash_of(email: str) -> str:
    try:
        return email_hash(normalise_email(email))
    except InvalidValue:
        return keyed_hash("sign-in", email)  # nobody's, but it is counted


def _count(subject: str, free: int) -> None:
    """Count one try. Raises TooMany while the pause after the tries before it lasts."""

    def attempt() -> None:
        known = Attempts.find(subject)
        _require_no_pause(known)
        now = real_now()
        is_first = known is None or known.expires_at <= now  # a time to live removes things late
        record = known or Attempts(subject_hash=subject)
        record.tries = 1 if is_first else int(record.tries) + 1
        record.blocked_until = now + timedelta(seconds=rules.sign_in_pause_s(record.tries, free))
        record.expires_at = now + ATTEMPTS_KEPT
        unit = Unit(Scope("", Actor("public", ""), now))
        if known is None:
            unit.create(record, refusal=Stale())
        else:
            unit.update(record)
        unit.commit()

    try:
        retried(attempt)
    except Busy:
        raise TooMany(SLOWED, retry_after_s=1) from None


def _require_no_pause(known: Attempts | None) -> None:
    if known is None:
        return
    left_s = (known.blocked_until - real_now()).total_seconds()
    if left_s > 0:
        log.warning("sign_in_paused", tries=int(known.tries))
        metrics.count(metrics.SIGN_IN_PAUSES)
        raise TooMany(SLOWED, retry_after_s=math.ceil(left_s))


def _forget(subject: str) -> None:
    """After a success nobody has to wait any more."""
    aws.client("dynamodb").delete_item(TableName=Attempts.Meta.table_name, Key=Attempts.raw_key(subject))
