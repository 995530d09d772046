"""A chain with two houses, a programme, and a guest who is a member; short ways to tell of stays and live on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import testclock
from chalicelib.kernel.scope import Scope
from chalicelib.loyalty import service
from chalicelib.loyalty.rules.earning import Rule
from chalicelib.loyalty.rules.expiry import ExpiryPolicy
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import ExternalStayIn
from tests.builders import make_chain, make_property, make_scope
from tests.conftest import work_off_queues

TEN_A_EURO = Rule("spend", "spend", points=10, per=100, names=(("en", "Ten points a euro"), ("zh", "每欧元十分")))
BEGINNING = date(2026, 1, 1)


@dataclass
class World:
    """Everything a test of loyalty needs. The clock stands at 4 March 2026, 08:00."""

    chain: directory.Chain
    house: directory.Property
    sister: directory.Property
    programme: service.Programme
    guest: guests.Guest
    member_id: str
    told: dict[str, int] = field(default_factory=dict)

    @property
    def hq(self) -> Scope:
        """Head office, now."""
        return make_scope(self.chain)

    def desk(self, *houses: directory.Property, role: str = "front_desk") -> Scope:
        """Somebody at some houses."""
        return make_scope(self.chain, role, property_ids=[house.id for house in houses or (self.house,)])

    @property
    def member(self) -> service.Member:
        """The member as stored."""
        return service.get(self.hq, self.member_id)

    @property
    def points(self) -> tuple[int, int, int]:
        """Balance, pending, held."""
        member = self.member
        return int(member.balance), int(member.pending), int(member.held)

    def new_guest(self, name: str = "Silva", house: directory.Property | None = None) -> guests.Guest:
        """Another guest."""
        body = {"given_name": "Ana", "family_name": name, "home_property_id": (house or self.house).id}
        return guests.create(self.hq, GuestIn.model_validate(body))

    def enrol(self, guest: guests.Guest) -> str:
        """Make a guest a member; the member's id."""
        member = service.enrol(
            self.hq, programme_id=str(self.programme.id), guest_id=guest.id, consent_source="front_desk"
        )
        work_off_queues()
        return member.id

    def tell(self, number: str = "S-1", **fields: Any) -> stays.Stay:
        """Let the property system tell of a stay: two nights that ended today, EUR 100 of room; each word is newer."""
        self.told[number] = fields.pop("version", self.told.get(number, 0) + 1)
        body = {
            "guest_id": self.guest.id,
            "source": {"version": self.told[number]},
            "status": "checked_out",
            "arrival": "2026-03-02",
            "departure": "2026-03-04",
            "revenue_lines": [line("1", fields.pop("amount", 10_000))],
            **fields,
        }
        house = self.house
        stay, _ = stays.upsert_external(self.hq, "pms", house.id, number, ExternalStayIn.model_validate(body))
        work_off_queues()
        return stay

    def live_on(self, days: float = 0, *, until: datetime | None = None) -> None:
        """Let the chain's clock run."""
        scope = self.hq
        testclock.request_advance(scope, to=until or scope.now + timedelta(days=days))
        work_off_queues()

    def give(self, points: int, member_id: str | None = None) -> service.EntryRecord:
        """Points out of goodwill."""
        entry = service.adjust(
            self.hq, member_id or self.member_id, points=points, reason="goodwill", cost_owner="chain"
        )
        work_off_queues()
        return entry

    def entries(self, member_id: str | None = None) -> list[service.EntryRecord]:
        """The member's entries, oldest first."""
        return service.EntryRecord.of_member(self.hq, member_id or self.member_id, limit=500, is_forward=True).items

    def publish(self, **fields: Any) -> None:
        """A new version of the programme, from today or `valid_from`."""
        known = service.programme_of(self.hq, str(self.programme.id))
        version = Version(0, fields.pop("valid_from", date(2026, 3, 4)), fields.pop("rules", (TEN_A_EURO,)), **fields)
        self.programme = service.publish(self.hq, str(known.id), version)

    def is_right(self) -> bool:
        """Whether entries, headers, lots and counters of everybody agree."""
        work_off_queues()
        check = service.check_all(self.hq, str(self.programme.id))
        owed = service.liability(self.hq, str(self.programme.id), date(2099, 1, 1)).total.outstanding
        return check.members > 0 and check.differing == 0 and owed == check.points


def line(id: str, amount: int, category: str = "room", *, eligible: bool = True) -> dict[str, Any]:
    """A line of revenue."""
    return {"id": id, "category": category, "amount": amount, "tax": 0, "eligible": eligible}


def build(*, confirm_days: int = 0, expiry: ExpiryPolicy | None = None, **fields: Any) -> World:
    """A world with a programme of ten points a euro."""
    chain, hq = make_chain()
    house, sister = make_property(hq), make_property(hq, "Sister House")
    version = Version(
        1, BEGINNING, fields.pop("rules", (TEN_A_EURO,)), confirm_days=confirm_days, expiry=expiry or ExpiryPolicy(),
        **fields,
    )  # fmt: skip
    programme = service.create(hq, name="Harbour Points", names={}, currency="EUR", first=version)
    guest = guests.create(
        hq, GuestIn.model_validate({"given_name": "Bo", "family_name": "Li", "home_property_id": house.id})
    )
    world = World(chain, house, sister, programme, guest, "")
    world.member_id = world.enrol(guest)
    return world


@pytest.fixture
def world() -> World:
    """Points are confirmed at once and never end."""
    return build()


@pytest.fixture
def new_world(engine: object) -> Callable[..., World]:
    """A world with another programme."""
    return build
