"""What surrounds a body: addresses, methods, parameters, cursors, versions, repetitions, as nobody should send them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from chalicelib.kernel.tenancy import door
from chalicelib.web.application import request_of
from chalicelib.web.endpoints import PageQuery
from chalicelib.web.http import Response
from chalicelib.web.routing import ROUTER
from infra.demo import world as demo
from tests.client import Client, event_of
from tests.house.answers import check, pointers
from tests.house.world import BY_KEY, ENDPOINTS, World, example_of, fingerprint, name_of

LISTS = [endpoint for endpoint in BY_KEY if endpoint.method == "GET" and endpoint.is_list]
PAGED = [one for one in LISTS if one.query is not None and issubclass(one.query, PageQuery)]
WITH_QUERY = [endpoint for endpoint in ENDPOINTS if endpoint.query is not None]
WITH_PATH = [endpoint for endpoint in ENDPOINTS if "{" in endpoint.path]
MATCHED = [endpoint for endpoint in ENDPOINTS if endpoint.needs_match]
POSTS = [endpoint for endpoint in ENDPOINTS if endpoint.method == "POST" and endpoint.caller != "public"]


def target_of(world: World, endpoint: Any) -> str:
    """Its address, with the parameters that it cannot do without."""
    required = {"list_activity": f"subject_id={demo.CHAIN}"}.get(endpoint.operation_id, "")
    return f"{world.path(endpoint)}?{required}"


# -- addresses -------------------------------------------------------------------------------------------------

ADDRESSES = [
    "a%23b",
    f"{demo.GUEST}%23",
    "%00",
    f"{demo.GUEST}%00",
    "..%2F..%2Fv1%2Fchains",
    "..",
    "%2e%2e",
    "x" * 3000,
    "%E7%8E%8B" * 500,
    "%ff%fe",
    "%ED%A0%80",
    "%zz",
    "%20",
    "null",
    "-",
    "*",
    "'%22%3B--",
    demo.GUEST.upper(),
    demo.GUEST[:-1],
    f"{demo.GUEST}0",
    f"{demo.CHAIN}%23{demo.GUEST}",
]


NOWHERE = [
    "/",
    "/v1",
    "/v1/",
    "/v2/guests",
    "/v1/guests/a/b/c",
    "/v1//guests",
    "/v1/guests/../chains",
    "/healthz/x",
    "/favicon.ico",
    "/.env",
    "/v1/guests%2F",
    "/%00",
    "/" + "x" * 5000,
    "/v1/王",
]


class TestAddresses:
    @pytest.mark.parametrize("endpoint", WITH_PATH, ids=name_of)
    def test_ids_that_are_none(self, fresh_world: World, endpoint: Any) -> None:
        names = [part.strip("{}") for part in endpoint.path.split("/") if part.startswith("{")]
        body = example_of(endpoint) if endpoint.body is not None else None
        headers = {"if_match": '"v1"'} if endpoint.needs_match else {}
        for name in names:
            for value in ADDRESSES:
                target = fresh_world.path(endpoint, **{name: value})
                before = fingerprint()
                reply = fresh_world.client(endpoint).ask(endpoint.method, target, body, **headers)
                check(reply)
                if reply.status >= 400:
                    assert reply.status in (400, 404, 422), (target, reply)
                    assert fingerprint() == before, target
                else:
                    # A number of another system, and an app's name for a device, may be almost anything, and `-` stands
                    # for the chain itself.
                    assert name in ("external_id", "system", "device_id") or value == "-", (target, reply)

    def test_unknown_addresses(self, world: World) -> None:
        before = fingerprint()
        for target in NOWHERE:
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                reply = Client(world.hq).ask(method, target, {} if method != "GET" else None)
                if target == "/" and reply.status == 303:
                    continue  # leads into the portal
                check(reply)
                assert reply.status in (404, 405) and (reply.status == 404 or "allow" in reply.headers), (target, reply)
        assert fingerprint() == before


class TestMethods:
    def test_others_are_refused_and_told_which_are_not(self, world: World) -> None:
        by_pattern: dict[str, set[str]] = {}
        for endpoint in ENDPOINTS:
            by_pattern.setdefault(endpoint.path, set()).add(endpoint.method)
        before = fingerprint()
        for pattern, offered in by_pattern.items():
            path = pattern.format(**world.ids)
            for method in {
                "GET",
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
                "TRACE",
                "CONNECT",
                "PROPFIND",
                "get",
                "X",
            } - offered:
                for client in (Client(), Client(world.hq)):
                    reply = client.ask(method, path)
                    check(reply)
                    assert reply.status == 405, (method, path, reply)
                    assert {one.strip() for one in reply.headers["allow"].split(",")} >= offered
        assert fingerprint() == before

    @pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
    def test_options_and_head(self, world: World, endpoint: Any) -> None:
        client, before = world.client(endpoint), fingerprint()
        options = Client().ask("OPTIONS", world.path(endpoint))
        check(options)
        assert (options.status, options.text) == (204, "")
        assert endpoint.method in options.headers["allow"]
        head = client.ask("HEAD", target_of(world, endpoint))
        assert head.text == ""
        if endpoint.method == "GET":
            same = client.get(target_of(world, endpoint))
            assert (head.status, head.headers.get("etag")) == (same.status, same.headers.get("etag"))
            assert Client().ask("HEAD", world.path(endpoint)).status == (200 if endpoint.caller == "public" else 401)
        assert fingerprint() == before


# -- parameters ------------------------------------------------------------------------------------------------

WRONG_PARAMETERS = {
    "limit": ["0", "-1", "101", "1e2", "1.5", "ten", "", "9" * 40, "٣", "0x10", "1 0"],
    "cursor": ["x", "cur_", "cur_e30.x", "cur_" + "x" * 3000, "%00", "%FF", "王"],
    "updated_since": ["yesterday", "2026-03-04", "2026-02-30T00:00:00Z", "2026-03-04T05:06:07", "9" * 400, "%00", ""],
    "since": ["yesterday", "2026-13-01T00:00:00Z"],
    "until": ["2026-03-04T99:00:00Z"],
    "arrival_from": ["2026-02-30", "2026-3-4", "0000-00-00", "today"],
    "departure_to": ["2025-02-29"],
    "day": ["2026-02-30", "tomorrow", "20260304", "%00"],
    "from": ["2026-02-30", "x"],
    "to": ["2026-04-31", "9999-99-99"],
    "status": ["gone", "BOOKED", ""],
    "state": ["alive", ""],
    "mode": ["both", ""],
    "role": ["owner"],
    "is_disabled": ["perhaps"],
    "occasion": ["new-year"],
    "country": ["XX"],
    "language": ["!!"],
    "property_id": ["x" * 500],
    "guest_id": ["x" * 500],
    "subject_id": ["", "x", "a%23b", "x" * 5000],
    "brand_id": ["x" * 500],
}


class TestParameters:
    @pytest.mark.parametrize("endpoint", WITH_QUERY, ids=name_of)
    def test_wrong_ones(self, world: World, endpoint: Any) -> None:
        client, before = world.client(endpoint), fingerprint()
        names = {field.alias or name for name, field in endpoint.query.model_fields.items()}
        for name in names & WRONG_PARAMETERS.keys():
            for value in WRONG_PARAMETERS[name]:
                target = world.path(endpoint) if name == "subject_id" else f"{target_of(world, endpoint)}&"
                reply = client.get(f"{target}{'?' if name == 'subject_id' else ''}{name}={value}")
                check(reply)
                assert reply.status in (400, 404, 422), (name, value, reply)
        assert fingerprint() == before

    @pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
    def test_unknown_and_repeated_ones(self, world: World, endpoint: Any) -> None:
        if endpoint.body is not None or endpoint.needs_match or endpoint.method != "GET":
            return
        client = world.client(endpoint)
        for more in ("unknown=1", "x=1&x=2", "=1", "%00=1", "limit[]=1", "__class__=1"):
            reply = client.get(f"{target_of(world, endpoint)}&{more}")
            check(reply)
            assert reply.status in (400, 422), (more, reply)
        if endpoint.query is not None and "limit" in endpoint.query.model_fields:
            assert client.get(f"{target_of(world, endpoint)}&limit=1&limit=1").status == 400

    def test_all_wrong_ones_are_told_at_once(self, world: World) -> None:
        reply = Client(world.hq).get("/v1/stays?limit=0&status=gone&arrival_from=x&unknown=1")
        assert pointers(reply) == {"?limit", "?status", "?arrival_from", "?unknown"}


@pytest.fixture(scope="class")
def cursors(world: World) -> dict[str, str]:
    """A real cursor of every list that has more than one entry."""
    client = Client(world.hq)
    for endpoint in BY_KEY:
        if endpoint.operation_id in ("create_guest", "create_stay", "put_external_stay", "create_brand",
                                     "add_suppression", "start_run"):  # fmt: skip
            for _ in range(2):
                assert client.ask(endpoint.method, world.path(endpoint), example_of(endpoint)).status < 300
    found = {}
    for endpoint in PAGED:
        next_ = client.get(f"{target_of(world, endpoint)}&limit=1").json["next"]
        if next_:
            found[endpoint.operation_id] = next_
    return found


FILTERED = [
    f"/v1/guests?property_id={demo.CITY}",
    "/v1/guests?language=zh",
    f"/v1/stays?property_id={demo.CITY}",
    "/v1/staff?role=front_desk",
    "/v1/api-keys?state=active",
    f"/v1/activity?subject_id={demo.HQ_KEY}",
]


class TestCursors:
    def test_there_are_some(self, cursors: dict[str, str]) -> None:
        assert len(cursors) >= 9, sorted(cursors)

    def test_they_lead_on(self, world: World, cursors: dict[str, str]) -> None:
        for endpoint in PAGED:
            if endpoint.operation_id in cursors:
                first = Client(world.hq).get(f"{target_of(world, endpoint)}&limit=1").json["data"]
                reply = Client(world.hq).get(
                    f"{target_of(world, endpoint)}&limit=1&cursor={cursors[name_of(endpoint)]}"
                )
                assert reply.status == 200, (endpoint.operation_id, reply)
                assert reply.json["data"] != first

    def test_of_another_list(self, world: World, cursors: dict[str, str]) -> None:
        for endpoint in PAGED:
            for name, cursor in cursors.items():
                if name != endpoint.operation_id:
                    reply = Client(world.hq).get(f"{target_of(world, endpoint)}&cursor={cursor}")
                    check(reply)
                    assert reply.status == 400, (endpoint.operation_id, name, reply)

    def test_of_another_chain(self, world: World, cursors: dict[str, str]) -> None:
        for endpoint in PAGED:
            if (
                endpoint.operation_id in cursors
                and "{" not in endpoint.path
                and endpoint.operation_id != "list_activity"
            ):
                reply = Client(world.rival).get(f"{endpoint.path}?cursor={cursors[endpoint.operation_id]}")
                check(reply)
                assert reply.status == 400, endpoint.operation_id

    def test_of_another_filter(self, world: World, cursors: dict[str, str]) -> None:
        for target in FILTERED:
            for name, cursor in cursors.items():
                reply = Client(world.hq).get(f"{target}&cursor={cursor}")
                assert reply.status == 400, (target, name)

    def test_forged_ones(self, world: World, cursors: dict[str, str]) -> None:
        for endpoint in PAGED:
            cursor = cursors.get(endpoint.operation_id, "")
            for forged in filter(
                None, (cursor[:-1], cursor[4:], cursor.upper(), cursor + "x", cursor.replace(".", "..", 1))
            ):
                reply = Client(world.hq).get(f"{target_of(world, endpoint)}&cursor={forged}")
                check(reply)
                assert reply.status == 400, (endpoint.operation_id, forged)


# -- versions --------------------------------------------------------------------------------------------------


class TestVersions:
    @pytest.mark.parametrize("endpoint", MATCHED, ids=name_of)
    def test_missing_garbled_and_stale(self, fresh_world: World, endpoint: Any) -> None:
        client, path = fresh_world.client(endpoint), fresh_world.path(endpoint)
        body = example_of(endpoint) if endpoint.body is not None else None
        before = fingerprint()
        missing = client.ask(endpoint.method, path, body)
        check(missing)
        assert missing.status == 428
        for tag in (
            "",
            "*",
            "v",
            '"v"',
            '"1"',
            '"v-1"',
            '"v1',
            '"v1", "v2"',
            '"v1.0"',
            '"v٣"',
            '"v' + "9" * 400 + '"',
            "null",
            '"x"',
        ):
            reply = client.ask(endpoint.method, path, body, if_match=tag)
            check(reply)
            assert reply.status in (400, 412), (tag, reply)
        for stale in ('"v0"', '"v999999"'):
            reply = client.ask(endpoint.method, path, body, if_match=stale)
            check(reply)
            assert reply.status == 412, (stale, reply)
        assert fingerprint() == before

    @pytest.mark.parametrize("endpoint", [one for one in MATCHED if one.method == "PATCH"], ids=name_of)
    def test_the_second_of_two_writers_is_refused(self, fresh_world: World, endpoint: Any) -> None:
        client, path = fresh_world.client(endpoint), fresh_world.path(endpoint)
        changes = {
            "change_stay": {"room_type": "SUITE"},
            "update_guest": {"given_name": "Otto"},
            "change_member": {"status": "suspended"},
            "update_account": {"names": {"en": "Another name"}},
            "revise_strategy": {"title": "Another name"},
            "change_chain_day": {"names": {"en": "Another name", "zh": "另一个名字"}},
            "change_task": {"assigned_to": None, "why": "Back from her holidays"},
        }
        body = changes.get(endpoint.operation_id, {"name": "Another name"})
        tag = client.get(path).etag
        first = client.patch(path, body, if_match=tag)
        assert first.status == 200
        assert first.etag == client.get(path).etag != tag
        assert client.patch(path, body, if_match=tag).status == 412


# -- repetitions -----------------------------------------------------------------------------------------------

SEARCHES = {"search_guests", "search_stays"}
SECRETS = {"create_api_key", "create_chain_api_key", "rotate_api_key", "create_connector", "rotate_connector"}


class TestRepetitions:
    @pytest.mark.parametrize("endpoint", POSTS, ids=name_of)
    def test_one_key_one_effect_one_answer(self, fresh_world: World, endpoint: Any) -> None:
        client, path = fresh_world.client(endpoint), fresh_world.path(endpoint)
        body = example_of(endpoint) if endpoint.body is not None else None
        first = client.post(path, body, idempotency_key="once")
        if endpoint.operation_id == "cancel_import_run":
            assert first.status == 409  # it is over, and refusals are not kept
            return
        assert first.status < 300, first
        assert "idempotency-hit" not in first.headers
        before = fingerprint()
        again = client.post(path, body, idempotency_key="once")
        assert fingerprint() == before
        if endpoint.operation_id in SEARCHES:
            assert again.json == first.json  # nothing was written, so nothing is kept
        elif endpoint.operation_id in SECRETS:
            check(again)
            assert (again.status, again.json["type"].rsplit("/", 1)[1]) == (409, "answer_lost")
            assert "hk_" not in again.text and "whsec_" not in again.text
        elif "idempotency-hit" in again.headers:
            assert again.headers["idempotency-hit"] == "true"
            assert (again.status, again.text) == (first.status, first.text)
            assert again.headers["request-id"] != first.headers["request-id"]
            other = client.post(path, {**(body or {}), "x": 1}, idempotency_key="once")
            check(other)
            assert other.status == 422
        else:
            assert first.status in (200, 202), "it wrote nothing"
        assert fingerprint() == before

    def test_keys_that_are_none(self, world: World) -> None:
        before = fingerprint()
        for key in ("", " ", "x" * 256, "a\tb", "a\nb", "\u0000"):
            reply = Client(world.hq).post("/v1/brands", {"name": "x"}, idempotency_key=key)
            check(reply)
            assert reply.status == 400, key
        assert fingerprint() == before

    def test_one_callers_key_is_not_anothers(self, fresh_world: World) -> None:
        body = {"name": "x"}
        first = Client(fresh_world.hq).post("/v1/brands", body, idempotency_key="same")
        other = Client(fresh_world.roles["hq_admin"]).post("/v1/brands", body, idempotency_key="same")
        assert first.json["id"] != other.json["id"]

    def test_a_refusal_is_not_kept(self, fresh_world: World) -> None:
        client = Client(fresh_world.hq)
        assert client.post("/v1/brands", {"name": ""}, idempotency_key="again").status == 422
        assert client.post("/v1/brands", {"name": "x"}, idempotency_key="again").status == 201

    @pytest.mark.parametrize("operation_id", ["create_guest", "create_brand", "create_property", "advance_test_clock"])
    def test_twins_have_one_effect(self, fresh_world: World, operation_id: str) -> None:
        """Eight at the same time: one is done, and every other is given its answer or asked to come again."""
        (endpoint,) = [one for one in POSTS if one.operation_id == operation_id]
        raw = json.dumps(example_of(endpoint)).encode()
        headers = {
            "authorization": f"Bearer {fresh_world.hq}",
            "content-type": "application/json",
            "idempotency-key": "t",
        }
        event = event_of("POST", fresh_world.path(endpoint), raw, headers)
        answers: list[Response] = []
        gate = threading.Barrier(8)
        handle = door(ROUTER.handlers[endpoint.path]["POST"])

        def ask(number: int) -> None:
            request = request_of(event, endpoint.path, f"req_{number}")
            gate.wait()
            answers.append(handle(request))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 8
        done = [one for one in answers if one.status == endpoint.status]
        hits = [one for one in done if one.headers.get("Idempotency-Hit") == "true"]
        busy = [one for one in answers if one.status == 409]
        assert len(done) - len(hits) == 1
        assert len({one.body for one in done}) == 1
        assert len(done) + len(busy) == 8
