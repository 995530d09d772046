"""The check of the books notices whatever does not agree, and a live chain is checked every night."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.kernel import aws, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import from_sortable, real_now
from chalicelib.loyalty import service
from chalicelib.loyalty.models import EntryRecord, Member
from chalicelib.loyalty.rules.programmes import Version
from tests.builders import make_chain
from tests.conftest import work_off_queues
from tests.loyalty.conftest import BEGINNING, TEN_A_EURO, World


def spoil(record: type[Any], key: dict[str, Any], name: str, points: int) -> None:
    """Change one number behind the product's back."""
    aws.client("dynamodb").update_item(
        TableName=record.Meta.table_name,
        Key=key,
        UpdateExpression="ADD #n :p",
        ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":p": {"N": str(points)}},
    )


class TestCheck:
    @pytest.mark.parametrize("what", ["header", "lot", "entry", "missing entry"])
    def test_one_point_too_many_anywhere_is_noticed(self, world: World, what: str) -> None:
        world.tell()
        world.give(50)
        assert service.check_all(world.hq, str(world.programme.id)).differing == 0
        member_key = {"S": world.hq.key(world.member_id)}
        if what == "header":
            spoil(Member, {"member_key": member_key, "part": {"S": "member"}}, "balance", 1)
        elif what == "lot":
            lot = service.lots(world.hq, world.member_id)[0]
            part = {"S": f"lot#9999-12-31#{lot.terms.id}"}
            spoil(Member, {"member_key": member_key, "part": part}, "left", 1)
        elif what == "entry":
            spoil(EntryRecord, {"member_key": member_key, "sequence_key": {"S": "000000000001"}}, "points", 1)
        else:
            key = {"member_key": member_key, "sequence_key": {"S": "000000000002"}}
            aws.client("dynamodb").delete_item(TableName=EntryRecord.Meta.table_name, Key=key)
        check = service.check_all(world.hq, str(world.programme.id))
        assert (check.members, check.differing) == (1, 1)

    def test_a_live_chain_is_checked_every_night(self, engine: Any, run_queues: Callable[..., int]) -> None:
        chain, hq = make_chain("live")
        version = Version(1, BEGINNING, (TEN_A_EURO,))
        programme = service.create(hq, name="Live Points", names={}, currency="EUR", first=version)
        item = AgendaRecord.find(hq.key(str(programme.id)), "loyalty.check")
        assert item is not None
        due_at = from_sortable(str(item.due_at))
        assert due_at > real_now()
        work.sweep(due_at)
        work_off_queues()
        ((check,), _) = service.checks(hq, str(programme.id), limit=5)
        assert (int(check.members), int(check.differing)) == (0, 0)
        again = AgendaRecord.find(hq.key(str(programme.id)), "loyalty.check")
        assert again is not None and again.lane is not None
