"""What crosses the wire about channels: the chain's settings, connectors, and how a guest can be reached."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.kernel.i18n import N_
from chalicelib.outreach.rules import channels as rules
from chalicelib.outreach.rules import connectors, texts
from chalicelib.outreach.rules.channels import NEVER, Settings, Wording
from chalicelib.outreach.rules.vocabulary import OccasionName
from chalicelib.outreach.schemas import Id, InstantIn, InstantOut
from chalicelib.web.endpoints import Schema

PRICE_MICROS_MAX = 10 * texts.MICROS
PRICES_MAX = 300
WORDING_LENGTH_MAX = 500
WORDINGS_MAX = 100
SIGNATURES_MAX = 100
ADDRESSES_MAX = 4
PARTS_MAX = 10  # more than networks join

ChannelName = Literal["email", "push", "wechat", "whatsapp", "sms", "visit", "call", "letter", "gift"]
Connected = Literal["wechat", "whatsapp"]
Platform = Literal["ios", "android"]
_LINE = r"^[^\x00-\x1f\x7f<>]+$"
Line = Annotated[str, Field(min_length=1, max_length=80, pattern=_LINE)]
Signature = Annotated[str, Field(min_length=2, max_length=20, pattern=r"^[^\x00-\x1f<>{}【】\[\]]+$")]
Code = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,6}$")]
Micros = Annotated[int, Field(ge=0, le=PRICE_MICROS_MAX)]
Application = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:app/[A-Z_]+/[\w.-]{1,200}$")]
Channels = Annotated[list[ChannelName], Field(min_length=1, max_length=len(rules.CHANNEL_NAMES))]


def _once(value: list[Any]) -> list[Any]:
    if len(set(value)) != len(value):
        raise PydanticCustomError("repeated", N_("Each may be named once."))
    return value


def _no_presents(value: list[str]) -> list[str]:
    if NEVER["marketing"].intersection(value):
        raise PydanticCustomError("not_allowed", N_("Offers are neither a gift nor a visit."))
    return value


def _variables(value: str) -> str:
    unknown = set(texts.places_in(value)) - texts.VARIABLES
    if unknown or value.count("{") != len(texts.places_in(value)) or value.count("}") != value.count("{"):
        raise PydanticCustomError("variable", N_("A place for a variable is {name}, {house}, {chain} and the like."))
    return value


class AllowedIn(Schema):
    """The channels for each class of content, first wanted first. What is left out follows the house's own rule."""

    service: Annotated[Channels, AfterValidator(_once)] | None = None
    greeting: Annotated[Channels, AfterValidator(_once)] | None = None
    marketing: Annotated[Channels, AfterValidator(_once), AfterValidator(_no_presents)] | None = None


class WordingIn(Schema):
    """A text as it was registered with the network."""

    occasion: OccasionName
    language: Literal["en", "zh"]
    template_id: Line
    text: Annotated[
        str, Field(min_length=1, max_length=WORDING_LENGTH_MAX, pattern=_LINE), AfterValidator(_variables)
    ] = Field(description="To the letter, without the signature; variables as {name}.")


class PropertySignatureIn(Schema):
    """A property's own signature."""

    property_id: Id
    signature: Signature


class TextSettingsIn(Schema):
    """What holds for texts."""

    parts_max: int = Field(default=rules.TEXT_PARTS_MAX, ge=1, le=PARTS_MAX, description="A longer one is not sent.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(default=None, description="Of the prices.")
    prices: Annotated[dict[Code, Micros], Field(max_length=PRICES_MAX)] = Field(
        default_factory=dict,
        description="What a part costs by calling code, in millionths of the currency's unit; the longest code counts.",
    )
    signature: Signature | None = Field(default=None, description="Stands in 【】 before texts to +86.")
    signatures: list[PropertySignatureIn] = Field(default_factory=list, max_length=SIGNATURES_MAX)
    wordings: list[WordingIn] = Field(
        default_factory=list, max_length=WORDINGS_MAX, description="Registered texts: all that goes to +86."
    )


class ChannelSettingsIn(Schema):
    """All that a chain says about its channels; what is left out goes back to the house's own rule."""

    allowed: AllowedIn = Field(default_factory=AllowedIn)
    text: TextSettingsIn = Field(default_factory=TextSettingsIn)
    applications: dict[Platform, Application] | None = Field(
        default=None, description="The push service's application for each platform; left out, they stay as they are."
    )

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "allowed": {"greeting": ["email", "wechat", "push", "sms"]},
                    "text": {
                        "parts_max": 3,
                        "currency": "USD",
                        "prices": {"+351": 39000, "+86": 26000},
                        "signature": "示例酒店",
                        "wordings": [
                            {
                                "occasion": "birthday",
                                "language": "zh",
                                "template_id": "SMS_1000001",
                                "text": "{name}，您好！祝您生日快乐，身体健康。回复TD退订",
                            }
                        ],
                    },
                }
            ]
        }
    }

    def settings(self, before: Settings) -> Settings:
        """As the rules take it."""
        allowed = {
            purpose: tuple(getattr(self.allowed, purpose) or rules.ALLOWED[purpose]) for purpose in rules.ALLOWED
        }
        text = self.text
        return Settings(
            allowed=allowed,
            text_parts_max=text.parts_max,
            text_currency=text.currency,
            text_prices=dict(text.prices),
            signature=text.signature,
            signatures={one.property_id: one.signature for one in text.signatures},
            wordings={f"{one.occasion}:{one.language}": Wording(one.template_id, one.text) for one in text.wordings},
            applications=before.applications
            if self.applications is None
            else {str(name): arn for name, arn in self.applications.items()},
        )


class TextSettingsOut(Schema):
    """What holds for texts."""

    parts_max: int
    currency: str | None
    prices: dict[str, int]
    signature: str | None
    signatures: list[PropertySignatureIn]
    wordings: list[dict[str, str]]


class ChannelSettingsOut(Schema):
    """A version of what a chain says about its channels."""

    version: int = Field(description="0 is the house's own rule.")
    allowed: dict[str, list[str]] = Field(description="By class of content, first wanted first.")
    text: TextSettingsOut
    applications: dict[str, str]
    valid_from: InstantOut | None
    made_by: str | None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """A version as it is shown."""
        wordings = [
            dict(zip(("occasion", "language"), key.split(":"), strict=True))
            | {"template_id": one.template_id, "text": one.text}
            for key, one in settings.wordings.items()
        ]
        signatures = [PropertySignatureIn(property_id=one, signature=sig) for one, sig in settings.signatures.items()]
        return cls(
            version=settings.number,
            allowed={purpose: list(settings.channels_for(purpose)) for purpose in rules.ALLOWED},
            text=TextSettingsOut(
                parts_max=settings.text_parts_max,
                currency=settings.text_currency,
                prices=dict(settings.text_prices),
                signature=settings.signature,
                signatures=signatures,
                wordings=wordings,
            ),
            applications=dict(settings.applications),
            valid_from=settings.valid_from,
            made_by=settings.made_by,
        )


# -- connectors ------------------------------------------------------------------------------------------------


class ConnectorIn(Schema):
    """Who carries a channel for the chain."""

    name: Line
    url: str = Field(max_length=connectors.URL_LENGTH_MAX, description="https, and an address on the open internet.")
    channel: Connected

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"name": "WhatsApp gateway", "url": "https://chat.example.com/hook", "channel": "whatsapp"}]
        }
    }


class ConnectorPatch(Schema):
    """What changes."""

    name: Line | None = None
    url: str | None = Field(default=None, max_length=connectors.URL_LENGTH_MAX)

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"name": "Another gateway"}]}}


class ConnectorOut(Schema):
    """A connector. Messages are posted to `url` and signed by Standard Webhooks; states are posted to `states_url`."""

    id: str
    version: int
    name: str
    url: str
    channel: Connected
    states_url: str = Field(description="Where it posts states, signed with the same secret.")
    rotated_at: InstantOut
    created_at: InstantOut
    secret: str | None = Field(default=None, description="Shown when it is made, and never again.")

    @classmethod
    def of(cls, one: Any, states_url: str, secret: str | None = None) -> Self:
        """A connector as it is shown."""
        return cls(
            id=one.id,
            version=one.version,
            name=one.name,
            url=one.url,
            channel=one.channel,
            states_url=states_url,
            rotated_at=one.rotated_at,
            created_at=one.created_at,
            secret=secret,
        )


class ConnectorStateIn(Schema):
    """What became of a message."""

    guest_id: Id
    delivery_id: Id
    state: Literal["delivered", "read", "failed", "opted_out"]
    at: InstantIn | None = None
    code: Annotated[str, Field(max_length=60, pattern=r"^[\x20-\x7e]+$")] | None = None


class ConnectorStatesIn(Schema):
    """What became of some messages."""

    states: list[ConnectorStateIn] = Field(min_length=1, max_length=connectors.STATES_MAX)


# -- guests ----------------------------------------------------------------------------------------------------


class GuestAddressIn(Schema):
    """An address on a connected channel, as the connector calls it."""

    channel: Connected
    address: str = Field(max_length=200)


class GuestChannelsIn(Schema):
    """What the guest prefers, and their addresses on connected channels; what is left out is forgotten."""

    preferred: Annotated[list[ChannelName], AfterValidator(_once)] = Field(
        default_factory=list, max_length=len(rules.CHANNEL_NAMES), description="Best first."
    )
    addresses: list[GuestAddressIn] = Field(default_factory=list, max_length=ADDRESSES_MAX)

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "preferred": ["wechat", "email"],
                    "addresses": [{"channel": "wechat", "address": "oAbC1234567890dEfGhIjKlMnOpQ"}],
                }
            ]
        }
    }


class DeviceIn(Schema):
    """A device on which the guest has the chain's app."""

    platform: Platform
    token: Annotated[str, Field(min_length=8, max_length=2_000, pattern=r"^[\x21-\x7e]+$")] = Field(
        description="What the platform's push service gave the app."
    )

    model_config = Schema.model_config | {
        "json_schema_extra": {"examples": [{"platform": "android", "token": "fcm-token-of-a-demo-telephone"}]}
    }


class DeviceOut(Schema):
    """A device, without its token."""

    id: str
    platform: str


class ReachOut(Schema):
    """One way to reach the guest, and whether it may be taken for each class of content."""

    channel: str
    address: str = Field(description="Masked.")
    obstacles: dict[str, str | None] = Field(description="By class of content: why not, as a code; null: it may.")


class GuestChannelsOut(Schema):
    """How a guest can be reached."""

    guest_id: str
    version: int = Field(description="0: nothing has been said yet.")
    preferred: list[str]
    addresses: list[GuestAddressIn]
    devices: list[DeviceOut]
    reach: list[ReachOut]
    updated_at: InstantOut | None
