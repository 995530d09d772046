"""What guests say about consent, what holds, and the history of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.guests import service
from chalicelib.guests.events import GUEST_CHANGED
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Invalid, Malformed, NotFound, Stale
from chalicelib.kernel.events import Event
from chalicelib.kernel.unit import Unit
from tests.builders import make_chain
from tests.guests.conftest import World


def say(world: World, guest: service.Guest, state: str, **rest: Any) -> service.Guest:
    values = {"state": state, "source": "desk", **rest}
    body = ConsentSettingIn.model_validate({name: value for name, value in values.items() if name != "scope"})
    return service.set_consent(rest.get("scope", world.hq), guest.id, "greeting", "email", body)


def history(world: World, guest: service.Guest) -> list[tuple[str, str, str]]:
    """Everything declared, the latest first."""
    _, page = service.consent_history(world.hq, guest.id, limit=100, after=None)
    return [(one["purpose"], one["state"], one["source"]) for entry in page.entries for one in entry.changes]


class TestSetConsent:
    def test_it_holds_with_source_and_time_and_is_kept(self, world: World) -> None:
        guest = say(world, world.create(), "granted")
        assert guest.consents == {
            "greeting:email": {"state": "granted", "source": "desk", "at": "2026-03-04T08:00:00.000000Z"}
        }
        assert service.get(world.hq, guest.id).consents == guest.consents
        say(world, guest, "denied", source="letter")
        assert history(world, guest) == [("greeting", "denied", "letter"), ("greeting", "granted", "desk")]

    def test_saying_it_again_changes_nothing(self, world: World) -> None:
        guest = world.create()
        assert [say(world, guest, "granted").version for _ in range(3)] == [2, 2, 2]
        assert len(history(world, guest)) == 1

    def test_on_a_clock_that_stands_the_last_word_holds(self, world: World) -> None:
        guest = world.create()
        for state in ("granted", "denied", "granted"):
            assert say(world, guest, state).consents["greeting:email"]["state"] == state

    def test_an_older_statement_changes_nothing(self, world: World) -> None:
        guest = world.create()
        say(world, guest, "denied", at="2026-02-01T00:00:00Z")
        assert say(world, guest, "granted", at="2026-01-01T00:00:00Z").consents["greeting:email"]["state"] == "denied"
        assert len(history(world, guest)) == 1
        assert say(world, guest, "granted", at="2026-02-02T00:00:00Z").consents["greeting:email"] == {
            "state": "granted", "source": "desk", "at": "2026-02-02T00:00:00.000000Z"
        }  # fmt: skip

    def test_nobody_declares_in_the_future(self, world: World) -> None:
        with pytest.raises(Invalid):
            say(world, world.create(), "granted", at="2026-03-04T08:10:00Z")

    @pytest.mark.parametrize(("purpose", "channel"), [("greeting", "pigeon"), ("fun", "email"), ("", "")])
    def test_other_purposes_and_channels_are_not_there(self, world: World, purpose: str, channel: str) -> None:
        with pytest.raises(NotFound):
            body = ConsentSettingIn(state="granted", source="desk")
            service.set_consent(world.hq, world.create().id, purpose, channel, body)

    def test_beyond_the_wall_nobody_consents(self, world: World) -> None:
        guest = world.create()
        for scope in (make_chain()[1], world.desk(world.sister)):
            with pytest.raises(NotFound):
                say(world, guest, "granted", scope=scope)
            with pytest.raises(NotFound):
                service.consent_history(scope, guest.id, limit=5, after=None)

    def test_it_is_told_and_noted(self, world: World, heard: Callable[[], list[Event]]) -> None:
        guest = world.create()
        heard()
        say(world, guest, "denied")
        (event,) = heard()
        assert (event.type, event.detail["fields"], event.version) == (GUEST_CHANGED, ["consents"], 2)
        line = audit_page(world.hq, guest.id, limit=1).items[0]
        assert (line.action, line.detail) == (
            "guest.consent_changed", {"consents": "greeting:email", "state": "denied"}
        )  # fmt: skip

    def test_lists_show_the_change(self, world: World) -> None:
        guest = world.create()
        later = world.hq.at(datetime(2026, 3, 5, tzinfo=UTC))
        say(world, guest, "granted", scope=later)
        assert world.listed(updated_since=later.now) == [guest.id]


class TestWithdraw:
    def test_what_was_granted_or_open_is_denied_in_the_callers_unit(self, world: World) -> None:
        guest = say(world, world.create(), "granted")
        unit = Unit(world.hq)
        purposes = ["greeting", "marketing"]
        assert service.withdraw_consent(world.hq, unit, guest, purposes, "email", "unsubscribe link")
        assert service.get(world.hq, guest.id).consents["greeting:email"]["state"] == "granted"
        unit.commit()
        kept = service.get(world.hq, guest.id)
        assert {key: one["state"] for key, one in kept.consents.items()} == {
            "greeting:email": "denied", "marketing:email": "denied"
        }  # fmt: skip
        assert len(history(world, guest)) == 3

    def test_twice_is_no_news(self, world: World) -> None:
        guest = say(world, world.create(), "denied")
        unit = Unit(world.hq)
        assert not service.withdraw_consent(world.hq, unit, guest, ["greeting"], "email", "link")
        assert unit.size == 0

    def test_somebody_wrote_meanwhile(self, world: World) -> None:
        guest = world.create()
        say(world, guest, "granted")
        unit = Unit(world.hq)
        service.withdraw_consent(world.hq, unit, guest, ["greeting"], "email", "link")
        with pytest.raises(Stale):
            unit.commit()


class TestHistory:
    def test_pages(self, world: World) -> None:
        guest = world.create()
        for number in range(5):
            say(world, guest, "granted", source=f"s{number}")
        seen: list[str] = []
        after: str | None = None
        while True:
            _, page = service.consent_history(world.hq, guest.id, limit=2, after=after)
            seen += [entry.changes[0]["source"] for entry in page.entries]
            after = page.next
            if after is None:
                break
            other = world.create()
            with pytest.raises(Malformed):
                service.consent_history(world.hq, other.id, limit=2, after=after)
        assert seen == ["s4", "s3", "s2", "s1", "s0"]

    def test_consents_given_when_created_are_one_declaration(self, world: World) -> None:
        said = {"state": "granted", "source": "form"}
        guest = world.create(
            consents=[{"purpose": "greeting", "channel": channel, **said} for channel in ("email", "sms")]
        )
        _, page = service.consent_history(world.hq, guest.id, limit=5, after=None)
        assert len(page.entries) == 1 and len(page.entries[0].changes) == 2
