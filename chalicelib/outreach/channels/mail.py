"""E-mail by SES: one raw MIME message with a hand-made plain part, and the headers of a one-click unsubscription."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from chalicelib.kernel import aws
from chalicelib.kernel.settings import settings
from chalicelib.kernel.text import is_relay_address, mask_email, normalise_email
from chalicelib.outreach.channels.port import Accepted, Message, Outcome, Reachable, failure_of, refusal_of
from chalicelib.outreach.rules.eligibility import Contact

# Long unsubscribe addresses must stay in one piece: Python would encode what it cannot fold at 78.
_POLICY = SMTP.clone(max_line_length=998)
TAG_HEADER = "X-Hospes-Delivery"  # for notifications that carry headers and no tags


class MailChannel:
    """Mail through SES."""

    name = "email"
    contact_kind = "email"
    parts: tuple[str, ...] = ("subject.txt", "body.html", "body.txt")

    def contacts_of(self, guest: Reachable) -> list[Contact]:
        """The guest's addresses; those of their own before a booking site's forwarders."""
        contacts = [Contact(self.name, address, is_relay_address(address)) for address in guest.emails or ()]
        return sorted(contacts, key=lambda contact: contact.is_relay)

    def masked(self, address: str) -> str:
        """`a***@example.com`."""
        return mask_email(address)

    def read(self, text: str) -> str:
        """The address as it is written to."""
        return normalise_email(text)

    def send(self, message: Message) -> Outcome:
        """One SendEmail, without the library's retries (see kernel.aws)."""
        try:
            answer = aws.client("sesv2").send_email(
                FromEmailAddress=str(_sender(message)),
                Destination={"ToAddresses": [message.address]},
                Content={"Raw": {"Data": mime(message)}},
                ConfigurationSetName=settings().ses_configuration_set,
                EmailTags=[
                    {"Name": "chain", "Value": message.chain_id},
                    {"Name": "guest", "Value": message.guest_id},
                    {"Name": "delivery", "Value": message.delivery_id},
                    {"Name": "kind", "Value": message.occasion},
                ],
            )
        except aws.ClientError as error:
            return refusal_of(error)
        except aws.BotoCoreError as error:
            return failure_of(error)
        return Accepted(str(answer["MessageId"]))


def mime(message: Message) -> bytes:
    """The message as it crosses the network."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _sender(message)
    mail["To"] = Address(addr_spec=message.address)
    if message.reply_to:
        mail["Reply-To"] = Address(addr_spec=message.reply_to)
    mail["Subject"] = " ".join(message.parts["subject.txt"].split())
    mail["Date"] = format_datetime(message.chain_time)
    mail["Content-Language"] = message.language
    mail["List-Id"] = f"<{message.occasion.replace('_', '-')}.{message.chain_id.replace('_', '-')}.{_domain(message)}>"
    mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>, <{_mailto(message)}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail[TAG_HEADER] = f"{message.chain_id}/{message.guest_id}/{message.delivery_id}"
    mail.set_content(message.parts["body.txt"], cte=_encoding(message.parts["body.txt"]))
    mail.add_alternative(message.parts["body.html"], subtype="html", cte=_encoding(message.parts["body.html"]))
    return mail.as_bytes()


def _sender(message: Message) -> Address:
    return Address(message.sender_name, addr_spec=message.sender_address)


def _domain(message: Message) -> str:
    return message.sender_address.rpartition("@")[2]


def _mailto(message: Message) -> str:
    token = message.unsubscribe_url.rpartition("/")[2]
    return f"mailto:{message.reply_to or message.sender_address}?subject={quote('unsubscribe ' + token)}"


def _encoding(text: str) -> str:
    """Base64 where most of the text is not ASCII; else quoted-printable, which people and tools can read."""
    wide = sum(not character.isascii() for character in text)
    return "base64" if wide * 6 > len(text) else "quoted-printable"
