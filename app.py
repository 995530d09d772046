"""The front door: names the rooms in order, builds the Chalice app, gives Lambda its handlers. No decisions."""

import gc

from chalicelib import wiring, workers
from chalicelib.connect import api as connect
from chalicelib.connect import pages as connect_pages
from chalicelib.directory import api as directory
from chalicelib.directory import pages as directory_pages
from chalicelib.directory.service import authenticate_key, authenticate_session
from chalicelib.guests import api as guests
from chalicelib.guests import pages as guests_pages
from chalicelib.loyalty import api as loyalty
from chalicelib.loyalty import pages as loyalty_pages
from chalicelib.outreach import api as outreach
from chalicelib.outreach import pages as outreach_pages
from chalicelib.outreach.connector_door import ConnectorDoor
from chalicelib.outreach.guest_pages import UnsubscribePages
from chalicelib.stays import api as stays
from chalicelib.stays import pages as stays_pages
from chalicelib.web import operations
from chalicelib.web.application import build_app, with_event
from chalicelib.web.auth import Authenticators
from chalicelib.web.entrance import entrance
from chalicelib.web.static_files import StaticFiles

APIS = [operations.api, directory.api, guests.api, stays.api, loyalty.api, outreach.api, connect.api]
ROOMS = (directory_pages, stays_pages, guests_pages, loyalty_pages, outreach_pages, connect_pages)
PAGES = [*(room.pages for room in ROOMS), UnsubscribePages(), ConnectorDoor(), StaticFiles()]

operations.describe(APIS)
app = build_app("hospes", APIS, PAGES, Authenticators(by_key=authenticate_key, by_session=authenticate_session))
handler = entrance(app)

for queue in wiring.QUEUES:
    subscribe = app.on_sqs_message(queue=queue.name, batch_size=queue.batch_size, name=queue.handler)
    subscribe(with_event(getattr(workers, queue.handler)))
for schedule in wiring.SCHEDULES:
    app.schedule(schedule.rate, name=schedule.name)(with_event(getattr(workers, schedule.handler)))

gc.freeze()  # what is loaded by now stays: no collection needs to look at it again
