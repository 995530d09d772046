"""Channels in the portal: head office puts them in order, houses read it, and every version says what it changed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chalicelib.kernel.audit import audit_page
from chalicelib.kernel.errors import Conflict
from chalicelib.outreach.pages.channels import versions as channel_versions
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules.channels import Settings, Wording
from chalicelib.outreach.service import channels
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

ORDER = "/portal/channels"
TEXTS, CONNECTORS, VERSIONS = f"{ORDER}/texts", f"{ORDER}/connectors", f"{ORDER}/versions"
HOUSE_RULE = f"{ORDER}/house-rule"
FORMS = (
    ORDER, HOUSE_RULE, f"{TEXTS}/prices", f"{TEXTS}/signatures", f"{TEXTS}/wordings", CONNECTORS,
    f"{ORDER}/applications",
)  # fmt: skip


def placed(**names: str) -> dict[str, str]:
    """What the form says: for each kind of message its channels, first wanted first."""
    told = {f"{purpose}_{name}": "" for purpose in rules.ALLOWED for name in rules.CHANNEL_NAMES}
    for purpose, wanted in names.items():
        told |= {f"{purpose}_{name}": str(place) for place, name in enumerate(wanted.split(), start=1)}
    return told


def settings(world: World) -> Settings:
    return channels.settings_now(world.hq)


def test_head_office_puts_channels_in_order(world: World) -> None:
    hq = signed_in(world, "hq_admin", name="Helena Castro")
    page = hq.get(ORDER)
    assert {TEXTS, CONNECTORS, VERSIONS} <= set(page.links)
    for words in ("E-mail · App · WeChat · WhatsApp · Text message", "This is the house's own rule.", "not for offers"):
        assert words in page.text, words
    assert page.html.count("nobody carries it yet") == 2 and "Back to the house's own rule" not in page.text
    # What is wrong is said beside its field, all of it at once, and what was typed is kept.
    wrong = hq.submit(page, ORDER, **{
        **placed(service="email sms", greeting="email"), "service_call": "2", "greeting_gift": "99",
    })  # fmt: skip
    assert wrong.status == 422 and settings(world).number == 0
    for field, said in (
        ("service_call", "Another channel has this place already."),
        ("greeting_gift", "This is not one of the values allowed."),
        ("marketing", "Choose at least one channel."),
    ):  # fmt: skip
        assert f'id="order-{field}">{said}' in wrong.html, field
    assert wrong.html.count('aria-invalid="true"') == 2 + 7  # and every channel of the kind that has none
    assert wrong.html.count('<option value="2" selected>') == 2 and '<details class="body" open>' in wrong.html
    # An offer is no present, whoever says so.
    forged = hq.submit(page, ORDER, **placed(service="email", greeting="email", marketing="email gift"))
    assert forged.status == 303 and settings(world).channels_for("marketing") == ("email",)
    right = {**placed(service="email sms", greeting="email", marketing="email"), "greeting_call": "9"}  # gaps may be
    again = hq.get(ORDER)
    for _ in range(2):  # sent twice, published once
        assert hq.submit(again, ORDER, **right).headers["location"] == ORDER
    now = settings(world)
    assert (now.number, now.channels_for("service"), now.channels_for("greeting")) == (
        2, ("email", "sms"), ("email", "call"),
    )  # fmt: skip
    shown = hq.get(ORDER).text
    assert "Service E-mail · Text message Greeting E-mail · Call" in shown
    assert "Version 2, since 4 March 2026, 08:00." in shown
    noted = audit_page(world.hq, world.chain.id, limit=100).items
    assert [one.action for one in noted].count("channel_settings.published") == 2
    # Back to the house's own rule, which leaves texts as they are.
    channels.publish(world.hq, replace(now, text_parts_max=2))
    page = hq.get(ORDER)
    assert hq.submit(page, HOUSE_RULE).headers["location"] == ORDER
    assert (settings(world).allowed, settings(world).text_parts_max) == (rules.ALLOWED, 2)
    assert "Back to the house's own rule" not in hq.get(ORDER).text


def test_of_two_who_save_at_once_the_second_is_told(world: World) -> None:
    one, other = signed_in(world, "hq_admin"), signed_in(world, "hq_admin")
    page, late = one.get(ORDER), other.get(ORDER)
    assert one.submit(page, ORDER, **placed(service="email", greeting="sms", marketing="email")).status == 303
    mine = placed(service="email", greeting="push", marketing="email")
    refused = other.submit(late, ORDER, **mine)
    assert refused.status == 422 and "Somebody has published another version meanwhile" in refused.text
    assert settings(world).channels_for("greeting") == ("sms",)
    assert "Greeting Text message" in refused.text  # what holds now, and below it what was typed
    assert _chosen(refused.html, "greeting_push") == "1" and _chosen(refused.html, "greeting_sms") == ""
    assert other.submit(refused, ORDER, **mine).status == 303
    assert settings(world).channels_for("greeting") == ("push",)
    # What says nothing new is no quarrel.
    assert other.submit(late, ORDER, **mine, key="another").status == 303
    assert settings(world).number == 2
    with pytest.raises(Conflict, match="another version meanwhile"):
        channels.publish(world.hq, replace(settings(world), text_parts_max=1), seen=1)


def _chosen(html: str, field: str) -> str:
    """The value that a select stands on."""
    select = re.search(rf'<select name="{field}".*?</select>', html, re.DOTALL)
    assert select is not None, field
    found = re.search(r'<option value="([0-9]*)" selected>', select[0])
    return found[1] if found else ""


def test_every_version_says_what_it_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hq = signed_in(world, "hq_admin", name="Helena Castro")
    assert hq.submit(hq.get(ORDER), ORDER, **placed(service="email", greeting="sms", marketing="email")).status == 303
    first = settings(world)
    application = f"arn:aws:sns:eu-west-1:123456789012:app/GCM/{world.chain.id}"
    second = replace(
        first, text_currency="EUR", text_prices={"+351": 39_000}, signature="海港酒店",
        signatures={str(world.house.id): "海港里斯本"}, applications={"android": application},
        wordings={"birthday:zh": Wording("SMS_7", "{name}，生日快乐。回复TD退订")},
    )  # fmt: skip
    channels.publish(world.hq, second)
    many = {f"+{code}": 1 for code in range(200, 200 + channel_versions.CHANGES_SHOWN)}
    channels.publish(world.hq, replace(second, text_prices={**many, "+351": 41_000}, signature=None))
    shown = hq.get(VERSIONS)
    for words in (
        "Where messages go Service: E-mail · App · WeChat · WhatsApp · Text message → E-mail",
        "Currency : EUR Price of a part +351: 0.039 EUR Signature of texts to +86 : 【海港酒店】",
        "Signature of a property Harbour House: 【海港里斯本】",
        "Registered wording Birthday greeting · Chinese: SMS_7: {name}，生日快乐。回复TD退订",
        f"Application for pushes Android: {application}",
        "Price of a part +200: 0.000001 EUR", "and 2 more",
        "1 4 March 2026, 08:00 until 4 March 2026, 08:00", "Helena Castro",
        "the house's own rule from the beginning until 4 March 2026, 08:00",
    ):  # fmt: skip
        assert words in shown.text, words
    # Paged: each page knows what its last version changed, and when its first one ended.
    monkeypatch.setattr(channel_versions, "PAGE_ROWS", 2)
    monkeypatch.setattr(channel_versions, "CHANGES_SHOWN", 100)
    top = hq.get(VERSIONS)
    (following,) = {link for link in top.links if "cursor=" in link}
    assert "0.039 EUR → 0.041 EUR" in top.text and "【海港酒店】 → taken away" in top.text
    assert "Currency : EUR" in top.text and "Service: E-mail" not in top.text
    rest = hq.get(following).text
    assert "→ E-mail" in rest and "until 4 March 2026, 08:00" in rest and "until another" not in rest
    assert hq.get(f"{VERSIONS}?cursor=cur_forged").status == 400
    chinese = signed_in(world, "hq_admin", language="zh").get(VERSIONS).text
    for words in ("变更内容", "报备模板 生日祝福 · 中文", "0.039 EUR → 0.041 EUR", "已删除"):
        assert words in chinese, words


def test_houses_read_and_change_nothing(world: World) -> None:
    channels.publish(world.hq, replace(settings(world), signatures={str(world.house.id): "海港里斯本"}))
    manager = signed_in(world, "property_manager", property_ids=[world.house.id], language="zh")
    page = manager.get(ORDER)
    assert page.status == 200 and "哪类消息走哪个渠道" in page.text and TEXTS in page.links
    assert not {CONNECTORS, VERSIONS} & set(page.links)
    assert "【海港里斯本】" in manager.get(TEXTS).text
    assert (manager.get(CONNECTORS).status, manager.get(VERSIONS).status) == (403, 403)
    token = manager.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    analyst = signed_in(world, "hq_analyst")
    read_only = analyst.get("/portal/guests").form("/portal/guests/searches")["form_token"]
    for action in FORMS:
        assert f'action="{action}"' not in page.html + manager.get(TEXTS).html
        assert manager.post(action, {"form_token": token, "key": "k", "seen": "1"}).status == 403, action
        assert analyst.post(action, {"form_token": read_only, "key": "k", "seen": "1"}).status == 403, action
    for path in (ORDER, TEXTS, CONNECTORS, VERSIONS):
        reading = analyst.get(path)
        assert reading.status == 200 and 'method="post" action="/portal/channels' not in reading.html
    assert settings(world).number == 1
