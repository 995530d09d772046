"""Every room that people and programs come to, imported: for the descriptions, the index of routes, the proofs.

The product itself knows from that index (`routes`) to which room an address leads, and imports the room with the first
request to it. The portal is one room, for the frame of each page shows what all of them have put into it.
"""

from __future__ import annotations

from chalicelib.connect import api as connect
from chalicelib.connect import pages as connect_pages
from chalicelib.directory import api as directory
from chalicelib.directory import pages as directory_pages
from chalicelib.guests import api as guests
from chalicelib.guests import pages as guests_pages
from chalicelib.loyalty import api as loyalty
from chalicelib.loyalty import pages as loyalty_pages
from chalicelib.outreach import api as outreach
from chalicelib.outreach import connector_door, guest_pages
from chalicelib.outreach import pages as outreach_pages
from chalicelib.stays import api as stays
from chalicelib.stays import pages as stays_pages
from chalicelib.web import operations, static_files
from chalicelib.web.application import Room
from chalicelib.web.auth import Authenticators
from chalicelib.web.endpoints import Api
from chalicelib.web.routing import Handler

APIS: list[Api] = [
    operations.api, directory.api, guests.api, stays.api, loyalty.api, outreach.api, connect.api,
]  # fmt: skip
PAGES = [
    one.pages
    for one in (directory_pages, stays_pages, guests_pages, loyalty_pages, outreach_pages, connect_pages)
]  # fmt: skip


class Portal:
    """All pages behind the sign-in."""

    def routes(self, authenticators: Authenticators) -> list[tuple[str, str, Handler]]:
        """What the front door registers."""
        return [route for pages in PAGES for route in pages.routes(authenticators)]


portal = Portal()

# By the names that the index uses.
ROOMS: dict[str, Api | Room] = {
    "chalicelib.web.operations:api": operations.api,
    "chalicelib.directory.api:api": directory.api,
    "chalicelib.guests.api:api": guests.api,
    "chalicelib.stays.api:api": stays.api,
    "chalicelib.loyalty.api:api": loyalty.api,
    "chalicelib.outreach.api:api": outreach.api,
    "chalicelib.connect.api:api": connect.api,
    "chalicelib.rooms:portal": portal,
    "chalicelib.outreach.guest_pages:room": guest_pages.room,
    "chalicelib.outreach.connector_door:room": connector_door.room,
    "chalicelib.web.static_files:room": static_files.room,
}
