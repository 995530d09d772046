"""Who carries WeChat, WhatsApp and pushes for the chain: made, changed, given another secret and removed here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chalicelib.kernel.clock import real_now
from chalicelib.kernel.errors import Malformed, NotFound
from chalicelib.kernel.scope import Scope
from chalicelib.outreach import links
from chalicelib.outreach.pages.base import pages
from chalicelib.outreach.pages.call_forms import Filled, given, read, tried, whole
from chalicelib.outreach.pages.channels.room import CONNECTORS, PLATFORM_LABELS, leads_back, room_page, saved
from chalicelib.outreach.rules.channels import CONNECTED, Settings
from chalicelib.outreach.rules.connectors import ROTATION_OVERLAP, URL_LENGTH_MAX, Connector
from chalicelib.outreach.schemas.channels import ChannelSettingsIn, ConnectorIn, ConnectorPatch
from chalicelib.outreach.service import channels, connecting
from chalicelib.web.pages import Call, Redirect, View

ONE = f"{CONNECTORS}/{{connector_id}}"
APPLICATIONS = "/portal/channels/applications"
CONNECTORS_SHOWN = 20  # each channel has one at most
FIELDS = ("name", "url", "channel")

leads_back(CONNECTORS, ONE, f"{ONE}/secrets", f"{ONE}/removals", APPLICATIONS)


@pages.get(CONNECTORS, permission="occasions:read")
def connectors_page(call: Call) -> View:
    """The chain's connectors and its app's applications. For head office only, as it is by the API."""
    return _page(call, "", Filled())


@pages.post(CONNECTORS, permission="occasions:write")
def create_connector_page(call: Call) -> View:
    """Let somebody carry a channel; the secret is shown on the page that answers, and never again."""

    def create(scope: Scope) -> tuple[Connector, str | None]:
        body: ConnectorIn = read(ConnectorIn, _typed(call, *FIELDS))
        return connecting.create_connector(scope, name=body.name, url=body.url, channel=body.channel)

    return _with_secret(call, "new", create)


@pages.post(ONE, permission="occasions:write")
def change_connector_page(call: Call) -> View | Redirect:
    """Change what a connector is called, or where it is."""
    connector_id, version = _looked_at(call)

    def change(scope: Scope) -> None:
        body: ConnectorPatch = read(ConnectorPatch, _typed(call, "name", "url"))
        connecting.change_connector(scope, connector_id, version, name=body.name, url=body.url)

    filled = tried(call, change)
    return _page(call, connector_id, filled) if filled is not None else Redirect(CONNECTORS)


@pages.post(f"{ONE}/secrets", permission="occasions:write")
def rotate_secret_page(call: Call) -> View:
    """Give a connector another secret, which is shown as the first one was."""
    connector_id, version = _looked_at(call)

    def rotate(scope: Scope) -> tuple[Connector, str | None]:
        return connecting.rotate_secret(scope, connector_id, version)

    return _with_secret(call, f"{connector_id}-secret", rotate)


@pages.post(f"{ONE}/removals", permission="occasions:write")
def remove_connector_page(call: Call) -> View | Redirect:
    """Remove a connector. One that is gone has been removed meanwhile, and there is nothing left to do."""
    connector_id, version = call.path_params["connector_id"], _version(call)

    def remove(scope: Scope) -> None:
        with suppress(NotFound):
            connecting.remove_connector(scope, connector_id, version)

    filled = tried(call, remove)
    return _page(call, f"{connector_id}-removal", filled) if filled is not None else Redirect(CONNECTORS)


@pages.post(APPLICATIONS, permission="occasions:write")
def push_applications_page(call: Call) -> View | Redirect:
    """The push service's application for each platform; one that is emptied is taken away."""

    def change(before: Settings) -> Settings:
        told = given(call.form, *PLATFORM_LABELS)
        body: ChannelSettingsIn = read(ChannelSettingsIn, {"applications": told})
        return replace(before, applications={str(name): arn for name, arn in (body.applications or {}).items()})

    filled = saved(call, change)
    return _page(call, "push", filled) if filled is not None else Redirect(CONNECTORS)


def _typed(call: Call, *names: str) -> dict[str, str]:
    """What the form says, also where it says nothing: a connector has a name and an address."""
    return {name: call.form.get(name, "").strip() for name in names}


def _looked_at(call: Call) -> tuple[str, int]:
    """The connector that a form is about, and the version that it was made from. Raises NotFound."""
    return connecting.get_connector(call.scope, call.path_params["connector_id"]).id, _version(call)


def _version(call: Call) -> int:
    """The version that a form was made from. Raises Malformed for what no form of ours says."""
    found = whole(call.form.get("version", ""))
    if not isinstance(found, int):
        raise Malformed()
    return found


def _with_secret(call: Call, form: str, act: Callable[[Scope], tuple[Connector, str | None]]) -> View:
    """Do what makes a secret, and show it once. A form that is sent again has made one before, and shows none."""
    made: list[tuple[Connector, str | None]] = []
    filled = tried(call, lambda scope: made.append(act(scope)))
    if filled is not None:
        return _page(call, form, filled)
    connector, secret = made[0] if made else (None, None)
    return _page(call, "", Filled(), made=connector, secret=secret, was_made_before=secret is None)


def _page(call: Call, form: str, filled: Filled, **shown: Any) -> View:
    scope = call.scope
    connectors = connecting.connectors_page(scope, limit=CONNECTORS_SHOWN, after=None)[0]
    now = real_now()
    return room_page(
        call, "connectors.html", form, filled,
        {
            "settings": channels.settings_now(scope),
            "connectors": [
                (
                    one,
                    links.states_url(scope.chain_id, one.id),
                    one.rotated_at + ROTATION_OVERLAP if len(one.generations(now)) > 1 else None,
                )
                for one in connectors
            ],
            "free": [one for one in CONNECTED if one not in {connector.channel for connector in connectors}],
            "url_length": URL_LENGTH_MAX,
            "chain_id": scope.chain_id,
            "made": None,
            "secret": None,
            "was_made_before": False,
        },
        **shown,
    )  # fmt: skip
