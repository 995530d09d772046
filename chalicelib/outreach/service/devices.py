"""Devices with the chain's app: registered with SNS, known by their endpoints, and forgotten when they are gone."""

from __future__ import annotations

from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import aws, logs
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit, retried
from chalicelib.outreach.models.channels import GuestChannels
from chalicelib.outreach.service import channels, reaching

log = logs.Log(__name__)

DEVICES_MAX = 5  # of one guest; the oldest makes room
PUSH = "push"
NO_APPLICATION = N_("The chain has no push application for this platform: head office enters it.")
NOT_TAKEN = N_("The push service does not take this token.")


def device_of(scope: Scope, guest_id: str, device_id: str) -> tuple[GuestChannels, dict[str, str]]:
    """A guest's device. Raises NotFound."""
    record = reaching.channels_of(scope, guest_id)
    found = next((one for one in record.devices if one["id"] == device_id), None)
    if found is None:
        raise NotFound()
    return record, found


def register(scope: Scope, guest_id: str, device_id: str, platform: str, token: str) -> GuestChannels:
    """Let a guest be reached on a device. Whoever had it before is not reached there any more.

    Raises NotFound beyond the wall, and Conflict without an application for the platform or for a token it refuses.
    """
    guests.get(scope, guest_id)
    application = channels.settings_now(scope).applications.get(platform)
    if application is None:
        raise Conflict(NO_APPLICATION)
    endpoint = _endpoint(application, token)

    def attempt() -> GuestChannels:
        guest = guests.get(scope, guest_id)
        record = GuestChannels.of_ids(scope, guest.ids)
        told = {"id": device_id, "platform": platform, "token": token, "endpoint": endpoint}
        if told in record.devices and int(record.version):
            return record
        unit = Unit(scope)
        _take_over(scope, unit, guest, endpoint)
        others = [one for one in record.devices if one["id"] != device_id and one["endpoint"] != endpoint]
        record.devices = [told, *others][:DEVICES_MAX]
        reaching.keep(scope, unit, guest, record)
        unit.audit("guest.device_registered", guest.id, platform=platform)
        unit.commit()
        return record

    return retried(attempt)


def remove(scope: Scope, guest_id: str, device_id: str) -> None:
    """Forget a device. Raises NotFound."""

    def attempt() -> str:
        guest = guests.get(scope, guest_id)
        record, device = device_of(scope, guest_id, device_id)
        unit = Unit(scope)
        _without(scope, unit, guest, record, device["endpoint"])
        unit.audit("guest.device_removed", guest.id)
        unit.commit()
        return str(device["endpoint"])

    endpoint = retried(attempt)
    try:
        aws.client("sns").delete_endpoint(EndpointArn=endpoint)
    except (aws.ClientError, aws.BotoCoreError):
        log.warning("endpoint_left", guest=guest_id)  # nothing is sent there any more; it costs nothing


def forget_endpoint(scope: Scope, guest_id: str, endpoint: str) -> None:
    """A push came back because the device is gone: reach the guest elsewhere from now on."""

    def attempt() -> None:
        guest = guests.find(scope, guest_id)
        if guest is None:
            return
        record = GuestChannels.of_ids(scope, guest.ids)
        if all(one["endpoint"] != endpoint for one in record.devices):
            return
        unit = Unit(scope)
        _without(scope, unit, guest, record, endpoint)
        unit.audit("guest.device_gone", guest.id)
        unit.commit()

    retried(attempt)


def _without(scope: Scope, unit: Unit, guest: Guest, record: GuestChannels, endpoint: str) -> None:
    record.devices = [one for one in record.devices if one["endpoint"] != endpoint]
    reaching.keep(scope, unit, guest, record)
    owner = GuestChannels.owner(scope, reaching.hash_of(scope, PUSH, endpoint))
    if owner.owner_id in guest.ids:
        reaching.write_owner(unit, owner, None)


def _take_over(scope: Scope, unit: Unit, guest: Guest, endpoint: str) -> None:
    """A telephone that another guest signed in on before is this guest's from now on."""
    owner = GuestChannels.owner(scope, reaching.hash_of(scope, PUSH, endpoint))
    if owner.owner_id in guest.ids:
        return
    if owner.owner_id:
        before = GuestChannels.find(scope.key(str(owner.owner_id)))
        if before is not None:
            before.devices = [one for one in before.devices if one["endpoint"] != endpoint]
            unit.update(before)
    reaching.write_owner(unit, owner, guest.id)


def _endpoint(application: str, token: str) -> str:
    """The device's endpoint, made or found, and switched on again if a push had switched it off."""
    sns = aws.client("sns")
    try:
        made = str(sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)["EndpointArn"])
        sns.set_endpoint_attributes(EndpointArn=made, Attributes={"Enabled": "true", "Token": token})
    except aws.ClientError:
        raise Conflict(NOT_TAKEN) from None
    return made
