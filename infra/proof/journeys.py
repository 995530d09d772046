"""The ways through the product that faults are thrown at: together they call every writing endpoint and every worker.

A journey is prepared in peace. Then it acts, and whatever goes wrong goes wrong there; then it lives on until it is
quiet. Whoever acts is a caller that asks again until it knows, so the end is the same whatever happened on the way.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.settings import settings
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from chalicelib.wiring import SES_QUEUE
from infra.proof.chains import SYSTEM
from infra.proof.simulator import raw
from infra.proof.simulator.caller import Caller
from infra.proof.simulator.scene import BIRTHDAY, EVE, Scene
from infra.proof.simulator.world import OPERATOR_KEY, STARTS_AT

Step = Callable[[Scene], None]

GUESTS_CSV = (
    "external_id,given_name,family_name,email,birth_date,consent_greeting_email,consent_source\r\n"
    f"C-1,Ana,Silva 71,ana71@guests.example,1980-{BIRTHDAY},granted,form\r\n"
    f"C-2,Rui,Silva 72,ana72@guests.example,1981-{BIRTHDAY},granted,form\r\n"
    "C-3,Eva,Silva 73,ana73@guests.example,not a day,granted,form\r\n"
)
STAYS_CSV = (
    "external_id,guest_external_id,arrival_date,departure_date,status,currency,revenue_room,source_version\r\n"
    f"S-1,H-1,2027-03-01,{EVE},in_house,EUR,100.00,1\r\n"
    f"S-2,H-2,2027-03-02,{EVE},in_house,EUR,200.00,1\r\n"
    "S-3,H-9,2027-03-02,2027-03-01,in_house,EUR,200.00,1\r\n"
)


@dataclass(frozen=True)
class Journey:
    """How it is prepared, what is done, and for how many days it then lives on."""

    name: str
    act: Step
    prepare: Step = lambda scene: None
    days: float = 0.02
    is_test: bool = False


# -- guests and stays ------------------------------------------------------------------------------------------


def write_guests(scene: Scene) -> None:
    """Create, change, ask consent, and hear of the same guest from another system, twice."""
    ask = scene.caller.ask
    ask("POST", "/v1/guests", scene.guest_body(1))
    guest = scene.found("guests", family_name="Silva 1")
    scene.caller.change(f"/v1/guests/{guest['id']}", {"given_name": "Anna", "birth_date": "1981-11-30"})
    body = {"state": "denied", "source": "desk"}
    ask("PUT", f"/v1/guests/{guest['id']}/consents/greeting/sms", body)
    told = scene.guest_body(2)
    del told["external_ids"]
    for _ in range(2):
        ask("PUT", f"/v1/external/{SYSTEM}/{scene.house}/guests/E-2", told)
    ask("POST", "/v1/guest-searches", {"q": "Silva"})


def some_guests(scene: Scene, *numbers: int, **fields: Any) -> None:
    """Guests who are there already."""
    for number in numbers or (1, 2):
        guests.create(scene.hq, GuestIn.model_validate(scene.guest_body(number, **fields)))
    scene.settle()


def write_stays(scene: Scene) -> None:
    """Book, arrive, leave; and the same told by another system."""
    ask = scene.caller.ask
    first, second = (scene.found("guests", family_name=f"Silva {number}") for number in (1, 2))
    days = {"arrival": "2027-03-07", "departure": EVE}
    body = {"guest_id": first["id"], "property_id": scene.house, "status": "in_house", **days}
    ask("POST", "/v1/stays", body)
    stay = scene.found("stays")
    scene.caller.change(f"/v1/stays/{stay['id']}", {"status": "checked_out"})
    path = f"/v1/external/{SYSTEM}/{scene.house}/stays/S-9"
    for version, status in ((1, "in_house"), (2, "checked_out"), (2, "checked_out")):
        ask("PUT", path, {"guest_id": second["id"], "status": status, "source": {"version": version}, **days})
    search = {"property_id": scene.house, "system": SYSTEM, "external_id": "S-9"}
    ask("POST", "/v1/stay-searches", search)


# -- messages --------------------------------------------------------------------------------------------------


def due_guests(scene: Scene) -> None:
    """Guests with a birthday tomorrow: reached by mail, by text, and one who agreed to nothing."""
    some_guests(scene, 1)
    some_guests(scene, 2, emails=[], phones=["+351912345678"])
    some_guests(scene, 3, consents=[])


def answered_greetings(scene: Scene) -> None:
    """Greetings that were sent to addresses that bounce and to people who complain; nobody has heard of it yet."""
    for number, name in enumerate(("ana", "bounce", "complaint", "softbounce")):
        some_guests(scene, number, emails=[f"{name}+{number}@guests.example"])
    scene.world.post.held = frozenset({SES_QUEUE})
    scene.live_days(1.2)


def hear(scene: Scene) -> None:
    """The mail service tells what became of the greetings."""
    scene.world.post.held = frozenset()
    scene.settle()


def wait(scene: Scene) -> None:
    """Do nothing: what happens was on the agenda already."""


def left_guests(scene: Scene) -> None:
    """Guests who have left just now."""
    some_guests(scene, 1, 2)
    for number in (1, 2):
        guest = scene.found("guests", family_name=f"Silva {number}")
        days = {"arrival": "2027-03-07", "departure": EVE}
        body = {"guest_id": guest["id"], "property_id": scene.house, "status": "checked_out", **days}
        stays.record(scene.hq, StayIn.model_validate(body))


def greeted_guest(scene: Scene) -> None:
    """A guest who has been greeted, and has the link to stop greetings."""
    some_guests(scene, 1)
    scene.live_days(1.5)
    url = scene.world.engine.outbox()[0]["headers"]["List-Unsubscribe"]
    scene.told["token"] = url.partition(">")[0].rpartition("/")[2]


def stop_messages(scene: Scene) -> None:
    """Stop by the link in a mail; stop another address by hand, and let it go again."""
    stopped = Caller(scene.world, "", name="guest")
    stopped.ask("POST", f"/u/{scene.told['token']}")
    address = {"channel": "email", "address": "other@guests.example"}
    reply = scene.caller.ask("POST", "/v1/suppressions", address)
    shown = reply.body if not reply.is_lost else scene.caller.ask("POST", "/v1/suppressions", address).body
    path = f"/v1/suppressions/{shown['id']}"
    seen = scene.caller.ask("GET", path)
    if seen.status == 200:
        scene.caller.ask("DELETE", path, if_match=seen.headers["etag"])


def write_back(scene: Scene) -> None:
    """Answers come in by mail: with a photograph, from a machine, and one that has ended before anybody read it."""
    to, engine = scene.world.engine.outbox()[0]["headers"]["Reply-To"], scene.world.engine
    photograph = random.Random("a room").randbytes(300_000)
    for number, (words, picture) in enumerate((("The room was not cleaned.", photograph), ("Out of office", b""))):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Message-ID"] = "ana1@guests.example", to, f"<{number}@guests.example>"
        mail["Auto-Submitted"] = "no" if picture else "auto-replied"
        mail.set_content(words)
        if picture:
            mail.add_attachment(picture, maintype="image", subtype="jpeg", filename="room.jpg")
        engine.receive_mail(mail.as_bytes())
    gone = engine.receive_mail(b"From: ana1@guests.example\n\nToo late", to)
    engine.fetch("DELETE", f"{settings().endpoint_url}/{settings().intake_bucket}/{gone}")
    scene.settle()


# -- files -----------------------------------------------------------------------------------------------------


def import_guests(scene: Scene) -> None:
    """A file of guests, one row of which cannot be read."""
    _import(scene, "guests", GUESTS_CSV)


def import_stays(scene: Scene) -> None:
    """A file of stays."""
    _import(scene, "stays", STAYS_CSV)


def known_by_number(scene: Scene) -> None:
    """Guests whom the file of stays names."""
    for number in (1, 2):
        numbers = [{"system": SYSTEM, "property_id": scene.house, "id": f"H-{number}"}]
        some_guests(scene, number, external_ids=numbers)


def cancel_import(scene: Scene) -> None:
    """A run that is stopped before it began."""
    run = _import(scene, "guests", GUESTS_CSV)
    scene.caller.ask("POST", f"/v1/imports/{run['import_id']}/runs/{run['id']}/cancellations")


def _import(scene: Scene, kind: str, text: str) -> dict[str, Any]:
    body = {"kind": kind, "property_id": scene.house, "file_name": f"{kind}.csv", "format": {"system": SYSTEM}}
    reply = scene.caller.ask("POST", "/v1/imports", body)
    if reply.is_lost:  # nobody knows where to upload to: whoever loses the answer begins anew
        reply = scene.caller.ask("POST", "/v1/imports", body)
    upload = reply.body["upload"]
    scene.world.engine.fetch(upload["method"], upload["url"], text.encode(), upload["headers"])
    scene.caller.ask("POST", f"/v1/imports/{reply.body['id']}/runs", {"mode": "real"})
    return scene.found("import-runs", import_id=reply.body["id"])


# -- the house -------------------------------------------------------------------------------------------------


def furnish(scene: Scene) -> None:
    """A brand, a house, other hours, another zone: everything that head office changes and guests' birthdays follow."""
    ask, change = scene.caller.ask, scene.caller.change
    ask("POST", "/v1/brands", {"name": "Harbour"})
    brand = scene.found("brands", name="Harbour")
    change(f"/v1/brands/{brand['id']}", {"name": "Quay"})
    values = {"name": "Quay House", "time_zone": "Europe/Paris", "country": "FR", "currency": "EUR"}
    ask("POST", "/v1/properties", {**values, "brand_id": brand["id"]})
    change(f"/v1/properties/{scene.house}", {"time_zone": "Atlantic/Azores"})
    operator = Caller(scene.world, OPERATOR_KEY, name="operator")
    operator.change(f"/v1/chains/{scene.ground.chain_id}", {"greeting_hour": 11})
    scene.settle()


def let_in(scene: Scene) -> None:
    """Keys and people come and go; the operator makes another chain."""
    ask, change = scene.caller.ask, scene.caller.change
    ask("POST", "/v1/api-keys", {"name": "Desk", "permissions": ["guests:read"]})
    key = scene.found("api-keys", name="Desk")
    change(f"/v1/api-keys/{key['id']}", {"name": "Front desk"})
    ask("POST", f"/v1/api-keys/{key['id']}/rotations", {"overlap_hours": 1})
    seen = ask("GET", f"/v1/api-keys/{key['id']}")
    if seen.status == 200:
        ask("DELETE", f"/v1/api-keys/{key['id']}", if_match=seen.headers["etag"])
    operator = Caller(scene.world, OPERATOR_KEY, name="operator")
    operator.ask("POST", "/v1/chains", {"name": "Second Hotels", "mode": "test", "country": "PT", "time_zone": "UTC"})
    chain = scene.found("chains", name="Second Hotels")
    body = {"name": "First", "permissions": ["guests:read"]}
    operator.ask("POST", f"/v1/chains/{chain['id']}/api-keys", body)


def employ(scene: Scene) -> None:
    """Somebody joins the staff and is renamed."""
    body = {"email": "rui@staff.example", "name": "Rui", "role": "hq_admin", "password": "correct horse battery"}
    scene.caller.ask("POST", "/v1/staff", body)
    member = scene.found("staff", name="Rui")
    scene.caller.change(f"/v1/staff/{member['id']}", {"name": "Rui Costa"})


def dead_item(scene: Scene) -> None:
    """A greeting that lies among the dead: its guest's last greeting could not be decided."""
    some_guests(scene, 1)
    item = scene.found("agenda", kind="outreach.birthday")
    record = AgendaRecord.find(item["subject_key"], item["item_key"])
    assert record is not None
    work.bury(record)
    scene.told["dead"] = next(one for one in raw.every("agenda") if str(one.get("lane", "")).startswith("dead#"))


def revive(scene: Scene) -> None:
    """Put the dead item back to work."""
    item = scene.told["dead"]
    subject = str(item["subject_key"]).split("#", 1)[1]
    path = f"/v1/agenda-items/{subject}/{str(item['item_key']).replace('#', '%23')}/revivals"
    scene.caller.ask("POST", path, {"reason": "mended"})


# -- points ----------------------------------------------------------------------------------------------------


def programme(scene: Scene) -> None:
    """A programme of points, and a member with some."""
    some_guests(scene, 1, 2)
    names = {"en": "Ten points a euro"}
    rule = {"id": "spend", "kind": "spend", "points": 10, "per": 100, "categories": ["room"], "names": names}
    version = {"valid_from": "2015-01-01", "rules": [rule], "confirm_days": 0, "expiry": {"months": 24}}
    version |= {"transfer_max_year": 100}
    made = scene.caller.ask("POST", "/v1/programmes", {"name": "Points", "currency": "EUR", "version": version})
    scene.told["programme"] = made.body["id"]
    scene.told["member"] = _join(scene, 1)
    body = {"points": 500, "earned_on": "2026-01-31", "expires_on": "2028-01-31", "reference": "old-1"}
    scene.caller.ask("POST", f"/v1/members/{scene.told['member']}/opening-balances", body)
    scene.settle()


def book_points(scene: Scene) -> None:
    """Join, spend, hold and let go, hold and take, give away, correct: each of it once."""
    ask, member = scene.caller.ask, f"/v1/members/{scene.told['member']}"
    other = _join(scene, 2)
    ask("POST", f"{member}/adjustments", {"points": 7, "reason": "goodwill", "cost_owner": scene.house})
    for reward, end in (("coffee", "captures"), ("cake", "releases")):
        body = {"points": 30, "reward": reward, "property_id": scene.house, "is_hold": True}
        ask("POST", f"{member}/redemptions", body)
        held = scene.found("redemptions", reward=reward)
        ask("POST", f"{member}/redemptions/{held['id']}/{end}", {} if end == "captures" else None)
    ask("POST", f"{member}/transfers", {"to_member_id": other, "points": 11})


def points_of_a_stay(scene: Scene) -> None:
    """Earn by a stay, spend, be refunded, and give back what was spent: the refund takes the rest then."""
    ask, member = scene.caller.ask, f"/v1/members/{scene.told['member']}"
    guest = scene.found("guests", family_name="Silva 1")
    path = f"/v1/external/{SYSTEM}/{scene.house}/stays/S-1"
    said = {"guest_id": guest["id"], "arrival": "2027-03-07", "departure": EVE}
    for version, amount, status in ((1, 20_000, "checked_out"), (2, 15_000, "checked_out"), (3, 15_000, "cancelled")):
        line = {"id": "1", "category": "room", "amount": amount, "tax": 0, "eligible": True}
        ask("PUT", path, {**said, "status": status, "source": {"version": version}, "revenue_lines": [line]})
        scene.settle()
        if version == 2:
            ask("POST", f"{member}/redemptions", {"points": 1_800, "reward": "night", "property_id": scene.house})
    spent = scene.found("redemptions", reward="night")
    ask("POST", f"{member}/redemptions/{spent['id']}/cancellations", {"penalty": 0})


def _join(scene: Scene, number: int) -> str:
    guest = scene.found("guests", family_name=f"Silva {number}")
    body = {"programme_id": scene.told["programme"], "guest_id": guest["id"], "consent_source": "front_desk"}
    scene.caller.ask("POST", "/v1/members", body)
    return str(scene.found("members", guest_id=guest["id"], part="member")["id"])


# -- test chains -----------------------------------------------------------------------------------------------


def advance(scene: Scene) -> None:
    """Let the clock of a test chain go over a birthday and into the next day."""
    to = (STARTS_AT + timedelta(days=1.5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    scene.caller.ask("POST", "/v1/test-clock/advances", {"to": to})
    scene.settle()


JOURNEYS = (
    Journey("guests", write_guests),
    Journey("stays", write_stays, prepare=some_guests, days=3.5),
    Journey("greetings", wait, prepare=due_guests, days=3),
    Journey("answers", hear, prepare=answered_greetings, days=2),
    Journey("thanks", wait, prepare=left_guests, days=4.5),
    Journey("stopping", stop_messages, prepare=greeted_guest),
    Journey("writing back", write_back, prepare=greeted_guest),
    Journey("guests' file", import_guests, days=2.5),
    Journey("stays' file", import_stays, prepare=known_by_number),
    Journey("cancelling", cancel_import),
    Journey("house", furnish, prepare=some_guests),
    Journey("keys", let_in),
    Journey("staff", employ),
    Journey("reviving", revive, prepare=dead_item),
    Journey("points", book_points, prepare=programme),
    Journey("points of a stay", points_of_a_stay, prepare=programme),
    Journey("test clock", advance, prepare=lambda scene: some_guests(scene, 1, 2, 3), is_test=True),
)
