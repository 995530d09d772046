"""What other rooms and contexts use of outreach."""

from chalicelib.outreach.models import Delivery, Suppression
from chalicelib.outreach.rules.policies import Policy
from chalicelib.outreach.service import carrying
from chalicelib.outreach.service.arming import (
    MOVES_CHAIN,
    MOVES_PROPERTY,
    arm_all_again,
    arm_birthday,
    arm_birthdays,
    arm_first_stays,
    arm_member_anniversary,
    arm_some_again,
    arm_stay_anniversaries,
    follow_merge,
    follow_zones,
    forget_birthday,
)
from chalicelib.outreach.service.celebrating import (
    arm_festivals,
    arm_house,
    arm_some_festivals,
    celebrate,
    festival_lost,
)
from chalicelib.outreach.service.counting import FigureRow, Figures, figure_days, figures
from chalicelib.outreach.service.foreseeing import Foreseen, occasion_days, occasions_of_guest
from chalicelib.outreach.service.hearing import handle_mail_event
from chalicelib.outreach.service.keeping import keep, keeping_lost
from chalicelib.outreach.service.listing import (
    DeliveryFilter,
    DeliveryPage,
    deliveries_of_guest,
    deliveries_page,
    get_delivery,
)
from chalicelib.outreach.service.occurring import greet, greeting_lost, thank, try_again
from chalicelib.outreach.service.parting import remember_greeted
from chalicelib.outreach.service.policies import (
    held_policy,
    in_force,
    next_of,
    policies_page,
    versions_of,
    versions_page,
)
from chalicelib.outreach.service.publishing import publish, withdraw
from chalicelib.outreach.service.sending import settle
from chalicelib.outreach.service.suppressing import (
    SuppressionPage,
    add_suppression,
    find_suppression,
    get_suppression,
    lift_suppression,
    suppressions_page,
)
from chalicelib.outreach.service.telling import Told, days_of, tell_days
from chalicelib.outreach.service.unsubscribing import unsubscribe, unsubscription_of

__all__ = [
    "MOVES_CHAIN",
    "MOVES_PROPERTY",
    "Delivery",
    "DeliveryFilter",
    "DeliveryPage",
    "FigureRow",
    "Figures",
    "Foreseen",
    "Policy",
    "Suppression",
    "SuppressionPage",
    "Told",
    "add_suppression",
    "arm_all_again",
    "arm_birthday",
    "arm_birthdays",
    "arm_festivals",
    "arm_first_stays",
    "arm_house",
    "arm_member_anniversary",
    "arm_some_again",
    "arm_some_festivals",
    "arm_stay_anniversaries",
    "carrying",
    "celebrate",
    "days_of",
    "deliveries_of_guest",
    "deliveries_page",
    "festival_lost",
    "figure_days",
    "figures",
    "find_suppression",
    "follow_merge",
    "follow_zones",
    "forget_birthday",
    "get_delivery",
    "get_suppression",
    "greet",
    "greeting_lost",
    "handle_mail_event",
    "held_policy",
    "in_force",
    "keep",
    "keeping_lost",
    "lift_suppression",
    "next_of",
    "occasion_days",
    "occasions_of_guest",
    "policies_page",
    "publish",
    "remember_greeted",
    "settle",
    "suppressions_page",
    "tell_days",
    "thank",
    "try_again",
    "unsubscribe",
    "unsubscription_of",
    "versions_of",
    "versions_page",
    "withdraw",
]
