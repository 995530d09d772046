"""E-mail by SES: one raw MIME message with a hand-made plain part, and the headers of a one-click unsubscription.

The message is put together from the standard library's encoders instead of `email.message`, which takes some five
milliseconds for each: longer than everything else about a greeting.
"""

from __future__ import annotations

from base64 import encodebytes
from binascii import b2a_qp
from email.header import Header
from email.utils import format_datetime, formataddr
from urllib.parse import quote

from chalicelib.kernel import aws
from chalicelib.kernel.settings import settings
from chalicelib.kernel.text import is_relay_address, mask_email, normalise_email
from chalicelib.outreach import replies
from chalicelib.outreach.channels.port import Accepted, Message, Outcome, Reachable, failure_of, refusal_of
from chalicelib.outreach.rules.eligibility import Contact

TAG_HEADER = "X-Hospes-Delivery"  # for notifications that carry headers and no tags
ENCODED_LINE_MAX = 75  # RFC 2047: of an encoded word
_END = "\r\n"


class MailChannel:
    """Mail through SES."""

    name = "email"
    contact_kind: str | None = "email"
    is_connected = False
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
    """The message as it crosses the network: ASCII, lines that end in CRLF, all within 998 characters."""
    boundary = f"=_{message.delivery_id}"  # neither encoding of the parts can bring forth "=_"
    headers = _headers(message)
    headers += [("MIME-Version", "1.0"), ("Content-Type", f'multipart/alternative; boundary="{boundary}"')]
    pieces = [f"{name}: {value}" for name, value in headers] + [""]
    for part, kind in (("body.txt", "plain"), ("body.html", "html")):
        encoding, body = _encoded(message.parts[part])
        pieces += [
            f"--{boundary}",
            f"Content-Type: text/{kind}; charset=utf-8",
            f"Content-Transfer-Encoding: {encoding}",
            "",
            body,
        ]
    return _END.join([*pieces, f"--{boundary}--", ""]).encode("ascii")


def _headers(message: Message) -> list[tuple[str, str]]:
    reply_to = [("Reply-To", _line(message.reply_to))] if message.reply_to else []
    return [
        ("From", _mailbox(message.sender_name, message.sender_address)),
        ("To", _line(message.address)),
        *reply_to,
        ("Subject", _words("Subject", message.parts["subject.txt"])),
        *_thread(message),
        ("Date", format_datetime(message.chain_time)),
        ("Content-Language", message.language),
        *_list(message),
        (TAG_HEADER, f"{message.chain_id}/{message.guest_id}/{message.delivery_id}"),
    ]


def _list(message: Message) -> list[tuple[str, str]]:
    """What mail programs know messages to many by, and stop them by (RFC 2919, 8058)."""
    if message.unsubscribe_url is None:
        return []
    domain = message.sender_address.rpartition("@")[2]
    link = _line(message.unsubscribe_url)
    return [
        ("List-Id", f"<{_label(message.occasion)}.{_label(message.chain_id)}.{domain}>"),
        ("List-Unsubscribe", f"<{link}>, <{_mailto(message, link)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _thread(message: Message) -> list[tuple[str, str]]:
    """What mail programs put a mail to its thread by (RFC 5322, 3.6.4)."""
    if not message.references:
        return []
    return [("In-Reply-To", message.references[-1]), ("References", _END.join(_folded(message.references)))]


def _folded(ids: tuple[str, ...]) -> list[str]:
    """Ids each on a line of their own: several long ones would make a line of too many characters."""
    return [ids[0], *(f" {one}" for one in ids[1:])]


def _mailbox(name: str, address: str) -> str:
    plain = _line(name)
    if plain.isascii():
        return formataddr((plain, _line(address)))
    return f"{_words('From', plain)} <{_line(address)}>"


def _words(header: str, text: str) -> str:
    """Text of a header, on one line, in encoded words (RFC 2047) where it is not ASCII."""
    plain = _line(text)
    if plain.isascii():
        return plain
    return Header(plain, "utf-8", maxlinelen=ENCODED_LINE_MAX, header_name=header).encode(linesep=_END)


def _line(text: str) -> str:
    """Text without line ends: nothing that was typed somewhere begins a header of its own."""
    return " ".join(text.split())


def _label(text: str) -> str:
    return text.replace("_", "-")


def _mailto(message: Message, link: str) -> str:
    address = replies.address_of("u", message.chain_id, message.delivery_id)
    if address is not None:
        return f"mailto:{address}?subject=unsubscribe"
    token = link.rpartition("/")[2]
    return f"mailto:{_line(message.reply_to or message.sender_address)}?subject={quote('unsubscribe ' + token)}"


def _encoded(text: str) -> tuple[str, str]:
    """Quoted-printable, which people and tools can read; base64 where most of the text is not ASCII."""
    content = text.replace("\r\n", "\n").replace("\n", _END).encode()
    if len(content) > len(text) * 1.3:
        return "base64", encodebytes(content).decode("ascii").replace("\n", _END).rstrip()
    return "quoted-printable", b2a_qp(content, istext=True).decode("ascii")
