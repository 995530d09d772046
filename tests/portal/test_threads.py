"""What passes between guests and the house, in the portal: contacts, threads with their answers, and the inbox."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from chalicelib.kernel.ids import new_id
from chalicelib.kernel.scope import Scope
from chalicelib.kernel.unit import Unit
from chalicelib.outreach.channels import CHANNELS
from chalicelib.outreach.pages import contacts as contact_pages
from chalicelib.outreach.rules.eligibility import Contact
from chalicelib.outreach.service import hotline, suppressing
from chalicelib.outreach.service.hotline import Told
from chalicelib.web.sessions import LANGUAGE_COOKIE, cookie_name, session_cookie
from tests.builders import make_scope, make_staff
from tests.portal.conftest import cookie_value
from tests.portal.talking import UMBRELLA, talk
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


def in_chinese(visitor: Visitor) -> Visitor:
    visitor.cookies[LANGUAGE_COOKIE] = "zh"
    return visitor


def somebody(world: World, role: str, **fields: object) -> Visitor:
    """A visitor of another role, signed in."""
    staff = make_staff(world.hq, role, **fields)  # type: ignore[arg-type]
    visitor = Visitor()
    visitor.cookies[cookie_name()] = cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))
    return visitor


@pytest.fixture
def talking(world: World) -> World:
    """The world, in which a guest has written and called, and somebody unknown has written."""
    if "unknown" not in world.told:
        world.told["unknown"] = talk(world)
    return world


def test_all_contacts_in_words(talking: World, visit: Visit) -> None:
    silva = talking.guests["silva"]
    page = visit("desk").get(f"/portal/guests/{silva}")
    text = page.text[page.text.index("Contacts") :]
    for words in (
        "The guest called the hotline Waits for an answer Is there a cot?", "The guest wrote", "Harbour House",
        "Can I arrive late?",
    ):  # fmt: skip
        assert words in text, words
    assert text.index("Is there a cot?") < text.index("Out of office") < text.index("Can I arrive late?")
    assert "A word for the other house" not in page.text, "it speaks for a property that the desk does not see"
    assert f"/portal/guests/{silva}/messages" in page.links
    assert "A word for the other house" in visit("hq").get(f"/portal/guests/{silva}").text
    chinese = in_chinese(visit("desk")).get(f"/portal/guests/{silva}/contacts").text
    for words in ("全部往来", "客人致电热线", "等待答复", "客人来信"):
        assert words in chinese, words
    nobody = visit("desk").get(f"/portal/guests/{talking.guests['vries']}/contacts")
    assert nobody.status == 200


def test_every_contact_has_words_and_looks() -> None:
    assert set(CHANNELS) <= set(contact_pages.CHANNEL_LABELS)
    assert set(contact_pages.MESSAGE_LABELS) == set(contact_pages.MESSAGE_LOOKS)
    for kind, labels in contact_pages.STATUS_LABELS.items():
        assert set(contact_pages.STATUS_LOOKS[kind]) <= set(labels), kind


def stop_mail(scope: Scope, address: str) -> None:
    unit = Unit(scope)
    suppressing.stop(unit, suppressing.target_of(scope, Contact("email", address)), "hard_bounce", scope.now)
    unit.commit()


def test_a_guest_is_answered_once(talking: World, visit: Visit) -> None:
    silva, desk = talking.guests["silva"], visit("desk")
    path = f"/portal/guests/{silva}/messages"
    page = desk.get(path)
    assert page.status == 200 and "At <two> in the morning." in page.text and "&lt;two&gt;" in page.html
    for words in (
        "2 attachments, which are not kept", "Picture · 浴室 <1>.jpg · 2.1 MB", "File · 1 kB",
        "Automatic answer", "João Ferreira", "E-mail · j***@guests.example",
        "Text message · ***",
    ):  # fmt: skip
        assert words in page.text, words
    assert "&lt;1&gt;.jpg" in page.html
    chinese = in_chinese(visit("desk")).get(path).text
    assert "2个附件，未保存" in chinese and "照片 · 浴室 <1>.jpg · 2.1 MB" in chinese and "文件 · 1 kB" in chinese
    # what is wrong is said beside the field, and what was typed is kept
    for fields, words in (
        ({"channel": "email", "text": "   "}, "fault-text"),
        ({"channel": "pigeon", "text": "Kept <b>"}, "fault-channel"),
        ({"channel": "call", "text": "Kept <b>"}, "fault-channel"),
    ):  # fmt: skip
        wrong = desk.submit(page, path, **fields)
        assert wrong.status == 422 and words in wrong.html and "Some fields are not right" in wrong.text
        assert ("Kept &lt;b&gt;" in wrong.html) == ("Kept" in fields["text"])
    sent = {**page.form(path), "channel": "email", "text": "Of course.\nThe door is open."}
    for _ in range(2):  # the button is pressed twice
        done = desk.post(path, sent)
        assert done.status == 303 and done.headers["location"] == path
    assert desk.post(path, {**sent, "form_token": "forged"}).status == 403
    again = desk.get(path).text
    assert again.count("The door is open.") == 1 and "We answered Ana Silva Being sent" in again


def test_refusals_in_plain_words(talking: World, visit: Visit) -> None:
    scope, desk = make_scope(talking.chain), visit("desk")
    nobody = desk.get(f"/portal/guests/{talking.guests['lefevre']}/messages")
    assert "There is no address or number at which this guest could be answered." in nobody.text
    path = f"/portal/guests/{talking.guests['vries']}/messages"
    page = desk.get(path)
    assert "Nothing has been written yet" in page.text
    stop_mail(scope, "zoe.devries@guests.example")
    refused = desk.submit(page, path, channel="email", text="Hello again")
    assert refused.status == 422 and "Messages to this address are stopped." in refused.text
    assert "Hello again" in refused.text and "E-mail: messages to this address are stopped." in refused.text
    in_words = in_chinese(visit("desk"))
    assert "发往该地址的消息已停止" in in_words.get(path).text
    refused = desk.submit(page, path, channel="sms", text="Hello again")
    assert refused.status == 422 and "no address or number for this channel" in refused.text


def test_whose_message_it_is(talking: World, visit: Visit) -> None:
    hq, message_id = visit("hq"), talking.told["unknown"]
    path = f"/portal/inbox/{message_id}/guest"
    page = hq.get("/portal/inbox")
    assert "u***@elsewhere.example" in page.text and UMBRELLA in page.text
    assert "/portal/inbox" in hq.get("/portal/deliveries").links
    wrong = hq.submit(page, path, q="Nobody Atall")
    assert wrong.status == 422 and "No guest was found by these words." in wrong.text
    assert f'id="fault-{message_id}"' in wrong.html and 'value="Nobody Atall"' in wrong.html
    found = hq.submit(page, path, q="Schmidt")
    assert found.status == 200 and "1 guest fits. It is only moved when you choose." in found.text
    schmidt = talking.guests["schmidt"]
    assert f'value="{schmidt}"' in found.html and UMBRELLA in hq.get("/portal/inbox").text
    fields = {**found.form(path), "guest_id": talking.rival_guest}
    assert "is no guest of the chain" in hq.post(path, fields).text
    chosen = {**found.form(path), "guest_id": schmidt}
    for _ in range(2):
        done = hq.post(path, chosen)
        assert done.status == 303 and done.headers["location"] == f"/portal/guests/{schmidt}/messages"
    assert UMBRELLA not in hq.get("/portal/inbox").text
    assert hq.follow(done).text.count(UMBRELLA) == 1
    assert visit("rival").post(path, {}).status == 403


def test_walls_and_readers(talking: World, visit: Visit) -> None:
    silva, desk = talking.guests["silva"], visit("desk")
    beyond = (f"/portal/guests/{talking.hill_guest}", f"/portal/guests/{talking.rival_guest}")
    for guest in beyond:
        for page in ("messages", "contacts"):
            assert desk.get(f"{guest}/{page}").status == 404
    own = desk.get(f"/portal/guests/{silva}/messages").form(f"/portal/guests/{silva}/messages")
    answer = {**own, "channel": "email", "text": "Over the wall"}
    assert desk.post(f"{beyond[0]}/messages", answer).status == 404
    assert desk.get("/portal/inbox").status == 403 and "/portal/inbox" not in desk.get("/portal/deliveries").links
    assert desk.get(f"/portal/guests/{silva}/messages?cursor=cur_x").status == 400
    analyst = somebody(talking, "hq_analyst")
    for page in (f"/portal/guests/{silva}/messages", "/portal/inbox"):
        seen = analyst.get(page)
        assert seen.status == 200 and not re.search(r'<form[^>]*(messages|/guest)"', seen.html)
    token = {"form_token": analyst.get("/portal/guests").form("/portal/sign-out")["form_token"]}
    for target in (f"/portal/guests/{silva}/messages", f"/portal/inbox/{new_id('msg')}/guest"):
        assert analyst.post(target, {**token, "key": "k", "channel": "email", "text": "Hi", "q": "x"}).status == 403


def test_the_hotline(talking: World, visit: Visit) -> None:
    desk, path, silva = visit("desk"), "/portal/hotline", talking.guests["silva"]
    page = desk.get(path)
    assert "João Ferreira waits for 26 minutes Is there a cot?" in page.text and "A word for the other" not in page.text
    asked = {"property_id": str(talking.harbour.id), "about": "Is the <pool> open?"}
    for fields, words in (
        ({"who": ""}, "Say who has called"), ({"who": "Nobody Atall"}, "No guest was found by these words."),
        ({"who": "Schmidt"}, "Choose whom you mean."), ({"who": "+351 912 000 777", "about": ""}, 'id="fault-about"'),
        ({"who": "+351 912 000 777", "about": " "}, 'id="fault-about"'),
    ):  # fmt: skip
        wrong = desk.submit(page, path, **{**asked, **fields})
        assert wrong.status == 422 and words in wrong.html, (fields, wrong.text)
        assert f'value="{fields["who"]}"' in wrong.html
        assert ("Is the &lt;pool&gt; open?" in wrong.html) != ("about" in fields)
    chosen = desk.submit(page, path, **asked, who="Schmidt").html
    assert f'name="guest_id" value="{talking.guests["schmidt"]}"' in chosen
    # by a number that a guest has it is the guest, by another one a stranger; twice the same form is one call
    for who in ("+351 912 345 678", "+351 912 000 777"):
        form = {**desk.get(path).form(path), **asked, "who": who}
        assert [desk.post(path, form).status for _ in range(2)] == [303, 303]
    waiting = desk.get(path)
    assert waiting.text.count("Is the <pool> open?") == 2 and "+351912000777 waits for" in waiting.text
    from_the_guest = desk.get(f"{path}?guest={silva}")
    assert f'name="guest_id" value="{silva}"' in from_the_guest.html and "Somebody else" in from_the_guest.text
    answered = {"about": "A taxi?", "answer": "It comes at eight.", "is_answered": "yes"}
    done = desk.submit(from_the_guest, path, **{**asked, **answered})
    assert done.status == 303 and "A taxi?" not in desk.get(path).text
    shown = desk.get(f"{path}?show=all").text
    assert "answered after 0 seconds A taxi? It comes at eight." in shown and "Harbour House 4 1 0 seconds" in shown
    oldest = re.findall(r"/portal/hotline/(hot_\w+)/answer", desk.get(path).html)
    answer = f"{path}/{oldest[0]}/answer"
    assert desk.submit(desk.get(path), answer, answer="There is one.").status == 303
    late = desk.submit(waiting, answer, answer="No, there is none.")
    assert late.status == 422 and "This caller has been answered already." in late.text
    assert "There is one." in desk.get(f"{path}?show=all").text


def test_the_walls_of_the_hotline(talking: World, visit: Visit) -> None:
    scope, desk, path = make_scope(talking.chain), visit("desk"), "/portal/hotline"
    page = desk.get(path)
    other = hotline.log_contact(scope, Told(talking.hill.id, "Beyond", phone="+351912000999"))
    form = {**page.form(path), "about": "Hello", "who": "+351912000111"}
    assert desk.post(path, {**form, "property_id": str(talking.hill.id)}).status == 404
    assert desk.post(f"{path}/{other.id}/answer", {**form, "answer": "Yes"}).status == 404
    assert desk.get(f"{path}?property={talking.hill.id}").status == 404
    hidden = desk.get(f"{path}?guest={talking.hill_guest}")
    assert "Rosa" not in hidden.text and 'name="who"' in hidden.html
    stranger = {**form, "property_id": str(talking.harbour.id), "guest_id": talking.hill_guest}
    refused = desk.post(path, stranger)
    assert refused.status == 422 and "is no guest of the chain" in refused.text
    analyst = somebody(talking, "hq_analyst")
    seen = analyst.get(path)
    assert seen.status == 200 and "Beyond" in seen.text and f'method="post" action="{path}' not in seen.html
    token = {"form_token": analyst.get("/portal/guests").form("/portal/sign-out")["form_token"], "key": "k"}
    assert analyst.post(path, {**token, "about": "x"}).status == 403
    assert analyst.post(f"{path}/{other.id}/answer", {**token, "answer": "x"}).status == 403
    chinese = in_chinese(visit("hq")).get(path).text
    for words in ("热线", "仍在等待的来电", "九成不超过", "登记来电"):
        assert words in chinese, words
