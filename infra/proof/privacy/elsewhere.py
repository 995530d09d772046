"""Where no endpoint stands: workers whose work fails, the mail service's events, files, the portal's forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib import wiring, workers
from chalicelib.connect import service as connect
from chalicelib.guests import service as guests
from chalicelib.guests.schemas import GuestIn
from chalicelib.kernel import testclock
from chalicelib.kernel.agenda import AgendaRecord, message_of
from chalicelib.kernel.settings import settings
from infra.proof import inside
from infra.proof.privacy.faults import KINDS, broken
from infra.proof.privacy.watching import Watch, taken_messages
from infra.proof.walls.asking import HOST, Ask, Caller
from infra.proof.walls.stored import fingerprint, put_back
from infra.proof.walls.world import BOTH, EAST, WEST, Twin

_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
CALLS_MAX = 12  # how far into its work a worker is let before it breaks
SES_KINDS = ("Delivery", "Bounce", "Complaint", "Reject", "Open", "Rendering Failure")


def look_round(watch: Watch, own: Twin) -> int:
    """Go through all of them; how many things were tried."""
    tried = 0
    for way in (_workers, _mail_events, _broken_messages, _files, _sending, _portal):
        beginning = before = fingerprint()
        for where in way(watch, own):
            tried += 1
            watch.logs(where)
            now = fingerprint()
            watch.rows(where, now - before)
            before = now
        taken_messages()
        put_back(beginning)
    return tried


def _workers(watch: Watch, own: Twin) -> Iterator[str]:
    """Everything that waits on the agenda is worked on while AWS breaks, ever later in the work."""
    records = [one for place in (EAST, WEST, BOTH) for guest in own.of(place, "gst") for one in _waiting(own, guest)]
    for record in records[:CALLS_MAX]:
        for kind in KINDS:
            for after in range(CALLS_MAX):
                with broken(kind, watch.who, after=after):
                    _deliver("work_due", message_of(record))
                yield f"work on {record.kind}, {kind} after {after}"


def _waiting(own: Twin, guest: str) -> list[AgendaRecord]:
    return [one for one in AgendaRecord.every(own.hq.key(guest)) if one.lane]


def _deliver(handler: str, *bodies: str) -> Any:
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    return getattr(workers, handler)({"Records": records}, None)


def _broken_messages(watch: Watch, own: Twin) -> Iterator[str]:
    """Messages that are none, full of a person's data, in every queue."""
    who = watch.who
    for queue in wiring.QUEUES:
        for body in (
            " ".join(who.values()),
            json.dumps(who.values(), ensure_ascii=False),
            json.dumps({"subject": who.email, "item": who.note, "revision": who.phone}),
            json.dumps({"subject": f"{own.id}#{who.email}", "item": who.note}),
            json.dumps({"Message": who.email, "TopicArn": who.note}),
        ):
            _deliver(queue.handler, body)
            yield f"a broken message for {queue.handler}"


def _mail_events(watch: Watch, own: Twin) -> Iterator[str]:
    """SES names recipients, subjects and addresses in its events; of ours, of strangers, and garbled."""
    who = watch.who
    guest, delivery = own.of(EAST, "gst")[0], own.of(EAST, "dlv")[0]
    tags = {"chain": [own.id], "guest": [guest], "delivery": [delivery], "kind": ["birthday"]}
    for kind in SES_KINDS:
        for named in (tags, {**tags, "guest": [who.email]}, {}):
            people = [{"emailAddress": who.email, "diagnosticCode": f"smtp; 550 {who.email} {who.given_name} unknown"}]
            event = {
                "eventType": kind,
                "mail": {"timestamp": "2026-03-06T10:00:05.000Z", "messageId": "m", "destination": [who.email],
                         "tags": named, "commonHeaders": {"to": [who.email], "subject": who.given_name}},
                kind.lower(): {"timestamp": "2026-03-06T10:00:05.000Z", "bounceType": "Permanent",
                               "bounceSubType": "General", "bouncedRecipients": people,
                               "complainedRecipients": people, "reason": who.note},
            }  # fmt: skip
            for text in (json.dumps(event), json.dumps(event)[:-9]):
                _deliver("mail_events", json.dumps({"TopicArn": settings().ses_topic_arn, "Message": text}))
                yield f"an event {kind}"


def _files(watch: Watch, own: Twin) -> Iterator[str]:
    """Files of guests and stays, most rows of which cannot be taken, in two encodings."""
    who, house = watch.who, own.of(WEST, "prp")[0]
    rows = {
        "guests": (
            "external_id,given_name,family_name,email,phone,birth_date,nationality,consent_greeting_email\n"
            f"P-1,{who.given_name},{who.family_name},{who.email},{who.phone},{who.birth_date},PT,granted\n"
            f",{who.given_name},{who.chinese_name},{who.email},{who.phone},{who.birth_date},PT,granted\n"
            f"P-2,{who.given_name},{who.family_name},{who.given_name}@,{who.phone}x,{who.birth_date}x,{who.note},x\n"
            f'P-3,"{who.given_name},{who.family_name}\nP-4,{who.email}\n'
            f"P-5,\x00{who.given_name},{who.family_name},=cmd|{who.email},,,,\n"
            f"{who.email},{who.phone},{who.given_name},{who.family_name},{who.email},,,\n"
        ),
        "stays": (
            "external_id,guest_external_id,arrival_date,departure_date,status,room_number\n"
            f"Q-1,{who.email},2026-03-01,2026-03-02,booked,{who.phone}\n"
            f"{who.email},G-west-0,{who.birth_date},{who.birth_date},{who.note},12\n"
            f"Q-2,G-west-0,2026-03-09,2026-03-01,booked,{who.note}\n"
        ),
    }
    for kind, text in rows.items():
        for encoding in ("utf-8", "gb18030", "utf-16"):
            for mode in ("dry_run", "real"):
                name = f"{who.given_name}.csv"
                made = connect.create_import(own.hq, kind=kind, property_id=house, file_name=name)
                connect.upload(own.hq, str(made.id), text.encode(encoding, "replace"))
                run = connect.start_run(own.hq, str(made.id), mode)
                inside.work_off()
                _pages_of(made.id, run.id, own)
                yield f"a file of {kind} in {encoding}, {mode}"
    for kind in KINDS:
        for after in range(0, CALLS_MAX * 2, 2):
            made = connect.create_import(own.hq, kind="guests", property_id=house, file_name="a.csv")
            connect.upload(own.hq, str(made.id), rows["guests"].encode())
            connect.start_run(own.hq, str(made.id), "real")
            waiting = taken_messages()
            with broken(kind, watch.who, after=after):
                for handler, body in waiting:
                    _deliver(handler, body)
            yield f"a file, {kind} after {after}"


def _pages_of(import_id: str, run_id: str, own: Twin) -> None:
    """Whoever looks at the run afterwards reads the rows; a log must not."""
    base = f"/v1/imports/{import_id}/runs/{run_id}"
    for path in (base, f"{base}/rejected-rows", f"{base}/rejected-rows.csv"):
        Ask("GET", path).by(own.callers["hq_admin.hq"])


def _sending(watch: Watch, own: Twin) -> Iterator[str]:
    """Greetings that the mail service refuses, and says whose address it does not like."""
    who = watch.who
    for kind in ("", *KINDS):
        born = own.hq.now + timedelta(days=1)
        person = {
            "given_name": who.given_name, "family_name": who.family_name, "emails": [who.email], "language": "en",
            "birth_date": f"1985-{born:%m-%d}", "home_property_id": own.of(WEST, "prp")[0],
            "consents": [{"purpose": "greeting", "channel": "email", "state": "granted", "source": who.note}],
        }  # fmt: skip
        guests.create(own.hq, GuestIn.model_validate(person))
        inside.work_off()
        testclock.request_advance(own.hq, days=2)
        with broken(kind, who, services=("sesv2", "sns")):
            inside.work_off()
        yield f"a greeting, {kind or 'taken'}"


def _portal(watch: Watch, own: Twin) -> Iterator[str]:
    """Forms of the portal, by somebody who signs in and by somebody who is signed in."""
    who, nobody, desk = watch.who, Caller("nobody.hq"), own.sessions["front_desk.west"]
    sign_in, search = "/portal/sign-in", "/portal/guests/searches"
    member = f"/portal/members/{own.of(WEST, 'mem')[0]}"
    forms = [
        (nobody, sign_in, {"email": who.email, "password": who.password, "next": "/portal"}),
        (nobody, sign_in, {"email": who.password, "password": who.email}),
        (nobody, sign_in, {"email": "front_desk.west.a@staff.example", "password": who.password}),
        *((desk, search, {"q": one}) for one in who.values()),
        (desk, search, {"system": who.note, "number": who.phone}),
        (desk, search, {"property": who.email, "q": who.email}),
        (desk, f"{member}/redemptions", {"points": "1", "reward": who.email, "key": "1"}),
        (desk, f"{member}/redemptions", {"points": who.phone, "reward": who.note, "key": who.secret}),
        (desk, f"{member}/adjustments", {"points": "1", "reason": who.note, "key": "2"}),
        (desk, "/portal/members", {"programme_id": who.email, "guest_id": who.phone}),
    ]
    for caller, path, fields in forms:
        for kind in ("", "defect", "error"):
            page = Ask("GET", sign_in if caller is nobody else "/portal/guests").by(caller)
            token = _FORM_TOKEN.search(page.text)
            content = urlencode({**fields, "form_token": token[1] if token else ""})
            with broken(kind, who):
                reply = Ask("POST", path, form=content, headers=(("origin", f"https://{HOST}"),)).by(caller)
            watch.reply(f"form of {path}", reply, fields.get("property", ""))  # a choice, which nobody types
            if not kind and "location" in reply.headers:
                Ask("GET", reply.headers["location"]).by(caller)
            yield f"form of {path}, {', '.join(fields)} {kind}"
    for target in ("/portal/guests", "/portal/arrivals", "/portal/deliveries", f"/portal/{quote(who.email)}", "/x"):
        for kind in ("", "defect"):
            with broken(kind, who):
                Ask("GET", f"{target}?cursor={quote(who.email)}&day={quote(who.note)}&q={quote(who.email)}").by(desk)
            yield f"page {target.partition('?')[0] if who.email not in target else 'unknown'} {kind}"
