"""The demo chain: its houses, staff, keys and the few records that the API's examples speak of.

Ids are fixed, so that every example in the API's description can be sent as it stands. Passwords and keys are made
anew in every installation.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.directory.schemas import BrandIn, ChainIn, KeyIn, PropertyIn, StaffIn
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.guests.schemas.accounts import AccountIn
from chalicelib.guests.service import accounts, households, relations
from chalicelib.kernel.clock import chain_now, real_now
from chalicelib.kernel.errors import NotFound
from chalicelib.kernel.scope import Actor, Scope
from chalicelib.outreach.service import declaring, preventing, tasks
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from chalicelib.web.auth import OPERATOR_PERMISSIONS
from infra.demo import doubles, points
from infra.demo.bookings import Hotel

CHAIN = "chn_0000000000000000000000de00"
RIVAL = "chn_0000000000000000000000r000"
BRAND = "brd_0000000000000000000000de00"
CITY = "prp_0000000000000000000000c000"
RESORT = "prp_0000000000000000000000r000"
HQ_STAFF = "stf_0000000000000000000000h000"
HQ_KEY = "key_0000000000000000000000h000"
SPARE_KEY = "key_0000000000000000000000s000"  # the one that examples rotate and revoke
GUEST = "gst_0000000000000000000000g000"
GUEST_DOUBLE = "gst_0000000000000000000000g200"  # the same person, as another desk has written him: waits for review
STAY = "sty_0000000000000000000000s000"
TASK = "tsk_0000000000000000000000t000"
STRATEGY = "stg_0000000000000000000000s000"
CHAIN_DAY = "chd_0000000000000000000000f000"
ACCOUNT = "acc_0000000000000000000000a000"
HOUSEHOLD = "hhd_0000000000000000000000g000"
IMPORT = "imp_0000000000000000000000m000"
RUN = "run_0000000000000000000000m000"
IMPORT_WAITING = "imp_0000000000000000000000n000"  # its columns are still to be chosen

PROPERTY_OF = {Hotel.CITY: CITY, Hotel.RESORT: RESORT}
CHAIN_NAME = "Atlântico Hotels"
# The last row has no number, so that the run has a rejected row to show.
SAMPLE_FILE = (
    b"external_id,given_name,family_name,email,language\n"
    b"DEMO-G-2,Ana,Silva,ana.silva@guests.example,pt\n"
    b",Rui,Costa,rui.costa@guests.example,pt\n"
)


@dataclass(frozen=True)
class Person:
    """A member of the demo's staff."""

    email: str
    name: str
    role: str
    language: str
    property_ids: tuple[str, ...] | None
    id: str | None = None


STAFF = (
    Person("hq@atlantico.example", "Helena Marques", "hq_admin", "en", None, HQ_STAFF),
    Person("analyst@atlantico.example", "李静", "hq_analyst", "zh", None),
    Person("manager.city@atlantico.example", "Rui Tavares", "property_manager", "en", (CITY,)),
    Person("desk.city@atlantico.example", "陈晨", "front_desk", "zh", (CITY,)),
    Person("desk.resort@atlantico.example", "Inês Rocha", "front_desk", "en", (RESORT,)),
    Person("marketing@atlantico.example", "Tomás Pinto", "marketing", "en", None),
)


def operator() -> Scope:
    """Whoever runs the installation."""
    return Scope("", Actor("operator", "operator"), real_now(), OPERATOR_PERMISSIONS)


def hq_scope(chain_id: str = CHAIN) -> Scope:
    """Head office of the demo chain, as the demo's own work acts."""
    now = chain_now(chain_id, is_test=True)
    return Scope(chain_id, Actor("system", "demo"), now, directory.PERMISSIONS, is_test=True, request_id="req_demo")


def exists(chain_id: str = CHAIN) -> bool:
    """Whether the chain was founded before."""
    try:
        directory.get_chain(chain_id)
    except NotFound:
        return False
    return True


def found(start: datetime, *, has_examples: bool = True) -> dict[str, Any]:
    """Create the chain and its rival, and the records that the API's examples name.

    Returns what a program needs to use them.
    """
    chain = ChainIn(
        name=CHAIN_NAME, mode="test", clock_starts_at=start, time_zone="Europe/Lisbon", country="PT",
        sender_name="Atlântico Hotels", notice="generated_identities",
        automatic_linking=False,  # every generated identity is somebody of their own, also the few who look alike
    )  # fmt: skip
    directory.create_chain(operator(), chain, id=CHAIN)
    scope = hq_scope()
    directory.create_brand(scope, BrandIn(name="Atlântico"), id=BRAND)
    _house(scope, CITY, "City Hotel", "城市酒店", "Av. da Liberdade 1, Lisboa", "city")
    _house(scope, RESORT, "Resort Hotel", "度假酒店", "Praia da Rocha 1, Portimão", "resort")
    staff = [_hire(scope, person) for person in STAFF]
    _, hq_key = directory.create_key(
        scope, KeyIn(name="Head office", permissions=sorted(directory.PERMISSIONS)), id=HQ_KEY
    )
    spare = KeyIn(name="Spare", permissions=["guests:read"])
    directory.create_key(scope, spare, id=SPARE_KEY)
    property_keys = {house: _property_key(scope, house) for house in (CITY, RESORT)}
    points.found(scope)
    if has_examples:
        _examples(scope)
    return {
        "chain_id": CHAIN,
        "hq_api_key": hq_key,
        "property_api_keys": property_keys,
        "rival_chain_id": RIVAL,
        "rival_api_key": _rival(),
        "properties": [{"id": CITY, "name": "City Hotel"}, {"id": RESORT, "name": "Resort Hotel"}],
        "staff": staff,
    }


def _house(scope: Scope, house: str, name: str, name_zh: str, address: str, mailbox: str) -> None:
    body = PropertyIn(
        name=name, names={"en": name, "zh": name_zh}, brand_id=BRAND, time_zone="Europe/Lisbon", country="PT",
        currency="EUR", address=address, email=f"{mailbox}@atlantico.example",
    )  # fmt: skip
    directory.create_property(scope, body, id=house)


def _hire(scope: Scope, person: Person) -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    body = StaffIn(
        email=person.email, name=person.name, role=person.role, language=person.language, password=password,
        property_ids=list(person.property_ids) if person.property_ids else None,
    )  # fmt: skip
    directory.create_staff(scope, body, id=person.id)
    house = person.property_ids[0] if person.property_ids else None
    return {"email": person.email, "password": password, "role": person.role, "property_id": house}


def _property_key(scope: Scope, house: str) -> str:
    held = sorted(directory.ROLES["property_manager"].permissions)
    _, token = directory.create_key(scope, KeyIn(name="Property system", permissions=held, property_ids=[house]))
    return token


def _examples(scope: Scope) -> None:
    wang = GuestIn.model_validate(
        {
            "given_name": "小明",
            "family_name": "王",
            "emails": ["wang.xiaoming@guests.example"],
            "phones": ["+351912000001"],
            "language": "zh",
            "time_zone": "Asia/Shanghai",
            "birth_date": "1990-05-21",
            "nationality": "CN",
            "home_property_id": CITY,
            "external_ids": [{"system": "demo", "property_id": CITY, "id": "DEMO-G-1"}],
            "consents": [
                {"purpose": "greeting", "channel": "email", "state": "granted", "source": "front desk"},
                {"purpose": "marketing", "channel": "email", "state": "denied", "source": "front desk"},
            ],
        }
    )
    guests.create(scope, wang, id=GUEST)
    double = GuestIn.model_validate(
        {"given_name": "Xiaoming", "family_name": "Wang", "phones": ["+351912000001"], "home_property_id": CITY}
    )
    guests.create(scope, double, id=GUEST_DOUBLE)
    arrival = scope.now.date()
    booked = StayIn.model_validate(
        {
            "external_id": "DEMO-S-1",
            "property_id": CITY,
            "guest_id": GUEST,
            "status": "booked",
            "arrival": arrival.isoformat(),
            "departure": (arrival + timedelta(days=2)).isoformat(),
            "source": {"system": "demo", "version": 1},
        }
    )
    stays.record(scope, booked, id=STAY)
    points.enrol(scope, GUEST, CITY)
    doubles.found(scope, CITY)
    relations.relate(scope, GUEST, points.FRIEND, "friend")
    account = AccountIn.model_validate({"names": {"en": "Lusitania Trading", "zh": "卢西塔尼亚贸易"}})
    accounts.create_account(scope, account, id=ACCOUNT)
    accounts.add_guest(scope, ACCOUNT, GUEST, role=None, since=None, until=None)
    households.create_household(scope, name="王家", address=None, member_ids=[GUEST], id=HOUSEHOLD)
    _desk(scope)
    connect.create_import(scope, kind="guests", property_id=CITY, file_name="sample.csv", id=IMPORT)
    connect.upload(scope, IMPORT, SAMPLE_FILE)
    connect.start_run(scope, IMPORT, "real", id=RUN)
    connect.create_import(scope, kind="guests", property_id=CITY, file_name="waiting.csv", id=IMPORT_WAITING)
    connect.upload(scope, IMPORT_WAITING, SAMPLE_FILE)


def _desk(scope: Scope) -> None:
    """A call to be made in half a year, a strategy against losing guests, and a day of the chain's own."""
    tasks.open_by_hand(
        scope, guest_id=GUEST, property_id=CITY, kind="call", due_on=scope.now.date() + timedelta(days=180),
        about="Ask what would bring him back", id=TASK,
    )  # fmt: skip
    quiet = {
        "title": "A quiet floor",
        "hypothesis": "Guests who slept badly come back if they are sure of a quiet room.",
        "segment": "Returning guests of double rooms on the street side",
        "reason": "product",
        "property_id": CITY,
        "starts_on": scope.now.date(),
    }
    preventing.register(scope, quiet, id=STRATEGY)
    founded = {"names": {"en": "Founding Day", "zh": "集团创立日"}, "calendar": "gregorian", "month": 9, "day": 12}
    declaring.declare(scope, founded, id=CHAIN_DAY)


def _rival() -> str:
    """A second chain, live, with one house and one key: what lies beyond the wall."""
    body = ChainIn(name="Meridian Inns", mode="live", time_zone="Europe/Madrid", country="ES")
    directory.create_chain(operator(), body, id=RIVAL)
    scope = Scope(RIVAL, Actor("system", "demo"), real_now(), directory.PERMISSIONS)
    house = PropertyIn(name="Meridian Sol", time_zone="Europe/Madrid", country="ES", currency="EUR")
    directory.create_property(scope, house)
    _, token = directory.create_key(scope, KeyIn(name="Head office", permissions=sorted(directory.PERMISSIONS)))
    return token
