"""Guests who may be one person are found, asked about or linked; couples, agencies and relays are left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.guests import service
from chalicelib.guests.models import Guest
from chalicelib.guests.models.matches import GuestMatch, MatchBucket, MatchCount, MatchedGuest, key_hash
from chalicelib.guests.models.merges import Merge
from chalicelib.guests.rules import pairs
from chalicelib.guests.service import candidates, pairing, weighing
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from tests.guests.conftest import World

assert weighing.Matcher

ANA = {
    "given_name": "Ana",
    "family_name": "Quintela",
    "birth_date": "1987-08-05",
    "emails": ["ana.quintela@mail.example"],
}


def merges(world: World) -> list[tuple[str, str]]:
    """Survivor and absorbed of every merge there is, the oldest first."""
    return [(one.survivor_id, str(one.absorbed_id)) for one in sorted(Merge.scan(), key=lambda it: str(it.merge_id))]


def raw(world: World, guest: service.Guest) -> Guest:
    found = Guest.one(world.hq, guest.id)
    assert found is not None
    return found


def merge_of(world: World, one: service.Guest, other: service.Guest) -> str:
    found = GuestMatch.one(world.hq, pairs.pair_id(one.id, other.id))
    assert found is not None
    return str(found.merge_id)


def state(world: World, one: service.Guest, other: service.Guest) -> str | None:
    found = GuestMatch.one(world.hq, pairs.pair_id(one.id, other.id))
    return str(found.state) if found else None


def counts(world: World) -> dict[str, dict[str, int]]:
    columns = ("found", "linked", "merged", "distinct", "waiting")
    return {
        str(row.cell): {name: int(getattr(row, name)) for name in columns if int(getattr(row, name))}
        for row in MatchCount.every(world.chain.id)
    }


@pytest.fixture(autouse=True)
def linking(world: World) -> None:
    """The chain links by itself, as chains do unless they say otherwise."""
    set_linking(world, True)


def set_linking(world: World, is_on: bool) -> None:
    world.chain.automatic_linking = is_on
    unit = Unit(world.hq)
    unit.update(world.chain)
    unit.commit()
    directory.forget()


class TestWhoIsOne:
    def test_the_same_person_twice_is_linked(self, world: World, run_queues: Callable[[], int]) -> None:
        first, second = world.create(**ANA), world.create(**ANA)
        run_queues()
        assert merges(world) == [(first.id, second.id)]  # the older record survives
        match = GuestMatch.one(world.hq, pairs.pair_id(first.id, second.id))
        assert match is not None and match.is_automatic and match.survivor_id == first.id
        merge = service.merge_of(world.hq, match.merge_id)
        assert (merge.reason, merge.actor_kind, merge.evidence["match_id"]) == ("matching", "system", match.id)
        assert ["birth_date", "exact", 1400] in merge.evidence["reasons"]
        assert counts(world)[f"month#2026-03#{world.house.id}"] == {"found": 1, "linked": 1}
        assert not counts(world)[f"open#{world.house.id}"]

    def test_names_and_a_mailbox_are_asked_about(self, world: World, run_queues: Callable[[], int]) -> None:
        first = world.create(**ANA)
        second = world.create(**ANA | {"birth_date": None})
        run_queues()
        assert state(world, first, second) == "open" and merges(world) == []
        match = GuestMatch.one(world.hq, pairs.pair_id(first.id, second.id))
        assert match is not None and match.decision == "review" and match.queue == world.house.id
        assert sum(bits for _, _, bits in match.reasons) == match.score > 0
        assert counts(world)[f"open#{world.house.id}"] == {"waiting": 1}

    def test_seven_bookings_of_five_people(self, world: World, run_queues: Callable[[], int]) -> None:
        """A couple with one e-mail address, an agency with one phone for three guests, two relay aliases of one."""
        couple = [
            world.create(given_name=name, family_name="Okonkwo", emails=["okonkwo@mail.example"], birth_date=born)
            for name, born in (("Chidi", "1980-02-03"), ("Ngozi", "1983-11-17"))
        ]
        tour = ("Wei", "Li", "1991-01-05"), ("Jonas", "Bergqvist", "1964-06-30"), ("Aiko", "Tanabe", "1975-09-09")
        agency = [
            world.create(given_name=given, family_name=family, phones=["+442071234567"], birth_date=born)
            for given, family, born in tour
        ]
        relays = [
            world.create(given_name="Jonas", family_name="Bergqvist", birth_date="1964-06-30",
                         emails=[f"jberg.{number}@guest.booking.com"])
            for number in (1001, 2002)
        ]  # fmt: skip
        run_queues()
        everybody = [*couple, *agency, *relays]
        alive = {guest.id for guest in everybody if not raw(world, guest).merged_into}
        assert alive == {guest.id for guest in [*couple, *agency]}  # five, and nobody was refused
        assert raw(world, agency[1]).absorbed_ids and {absorbed for _, absorbed in merges(world)} == {
            guest.id for guest in relays
        }
        asked = [(one, other) for one in everybody for other in everybody if state(world, one, other) == "open"]
        assert asked == []  # what a couple or an agency shares is no reason to ask

    def test_relays_alone_are_no_identity(self, world: World, run_queues: Callable[[], int]) -> None:
        known = {"given_name": "Lucía", "family_name": "Ferrándiz"}
        one, other = (world.create(**known, emails=["lucia.1001@guest.booking.com"]) for _ in range(2))
        run_queues()
        assert state(world, one, other) is None and merges(world) == []

    def test_a_fourth_owner_makes_it_nobodys(self, world: World, run_queues: Callable[[], int]) -> None:
        shared = {"phones": ["+442079460000"], "emails": ["family.oyelaran@mail.example"]}
        first = world.create(given_name="Tunde", family_name="Oyelaran", **shared)
        second = world.create(given_name="T.", family_name="Oyelaran", **shared)
        run_queues()
        assert state(world, first, second) == "open"
        for name in ("Bisi", "Kemi"):
            world.create(given_name=name, family_name="Adeyemi", **shared)
        run_queues()
        assert state(world, first, second) == "obsolete"  # told by the fourth, though neither of them has changed
        fifth = world.create(given_name="Tunde", family_name="Oyelaran", **shared)
        run_queues()
        assert state(world, first, fifth) is None and merges(world) == []

    def test_owners_of_what_is_crowded_are_not_read(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        one, other = (raw(world, world.create(**ANA)) for _ in range(2))
        (key,) = weighing.Matcher().points_of(one)
        read: list[str] = []
        page = candidates.ContactPoint.page
        monkeypatch.setattr(candidates.ContactPoint, "page", lambda *a, **k: read.append("page") or page(*a, **k))
        assert candidates.shared_by_many(world.hq, one, other) == set() and read == ["page"]
        assert candidates.shared_by_many(world.hq, one, other, {key}) == set() and read == ["page"]

    def test_owners_whom_no_pass_has_seen_count(self, world: World, run_queues: Callable[[], int]) -> None:
        guests = [world.create(given_name="Ana", family_name="Quintela", phones=["+442079460000"]) for _ in range(4)]
        unit = Unit(world.hq)
        pairing.find_pairs(world.hq, unit, [guest.id for guest in guests[:2]])
        assert unit.size == 0  # two are in the buckets, but the contact point has four owners


class TestDecisionsLast:
    def open_pair(self, world: World, run_queues: Callable[[], int]) -> tuple[service.Guest, service.Guest, str]:
        first, second = world.create(**ANA), world.create(**ANA | {"birth_date": None})
        run_queues()
        return first, second, pairs.pair_id(first.id, second.id)

    def test_parted_is_never_linked_again(self, world: World, run_queues: Callable[[], int]) -> None:
        first, second = world.create(**ANA), world.create(**ANA)
        run_queues()
        service.part(world.hq, merge_of(world, first, second), "two people")
        run_queues()
        world.patch(second, birth_date="1987-08-06")
        world.patch(second, birth_date="1987-08-05")
        run_queues()
        assert state(world, first, second) == "distinct" and len(merges(world)) == 1

    def test_a_change_closes_and_opens(self, world: World, run_queues: Callable[[], int]) -> None:
        first, second, match_id = self.open_pair(world, run_queues)
        world.patch(second, given_name="Heinrich", family_name="Vogel")
        run_queues()
        assert state(world, first, second) == "obsolete"
        assert not MatchedGuest.many(world.hq, [first.id])[first.id].partner_ids
        world.patch(second, given_name="Ana", family_name="Quintela")
        run_queues()
        assert state(world, first, second) == "open"
        world.patch(second, birth_date="1987-08-05")
        run_queues()
        assert state(world, first, second) == "merged" and len(merges(world)) == 1
        assert counts(world)[f"month#2026-03#{world.house.id}"] == {"found": 2, "linked": 1}

    def test_judged_of_an_absorbed_holds_for_the_survivor(self, world: World, run_queues: Callable[[], int]) -> None:
        first, second, match_id = self.open_pair(world, run_queues)
        service.decide(world.hq, match_id, "distinct")
        third = world.create(given_name="Heinrich", family_name="Vogel", birth_date="1950-01-01")
        run_queues()
        service.merge(world.hq, third.id, second.id, reason="a test")
        world.patch(third, **ANA)
        run_queues()
        assert state(world, first, third) is None and len(merges(world)) == 1

    def test_a_chain_may_ask_every_time(self, world: World, run_queues: Callable[[], int]) -> None:
        set_linking(world, False)
        first, second = world.create(**ANA), world.create(**ANA)
        run_queues()
        assert state(world, first, second) == "open" and merges(world) == []

    def test_properties_and_head_office(self, world: World, run_queues: Callable[[], int]) -> None:
        first = world.create(**ANA)
        second = world.create(**ANA | {"birth_date": None}, home_property_id=world.sister.id)
        run_queues()
        match = GuestMatch.one(world.hq, pairs.pair_id(first.id, second.id))
        assert match is not None and match.queue == pairs.HEAD_OFFICE
        world.patch(second, home_property_id=world.house.id)  # still known where it was
        run_queues()
        again = GuestMatch.one(world.hq, match.id)
        assert again is not None and again.queue == pairs.HEAD_OFFICE


class TestBuckets:
    def of(self, world: World, key: str) -> MatchBucket | None:
        return MatchBucket.find(world.hq.key(key_hash(world.hq, key)))

    def test_a_change_writes_the_difference(
        self, world: World, run_queues: Callable[[], int], counted: Callable[[], Any]
    ) -> None:
        guest = world.create(**ANA)
        run_queues()
        before = set(MatchedGuest.many(world.hq, [guest.id])[guest.id].hashes)
        world.patch(guest, emails=["quintela@elsewhere.example"])
        with counted() as calls:
            pairing.find_pairs(world.hq, Unit(world.hq), [guest.id])
        writes = [request for request in calls.requests if "TransactItems" in request]
        assert len(writes) == 1 and len(writes[0]["TransactItems"]) == 3  # one bucket left, one joined, the guest's own
        after = set(MatchedGuest.many(world.hq, [guest.id])[guest.id].hashes)
        assert len(before - after) == len(after - before) == 1
        assert not (self.of(world, "mail:ana.quintela@mail.example") or MatchBucket(key_id="-")).guest_ids

    def test_no_personal_data_in_keys(self, world: World, run_queues: Callable[[], int]) -> None:
        guest = world.create(**ANA)
        run_queues()
        for row in MatchedGuest.many(world.hq, [guest.id]).values():
            assert all(len(one) == 32 and int(one, 16) >= 0 for one in row.hashes)

    def test_too_many_share_a_key(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(candidates, "BUCKET_MAX", 5)
        born = [world.create(given_name=f"N{number}", family_name=f"F{number}", birth_date="1990-01-01").id
                for number in range(6)]  # fmt: skip
        for guest_id in born:
            pairing.find_pairs(world.hq, Unit(world.hq), [guest_id])
        bucket = self.of(world, "born:19900101")
        assert bucket is not None and bucket.is_over and not bucket.guest_ids
        late = world.create(given_name="N0", family_name="F0", birth_date="1990-01-01")
        pairing.find_pairs(world.hq, Unit(world.hq), [late.id])
        bucket = self.of(world, "born:19900101")
        assert bucket is not None and not bucket.guest_ids  # never written again

    def test_whoever_is_gone_leaves_all(self, world: World, run_queues: Callable[[], int]) -> None:
        first, second = world.create(**ANA), world.create(**ANA | {"birth_date": None})
        run_queues()
        Guest.one(world.hq, second.id).delete()  # type: ignore[union-attr]
        unit = Unit(world.hq)
        pairing.arm_match(unit, [second.id])
        unit.commit()
        run_queues()
        assert state(world, first, second) == "obsolete"
        assert MatchedGuest.many(world.hq, [second.id]) == {}
        bucket = self.of(world, "mail:ana.quintela@mail.example")
        assert bucket is not None and bucket.guest_ids == {first.id}

    def test_two_at_once_see_each_other(self, world: World) -> None:
        """Whatever the order of their steps: each joins before it looks."""
        first, second = world.create(**ANA), world.create(**ANA | {"birth_date": None})
        seen = []
        join = candidates.join

        def interleaved(scope: Scope, keys: Any, kept: Any) -> candidates.Found:
            if not seen:  # the other one's whole pass comes between this one's reading and joining
                seen.append(True)
                unit = Unit(scope)
                pairing.find_pairs(scope, unit, [second.id])
                unit.commit()
            return join(scope, keys, kept)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(candidates, "join", interleaved)
            unit = Unit(world.hq)
            pairing.find_pairs(world.hq, unit, [first.id])
            unit.commit()
        assert state(world, first, second) == "open"

    def test_an_import_is_matched(self, world: World, run_queues: Callable[[], int]) -> None:
        known = world.create(**ANA)
        rows = [
            {"external_id": f"G-{number}", "given_name": "Ana", "family_name": "Quintela",
             "email": "ana.quintela@mail.example"} if number == 3 else
            {"external_id": f"G-{number}", "given_name": f"Given{number}", "family_name": f"Family{number}"}
            for number in range(8)
        ]  # fmt: skip
        staged = world.bring(*rows)
        run_queues()
        imported = service.get(world.hq, str(staged[3].record_id))
        assert state(world, known, imported) == "open"
