"""The builders make worlds that the product accepts."""

from __future__ import annotations

from chalicelib.directory import service as directory
from tests.builders import START, make_brand, make_chain, make_property, make_scope


def test_a_world_is_made_in_two_steps() -> None:
    chain, hq = make_chain()
    house = make_property(hq, brand_id=make_brand(hq).id)
    assert hq.now == START == chain.activated_at
    assert directory.property_of(hq, house.id).name == "Harbour House"
    desk = make_scope(chain, "front_desk", property_ids=[house.id])
    assert [one.id for one in directory.properties(desk)] == [house.id]


def test_live_chains_follow_real_time() -> None:
    chain, hq = make_chain(mode="live")
    assert not hq.is_test and chain.activated_at <= hq.now
