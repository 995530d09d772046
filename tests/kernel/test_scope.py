"""The wall around a caller: what a scope says of keys, properties and permissions."""

from __future__ import annotations

import pytest

from chalicelib.kernel.errors import Forbidden, NotFound
from chalicelib.kernel.scope import Actor, Scope
from tests.builders import START

HOUSE, SISTER = "prp_1", "prp_2"


def scope(property_ids: frozenset[str] | None = None) -> Scope:
    return Scope("chn_a", Actor("key", "key_1"), START, frozenset({"guests:read"}), property_ids)


def test_every_key_begins_with_the_chain() -> None:
    assert scope().key("gst_1") == "chn_a#gst_1"
    assert scope().key("gst_1", "x") == "chn_a#gst_1#x"
    assert scope().key() == "chn_a"


def test_a_limited_caller_sees_their_own_houses_alone() -> None:
    limited = scope(frozenset({HOUSE}))
    limited.require_property(HOUSE)
    with pytest.raises(NotFound):
        limited.require_property(SISTER)
    assert limited.sees_property(HOUSE) and not limited.sees_property(SISTER)
    assert limited.sees_any({SISTER, HOUSE}) and not limited.sees_any({SISTER}) and not limited.sees_any(set())


def test_a_caller_of_the_chain_sees_all_and_one_of_no_house_sees_none() -> None:
    assert scope().sees_property(SISTER) and scope().sees_any(set())
    assert not scope(frozenset()).sees_property(HOUSE) and not scope(frozenset()).sees_any({HOUSE})


def test_a_permission_is_held_or_asked_for_by_name() -> None:
    scope().require("guests:read")
    with pytest.raises(Forbidden) as refused:
        scope().require("guests:write")
    assert refused.value.values == {"permission": "guests:write"}
