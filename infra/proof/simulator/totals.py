"""The end of a run as one can compare it: every stored item and every message, without ids, instants and counters.

Two runs of one journey must end alike whatever went wrong on the way. Only the outcome of an attempt to send may
differ, and only for a message whose own attempt was hit.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from infra.proof.simulator import raw
from infra.proof.simulator.world import World

# An answer kept for whoever repeats a request is the caller's affair; a look leaves an entry, and may be repeated.
UNCOMPARED = frozenset({"idempotency", "sign-in-attempts", "searches"})
SUMS, MAILS, FACTS = "liability", "sending-days", "contact-facts"
NOBODY = "somebody who is gone"
LOOKS = ("viewed", "searched")
# Of the agenda only what is still to come is compared; what is done waits for its end.
AGENDA_COMPARED = ("outreach.birthday", "outreach.first_stay")
# Made of ids and instants, counted by tries, or of one's own process.
_DROPPED = frozenset(
    {"version", "id_key", "list_key", "listed_at", "lane", "revision", "attempts", "error", "touched_at", "expires_at"}
    | {"request_id", "body_hash", "secret_end", "secrets", "marks", "code", "message_id", "tries", "etag"}
    | {"rotated_at", "password_hash", "real_at", "list_order"}
)
_ID = re.compile(r"\b([a-z]{2,4})_[0-9a-hjkmnp-tv-z]{26}\b")
_HASH = re.compile(r"\b(?:[0-9a-f]{16}|[0-9a-f]{32,64})\b|#[a-z]?\d\d\b")  # and numbers of shards
_NUMBER = re.compile(r"(#number#|\('number', ')\d{10}")  # of a member, which is drawn
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|\+0000)")

# A sweep comes every minute, and what it hands out is done in the next.
OVERDUE_MAX = timedelta(minutes=3)

COUNTED = ("told", "bounced", "complained")
_TOLD = frozenset({"delivered", "soft_bounced", "bounced", "complained"})  # what the mail service tells of a mail
OUT = frozenset({"sent", "delivered", "bounced", "complained"})
IN_DOUBT = frozenset({"claimed", "parked", "unknown"})


@dataclass
class Totals:
    """What there is in the end, by table, and what every guest got."""

    items: Counter[str] = field(default_factory=Counter)
    decisions: dict[str, str] = field(default_factory=dict)  # guest and occurrence → what was decided
    messages: Counter[str] = field(default_factory=Counter)  # guest and occurrence → at the sink
    mails: Counter[str] = field(default_factory=Counter)  # property, day and what is counted, over all shards
    counted: dict[str, Counter[str]] = field(default_factory=dict)  # guest and occurrence → its share of `mails`
    hit: frozenset[str] = frozenset()  # guest and occurrence, whose attempt to send was hit
    texts: set[str] = field(default_factory=set)  # guest and occurrence, of which no event ever tells
    guests: dict[str, str] = field(default_factory=dict)  # guest and occurrence → guest
    facts: dict[str, Counter[str]] = field(default_factory=dict)  # guest → what their mails have told of the address
    problems: list[str] = field(default_factory=list)

    def differences(self, other: Totals) -> list[str]:
        """What is wrong with this end, if the other one is right."""
        found = [f"too much: {one[:300]} ×{n}" for one, n in (self.items - other.items).items()]
        found += [f"too little: {one[:300]} ×{n}" for one, n in (other.items - self.items).items()]
        mails = other.mails.copy()
        unheard: set[str] = set()  # guests whose mail never left
        for name in sorted(self.decisions.keys() | other.decisions.keys()):
            ours, theirs = self.decisions.get(name, "nothing"), other.decisions.get(name, "nothing")
            if ours == theirs:
                continue
            if name in self.hit and theirs == "out" and ours in ("in doubt", "failed"):
                # What never left is told of by nobody, and counts nowhere.
                unheard.add(self.guests[name])
                mails.subtract(other.counted.get(name, Counter()))
                mails.update(self.counted.get(name, Counter()))
            else:
                found.append(f"{name}: {ours}, and it should be {theirs}")
        for name in sorted(self.mails.keys() | mails.keys()):
            if self.mails[name] != mails[name]:
                found.append(f"mails of {name}: {self.mails[name]}, and it should be {mails[name]}")
        return found + self._facts_wrong(other, unheard) + self.problems

    def _facts_wrong(self, other: Totals, unheard: set[str]) -> list[str]:
        """What is known of addresses and should not be, or should be and is not."""
        found = []
        for guest in sorted(self.facts.keys() | other.facts.keys()):
            ours, theirs = self.facts.get(guest, Counter()), other.facts.get(guest, Counter())
            found += [f"too much of {guest}: {one}" for one in ours - theirs]
            found += [f"too little of {guest}: {one}" for one in theirs - ours if guest not in unheard]
        return found


def totals_of(world: World) -> Totals:
    """What lies stored, and at the sink, and what is wrong with it at first sight."""
    totals = Totals()
    who = {_guest_id(one): f"{one.get('family_name')}/{one.get('emails')}" for one in raw.every("guests")}
    houses = {str(one["id"]): str(one["name"]) for one in raw.every("properties")}
    # Whoever loses the answer to an announced file begins anew, and the first one is never used.
    unused = {str(one["import_key"]) for one in raw.every("imports") if not one.get("last_run_id")}
    for table in raw.names():
        if table in UNCOMPARED or table in ("deliveries", SUMS):
            continue
        for item in raw.every(table):
            if table == FACTS:
                totals.facts.setdefault(who.get(_guest_id(item), NOBODY), Counter())[_bare(item)] += 1
            elif _is_day(table, item):
                totals.mails += _counted_by(item, houses)
            elif _is_compared(table, item) and unused.isdisjoint((item.get("import_key"), item.get("subject_key"))):
                totals.items[f"{table}: {_bare(item)}"] += 1
    totals.items += _sums()
    by_delivery = {}
    for one in raw.every("deliveries"):
        name = f"{who.get(_guest_id(one), NOBODY)} {one['occurrence']}"
        by_delivery[str(one["id"])] = name
        totals.guests[name] = who.get(_guest_id(one), NOBODY)
        totals.decisions[name] = _decided(one)
        totals.counted[name] = totals.counted.get(name, Counter()) + _share_of(one, houses)
        if one.get("channel") == "sms":
            totals.texts.add(name)
    for entry in world.engine.outbox():
        totals.messages[by_delivery.get(str(entry["delivery_id"]), f"no delivery {entry['recipient']}")] += 1
    totals.hit = frozenset(by_delivery.get(one, one) for one in world.door.sends_hit)
    totals.problems = [*_accounted(totals), *agenda_problems(world)]
    return totals


def _sums() -> Counter[str]:
    """What a chain owes in points, over all shards: which of them a member falls into follows from the id."""
    owed: Counter[str] = Counter()
    for item in raw.every(SUMS):
        for name, value in item.items():
            if isinstance(value, int) and name not in ("schema", "version"):
                cell = _ID.sub(r"\1", str(item["cell"]))
                owed[f"{cell} {name}"] += value
    return Counter(f"{SUMS}: {name} {value}" for name, value in owed.items() if value)


def _is_day(table: str, item: dict[str, Any]) -> bool:
    return table == MAILS and str(item["part"]).startswith("day#")


def _counted_by(item: dict[str, Any], houses: dict[str, str]) -> Counter[str]:
    """What one shard of a property's day counts. Which shard a mail falls into follows from its id."""
    house, day = houses[str(item["property_key"]).split("#")[1]], str(item["part"]).split("#")[1]
    return Counter({f"{house} {day} {name}": item[name] for name in COUNTED if item[name]})


def _share_of(delivery: dict[str, Any], houses: dict[str, str]) -> Counter[str]:
    """What a mail has to count for on the day on which it left, by its own marks."""
    house = houses.get(str(delivery["property_key"]).split("#")[1])
    if delivery.get("channel") != "email" or house is None:
        return Counter()
    marks = delivery["marks"]
    found = {"told": not _TOLD.isdisjoint(marks), "bounced": "bounced" in marks, "complained": "complained" in marks}
    return Counter({f"{house} {marks['claimed'][:10]} {name}": 1 for name in COUNTED if found[name]})


def _guest_id(item: dict[str, Any]) -> str:
    return str(item["guest_key"]).split("#")[1]


def _decided(item: dict[str, Any]) -> str:
    status = str(item["delivery_status"])
    if status in OUT:
        return "out"
    if status in IN_DOUBT:
        return "in doubt"
    return f"skipped {item.get('reason')}" if status == "skipped" else status


def _accounted(totals: Totals) -> list[str]:
    """due = sent + parked + skipped + failed, each once, by what is at the sink; and days count what mails tell."""
    shares = sum(totals.counted.values(), Counter())
    found = [f"the days count {totals.mails}, and their mails {shares}"] if totals.mails != shares else []
    found += [f"{name}: {count} messages" for name, count in totals.messages.items() if count > 1]
    found += [f"a message of nobody's: {name}" for name in totals.messages if name not in totals.decisions]
    for name, decided in totals.decisions.items():
        if decided == "in doubt" and name in totals.texts & totals.hit:
            continue  # it may have left; whoever could tell has died
        if (decided == "out") != (name in totals.messages):
            found.append(f"{name} is {decided} and {totals.messages[name]} times at the sink")
    return found


def agenda_problems(world: World) -> list[str]:
    """Items of nobody's, dead ones, those that nobody does, and claims that nobody watches over."""
    guests = {_guest_id(one) for one in raw.every("guests")}
    found, watched, latest = [], set(), (world.time.now - OVERDUE_MAX).isoformat()
    for item in raw.every("agenda"):
        lane, subject = str(item.get("lane") or ""), str(item["subject_key"]).split("#", 1)[1]
        if not lane:
            continue
        if lane.startswith("dead#"):
            found.append(f"dead: {item['kind']} {item.get('occurrence')} {item.get('error')}")
        elif not lane.startswith("test#") and str(item["due_at"])[:19] < latest[:19]:
            found.append(f"overdue: {item['kind']} since {item['due_at']}, it is {world.time.now}")
        if subject.startswith("gst_") and subject not in guests:
            found.append(f"an orphan: {item['kind']}")
        if item["kind"] == "outreach.settle":
            watched.add(str(item["occurrence"]))
    for one in raw.every("deliveries"):
        if one["delivery_status"] in ("claimed", "parked") and str(one["id"]) not in watched:
            found.append(f"a claim that nobody watches: {one['occurrence']} {one['delivery_status']}")
    return found


def _is_compared(table: str, item: dict[str, Any]) -> bool:
    if table == "agenda":
        return item["kind"] in AGENDA_COMPARED and bool(item.get("lane"))
    return table != "audit" or not str(item["action"]).endswith(LOOKS)


def _bare(item: dict[str, Any]) -> str:
    """An item without what differs between two runs of one journey; armed instants stay as they are."""
    kept = {name: value for name, value in item.items() if name not in _DROPPED}
    is_armed = "armed_for" in kept
    if is_armed:
        kept["due_at"] = ""
    text = _NUMBER.sub(r"\1", _HASH.sub("H", _ID.sub(r"\1", repr(sorted(kept.items())))))
    return text if is_armed else _INSTANT.sub("T", text)
