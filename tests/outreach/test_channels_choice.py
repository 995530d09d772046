"""Which channel carries a message: preference, content, consent, quiet hours, cost; and the reasons that are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.guests import service as guests
from chalicelib.kernel import work
from chalicelib.outreach import kinds
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules.eligibility import Contact, candidates
from tests.client import Client
from tests.outreach.faults import dying_at
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.world import GRANTED, World

assert doors  # the fixture
TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)
PHONE = "+351912345678"
BY_TEXT, BY_MAIL = {**GRANTED, "channel": "sms"}, GRANTED


def prefers(doors: Doors, guest: Any, *channels: str, addresses: Any = ()) -> Any:
    """Let a guest say what they prefer."""
    body = {"preferred": list(channels), "addresses": list(addresses)}
    reply = doors.hq.put(f"/v1/guests/{guest.id}/channels", body)
    assert reply.status == 200, reply
    return reply.json


def choice(doors: Doors, world: World) -> tuple[str | None, str | None, dict[str, str]]:
    """Channel, why it, and why not the others, of the only delivery."""
    found = doors.hq.get(f"/v1/deliveries/{world.only().id}").json
    return found["channel"], found["choice"]["why"], found["choice"]["others"]


class TestRules:
    @pytest.mark.parametrize(
        ("preferred", "tried"),
        [
            ((), ("email", "wechat", "sms")),
            (("sms",), ("sms", "email", "wechat")),
            (("wechat", "sms"), ("wechat", "sms", "email")),
            (("letter", "sms"), ("sms", "email", "wechat")),  # which is not allowed, or not there
        ],
    )
    def test_preference_then_cost(self, preferred: tuple[str, ...], tried: tuple[str, ...]) -> None:
        allowed = rules.ALLOWED["greeting"]
        order = rules.order_of(("sms", "email", "wechat", "letter"), preferred, allowed)
        assert order == (tried, ())  # a letter costs somebody's time: it is not spoken of

    def test_what_costs_somebodys_time_is_never_taken_unasked(self) -> None:
        for allowed in rules.ALLOWED.values():
            assert not set(allowed) & set(rules.CARRIED)
            assert list(allowed) == sorted(allowed, key=rules.COST_ORDER.index)

    @pytest.mark.parametrize(
        ("why", "others"),
        [(None, {}), ("preferred", {}), ("cheapest", {"sms": "behind"}), (None, {"email": "suppressed", "sms": "x"})],
    )
    def test_what_is_kept_reads_as_it_was_written(self, why: str | None, others: dict[str, str]) -> None:
        assert rules.read(rules.written(why, others)) == (why, others)

    def test_consent_goes_by_what_guests_call_a_channel(self) -> None:
        consents = {"greeting:phone": {"state": "denied"}, "greeting:letter": {"state": "granted"}}
        contacts = [Contact(name, "x") for name in ("call", "gift", "letter", "visit", "wechat")]
        found = candidates(contacts, consents, "greeting", "PT")
        assert [one.channel for one in found.contacts] == ["gift", "letter", "visit"]
        assert found.obstacles == {"call": "consent_denied", "wechat": "consent_missing"}


class TestChosen:
    def test_cheapest_without_a_word(self, world: World, doors: Doors) -> None:
        world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT])
        world.advance(TEN)
        assert choice(doors, world) == ("email", "cheapest", {"sms": "behind"})

    def test_the_only_one_says_nothing(self, world: World, doors: Doors) -> None:
        world.guest()
        world.advance(TEN)
        assert (world.only().chosen, choice(doors, world)) == (None, ("email", None, {}))

    def test_the_guests_word_comes_first(self, world: World, doors: Doors) -> None:
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT])
        prefers(doors, guest, "sms")
        world.advance(TEN)
        assert choice(doors, world) == ("sms", "preferred", {"email": "behind"})
        assert [entry["kind"] for entry in world.outbox] == ["sms"]

    def test_but_not_before_content(self, world: World, doors: Doors) -> None:
        doors.hq.put("/v1/channel-settings", {"allowed": {"greeting": ["email", "push"]}})
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT])
        prefers(doors, guest, "sms")
        world.advance(TEN)
        assert choice(doors, world) == ("email", "only", {"sms": "not_allowed"})

    def test_nor_before_consent(self, world: World, doors: Doors) -> None:
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, {**BY_TEXT, "state": "denied"}])
        prefers(doors, guest, "sms")
        world.advance(TEN)
        assert choice(doors, world) == ("email", "only", {"sms": "consent_denied"})

    def test_nor_before_quiet_hours(self, world: World, doors: Doors) -> None:
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT], time_zone="Asia/Shanghai")
        prefers(doors, guest, "sms")
        world.advance(datetime(2026, 3, 10, 1, 59, tzinfo=UTC))  # 09:59 there
        assert world.deliveries() == []
        world.advance(TEN)
        assert world.outbox[0]["chain_time"] == "2026-03-10T02:00:00Z"

    def test_nor_a_suppression(self, world: World, doors: Doors) -> None:
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT])
        prefers(doors, guest, "sms")
        doors.hq.post("/v1/suppressions", {"channel": "sms", "address": PHONE})
        world.advance(TEN)
        assert choice(doors, world) == ("email", "only", {"sms": "suppressed"})

    def test_nothing_is_left(self, world: World, doors: Doors) -> None:
        world.guest(phones=[PHONE], consents=[{**BY_MAIL, "state": "denied"}])
        world.advance(TEN)
        assert world.only().reason == "consent_denied"
        assert choice(doors, world) == (None, None, {"email": "consent_denied", "sms": "consent_missing"})

    def test_no_channel_is_for_this_content(self, world: World, doors: Doors) -> None:
        doors.hq.put("/v1/channel-settings", {"allowed": {"greeting": ["push"]}})
        world.guest()
        world.advance(TEN)
        assert (world.only().reason, world.outbox) == ("not_allowed", [])

    def test_it_is_foreseen_as_it_will_be(self, world: World, doors: Doors) -> None:
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT])
        prefers(doors, guest, "sms")
        found = doors.hq.get(f"/v1/guests/{guest.id}/occasions").json["data"]
        assert [one["channel"] for one in found if one["occasion"] == "birthday"] == ["sms"]

    def test_a_word_said_between_decision_and_claim_counts(
        self, world: World, doors: Doors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        guest = world.guest(phones=[PHONE], consents=[BY_MAIL, BY_TEXT])
        prefers(doors, guest, "sms")
        said: list[Any] = []
        counted = guests.contact_owner_count

        def count(*values: Any) -> int:
            if not said:
                said.append(prefers(doors, guest, "email"))
            return counted(*values)

        monkeypatch.setattr("chalicelib.guests.service.contact_owner_count", count)
        world.advance(TEN)
        assert [entry["kind"] for entry in world.outbox] == ["mail"]

    def test_guests_who_are_merged_keep_their_word(self, world: World, doors: Doors) -> None:
        one, other = (world.guest(phones=[phone], consents=[BY_MAIL, BY_TEXT]) for phone in (PHONE, "+351912345670"))
        prefers(doors, other, "sms", addresses=[{"channel": "wechat", "address": "openid-12345678"}])
        guests.merge(world.hq, one.id, other.id, reason="one person")
        world.run_queues()
        shown = doors.hq.get(f"/v1/guests/{one.id}/channels").json
        assert (shown["preferred"], shown["addresses"][0]["address"]) == (["sms"], "openid-12345678")
        shown = prefers(doors, one, "email", addresses=shown["addresses"])
        assert (shown["preferred"], len(shown["addresses"])) == (["email"], 1)
        world.advance(TEN)
        assert [entry["kind"] for entry in world.outbox] == ["mail"]


class TestCost:
    """A greeting of a chain that uses none of this makes not one call more; of one that does, one read."""

    def calls(self, world: World, guest: Any) -> list[str]:
        world.hq  # noqa: B018  (the chain and its clock are remembered)
        with dying_at(-1, is_after=False) as found:
            work.run(f"{world.chain.id}#{guest.id}", kinds.BIRTHDAY, now=TEN)
        return list(found)

    def test_calls(self, world: World, doors: Doors) -> None:
        first, second, third = (world.guest() for _ in range(3))
        self.calls(world, first)
        before = self.calls(world, second)
        assert before == ["GetItem", "GetItem", "Query", "TransactWriteItems", "SendEmail", "TransactWriteItems"]
        prefers(doors, third, "email")
        self.calls(world, world.guest())
        after = self.calls(world, third)
        assert after == ["GetItem", "GetItem", "GetItem", *before[2:]]


class TestTelling:
    PATH = "/v1/guests/{}/channels"

    def test_who_may(self, world: World, doors: Doors) -> None:
        guest = world.guest()
        body = {"preferred": ["email"]}
        path = self.PATH.format(guest.id)
        found = {who: getattr(doors, who).put(path, body).status for who in vars(doors)}
        assert found == {"anonymous": 401, "stranger": 404, "poor": 403, "sister": 404, "desk": 200, "hq": 200}
        assert doors.sister.get(path).status == doors.stranger.get(path).status == 404

    @pytest.mark.parametrize(
        ("body", "where"),
        [
            ({"preferred": ["pigeon"]}, ["/preferred/0"]),
            ({"preferred": ["sms", "sms"]}, ["/preferred"]),
            ({"addresses": [{"channel": "email", "address": "a@example.com"}]}, ["/addresses/0/channel"]),
            ({"addresses": [{"channel": "wechat", "address": "has spaces"}]}, ["/addresses/0/address"]),
            ({"addresses": [{"channel": "wechat", "address": "王"}]}, ["/addresses/0/address"]),
            ({"addresses": [{"channel": "wechat", "address": f"openid-{n}"} for n in range(5)]}, ["/addresses"]),
        ],
    )
    def test_what_cannot_be(self, world: World, doors: Doors, body: Any, where: list[str]) -> None:
        guest = world.guest()
        assert pointers(doors.hq.put(self.PATH.format(guest.id), body)) == where
        assert doors.hq.get(self.PATH.format(guest.id)).json["version"] == 0

    def test_an_address_is_one_guests(self, world: World, doors: Doors) -> None:
        one, other = world.guest(), world.guest()
        address = {"channel": "whatsapp", "address": "+351912000999"}
        prefers(doors, one, addresses=[address])
        hq: Client = doors.hq
        refused = hq.put(self.PATH.format(other.id), {"addresses": [address]})
        assert (refused.status, one.id in refused.text) == (409, False)
        prefers(doors, one, "email")  # and lets go of it
        assert prefers(doors, other, addresses=[address])["addresses"] == [address]

    def test_why_a_channel_may_not_be_taken(self, world: World, doors: Doors) -> None:
        guest = world.guest(phones=[PHONE])
        doors.hq.post("/v1/suppressions", {"channel": "email", "address": guest.emails[0]})
        found = {one["channel"]: one for one in doors.hq.get(self.PATH.format(guest.id)).json["reach"]}
        assert found["email"]["obstacles"] == {
            "service": "suppressed", "greeting": "suppressed", "marketing": "consent_missing",
        }  # fmt: skip
        assert found["sms"]["obstacles"] == {
            "service": None, "greeting": "consent_missing", "marketing": "consent_missing",
        }  # fmt: skip
        assert PHONE not in str(found) and guest.emails[0] not in str(found)
