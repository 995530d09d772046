"""The front door: names the rooms in order, builds the Chalice app, gives Lambda its handlers. No decisions."""

from typing import Any

from chalicelib.connect import api as connect
from chalicelib.connect import jobs as connect_jobs  # noqa: F401  (registers agenda handlers)
from chalicelib.connect import pages as connect_pages
from chalicelib.directory import api as directory
from chalicelib.directory import pages as directory_pages
from chalicelib.directory.service import authenticate_key, authenticate_session
from chalicelib.guests import api as guests
from chalicelib.guests import jobs as guests_jobs  # noqa: F401
from chalicelib.guests import pages as guests_pages
from chalicelib.kernel import work
from chalicelib.outreach import api as outreach
from chalicelib.outreach import jobs as outreach_jobs  # noqa: F401
from chalicelib.outreach import pages as outreach_pages
from chalicelib.outreach import reactions as outreach_reactions  # noqa: F401
from chalicelib.outreach.guest_pages import UnsubscribePages
from chalicelib.outreach.service import handle_mail_event
from chalicelib.stays import api as stays
from chalicelib.stays import pages as stays_pages
from chalicelib.web import operations, queue
from chalicelib.web.application import build_app
from chalicelib.web.auth import Authenticators
from chalicelib.web.static_files import StaticFiles

APIS = [operations.api, directory.api, guests.api, stays.api, outreach.api, connect.api]
ROOMS = (directory_pages, stays_pages, guests_pages, outreach_pages, connect_pages)
PAGES = [*(room.pages for room in ROOMS), UnsubscribePages(), StaticFiles()]

operations.describe(APIS)
app = build_app("hospes", APIS, PAGES, Authenticators(by_key=authenticate_key, by_session=authenticate_session))


@app.on_sqs_message(queue="agenda-event", batch_size=10, name="work_events")
def work_events(event: Any) -> Any:
    """Reactions to what happened."""
    return queue.each(event, work.run_message)


@app.on_sqs_message(queue="agenda-due", batch_size=10, name="work_due")
def work_due(event: Any) -> Any:
    """What has fallen due for one subject."""
    return queue.each(event, work.run_message)


@app.on_sqs_message(queue="agenda-bulk", batch_size=1, name="work_bulk")
def work_bulk(event: Any) -> Any:
    """Work that streams: imports, campaigns, advances of test clocks."""
    return queue.each(event, work.run_message)


@app.on_sqs_message(queue="mail-events", batch_size=10, name="mail_events")
def mail_events(event: Any) -> Any:
    """What the mail service says became of our messages."""
    return queue.each(event, handle_mail_event)


@app.schedule("rate(1 minute)", name="sweep")
def sweep(event: Any) -> Any:
    """Hands what is due to the queues."""
    return work.sweep()
