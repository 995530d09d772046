"""Text messages by SNS, to a number and not to a topic."""

from __future__ import annotations

from chalicelib.kernel import aws
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.text import mask_phone, normalise_phone
from chalicelib.outreach.channels.port import Accepted, Message, Outcome, Reachable, failure_of, refusal_of
from chalicelib.outreach.rules.eligibility import Contact


class TextChannel:
    """Texts through SNS."""

    name = "sms"
    contact_kind: str | None = "phone"
    is_connected = False
    parts: tuple[str, ...] = ("text.txt",)

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """The guest's numbers."""
        return [Contact(self.name, number) for number in guest.phones or ()]

    def masked(self, address: str) -> str:
        """`***4567`."""
        return mask_phone(address)

    def read(self, text: str) -> str:
        """The number in E.164."""
        return normalise_phone(text)

    def send(self, message: Message) -> Outcome:
        """One Publish, without the library's retries (see kernel.aws)."""
        attributes = {
            "chain": message.chain_id,
            "guest": message.guest_id,
            "delivery": message.delivery_id,
            "chain_time": format_instant(message.chain_time),
            "AWS.SNS.SMS.SMSType": "Transactional",
        }
        if message.template_id:
            attributes["template"] = message.template_id
        if message.sms_sender:
            attributes["AWS.SNS.SMS.SenderID"] = message.sms_sender.replace(" ", "")
        try:
            answer = aws.client("sns").publish(
                PhoneNumber=message.address,
                Message=message.parts["text.txt"],
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
            )
        except aws.ClientError as error:
            return refusal_of(error)
        except aws.BotoCoreError as error:
            return failure_of(error)
        return Accepted(str(answer["MessageId"]))
