"""Where a call may stand, and that one which stands nowhere does not leave."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from chalicelib import wiring
from chalicelib.directory.models import ApiKey, Chain
from chalicelib.kernel import aws, queue, settings, tenancy, work
from chalicelib.kernel.tenancy import ADDRESSES, AUTHENTICATION, OPERATOR, SWEEP, BeyondTheWall, Standing
from chalicelib.web.http import Response
from tests.builders import make_chain, make_key
from tests.client import Client
from tests.walls.judge import JUDGE, Breach

HERE, ELSEWHERE = "chn_here", "chn_elsewhere"


@pytest.fixture
def forgiven() -> Iterator[None]:
    """A test that breaks through on purpose."""
    yield
    JUDGE.breaches.clear()


def at_door(step: Callable[[], object]) -> object:
    """Do something as whatever comes through a door does."""
    return tenancy.door(step)()


def place() -> Standing | None:
    return tenancy.standing()


class TestPlaces:
    def test_a_door_is_nobodys_place_and_is_left_again(self) -> None:
        assert place() is None
        assert at_door(place) == Standing()
        assert place() is None

    def test_who_enters_stays_until_the_door_closes(self) -> None:
        def step() -> None:
            tenancy.enter(HERE)
            tenancy.enter(HERE)
            assert place() == Standing(HERE)

        at_door(step)
        assert place() is None

    def test_an_error_closes_the_door_too(self) -> None:
        def step() -> None:
            tenancy.enter(HERE)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            at_door(step)
        assert place() is None

    def test_a_tool_does_not_enter(self) -> None:
        tenancy.enter(HERE)
        assert place() is None

    def test_one_chain_does_not_lead_into_another(self) -> None:
        def step() -> None:
            tenancy.enter(HERE)
            with pytest.raises(BeyondTheWall):
                tenancy.enter(ELSEWHERE)
            with pytest.raises(BeyondTheWall):
                tenancy.inside(ELSEWHERE)
            with tenancy.inside(HERE):
                assert place() == Standing(HERE)
            assert place() == Standing(HERE)

        at_door(step)

    def test_a_door_inside_a_door_begins_anew(self) -> None:
        with tenancy.inside(HERE):
            assert at_door(place) == Standing()
            assert place() == Standing(HERE)

    @pytest.mark.parametrize(
        "chain_id", ["", "*", "chn_", "chn_*", "chn_1#x", "chn_1 ", "CHN_1", "operator", "chn_1\n"]
    )
    def test_only_a_chain_is_entered(self, chain_id: str) -> None:
        with pytest.raises(BeyondTheWall):
            tenancy.inside(chain_id)

    def test_passages_begin_where_they_begin(self) -> None:
        with pytest.raises(BeyondTheWall):
            tenancy.through(ADDRESSES)
        with tenancy.inside(HERE):
            with pytest.raises(BeyondTheWall):
                tenancy.through(OPERATOR)
            with tenancy.through(ADDRESSES):
                assert place() == Standing(HERE, ADDRESSES)
        with tenancy.through(OPERATOR):
            assert place() == Standing("", OPERATOR)
            with tenancy.inside(HERE):
                assert place() == Standing(HERE)

    def test_threads_stand_where_they_came_in(self) -> None:
        seen: list[Standing | None] = []
        with tenancy.inside(HERE):
            thread = threading.Thread(target=lambda: seen.append(place()))
            thread.start()
            thread.join()
        assert seen == [None]


class TestRefusal:
    def test_a_call_at_the_door_does_not_leave(self, forgiven: None) -> None:
        with pytest.raises((BeyondTheWall, Breach)):
            at_door(lambda: Chain.find(HERE))

    def test_the_product_itself_refuses_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the judge of these tests: by the clients' own credentials."""
        monkeypatch.setattr(JUDGE, "judge", lambda here, ask: None)
        sent = []
        monkeypatch.setattr("infra.local.inprocess.Engine._sent", lambda self, request: sent.append(request))
        for call in (
            lambda: Chain.find(HERE),
            lambda: aws.client("s3").head_object(Bucket="hospes-files", Key="x"),
            lambda: aws.client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "x"}),
        ):
            with pytest.raises(BeyondTheWall):
                at_door(call)
        assert sent == []

    def test_with_a_role_a_tool_has_no_way_at_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOSPES_TENANT_ROLE_ARN", "arn:aws:iam::000000000000:role/tenant")
        settings.settings.cache_clear()
        try:
            with pytest.raises(BeyondTheWall, match="no door"):
                Chain.find(HERE)
        finally:
            monkeypatch.undo()
            settings.settings.cache_clear()

    def test_a_foreign_key_is_a_breach(self, forgiven: None) -> None:
        with tenancy.inside(HERE), pytest.raises(Breach, match="not allowed"):
            Chain.find(ELSEWHERE)
        assert len(JUDGE.breaches) == 1

    def test_a_foreign_key_is_a_breach_for_a_given_scope_too(self, forgiven: None) -> None:
        from chalicelib.directory import service as directory
        from chalicelib.directory.models import Property

        _, hq = make_chain()
        other, _ = make_chain()
        find = Property.find
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Property, "find", lambda chain_id, one: find(other.id, one))
            with pytest.raises(Breach):
                directory.property_of(hq, "prp_00000000000000000000000000")


class TestDoors:
    """Whatever AWS calls is a door: what it does stands at least there."""

    def test_the_api_is_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[Standing | None] = []

        def answered(*_: object) -> Response:
            seen.append(place())
            return Response(204, "", {})

        monkeypatch.setattr("chalicelib.web.application._by_method", answered)
        assert Client().get("/v1/me").status == 204
        assert seen == [Standing()]

    @pytest.mark.parametrize(
        "function", [one for one in wiring.FUNCTIONS if one.kind != "api"], ids=lambda one: one.name
    )
    def test_every_worker_is_one(self, monkeypatch: pytest.MonkeyPatch, function: wiring.Function) -> None:
        seen: list[Standing | None] = []
        monkeypatch.setattr(queue, "each", lambda *_: seen.append(place()))
        monkeypatch.setattr(work, "sweep", lambda *_: seen.append(place()))
        module, _, name = function.handler.rpartition(".")
        getattr(sys.modules[module], name)({}, None)
        assert seen == [Standing()]

    def test_a_request_stands_in_its_callers_chain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain, hq = make_chain()
        token = make_key(hq)
        seen: list[Standing | None] = []
        find = ApiKey.find
        monkeypatch.setattr(ApiKey, "find", lambda *key: (seen.append(place()), find(*key))[1])
        assert Client(token).get("/v1/me").status == 200
        assert seen == [Standing("", AUTHENTICATION), Standing(chain.id)]

    def test_a_forged_token_enters_no_chain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain, hq = make_chain()
        token = make_key(hq)
        entered: list[str] = []
        monkeypatch.setattr("chalicelib.directory.service.access.enter", entered.append)
        assert Client(token[:-1] + ("0" if token[-1] != "0" else "1")).get("/v1/me").status == 401
        assert entered == []

    def test_the_sweep_takes_its_passage(self) -> None:
        assert at_door(lambda: work.sweep()) == {"handed": 0, "buried": 0}
        assert SWEEP.kind == "sweeper"
