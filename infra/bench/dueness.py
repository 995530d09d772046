"""P4: items read to find one due greeting, with 10,000, 100,000 and a million guests on the agenda.

An item read is what DynamoDB evaluates and bills: an entry of the `due` index that a sweep's query looks at, whether it
is handed out or not. A guest's birthday is one item of the agenda, spread over the year, so that a day's share is due.
What the handler must read to decide a greeting (the item itself, the guest, the owners of the address) does not find
due work; it is told apart and must not grow either. The items are laid into the engine's own structures, because a
million requests would measure the requests.
"""

from __future__ import annotations

import gc
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.kernel import work
from chalicelib.kernel.agenda import AgendaRecord, lane_of
from chalicelib.kernel.clock import real_now, sortable
from infra.bench.usage import agenda_item
from infra.bench.watch import watching
from infra.bench.world import World
from infra.local import emulator
from infra.local.emulator import dynamodb
from infra.local.items import MARSHAL_VERSION, build_indexes, items_of, pack

SIZES = (10_000, 100_000, 1_000_000)
DAYS = 365
DAY_S = 86_400
OVERDUE_S = 60
GOAL, GROWTH_GOAL = 1.05, 1.02
SEED = 20260304


@dataclass(frozen=True)
class Finding:
    """One size: how many were due, what the sweep evaluated to find them, what it handed out."""

    guests: int
    due: int
    handed: int
    evaluated: int
    read_units: float

    @property
    def ratio(self) -> float:
        """Items evaluated for each greeting that was due."""
        return self.evaluated / self.due


def findings(world: World, sizes: tuple[int, ...] = SIZES) -> list[Finding]:
    """The sweep over an agenda of each size; larger ones go on from smaller ones."""
    found, laid = [], 0
    chance = random.Random(SEED)
    now = real_now()
    work.sweep(now)
    for size in sizes:
        due = lay(world, size - laid, now, chance)
        laid = size
        with watching() as bill:
            counts = work.sweep(now)
        found.append(Finding(size, due, counts["handed"], bill.evaluated["agenda/due"], bill.read))
        now += timedelta(seconds=1)
    return found


def lay(world: World, count: int, now: Any, chance: random.Random) -> int:
    """Put that many birthdays on the agenda; a day's share is due. Returns how many are."""
    chain_id = world.ground.chain_id
    template = agenda_item(chain_id, "", "")
    item_key = template["item_key"]["S"]
    due = 0
    gc.disable()  # a million items are not looked through again and again while they are made
    with emulator.home():
        table = dynamodb._tables[AgendaRecord.Meta.table_name]
        stored, (index,) = items_of(table), build_indexes(table).values()
        for number in range(count):
            guest = f"gst_{chance.getrandbits(128):026x}"[:30]
            is_due = number % DAYS == 0
            due += is_due
            ahead_s = -OVERDUE_S if is_due else chance.randrange(DAY_S, DAYS * DAY_S)
            at = {"S": sortable(now + timedelta(seconds=ahead_s))}
            subject = f"{chain_id}#{guest}"
            lane = {"S": lane_of(chain_id, guest, "due", False)}
            item = {**template, "subject_key": {"S": subject}, "lane": lane, "due_at": at, "armed_for": at}
            stored.partition(subject).put(item_key, pack(item, MARSHAL_VERSION))
            index.partitions.setdefault(index.partition_of(item), []).append(index.entry_of(item, subject, item_key))
        for entries in index.partitions.values():
            entries.sort()
    gc.enable()
    gc.freeze()
    return due


def growth(found: list[Finding]) -> float:
    """How much more the largest agenda takes for one greeting than the smallest."""
    return found[-1].ratio / found[0].ratio
