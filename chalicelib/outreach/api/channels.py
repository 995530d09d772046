"""REST endpoints of channels: the chain's settings, its connectors, and how a guest can be reached."""

from __future__ import annotations

import re

from chalicelib.kernel.errors import Invalid, NotFound
from chalicelib.kernel.i18n import InvalidValue
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import links
from chalicelib.outreach.api.base import api
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.rules.connectors import Connector
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.schemas.channels import (
    ChannelSettingsIn,
    ChannelSettingsOut,
    ConnectorIn,
    ConnectorOut,
    ConnectorPatch,
    DeviceIn,
    DeviceOut,
    GuestAddressIn,
    GuestChannelsIn,
    GuestChannelsOut,
    ReachOut,
)
from chalicelib.outreach.service import channels, connecting, devices, reaching, showing
from chalicelib.web.endpoints import Answer, Listing, PageQuery

SETTINGS = "/v1/channel-settings"
CONNECTORS, CONNECTOR = "/v1/connectors", "/v1/connectors/{connector_id}"
GUEST_CHANNELS = "/v1/guests/{guest_id}/channels"
DEVICE = "/v1/guests/{guest_id}/devices/{device_id}"
GUEST = {"guest_id": "gst_0000000000000000000000g000"}
ONE_DEVICE = {**GUEST, "device_id": "telephone-1"}
_DEVICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ONE_CONNECTOR = {"connector_id": "con_0000000000000000000000w000"}


# -- what the chain says ---------------------------------------------------------------------------------------


@api.get(SETTINGS, permission="occasions:read", answers=ChannelSettingsOut)
def get_channel_settings(scope: Scope) -> ChannelSettingsOut:
    """Read what the chain says about its channels: which content goes where, and what holds for texts."""
    return ChannelSettingsOut.of(channels.settings_now(scope))


@api.put(
    SETTINGS, permission="occasions:write", body=ChannelSettingsIn, answers=ChannelSettingsOut, refusals=(403, 409, 422)
)
def put_channel_settings(scope: Scope, body: ChannelSettingsIn) -> ChannelSettingsOut:
    """Publish the next version of the settings, in force at once.

    Earlier versions stay as they are. What would say nothing new makes no version. Without a price a text's cost is
    unknown. Without a signature and a registered wording nothing is texted to +86.
    """
    return ChannelSettingsOut.of(channels.publish(scope, body.settings(channels.settings_now(scope))))


@api.get(
    f"{SETTINGS}/versions", permission="occasions:read", query=PageQuery, answers=ChannelSettingsOut, is_list=True,
    refusals=(403,),
)  # fmt: skip
def list_channel_settings_versions(scope: Scope, query: PageQuery) -> Listing:
    """List all that has been in force, the latest first."""
    items, following = channels.versions_page(scope, limit=query.limit, after=query.cursor)
    return Listing([ChannelSettingsOut.of(one) for one in items], following)


# -- connectors ------------------------------------------------------------------------------------------------


def _shown(scope: Scope, connector: Connector, secret: str | None = None) -> ConnectorOut:
    return ConnectorOut.of(connector, links.states_url(scope.chain_id, connector.id), secret)


@api.get(CONNECTORS, permission="occasions:read", query=PageQuery, answers=ConnectorOut, is_list=True, refusals=(403,))
def list_connectors(scope: Scope, query: PageQuery) -> Listing:
    """List the chain's connectors: who carries WeChat, WhatsApp and the like."""
    items, following = connecting.connectors_page(scope, limit=query.limit, after=query.cursor)
    return Listing([_shown(scope, one) for one in items], following)


@api.post(CONNECTORS, permission="occasions:write", body=ConnectorIn, answers=ConnectorOut, refusals=(403, 409, 422))
def create_connector(scope: Scope, body: ConnectorIn) -> Answer:
    """Let somebody carry a channel.

    The secret is shown in this answer and never again. Messages are posted once, signed by Standard Webhooks: a 2xx was
    taken, a 4xx was not, and after anything else nobody knows. The connector tells what became of them at `states_url`.
    Letting the same one do it again changes nothing and answers 200, without the secret.
    """
    made, secret = connecting.create_connector(scope, name=body.name, url=body.url, channel=body.channel)
    status = 201 if secret is not None else 200
    location = f"{CONNECTORS}/{made.id}"
    return Answer(_shown(scope, made, secret), status=status, location=location, is_secret=secret is not None)


@api.get(CONNECTOR, permission="occasions:read", answers=ConnectorOut, refusals=(403, 404), path_examples=ONE_CONNECTOR)
def get_connector(scope: Scope, connector_id: str) -> ConnectorOut:
    """Read a connector."""
    return _shown(scope, connecting.get_connector(scope, connector_id))


@api.patch(
    CONNECTOR, permission="occasions:write", body=ConnectorPatch, answers=ConnectorOut, refusals=(403, 404, 422),
    path_examples=ONE_CONNECTOR,
)  # fmt: skip
def update_connector(scope: Scope, connector_id: str, body: ConnectorPatch, expected_version: int) -> ConnectorOut:
    """Change what a connector is called, or where it is."""
    changed = connecting.change_connector(scope, connector_id, expected_version, name=body.name, url=body.url)
    return _shown(scope, changed)


@api.delete(CONNECTOR, permission="occasions:write", refusals=(403, 404), path_examples=ONE_CONNECTOR)
def remove_connector(scope: Scope, connector_id: str, expected_version: int) -> None:
    """Remove a connector: nothing is sent on its channel any more."""
    connecting.remove_connector(scope, connector_id, expected_version)


@api.post(
    f"{CONNECTOR}/rotate", permission="occasions:write", answers=ConnectorOut, refusals=(403, 404),
    path_examples=ONE_CONNECTOR,
)  # fmt: skip
def rotate_connector(scope: Scope, connector_id: str) -> Answer:
    """Give a connector another secret.

    It is shown in this answer and never again. For a day messages are signed with both, and either is taken.
    """
    made, secret = connecting.rotate_secret(scope, connector_id)
    return Answer(_shown(scope, made, secret), location=f"{CONNECTORS}/{made.id}", is_secret=True)


# -- guests ----------------------------------------------------------------------------------------------------


@api.get(GUEST_CHANNELS, permission="guests:read", answers=GuestChannelsOut, refusals=(404,), path_examples=GUEST)
def get_guest_channels(scope: Scope, guest_id: str) -> GuestChannelsOut:
    """Read how a guest can be reached, what they prefer, and why a channel may not be taken."""
    return _of_guest(scope, guest_id)


@api.put(
    GUEST_CHANNELS, permission="guests:write", body=GuestChannelsIn, answers=GuestChannelsOut,
    refusals=(404, 409, 422), path_examples=GUEST,
)  # fmt: skip
def put_guest_channels(scope: Scope, guest_id: str, body: GuestChannelsIn) -> GuestChannelsOut:
    """Replace what a guest prefers, and their addresses on connected channels.

    A preference decides among the channels that consent and the content allow; it allows none by itself.
    """
    found = [_read(one.channel, one.address, place) for place, one in enumerate(body.addresses)]
    reaching.tell_channels(scope, guest_id, [str(one) for one in body.preferred], found)
    return _of_guest(scope, guest_id)


@api.get(DEVICE, permission="guests:read", answers=DeviceOut, refusals=(404,), path_examples=ONE_DEVICE)
def get_device(scope: Scope, guest_id: str, device_id: str) -> DeviceOut:
    """Read a guest's device."""
    _, device = devices.device_of(scope, guest_id, device_id)
    return DeviceOut(id=device["id"], platform=device["platform"])


@api.put(
    DEVICE, permission="guests:write", body=DeviceIn, answers=DeviceOut, refusals=(404, 409, 422),
    path_examples=ONE_DEVICE,
)  # fmt: skip
def put_device(scope: Scope, guest_id: str, device_id: str, body: DeviceIn) -> DeviceOut:
    """Register a device on which the guest has the chain's app, or its new token.

    `device_id` is the app's own name for the device. Whoever had the token before is not reached by it any more.
    """
    if not _DEVICE_ID.fullmatch(device_id):
        raise NotFound()
    devices.register(scope, guest_id, device_id, body.platform, body.token)
    return DeviceOut(id=device_id, platform=body.platform)


@api.endpoint("DELETE", DEVICE, permission="guests:write", status=204, refusals=(404,), path_examples=ONE_DEVICE)
def remove_device(scope: Scope, guest_id: str, device_id: str) -> None:
    """Forget a device: no push goes there any more."""
    devices.remove(scope, guest_id, device_id)


def _read(channel: str, address: str, place: int) -> Contact:
    try:
        return Contact(channel, CHANNELS[channel].read(address))
    except InvalidValue as reason:
        raise Invalid.field(f"/addresses/{place}/address", reason.reason) from None


def _of_guest(scope: Scope, guest_id: str) -> GuestChannelsOut:
    found = showing.ways_of(scope, guest_id)
    record = found.record
    return GuestChannelsOut(
        guest_id=guest_id,
        version=int(record.version),
        preferred=record.preferences,
        addresses=[GuestAddressIn(**one) for one in record.addresses or ()],
        devices=[DeviceOut(id=one["id"], platform=one["platform"]) for one in record.devices or ()],
        reach=[ReachOut(channel=one.channel, address=one.masked, obstacles=dict(one.obstacles)) for one in found.ways],
        updated_at=record.updated_at,
    )
