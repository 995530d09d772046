"""Signing in and out, and what a session is worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
import time_machine
from itsdangerous import URLSafeTimedSerializer

from chalicelib.directory import service as directory
from chalicelib.directory.models import Staff
from chalicelib.directory.schemas import ActivityQuery
from chalicelib.directory.service.signing_in import SESSION_LASTS
from chalicelib.kernel.settings import settings
from chalicelib.web.pages import safe_next
from chalicelib.web.sessions import SESSION_HOURS, cookie_name
from tests.builders import make_staff
from tests.portal.visitor import HOST, Visitor
from tests.portal.world import PASSWORD, World

Visit = Callable[..., Visitor]


def test_nobody_is_led_to_sign_in_and_back(world: World, visit: Visit, looks: dict[str, str]) -> None:
    for address in looks.values():
        page = visit().get(address)
        assert (page.status, page.headers["location"]) == (303, f"/portal/sign-in?next={quote(address)}")
        assert page.html == ""


def test_the_bare_address_leads_to_the_portal(world: World, visit: Visit) -> None:
    page = visit().follow(visit().get("/"))
    assert page.status == 200
    assert "Sign in" in page.text


def test_a_desk_starts_with_its_arrivals_and_headquarters_with_its_properties(world: World) -> None:
    desk = Visitor().sign_in(world.email("desk"), PASSWORD)
    assert "Wednesday, 4 March 2026" in desk.text
    assert "Properties" in Visitor().sign_in(world.email("hq"), PASSWORD).text


def test_signing_in_goes_on_where_one_wanted_to_go(world: World) -> None:
    visitor = Visitor()
    form = visitor.get("/portal/sign-in?next=%2Fportal%2Fguests%3Flanguage%3Dde")
    answer = visitor.submit(form, "/portal/sign-in", email=world.email("desk"), password=PASSWORD)
    assert (answer.status, answer.headers["location"]) == (303, "/portal/guests?language=de")


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_along_by_other_sites(world: World) -> None:
    visitor = Visitor()
    answer = visitor.submit(
        visitor.get("/portal/sign-in"), "/portal/sign-in", email=world.email("desk"), password=PASSWORD
    )
    assert len(answer.reply.cookies) == 1
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(answer.reply.cookies[0].split("; "))


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD.upper()])
def test_a_wrong_password_keeps_the_address_and_forgets_the_password(world: World, password: str) -> None:
    staff = make_staff(world.hq, "front_desk", property_ids=[world.harbour.id])
    visitor = Visitor()
    form = visitor.get("/portal/sign-in?next=/portal/guests")
    page = visitor.submit(form, "/portal/sign-in", email=str(staff.email), password=password)
    assert page.status == 401
    assert "E-mail or password is not right." in page.text
    fields = {dict(attributes).get("name"): dict(attributes) for tag, attributes in page.tags if tag == "input"}
    assert fields["email"]["value"] == staff.email
    assert "value" not in fields["password"]
    assert fields["next"]["value"] == "/portal/guests"
    assert not visitor.cookies


def test_after_five_wrong_passwords_one_has_to_wait(world: World) -> None:
    visitor = Visitor()
    email = "nobody@staff.example"
    statuses = []
    for _ in range(7):
        form = visitor.get("/portal/sign-in")
        page = visitor.submit(form, "/portal/sign-in", email=email, password="wrong")
        statuses.append(page.status)
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    assert "Too many wrong passwords. Try again in" in page.text


def test_signing_out_ends_the_session(world: World, visit: Visit) -> None:
    visitor = visit("desk")
    page = visitor.submit(visitor.get("/portal/guests"), "/portal/sign-out")
    assert page.headers["location"] == "/portal/sign-in"
    assert visitor.get("/portal/guests").status == 303


def test_a_copy_of_the_cookie_opens_nothing_after_signing_out(world: World, visit: Visit) -> None:
    """Whoever has copied the cookie of the desk's computer is out as well; the same person elsewhere stays in."""
    visitor, elsewhere = visit("desk"), visit("desk")
    copied = visitor.cookies[cookie_name()]
    visitor.submit(visitor.get("/portal/guests"), "/portal/sign-out")
    thief = visit()
    thief.cookies[cookie_name()] = copied
    assert thief.get("/portal/guests").status == 303
    assert elsewhere.get("/portal/guests").status == 200
    entries, _ = directory.activity_page(world.hq, ActivityQuery(subject_id=str(world.staff["desk"].id)))
    assert entries[0].action == "staff.signed_out"


def test_no_more_ends_of_sessions_are_kept_than_can_matter(world: World, visit: Visit) -> None:
    """A session outlives its cookie's age nowhere, so the end of an old one need not be remembered."""
    assert timedelta(hours=SESSION_HOURS) == SESSION_LASTS
    visitor = visit("desk")
    visitor.submit(visitor.get("/portal/guests"), "/portal/sign-out")
    with time_machine.travel(datetime.now(UTC) + SESSION_LASTS + timedelta(minutes=1), tick=True):
        visitor = visit("desk")
        visitor.submit(visitor.get("/portal/guests"), "/portal/sign-out")
        staff = Staff.find(world.hq.chain_id, str(world.staff["desk"].id))
    assert staff is not None
    assert len(staff.ended_sessions) == 1


def test_a_session_lasts_for_one_long_shift(world: World, visit: Visit) -> None:
    visitor = visit("desk")
    assert visitor.get("/portal/guests").status == 200
    later = datetime.now(UTC) + timedelta(hours=SESSION_HOURS, minutes=1)
    with time_machine.travel(later, tick=True):
        assert visitor.get("/portal/guests").status == 303


@pytest.mark.parametrize("cookie", ["", "x", "eyJ4IjoxfQ.x.x", "a.b.c.d"])
def test_a_forged_cookie_is_no_session(world: World, visit: Visit, cookie: str) -> None:
    visitor = visit()
    visitor.cookies[cookie_name()] = cookie
    assert visitor.get("/portal/guests").status == 303


def test_somebody_elses_signature_signs_nobody_in(world: World, visit: Visit) -> None:
    """Ids are no secrets: whoever knows them all, and the form of a cookie, still lacks the key."""
    staff, salt = world.staff["desk"], "portal session"
    content = [world.chain.id, staff.id, datetime.now(UTC).timestamp()]
    for secret, status in ((settings().secret, 200), ("another", 303), ("", 303)):
        visitor = visit()
        visitor.cookies[cookie_name()] = str(URLSafeTimedSerializer(secret, salt=salt).dumps(content))
        assert visitor.get("/portal/guests").status == status, secret


def test_a_part_of_a_page_is_not_filled_with_the_sign_in_form(world: World, visit: Visit) -> None:
    page = visit().get("/portal/guests?language=de", hx_request="true")
    assert (page.status, page.headers["hx-redirect"]) == (204, "/portal/sign-in?next=/portal/guests%3Flanguage%3Dde")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//evil.example",
        "https://evil.example/portal",
        "/portalx",
        "/portal\\evil",
        "/portal/\r\nSet-Cookie: a=b",
        "/portal/客",
        "/v1/guests",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_led_out_of_the_portal(path: str) -> None:
    assert safe_next(path) == "/portal"


@pytest.mark.parametrize("path", ["/portal", "/portal/guests", "/portal/guests?a=%2F%2Fx", "/portal?x=1"])
def test_addresses_of_ours_are_kept(path: str) -> None:
    assert safe_next(path) == path


class TestForms:
    """A form counts only where it was shown by us to this session."""

    def test_without_a_token(self, world: World, visit: Visit) -> None:
        page = visit("desk").post("/portal/guests/searches", {"q": "wang"})
        assert page.status == 403
        assert "This form is too old. Load the page again." in page.text

    @pytest.mark.parametrize("token", ["x", "W10.forged", "W10.AAAAAAAAAAAAAAAAAAAAAAAAAAA"])
    def test_with_a_forged_token(self, world: World, visit: Visit, token: str) -> None:
        assert visit("desk").post("/portal/guests/searches", {"q": "wang", "form_token": token}).status == 403

    def test_with_the_token_of_another_session(self, world: World, visit: Visit) -> None:
        hq = visit("hq")
        token = hq.get("/portal/guests").form("/portal/guests/searches")["form_token"]
        assert visit("desk").post("/portal/guests/searches", {"q": "wang", "form_token": token}).status == 403
        assert hq.post("/portal/guests/searches", {"q": "wang", "form_token": token}).status == 303

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": f"https://{HOST}.evil.example"},
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
        ],
    )
    def test_from_another_site(self, world: World, visit: Visit, headers: dict[str, str]) -> None:
        visitor = visit("desk")
        fields = visitor.get("/portal/guests").form("/portal/guests/searches")
        page = visitor.post("/portal/guests/searches", {**fields, "q": "wang"}, **headers)
        assert page.status == 403
        assert "another site" in page.text

    def test_of_another_kind(self, world: World, visit: Visit) -> None:
        page = visit("desk").post("/portal/guests/searches", {}, content_type="application/json")
        assert page.status == 415
        assert page.headers["content-type"].startswith("text/html")
