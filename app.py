"""The front door: builds the Chalice app from the index of routes, gives Lambda its handlers. No decisions."""

import gc
from typing import TYPE_CHECKING

from chalicelib import wiring, workers
from chalicelib.directory.answers import authenticate_key, authenticate_session
from chalicelib.kernel.later import later
from chalicelib.routes import ROUTES
from chalicelib.web.application import build_app, with_event
from chalicelib.web.auth import Authenticators
from chalicelib.web.endpoints import know_all
from chalicelib.web.entrance import entrance

if TYPE_CHECKING:
    from chalicelib import rooms
else:
    rooms = later("chalicelib.rooms")

know_all(lambda: rooms.APIS)
app = build_app("hospes", ROUTES, Authenticators(by_key=authenticate_key, by_session=authenticate_session))
handler = entrance(app)

for queue in wiring.QUEUES:
    subscribe = app.on_sqs_message(queue=queue.name, batch_size=queue.batch_size, name=queue.handler)
    subscribe(with_event(getattr(workers, queue.handler)))
for schedule in wiring.SCHEDULES:
    app.schedule(schedule.rate, name=schedule.name)(with_event(getattr(workers, schedule.handler)))

gc.freeze()  # what is loaded by now stays: no collection needs to look at it again
