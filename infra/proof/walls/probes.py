"""What can be asked about somebody else's things, made from the declared endpoints and pages: a new one is asked too.

A probe is a request that names a foreign thing, beside its twin that names a thing that there never was. By address,
by parameter, in every field of a body that takes an id, by cursor.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib import rooms
from chalicelib.web.endpoints import Endpoint
from infra.proof.walls.asking import HOST, Ask, Caller
from infra.proof.walls.world import BOTH, DEVICE, EAST, GUESTS_EACH, HOUSES, HQ, SYSTEM, WEST, Twin

ENDPOINTS: list[Endpoint] = [one for api in rooms.APIS for one in api.endpoints if one.caller == "key"]
PAGES = [page for pages in rooms.PAGES for page in pages.pages if page.permission is not None]
VERSIONS = ('"v1"', '"v2"')
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
OTHER_KINDS = 3  # how many things of a wrong kind each slot is tried with
NOBODY = "xqnobody"  # a mark that stands nowhere
FORM_FIELDS = {"programme_id": "prg", "guest_id": "gst", "property": "prp"}
FORM_WORDS = {"points": "1", "reward": "coffee", "reason": "goodwill", "key": "form-1", "q": "Nobody"}
SAME_SITE = (("origin", f"https://{HOST}"),)
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
PAGE_PARAMETERS = {"property": "prp", "search": "srh"}

# Which kind of thing a part of an address or a field of a body names.
KIND_OF = {
    "chain_id": "chn", "brand_id": "brd", "property_id": "prp", "home_property_id": "prp", "property_ids": "prp",
    "staff_id": "stf", "key_id": "key", "guest_id": "gst", "stay_id": "sty", "import_id": "imp", "run_id": "run",
    "delivery_id": "dlv", "suppression_id": "sup", "advance_id": "adv", "subject_id": "gst",
    "programme_id": "prg", "member_id": "mem", "to_member_id": "mem", "redemption_id": "rdm", "cost_owner": "prp",
    "account_id": "acc", "owner_id": "stf", "contact_ids": "gst", "other_id": "gst", "household_id": "hhd",
    "member_ids": "gst", "match_id": "mat", "merge_id": "mrg", "survivor_id": "gst", "absorbed_id": "gst",
    "assigned_to": "stf", "claim_id": "clm", "pool_id": "pol", "connector_id": "con",
    "task_id": "tsk", "strategy_id": "stg", "chain_day_id": "chd", "message_id": "msg", "hotline_contact_id": "hot",
}  # fmt: skip
SECOND = frozenset({"to_member_id", "other_id", "absorbed_id"})  # beside another thing of the same kind
POOLED = frozenset({"leave_pool"})  # by the member who is in the pool
WORDS = {"system": SYSTEM, "external_id": "G-east-0", "purpose": "greeting", "channel": "email", "kind": "guests",
         "entry_id": "ent_000000000001", "date": "2026-06-02", "occasion": "stay_anniversary",
         "rule": "new_guest", "number": "2", "device_id": DEVICE, "language": "zh"}  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """A request about something foreign, and the same about nothing. Without a twin, nothing foreign may show."""

    group: str  # route and way: what a sample has to hold at least once
    caller: Caller
    ask: Ask
    twin: Ask | None
    foreign: tuple[str, ...]
    absent: tuple[str, ...] = ()
    is_refused: bool = True  # whether it must change nothing at all


@dataclass(frozen=True)
class Side:
    """A caller and what lies on both sides of their wall."""

    caller: Caller
    place: str  # HQ: the whole chain
    own: Twin
    foreign: dict[str, tuple[str, ...]]  # things beyond the wall, by kind
    cookie: Caller | None

    def id(self, kind: str) -> str:
        """Something of the caller's own."""
        for place in (self.place, WEST, HQ, EAST):
            if self.own.of(place, kind):
                return self.own.of(place, kind)[0]
        raise LookupError(kind)

    @property
    def house(self) -> str:
        """The house whose guests, pool and company stand for the caller's own."""
        return self.place if self.place in HOUSES else WEST

    def second(self, kind: str) -> str:
        """Another thing of the kind, at the same place."""
        first = self.id(kind)
        return next(
            one for place in self.own.ids.values() if first in (found := place.get(kind, [])) for one in found[1:]
        )


def sides(own: Twin, other: Twin) -> list[Side]:
    """Every caller of a chain; those of the western house stand for callers of one house."""
    everything = [(kind, one) for place in other.ids.values() for kind, things in place.items() for one in things]
    beyond = {kind: tuple(one for name, one in everything if name == kind) for kind in _kinds(other)}
    sister = {kind: tuple(own.of(EAST, kind)) for kind in _kinds(own)}
    found = []
    for name in dict.fromkeys([*own.callers, *own.sessions]):
        place = name.split(".")[1]
        if place == EAST:
            continue
        theirs = beyond if place == HQ else {kind: (*beyond.get(kind, ()), *sister.get(kind, ())) for kind in beyond}
        found.append(Side(own.callers[name], place, own, theirs, own.sessions.get(name)))
    return found


def _kinds(twin: Twin) -> list[str]:
    return sorted({kind for place in twin.ids.values() for kind in place})


@cache
def absent(kind: str, number: int = 0) -> str:
    """An id that nothing bears."""
    rng = random.Random(f"{kind}{number}")
    return f"{kind}_0" + "".join(rng.choice(ALPHABET) for _ in range(25))


# -- by address ------------------------------------------------------------------------------------------------


def by_address(side: Side) -> Iterator[Probe]:
    """Every endpoint and page whose address names something, with each foreign thing in each place."""
    for endpoint in ENDPOINTS:
        body = body_of(endpoint, side)
        for path, twin, foreign, nothing in _addresses(endpoint.path, side):
            for headers in _headers(endpoint):
                group = f"{endpoint.operation_id} path"
                ask, same = (Ask(endpoint.method, one, body, headers=headers) for one in (path, twin))
                yield Probe(group, side.caller, ask, same, foreign, nothing)
    if side.cookie is None:
        return
    for page in PAGES:
        if page.method == "GET":
            for path, twin, foreign, nothing in _addresses(page.path, side):
                yield Probe(f"GET {page.path} path", side.cookie, Ask("GET", path), Ask("GET", twin), foreign, nothing)


def _addresses(pattern: str, side: Side) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Addresses of a pattern with foreign things in one or all places; each with the one that names nothing instead."""
    names = re.findall(r"{(\w+)}", pattern)
    slots = [name for name in names if name in KIND_OF]
    own = {name: own_id(name, side) for name in slots} | {name: WORDS[name] for name in names if name in WORDS}
    if "item_id" in names:
        own["item_id"] = side.own.dead[1]
    for name in slots:
        for foreign in [*side.foreign.get(KIND_OF[name], ()), *_of_other_kinds(KIND_OF[name], side)]:
            nothing = absent(foreign[:3])
            values, empty = {**own, name: foreign}, {**own, name: nothing}
            yield pattern.format(**values), pattern.format(**empty), (foreign,), (nothing,)
    if len(slots) > 1:
        for many in zip(*(side.foreign.get(KIND_OF[name], ()) for name in slots), strict=False):
            nothings = tuple(absent(one[:3], number) for number, one in enumerate(many))
            path = pattern.format(**{**own, **dict(zip(slots, many, strict=True))})
            yield path, pattern.format(**{**own, **dict(zip(slots, nothings, strict=True))}), many, nothings


def _of_other_kinds(kind: str, side: Side) -> list[str]:
    others = [things[0] for name, things in sorted(side.foreign.items()) if name != kind and things]
    return random.Random(f"{kind}{side.caller.name}").sample(others, min(OTHER_KINDS, len(others)))


def _headers(endpoint: Endpoint) -> list[tuple[tuple[str, str], ...]]:
    return [(("if-match", one),) for one in VERSIONS] if endpoint.needs_match else [()]


# -- by parameter ----------------------------------------------------------------------------------------------


def by_parameter(side: Side) -> Iterator[Probe]:
    """Every parameter that takes an id, of lists and of pages."""
    for endpoint in ENDPOINTS:
        names = [name for name in (endpoint.query.model_fields if endpoint.query else ()) if name in KIND_OF]
        path = own_path(endpoint.path, side)
        for name in names:
            things = itertools.chain(*side.foreign.values()) if name == "subject_id" else side.foreign[KIND_OF[name]]
            for foreign in things:
                nothing = absent(foreign[:3])
                yield Probe(
                    f"{endpoint.operation_id} ?{name}", side.caller, Ask(endpoint.method, f"{path}?{name}={foreign}"),
                    Ask(endpoint.method, f"{path}?{name}={nothing}"), (foreign,), (nothing,),
                )  # fmt: skip
    if side.cookie is None:
        return
    for page in PAGES:
        if page.method != "GET":
            continue
        path = own_path(page.path, side)
        for name, kind in PAGE_PARAMETERS.items():
            for foreign in side.foreign[kind]:
                nothing = absent(foreign[:3])
                yield Probe(
                    f"{page.method} {page.path} ?{name}", side.cookie, Ask("GET", f"{path}?{name}={foreign}"),
                    Ask("GET", f"{path}?{name}={nothing}"), (foreign,), (nothing,),
                )  # fmt: skip


def own_id(name: str, side: Side, endpoint: Endpoint | None = None) -> str:
    """What a part of an address or a field of a body names of the caller's own."""
    if endpoint is not None and name == "owner_id" and endpoint.operation_id == "open_pool":
        return side.id("mem")
    if endpoint is not None and endpoint.operation_id == "contribute_points":  # who joined the house's pool
        return side.own.of(BOTH, "mem")[HOUSES.index(side.house)]
    if name == "account_id":  # the one that the guest belongs to
        return side.own.of(HQ, "acc")[HOUSES.index(side.house)]
    if endpoint is not None and endpoint.operation_id in POOLED:
        return side.second("mem")
    if name in SECOND:
        return side.second(KIND_OF[name])
    return side.id(KIND_OF[name])


def own_path(pattern: str, side: Side) -> str:
    """The address of the caller's own things."""
    names = re.findall(r"{(\w+)}", pattern)
    values = {name: WORDS.get(name) or own_id(name, side) for name in names if name != "item_id"}
    if "item_id" in names:
        values["subject_id"], values["item_id"] = side.own.dead
    if pattern.endswith("/undo"):
        values["run_id"] = side.second("run")  # the first is a check
    return pattern.format(**values)


# -- in forms ----------------------------------------------------------------------------------------------------


def by_form(side: Side) -> Iterator[Probe]:
    """What the portal's forms are posted to, by its address and by every field of a form that takes an id."""
    if side.cookie is None:
        return
    shown = _FORM_TOKEN.search(Ask("GET", "/portal/guests").by(side.cookie).text)
    own = {name: side.id(kind) for name, kind in FORM_FIELDS.items()}
    whole = {**own, **FORM_WORDS, "form_token": shown[1] if shown else ""}
    for page in PAGES:
        if page.method != "POST":
            continue
        for path, twin, foreign, nothing in _addresses(page.path, side):
            asks = [Ask("POST", one, form=urlencode(whole), headers=SAME_SITE) for one in (path, twin)]
            yield Probe(f"POST {page.path} form", side.cookie, asks[0], asks[1], foreign, nothing)
        for name, kind in FORM_FIELDS.items():
            for one in side.foreign.get(kind, ()):
                empty = absent(kind)
                path = own_path(page.path, side)
                forms = [urlencode({**whole, name: value}) for value in (one, empty)]
                asks = [Ask("POST", path, form=form, headers=SAME_SITE) for form in forms]
                group = f"POST {page.path} form {name}"
                yield Probe(group, side.cookie, asks[0], asks[1], (one,), (empty,), is_refused=False)


# -- in bodies -------------------------------------------------------------------------------------------------


def by_body(side: Side) -> Iterator[Probe]:
    """Every field of a body that takes an id."""
    for endpoint in ENDPOINTS:
        body = body_of(endpoint, side)
        if body is None or endpoint.body is None:
            continue
        path = own_path(endpoint.path, side)
        for headers in _headers(endpoint)[:1]:
            for field in endpoint.body.model_fields:
                for foreign in side.foreign.get(_kind_in(field), ()):
                    nothing = absent(foreign[:3])
                    ask, twin = ({**body, **_placed(field, one)} for one in (foreign, nothing))
                    yield Probe(
                        f"{endpoint.operation_id} /{field}", side.caller,
                        Ask(endpoint.method, path, ask, headers=headers),
                        Ask(endpoint.method, path, twin, headers=headers), (foreign,), (nothing,),
                    )  # fmt: skip


def _kind_in(field: str) -> str:
    return "prp" if field in ("external_ids", "external_id") else KIND_OF.get(field, "")


def _placed(field: str, one: str) -> dict[str, Any]:
    """The field with a thing in it, and without what would contradict it."""
    if field == "property_ids":
        return {field: [one]}
    if field == "external_ids":
        return {field: [{"system": SYSTEM, "property_id": one, "id": "G-east-0"}]}
    if field == "external_id":
        return {field: {"system": SYSTEM, "property_id": one, "id": "G-east-0"}, "name": None}
    return {field: one}


def body_of(endpoint: Endpoint, side: Side) -> Any:
    """The example of a body with the caller's own things in it; it would be taken as it stands."""
    if endpoint.body is None:
        return None
    extra = endpoint.body.model_config.get("json_schema_extra")
    examples = extra.get("examples") if isinstance(extra, dict) else None
    if not isinstance(examples, list):
        raise LookupError(f"{endpoint.operation_id} has no example")
    body: Any = copy.deepcopy(examples[0])
    for name in body:
        if name in KIND_OF:
            own = own_id(name, side, endpoint)
            body[name] = [own] if isinstance(body[name], list) else own
    if endpoint.operation_id == "create_household":
        body["member_ids"] = [side.second("gst")]  # the first has one
    if endpoint.operation_id == "put_relation":
        body["kind"] = "friend"  # companions they are
    if endpoint.operation_id == "create_contact_verification":
        body["value"] = f"guest0.{side.house}@twins.example"
    text = json.dumps(body, ensure_ascii=False)
    return json.loads(text.replace("DEMO-", f"{side.own.letter}-").replace("new.colleague", side.own.mark("new")))


# -- by cursor, and by what people type ------------------------------------------------------------------------


@dataclass(frozen=True)
class Cursor:
    """A cursor that somebody was given by a list."""

    text: str
    of: str  # the list
    is_of_sister: bool

    def way(self, operation: str) -> str:
        """In which way it is foreign to a list."""
        return (
            f"{'sister' if self.is_of_sister else 'stranger'}'s of {'this' if self.of == operation else 'another'} list"
        )


def by_cursor(side: Side, cursors: Iterable[Cursor]) -> Iterator[Probe]:
    """Cursors that others were given, at every list. Those of another chain read like forged ones."""
    for cursor in cursors:
        forged = cursor.text[:-6] + ("A" if cursor.text[-6] != "A" else "B") + cursor.text[-5:]
        for endpoint in ENDPOINTS:
            path = own_path(endpoint.path, side)
            asks: list[Ask] = []
            if endpoint.query is not None and "cursor" in endpoint.query.model_fields:
                subject = f"&subject_id={side.id('gst')}" if "subject_id" in endpoint.query.model_fields else ""
                asks = [Ask("GET", f"{path}?cursor={quote(one)}{subject}") for one in (cursor.text, forged)]
            elif endpoint.body is not None and "cursor" in endpoint.body.model_fields:
                body = body_of(endpoint, side)
                asks = [Ask(endpoint.method, path, {**body, "cursor": one}) for one in (cursor.text, forged)]
            if asks:
                twin = None if cursor.is_of_sister else asks[1]
                group = f"{endpoint.operation_id} cursor, {cursor.way(endpoint.operation_id)}"
                yield Probe(group, side.caller, asks[0], twin, (cursor.text,), (forged,))
        if side.cookie is None:
            continue
        for page in PAGES:
            if page.method == "GET":
                path = own_path(page.path, side)
                asks = [Ask("GET", f"{path}?cursor={quote(one)}") for one in (cursor.text, forged)]
                twin = None if cursor.is_of_sister else asks[1]
                yield Probe(f"GET {page.path} cursor", side.cookie, asks[0], twin, (cursor.text,), (forged,))


def cursors_of(twin: Twin, names: Iterable[str], *, is_of_sister: bool) -> list[Cursor]:
    """The cursors that callers of a chain are given by every list that has a second page."""
    found = []
    for name in names:
        place = name.split(".")[1]
        side = Side(twin.callers[name], place if place in HOUSES else HQ, twin, {}, None)
        for endpoint in ENDPOINTS:
            if not endpoint.is_list or endpoint.query is None:
                continue
            subject = f"&subject_id={side.id('gst')}" if "subject_id" in endpoint.query.model_fields else ""
            reply = Ask("GET", f"{own_path(endpoint.path, side)}?limit=1{subject}").by(side.caller)
            following = reply.json.get("next") if reply.status == 200 else None
            if following:
                found.append(Cursor(following, endpoint.operation_id, is_of_sister))
    return found


def by_words(side: Side, other: Twin) -> Iterator[Probe]:
    """What everybody knows about somebody: names, addresses and numbers find nobody beyond the wall."""
    marks = [other.mark(place) for place in (*HOUSES, BOTH)] + ([side.own.mark(EAST)] if side.place != HQ else [])
    for mark in marks:
        ask, twin = (Ask("POST", "/v1/guest-searches", {"name": f"{one}guest"}) for one in (mark, NOBODY))
        yield Probe("search_guests words", side.caller, ask, twin, (mark,), (NOBODY,))
    for place in (*HOUSES, BOTH):
        stay = {"property_id": side.id("prp"), "external_id": f"S-{place}-0-in_house"}
        yield Probe("search_stays words", side.caller, Ask("POST", "/v1/stay-searches", stay), None, ())
        for number in range(GUESTS_EACH):
            by_number = {"system": SYSTEM, "property_id": side.id("prp"), "id": f"G-{place}-{number}"}
            for words in ({"email": f"guest{number}.{place}@twins.example"}, {"external_id": by_number}):
                yield Probe("search_guests words", side.caller, Ask("POST", "/v1/guest-searches", words), None, ())


def own_views(side: Side) -> Iterator[Probe]:
    """Everything that the caller may look at: nothing from beyond the wall shows in it."""
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET":
            subject = f"?subject_id={side.id('gst')}" if endpoint.operation_id == "list_activity" else ""
            ask = Ask("GET", own_path(endpoint.path, side) + subject)
            yield Probe(f"{endpoint.operation_id} own", side.caller, ask, None, ())
    for page in PAGES:
        if page.method == "GET" and side.cookie is not None:
            yield Probe(f"GET {page.path} own", side.cookie, Ask("GET", own_path(page.path, side)), None, ())
