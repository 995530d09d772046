"""Stopping by the link in a message: without signing in, at once, for good, and only what was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import ConsentSettingIn
from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import NotFound
from chalicelib.outreach import links, service
from chalicelib.outreach.guest_pages import post_unsubscription, show_unsubscription
from chalicelib.web.http import Request, Response
from tests.outreach.world import World

TEN = datetime(2026, 3, 10, 10, tzinfo=UTC)


@pytest.fixture
def token(world: World) -> str:
    """The token in the link of a greeting that was sent."""
    world.guest()
    world.advance(TEN)
    address = str(world.mail()["List-Unsubscribe"]).split(">")[0].strip("<")
    return urlsplit(address).path.rpartition("/")[2]


def ask(method: str, token: str, *, language: str = "en", body: bytes = b"", content_type: str = "") -> Response:
    headers = {"accept-language": language, "content-type": content_type}
    request = Request(method, f"/u/{token}", "/u/{token}", {"token": token}, {}, headers, body)
    return (show_unsubscription if method == "GET" else post_unsubscription)(request)


def state(world: World) -> dict[str, str]:
    guest = guests.get(world.hq, world.outbox[0]["tags"]["guest"])
    return {key: one["state"] for key, one in guest.consents.items()}


class TestThePage:
    def test_a_look_changes_nothing(self, world: World, token: str) -> None:
        for _ in range(3):
            page = ask("GET", token)
            assert page.status == 200
        assert "<button" in str(page.body)
        assert state(world) == {"greeting:email": "granted"}

    def test_it_shows_nobody_and_runs_nothing(self, world: World, token: str) -> None:
        page = ask("GET", token)
        for secret in ("Ana", "Silva", "@example", world.outbox[0]["recipient"], "<script"):
            assert secret not in str(page.body)
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Referrer-Policy"] == "no-referrer"

    def test_in_chinese(self, token: str) -> None:
        page = ask("GET", token, language="zh-CN")
        assert 'lang="zh-Hans"' in str(page.body)
        assert page.headers["Content-Language"] == "zh"
        assert "生日、纪念日和节日的电子邮件问候" in str(page.body)

    def test_a_forged_link_is_not_found(self, world: World, token: str) -> None:
        forged = [
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            "x",
            "",
            token.rpartition(".")[0],
            token.replace("greeting", "service"),
            token.replace("email", "sms"),
            token.replace("gst_0", "gst_1"),
            "é" * 10,
            token * 20,
            links._signer().sign("chn_1.gst_1").decode(),
            links.token_of(links.Unsubscription("chn_1", "gst_1", "greeting", "pigeon")),
        ]
        for one in forged:
            assert ask("GET", one).status == 404
            assert ask("POST", one).status == 404
        assert state(world) == {"greeting:email": "granted"}

    def test_the_token_holds_no_personal_data(self, world: World, token: str) -> None:
        wish = links.read_token(token)
        assert wish is not None
        assert (wish.chain_id, wish.guest_id) == (world.chain.id, world.outbox[0]["tags"]["guest"])
        assert "@" not in token


class TestStopping:
    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
            (b"--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--",
             "multipart/form-data; boundary=b"),
            (b"", ""),
        ],
    )  # fmt: skip
    def test_a_post_stops(self, world: World, token: str, body: bytes, content_type: str) -> None:
        assert ask("POST", token, body=body, content_type=content_type).status == 200
        assert state(world) == {"greeting:email": "denied"}
        world.advance(TEN + timedelta(days=366))
        assert (len(world.outbox), world.deliveries()[0].reason) == (1, "consent_denied")

    def test_again_changes_nothing(self, world: World, token: str) -> None:
        service.unsubscribe(token)
        guest_id = world.outbox[0]["tags"]["guest"]
        version = guests.get(world.hq, guest_id).version
        log = len(audit_page(world.hq, guest_id, limit=100).items)
        for _ in range(3):
            assert ask("POST", token).status == 200
        assert guests.get(world.hq, guest_id).version == version
        assert len(audit_page(world.hq, guest_id, limit=100).items) == log
        assert len(service.suppressions_page(world.hq, limit=10, after=None).items) == 1

    def test_only_this_purpose_on_this_channel(self, world: World, token: str) -> None:
        service.unsubscribe(token)
        found = service.suppressions_page(world.hq, limit=10, after=None).items[0]
        assert (found.purposes, list(found.causes)) == ({"greeting"}, ["unsubscribed:greeting"])
        guest = guests.get(world.hq, world.outbox[0]["tags"]["guest"])
        world.stay(guest)
        world.advance(TEN + timedelta(days=3))
        assert world.outbox[-1]["tags"]["kind"] == "first_stay"

    def test_somebody_else_at_the_address_is_left_alone_too(self, world: World, token: str) -> None:
        other = world.guest(emails=[world.outbox[0]["recipient"]], birth_date="1980-06-01")
        service.unsubscribe(token)
        world.advance(datetime(2026, 6, 2, tzinfo=UTC))
        latest = world.deliveries()[0]
        assert (latest.guest_id, latest.reason) == (other.id, "suppressed")

    def test_a_later_yes_counts(self, world: World, token: str) -> None:
        guest_id = world.outbox[0]["tags"]["guest"]
        service.unsubscribe(token)
        world.advance(TEN + timedelta(days=30))
        yes = ConsentSettingIn(state="granted", source="front desk")
        guests.set_consent(world.hq, guest_id, "greeting", "email", yes)
        world.advance(TEN + timedelta(days=366))
        assert [entry["chain_time"][:4] for entry in world.outbox] == ["2026", "2027"]
        assert service.suppressions_page(world.hq, limit=10, after=None).items == []

    def test_an_earlier_yes_that_arrives_late_does_not(self, world: World, token: str) -> None:
        service.unsubscribe(token)
        guest = guests.get(world.hq, world.outbox[0]["tags"]["guest"])
        late = {"state": "granted", "source": "import", "at": "2026-03-09T00:00:00.000000Z"}
        guest.consents = {"greeting:email": late}
        guest.save()
        world.advance(TEN + timedelta(days=366))
        assert (len(world.outbox), world.deliveries()[0].reason) == (1, "suppressed")

    def test_it_is_in_the_log(self, world: World, token: str) -> None:
        service.unsubscribe(token)
        found = audit_page(world.hq, world.outbox[0]["tags"]["guest"], limit=100).items
        stopped = [one for one in found if one.action == "guest.unsubscribed"]
        detail = {"purpose": "greeting", "channel": "email"}
        assert [(one.actor_kind, one.detail) for one in stopped] == [("guest", detail)]

    def test_a_guest_who_is_gone(self, world: World, token: str) -> None:
        guests.get(world.hq, world.outbox[0]["tags"]["guest"]).delete()
        assert ask("POST", token).status == 200

    def test_a_chain_that_never_was(self) -> None:
        wish = links.Unsubscription("chn_" + "0" * 26, "gst_" + "0" * 26, "greeting", "email")
        with pytest.raises(NotFound):
            service.unsubscribe(links.token_of(wish))
