"""The hotline: calls, answer times and their figures; and the one list of all that passed between guest and house."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel import settings
from chalicelib.outreach import replies, service
from chalicelib.outreach.rules.hotline import Waiting, waiting
from chalicelib.outreach.service import contacts
from tests.builders import make_property
from tests.outreach.test_api import Doors, doors, pointers
from tests.outreach.test_inbound import DOMAIN, TEN, letter, mailed
from tests.outreach.world import World

assert doors  # the fixture
PATH = "/v1/hotline-contacts"


class TestFigures:
    @pytest.mark.parametrize(
        ("times", "found"),
        [
            ([], Waiting(0, None, None)), ([7], Waiting(1, 7, 7)), ([10, 20], Waiting(2, 15, 20)),
            (list(range(1, 11)), Waiting(10, 5, 9)), (list(range(1, 12)), Waiting(11, 6, 10)),
        ],
    )  # fmt: skip
    def test_examples(self, times: list[int], found: Waiting) -> None:
        assert waiting(reversed(times)) == found

    @given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
    def test_nine_in_ten(self, times: list[int]) -> None:
        found = waiting(times)
        assert found.median_s == int(statistics.median(times)) and found.p90_s in times
        assert sum(one <= found.p90_s for one in times) >= 0.9 * len(times)
        assert sum(one < found.p90_s for one in times) < 0.9 * len(times)


def asked(minutes_ago: int) -> str:
    return (datetime(2026, 3, 4, 8, tzinfo=UTC) - timedelta(minutes=minutes_ago)).isoformat().replace("+00:00", "Z")


class TestCalls:
    def test_who_may(self, world: World, doors: Doors) -> None:
        body: dict[str, Any] = {"property_id": world.house.id, "phone": "+351 912 000 001", "about": "A cot?"}
        made = doors.hq.post(PATH, body)
        one = f"{PATH}/{made.json['id']}"
        for method, target, content, statuses in (
            ("POST", PATH, body, (404, 404, 201)), ("GET", one, None, (404, 404, 200)),
            ("GET", f"{PATH}?property_id={world.house.id}", None, (404, 404, 200)),
            ("GET", f"/v1/hotline-figures?property_id={world.house.id}", None, (404, 404, 200)),
            ("PUT", f"{one}/answer", {"answer": "Yes."}, (404, 404, 200)),
        ):  # fmt: skip
            assert doors.anonymous.ask(method, target, content).status == 401
            assert doors.poor.ask(method, target, content).status == 403
            found = [who.ask(method, target, content).status for who in (doors.stranger, doors.sister, doors.desk)]
            assert tuple(found) == statuses, (method, target)
        assert doors.sister.get(PATH).json["data"] == []
        assert [row["asked"] for row in doors.sister.get("/v1/hotline-figures").json["rows"]] == [0]

    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({"about": ""}, ["/about"]), ({"about": "\u200b"}, ["/about"]), ({"phone": "x"}, ["/phone"]),
            ({"phone": None}, ["/guest_id"]), ({"guest_id": "gst_" + "0" * 26}, ["/guest_id"]),
            ({"phone": None, "guest_id": "gst_" + "0" * 26}, ["/guest_id"]),
            ({"asked_at": "2026-01-01T00:00:00Z"}, ["/asked_at"]),
            ({"asked_at": "2026-03-05T00:00:00Z"}, ["/asked_at"]),
            ({"asked_at": "2026-03-04T07:00:00Z", "answered_at": "2026-03-04T06:00:00Z"}, ["/answered_at"]),
            ({"answered_at": "2026-03-09T06:00:00Z"}, ["/answered_at"]), ({"about": "x" * 1001}, ["/about"]),
        ],
    )  # fmt: skip
    def test_what_is_refused(self, world: World, doors: Doors, changes: dict[str, Any], where: list[str]) -> None:
        body = {"property_id": world.house.id, "phone": "+351912000001", "about": "A cot?", **changes}
        assert pointers(doors.hq.post(PATH, body)) == where
        assert doors.hq.get(PATH).json["data"] == []

    def test_answer_times(self, world: World, doors: Doors) -> None:
        def log(minutes_ago: int, waited: int | None) -> Any:
            body = {
                "property_id": world.house.id,
                "phone": "+351912000001",
                "about": "שלום 你好",
                "asked_at": asked(minutes_ago),
            }
            if waited is not None:
                body["answered_at"] = asked(minutes_ago - waited)
            return doors.desk.post(PATH, body).json

        for number in range(10):
            log(600 - number, number + 1)
        young, old = log(5, None), log(500, None)
        (row,) = doors.hq.get(f"/v1/hotline-figures?property_id={world.house.id}").json["rows"]
        assert row == {
            "property_id": world.house.id, "asked": 12, "answered": 10, "median_s": 330, "p90_s": 540,
            "is_complete": True,
        }  # fmt: skip
        waiting_now = [one["id"] for one in doors.desk.get(f"{PATH}?is_open=true").json["data"]]
        assert waiting_now == [old["id"], young["id"]], "the oldest first"
        answer = {"answer": "Yes."}
        first = doors.desk.put(f"{PATH}/{old['id']}/answer", answer).json
        assert (first["waited_s"], first["answer"]) == (500 * 60, "Yes.")
        assert doors.desk.put(f"{PATH}/{old['id']}/answer", answer).json == first
        assert doors.desk.put(f"{PATH}/{old['id']}/answer", {"answer": "No."}).status == 409
        assert [one["id"] for one in doors.desk.get(f"{PATH}?is_open=true").json["data"]] == [young["id"]]
        seen, after = [], ""
        while True:
            page = doors.desk.get(f"{PATH}?limit=5{after}").json
            seen += [one["id"] for one in page["data"]]
            if page["next"] is None:
                break
            after = f"&cursor={page['next']}"
        assert len(seen) == len(set(seen)) == 12 and seen[0] == young["id"]
        nothing = doors.hq.get("/v1/hotline-figures?from=2025-01-01&to=2025-02-01").json["rows"]
        assert {(one["asked"], one["median_s"]) for one in nothing} == {(0, None)}
        assert pointers(doors.hq.get("/v1/hotline-figures?from=2026-03-02&to=2026-03-01")) == ["?to"]


class TestHistory:
    def test_all_in_one_list_newest_first(self, world: World, doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOSPES_REPLY_DOMAIN", DOMAIN)
        settings.settings.cache_clear()
        guest = world.guest(emails=["ana@example.com"])
        other = make_property(world.hq, "Other House")
        for house in (world.house, other):
            doors.hq.post(PATH, {"property_id": house.id, "guest_id": guest.id, "about": f"A cot? {house.name}"})
        world.advance(TEN)
        address = replies.address_of("g", str(world.chain.id), guest.id)
        assert address is not None
        world.advance(TEN + timedelta(hours=1))
        service.handle_mail_event(mailed(address, letter("Thank you")))
        world.advance(TEN + timedelta(hours=2))
        path = f"/v1/guests/{guest.id}/contacts"
        doors.hq.post(f"/v1/guests/{guest.id}/messages", {"channel": "email", "text": "Welcome"}, idempotency_key="1")
        found = doors.hq.get(path).json["data"]
        assert [(one["kind"], one["direction"], one["channel"]) for one in found] == [
            ("message", "out", "email"), ("message", "in", "email"), ("delivery", "out", "email"),
            ("hotline", "in", "telephone"), ("hotline", "in", "telephone"),
        ]  # fmt: skip
        assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
        walked, after = [], ""
        while True:
            page = doors.hq.get(f"{path}?limit=2{after}").json
            walked += page["data"]
            if page["next"] is None:
                break
            after = f"&cursor={page['next']}"
        assert walked == found
        assert len(doors.desk.get(path).json["data"]) == 4, "the other house's call is left out"
        assert [one.get(path).status for one in (doors.anonymous, doors.poor, doors.stranger, doors.sister)] == [
            401, 403, 404, 404,
        ]  # fmt: skip
        monkeypatch.undo()
        settings.settings.cache_clear()

    def test_a_room_adds_its_own_with_a_line(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(contacts, "_sources", [])
        guest = world.guest()
        made = contacts.Contact("2026-03-01T00:00:00.000000Z", "call", "tsk_1", "out", "telephone")

        def calls(scope: Any, one: Any) -> Any:
            yield made

        assert contacts.adds(contacts.adds(calls)) is calls
        assert contacts.contacts_page(world.hq, guest.id, limit=5, after=None).items == [made]
