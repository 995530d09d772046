"""Bad input, on every route: a clear refusal that names all that is wrong, nothing changed, never a defect."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

import app
from chalicelib.web.http import BODY_BYTES_MAX
from infra.demo import world as demo
from tests.client import Reply, event_of
from tests.house.answers import check, pointers
from tests.house.shapes import bodies, fields_of, junk_for, placed, resolved
from tests.house.test_openapi import REGISTRY
from tests.house.world import WITH_BODY, World, example_of, fingerprint, name_of


def asked(world: World, endpoint: Any, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Reply:
    """Send something to an endpoint; whatever it is, the answer is whole, and a refusal has changed nothing."""
    if endpoint.needs_match:
        headers.setdefault("if_match", '"v1"')
    before = fingerprint()
    reply = world.client(endpoint).ask(endpoint.method, world.path(endpoint), body, raw=raw, **headers)
    check(reply)
    if reply.status >= 400:
        assert fingerprint() == before, (endpoint.operation_id, reply)
    return reply


# -- what cannot be read ---------------------------------------------------------------------------------------

UNREADABLE = {
    "nothing": b"",
    "spaces": b" \n\t ",
    "half an object": b'{"name": "x"',
    "single quotes": b"{'name': 'x'}",
    "a trailing comma": b'{"name": "x",}',
    "two objects": b"{}{}",
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "nested lists": b"[" * 100_000,
    "nested lists, closed": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"name":' * 100_000,
    "a name twice": b'{"name": "x", "name": "y"}',
    "a name twice inside": b'{"name": {"a": 1, "a": 2}}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a lone surrogate as a name": b'{"\\udfff": 1}',
    "a broken escape": b'{"name": "\\x"}',
    "a raw line end in text": b'{"name": "a\nb"}',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "an overlong byte": b'{"name": "\xc0\xaf"}',
    "huge digits": b'{"name": ' + b"9" * 10_000 + b"}",
    "a form": b"name=x&name=y",
}
NOT_AN_OBJECT = [b"null", b"true", b"0", b'"text"', b"[]", b"[{}]", b"1e999", b"-0"]


class TestUnreadable:
    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_broken_bodies(self, world: World, endpoint: Any) -> None:
        for name, raw in UNREADABLE.items():
            for is_encoded in (False, True):
                before = fingerprint()
                reply = sent_raw(world, endpoint, raw, is_encoded=is_encoded)
                check(reply)
                assert reply.status == 400, (name, reply)
                assert fingerprint() == before

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_what_is_no_object(self, world: World, endpoint: Any) -> None:
        for raw in NOT_AN_OBJECT:
            assert asked(world, endpoint, raw=raw).status == 422, raw

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_too_large(self, world: World, endpoint: Any) -> None:
        assert asked(world, endpoint, raw=b'{"name": "' + b"x" * BODY_BYTES_MAX + b'"}').status == 413
        just = b'{"name": "' + b"x" * (BODY_BYTES_MAX - 12) + b'"}'
        assert asked(world, endpoint, raw=just).status == 422

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_another_kind_of_content(self, world: World, endpoint: Any) -> None:
        raw = json.dumps(example_of(endpoint)).encode()
        for kind in ("text/xml", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", "*/*"):
            assert asked(world, endpoint, raw=raw, content_type=kind).status == 415, kind

    def test_base64_that_is_none(self, world: World) -> None:
        endpoint = WITH_BODY[0]
        event = event_of(endpoint.method, world.path(endpoint), b"*", {"authorization": f"Bearer {world.operator}"})
        reply = reply_of(app.app({**event, "isBase64Encoded": True}, None))
        check(reply)
        assert reply.status == 400

    def test_the_mark_of_utf_8_is_no_mistake(self, fresh_world: World) -> None:
        raw = b"\xef\xbb\xbf" + json.dumps({"name": "王"}).encode()
        assert (
            asked(fresh_world, next(one for one in WITH_BODY if name_of(one) == "create_brand"), raw=raw).status == 201
        )


def sent_raw(world: World, endpoint: Any, raw: bytes, *, is_encoded: bool) -> Reply:
    """Send bytes as either kind of gateway would hand them over."""
    token = world.operator if endpoint.caller == "operator" else world.hq
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "if-match": '"v1"'}
    event = event_of(endpoint.method, world.path(endpoint), raw, headers)
    if is_encoded:
        event |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
    return reply_of(app.app(event, None))


def reply_of(answer: dict[str, Any]) -> Reply:
    """The app's answer as the client would give it."""
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return Reply(answer["statusCode"], headers, [], answer["body"])


# -- what is read and is wrong ---------------------------------------------------------------------------------

NONSENSE = {
    "time_zone": ["Mars/Olympus", "UTC+25", "", "Europe/ Lisbon", "../etc/passwd"],
    "country": ["XX", "Portugal", "", "P1"],
    "nationality": ["XX", "12"],
    "currency": ["XXQ", "euro", ""],
    "language": ["!!", "x", "english-please-and-thank-you-very-much"],
    "default_language": ["!!", "fr"],
    "birth_date": ["2026-02-30", "1990-13-01", "90-01-01", "2100-01-01", "0000-00-00", "1990-05-21T00:00:00Z"],
    "arrival": ["2026-02-30", "2026-3-4", "yesterday", "0000-01-01", "99999-01-01"],
    "departure": ["2026-02-30", "1999-01-01", "2999-01-01"],
    "booked_on": ["2025-02-29"],
    "clock_starts_at": ["2026-02-30T00:00:00Z", "2026-03-04", "2026-03-04T25:00:00Z", "2026-03-04T05:06:07"],
    "expires_at": ["2026-02-30T00:00:00Z", "1999-01-01T00:00:00Z", "soon"],
    "at": ["2026-02-30T00:00:00Z"],
    "to": ["1999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
    "email": ["x", "a@b@c", "@", "a@", "a b@c.de", "x" * 400 + "@example.com", "a@\u0000.de"],
    "emails": [["x"], ["a@example.com", "@"]],
    "phone": ["12", "+99 999", "phone", "+" + "1" * 39],
    "phones": [["12"], ["+1" * 10]],
    "address": ["\u0000", "x"],
    "permissions": [["guests:everything"], ["guests:read", "*"], []],
    "property_ids": [["prp_0000000000000000000000zz00"], ["x"], []],
    "property_id": ["prp_0000000000000000000000zz00", "x", "gst_0000000000000000000000g000", "a#b"],
    "home_property_id": ["prp_0000000000000000000000zz00"],
    "guest_id": ["gst_0000000000000000000000zz00", "x", "a#b", demo.CITY],
    "brand_id": ["brd_0000000000000000000000zz00", "x"],
    "role": ["owner", "HQ_ADMIN", ""],
    "password": ["short", ""],
    "leap_rule": ["feb30"],
    "greeting_hour": [24, -1],
    "business_day_close": ["24:00", "12:00", "3", "03:00:00"],
    "quiet_start": ["25:00", "9pm"],
    "quiet_end": ["9:00"],
    "status": ["gone", "BOOKED"],
    "rate": [{"amount": -1, "currency": "EUR"}, {"amount": 1, "currency": "QQQ"}, {"amount": 1}],
    "revenue_lines": [
        [{"id": "1", "category": "room", "amount": 10**30}],
        [{"id": "1", "category": "Room!", "amount": 1}],
        [{"id": "1", "category": "room", "amount": 1}, {"id": "1", "category": "spa", "amount": 2}],
    ],
    "external_ids": [[{"system": "A B", "id": "1"}], [{"system": "demo", "property_id": "x", "id": "1"}]],
    "consents": [
        [{"purpose": "greeting", "channel": "pigeon", "state": "granted", "source": "x"}],
        [{"purpose": "greeting", "channel": "email", "state": "granted", "source": "x"}] * 2,
    ],
    "source": [{"system": "Not A Name"}, {"version": -1, "system": "demo"}, {"version": 2**70, "system": "demo"}],
    "adults": [-1, 10**9],
    "days": [0, -1, 10**9],
    "overlap_hours": [-1, 10**9],
    "limit": [0, 101, -1],
    "cursor": ["x", "cur_", "cur_x.y", "王"],
    "kind": ["rooms"],
    "mode": ["maybe"],
    "state": ["perhaps"],
    "channel": ["pigeon"],
}  # fmt: skip
# Free text in one body and a strict word in another: what is nonsense there is fine here.
FREE = {
    *((name, "channel") for name in ("create_stay", "change_stay", "put_external_stay", "calculate_points")),
    *((name, "address") for name in ("create_property", "update_property", "create_household", "update_household")),
    ("put_account_guest", "role"),  # what they do for the company, not what they may do here
}
TEXT_LENGTH_MAX = 300  # of a name, a reason, a file's; an address alone may be longer
FREE_TEXT_MAX = 4_000  # what people write to people, or note of what was said


def longest_of(shape: Any) -> int:
    """How long a text may be: as long as a name, unless the field says that people write in it."""
    told = max((one.get("maxLength", 0) for one in shape.get("anyOf", [shape])), default=0)
    return told if TEXT_LENGTH_MAX < told <= FREE_TEXT_MAX else TEXT_LENGTH_MAX


CONTROL = ["\u0000", "a\u0000b", "a\u0007b", "\u0085", "\u200b"]


class TestFields:
    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_wrong_types_for_every_field(self, world: World, endpoint: Any) -> None:
        for place, shape in fields_of(endpoint):
            for value in junk_for(shape):
                reply = asked(world, endpoint, placed(example_of(endpoint), place, value))
                pointer = "/" + "/".join(map(str, place))
                assert reply.status == 422, (place, value, reply)
                assert any(one == pointer or one.startswith(f"{pointer}/") for one in pointers(reply)), (value, reply)

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_all_mistakes_are_told_at_once(self, world: World, endpoint: Any) -> None:
        body = {str(place[0]): junk_for(shape)[-1] for place, shape in fields_of(endpoint) if len(place) == 1}
        reply = asked(world, endpoint, {**body, "unknown": 1, "another": None})
        assert reply.status == 422
        told = {one.split("/")[1] for one in pointers(reply)}
        assert told == {*body, "unknown", "another"}
        assert all(one["detail"] and one["code"] for one in reply.json["errors"])

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_an_empty_body_names_everything_that_is_missing(self, world: World, endpoint: Any) -> None:
        required = resolved(endpoint.body.model_json_schema()).get("required", [])
        if required:
            assert pointers(asked(world, endpoint, {})) >= {f"/{name}" for name in required}

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_nonsense_of_the_right_type(self, world: World, endpoint: Any) -> None:
        names = {str(place[0]) for place, _ in fields_of(endpoint) if len(place) == 1}
        for name in names & NONSENSE.keys():
            if (endpoint.operation_id, name) in FREE:
                continue
            for value in NONSENSE[name]:
                reply = asked(world, endpoint, {**example_of(endpoint), name: value})
                assert reply.status in (400, 404, 412, 422), (name, value, reply)

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_long_and_invisible_text(self, fresh_world: World, endpoint: Any) -> None:
        """Too long is refused; control characters are refused or taken out, never kept."""
        for place, shape in fields_of(endpoint):
            if "string" not in {one.get("type") for one in shape.get("anyOf", [shape])}:
                continue
            long = placed(example_of(endpoint), place, "x" * (longest_of(shape) + 1))
            if (endpoint.operation_id, place[-1]) not in {
                ("create_property", "address"),
                ("update_property", "address"),
                ("put_device", "token"),  # the push services' own, of any length
            }:
                assert asked(fresh_world, endpoint, long).status in (400, 404, 412, 422), place
            for value in CONTROL:
                reply = asked(
                    fresh_world,
                    endpoint,
                    placed(example_of(endpoint), place, value),
                    if_match=etag(fresh_world, endpoint),
                )
                assert reply.status < 300 or reply.status in (400, 404, 412, 422), (place, value, reply)
                assert not any(ord(one) < 32 for one in reply.text), (place, value, reply)
                if endpoint.operation_id == "create_household" and reply.status == 201:  # a guest lives in one only
                    client = fresh_world.client(endpoint)
                    assert client.delete(reply.headers["location"], if_match=reply.etag).status == 204

    @pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
    def test_refusals_speak_chinese(self, world: World, endpoint: Any) -> None:
        body = {str(place[0]): junk_for(shape)[-1] for place, shape in fields_of(endpoint) if len(place) == 1}
        reply = asked(world, endpoint, {**body, "unknown": 1}, accept_language="zh-CN,zh;q=0.9")
        assert reply.headers["content-language"] == "zh"
        assert all(not one["detail"].isascii() for one in reply.json["errors"]), reply.json["errors"]
        assert not reply.json["title"].isascii()


def etag(world: World, endpoint: Any) -> str:
    """The present version of what an endpoint changes."""
    if not endpoint.needs_match:
        return '"v1"'
    return world.client(endpoint).get(world.path(endpoint)).etag


@pytest.mark.parametrize("endpoint", WITH_BODY, ids=name_of)
def test_whatever_is_sent(fresh_world: World, endpoint: Any) -> None:
    """Bodies drawn from the schemas, right and wrong: taken or refused as a whole, and never a defect."""
    schema = {"$ref": f"urn:api#/components/schemas/{endpoint.body.__name__}"}
    judge = Draft202012Validator(schema, registry=REGISTRY)
    match = etag(fresh_world, endpoint)

    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(body=bodies(endpoint))
    def tried(body: Any) -> None:
        reply = asked(fresh_world, endpoint, raw=json.dumps(body).encode(), if_match=match)
        if not judge.is_valid(body):
            assert reply.status == 422, (body, reply)
            assert pointers(reply)

    tried()
