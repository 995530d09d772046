"""REST endpoints of guests. A house's key sees the guests that the house knows, and of them no other house's data."""

from __future__ import annotations

from chalicelib.guests import service
from chalicelib.guests.schemas import (
    CITY,
    ConsentChangeOut,
    ConsentOut,
    ConsentSettingIn,
    ConsentsOut,
    ExternalIdOut,
    GuestIn,
    GuestOut,
    GuestPatch,
    GuestQuery,
    GuestSearchIn,
    GuestUpsertIn,
)
from chalicelib.guests.service import Guest
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("guests")

DEMO_GUEST = {"guest_id": "gst_0000000000000000000000g000"}
DEMO_NUMBER = {"system": "demo", "property_id": CITY, "external_id": "DEMO-G-2"}
DEMO_CONSENT = {**DEMO_GUEST, "purpose": "greeting", "channel": "email"}


@api.post("/v1/guests", permission="guests:write", body=GuestIn, answers=GuestOut)
def create_guest(scope: Scope, body: GuestIn) -> Answer:
    """Create a guest.

    Nobody is refused because an e-mail address or a phone number is known: two people may share one.
    """
    guest = service.create(scope, body)
    return Answer(_guest_out(scope, guest), location=f"/v1/guests/{guest.id}")


@api.get("/v1/guests/{guest_id}", permission="guests:read", answers=GuestOut, path_examples=DEMO_GUEST)
def get_guest(scope: Scope, guest_id: str) -> Answer:
    """One guest.

    Of a guest who was merged into another that one is answered, with its own id and address (Content-Location).
    """
    guest = service.get(scope, guest_id)
    headers = {"Content-Location": f"/v1/guests/{guest.id}"} if guest.id != guest_id else {}
    return Answer(_guest_out(scope, guest), headers=headers)


@api.patch(
    "/v1/guests/{guest_id}",
    permission="guests:write",
    body=GuestPatch,
    answers=GuestOut,
    path_examples=DEMO_GUEST,
)
def update_guest(scope: Scope, guest_id: str, body: GuestPatch, expected_version: int) -> GuestOut:
    """Change a guest: fields that are absent stay as they are, null empties a field.

    A list replaces the one before. Consents have an address of their own. Under the id of a guest who was merged into
    another it is that one who is changed, with that one's ETag; what is said is remembered as said of this one.
    """
    return _guest_out(scope, service.update(scope, guest_id, body, expected_version))


@api.get("/v1/guests", permission="guests:read", query=GuestQuery, answers=GuestOut, is_list=True)
def list_guests(scope: Scope, query: GuestQuery) -> Listing:
    """Guests by their last change, the oldest change first.

    Whoever keeps a copy asks again with the `updated_at` seen last. A page may hold fewer than asked for while there
    is more.
    """
    page = service.list_page(
        scope,
        limit=query.limit,
        after=query.cursor,
        property_id=query.property_id,
        updated_since=query.updated_since,
        language=query.language,
    )
    return Listing([_guest_out(scope, guest) for guest in page.guests], page.next)


@api.post(
    "/v1/guest-searches",
    permission="guests:read",
    status=200,
    body=GuestSearchIn,
    answers=GuestOut,
    is_list=True,
)
def search_guests(scope: Scope, body: GuestSearchIn) -> Listing:
    """Find guests by the beginning of a name, an e-mail address, a phone number, an external id or a house.

    All that is given must fit. Names are compared without case and accents, family or given name first. It is a POST
    so that nothing personal stands in an address; nothing is changed by it.
    """
    page = service.search(scope, body)
    return Listing([_guest_out(scope, guest) for guest in page.guests], page.next)


@api.put(
    "/v1/external/{system}/{property_id}/guests/{external_id}",
    permission="guests:write",
    body=GuestUpsertIn,
    answers=GuestOut,
    refusals=(412,),
    path_examples=DEMO_NUMBER,
)
def put_external_guest(scope: Scope, system: str, property_id: str, external_id: str, body: GuestUpsertIn) -> Answer:
    """Say what another system knows of a guest, under that system's own number.

    Creates the guest (201) or changes it (200). Fields that are absent stay as they are; a consent takes effect only
    if it is newer than what is known. The property `-` stands for the whole chain.
    """
    guest, is_new = service.upsert_external(scope, system, property_id, external_id, body)
    return Answer(_guest_out(scope, guest), status=201 if is_new else 200, location=f"/v1/guests/{guest.id}")


@api.put(
    "/v1/guests/{guest_id}/consents/{purpose}/{channel}",
    permission="guests:write",
    body=ConsentSettingIn,
    answers=ConsentOut,
    path_examples=DEMO_CONSENT,
)
def put_consent(scope: Scope, guest_id: str, purpose: str, channel: str, body: ConsentSettingIn) -> ConsentOut:
    """Note what a guest says about one purpose on one channel; answers what holds.

    A statement older than what is known changes nothing. Every change is kept with its source and time.
    """
    guest = service.set_consent(scope, guest_id, purpose, channel, body)
    return next(one for one in _consents_out(guest) if (one.purpose, one.channel) == (purpose, channel))


@api.get(
    "/v1/guests/{guest_id}/consents",
    permission="guests:read",
    query=PageQuery,
    answers=ConsentsOut,
    path_examples=DEMO_GUEST,
)
def get_consents(scope: Scope, guest_id: str, query: PageQuery | None = None) -> ConsentsOut:
    """What a guest has consented to, and how that came to be: the latest change first."""
    asked = query or PageQuery()
    guest, history = service.consent_history(scope, guest_id, limit=asked.limit, after=asked.cursor)
    changes = [
        ConsentChangeOut(
            purpose=one["purpose"],
            channel=one["channel"],
            state=one["state"],
            source=one["source"],
            at=_instant(one["at"]),
            recorded_at=format_instant(entry.recorded_at),
            recorded_by=str(entry.actor_kind),
        )
        for entry in history.entries
        for one in entry.changes
    ]
    return ConsentsOut(
        current=_consents_out(guest), history=changes, next=history.next, has_more=history.next is not None
    )


# -- shapes ------------------------------------------------------------------------------------------------


def _guest_out(scope: Scope, guest: Guest) -> GuestOut:
    """The guest as the caller may see it: no house beyond the wall, and none of its numbers."""
    numbers = [
        ExternalIdOut(**key)
        for key in guest.external_ids
        if key["property_id"] is None or scope.sees_property(key["property_id"])
    ]
    home_id = guest.home_property_id
    return GuestOut(
        id=guest.id,
        given_name=guest.given_name,
        family_name=guest.family_name,
        emails=list(guest.emails),
        phones=list(guest.phones),
        language=guest.language,
        time_zone=guest.time_zone,
        birth_date=guest.birth_date,
        birthday_calendar=guest.birthday_calendar,
        nationality=guest.nationality,
        occupation=guest.occupation,
        external_ids=numbers,
        consents=_consents_out(guest),
        property_ids=sorted(filter(scope.sees_property, guest.property_ids)),
        home_property_id=home_id if home_id and scope.sees_property(home_id) else None,
        is_do_not_greet=guest.is_do_not_greet,
        absorbed_ids=list(guest.absorbed_ids or ()),
        source=guest.source,
        created_at=format_instant(guest.created_at),
        updated_at=format_instant(guest.updated_at),
        version=int(guest.version),
    )


guest_out = _guest_out  # for endpoints that show several guests at once


def _consents_out(guest: Guest) -> list[ConsentOut]:
    """What holds, in order of purpose and channel."""
    found = []
    for key, one in sorted(guest.consents.items()):
        purpose, channel = key.split(":", 1)
        found.append(
            ConsentOut(
                purpose=purpose,
                channel=channel,
                state=one["state"],
                source=one["source"],
                at=_instant(one["at"]),
            )
        )
    return found


def _instant(sortable_text: str) -> str:
    return format_instant(from_sortable(sortable_text))
