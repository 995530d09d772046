"""A chain that has said much about its channels, for the pages that show it."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.outreach.rules.channels import Wording
from chalicelib.outreach.service import channels, connecting
from tests.portal.world import World

WORDINGS = {
    "birthday:zh": Wording("SMS_1000001", "{name}，您好！祝您生日快乐，身体健康。回复TD退订"),
    "room_ready:en": Wording("SMS_1000002", "{name}, your room at {house} is ready. Questions: {phone}"),
}


def set_channels(world: World) -> None:
    """Three versions of the settings, and a connector whose secret has just been changed."""
    first = replace(
        channels.settings_now(world.hq), text_currency="EUR", text_prices={"+351": 39_000, "+86": 26_500},
        signature="示例酒店", signatures={str(world.harbour.id): "海港里斯本"},
        applications={"android": f"arn:aws:sns:eu-west-1:123456789012:app/GCM/{world.hq.chain_id}"},
    )  # fmt: skip
    channels.publish(world.hq, first)
    channels.publish(world.hq, replace(first, wordings=WORDINGS, text_parts_max=3))
    order = {**first.allowed, "greeting": ("email", "wechat", "sms", "call")}
    prices = {"+351": 41_000, "+1787": 30_000}
    channels.publish(world.hq, replace(channels.settings_now(world.hq), allowed=order, text_prices=prices))
    url = "https://chat.example.com/hotels/a-rather-long-address/of-a-gateway-that-somebody-else-runs/incoming"
    made, _ = connecting.create_connector(world.hq, name="WeChat gateway", url=url, channel="wechat")
    connecting.rotate_secret(world.hq, made.id)
