"""The words of outreach: occasions, purposes, statuses, and the reasons for a silence, with what would end it."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from chalicelib.kernel.errors import Stale
from chalicelib.kernel.i18n import N_

OccasionName = Literal[
    "birthday",
    "first_stay",
    "stay_anniversary",
    "member_anniversary",
    "special_day",
    "festival",
    "silence",
    "monthly_contact",
    "booking_confirmed",
    "stay_changed",
    "pre_arrival",
    "room_ready",
    "in_stay",
    "thanks",
    "milestone",
    "points_ending",
]
Purpose = Literal["greeting", "service", "marketing"]
Status = Literal["claimed", "parked", "sent", "delivered", "bounced", "complained", "failed", "unknown", "skipped"]
OCCASION_NAMES: tuple[OccasionName, ...] = get_args(OccasionName)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
STATUSES: tuple[Status, ...] = get_args(Status)

# Consent to these ends when somebody complains about a mail; service messages end with the suppression alone.
PURPOSES_ENDED_BY_COMPLAINT = ("greeting", "marketing")


class Occasion(NamedTuple):
    """A kind of message. Whoever adds one adds a line here, its templates, and the handler that it falls due in."""

    name: OccasionName
    purpose: Purpose
    label: str


OCCASIONS: dict[str, Occasion] = {
    "birthday": Occasion("birthday", "greeting", N_("Birthday greeting")),
    # A thank-you after a stay asks for nothing and offers nothing: it belongs to the service that was booked.
    "first_stay": Occasion("first_stay", "service", N_("Thanks after the first stay")),
    "stay_anniversary": Occasion("stay_anniversary", "greeting", N_("Anniversary of the first stay")),
    "special_day": Occasion("special_day", "greeting", N_("A day of the guest's own")),
    "festival": Occasion("festival", "greeting", N_("Festival")),
    "member_anniversary": Occasion("member_anniversary", "greeting", N_("Anniversary of the membership")),
    "silence": Occasion("silence", "greeting", N_("Not seen for long")),
    "monthly_contact": Occasion("monthly_contact", "greeting", N_("A word to regular guests")),
    # What belongs to a booking is service, as the thanks for it are.
    "booking_confirmed": Occasion("booking_confirmed", "service", N_("Confirmation of the booking")),
    "stay_changed": Occasion("stay_changed", "service", N_("Change of the stay")),
    "pre_arrival": Occasion("pre_arrival", "service", N_("Before the arrival")),
    "room_ready": Occasion("room_ready", "service", N_("The room is ready")),
    "in_stay": Occasion("in_stay", "service", N_("Question during the stay")),
    "thanks": Occasion("thanks", "service", N_("Thanks after the stay")),
    "milestone": Occasion("milestone", "greeting", N_("A round number of stays")),
    "points_ending": Occasion("points_ending", "service", N_("Points that end soon")),
}


GREETED_WHILE_MERGED = "greeted_while_merged"


class Reason(NamedTuple):
    """Why nothing is sent, and what would have to change."""

    code: str
    why: str
    remedy: str


REASONS: dict[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason(
            "too_late",
            N_("The moment for it had passed when it could have been sent."),
            N_("Nothing: it is decided anew for the next occasion."),
        ),
        Reason(
            "consent_missing",
            N_("The guest has not agreed to this kind of message, and the law of the property's country asks for it."),
            N_("The guest agrees, and the consent is recorded."),
        ),
        Reason(
            "consent_denied",
            N_("The guest does not want this kind of message."),
            N_("The guest agrees anew, and the consent is recorded."),
        ),
        Reason(
            "suppressed",
            N_("Messages to this address are stopped after a bounce, a complaint, an opt-out or by hand."),
            N_("Another address is recorded, or the suppression is lifted."),
        ),
        Reason(
            "minor",
            N_("The guest is under 18."),
            N_("The guest comes of age, or the date of birth is corrected."),
        ),
        Reason(
            "do_not_greet",
            N_("The guest's profile says: do not greet."),
            N_("The mark is removed from the guest's profile."),
        ),
        Reason(
            "shared_contact",
            N_("The address or number belongs to more than three guests."),
            N_("An address or number of the guest's own is recorded."),
        ),
        Reason(
            "relay_address",
            N_("The only address is a booking site's forwarder, which takes service messages only."),
            N_("An address of the guest's own is recorded."),
        ),
        Reason(
            "no_channel",
            N_("There is no address or number that a message could be sent to."),
            N_("An e-mail address or a mobile number is recorded."),
        ),
        Reason(
            "lunar_unknown",
            N_("The lunar calendar is known for the years 1900 to 2100 only, and the date of birth lies before them."),
            N_("The date of birth is corrected, or the birthday is kept by the Gregorian calendar."),
        ),
        Reason(
            "no_birth_date",
            N_("The date of birth is not known."),
            N_("The date of birth is recorded."),
        ),
        Reason(
            "frequency_cap",
            N_("The guest has had as many messages with offers as anybody gets: one in a week, four in a month."),
            N_("Nothing: it is decided anew for the next occasion. Greetings without an offer are not limited."),
        ),
        Reason(
            "property_paused",
            N_("Greetings and offers by mail are paused for the property: too many of its mails bounced or annoyed."),
            N_("Head office has looked at the property's addresses, and lifts the pause."),
        ),
        Reason(
            "policy_off",
            N_("The chain does not write to its guests for this occasion."),
            N_("Head office switches the occasion on."),
        ),
        Reason(
            "before_activation",
            N_("The occasion lies before the chain began to send messages for it."),
            N_("Nothing: what is past stays silent."),
        ),
        Reason(
            "stay_reversed",
            N_("The check-out was taken back."),
            N_("The stay ends."),
        ),
        Reason(
            "not_first_stay",
            N_("The guest has stayed before."),
            N_("Nothing: this message follows a first stay only."),
        ),
        Reason(
            GREETED_WHILE_MERGED,
            N_("The message went to the guest's address while the guest was taken for another one."),
            N_("Nothing: it is decided anew for the next occasion."),
        ),
        Reason(
            "in_house",
            N_("The guest is in the house: whoever is here gets service and greetings, and no offers."),
            N_("The guest leaves while there is still time for the message."),
        ),
        Reason(
            "busy_channel",
            N_("The channel took no more messages at that moment; nothing was sent."),
            N_("Nothing: it is tried again by itself."),
        ),
        Reason(
            "not_allowed",
            N_("This kind of message does not go on the channels on which the guest can be reached."),
            N_("Head office allows one of them for it, or an address on another channel is recorded."),
        ),
        Reason(
            "text_unregistered",
            N_("Texts to +86 need a signature and a wording that is registered for the occasion and the language."),
            N_("Head office enters the signature and the registered wording in the settings of the channels."),
        ),
        Reason(
            "text_too_long",
            N_("The text would have more parts than the chain lets a text have."),
            N_("The offer or the name of the house is shortened, or head office allows more parts."),
        ),
    )
}


# Why a message leaves later than its hour, for whoever looks ahead.
MOVED: dict[str, str] = {
    "quiet_hours": N_("It waits for the end of the quiet hours."),
    "in_house": N_("It waits until the guest has left: an offer is not made to whoever is in the house."),
    "frequency_cap": N_("It waits, because another offer goes to the guest less than a week before."),
}


class AlreadyDecided(Stale):
    """Another run has claimed this occurrence: there is nothing left to send."""


class AddressSuppressed(Stale):
    """The address is suppressed: decide again, knowing that."""


class GuestChanged(Stale):
    """The guest was changed between the decision and the claim: decide again."""
