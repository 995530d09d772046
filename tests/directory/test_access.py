"""From a token or a session to a scope: everything wrong is refused with one sentence, everything right is bounded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.models import ApiKey
from chalicelib.directory.schemas import KeyIn, StaffPatch
from chalicelib.directory.service import tokens
from chalicelib.kernel import aws
from chalicelib.kernel.clock import ClockRecord, real_now, sortable
from chalicelib.kernel.errors import Unauthenticated
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Actor
from tests.builders import START, make_chain, make_key, make_property, make_staff


def refused(token: str) -> str:
    """What somebody with this token is told."""
    with pytest.raises(Unauthenticated) as refusal:
        directory.authenticate_key(token, "req_1")
    return refusal.value.detail


def swapped(token: str, **parts: Any) -> str:
    """The token with a part exchanged."""
    parsed = tokens.parse(token)
    assert parsed is not None
    return str(tokens.Token(**{**vars(parsed), **parts}))


class TestKeys:
    def test_everything_wrong_is_told_alike(self) -> None:
        chain, hq = make_chain()
        rival_chain, rival = make_chain()
        token, foreign = make_key(hq), tokens.parse(make_key(rival))
        assert foreign is not None
        told = {
            refused(""),
            refused("Bearer"),
            refused(token[:-1]),
            refused(token + "0"),
            refused("é" * 100),
            refused(swapped(token, secret=tokens.new_secret())),  # forged
            refused(swapped(token, key_id=new_id("key"))),  # unknown key
            refused(swapped(token, chain_id=new_id("chn"))),  # unknown chain
            refused(swapped(token, chain_id=rival_chain.id)),  # our key in their chain
            refused(swapped(token, key_id=foreign.key_id)),  # their key in our chain
            refused(swapped(token, is_test=False)),  # a test key dressed as a live one
        }
        assert told == {"This API key is not valid."}
        assert directory.authenticate_key(token, "req_1").chain_id == chain.id

    def test_expired_and_revoked_are_told_the_same(self) -> None:
        chain, hq = make_chain()
        for change in ({"ends_at": real_now()}, {"revoked_at": real_now()}):
            token = make_key(hq)
            parsed = tokens.parse(token)
            assert parsed is not None
            key = ApiKey.find(chain.id, parsed.key_id)
            assert key is not None
            for name, value in change.items():
                setattr(key, name, value)
            key.save()
            assert refused(token) == "This API key is not valid."

    def test_expiry_follows_real_time_not_the_chains_clock(self) -> None:
        _, hq = make_chain(now="2099-01-01T00:00:00Z")
        token = make_key(hq, expires_at=real_now() + timedelta(hours=1))
        assert directory.authenticate_key(token, "req_1").now.year == 2099

    def test_the_scope_is_the_keys(self) -> None:
        chain, hq = make_chain(default_language="zh")
        house = make_property(hq)
        scope = directory.authenticate_key(make_key(hq, ["guests:read"], property_ids=[house.id]), "req_9")
        assert scope.chain_id == chain.id and scope.actor.kind == "key" and scope.request_id == "req_9"
        assert scope.permissions == {"guests:read", "me:read"} and scope.property_ids == {house.id}
        assert scope.is_test and scope.now == START and scope.language == "zh"

    def test_a_test_chains_instant_is_its_clocks(self) -> None:
        chain, hq = make_chain()
        token = make_key(hq)
        clock = ClockRecord.find(chain.id)
        assert clock is not None
        clock.now_at = sortable(START + timedelta(days=400))
        clock.save()
        assert directory.authenticate_key(token, "r").now == START + timedelta(days=400)

    def test_a_live_chains_instant_is_real(self) -> None:
        _, hq = make_chain(mode="live")
        token = make_key(hq)
        before = real_now()
        scope = directory.authenticate_key(token, "r")
        assert token.startswith("hk_live_") and before <= scope.now <= real_now() and not scope.is_test

    @pytest.mark.parametrize(("mode", "reads"), [("test", 2), ("live", 1)])
    def test_what_it_costs(self, mode: str, reads: int) -> None:
        """One read of the key and one of the clock; a live chain's key alone."""
        _, hq = make_chain(mode=mode)
        token = make_key(hq)
        directory.authenticate_key(token, "r")  # reads the chain and notes the use
        calls: list[str] = []
        events = aws.client("dynamodb").meta.events

        def note(model: Any, **_: Any) -> None:
            calls.append(model.name)

        events.register("before-call.dynamodb", note)
        try:
            directory.authenticate_key(token, "r")
        finally:
            events.unregister("before-call.dynamodb", note)
        assert calls == ["GetItem"] * reads

    def test_a_failing_note_of_use_does_not_fail_the_request(self) -> None:
        chain, hq = make_chain()
        token = make_key(hq)
        events = aws.client("dynamodb").meta.events

        def fail(**_: Any) -> None:
            raise aws.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

        events.register("before-call.dynamodb.UpdateItem", fail)
        try:
            assert directory.authenticate_key(token, "r").chain_id == chain.id
        finally:
            events.unregister("before-call.dynamodb.UpdateItem", fail)

    def test_the_seeders_key_is_what_it_asked_for(self) -> None:
        chain, hq = make_chain()
        body = KeyIn(name="HQ", permissions=["guests:read"])
        key, token = directory.create_key(hq, body, id="key_0000000000000000000000h000", secret="0" * 40)
        assert token == f"hk_test_{chain.id[4:]}_0000000000000000000000h000_{'0' * 40}"
        assert directory.authenticate_key(token, "r").actor == Actor("key", key.id)


class TestSessions:
    def test_unknown_and_foreign_people_are_refused(self) -> None:
        chain, hq = make_chain()
        rival, _ = make_chain()
        staff = make_staff(hq)
        for chain_id, staff_id in (
            (chain.id, new_id("stf")), (rival.id, staff.id), (chain.id, "x" * 3000), ("", staff.id), (chain.id, ""),
        ):  # fmt: skip
            with pytest.raises(Unauthenticated):
                directory.authenticate_session(chain_id, staff_id, real_now(), "r")

    def test_the_scope_is_the_roles(self) -> None:
        chain, hq = make_chain()
        house = make_property(hq)
        staff = make_staff(hq, "front_desk", property_ids=[house.id], language="zh")
        scope = directory.authenticate_session(chain.id, staff.id, real_now(), "req_3")
        assert scope.permissions == directory.role_permissions("front_desk") and scope.property_ids == {house.id}
        assert scope.language == "zh" and scope.actor == Actor("staff", staff.id) and scope.now == START

    def test_a_new_password_ends_older_sessions_only(self) -> None:
        chain, hq = make_chain()
        staff = make_staff(hq)
        before = real_now()
        assert directory.authenticate_session(chain.id, staff.id, before, "r")
        directory.update_staff(hq, staff.id, StaffPatch(password="another long password"), 1)
        with pytest.raises(Unauthenticated):
            directory.authenticate_session(chain.id, staff.id, before, "r")
        assert directory.authenticate_session(chain.id, staff.id, real_now(), "r")

    def test_a_new_role_or_a_disabled_account_holds_at_once(self) -> None:
        chain, hq = make_chain()
        staff = make_staff(hq)
        began = real_now()
        directory.update_staff(hq, staff.id, StaffPatch(role="hq_analyst"), 1)
        scope = directory.authenticate_session(chain.id, staff.id, began, "r")
        assert not scope.may("guests:write")
        directory.update_staff(hq, staff.id, StaffPatch(is_disabled=True), 2)
        with pytest.raises(Unauthenticated):
            directory.authenticate_session(chain.id, staff.id, began, "r")
