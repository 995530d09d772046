"""Says once which functions, queues and schedules there are. The decorators, the template, the policies and the local
runner are made from this; the tables are made from the records themselves."""

from __future__ import annotations

from chalicelib.kernel.deferred import dataclass

SES_TOPIC = "hospes-ses-events"
SES_QUEUE = "mail-events"
MESSAGE_KEPT_S = 4 * 86_400
DEAD_KEPT_S = 14 * 86_400  # the longest SQS keeps a message


@dataclass(frozen=True)
class Function:
    """One Lambda function. `kind` names its policy: `api`, `worker`, `hearer` or `sweeper`."""

    name: str
    handler: str
    kind: str
    memory_mb: int
    timeout_s: int


@dataclass(frozen=True)
class Queue:
    """A queue and the worker that works it off. Its dead letters go to `<name>-dead`."""

    name: str
    handler: str
    batch_size: int
    visibility_s: int
    max_receives: int = 5
    concurrency_max: int | None = None  # how many workers may run at once; None is as many as the account has

    @property
    def dead_letter(self) -> str:
        """Name of the queue that takes what could not be handled."""
        return f"{self.name}-dead"

    @property
    def variable(self) -> str:
        """The environment variable that carries the queue's URL."""
        return f"HOSPES_QUEUE_{self.name.upper().replace('-', '_')}_URL"


@dataclass(frozen=True)
class Schedule:
    """A worker called by the clock. `local_every_s` is how often the local runner calls it."""

    name: str
    handler: str
    every_minutes: int
    local_every_s: int

    @property
    def rate(self) -> str:
        """The expression EventBridge takes."""
        return f"rate({self.every_minutes} minute{'s' if self.every_minutes > 1 else ''})"


# A queue's visibility is above its function's time-out, so that a message is never worked on twice at once.
QUEUES = [
    Queue("agenda-event", "work_events", batch_size=10, visibility_s=120),
    # The mail service is the limit of what is due, and imports of many houses must leave the API its share.
    Queue("agenda-due", "work_due", batch_size=10, visibility_s=300, concurrency_max=50),
    Queue("agenda-bulk", "work_bulk", batch_size=1, visibility_s=300, concurrency_max=20),
    Queue(SES_QUEUE, "mail_events", batch_size=10, visibility_s=120),
]

SCHEDULES = [Schedule("sweep", "sweep", every_minutes=1, local_every_s=5)]

FUNCTIONS = [
    Function("api", "app.handler", "api", memory_mb=1024, timeout_s=29),
    Function("work_events", "chalicelib.workers.work_events", "worker", memory_mb=512, timeout_s=100),
    Function("work_due", "chalicelib.workers.work_due", "worker", memory_mb=512, timeout_s=100),
    Function("work_bulk", "chalicelib.workers.work_bulk", "worker", memory_mb=1024, timeout_s=100),
    Function("mail_events", "chalicelib.workers.mail_events", "hearer", memory_mb=256, timeout_s=100),
    Function("sweep", "chalicelib.workers.sweep", "sweeper", memory_mb=256, timeout_s=55),
]
