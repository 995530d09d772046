"""Two chains that are twins in everything that people type, and two houses in each that are sisters.

Both know the same guest numbers, the same addresses, the same birth dates. What tells them apart are ids, and a mark in
every text: where a mark turns up, something was shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.directory.rules import ROLES
from chalicelib.directory.schemas import BrandIn, ChainIn, KeyIn, PropertyIn, StaffIn
from chalicelib.directory.service import passwords
from chalicelib.guests import service as guests
from chalicelib.guests.rules.pairs import pair_id
from chalicelib.guests.schemas import AccountIn, GuestIn
from chalicelib.guests.service import accounts, households, relations
from chalicelib.kernel import agenda, aws, testclock, work
from chalicelib.kernel.agenda import AgendaRecord
from chalicelib.kernel.clock import real_now, sortable
from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.kernel.unit import Unit
from chalicelib.loyalty import service as loyalty
from chalicelib.loyalty.rules.earning import Rule
from chalicelib.loyalty.rules.programmes import Version
from chalicelib.outreach import service as outreach
from chalicelib.outreach.models.messages import Message
from chalicelib.outreach.service import (
    DeliveryFilter,
    care,
    channels,
    connecting,
    declaring,
    devices,
    hotline,
    owing,
    preventing,
    reputation,
    tasks,
)
from chalicelib.outreach.service.hotline import Told
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from chalicelib.web import searches, sessions
from chalicelib.web.auth import OPERATOR_PERMISSIONS
from infra.proof import inside
from infra.proof.chains import hq_scope
from infra.proof.walls.asking import Ask, Caller

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
AHEAD, ONE_DAY = timedelta(days=300), timedelta(days=1)  # when what is decided now is to begin
DAYS = 9  # until the birthdays are over
BIRTH_DATE = "1985-03-06"
GUESTS_EACH = 2  # of a house alone: enough for every list to have a second page
STAYS_EACH = (("2026-03-01", "2026-03-04", "in_house"), ("2026-03-20", "2026-03-22", "booked"))
PASSWORD = "a password of the proof"
SYSTEM = "pms"
DEVICE = "telephone-1"  # the app's own name for it: every guest's is called that
EAST, WEST, BOTH, HQ = "east", "west", "both", "hq"
HOUSES = (EAST, WEST)


@dataclass
class Twin:
    """One of the chains. `ids[place][kind]` are its things: of a house, of both, or of head office."""

    letter: str
    id: str = ""
    scope: Scope | None = None
    ids: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    sessions: dict[str, Caller] = field(default_factory=dict)
    dead: tuple[str, str] = ("", "")

    def mark(self, place: str) -> str:
        """The word that stands in every text of a place, and nowhere else."""
        return f"xq{self.letter}{place}"

    def note(self, place: str, kind: str, one: str) -> str:
        """Remember a thing."""
        self.ids.setdefault(place, {}).setdefault(kind, []).append(one)
        return one

    def of(self, place: str, kind: str) -> list[str]:
        """Things of a kind that belong to a place."""
        return self.ids.get(place, {}).get(kind, [])

    @property
    def hq(self) -> Scope:
        """Head office, now."""
        return hq_scope(self.id, is_test=True)


def operator() -> Scope:
    """Whoever runs the installation."""
    return Scope("", Actor("operator", "operator"), real_now(), OPERATOR_PERMISSIONS)


def make_twins() -> tuple[Twin, Twin]:
    """Both chains, lived in."""
    with _quick_passwords():
        twins = (_found("a"), _found("b"))
    for twin in twins:
        _live(twin)
    for twin in twins:
        for caller in twin.callers.values():
            Ask("GET", "/v1/me").by(caller)  # the first use is noted; no later one within the hour
    return twins


@contextmanager
def _quick_passwords() -> Iterator[None]:
    """Two dozen passwords at full strength take seconds, and nobody signs in with them here."""
    strength = passwords.SCRYPT_N
    passwords.SCRYPT_N = 2
    try:
        yield
    finally:
        passwords.SCRYPT_N = strength


def _found(letter: str) -> Twin:
    twin = Twin(letter)
    body = ChainIn(
        name=f"{twin.mark(HQ)} Hotels", mode="test", clock_starts_at=START, time_zone="Europe/Lisbon", country="PT",
        sender_name=f"{twin.mark(HQ)} Hotels", languages=["en", "zh"], automatic_linking=False,
    )  # fmt: skip
    twin.id = str(directory.create_chain(operator(), body).id)
    twin.note(HQ, "chn", twin.id)
    for place in HOUSES:
        brand = directory.create_brand(twin.hq, BrandIn(name=f"{twin.mark(place)} brand"))
        house = PropertyIn(
            name=f"{twin.mark(place)} House", brand_id=twin.note(place, "brd", str(brand.id)), country="PT",
            names={"en": f"{twin.mark(place)} House", "zh": f"{twin.mark(place)} 酒店"}, time_zone="Europe/Lisbon",
            currency="EUR", address=f"{twin.mark(place)} Street 1", email="house@twins.example",
        )  # fmt: skip
        twin.note(place, "prp", str(directory.create_property(twin.hq, house).id))
    _hire(twin)
    for place in (*HOUSES, BOTH):
        for number in range(GUESTS_EACH):
            _guest(twin, place, number)
    _found_programmes(twin)
    for place in (*HOUSES, BOTH):
        for guest in twin.of(place, "gst"):
            _enrol(twin, place, guest)
    for place in HOUSES:
        _relate(twin, place)
        _import(twin, place)
    inside.work_off()
    return twin


def _hire(twin: Twin) -> None:
    """Staff and keys of every role and reach; and a key with every permission, limited to a house."""
    for name, role in ROLES.items():
        for place in (HQ, *HOUSES):
            is_wide = place == HQ
            if role.reach == ("properties" if is_wide else "chain"):
                continue
            _employ(twin, name, place)
            _give_key(twin, name, place, sorted(role.permissions))
    for place in HOUSES:
        _give_key(twin, "everything", place, sorted(directory.PERMISSIONS))


def _employ(twin: Twin, role: str, place: str) -> None:
    body = StaffIn(
        email=f"{role}.{place}.{twin.letter}@staff.example", name=f"{twin.mark(place)} Person", role=role,
        property_ids=None if place == HQ else [twin.of(place, "prp")[0]], password=PASSWORD, language="en",
    )  # fmt: skip
    staff, _ = directory.create_staff(twin.hq, body)
    twin.note(place, "stf", str(staff.id))
    cookie = sessions.session_cookie(twin.id, str(staff.id)).split(";", 1)[0]
    twin.sessions[f"{role}.{place}"] = Caller(f"{role}.{place}", cookie=cookie)


def _give_key(twin: Twin, name: str, place: str, permissions: list[str]) -> None:
    body = KeyIn(
        name=f"{twin.mark(place)} key", permissions=permissions,
        property_ids=None if place == HQ else [twin.of(place, "prp")[0]],
    )  # fmt: skip
    key, token = directory.create_key(twin.hq, body)
    twin.note(place, "key", str(key.id))
    twin.callers[f"{name}.{place}"] = Caller(f"{name}.{place}", token=token)


def _guest(twin: Twin, place: str, number: int) -> None:
    """A guest whom one house knows, or both. The twin of each bears the same number and the same addresses."""
    mark = twin.mark(place)
    houses = HOUSES if place == BOTH else (place,)
    external = [
        {"system": SYSTEM, "property_id": twin.of(house, "prp")[0], "id": f"G-{place}-{number}"} for house in houses
    ]
    body: dict[str, Any] = {
        "given_name": mark,
        "family_name": f"{mark}guest",
        "occupation": f"{mark} maker",
        "emails": [f"guest{number}.{place}@twins.example"],
        "phones": [f"+35191200{number:02}{len(place):02}"],
        "language": "en",
        "birth_date": BIRTH_DATE,
        "home_property_id": twin.of(houses[0], "prp")[0],
        "external_ids": external,
        "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": f"{mark} desk"}],
    }
    guest = twin.note(place, "gst", str(guests.create(twin.hq, GuestIn.model_validate(body)).id))
    for house in houses:
        _stays(twin, guest, house, place, number)


def _stays(twin: Twin, guest: str, house: str, place: str, number: int) -> None:
    mark = twin.mark(house)
    for arrival, departure, status in STAYS_EACH:
        told = {
            "guest_id": guest, "property_id": twin.of(house, "prp")[0], "external_id": f"S-{place}-{number}-{status}",
            "source": {"system": SYSTEM, "version": 1}, "status": status, "arrival": arrival, "departure": departure,
            "room_number": f"{number + 1}0{len(place)}", "rate_plan": mark, "segment": mark, "channel": mark,
        }  # fmt: skip
        stay, _ = stays.record(twin.hq, StayIn.model_validate(told))
        twin.note(house, "sty", str(stay.id))


def _found_programmes(twin: Twin) -> None:
    """Two programmes: of one everybody is a member, the other can be joined."""
    for number in range(2):
        rule = Rule("stay", "spend", points=1, per=100)
        first = Version(
            1, date(2015, 1, 1), (rule,), hold_hours=24 * 366, transfer_max_year=20_000, pool_members_max=4,
            pool_max_year=20_000, pool_cooling_days=0,
        )  # fmt: skip
        name = f"{twin.mark(HQ)} points {number}"
        made = loyalty.create(twin.hq, name=name, names={"en": name, "zh": name}, currency="EUR", first=first)
        twin.note(HQ, "prg", str(made.id))


def _enrol(twin: Twin, place: str, guest: str) -> None:
    """A member with points that last, points that have expired, a hold and a redemption."""
    house = twin.of(WEST if place == WEST else EAST, "prp")[0]
    programme, today = twin.of(HQ, "prg")[0], twin.hq.now.date()
    member = loyalty.enrol(
        twin.hq, programme_id=programme, guest_id=guest, consent_source="front_desk", property_id=house
    )
    member_id = twin.note(place, "mem", str(member.id))
    for points, expires_on, reference in (
        (5_000, None, "lasting"),
        (1_000, today + timedelta(days=700), "dated"),
        (200, today - timedelta(days=1), "ended"),
    ):
        loyalty.open_balance(
            twin.hq, member_id, points=points, earned_on=today - timedelta(days=400), expires_on=expires_on,
            reference=reference,
        )  # fmt: skip
    for is_hold in (True, False):
        spent = loyalty.redeem(
            twin.hq, member_id, points=100, reward=f"{twin.mark(place)}_voucher", property_id=house, is_hold=is_hold
        )
        twin.note(place, "rdm", str(spent.id))


def _ask_to_call(twin: Twin, place: str, guest: str) -> None:
    """A call to be made for a guest of a house, a strategy of the house, and a day that its guests are greeted on."""
    mark, house = twin.mark(place), twin.of(place, "prp")[0]
    due_on = twin.hq.now.date() + timedelta(days=90)
    opened = tasks.open_by_hand(
        twin.hq, guest_id=guest, property_id=house, kind="call", due_on=due_on, about=f"{mark} call"
    )
    twin.note(place, "tsk", str(opened.id))
    told = {"title": mark, "hypothesis": mark, "segment": mark, "property_id": house, "starts_on": due_on}
    twin.note(place, "stg", str(preventing.register(twin.hq, told).id))
    feast = {"names": {"en": f"{mark} feast", "zh": f"{mark} 节"}, "calendar": "lunar", "month": 7, "day": 7}
    twin.note(place, "chd", declaring.declare(twin.hq, {**feast, "property_id": house}).told.id)


def _relate(twin: Twin, place: str) -> None:
    """What guests of a house belong to: each other, a household, an account, a pool; a claim, a merge and a pair."""
    mark, house = twin.mark(place), twin.of(place, "prp")[0]
    one, other = twin.of(place, "gst")
    relations.relate(twin.hq, one, other, "companion")
    home = households.create_household(twin.hq, name=f"{mark} family", address=f"{mark} Street", member_ids=[one])
    twin.note(place, "hhd", str(home.household.id))
    company = AccountIn.model_validate({"names": {"en": f"{twin.mark(HQ)} Shipping"}, "contact_ids": [one]})
    account = str(accounts.create_account(twin.hq, company).id)
    accounts.add_guest(twin.hq, twin.note(HQ, "acc", account), one, role=f"{mark} manager", since=None, until=None)
    _ask_to_call(twin, place, one)
    member, joining = twin.of(place, "mem")
    claimed = loyalty.open_claim(
        twin.hq, member, property_id=house, cause="booked_elsewhere", points=10,
        arrival=date(2026, 2, 10), departure=date(2026, 2, 12),
    )  # fmt: skip
    twin.note(place, "clm", str(claimed.id))
    pool, _ = loyalty.open_pool(twin.hq, joining)
    twin.note(place, "pol", str(pool.id))
    loyalty.join_pool(twin.hq, str(pool.id), twin.of(BOTH, "mem")[HOUSES.index(place)])
    for name in ("survivor", "absorbed", "double"):
        body = {
            "given_name": f"{mark}{name}", "family_name": f"{mark}twice", "emails": [f"twice.{place}@twins.example"],
            "birth_date": "1971-11-11", "home_property_id": house,
        }  # fmt: skip
        twin.note(place, "dbl", str(guests.create(twin.hq, GuestIn.model_validate(body)).id))
    kept, gone, double = twin.of(place, "dbl")
    twin.note(place, "mrg", str(guests.merge(twin.hq, kept, gone, reason=f"{mark} twice").id))
    twin.note(place, "mat", pair_id(kept, double))
    _owe(twin, place, one)


def _owe(twin: Twin, place: str, guest: str) -> None:
    """A rule of care, the house's own version of it, what is to hold later, and a call that is owed to a guest."""
    house = twin.of(place, "prp")[0]
    for rule, settings, where in (("silence", {}, None), ("new_guest", {}, None), ("new_guest", {"days": 5}, house)):
        care.publish(twin.hq, rule, settings, is_on=True, may_override=where is None, property_id=where)
    later = twin.hq.now + AHEAD
    for days, where in ((6, None), (4, house)):  # the second version of each: it has not begun, and may be withdrawn
        care.publish(
            twin.hq, "new_guest", {"days": days}, is_on=True, may_override=where is None, property_id=where,
            valid_from=later,
        )  # fmt: skip
    for number, is_on in enumerate((True, False), 1):
        outreach.publish(twin.hq, "stay_anniversary", is_on=is_on, offer={}, valid_from=later + number * ONE_DAY)
    unit = Unit(twin.hq)
    owing.owe_call(twin.hq, unit, guest, (f"tsk_{place}", house, date(2026, 3, 20)))
    unit.commit()


def _import(twin: Twin, place: str) -> None:
    """A file of which one row is rejected; two of them, so that the list goes on."""
    mark = twin.mark(place)
    rows = f"external_id,given_name,family_name\n,{mark},{mark}row\n,{mark},{mark}second\nI-1,{mark},{mark}new\n"
    for number in range(2):
        made = connect.create_import(
            twin.hq, kind="guests", property_id=twin.of(place, "prp")[0], file_name=f"{mark}-{number}.csv"
        )
        connect.upload(twin.hq, twin.note(place, "imp", str(made.id)), rows.encode())
        for mode in ("dry_run", "real")[number:]:
            twin.note(place, "run", str(connect.start_run(twin.hq, str(made.id), mode).id))
            inside.work_off()


def _live(twin: Twin) -> None:
    """Live through the birthdays; note what came of them; let one piece of work die."""
    advance = testclock.request_advance(twin.hq, days=DAYS).advance_id
    twin.note(HQ, "adv", str(advance))
    inside.work_off()
    by_house = {twin.of(place, "prp")[0]: place for place in HOUSES}
    for one in outreach.deliveries_page(twin.hq, DeliveryFilter(), limit=100).items:
        twin.note(by_house.get(str(one.property_id), HQ), "dlv", str(one.id))
    _reach(twin)
    reputation.pause(twin.hq, twin.of(EAST, "prp")[0])
    for channel in ("wechat",):  # the other is for who asks for one
        connector, _ = connecting.create_connector(
            twin.hq, name=f"{twin.mark(HQ)} gateway", url="https://chat.example.com/hook", channel=channel
        )
        twin.note(HQ, "con", connector.id)
    for number in range(2):
        suppression, _ = outreach.add_suppression(twin.hq, "email", f"no.more{number}@twins.example")
        twin.note(HQ, "sup", str(suppression.id))
        twin.note(HQ, "msg", _waiting(twin, number))
    for place in HOUSES:
        call = Told(twin.of(place, "prp")[0], f"{twin.mark(place)}pool", guest_id=twin.of(place, "gst")[0])
        for _ in range(2):
            twin.note(place, "hot", hotline.log_contact(twin.hq, call).id)
        twin.note(HQ, "srh", searches.keep(twin.hq, {"q": f"{twin.mark(place)}guest"}))
    twin.dead = _bury(twin)
    for place in (*HOUSES, BOTH, HQ):
        for kind in twin.ids[place]:
            twin.ids[place][kind] = list(dict.fromkeys(twin.ids[place][kind]))


def _reach(twin: Twin) -> None:
    """The chain's app, and a telephone that has it for a guest of each place."""
    application = aws.client("sns").create_platform_application(
        Name=twin.id, Platform="GCM", Attributes={"PlatformCredential": "none"}
    )["PlatformApplicationArn"]
    channels.publish(twin.hq, replace(channels.settings_now(twin.hq), applications={"android": application}))
    for place in (*HOUSES, BOTH):
        devices.register(twin.hq, twin.of(place, "gst")[0], DEVICE, "android", f"token-of-{twin.mark(place)}")


def _waiting(twin: Twin, number: int) -> str:
    """A text of somebody whom nobody knows, in the chain's inbox; its id."""
    values = {"direction": "in", "channel": "sms", "text": f"{twin.mark(HQ)}text", "state": "received"}
    unit, at = Unit(twin.hq), sortable(twin.hq.now)
    made = Message(guest_key=twin.hq.key("inbox"), id=new_id("msg"), at=at, attachments=number, **values)
    unit.create(made)
    unit.commit()
    return str(made.id)


def _bury(twin: Twin) -> tuple[str, str]:
    """Give up on a guest's next birthday, as if it had failed too often: its subject and item as addresses say them."""
    subject = twin.of(EAST, "gst")[0]
    waiting = agenda.lane_page(f"test#{twin.id}", limit=200).items
    key = next(one for one in waiting if str(one.item_key).startswith("outreach.") and one.subject_id == subject)
    record = AgendaRecord.find(str(key.subject_key), str(key.item_key))
    if record is None:
        raise LookupError("nothing waits for the guest")
    work.bury(record)
    (dead,) = agenda.lane_page(agenda.dead_lane(twin.id), limit=10).items
    return dead.subject_id, str(dead.item_key).replace("#", "~")
