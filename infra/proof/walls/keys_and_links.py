"""What is no id and crosses walls all the same: idempotency keys, signed links, addresses of files, mails and their
events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any

from chalicelib.kernel.settings import settings
from chalicelib.outreach import links
from chalicelib.outreach import service as outreach
from chalicelib.outreach.links import Unsubscription
from infra.proof.walls.asking import Ask, Caller
from infra.proof.walls.judging import Judge
from infra.proof.walls.probes import ENDPOINTS, Probe, Side, absent, body_of, own_path
from infra.proof.walls.stored import fingerprint, put_back
from infra.proof.walls.world import BOTH, EAST, HOUSES, HQ, WEST, Twin

NOBODY = Caller("nobody.hq")
HIT = "idempotency-hit"
OVER = ("cancel_import_run", "cancel_redemption")  # runs are, and a hold is not spent: a refusal uses no key
EVENTS = ("Delivery", "Bounce", "Complaint", "Reject")


# -- idempotency keys ------------------------------------------------------------------------------------------


def reused_keys(judge: Judge, everybody: list[Side], others: Iterable[Side]) -> None:
    """A key that somebody beyond the wall has used means nothing on this side."""
    beginning = fingerprint()
    for other in others:
        for endpoint in ENDPOINTS:
            if endpoint.method != "POST" or endpoint.operation_id.startswith("search_"):
                continue
            key = f"{endpoint.operation_id}-{other.caller.name}"
            theirs = Ask("POST", own_path(endpoint.path, other), body_of(endpoint, other), None, (_key(key),))
            first = theirs.by(other.caller)
            if first.status >= 300 and other.place == HQ and endpoint.operation_id not in OVER:
                judge.failures.append(f"the key was never used: {endpoint.operation_id} {first.status} {first.text}")
            used = fingerprint()
            for side in everybody:
                path, body = own_path(endpoint.path, side), body_of(endpoint, side)
                answers = []
                for one in (key, f"{key}-fresh"):
                    answers.append(Ask("POST", path, body, None, (_key(one),)).by(side.caller))
                    put_back(used)
                reply, fresh = answers
                judge.count += 1
                judge.groups.add(f"{endpoint.operation_id} idempotency-key")
                hidden = judge.hidden_from(side.caller)
                wrong = [f"{mark} is shown" for mark in hidden if mark in reply.text.casefold()]
                if HIT in reply.headers or reply.status != fresh.status:
                    wrong.append(f"a used key: {reply.status}, a fresh one: {fresh.status}")
                judge.failures += [f"{endpoint.operation_id} as {side.caller.name}: {one}" for one in wrong]
            put_back(beginning)


def _key(key: str) -> tuple[str, str]:
    return "idempotency-key", key


# -- links -----------------------------------------------------------------------------------------------------


def forged_links(own: Twin, other: Twin) -> Iterator[Probe]:
    """A signature for one guest stops nobody else's messages, in another chain or in this one."""
    mine = own.of(WEST, "gst")[0]
    signature = links.token_of(Unsubscription(own.id, mine, "greeting", "email")).rpartition(".")[2]
    strangers = [(other.id, guest) for place in (*HOUSES, BOTH) for guest in other.of(place, "gst")]
    strangers += [(own.id, guest) for place in (EAST, BOTH) for guest in own.of(place, "gst")]
    for chain, guest in strangers:
        nothing = absent("gst")
        for method in ("GET", "POST"):
            asks = [Ask(method, f"/u/{chain}.{one}.greeting.email.{signature}") for one in (guest, nothing)]
            yield Probe(f"{method} /u link", NOBODY, asks[0], asks[1], (guest,), (nothing,))


def followed_links(judge: Judge, own: Twin) -> None:
    """A link of this chain stops messages of this chain alone, though the twin has the very same address."""
    beginning = fingerprint()
    for place in (*HOUSES, BOTH):
        for guest in own.of(place, "gst"):
            reply = Ask("POST", f"/u/{links.token_of(Unsubscription(own.id, guest, 'greeting', 'email'))}").by(NOBODY)
            changed = fingerprint() ^ beginning
            judge.count += 1
            judge.groups.add("POST /u own link")
            if reply.status != 200 or not changed:
                judge.failures.append(f"a link of the chain's own had no effect: {reply.status}")
            if not all(str(row[1]).startswith(own.id) for row in changed):
                judge.failures.append("a link of the chain's own changed another chain")
            put_back(beginning)


def file_addresses(judge: Judge, everybody: list[Side], other: Twin) -> None:
    """Whatever a file is called, the address to upload it to lies among the chain's own files."""
    beginning = fingerprint()
    strangers = [f"{other.id}/imports/{one}/source.csv" for one in other.of(EAST, "imp")]
    ways = ("", "../../../", "/", "%2e%2e%2f", "a\\..\\")
    names = [f"{way}{one}" for one in strangers for way in ways]
    for side in everybody:
        for name in names:
            body = {"kind": "guests", "property_id": side.id("prp"), "file_name": name}
            reply = Ask("POST", "/v1/imports", body).by(side.caller)
            judge.count += 1
            judge.groups.add("create_import file_name")
            url = str(reply.json["upload"]["url"]).partition("?")[0] if reply.status == 201 else ""
            if reply.status == 201 and f"/{side.own.id}/imports/{reply.json['id']}/source.csv" not in url:
                judge.failures.append(f"an address among others' files for {name!r}")
            if reply.status == 201 and other.id in url:
                judge.failures.append(f"an address that names another chain for {name!r}")
            put_back(beginning)


# -- mails -----------------------------------------------------------------------------------------------------


def crossed_events(judge: Judge, own: Twin, other: Twin) -> None:
    """What the mail service says about a delivery counts only for the chain and the guest whose it is."""
    beginning = fingerprint()
    for chain, guests, deliveries in ((own, other, other), (own, own, other), (own, other, own), (other, own, own)):
        for place in HOUSES:
            for guest in guests.of(place, "gst"):
                for delivery in deliveries.of(place, "dlv"):
                    for kind in EVENTS:
                        heard = outreach.handle_mail_event(_event(kind, chain.id, guest, delivery))
                        judge.count += 1
                        judge.groups.add(f"mail event {kind}")
                        if heard != "ignored" or fingerprint() != beginning:
                            judge.failures.append(f"an event with crossed tags was {heard}: {kind}")
                            put_back(beginning)


def _event(kind: str, chain: str, guest: str, delivery: str) -> str:
    tags: dict[str, Any] = {"chain": [chain], "guest": [guest], "delivery": [delivery], "kind": ["birthday"]}
    at = "2026-03-06T10:00:05.000Z"
    detail = {"timestamp": at, "bounceType": "Permanent", "bounceSubType": "General"}
    event = {"eventType": kind, "mail": {"timestamp": at, "messageId": "m", "tags": tags}, kind.lower(): detail}
    topic = settings().ses_topic_arn
    return json.dumps({"Type": "Notification", "TopicArn": topic, "Message": json.dumps(event)})


def mails(judge: Judge, twins: tuple[Twin, Twin], outbox: list[dict[str, Any]]) -> None:
    """Each mail that was sent speaks of its own chain and of no house that its guest does not know."""
    for entry in outbox:
        tags = entry.get("tags") or {}
        own, other = twins if tags.get("chain") == twins[0].id else reversed(twins)
        foreign = [other.mark(place) for place in (*HOUSES, BOTH, HQ)]
        apart = ((EAST, WEST), (WEST, EAST))
        foreign += [own.mark(far) for near, far in apart if tags.get("guest") in own.of(near, "gst")]
        text = _words_of(str(entry["raw"])).casefold()
        judge.count += 1
        judge.groups.add("mail")
        judge.failures += [f"a mail of {own.letter} holds {mark}" for mark in foreign if mark in text]
        if tags.get("chain") != own.id or own.mark("") not in text:
            judge.failures.append("a mail without its chain")


def _words_of(raw: str) -> str:
    message = message_from_string(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), *parts])
