"""All that has passed between a guest and the house, in one list, newest first, whatever room it is kept in.

A room that keeps contacts adds its source with one line: `contacts.adds(source)`. A source answers a guest's latest
contacts before an instant; every one is asked under all ids of the guest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from chalicelib.guests import service as guests
from chalicelib.guests.service import Guest
from chalicelib.kernel import cursor
from chalicelib.kernel.deferred import dataclass
from chalicelib.kernel.scope import Scope
from chalicelib.outreach.models import Delivery
from chalicelib.outreach.models.hotline import HotlineContact
from chalicelib.outreach.models.messages import Message

LIST = "contacts"
OF_SOURCE_MAX = 500  # contacts of one id in one source that are looked through


@dataclass(frozen=True)
class Contact:
    """One contact. `at` is sortable text; `what` is an occasion, a subject, or what was asked; `text` what was said."""

    at: str
    kind: str
    id: str
    direction: str
    channel: str
    what: str | None = None
    text: str | None = None
    status: str | None = None
    property_id: str | None = None

    @property
    def place(self) -> str:
        """Where it stands in the list: no two have the same."""
        return f"{self.at}#{self.id}"


Source = Callable[[Scope, Guest], Iterator[Contact]]
_sources: list[Source] = []


def adds(source: Source) -> Source:
    """Make a room's contacts part of the list. In any order, at most some hundred."""
    if source not in _sources:
        _sources.append(source)
    return source


@dataclass(frozen=True)
class ContactPage:
    """Some contacts and the cursor of those that follow."""

    items: list[Contact]
    next: str | None


def contacts_page(scope: Scope, guest_id: str, *, limit: int, after: str | None) -> ContactPage:
    """A guest's contacts, the latest first. Raises NotFound beyond the wall.

    What speaks for a property that the caller does not see is left out.
    """
    guest = guests.get(scope, guest_id)
    name = f"{LIST}|{guest.id}"
    key = cursor.decode(scope, name, after)
    found = {one.place: one for source in _sources for one in source(scope, guest) if _is_seen(scope, one)}
    places = sorted((one for one in found if key is None or one < key["before"]["S"]), reverse=True)
    shown = [found[one] for one in islice(places, limit)]
    last = {"before": {"S": shown[-1].place}} if len(places) > limit else None
    return ContactPage(shown, cursor.encode(scope, name, last))


def _is_seen(scope: Scope, one: Contact) -> bool:
    return one.property_id is None or scope.sees_property(one.property_id)


@adds
def deliveries(scope: Scope, guest: Guest) -> Iterator[Contact]:
    """Messages that were sent, and not those that were not."""
    for guest_id in guest.ids:
        for one in Delivery.of_guest(scope, guest_id):
            if one.status != "skipped":
                yield Contact(
                    at=one.decided_at, kind="delivery", id=str(one.id), direction="out", channel=str(one.channel),
                    what=str(one.occasion), status=str(one.status), property_id=one.property_id,
                )  # fmt: skip


@adds
def messages(scope: Scope, guest: Guest) -> Iterator[Contact]:
    """What the guest wrote, and what staff answered."""
    for guest_id in guest.ids:
        for one in Message.newest(scope, guest_id, limit=OF_SOURCE_MAX).items:
            yield Contact(
                at=str(one.at), kind="message", id=str(one.id), direction=str(one.direction),
                channel=str(one.channel), what=one.subject, text=str(one.text), status=str(one.state),
            )  # fmt: skip


@adds
def hotline(scope: Scope, guest: Guest) -> Iterator[Contact]:
    """What the guest asked the hotline."""
    for guest_id in guest.ids:
        for one in HotlineContact.of_guest(scope, guest_id, limit=OF_SOURCE_MAX):
            yield Contact(
                at=one.asked_at, kind="hotline", id=one.id, direction="in", channel="telephone",
                what=str(one.about), text=one.answer, status="answered" if one.answered_at else "open",
                property_id=one.property_id,
            )  # fmt: skip
