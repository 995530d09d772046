"""What other rooms and contexts use of outreach."""

from chalicelib.outreach.models import Delivery, Suppression
from chalicelib.outreach.service.arming import (
    MOVES_CHAIN,
    MOVES_PROPERTY,
    arm_all_again,
    arm_birthday,
    arm_birthdays,
    arm_first_stays,
    arm_some_again,
    follow_zones,
    forget_birthday,
)
from chalicelib.outreach.service.counting import FigureRow, Figures, figure_days, figures
from chalicelib.outreach.service.foreseeing import Foreseen, occasion_days, occasions_of_guest
from chalicelib.outreach.service.hearing import handle_mail_event
from chalicelib.outreach.service.listing import (
    DeliveryFilter,
    DeliveryPage,
    deliveries_of_guest,
    deliveries_page,
    get_delivery,
)
from chalicelib.outreach.service.occurring import greet, greeting_lost, thank, try_again
from chalicelib.outreach.service.sending import settle
from chalicelib.outreach.service.suppressing import (
    SuppressionPage,
    add_suppression,
    get_suppression,
    lift_suppression,
    suppressions_page,
)
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
    "Suppression",
    "SuppressionPage",
    "add_suppression",
    "arm_all_again",
    "arm_birthday",
    "arm_birthdays",
    "arm_first_stays",
    "arm_some_again",
    "deliveries_of_guest",
    "deliveries_page",
    "figure_days",
    "figures",
    "follow_zones",
    "forget_birthday",
    "get_delivery",
    "get_suppression",
    "greet",
    "greeting_lost",
    "handle_mail_event",
    "lift_suppression",
    "occasion_days",
    "occasions_of_guest",
    "settle",
    "suppressions_page",
    "thank",
    "try_again",
    "unsubscribe",
    "unsubscription_of",
]
