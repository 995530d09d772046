"""Connectors in the portal: made, changed, given another secret, removed; and the app's applications."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.clock import real_now
from chalicelib.outreach.channels import secrets
from chalicelib.outreach.rules import connectors as rules
from chalicelib.outreach.rules.connectors import Connector
from chalicelib.outreach.service import channels, connecting
from tests.builders import make_chain
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

PATH, APPLICATIONS = "/portal/channels/connectors", "/portal/channels/applications"
HOOK = {"channel": "wechat", "name": "Gateway", "url": "https://chat.example.com/hook"}


def known(world: World) -> list[Connector]:
    return connecting.connectors_page(world.hq, limit=9, after=None)[0]


def secrets_in(html: str) -> list[str]:
    return re.findall(r"whsec_[A-Za-z0-9+/=]+", html)


def holding(world: World, one: Connector, at: Any) -> list[str]:
    """The secrets that hold at an instant, the present one first."""
    return [rules.shown_secret(key) for key in secrets.keys_of(world.chain.id, one, at)]


def test_from_the_first_to_the_last(world: World) -> None:
    hq = signed_in(world, "hq_admin")
    page = hq.get(PATH)
    assert "Nobody carries WeChat or WhatsApp for the chain yet" in page.text
    wrong = hq.submit(page, PATH, **{**HOOK, "name": "", "url": "http://chat.example.com/"})
    assert wrong.status == 422 and 'value="http://chat.example.com/"' in wrong.html
    assert 'id="fault-name">This must not be empty.' in wrong.html and known(world) == []
    wrong = hq.submit(page, PATH, **{**HOOK, "url": "http://chat.example.com/"})
    assert 'id="fault-url">This must be an https address with the name of a host.' in wrong.html
    # Its secret is shown on the page that answers, and on no other; sent twice, made once.
    made = hq.submit(page, PATH, **HOOK)
    (one,) = known(world)
    assert secrets_in(made.html) == holding(world, one, real_now()) and "The secret of Gateway" in made.text
    again = hq.submit(page, PATH, **HOOK)
    assert again.status == 200 and secrets_in(again.html) == [] and known(world) == [one]
    assert "This has been done already, and its secret was shown then." in again.text
    page = hq.get(PATH)
    assert secrets_in(page.html) == [] and f"/{one.id}" in page.html and "States come back to" in page.text
    assert '<option value="wechat"' not in page.html and '<option value="whatsapp"' in page.html  # one for a channel
    # Another name and address; whoever saves over that is told.
    change = f"{PATH}/{one.id}"
    wrong = hq.submit(page, change, name="", url="https://10.0.0.1/")
    assert wrong.status == 422 and f'id="{one.id}-name">This must not be empty.' in wrong.html
    assert wrong.html.count("<details open>") == 1 and 'value="https://10.0.0.1/"' in wrong.html
    wrong = hq.submit(page, change, name="Gate", url="https://10.0.0.1/")
    assert f'id="{one.id}-url">This must be an https address' in wrong.html
    assert hq.submit(page, change, name="Gate", url="https://gate.example.com/in").headers["location"] == PATH
    assert [(now.name, now.url, now.channel) for now in known(world)] == [
        ("Gate", "https://gate.example.com/in", "wechat")
    ]
    late = hq.submit(page, change, name="Mine", url=HOOK["url"], key="late")
    assert late.status == 422 and "Open the page anew and try again." in late.text and 'value="Mine"' in late.html
    assert known(world)[0].name == "Gate"


def test_another_secret_and_none_any_more(world: World) -> None:
    connecting.create_connector(world.hq, name="Gateway", url=HOOK["url"], channel="wechat")
    (before,) = known(world)
    hq = signed_in(world, "hq_admin")
    page = hq.get(PATH)
    for words in (
        "For a day messages are signed with both", "Remove Gateway?",
        "Nothing goes by WeChat any more: each message takes", "Guests' addresses there stay",
    ):  # fmt: skip
        assert words in page.text, words
    assert "The one before it holds until" not in page.text
    rotate, remove = f"{PATH}/{before.id}/secrets", f"{PATH}/{before.id}/removals"
    made = hq.submit(page, rotate)
    (one,) = known(world)
    new, old = holding(world, one, real_now())
    assert secrets_in(made.html) == [new] and holding(world, before, real_now()) == [old]
    assert holding(world, one, one.rotated_at + timedelta(days=1)) == [new]
    assert "The one before it holds until" in made.text and "The one that is on its way out ends at once." in made.text
    # Sent again, or by somebody who had looked before: no third secret, which would end the first at once.
    assert secrets_in(hq.submit(page, rotate).html) == []
    late = hq.submit(page, rotate, key="late")
    assert late.status == 422 and "Open the page anew and try again." in late.text and secrets_in(late.html) == []
    assert [now.generation for now in known(world)] == [2]
    # Removed as it was looked at: not while somebody changes it, and then for good.
    stale = hq.submit(page, remove)
    assert stale.status == 422 and known(world) == [one]
    for key in ("first", "second"):  # what is gone is gone
        assert hq.submit(stale, remove, key=key).headers["location"] == PATH
    assert known(world) == [] and hq.submit(stale, rotate).status == 404
    noted = [one.action for one in audit_page(world.hq, before.id, limit=100).items]
    assert sorted(noted) == ["connector.created", "connector.removed", "connector.secret_rotated"]
    assert connecting.create_connector(world.hq, name="Other", url=HOOK["url"], channel="wechat")[1] is not None


def test_another_chains_is_not_there(world: World) -> None:
    _, other = make_chain(name="Other Hotels")
    theirs, _ = connecting.create_connector(other, name="Theirs", url=HOOK["url"], channel="wechat")
    connecting.create_connector(world.hq, name="Ours", url=HOOK["url"], channel="wechat")
    hq = signed_in(world, "hq_admin")
    page = hq.get(PATH)
    assert "Theirs" not in page.text
    told = {**page.form(f"{PATH}/{known(world)[0].id}"), "name": "Mine", "url": HOOK["url"]}
    assert hq.post(f"{PATH}/{theirs.id}", told).status == 404
    assert hq.post(f"{PATH}/{theirs.id}/secrets", told).status == 404
    assert hq.post(f"{PATH}/{theirs.id}/removals", told).headers["location"] == PATH  # as of one that is gone
    assert connecting.get_connector(other, theirs.id) == theirs
    assert hq.post(f"{PATH}/{theirs.id}/removals", {**told, "version": "x"}).status == 400


def test_applications_of_the_app(world: World) -> None:
    hq = signed_in(world, "hq_admin")
    page = hq.get(PATH)
    assert page.text.count("none: no device is registered") == 2
    assert hq.get(APPLICATIONS).headers["location"] == PATH  # as when the language is changed on an answer
    ours = f"arn:aws:sns:eu-west-1:123456789012:app/GCM/{world.chain.id}"
    wrong = hq.submit(page, APPLICATIONS, android="nonsense", ios=ours)
    assert 'id="push-applications-android">This does not have the expected form.' in wrong.html
    assert f'value="{ours}"' in wrong.html and 'value="nonsense"' in wrong.html
    foreign = hq.submit(page, APPLICATIONS, android=f"{ours[:-3]}xyz", ios=ours)
    assert 'id="push-applications-android">The name of the application has to end with the chain' in foreign.html
    assert foreign.html.count('aria-invalid="true"') == 1
    assert hq.submit(page, APPLICATIONS, android=ours, ios="").headers["location"] == PATH
    assert channels.settings_now(world.hq).applications == {"android": ours}
    shown = hq.get(PATH)
    assert f"Android {ours}" in shown.text and "no application yet" not in hq.get("/portal/channels").text
    assert hq.submit(shown, APPLICATIONS, android="", ios="").status == 303
    assert channels.settings_now(world.hq).applications == {}


def test_in_chinese(world: World) -> None:
    connecting.create_connector(world.hq, name="网关", url=HOOK["url"], channel="wechat")
    page = signed_in(world, "hq_admin", language="zh").get(PATH)
    for words in ("连接器与应用", "微信 · 网关", "移除 网关？", "此后不再通过微信发送", "更换密钥", "集团应用"):
        assert words in page.text, words
