"""API Gateway's catch-all becomes our routes, and addresses live behind any base path."""

from __future__ import annotations

import re
from typing import Any

import pytest

import app
from chalicelib.web.entrance import routed, split_base, with_base


def event_of(sent: str, proxy: str | None, method: str = "GET", *, below: str | None = None) -> dict[str, Any]:
    """What API Gateway sends for a path: `sent` whole, `below` without its own stage."""
    resource = "/" if proxy is None else "/{proxy+}"
    return {
        "resource": resource,
        "path": below or sent,
        "httpMethod": method,
        "headers": {"host": "care.example"},
        "multiValueHeaders": {"host": ["care.example"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None if proxy is None else {"proxy": proxy},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource, "httpMethod": method, "path": sent, "stage": "api", "identity": {},
        },
        "body": None,
        "isBase64Encoded": False,
    }  # fmt: skip


class TestSplitBase:
    @pytest.mark.parametrize(
        ("sent", "proxy", "wanted"),
        [
            ("/api/v1/guests", "v1/guests", ("/api", "/v1/guests")),
            ("/v1/guests", "v1/guests", ("", "/v1/guests")),
            ("/care/eu/v1/guests/", "v1/guests/", ("/care/eu", "/v1/guests/")),
            ("/api", None, ("/api", "/")),
            ("/api/", None, ("/api", "/")),
            ("/", None, ("", "/")),
            ("/api/v1/a%20b", "v1/a b", ("/api", "/v1/a%20b")),
            ("//portal", "portal", ("", "/portal")),
            ("/api//portal", "/portal", ("/api", "/portal")),
        ],
    )
    def test_what_the_catch_all_took_is_ours(self, sent: str, proxy: str | None, wanted: tuple[str, str]) -> None:
        assert split_base(event_of(sent, proxy)) == wanted

    @pytest.mark.parametrize(
        ("sent", "proxy"),
        [
            ("/portal", "a/b/c"),
            ('/"><script>/portal', "portal"),
            ("/a%22b/portal", "portal"),
        ],
    )
    def test_what_no_base_can_be_is_none(self, sent: str, proxy: str) -> None:
        assert split_base(event_of(sent, proxy)) == ("", sent)


class TestRouted:
    def test_the_event_names_our_pattern_and_its_parameters(self) -> None:
        found = routed(event_of("/api/v1/guests/gst_1", "v1/guests/gst_1"), "/v1/guests/gst_1")
        assert found["requestContext"]["resourcePath"] == found["resource"] == "/v1/guests/{guest_id}"
        assert found["pathParameters"] == {"guest_id": "gst_1"}
        assert found["requestContext"]["path"] == found["path"] == "/v1/guests/gst_1"

    def test_an_event_is_left_as_it_was(self) -> None:
        event = event_of("/api/healthz", "healthz")
        routed(event, "/healthz")
        assert event == event_of("/api/healthz", "healthz")


class TestWithBase:
    def test_nothing_changes_at_the_root(self) -> None:
        answer = {"statusCode": 303, "headers": {"Location": "/portal"}, "body": ""}
        assert with_base(answer, "") is answer

    @pytest.mark.parametrize(
        ("name", "value", "wanted"),
        [
            ("Location", "/v1/guests/gst_1", "/api/v1/guests/gst_1"),
            ("HX-Redirect", "/portal?x=/y", "/api/portal?x=/y"),
            ("Location", "https://files.example/key", "https://files.example/key"),
            ("Location", "//elsewhere.example", "//elsewhere.example"),
            ("Content-Language", "/", "/"),
        ],
    )
    def test_headers(self, name: str, value: str, wanted: str) -> None:
        answer = {"statusCode": 200, "headers": {name: value}, "multiValueHeaders": {}, "body": ""}
        assert with_base(answer, "/api")["headers"] == {name: wanted}

    def test_cookies_stay_within_the_base(self) -> None:
        cookie = "hospes_session=a/b; Path=/; Max-Age=60; HttpOnly"
        answer = {"statusCode": 200, "headers": {}, "multiValueHeaders": {"Set-Cookie": [cookie]}, "body": ""}
        wanted = "hospes_session=a/b; Path=/api; Max-Age=60; HttpOnly"
        assert with_base(answer, "/api")["multiValueHeaders"] == {"Set-Cookie": [wanted]}

    @pytest.mark.parametrize(
        ("page", "wanted"),
        [
            ('<a class="x" href="/portal?a=b">', '<a class="x" href="/api/portal?a=b">'),
            ('<form method="get" action="/portal" hx-get="/portal">', None),
            ('<script src="/static/a.js?v=1"></script>', '<script src="/api/static/a.js?v=1"></script>'),
            ('<a href="//x"><a href="https://x/"><a href="#top"><a href="?lang=en">', ""),
            ('<input value="/portal"><option value="/a">', ""),
            ("<p>href=&#34;/portal&#34; and href=\"/x</p>", ""),
        ],
    )
    def test_pages(self, page: str, wanted: str | None) -> None:
        answer = {"statusCode": 200, "headers": {"Content-Type": "text/html; charset=utf-8"}, "body": page}
        if wanted is None:
            wanted = page.replace('"/portal', '"/api/portal')
        assert with_base(answer, "/api")["body"] == (wanted or page)

    def test_what_is_no_page_is_left_alone(self) -> None:
        answer = {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"href":"/x"}'}
        assert with_base(answer, "/api")["body"] == answer["body"]


class TestThroughTheDoor:
    def test_our_own_404(self) -> None:
        answer = app.handler(event_of("/api/no/such/thing", "no/such/thing", below="/no/such/thing"), None)
        assert answer["statusCode"] == 404
        assert answer["headers"]["Content-Type"] == "application/problem+json"

    def test_the_root(self) -> None:
        answer = app.handler(event_of("/api", None, below="/"), None)
        assert (answer["statusCode"], answer["headers"]["Location"]) == (303, "/api/portal")

    def test_every_address_of_a_page_has_the_base(self) -> None:
        event = event_of("/care/portal/sign-in", "portal/sign-in")
        body = app.handler(event, None)["body"]
        assert body.count('"/care/') >= 4
        assert not re.findall(r'(?:href|src|action|hx-\w+)="/(?!care/)', body)

    def test_the_way_back_after_signing_in_is_ours(self) -> None:
        answer = app.handler(event_of("/api/portal/guests", "portal/guests", below="/portal/guests"), None)
        assert answer["headers"]["Location"] == "/api/portal/sign-in?next=/portal/guests"

    def test_a_method_that_is_not_offered(self) -> None:
        answer = app.handler(event_of("/api/healthz", "healthz", "DELETE"), None)
        assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD, OPTIONS")
