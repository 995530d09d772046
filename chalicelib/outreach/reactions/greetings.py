"""What outreach does when guests and stays change."""

from __future__ import annotations

from chalicelib.kernel.events import Event
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach import service
from chalicelib.outreach.service import accompanying


def arm_birthday(scope: Scope, event: Event, unit: Unit) -> None:
    """Put a guest's birthday where it belongs."""
    fields, is_new = event.detail.get("fields", ()), bool(event.detail.get("is_new"))
    service.arm_birthday(scope, unit, event.subject_id, fields, is_new=is_new)


def arm_birthdays(scope: Scope, event: Event, unit: Unit) -> None:
    """Put the birthdays of imported guests on the agenda."""
    service.arm_birthdays(scope, unit, event.detail["ids"])


def follow_merge(scope: Scope, event: Event, unit: Unit) -> None:
    """Nobody is greeted twice because two records were one person's."""
    service.follow_merge(scope, unit, event.detail["absorbed_id"])


def remember_greeted(scope: Scope, event: Event, unit: Unit) -> None:
    """Nobody is greeted twice because a merge was undone."""
    service.remember_greeted(scope, unit, event.subject_id, event.detail["absorbed_id"], event.detail["merge_id"])


def forget_birthday(scope: Scope, event: Event, unit: Unit) -> None:
    """Take the birthday of a guest who is gone off the agenda."""
    service.forget_birthday(unit, event.subject_id)


def arm_chain_again(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the birthdays of the chain's guests if its hour, rule or zone has changed."""
    if not service.MOVES_CHAIN.isdisjoint(event.detail.get("fields", ())):
        service.arm_all_again(scope, unit, scope.chain_id)


def arm_property_again(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the birthdays of a property's guests if its zone has changed."""
    if not service.MOVES_PROPERTY.isdisjoint(event.detail.get("fields", ())):
        service.arm_all_again(scope, unit, event.subject_id)


def follow_zone(scope: Scope, event: Event, unit: Unit) -> None:
    """A guest may now belong to another zone, and the stay's journey elsewhere: one transaction for both."""
    detail = event.detail
    service.follow_zones(scope, unit, [detail["guest_id"]])
    accompanying.follow(scope, unit, event.subject_id, detail["guest_id"], event.version, detail.get("was"))


def follow_zones(scope: Scope, event: Event, unit: Unit) -> None:
    """Guests may now belong to other zones, and stays that are not over have their journeys."""
    service.follow_zones(scope, unit, event.detail["guest_ids"])
    accompanying.follow_imported(scope, unit, event.detail.get("current", ()))


def arm_first_stay(scope: Scope, event: Event, unit: Unit) -> None:
    """Thank a guest for a first stay."""
    service.arm_first_stays(scope, unit, [(event.detail["guest_id"], event.subject_id)])


def arm_first_stays(scope: Scope, event: Event, unit: Unit) -> None:
    """Thank guests for their first stays, those that an import has seen to end."""
    service.arm_first_stays(scope, unit, [(guest_id, stay_id) for guest_id, stay_id in event.detail["completed"]])


def arm_stay_anniversary(scope: Scope, event: Event, unit: Unit) -> None:
    """Remember the first stay every year."""
    service.arm_stay_anniversaries(scope, unit, [event.detail["guest_id"]])


def arm_stay_anniversaries(scope: Scope, event: Event, unit: Unit) -> None:
    """Remember the first stays that an import has brought, also those of long ago."""
    service.arm_stay_anniversaries(scope, unit, event.detail["guest_ids"])


def arm_member_anniversary(scope: Scope, event: Event, unit: Unit) -> None:
    """Remember every year that a guest has joined."""
    service.arm_member_anniversary(scope, unit, event.detail["guest_id"])


def arm_festivals(scope: Scope, event: Event, unit: Unit) -> None:
    """Move the festivals of the chain's properties if its hour has changed."""
    if "greeting_hour" in event.detail.get("fields", ()):
        service.arm_festivals(unit, scope.chain_id)


def arm_new_house(scope: Scope, event: Event, unit: Unit) -> None:
    """Put a new property's next festival on the agenda."""
    service.arm_house(scope, unit, event.subject_id)


def arm_house(scope: Scope, event: Event, unit: Unit) -> None:
    """Move a property's next festival if its zone has changed."""
    if not service.MOVES_PROPERTY.isdisjoint(event.detail.get("fields", ())):
        service.arm_house(scope, unit, event.subject_id)
