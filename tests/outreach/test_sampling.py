"""What the portal shows of a message is what is sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from chalicelib.kernel.errors import NotFound
from chalicelib.outreach import service
from chalicelib.outreach.rules.vocabulary import OCCASIONS
from chalicelib.outreach.service.sampling import sample
from tests.outreach.test_calls_pages import signed_in
from tests.outreach.world import World

OFFER = {"en": "Two nights for one.", "zh": "住二付一。"}
MARKETING = {"purpose": "marketing", "channel": "email", "state": "granted", "source": "booking form"}


@pytest.mark.parametrize(("language", "given", "family"), [("en", "Ana", "Silva"), ("zh", "小明", "王")])
def test_a_sample_is_the_mail_that_is_sent(world: World, language: str, given: str, family: str) -> None:
    service.publish(world.hq, "birthday", is_on=True, offer=OFFER)
    world.guest(given_name=given, family_name=family, language=language, consents=[MARKETING])
    world.advance(datetime(2026, 3, 10, 11, tzinfo=UTC))
    mail, shown = world.mail(), sample(world.hq, "birthday", language)
    assert str(mail["Subject"]) == shown["subject.txt"].strip()
    for kind, part in (("plain", "body.txt"), ("html", "body.html")):
        body = mail.get_body((kind,))
        assert body is not None
        sent = re.sub(r"https?://[^\s\"]+/u/[^\s\"]+", "#", body.get_content().replace("\r\n", "\n"))
        assert sent.strip() == shown[part].strip() and OFFER[language] in sent


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_occasion_can_be_looked_at(world: World, language: str) -> None:
    found = {occasion: sample(world.hq, occasion, language) for occasion in OCCASIONS}
    subjects = {letter["subject.txt"] for letter in found.values()}
    assert len(subjects) > len(OCCASIONS) - 3
    assert [name for name, letter in found.items() if "1204" in letter["body.txt"]] == ["stay_changed", "room_ready"]
    house = {"en": "Harbour House", "zh": "海港酒店"}[language]
    for letter in found.values():
        assert letter["subject.txt"].strip() and house in letter["body.txt"]
        assert house in letter["body.html"] and "</html>" in letter["body.html"]


def test_the_page_and_the_mail_itself(world: World) -> None:
    desk = signed_in(world, "property_manager", property_ids=[world.house.id])
    page = desk.get("/portal/occasions/festival")
    assert "As the guest reads it" in page.text and "New Year" in page.text and "王小明" in page.text
    link = next(one for one in page.links if one.endswith("mail?to=zh"))
    mail = desk.get(link)
    assert mail.status == 200 and mail.headers["content-language"] == "zh" and "中秋节" in mail.html
    policy = mail.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "form-action" not in policy
    assert desk.get("/portal/occasions/festival/mail?to=fr").status == 404
    assert desk.get("/portal/occasions/nothing/mail").status == 404
    with pytest.raises(NotFound):
        sample(world.hq, "nothing", "en")
