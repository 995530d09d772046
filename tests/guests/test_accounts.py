"""Corporate accounts and key guests: names in two languages, guests with a role and an end, owners who are there."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.schemas import StaffPatch
from chalicelib.guests import service
from chalicelib.guests.rules.accounts import OwnerUnfit, TooManyAccounts, is_current, name_in
from chalicelib.guests.schemas.accounts import AccountIn, AccountPatch
from chalicelib.guests.service import accounts, caring
from chalicelib.guests.service.accounts import Account
from chalicelib.kernel.errors import Invalid, Malformed, NotFound, Stale
from chalicelib.kernel.scope import Scope
from tests.builders import make_staff
from tests.guests.conftest import World


def create(scope: Scope, en: str | None = "Example Shipping", zh: str | None = None, **fields: Any) -> Account:
    """An account with its names."""
    names = {one: name for one, name in (("en", en), ("zh", zh)) if name}
    return accounts.create_account(scope, AccountIn.model_validate({"names": names, **fields}))


def found(scope: Scope, name: str | None = None, limit: int = 2) -> list[str]:
    """Ids of all accounts that a search finds, over all of its pages."""
    ids, after = [], None
    while True:
        page = accounts.accounts_page(scope, name=name, limit=limit, after=after)
        ids += [one.id for one in page.accounts]
        after = page.next
        if after is None:
            return ids


class TestAccounts:
    def test_by_name_in_either_language(self, world: World) -> None:
        ship, other = create(world.hq, "Example Shipping", "示例航运"), create(world.hq, None, "海港贸易")
        plain = create(world.hq, "Árvore Lda")
        assert found(world.hq) == [plain.id, ship.id, other.id]  # 海港 is read haigang
        for name, ids in (
            ("exam", {ship.id}), ("示例", {ship.id}), ("shili", {ship.id}), ("海港", {other.id}), ("arv", {plain.id}),
            ("nobody", set()),
        ):  # fmt: skip
            assert set(found(world.hq, name)) == ids, name
            assert len(found(world.hq, name)) == len(ids), name
        with pytest.raises(Malformed):
            accounts.accounts_page(world.hq, name="exam", after="cur_forged")
        with pytest.raises(Invalid):
            accounts.accounts_page(world.hq, name="...")

    def test_numbers_stay_with_who_may_touch_them(self, world: World) -> None:
        of_chain = {"system": "debtors", "property_id": None, "id": "D-1"}
        houses = world.house.id, world.sister.id
        of_house, of_sister = ({"system": "pms", "property_id": one, "id": "1"} for one in houses)
        account = create(world.hq, external_ids=[of_chain, of_house, of_sister])
        empty = AccountPatch.model_validate({"external_ids": []})
        changed = accounts.change_account(world.desk(world.house), account.id, empty, 1)
        assert changed.external_ids == [of_chain, of_sister]
        assert accounts.change_account(world.hq, account.id, empty, 2).external_ids == []
        unknown = {"system": "pms", "property_id": "prp_00000000000000000000000000", "id": "1"}
        for scope, wrong in (
            (world.hq, unknown), (world.desk(world.house), of_sister), (world.desk(world.house), of_chain)
        ):  # fmt: skip
            with pytest.raises(Invalid) as refused:
                create(scope, external_ids=[wrong])
            assert [one.pointer for one in refused.value.errors] == ["/external_ids/0/property_id"]

    def test_a_life(self, world: World) -> None:
        account = create(world.hq)
        ana, hill = world.create(), world.create(home_property_id=world.sister.id)
        patch = AccountPatch.model_validate({"is_key": True, "contact_ids": [ana.id, hill.id], "names": {"zh": "航运"}})
        changed = accounts.change_account(world.hq, account.id, patch, 1)
        assert (changed.is_key, changed.names, int(changed.version)) == (True, {"zh": "航运"}, 2)
        assert (name_in(changed.names, "en"), name_in({"en": "A", "zh": "甲"}, "zh")) == ("航运", "甲")
        kept = AccountPatch.model_validate({"contact_ids": []})
        assert accounts.change_account(world.desk(world.house), account.id, kept, 2).contact_ids == [hill.id]
        with pytest.raises(Stale):
            accounts.change_account(world.hq, account.id, patch, 1)
        for wrong in ({"names": {}}, {"contact_ids": ["gst_00000000000000000000000000"]}):
            with pytest.raises(Invalid):
                accounts.change_account(world.hq, account.id, AccountPatch.model_validate(wrong), 3)

    def test_guests_of_it(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        account, ana = create(world.hq), world.create()
        hill = world.create(home_property_id=world.sister.id)
        days = {"since": date(2025, 1, 1), "until": date(2026, 3, 3)}
        first, is_new = accounts.add_guest(world.hq, account.id, ana.id, role="Buyer", **days)
        again, is_newer = accounts.add_guest(world.hq, account.id, ana.id, role="Buyer", **days)
        assert (is_new, is_newer, int(again.membership.version)) == (True, False, 1)
        accounts.add_guest(world.hq, account.id, hill.id, role=None, since=None, until=None)
        seen = accounts.guests_of(world.desk(world.house), account.id)
        assert [one.guest.id for one in seen.items] == [ana.id]
        assert len(accounts.guests_of(world.hq, account.id).items) == 2
        ((of_ana, row),) = accounts.accounts_of_guest(world.hq, ana.id)
        assert (of_ana.id, row.role, row.until) == (account.id, "Buyer", "2026-03-03")
        assert (is_current(row.until, date(2026, 3, 3)), is_current(row.until, date(2026, 3, 4))) == (True, False)
        with pytest.raises(Invalid):
            accounts.add_guest(world.hq, account.id, ana.id, role=None, since=days["until"], until=days["since"])
        with pytest.raises(NotFound):
            accounts.add_guest(world.desk(world.house), account.id, hill.id, role="x", since=None, until=None)
        monkeypatch.setattr(accounts, "ACCOUNTS_OF_GUEST_MAX", 1)
        with pytest.raises(TooManyAccounts):
            accounts.add_guest(world.hq, create(world.hq).id, ana.id, role=None, since=None, until=None)
        with pytest.raises(Stale):
            accounts.remove_guest(world.hq, account.id, ana.id, 3)
        accounts.remove_guest(world.hq, account.id, ana.id, 1)
        assert accounts.accounts_of_guest(world.hq, ana.id) == []


class TestCare:
    def test_an_owner_is_active_and_seen(self, world: World) -> None:
        ana = world.create()
        rui = make_staff(world.hq, "front_desk", property_ids=[world.house.id])
        eva = make_staff(world.hq, "front_desk", property_ids=[world.sister.id])
        account = create(world.hq, owner_id=str(rui.id))
        guest = caring.set_care(world.hq, ana.id, is_key=True, owner_id=str(rui.id), expected_version=1)
        assert (guest.is_key, guest.owner_id) == (True, rui.id)
        mine = caring.cares_of(world.hq, str(rui.id), limit=10)
        assert ([one.id for one in mine.accounts], [one.id for one in mine.guests]) == ([account.id], [ana.id])
        with pytest.raises(OwnerUnfit):  # whom the desk does not see
            caring.set_care(world.desk(world.house), ana.id, is_key=True, owner_id=str(eva.id), expected_version=None)
        caring.set_care(world.hq, ana.id, is_key=True, owner_id=str(eva.id), expected_version=None)
        patch = AccountPatch.model_validate({"owner_id": None})
        accounts.change_account(world.hq, account.id, patch, 1)
        assert caring.cares_of(world.hq, str(rui.id), limit=10) == caring.CarePage([], [], None)
        assert [one.id for one in caring.cares_of(world.hq, str(eva.id), limit=10).guests] == [ana.id]
        directory.update_staff(world.hq, str(rui.id), StaffPatch.model_validate({"is_disabled": True}), 1)
        for unfit in (str(rui.id), "stf_00000000000000000000000000"):
            with pytest.raises(OwnerUnfit):
                create(world.hq, owner_id=unfit)
        with pytest.raises(NotFound):
            caring.cares_of(world.desk(world.house), str(eva.id), limit=10)

    def test_saying_the_same_writes_nothing(self, world: World) -> None:
        ana = world.create()
        caring.set_care(world.hq, ana.id, is_key=True, owner_id=None, expected_version=None)
        same = caring.set_care(world.hq, ana.id, is_key=True, owner_id=None, expected_version=2)
        assert int(same.version) == 2
        with pytest.raises(Stale):
            caring.set_care(world.hq, ana.id, is_key=False, owner_id=None, expected_version=1)
        assert service.get(world.hq, ana.id).is_key
