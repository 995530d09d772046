"""Puts personal data wherever a request has room for it: where it belongs, and where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.web.endpoints import Endpoint
from infra.proof.privacy.tokens import Planted
from infra.proof.walls.asking import Ask, Caller
from infra.proof.walls.probes import Side, body_of, own_path
from infra.proof.walls.world import EAST, SYSTEM

AS_IT_SHOULD_BE = "as it should be"


@dataclass(frozen=True)
class Case:
    """A request of one kind at one route. `fault` breaks AWS's door meanwhile: by a defect, or by its own error."""

    name: str
    ask: Ask
    fault: str = ""
    is_nobody: bool = False  # asked without the caller's own token


@dataclass(frozen=True)
class Visit:
    """One case at one route, by somebody who may."""

    endpoint: Endpoint
    caller: Caller
    case: Case

    @property
    def where(self) -> str:
        """How a failure names it."""
        return f"{self.endpoint.operation_id}, {self.case.name}"

    @property
    def is_first(self) -> bool:
        """Whether it is the request as it should be."""
        return self.case.name == AS_IT_SHOULD_BE


def is_write(endpoint: Endpoint) -> bool:
    """Whether an endpoint changes something; searches and sums only look."""
    return endpoint.method != "GET" and not endpoint.operation_id.startswith(("search_", "calculate_"))


def planted_body(endpoint: Endpoint, side: Side, who: Planted) -> Any:
    """A body that is taken, full of one person's data; for a change, one that changes something."""
    body = body_of(endpoint, side)
    if body is None:
        return None
    house = side.id("prp")
    person = {"given_name": who.given_name, "family_name": who.chinese_name, "emails": [who.email],
              "phones": [who.phone], "birth_date": who.birth_date, "occupation": who.note}  # fmt: skip
    consents = [{"purpose": "greeting", "channel": "email", "state": "granted", "source": who.note}]
    place = {"name": who.family_name, "address": who.address, "email": who.email, "phone": who.phone}
    more: dict[str, dict[str, Any]] = {
        "create_guest": {**person, "consents": consents},
        "update_guest": person,
        "put_external_guest": {**person, "consents": consents},
        "put_consent": {"state": "denied", "source": who.note},
        "search_guests": {"name": who.family_name, "email": who.email, "phone": who.phone},
        "create_staff": {"name": who.given_name, "email": who.email, "password": who.password},
        "update_staff": {"name": who.given_name, "email": who.email, "password": who.password},
        "create_property": place,
        "update_property": place,
        "create_brand": {"name": who.family_name},
        "update_brand": {"name": who.family_name},
        "create_chain": {"name": who.family_name, "sender_name": who.given_name},
        "update_chain": {"name": who.family_name, "sender_name": who.given_name},
        "create_api_key": {"name": who.family_name},
        "create_chain_api_key": {"name": who.family_name, "property_ids": None},
        "update_api_key": {"name": who.family_name},
        "create_stay": {"rate_plan": who.note[:18], "external_id": who.given_name},
        "change_stay": {"room_number": who.secret[:6], "segment": who.given_name},
        "put_external_stay": {"rate_plan": who.note[:18], "adults": 3, "source": {"version": 9}},
        "search_stays": {"property_id": house, "external_id": who.family_name},
        "add_suppression": {"channel": "email", "address": who.email},
        "create_import": {"file_name": f"{who.given_name} {who.family_name}.csv"},
        "revive_agenda_item": {"reason": ""},
        "create_programme": {"name": who.family_name},
        "change_programme": {"name": who.family_name},
        "enrol_member": {"programme_id": side.second("prg")},
        "change_member": {"status": "suspended"},
        "open_balance": {"reference": who.secret},
        "put_device": {"token": who.secret},
        "publish_care_policy": {"days": 6},
    }
    return {**body, **more.get(endpoint.operation_id, {})}


def address_of(endpoint: Endpoint, side: Side) -> str:
    """The endpoint's address of the caller's own things, such that a write has something to do."""
    path = own_path(endpoint.path.replace("{chain_id}", side.own.id), side)
    if endpoint.operation_id == "put_external_stay":
        return f"/v1/external/{SYSTEM}/{side.own.of(EAST, 'prp')[0]}/stays/S-east-0-booked"
    if endpoint.operation_id == "cancel_redemption":  # the second one is no hold
        return path.replace(side.id("rdm"), side.second("rdm"))
    if endpoint.operation_id == "lift_sending_pause":  # that of the other house: the first one's mail goes out
        return path.replace(side.id("prp"), side.own.of(EAST, "prp")[0])
    if endpoint.operation_id == "list_activity":
        return f"{path}?subject_id={side.id('gst')}"
    return path


def cases(endpoint: Endpoint, side: Side, who: Planted) -> Iterator[Case]:
    """Every case of an endpoint. The first is as it should be."""
    method, path = endpoint.method, address_of(endpoint, side)
    body = planted_body(endpoint, side, who)
    match = (("if-match", '"v1"'),) if endpoint.needs_match else ()
    sent = Ask(method, path, body, headers=match)
    yield Case(AS_IT_SHOULD_BE, sent)
    yield Case("a defect", sent, "defect")
    yield Case("an error of AWS", sent, "error")
    yield Case("a throttle", sent, "throttle")
    inside = quote(who.email)
    query = f"{path}{'&' if '?' in path else '?'}{inside}={inside}"
    yield Case("in a parameter", Ask(method, query, body, headers=match))
    if "{" in endpoint.path:
        parent = path.partition("?")[0].rpartition("/")[0]
        yield Case("in the address", Ask(method, f"{parent}/{inside}", body, headers=match))
    strange = (("if-match", f'"{who.email}"'), ("x-name", who.email), ("cookie", f"hospes={who.email}"))
    yield Case("in headers", Ask(method, path, body, headers=strange))
    yield Case("as an idempotency key", Ask(method, path, body, headers=(*match, ("idempotency-key", who.phone))))
    token = (("authorization", f"Bearer {who.secret}"),)
    yield Case("as an API key", Ask(method, path, body, headers=(*match, *token)), is_nobody=True)
    if body is None:
        return
    yield Case("an unknown field", Ask(method, path, {**body, who.email: who.note}, headers=match))
    for name, value in body.items():
        wrong = {who.email: [who.note]} if not isinstance(value, dict) else [who.email, who.phone]
        yield Case(f"a wrong type: {name}", Ask(method, path, {**body, name: wrong}, headers=match))
    nonsense = {name: _nonsense(value, who) for name, value in body.items()}
    yield Case("nonsense everywhere", Ask(method, path, nonsense, headers=match))
    half = json.dumps({**body, "more": who.values()}, ensure_ascii=False)[:-1]
    yield Case("half a body", Ask(method, path, text=half, headers=match))
    fields = f"email={inside}&password={quote(who.password)}"
    yield Case("another kind of body", Ask(method, path, form=fields, headers=match))


def _nonsense(value: Any, who: Planted) -> Any:
    if isinstance(value, str):
        return f"{who.email}\u0000{who.note}" * 30
    if isinstance(value, list):
        return [f"{who.chinese_name}@{who.note}"] * 3
    return {who.given_name: who.family_name} if isinstance(value, dict) else f"{who.phone}x"
