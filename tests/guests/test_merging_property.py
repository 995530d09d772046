"""Whatever is told while guests are merged, and in whatever order merges are undone: each is as if nothing had been.

Every guest has a twin whom nobody merges and whom the same system tells the same. After all merges are undone a guest
and the twin are alike; only a denial that somebody else made while they were one may have been kept.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.guests import service
from chalicelib.guests.models import ExternalId, FamilyRecord, Guest, HouseGuest
from chalicelib.guests.rules.merging import AlreadyMerged
from chalicelib.guests.service.writing import Footprint
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import ExternalStayIn
from tests.builders import make_chain, make_property
from tests.guests.conftest import World

PEOPLE = 3
WORDS = ("given_name", "family_name", "birth_date", "nationality", "occupation", "emails", "phones", "time_zone")
ALIKE = (*WORDS, "birthday_calendar", "language", "home_property_id", "is_do_not_greet")

_mail = st.sampled_from([f"{one}@guests.example" for one in "abcde"])
_phone = st.sampled_from([f"+35191234567{one}" for one in range(4)])
_told: dict[str, st.SearchStrategy[Any]] = {
    "given_name": st.sampled_from(["Ana", "Anna", "王"]),
    "family_name": st.sampled_from(["Silva", "Sousa"]),
    "birth_date": st.sampled_from(["1987-08-05", "1987-05-08", None]),
    "nationality": st.sampled_from(["PT", "CN", None]),
    "occupation": st.sampled_from(["Architect", "Nurse", None]),
    "time_zone": st.sampled_from(["Europe/Lisbon", "Asia/Shanghai", None]),
    "emails": st.lists(_mail, max_size=2, unique=True),
    "phones": st.lists(_phone, max_size=2, unique=True),
}
_body = st.fixed_dictionaries({}, optional=_told).map(lambda told: {"family_name": "Silva", **told})
_who = st.integers(0, PEOPLE - 1)
_consent = st.tuples(
    st.sampled_from(["greeting", "marketing"]),
    st.sampled_from(["email", "sms"]),
    st.sampled_from(["granted", "denied"]),
)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), _who, _who),
        st.tuples(st.just("merge"), _who, _who),
        st.tuples(st.just("tell"), _who, _body),
        st.tuples(st.just("consent"), _who, _consent),
        st.tuples(st.just("stay"), _who, st.booleans()),
        st.tuples(st.just("part"), st.integers(0, 9)),
    ),
    min_size=18,  # fewer are seldom a merge, something told, and an undoing
    max_size=24,
)


class Lives:
    """Some guests, the twin of each, and what is told of both."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.merges: list[str] = []
        self.edges: dict[str, set[int]] = {}
        self.minute = 0
        self.denied: set[str] = set()
        self.stays: dict[str, str] = {}
        self.ids = [self.told(one, {"family_name": "Silva", "given_name": f"Guest {one}"})[0] for one in range(PEOPLE)]
        numbers = [self.key(f"T-{one}") for one in range(PEOPLE)]
        found = service.ids_by_external(world.hq, numbers)
        self.twins = [found[number] for number in numbers]

    def key(self, number: str) -> tuple[str, str | None, str]:
        return ("pms", self.world.house.id, number)

    def told(self, one: int, body: dict[str, Any]) -> list[str]:
        return [self.world.put(f"{who}-{one}", **body)[0].id for who in "GT"]

    def run(self, name: str, *rest: Any) -> None:
        getattr(self, name)(*rest)

    def merge(self, one: int, other: int) -> None:
        if one == other:
            return
        try:
            made = service.merge(self.world.hq, self.ids[one], self.ids[other], {}, "")
        except AlreadyMerged:
            return
        assert made.status == "merged"
        if made.id not in self.merges:
            self.merges.append(made.id)
            self.edges[made.id] = {one, other}

    def tell(self, one: int, body: dict[str, Any]) -> None:
        self.told(one, body)

    def consent(self, one: int, said: tuple[str, str, str]) -> None:
        purpose, channel, state = said
        self.minute += 1
        at = f"2026-03-01T10:{self.minute:02}:00Z"
        consents = [{"purpose": purpose, "channel": channel, "state": state, "source": "desk", "at": at}]
        self.told(one, {"family_name": "Silva", "consents": consents} | self._name(one))
        if state == "denied":
            self.denied.add(f"{purpose}:{channel}")

    def _name(self, one: int) -> dict[str, Any]:
        return {"family_name": service.get(self.world.hq, self.twins[one]).family_name}

    def stay(self, one: int, is_sister: bool) -> None:
        house = self.world.sister if is_sister else self.world.house
        for who, guest_id in (("G", self.ids[one]), ("T", self.twins[one])):
            self.minute += 1
            number = f"{who}-{self.minute}"
            body = ExternalStayIn.model_validate(
                {"guest_id": guest_id, "status": "booked", "arrival": "2026-03-10", "departure": "2026-03-12"}
            )
            made, _ = stays.upsert_external(self.world.hq, "pms", house.id, number, body)
            if who == "G":
                self.stays[str(made.id)] = guest_id

    def part(self, number: int) -> None:
        if self.merges:
            undone = self.merges.pop(number % len(self.merges))
            del self.edges[undone]
            service.part(self.world.hq, undone, "")

    def groups(self) -> list[list[str]]:
        """Who is one guest, as the merges that hold say."""
        found = [{one} for one in range(PEOPLE)]
        for edge in self.edges.values():
            joined = set().union(*(group for group in found if group & edge))
            found = [*(group for group in found if not group & edge), joined]
        return sorted(sorted(self.ids[one] for one in group) for group in found)

    def check_merged(self) -> None:
        """While they are merged nothing of anybody is missing, and nobody is there twice."""
        hq = self.world.hq
        roots = {str(guest.id): guest for guest in service.find_many(hq, self.ids).values()}
        assert sorted(self.world.listed()) == sorted([*roots, *self.twins])
        seen = [str(stay.id) for guest in roots.values() for stay in stays.of_guest(hq, *guest.ids)]
        assert sorted(seen) == sorted(self.stays)
        assert sorted(sorted(guest.ids) for guest in roots.values()) == self.groups()
        for guest in roots.values():
            assert (FamilyRecord.one(hq, guest.id) is not None) == bool(guest.absorbed_ids)
            twins = [service.get(hq, self.twins[self.ids.index(one)]) for one in guest.ids]
            assert set(guest.emails) == {mail for twin in twins for mail in twin.emails}
            assert set(guest.phones) == {phone for twin in twins for phone in twin.phones}

    def check_parted(self) -> None:
        hq, world = self.world.hq, self.world
        for guest_id, twin_id in zip(self.ids, self.twins, strict=True):
            guest, twin = service.get(hq, guest_id), service.get(hq, twin_id)
            assert (guest.id, guest.ids, guest.merged_into) == (guest_id, [guest_id], None)
            for name in ALIKE:
                assert getattr(guest, name) == getattr(twin, name), name
            assert guest.property_ids == twin.property_ids
            assert [one["id"][1:] for one in guest.external_ids] == [one["id"][1:] for one in twin.external_ids]
            for key in guest.consents.keys() | twin.consents.keys():
                mine, theirs = guest.consents.get(key), twin.consents.get(key)
                assert mine == theirs or (mine is not None and mine["state"] == "denied" and key in self.denied)
            assert {one for one, owner in self.stays.items() if owner == guest_id} == {
                str(stay.id) for stay in stays.of_guest(hq, guest_id)
            }
            assert FamilyRecord.one(hq, guest_id) is None
            found = ExternalId.many(hq, Footprint.of(guest).numbers)
            assert set(found.values()) == {guest_id}
            rows = HouseGuest.present(guest, [world.house.id, world.sister.id])
            assert {str(row.house_key).split("#")[1] for row in rows} == guest.property_ids
            assert all(row.name_key == guest.name_key for row in rows)
            for email in guest.emails:
                assert guest_id in world.search(email=email)
        assert sorted(world.listed()) == sorted([*self.ids, *self.twins])
        everybody = Guest.many(hq, self.ids).values()
        assert all(one.list_key and one.name_key for one in everybody)


class TestLives:
    @settings(
        max_examples=8,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        derandomize=True,
        phases=[Phase.generate],  # a smaller example is looked for by hand: each costs a second
    )
    @given(steps=_steps, last=st.integers(0, 5))
    def test_undoing_gives_back_what_each_would_have_been(
        self, world: World, steps: list[tuple[Any, ...]], last: int
    ) -> None:
        lives = Lives(another(world))
        for one in range(PEOPLE):
            own = {"emails": [f"own{one}@guests.example"], "occupation": f"Number {one}"}
            lives.tell(one, {"family_name": "Silva", **own})
        lives.stay(0, True)
        lives.merge(1, 2)
        lives.merge(0, 1)
        lives.stay(2, True)
        for step in steps:
            lives.run(*step)
            if step[0] in ("merge", "tell"):
                lives.check_merged()
        while lives.merges:
            lives.part(last)
            lives.check_merged()
        lives.check_parted()  # the queues wait: the product itself would take a guest and the twin for one


def another(world: World) -> World:
    """A chain of its own for one example."""

    chain, hq = make_chain()
    return World(chain, hq, make_property(hq, "Harbour House"), make_property(hq, "Hill House"))


pytestmark = pytest.mark.usefixtures("engine")
