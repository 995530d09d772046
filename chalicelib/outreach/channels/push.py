"""Push to the chain's app by SNS: an endpoint for each device, a title and a line or two."""

from __future__ import annotations

import json

from chalicelib.kernel import aws
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.i18n import N_, InvalidValue
from chalicelib.outreach.channels.port import Accepted, Message, Outcome, Reachable, Refused, failure_of, refusal_of
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.rules.texts import without_hint

TITLE_LENGTH_MAX, BODY_LENGTH_MAX = 65, 178  # what telephones show without being asked for more
# The endpoint leads nowhere any more: the app was removed, or its token has changed.
GONE = frozenset({"EndpointDisabled", "EndpointDisabledException", "NotFound", "NotFoundException"})


class PushChannel:
    """Pushes through SNS."""

    name = "push"
    contact_kind: str | None = None
    is_connected = False
    parts: tuple[str, ...] = ("subject.txt", "text.txt")

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """The guest's devices, by their endpoints."""
        return [Contact(self.name, endpoint) for endpoint in guest.addresses.get(self.name, ())]

    def masked(self, address: str) -> str:
        """`***a1b2`, the end of the endpoint's id."""
        return f"***{address[-4:]}"

    def read(self, text: str) -> str:
        """The ARN of an endpoint."""
        found = text.strip()
        if not found.startswith("arn:") or not found.isascii() or not found.isprintable():
            raise InvalidValue(N_("This is not the ARN of a device's endpoint."))
        return found

    def send(self, message: Message) -> Outcome:
        """One Publish. A device that is gone was surely not reached, and the occurrence may be decided anew."""
        try:
            answer = aws.client("sns").publish(
                TargetArn=message.address,
                MessageStructure="json",
                Message=json.dumps(content_of(message), ensure_ascii=False),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in (
                        ("chain", message.chain_id),
                        ("guest", message.guest_id),
                        ("delivery", message.delivery_id),
                        ("chain_time", format_instant(message.chain_time)),
                    )
                },
            )
        except aws.ClientError as error:
            if aws.error_code(error) in GONE:
                return Refused(aws.error_code(error), may_retry=True)
            return refusal_of(error)
        except aws.BotoCoreError as error:
            return failure_of(error)
        return Accepted(str(answer["MessageId"]))


def content_of(message: Message) -> dict[str, str]:
    """What SNS hands to each platform. Titles and bodies are cut where telephones cut them."""
    title = _short(message.parts["subject.txt"], TITLE_LENGTH_MAX)
    body = _short(without_hint(message.parts["text.txt"]), BODY_LENGTH_MAX)
    data = {"delivery": message.delivery_id, "occasion": message.occasion}
    apple = json.dumps({"aps": {"alert": {"title": title, "body": body}}, **data}, ensure_ascii=False)
    google = json.dumps({"notification": {"title": title, "body": body}, "data": data}, ensure_ascii=False)
    return {"default": body, "APNS": apple, "APNS_SANDBOX": apple, "GCM": google}


def _short(text: str, length_max: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length_max else f"{line[: length_max - 1].rstrip()}…"
