"""What a stay's true history demands, reckoned apart from the product: tick by tick, and by what is on paper alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

TICK = timedelta(minutes=10)
DAY = timedelta(days=1)


@dataclass
class History:
    """Versions of one stay by the instant from which they hold; the first is the booking."""

    versions: list[tuple[datetime, dict[str, Any]]]
    is_returning: bool = False

    @property
    def began(self) -> datetime:
        return self.versions[0][0]


def instant(day: date, hour: int = 0) -> datetime:
    """In Lisbon in winter, which is UTC."""
    return datetime.combine(day, time(hour), UTC)


def morning_after(now: datetime) -> datetime:
    """When the quiet hours of a night are over."""
    return instant(now.date() + (DAY if now.hour >= 21 else 0 * DAY), 9)


def demanded(history: History, until: datetime) -> list[tuple[str, datetime]]:
    """Every message that has to leave, with its instant, in order."""
    walk = _Walk(history)
    now = history.began
    while now <= until:
        walk.at(now)
        now += TICK
    return walk.sent


class _Walk:
    def __init__(self, history: History) -> None:
        self.history, self.names = history, set[str]()
        self.sent: list[tuple[str, datetime]] = []
        self.known: tuple[Any, ...] | None = None
        self.news: tuple[Any, ...] | None = None
        self.news_at = self.left_at = history.began
        self.was_out = False

    def at(self, now: datetime) -> None:
        for at, stay in self.history.versions:
            if at == now:
                self.hear(stay, now)
        self.stay = [stay for at, stay in self.history.versions if at <= now][-1]
        if 9 <= now.hour < 21:
            for name in self.calls(now):
                self.send(name, now)
            if self.is_news(now):
                self.send("stay_changed", now)
        elif self.is_news(now) and morning_after(now) >= self.useful_until():
            self.know()  # too late: it is given up, and not told when it could be of use once more

    def hear(self, stay: dict[str, Any], now: datetime) -> None:
        is_out = stay["status"] == "checked_out"
        if is_out and not self.was_out:
            self.left_at = now
        self.was_out = is_out
        present = stay["arrival"], stay["departure"]
        self.known = self.known or present
        news = None
        if stay["status"] == "booked" and present != self.known:
            news = present
        if stay["status"] == "in_house" and present[1] != self.known[1]:
            news = present
        if news != self.news:
            self.news, self.news_at = news, now

    def is_news(self, now: datetime) -> bool:
        return self.news is not None and self.news_at + TICK <= now < self.useful_until()

    def know(self) -> None:
        self.known, self.news = (self.stay["arrival"], self.stay["departure"]), None

    def useful_until(self) -> datetime:
        last = self.stay["departure" if self.stay["status"] == "in_house" else "arrival"]
        return instant(last + DAY)

    def calls(self, now: datetime) -> Iterator[str]:
        stay, made = self.stay, self.history.began
        arrival, departure = stay["arrival"], stay["departure"]
        if stay["status"] == "booked":
            if made + TICK <= now < min(made + 2 * DAY, instant(arrival + DAY)):
                yield "booking_confirmed"
            opens = instant(max(arrival - 3 * DAY, made.date() + DAY), 10)
            if opens <= now < instant(arrival):
                yield "pre_arrival"
        second_day = instant(arrival + DAY, 16) <= now < instant(arrival + 2 * DAY)
        if stay["status"] == "in_house" and (departure - arrival).days >= 2 and second_day:
            yield "in_stay"
        if stay["status"] == "checked_out":
            business_day = (self.left_at - timedelta(hours=3)).date()
            if instant(business_day + 2 * DAY, 10) <= now < self.left_at + 7 * DAY:
                yield "thanks" if self.history.is_returning else "first_stay"

    def send(self, name: str, now: datetime) -> None:
        if name in self.names and name != "stay_changed":
            return
        self.names.add(name)
        self.sent.append((name, now))
        if name in ("booking_confirmed", "pre_arrival", "stay_changed"):
            self.know()


def histories(random: Any, count: int, start: datetime) -> list[History]:
    """Stays that are booked, moved, shortened, extended, cancelled, begun, ended, and each of it taken back."""
    return [_history(random, start, number) for number in range(count)]


def _history(random: Any, start: datetime, number: int) -> History:
    arrival = start.date() + random.randint(1, 8) * DAY
    stay = {"status": "booked", "arrival": arrival, "departure": arrival + random.randint(1, 4) * DAY}
    versions = [(start + random.choice((0, 4, 14)) * timedelta(hours=1), stay)]
    for day in range(1, 13):
        for hour in sorted(random.sample((8, 12, 15, 22), 2)):
            today = start.date() + day * DAY
            stay = _next(random, stay, today)
            if stay != versions[-1][1]:
                versions.append((instant(today, hour), stay))
    return History(versions, is_returning=number % 2 == 1)


def _next(random: Any, stay: dict[str, Any], today: date) -> dict[str, Any]:
    """Mostly what is due, now and then a change, and sometimes what a desk has to take back."""
    status, chance = stay["status"], random.random()
    if status == "booked" and today >= stay["arrival"]:
        return {**stay, "status": "in_house" if chance < 0.8 else random.choice(("no_show", "cancelled"))}
    if status == "in_house" and today >= stay["departure"]:
        return {**stay, "status": "checked_out"}
    if chance > 0.35:
        return stay
    if status in ("cancelled", "no_show"):
        return {**stay, "status": "booked"} if today <= stay["arrival"] else stay
    if status == "checked_out":
        return {**stay, "status": "in_house"} if chance < 0.1 else stay
    if status == "in_house":
        if chance < 0.08:
            return {**stay, "status": "booked"}
        return {**stay, "departure": max(today, stay["departure"] + random.choice((-1, 1)) * DAY)}
    if chance < 0.08:
        return {**stay, "status": "cancelled"}
    moved = random.choice((-2, -1, 1, 2)) * DAY
    arrival = max(today, stay["arrival"] + moved)
    return {**stay, "arrival": arrival, "departure": arrival + random.randint(1, 4) * DAY}
