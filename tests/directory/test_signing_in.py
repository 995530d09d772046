"""Signing in: right, wrong, unknown, too often, and at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.models import Attempts
from chalicelib.directory.schemas import ActivityQuery, StaffPatch
from chalicelib.directory.service import passwords, signing_in
from chalicelib.directory.service.staff import email_hash
from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import TooMany, Unauthenticated
from chalicelib.kernel.ids import keyed_hash
from tests.builders import PASSWORD, make_chain, make_staff

HERE = "192.0.2.7"


def outcome(email: str, password: str, source: str = HERE) -> str:
    """What becomes of a try."""
    try:
        return "in" if directory.sign_in(email, password, source) else "?"
    except Unauthenticated as refusal:
        return refusal.detail
    except TooMany as refusal:
        return f"wait {refusal.retry_after_s}"


def pass_time(email: str, **by: float) -> None:
    """As if the pause of an address had begun earlier."""
    record = Attempts.find(email_hash(email))
    assert record is not None
    record.blocked_until -= timedelta(**by)
    record.expires_at -= timedelta(**by)
    record.save()


WRONG = "The e-mail address or the password is not right."


def test_unknown_wrong_and_disabled_are_told_alike() -> None:
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    gone = make_staff(hq, email="gone@staff.example")
    directory.update_staff(hq, gone.id, StaffPatch(is_disabled=True), 1)
    assert outcome("ana@staff.example", "wrong password") == WRONG
    assert outcome("nobody@staff.example", PASSWORD) == WRONG
    assert outcome("gone@staff.example", PASSWORD) == WRONG
    assert outcome("no address at all", PASSWORD) == WRONG
    assert outcome("", "") == WRONG
    assert outcome("x" * 5000, "x" * 5000) == WRONG


def test_unknown_people_cost_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of an answer tells nobody whether an address is known."""
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    hashed: list[int] = []
    real = passwords.hashlib.scrypt

    def counted(*args: object, **options: int) -> bytes:
        hashed.append(options["n"] * options["r"] * options["p"])
        return real(*args, **options)

    monkeypatch.setattr(passwords.hashlib, "scrypt", counted)
    outcome("ana@staff.example", "wrong password")
    outcome("nobody@staff.example", "wrong password")
    outcome("no address", "wrong password")
    assert len(hashed) == 3 and len(set(hashed)) == 1


def test_the_right_one_is_let_in_however_the_address_is_written() -> None:
    chain, hq = make_chain()
    staff = make_staff(hq, email="Ana@staff.example")
    for email in ("Ana@staff.example", " ana@STAFF.example ", "ANA@staff.example"):
        found = directory.sign_in(email, PASSWORD, HERE)
        assert (found.chain_id, found.id) == (chain.id, staff.id)
    done, _ = directory.activity_page(hq, ActivityQuery(subject_id=staff.id))
    assert [one.action for one in done] == ["staff.signed_in"] * 3 + ["staff.created"]
    assert done[0].actor.id == staff.id


def test_five_wrong_ones_slow_down_and_the_pause_grows() -> None:
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    email = "ana@staff.example"
    assert [outcome(email, f"wrong {number}") for number in range(5)] == [WRONG] * 5
    assert outcome(email, "wrong 6") == "wait 30"
    assert outcome(email, PASSWORD) == "wait 30"  # the right one has to wait as well
    pass_time(email, seconds=31)
    assert outcome(email, "wrong 7") == WRONG
    assert outcome(email, "wrong 8") == "wait 60"
    pass_time(email, seconds=61)
    assert outcome(email, PASSWORD) == "in"
    assert Attempts.find(email_hash(email)) is None
    assert outcome(email, "wrong again") == WRONG


def test_unknown_addresses_are_slowed_alike() -> None:
    assert [outcome("nobody@staff.example", "x") for _ in range(6)] == [WRONG] * 5 + ["wait 30"]


def test_one_account_does_not_slow_another() -> None:
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    for _ in range(6):
        outcome("bob@staff.example", "x")
    assert outcome("ana@staff.example", PASSWORD) == "in"


def test_the_count_ends_after_a_day_even_if_its_removal_is_late() -> None:
    email = "nobody@staff.example"
    for _ in range(6):
        outcome(email, "x")
    pass_time(email, hours=25)
    assert [outcome(email, "x") for _ in range(6)] == [WRONG] * 5 + ["wait 30"]


def test_guesses_at_the_same_moment_get_no_extra_tries() -> None:
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda number: outcome("ana@staff.example", f"wrong {number}"), range(24)))
    assert told.count(WRONG) == 5
    assert all(one == WRONG or one.startswith("wait") for one in told)


def test_two_who_have_read_the_same_count_share_one_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last free try is somebody else's, who read the count after us and wrote before us."""
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    for number in range(4):
        outcome("ana@staff.example", f"wrong {number}")
    find, told, waiting = Attempts.find, [], ["theirs"]

    def find_and_be_overtaken(subject: str) -> Attempts | None:
        known = find(subject)
        if subject == email_hash("ana@staff.example") and waiting:
            told.append(outcome("ana@staff.example", waiting.pop()))
        return known

    monkeypatch.setattr(signing_in.Attempts, "find", find_and_be_overtaken)
    told.append(outcome("ana@staff.example", "ours"))
    assert told == [WRONG, "wait 30"]


def test_spraying_over_many_accounts_is_slowed_by_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    _, hq = make_chain()
    make_staff(hq, email="ana@staff.example")
    told = [outcome(f"somebody{number}@staff.example", "Summer2026!!") for number in range(51)]
    assert told == [WRONG] * 50 + ["wait 30"]
    assert outcome("ana@staff.example", PASSWORD) == "wait 30"
    assert outcome("ana@staff.example", PASSWORD, "198.51.100.9") == "in"
    assert Attempts.find(keyed_hash("sign-in source", HERE)) is not None


def test_no_address_and_no_source_lie_there_in_clear() -> None:
    outcome("secret.person@staff.example", "x")
    stored = str([record.serialize() for record in Attempts.scan()])
    assert "secret" not in stored and HERE not in stored


def test_the_pause_is_real_time_on_a_test_chain_too() -> None:
    _, hq = make_chain(now="2099-01-01T00:00:00Z")
    make_staff(hq, email="ana@staff.example")
    for _ in range(5):
        outcome("ana@staff.example", "x")
    record = Attempts.find(email_hash("ana@staff.example"))
    assert record is not None and record.blocked_until < real_now() + timedelta(seconds=31)
    assert timedelta(hours=24) == signing_in.ATTEMPTS_KEPT
