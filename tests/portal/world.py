"""A small world to look at: two houses, a rival chain, staff of several roles, a dozen guests and a morning in March.

Built by the real use-cases, and lived through: the clock advances into the morning of 4 March 2026, so that greetings
and thanks have been decided. All names and addresses are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.directory import service as directory
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import testclock
from chalicelib.kernel.calendars import parse_instant
from chalicelib.kernel.scope import Scope
from chalicelib.stays import service as stays
from chalicelib.stays.schemas import StayIn
from tests.builders import PASSWORD, make_chain, make_property, make_scope, make_staff

BEGINS = "2026-02-27T08:00:00Z"
MORNING = "2026-03-04T11:30:00Z"
TODAY = "2026-03-04"

ASKED = {"source": "booking form", "at": "2026-02-01T09:30:00Z"}

# given name, family name, language, nationality, birth date, e-mail, phone
PEOPLE: dict[str, tuple[str, str, str, str, str | None, str | None, str | None]] = {
    "wang": ("小明", "王", "zh-Hans", "CN", "1990-03-04", "wang.xiaoming@guests.example", "+8613800138000"),
    "silva": ("João", "Ferreira", "pt-PT", "PT", "1978-11-21", "joao.ferreira@guests.example", "+351912345678"),
    "schmidt": ("Maria", "Schmidt", "de", "DE", "1985-03-06", "maria.schmidt@guests.example", "+4915112345678"),
    "tanaka": ("由紀", "田中", "ja", "JP", "1993-07-15", "yuki.tanaka@guests.example", None),
    "nguyen": ("Van An", "Nguyen", "vi", "VN", None, "an.nguyen@guests.example", "+84912345678"),
    "obrien": ("Sean", "O’Brien", "en-IE", "IE", "1969-12-01", "sean.obrien@guests.example", "+353851234567"),
    "vries": ("Zoë", "de Vries", "nl", "NL", "2001-05-30", "zoe.devries@guests.example", None),
    "lefevre": ("Pierre", "Lefèvre", "fr", "FR", "1958-01-09", None, None),
    "sayed": ("Fatima", "Al-Sayed", "ar", "AE", "1988-09-18", "fatima.alsayed@guests.example", "+971501234567"),
    "kim": ("민준", "김", "ko", "KR", "1996-03-05", "minjun.kim@guests.example", "+821012345678"),
    "johnson": ("Emma", "Johnson", "en-US", "US", "1974-03-03", "emma.johnson@guests.example", "+12025550143"),
    "rossi": ("Giulia", "Rossi", "it", "IT", "1991-02-28", "giulia.rossi@guests.example", "+393331234567"),
    "li": ("娜", "李", "zh-Hans", "CN", "1982-10-12", "li.na@guests.example", "+8613900139000"),
}

# guest, arrival, departure, status now, room type, room, adults, children, revenue of the room in cents
STAYS: tuple[tuple[str, str, str, str, str, str | None, int, int, int], ...] = (
    ("wang", "2025-05-02", "2025-05-05", "checked_out", "DLX", "402", 2, 0, 48600),
    ("wang", "2025-11-14", "2025-11-16", "checked_out", "STD", "118", 1, 0, 22800),
    ("wang", "2026-03-03", "2026-03-06", "in_house", "SUI", "601", 2, 1, 0),
    ("silva", "2025-08-10", "2025-08-12", "checked_out", "STD", "205", 1, 0, 24000),
    ("silva", "2026-03-04", "2026-03-05", "booked", "STD", "207", 1, 0, 0),
    ("schmidt", "2026-03-04", "2026-03-08", "booked", "DLX", None, 2, 0, 0),
    ("tanaka", "2026-03-04", "2026-03-07", "in_house", "STD", "311", 2, 0, 0),
    ("nguyen", "2026-03-04", "2026-03-04", "booked", "STD", None, 1, 0, 0),
    ("obrien", "2026-03-02", "2026-03-04", "in_house", "STD", "114", 1, 0, 0),
    ("vries", "2026-03-01", "2026-03-04", "checked_out", "DLX", "405", 2, 2, 41700),
    ("lefevre", "2026-03-02", "2026-03-05", "in_house", "STD", "215", 2, 0, 0),
    ("sayed", "2026-03-04", "2026-03-11", "booked", "SUI", "602", 2, 3, 0),
    ("kim", "2026-03-05", "2026-03-07", "booked", "STD", None, 1, 0, 0),
    ("johnson", "2026-02-26", "2026-03-01", "checked_out", "DLX", "409", 2, 0, 53100),
    ("rossi", "2026-02-25", "2026-02-28", "checked_out", "STD", "109", 2, 0, 31500),
)


@dataclass
class World:
    """The chain, its houses and people. Everybody signs in with PASSWORD."""

    chain: directory.Chain
    hq: Scope
    harbour: directory.Property
    hill: directory.Property
    staff: dict[str, directory.Staff] = field(default_factory=dict)
    guests: dict[str, str] = field(default_factory=dict)  # id by name
    rival_guest: str = ""
    hill_guest: str = ""
    import_id: str = ""
    told: dict[str, str] = field(default_factory=dict)  # what tests of a room have added once

    def email(self, name: str) -> str:
        """The address that somebody signs in with."""
        return str(self.staff[name].email)


def make_world(run_queues: Callable[[], int], *, is_lived: bool = True) -> World:
    """The whole world. `is_lived` False: nobody has been greeted, nothing imported, and it takes half as long."""
    directory.forget()
    chain, hq = make_chain(now=parse_instant(BEGINS), name="Example Hotels", languages=["en", "zh"])
    harbour = make_property(
        hq, "Harbour House", names={"en": "Harbour House", "zh": "海港酒店"}, languages=["en", "zh"],
        address="Cais do Sodré 12, Lisbon",
    )  # fmt: skip
    hill = make_property(hq, "Hill House", names={"en": "Hill House", "zh": "山居酒店"}, time_zone="Europe/Lisbon")
    world = World(chain, hq, harbour, hill)
    world.staff = {
        "hq": make_staff(hq, "hq_admin", name="Helena Castro"),
        "desk": make_staff(hq, "front_desk", name="Ana Silva", property_ids=[harbour.id]),
        "manager": make_staff(hq, "property_manager", name="陈静", language="zh", property_ids=[harbour.id]),
    }
    for name in PEOPLE:
        world.guests[name] = _guest(hq, name, harbour.id, number=f"H-{1000 + len(world.guests)}").id
    body = GuestIn(given_name="Rosa", family_name="Peña", home_property_id=hill.id, emails=["rosa@guests.example"])
    world.hill_guest = guests.create(hq, body).id
    _rival(world)
    _tell_stays(world, harbour.id)
    run_queues()
    if is_lived:
        _live(world, run_queues)
    return world


def _rival(world: World) -> None:
    rival_chain, rival = make_chain(name="Rival Hotels")
    house = make_property(rival, "Rival House")
    body = GuestIn(given_name="Somebody", family_name="Else", home_property_id=house.id)
    world.rival_guest = guests.create(rival, body).id
    world.staff["rival"] = make_staff(rival, "hq_admin", name="Rita Rival")


def _guest(hq: Scope, name: str, home_id: str, *, number: str) -> guests.Guest:
    given, family, language, nationality, born, email, phone = PEOPLE[name]
    agreed = {"channel": "email", "state": "granted", **ASKED}
    consents: list[dict[str, Any]] = [{"purpose": "greeting", **agreed}]
    if name in ("wang", "schmidt"):
        consents += [{"purpose": "marketing", **agreed, "state": "denied"}]
        consents += [{"purpose": "greeting", **agreed, "channel": "sms"}]
    if name == "rossi":
        consents = []
    values: dict[str, Any] = {
        "given_name": given,
        "family_name": family,
        "language": language,
        "nationality": nationality,
        "birth_date": born,
        "emails": [email] if email else [],
        "phones": [phone] if phone else [],
        "home_property_id": home_id,
        "external_ids": [{"system": "opera", "property_id": home_id, "id": number}],
        "is_do_not_greet": name == "obrien",
        "consents": consents,
    }
    return guests.create(hq, GuestIn.model_validate(values))


def _tell_stays(world: World, house_id: str) -> None:
    """Stays as they were known before the morning: what changes during it is told in `_live`."""
    for number, (name, arrival, departure, status, kind, room, adults, children, revenue) in enumerate(STAYS):
        lines = [{"id": "1", "category": "room", "amount": revenue, "tax": 0, "eligible": True}] if revenue else []
        stays.record(
            world.hq,
            StayIn.model_validate(
                {
                    "guest_id": world.guests[name],
                    "property_id": house_id,
                    "external_id": f"R-{7000 + number}",
                    "source": {"system": "opera", "version": 1},
                    "status": status,
                    "arrival": arrival,
                    "departure": departure,
                    "room_type": kind,
                    "room_number": room,
                    "adults": adults,
                    "children": children,
                    "revenue_lines": lines,
                }
            ),
        )


def _live(world: World, run_queues: Callable[[], int]) -> None:
    testclock.request_advance(make_scope(world.chain), to=parse_instant(MORNING))
    run_queues()
    scope = make_scope(world.chain)
    record = connect.create_import(scope, kind="guests", property_id=world.harbour.id, file_name="guests-2026-03.csv")
    connect.upload(scope, str(record.id), _import_file())
    connect.start_run(scope, str(record.id), "dry_run")
    run_queues()
    world.import_id = str(record.id)


def _import_file() -> bytes:
    rows = ["external_id,given_name,family_name,email,birth_date"]
    rows += [f"N-{number},Guest,Number {number},n{number}@guests.example,1980-01-0{number}" for number in range(1, 8)]
    rows += [",Nobody,Withoutnumber,,", "N-9,Wrong,Birthday,,1980-02-31"]
    return "\n".join(rows).encode()


__all__ = ["MORNING", "PASSWORD", "TODAY", "World", "make_world"]
