"""Roles, grants, pauses and rotations, by example and by property."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directory import rules

permissions = st.frozensets(st.sampled_from(sorted(rules.PERMISSIONS)))
houses = st.none() | st.frozensets(st.sampled_from(["a", "b", "c"]), min_size=1)
MANAGING = {"brands:write", "properties:write", "staff:write", "keys:write"}


class TestRoles:
    def test_only_the_administrator_manages_the_directory(self) -> None:
        assert {name for name, role in rules.ROLES.items() if role.permissions & MANAGING} == {"hq_admin"}

    def test_the_administrator_holds_everything_and_nobody_anything_unknown(self) -> None:
        assert rules.ROLES["hq_admin"].permissions == rules.PERMISSIONS
        assert all(role.permissions <= rules.PERMISSIONS for role in rules.ROLES.values())

    def test_an_analyst_writes_nothing_and_sees_no_secrets(self) -> None:
        held = rules.ROLES["hq_analyst"].permissions
        assert all(one.endswith(":read") for one in held) and not held & {"keys:read", "staff:read"}

    def test_a_manager_reads_staff_and_changes_none(self) -> None:
        held = rules.ROLES["property_manager"].permissions
        assert "staff:read" in held and "staff:write" not in held

    def test_everybody_may_ask_who_they_are(self) -> None:
        assert all("me:read" in rules.role_permissions(role) for role in rules.ROLES)
        assert "me:read" not in rules.PERMISSIONS

    @pytest.mark.parametrize(
        ("role", "chain_wide", "limited"),
        [
            ("hq_admin", True, False),
            ("hq_analyst", True, False),
            ("property_manager", False, True),
            ("front_desk", False, True),
            ("marketing", True, True),
        ],
    )
    def test_reach(self, role: str, chain_wide: bool, limited: bool) -> None:
        assert rules.is_reach_right(role, None) is chain_wide
        assert rules.is_reach_right(role, ["a"]) is limited
        assert rules.is_reach_right(role, []) is False

    def test_which_role_may_make_which(self) -> None:
        made = {name: rules.roles_grantable(role.permissions, None) for name, role in rules.ROLES.items()}
        assert made.pop("hq_admin") == set(rules.ROLES)
        assert set(made.values()) == {frozenset()}

    def test_an_administrator_of_one_house_makes_nobody_of_head_office(self) -> None:
        assert rules.roles_grantable(rules.PERMISSIONS, frozenset({"a"})) == {
            "property_manager", "front_desk", "marketing"
        }  # fmt: skip


class TestGrants:
    @given(permissions, houses, permissions, houses)
    def test_no_grant_reaches_further_than_its_giver(
        self,
        wanted: frozenset[str],
        wanted_houses: frozenset[str] | None,
        held: frozenset[str],
        held_houses: frozenset[str] | None,
    ) -> None:
        if rules.lies_within(wanted, wanted_houses, held, held_houses):
            assert wanted <= held
            assert held_houses is None or (wanted_houses is not None and wanted_houses <= held_houses)
        else:
            missing_house = held_houses is not None and (wanted_houses is None or bool(wanted_houses - held_houses))
            assert wanted - held or missing_house

    @given(permissions, houses)
    def test_everybody_may_give_what_they_have(self, held: frozenset[str], own: frozenset[str] | None) -> None:
        assert rules.lies_within(held, own, held, own)

    @given(permissions, houses, permissions, houses, permissions, houses)
    def test_passing_on_never_gains(
        self,
        a: frozenset[str],
        a_houses: frozenset[str] | None,
        b: frozenset[str],
        b_houses: frozenset[str] | None,
        c: frozenset[str],
        c_houses: frozenset[str] | None,
    ) -> None:
        if rules.lies_within(a, a_houses, b, b_houses) and rules.lies_within(b, b_houses, c, c_houses):
            assert rules.lies_within(a, a_houses, c, c_houses)


class TestPauses:
    def test_five_are_free_and_then_it_grows(self) -> None:
        pauses = [rules.sign_in_pause_s(tries, rules.WRONG_PASSWORDS_FREE) for tries in range(12)]
        assert pauses == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]

    @given(st.integers(0, 10**9))
    def test_it_never_shrinks_and_never_passes_its_bound(self, tries: int) -> None:
        now, later = (rules.sign_in_pause_s(count, 5) for count in (tries, tries + 1))
        assert 0 <= now <= later <= rules.PAUSE_MAX_S


class TestRotation:
    def test_the_replaced_secret_is_taken_until_its_end(self) -> None:
        assert rules.former_after_rotation([], "old", "2026-03-05", "2026-03-04") == [("old", "2026-03-05")]

    def test_no_overlap_ends_all_of_them(self) -> None:
        assert rules.former_after_rotation([("older", "2026-04-01")], "old", "2026-03-04", "2026-03-04") == []

    def test_a_rotation_never_prolongs_and_drops_what_has_ended(self) -> None:
        former = [("b", "2026-03-06"), ("a", "2026-03-04")]
        assert rules.former_after_rotation(former, "c", "2026-03-30", "2026-03-05") == [
            ("c", "2026-03-30"), ("b", "2026-03-06")
        ]  # fmt: skip

    def test_it_is_bounded(self) -> None:
        former = [(str(number), "2026-03-06") for number in range(50)]
        kept = rules.former_after_rotation(former, "new", "2026-03-30", "2026-03-05")
        assert len(kept) == rules.FORMER_SECRETS_MAX and kept[0][0] == "new"
