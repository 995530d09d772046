"""Every example that the description carries can be sent as it stands, twice."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.directory import service as directory
from chalicelib.directory.api import api
from chalicelib.directory.schemas import KeyIn
from chalicelib.web.endpoints import Endpoint
from tests.builders import make_brand, make_chain, make_property, make_staff
from tests.conftest import OPERATOR_KEY
from tests.directory.conftest import Caller

BODIES = [endpoint for endpoint in api.endpoints if endpoint.body is not None]


@pytest.fixture
def head_office(engine: Any) -> Caller:
    """The demo chain with the ids that the examples name."""
    _, hq = make_chain(id="chn_0000000000000000000000de00")
    make_brand(hq, id="brd_0000000000000000000000de00")
    make_property(hq, id="prp_0000000000000000000000c000")
    body = KeyIn(name="Head office", permissions=sorted(directory.PERMISSIONS))
    directory.create_key(hq, body, id="key_0000000000000000000000s000")
    make_staff(hq, id="stf_0000000000000000000000h000")
    return Caller(directory.create_key(hq, body, id="key_0000000000000000000000h000")[1])


def examples(endpoint: Endpoint) -> list[Any]:
    """The examples of a body."""
    assert endpoint.body is not None
    extra = endpoint.body.model_config.get("json_schema_extra")
    assert isinstance(extra, dict)
    found = extra["examples"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("endpoint", BODIES, ids=lambda endpoint: endpoint.operation_id)
def test_it_works_twice(head_office: Caller, endpoint: Endpoint) -> None:
    caller = Caller(OPERATOR_KEY) if endpoint.caller == "operator" else head_office
    path = endpoint.path.format(**endpoint.path_examples)
    assert examples(endpoint)
    for example in examples(endpoint):
        for _ in range(2):
            match = caller("GET", path).body["version"] if endpoint.needs_match else None
            answer = caller(endpoint.method, path, example, match=match)
            assert answer.status in (200, 201), answer.body
    assert head_office("GET", "/v1/me").status == 200


@pytest.mark.parametrize(
    "endpoint", [one for one in api.endpoints if one.method == "GET" and one.path_examples], ids=lambda one: one.path
)
def test_what_the_examples_name_is_there(head_office: Caller, endpoint: Endpoint) -> None:
    caller = Caller(OPERATOR_KEY) if endpoint.caller == "operator" else head_office
    assert caller("GET", endpoint.path.format(**endpoint.path_examples)).status == 200
