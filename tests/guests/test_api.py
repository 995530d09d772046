"""The endpoints of guests over HTTP: anonymous, stranger, forbidden, invalid, works."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.guests.api import api
from chalicelib.guests.api.matches import DEMO_MATCH
from chalicelib.kernel.errors import FieldError
from tests.builders import make_chain, make_key, make_staff
from tests.client import Client, Reply
from tests.guests.conftest import World

ABSENT = "gst_0000000000000000000000zzzz"


@pytest.fixture
def hq(world: World) -> Client:
    return Client(make_key(world.hq))


def body_of(operation: str) -> Any:
    (endpoint,) = [one for one in api.endpoints if one.operation_id == operation]
    assert endpoint.body is not None
    # A copy: what a test does to it must not reach the description.
    return json.loads(json.dumps(endpoint.body.model_config["json_schema_extra"]["examples"][0]))  # type: ignore[index]


def guest_body(world: World, **fields: Any) -> dict[str, Any]:
    return {**body_of("create_guest"), "home_property_id": world.house.id, **fields}


def pointers(reply: Reply) -> set[str]:
    return {error["pointer"] for error in reply.json["errors"]}


@dataclass(frozen=True)
class Things:
    """What the addresses of guests name; by default nothing that there is."""

    guest: str = ABSENT
    other: str = "gst_0000000000000000000000zzzy"
    account: str = "acc_0000000000000000000000zzzz"
    household: str = "hhd_0000000000000000000000zzzz"
    match: str = DEMO_MATCH["match_id"]
    merge: str = "mrg_0000000000000000000000zzzz"
    staff: str = "stf_0000000000000000000000zzzz"


@pytest.fixture
def things(world: World, hq: Client, run_queues: Callable[[], int]) -> Things:
    """One of each behind the addresses, all of the house."""

    def made(address: str, body: Any) -> str:
        reply = hq.post(address, body)
        assert reply.status == 201, reply
        return str(reply.json["id"])

    staff = str(make_staff(world.hq).id)
    guest, other, double = (made("/v1/guests", guest_body(world, given_name=one)) for one in ("Ana", "Ana", "Berta"))
    account = made("/v1/accounts", {"names": {"en": "Example Shipping"}, "contact_ids": [guest]})
    household = made("/v1/households", {"name": "Silva", "member_ids": [guest]})
    merge = made("/v1/merges", {"survivor_id": guest, "absorbed_id": double})
    run_queues()
    (match,) = [one["id"] for one in hq.get("/v1/matches").json["data"] if other in str(one)]
    found = Things(guest, other, account, household, match, merge, staff)
    assert hq.put(f"/v1/accounts/{account}/guests/{guest}", {"role": "Buyer"}).status == 201
    assert hq.put(f"/v1/guests/{guest}/relations/{other}", {"kind": "sibling"}).status == 201
    assert hq.put(f"/v1/guests/{guest}/care", {"is_key": True, "owner_id": staff}).status == 200
    return found


def routes(world: World, ids: Things) -> dict[str, tuple[str, str, Any]]:
    """A request of every endpoint, by operation."""
    pair = {"survivor_id": ids.guest, "absorbed_id": ids.other}
    account, household = f"/v1/accounts/{ids.account}", f"/v1/households/{ids.household}"
    guest = f"/v1/guests/{ids.guest}"
    part, relation = f"{account}/guests/{ids.guest}", f"{guest}/relations/{ids.other}"
    return {
        "create_guest": ("POST", "/v1/guests", guest_body(world)),
        "get_guest": ("GET", guest, None),
        "update_guest": ("PATCH", guest, {"language": "pt"}),
        "list_guests": ("GET", "/v1/guests", None),
        "search_guests": ("POST", "/v1/guest-searches", {"name": "sil"}),
        "search_at_desk": ("POST", "/v1/guest-lookups", {"q": "silva"}),
        "put_external_guest": ("PUT", f"/v1/external/pms/{world.house.id}/guests/1", {"family_name": "Silva"}),
        "put_consent": ("PUT", f"{guest}/consents/greeting/email", {"state": "granted", "source": "desk"}),
        "get_consents": ("GET", f"{guest}/consents", None),
        "create_account": ("POST", "/v1/accounts", {"names": {"en": "Example"}, "contact_ids": [ids.guest]}),
        "list_accounts": ("GET", "/v1/accounts", None),
        "get_account": ("GET", account, None),
        "update_account": ("PATCH", account, {"contact_ids": [ids.guest, ids.other]}),
        "list_account_guests": ("GET", f"{account}/guests", None),
        "get_account_guest": ("GET", part, None),
        "put_account_guest": ("PUT", part, {"role": "Travel manager"}),
        "delete_account_guest": ("DELETE", part, None),
        "get_care": ("GET", f"{guest}/care", None),
        "put_care": ("PUT", f"{guest}/care", {"is_key": False}),
        "list_cares": ("GET", f"/v1/staff/{ids.staff}/cares", None),
        "list_relations": ("GET", f"{guest}/relations", None),
        "get_relation": ("GET", relation, None),
        "put_relation": ("PUT", relation, {"kind": "friend"}),
        "delete_relation": ("DELETE", relation, None),
        "get_guest_household": ("GET", f"{guest}/household", None),
        "create_household": ("POST", "/v1/households", {"member_ids": [ids.other]}),
        "get_household": ("GET", household, None),
        "update_household": ("PATCH", household, {"name": "The Silvas"}),
        "delete_household": ("DELETE", household, None),
        "list_matches": ("GET", "/v1/matches", None),
        "get_match": ("GET", f"/v1/matches/{ids.match}", None),
        "decide_match": ("POST", f"/v1/matches/{ids.match}/decisions", {"decision": "distinct"}),
        "get_match_report": ("GET", "/v1/match-report", None),
        "start_match_backfill": ("POST", "/v1/match-backfills", None),
        "calculate_merge": ("POST", "/v1/merge-previews", pair),
        "create_merge": ("POST", "/v1/merges", pair),
        "get_merge": ("GET", f"/v1/merges/{ids.merge}", None),
        "list_guest_merges": ("GET", f"{guest}/merges", None),
        "part_guests": ("POST", f"/v1/merges/{ids.merge}/partings", {"reason": "two persons"}),
        "list_data_quality": ("GET", "/v1/data-quality", None),
        "list_data_quality_findings": ("GET", "/v1/data-quality/findings", None),
        "get_data_quality_rule": ("GET", "/v1/data-quality/rule", None),
        "put_data_quality_rule": ("PUT", "/v1/data-quality/rule", {"stale_months": 18}),
        "create_contact_verification": (
            "POST", f"{guest}/contact-verifications", {"kind": "email", "value": "ana.silva@example.com"}
        ),
    }  # fmt: skip


def held_by(world: World, hq: Client, ids: Things) -> dict[str, Any]:
    """All that the head office reads."""
    read = {name: hq.get(path) for name, (method, path, _) in routes(world, ids).items() if method == "GET"}
    assert {name: reply.status for name, reply in read.items()} == dict.fromkeys(read, 200)
    return {name: reply.json for name, reply in read.items()}


READS = {"search_guests", "search_at_desk"}  # which are sent by POST: nothing personal stands in an address
NO_DATA = {"list_guests", "search_guests", "list_matches", "list_data_quality"}
POINTED_AT = {
    "create_guest": "/home_property_id",
    "create_account": "/contact_ids/0",
    "create_household": "/member_ids",
}
# What is the chain's and no guest's. Another chain finds its own there, and so changes nothing here.
ANOTHER_CHAINS_OWN = {"get_data_quality_rule": 200, "put_data_quality_rule": 200, "start_match_backfill": 202}
# A company is the chain's: all of its houses see it, without the guests of others. The rule is for the head office, and
# so is the walk over all guests.
OF_ALL_HOUSES = {
    "list_accounts": 200, "get_account": 200, "get_data_quality_rule": 200, "put_data_quality_rule": 403,
    "start_match_backfill": 403,
}  # fmt: skip


class TestCallers:
    def test_every_endpoint_is_walked(self, world: World) -> None:
        assert set(routes(world, Things())) == {one.operation_id for one in api.endpoints}
        for endpoint in api.endpoints:
            assert routes(world, Things())[endpoint.operation_id][0] == endpoint.method

    def test_anonymous(self, world: World) -> None:
        for method, path, body in routes(world, Things()).values():
            assert Client().ask(method, path, body, if_match='"v1"').status == 401, path

    @pytest.mark.parametrize("who", ["another chain", "a sister house"])
    def test_stranger_sees_and_changes_nothing(self, world: World, hq: Client, things: Things, who: str) -> None:
        is_sister = who == "a sister house"
        stranger = Client(
            make_key(world.hq, property_ids=[world.sister.id]) if is_sister else make_key(make_chain()[1])
        )
        shared = OF_ALL_HOUSES if is_sister else ANOTHER_CHAINS_OWN
        no_data = {"list_account_guests"} if is_sister else {"list_accounts", "list_data_quality_findings"}
        pointed_at = {"update_account": "/contact_ids/0"} if is_sister else {}
        before = held_by(world, hq, things)
        for name, (method, path, body) in routes(world, things).items():
            reply = stranger.ask(method, path, body, if_match='"v1"')
            assert not any(one in reply.text for one in (things.guest, things.other, "ana.silva")), (name, reply)
            if name in shared:
                assert reply.status == shared[name], (name, reply)
            elif name in NO_DATA | no_data:
                assert (reply.status, reply.json["data"]) == (200, []), (name, reply)
            elif name == "get_match_report":
                assert reply.json["queues"] == [] and (reply.json["backfill"] is None) == is_sister
                assert is_sister or reply.json["backfill"]["matched"] == 0
            elif name == "search_at_desk":
                assert (reply.json["guests"], reply.json["strangers"]) == ([], [])
            elif name in POINTED_AT | pointed_at:
                assert pointers(reply) == {(POINTED_AT | pointed_at)[name]}, (name, reply)
            else:
                assert reply.status == 404, (name, reply)
        assert held_by(world, hq, things) == before

    def test_reading_is_not_writing(self, world: World, hq: Client, things: Things) -> None:
        reader, nobody = Client(make_key(world.hq, ["guests:read"])), Client(make_key(world.hq, ["stays:read"]))
        for name, (method, path, body) in routes(world, things).items():
            is_read = method == "GET" or name in READS
            assert reader.ask(method, path, body, if_match='"v1"').status == (200 if is_read else 403), path
            assert nobody.ask(method, path, body, if_match='"v1"').status == 403, path


class TestGuests:
    def test_create_and_read(self, world: World, hq: Client) -> None:
        made = hq.post("/v1/guests", guest_body(world))
        assert made.status == 201 and made.etag == '"v1"'
        assert made.headers["location"] == f"/v1/guests/{made.json['id']}"
        read = hq.get(made.headers["location"])
        assert read.status == 200 and read.json == made.json
        assert read.json["consents"] == [
            {"purpose": "greeting", "channel": "email", "state": "granted", "source": "booking form",
             "at": "2026-03-04T08:00:00Z"}
        ]  # fmt: skip
        assert read.json["created_at"] == "2026-03-04T08:00:00Z"

    def test_the_examples_can_be_sent_twice(self, world: World, hq: Client) -> None:
        guest = hq.post("/v1/guests", guest_body(world)).json
        number = f"/v1/external/demo/{world.house.id}/guests/DEMO-G-2"
        consent = f"/v1/guests/{guest['id']}/consents/greeting/email"
        statuses = []
        for _ in range(2):
            statuses += [
                hq.post("/v1/guests", guest_body(world)).status,
                hq.put(number, body_of("put_external_guest")).status,
                hq.put(consent, body_of("put_consent")).status,
                hq.post("/v1/guest-searches", body_of("search_guests")).status,
            ]
            tag = hq.get(f"/v1/guests/{guest['id']}").etag
            statuses.append(hq.patch(f"/v1/guests/{guest['id']}", body_of("update_guest"), if_match=tag).status)
        assert statuses == [201, 201, 200, 200, 200, 201, 200, 200, 200, 200]

    def test_one_key_one_guest(self, world: World, hq: Client) -> None:
        first = hq.post("/v1/guests", guest_body(world), idempotency_key="k1")
        again = hq.post("/v1/guests", guest_body(world), idempotency_key="k1")
        assert again.json == first.json and again.headers["idempotency-hit"] == "true"
        assert len(hq.get("/v1/guests").json["data"]) == 1

    def test_patch(self, world: World, hq: Client) -> None:
        path = "/v1/guests/" + hq.post("/v1/guests", guest_body(world)).json["id"]
        assert hq.patch(path, {"language": "de"}).status == 428
        assert hq.patch(path, {"language": "de"}, if_match='"v7"').status == 412
        changed = hq.patch(path, {"language": "de", "emails": None}, if_match='"v1"')
        assert changed.status == 200 and changed.etag == '"v2"'
        assert (changed.json["language"], changed.json["emails"], changed.json["given_name"]) == ("de", [], "Ana")
        assert hq.patch(path, {"consents": []}, if_match='"v2"').status == 422

    def test_list_and_filters(self, world: World, hq: Client) -> None:
        for number in range(5):
            hq.post("/v1/guests", guest_body(world, given_name=f"Ana {number}"))
        first = hq.get("/v1/guests?limit=3").json
        assert len(first["data"]) == 3 and first["has_more"]
        second = hq.get(f"/v1/guests?limit=3&cursor={first['next']}").json
        assert len(second["data"]) == 2 and not second["has_more"] and second["next"] is None
        assert hq.get("/v1/guests?updated_since=2026-03-04T08:00:01Z").json["data"] == []
        assert len(hq.get("/v1/guests?language=PT_pt").json["data"]) == 5
        assert len(hq.get(f"/v1/guests?property_id={world.house.id}").json["data"]) == 5
        assert hq.get(f"/v1/guests?property_id={world.sister.id}").json["data"] == []

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("limit=0", 422), ("limit=101", 422), ("updated_since=yesterday", 422), ("language=!", 422),
            ("colour=red", 422), ("cursor=cur_x", 400), ("limit=1&limit=2", 400), ("property_id=prp_x", 404),
        ],
    )  # fmt: skip
    def test_list_of_nonsense(self, hq: Client, query: str, status: int) -> None:
        assert hq.get(f"/v1/guests?{query}").status == status

    def test_upsert(self, world: World, hq: Client) -> None:
        path = f"/v1/external/pms/{world.house.id}/guests/G%201%2F7"
        made, again = hq.put(path, {"family_name": "Silva"}), hq.put(path, {"given_name": "Ana"})
        assert (made.status, again.status) == (201, 200)
        assert made.json["external_ids"] == [{"system": "pms", "property_id": world.house.id, "id": "G 1/7"}]
        assert again.json["family_name"] == "Silva" and again.etag == '"v2"'
        assert hq.put("/v1/external/pms/-/guests/1", {"family_name": "Silva"}).status == 201
        assert hq.put("/v1/external/P!/-/guests/1", {"family_name": "Silva"}).status == 422
        assert hq.put(path, {"external_ids": [{"system": "pms", "id": "1"}]}).status == 409
        mine = Client(make_key(world.hq, property_ids=[world.house.id]))
        assert mine.put("/v1/external/pms/-/guests/1", {"family_name": "Silva"}).status == 403

    def test_a_house_does_not_learn_of_its_sister(self, world: World, hq: Client) -> None:
        number = {"system": "pms", "property_id": world.sister.id, "id": "SECRET-9"}
        guest = hq.post("/v1/guests", guest_body(world, home_property_id=world.sister.id, external_ids=[
            number, {**number, "property_id": world.house.id, "id": "1"}
        ])).json  # fmt: skip
        assert len(guest["property_ids"]) == 2
        seen = Client(make_key(world.hq, property_ids=[world.house.id])).get(f"/v1/guests/{guest['id']}")
        assert world.sister.id not in seen.text and "SECRET-9" not in seen.text
        assert seen.json["home_property_id"] is None and len(seen.json["external_ids"]) == 1


class TestOccupation:
    def test_is_kept_and_cleared(self, world: World, hq: Client) -> None:
        number = f"/v1/external/demo/{world.house.id}/guests/DEMO-G-9"
        made = hq.put(number, {"family_name": "Silva", "occupation": " Architect "})
        assert made.status == 201 and made.json["occupation"] == "Architect"
        cleared = hq.patch(f"/v1/guests/{made.json['id']}", {"occupation": None}, if_match=made.etag)
        assert cleared.status == 200 and cleared.json["occupation"] is None

    def test_control_characters_are_refused(self, world: World, hq: Client) -> None:
        reply = hq.post("/v1/guests", guest_body(world, occupation="a\u0000b"))
        assert reply.status == 422 and pointers(reply) == {"/occupation"}


class TestConsents:
    def test_put_and_history(self, world: World, hq: Client) -> None:
        guest = "/v1/guests/" + hq.post("/v1/guests", guest_body(world)).json["id"]
        said = {"state": "denied", "source": "letter", "at": "2026-03-01T00:00:00Z"}
        put = hq.put(f"{guest}/consents/greeting/sms", said)
        assert put.status == 200 and put.json["at"] == "2026-03-01T00:00:00Z"
        shown = hq.get(f"{guest}/consents").json
        assert [(one["channel"], one["state"]) for one in shown["current"]] == [("email", "granted"), ("sms", "denied")]
        assert [(one["channel"], one["recorded_by"]) for one in shown["history"]] == [("sms", "key"), ("email", "key")]
        assert shown["has_more"] is False
        page = hq.get(f"{guest}/consents?limit=1").json
        assert page["has_more"] and hq.get(f"{guest}/consents?limit=1&cursor={page['next']}").json["history"]

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"state": "maybe", "source": "x"}, "/state"),
            ({"state": "granted"}, "/source"),
            ({"state": "granted", "source": " "}, "/source"),
            ({"state": "granted", "source": "x", "at": "2031-01-01T00:00:00Z"}, "/at"),
            ({"state": "granted", "source": "x", "at": "2026-01-01"}, "/at"),
            ({"state": "granted", "source": "x", "at": 5}, "/at"),
        ],
    )
    def test_nonsense(self, world: World, hq: Client, body: Any, pointer: str) -> None:
        guest = hq.post("/v1/guests", guest_body(world)).json["id"]
        reply = hq.put(f"/v1/guests/{guest}/consents/greeting/email", body)
        assert reply.status == 422 and pointers(reply) == {pointer}
        assert hq.put(f"/v1/guests/{guest}/consents/fun/email", {"state": "granted", "source": "x"}).status == 404


class TestBadInput:
    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"given_name": 5}, "/given_name"), ({"given_name": "x" * 301}, "/given_name"),
            ({"given_name": "a\u0000b"}, "/given_name"), ({"emails": "a@x.pt"}, "/emails"),
            ({"emails": ["no", "a@x.pt", "@"]}, "/emails/0"), ({"emails": [None]}, "/emails/0"),
            ({"emails": [f"{n}@x.pt" for n in range(11)]}, "/emails"), ({"phones": ["+" * 41]}, "/phones/0"),
            ({"phones": ["call me"]}, "/phones/0"), ({"language": "english please"}, "/language"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"), ({"time_zone": "../../etc/passwd"}, "/time_zone"),
            ({"birth_date": "2026-02-30"}, "/birth_date"), ({"birth_date": "1899-01-01"}, "/birth_date"),
            ({"birth_date": "2027-01-01"}, "/birth_date"), ({"birth_date": 19870805}, "/birth_date"),
            ({"birthday_calendar": "julian"}, "/birthday_calendar"), ({"nationality": "PRT"}, "/nationality"),
            ({"external_ids": [{"system": "A", "id": "1"}]}, "/external_ids/0/system"),
            ({"external_ids": [{"system": "a"}]}, "/external_ids/0/id"), ({"colour": "red"}, "/colour"),
            ({"is_do_not_greet": "yes"}, "/is_do_not_greet"), ({"version": 3}, "/version"),
            ({"consents": [{"purpose": "fun", "channel": "email", "state": "granted", "source": "x"}]},
             "/consents/0/purpose"),
            ({"consents": [{"purpose": "survey", "channel": "sms", "state": "granted", "source": "x"}] * 2}, "/"),
            ({"consents": [{"purpose": "survey", "channel": "sms", "state": "granted", "source": "x",
                            "at": "2031-01-01T00:00:00Z"}]}, "/consents/0/at"),
            ({"home_property_id": "prp_x"}, "/home_property_id"),
        ],
    )  # fmt: skip
    def test_a_field_is_named_and_nothing_is_stored(
        self, world: World, hq: Client, fields: dict[str, Any], pointer: str
    ) -> None:
        reply = hq.post("/v1/guests", guest_body(world, **fields))
        assert reply.status == 422 and reply.headers["content-type"] == "application/problem+json"
        assert pointer in pointers(reply)
        assert hq.get("/v1/guests").json["data"] == []

    def test_reasons_are_said_in_the_readers_language(self, world: World, hq: Client) -> None:
        reply = hq.post("/v1/guests", guest_body(world, birth_date="2027-01-01"), accept_language="zh-CN")
        assert reply.json["errors"][0]["detail"] == "是未来的时间"

    @pytest.mark.parametrize("body", [{}, {"name": "..."}, {"name": 5}, {"email": "x"}, {"phone": "1"}, {"limit": 3}])
    def test_searches_for_nothing(self, hq: Client, body: Any) -> None:
        assert hq.post("/v1/guest-searches", body).status == 422

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"a": NaN}', b"[" * 100_000, b'{"name": "\xff"}', b"null"])
    def test_what_is_no_json(self, hq: Client, raw: bytes) -> None:
        for path in ("/v1/guests", "/v1/guest-searches"):
            assert hq.ask("POST", path, raw=raw).status in (400, 422)

    def test_naughty_names_are_stored_and_shown_faithfully(self, world: World, hq: Client) -> None:
        for name in ("👩‍👩‍👧‍👦", "שלום", "a\u200db", "Å" * 300, "<script>", "=1+1", "王𠮷"):
            made = hq.post("/v1/guests", guest_body(world, family_name=name))
            assert hq.get(f"/v1/guests/{made.json['id']}").json["family_name"] == name
            assert json.loads(made.text)["family_name"] == name


def test_field_errors_carry_no_values() -> None:
    """What was typed is never repeated, because it may be somebody's address."""
    assert set(FieldError.__dataclass_fields__) == {"pointer", "detail", "code", "values"}
