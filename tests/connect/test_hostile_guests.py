"""Hostile text in guests, through the API and through files: kept and shown faithfully, or refused clearly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.connect import service
from chalicelib.guests import service as guests
from chalicelib.web.sessions import LANGUAGE_COOKIE, cookie_name, session_cookie
from tests.builders import make_chain, make_key, make_property, make_staff
from tests.client import Client
from tests.connect.fakes import csv_bytes
from tests.portal.conftest import cookie_value
from tests.portal.visitor import Visitor

# What is kept as it was written.
FAITHFUL = {
    "arabic": "عبد الله بن محمد",
    "hebrew with points": "שָׁלוֹם",
    "joiners inside": "می\u200cخواهم",
    "emoji of a family": "👩\u200d👩\u200d👧\u200d👦 Silva",
    "astral Han": "𠮷野",
    "markup": "<script>alert('x')</script>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "template": "{{ 7 * 7 }}{% raw %}${7*7}",
    "query": "Robert'); DROP TABLE guests;--",
    "null words": "null",
    "false": "false",
    "number": "1E400",
    "formula": "=cmd()",
    "formula with a pipe": "=cmd|' /C calc'!A0",
    "at": "@SUM(A1)",
    "plus": "+1-1",
    "apostrophe": "'=1",
    "path": "../../../etc/passwd",
    "percent": "%s%n%(limit)d%%",
    "long": "Wolfeschlegelsteinhausen" * 12 + "berger-Herzog",  # 301 letters less one
}
FAITHFUL["long"] = FAITHFUL["long"][:300]
# What is kept without what nobody sees, and could make a name read as another.
CLEANED = {
    "zero width at the ends": ("\u200bAna\ufeff", "Ana"),
    "an override": ("Ana \u202egnp.exe", "Ana gnp.exe"),
    "isolates": ("\u2066Ana\u2069", "Ana"),
    "composed": ("Ame\u0301lie", "Am\u00e9lie"),
    "blanks": ("\u3000 Ana \u00a0", "Ana"),
}
REFUSED = {
    "too long": ("x" * 301, "300"),
    "a bell": ("An\x07a", "control"),
    "an escape": ("An\x1b[31ma", "control"),
    "a line end": ("Ana\nSilva", "control"),
    "a separator": ("Ana\u2028Silva", "control"),
    "zalgo": ("A" + "\u0301" * 40 + "na", "marks"),
}


@pytest.fixture(scope="module")
def place() -> Iterator[Any]:
    """A house, a key and a member of staff; made once, because every test only adds guests."""
    from tests.conftest import fresh_stack

    engine = fresh_stack()
    _, hq = make_chain()
    house = make_property(hq)
    staff = make_staff(hq, "hq_admin")
    visitor = Visitor()
    visitor.cookies[cookie_name()] = cookie_value(session_cookie(str(staff.chain_id), str(staff.id)))
    visitor.cookies[LANGUAGE_COOKIE] = "en"
    yield {"engine": engine, "hq": hq, "house": house, "client": Client(make_key(hq)), "visitor": visitor}


@pytest.fixture(autouse=True)
def _stack() -> None:
    """The stack is kept from test to test in this file."""


def run_file(place: Any, rows: list[list[str]]) -> Any:
    record = service.create_import(place["hq"], kind="guests", property_id=place["house"].id, file_name="x.csv")
    service.upload(place["hq"], str(record.id), csv_bytes(rows))
    run = service.start_run(place["hq"], str(record.id), "real", is_queued=False)
    while not service.advance_run(place["hq"], str(record.id), str(run.id)):
        pass
    return service.report_of(place["hq"], str(record.id), str(run.id))


def imported(place: Any, texts: list[str]) -> tuple[Any, dict[int, str]]:
    """The report of a file with these texts as family names, and the guests' ids by their place in it."""
    rows = [[f"H-{number}", "Ana", text] for number, text in enumerate(texts)]
    report = run_file(place, [["external_id", "given_name", "family_name"], *rows])
    keys = {number: ("import", place["house"].id, f"H-{number}") for number in range(len(texts))}
    found = guests.ids_by_external(place["hq"], keys.values())
    return report, {number: found[key] for number, key in keys.items() if key in found}


class TestKept:
    def test_by_the_api_in_json_and_html(self, place: Any) -> None:
        for name, text in FAITHFUL.items():
            reply = place["client"].post("/v1/guests", {"given_name": text, "home_property_id": place["house"].id})
            assert reply.status == 201, (name, reply.text)
            shown = place["client"].get(f"/v1/guests/{reply.json['id']}")
            assert shown.json["given_name"] == text, name
            page = place["visitor"].get(f"/portal/guests/{reply.json['id']}")
            assert (page.status, name) == (200, name)
            assert " ".join(text.split()) in page.text, name

    def test_by_a_file(self, place: Any) -> None:
        texts = list(FAITHFUL.values())
        report, found = imported(place, texts)
        assert int(report.run.rejected) == 0
        for number, text in enumerate(texts):
            assert guests.get(place["hq"], found[number]).family_name == text

    def test_what_nobody_sees_is_left_out(self, place: Any) -> None:
        texts = [written for written, _ in CLEANED.values()]
        _, found = imported(place, texts)
        for number, (name, (written, kept)) in enumerate(CLEANED.items()):
            reply = place["client"].post("/v1/guests", {"given_name": written, "home_property_id": place["house"].id})
            assert reply.json["given_name"] == kept, name
            assert guests.get(place["hq"], found[number]).family_name == kept, name

    def test_markup_is_never_markup(self, place: Any) -> None:
        for name in ("markup", "attribute", "template"):
            body = {"given_name": FAITHFUL[name], "family_name": "Zmark", "home_property_id": place["house"].id}
            guest_id = place["client"].post("/v1/guests", body).json["id"]
            for target in (f"/portal/guests/{guest_id}", "/portal/guests"):
                page = place["visitor"].get(target)
                assert "<script>alert" not in page.html
                assert not [1 for _, attributes in page.tags for key, _ in attributes if key == "onmouseover"]
                assert "49{% raw" not in page.html


class TestRefused:
    def test_by_the_api_with_the_reason(self, place: Any) -> None:
        for name, (text, word) in REFUSED.items():
            reply = place["client"].post("/v1/guests", {"given_name": text, "home_property_id": place["house"].id})
            assert reply.status == 422, name
            (error,) = reply.json["errors"]
            assert error["pointer"] == "/given_name" and word in error["detail"], (name, error)

    def test_by_a_file_row_by_row(self, place: Any) -> None:
        report, found = imported(place, [*(text for text, _ in REFUSED.values()), "Neighbour"])
        assert int(report.run.rejected) == len(REFUSED)
        for one, (text, word) in zip(report.rejected, REFUSED.values(), strict=True):
            said = one.said("en")
            assert said.startswith("family_name: ") and word in said, text
        assert guests.get(place["hq"], found[len(REFUSED)]).family_name == "Neighbour"

    def test_half_a_character(self, place: Any) -> None:
        raw = b'{"given_name": "A\\ud83d", "home_property_id": "%s"}' % place["house"].id.encode()
        assert place["client"].ask("POST", "/v1/guests", raw=raw).status == 400

    def test_bytes_that_are_no_text(self, place: Any) -> None:
        record = service.create_import(place["hq"], kind="guests", property_id=place["house"].id, file_name="x.csv")
        content = "external_id,family_name\nN-1,王\n".encode() + b"N-2,\xff\xfe\nN-3,nul\x00byte\n"
        service.upload(place["hq"], str(record.id), content)
        rows = service.preview_of(place["hq"], str(record.id)).rows
        assert [row.staged.outcome for row in rows] == ["created", "rejected", "rejected"]


class TestFiles:
    @pytest.mark.parametrize("name", ["formula", "formula with a pipe", "at", "plus", "arabic", "emoji of a family"])
    def test_formulas_are_harmless_in_a_download_only(self, place: Any, name: str) -> None:
        """Where a spreadsheet opens it, it has a mark before it; in the store and in JSON it has not."""
        text = FAITHFUL[name]
        report = run_file(place, [["external_id", "family_name", "email"], ["F-1", text, "(at)"]])
        address = service.rejected_file(place["hq"], str(report.run.import_id), str(report.run.id))
        _, _, body = place["engine"].fetch("GET", address.url)
        row = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))[1]
        is_formula = text.startswith(("=", "+", "@"))
        assert row[1] == ("'" if is_formula else "") + text
        shown = (
            place["client"].get(f"/v1/imports/{report.run.import_id}/runs/{report.run.id}/rejected-rows").json["data"]
        )
        assert shown[0]["cells"]["family_name"] == text

    def test_previews_show_what_would_be_kept(self, place: Any) -> None:
        record = service.create_import(place["hq"], kind="guests", property_id=place["house"].id, file_name="x.csv")
        texts = [FAITHFUL["markup"], FAITHFUL["formula"], CLEANED["an override"][0]]
        rows = [["external_id", "family_name"], *([f"P-{n}", text] for n, text in enumerate(texts))]
        service.upload(place["hq"], str(record.id), csv_bytes(rows))
        page = place["visitor"].get(f"/portal/imports/{record.id}/columns")
        assert "<script>alert" not in page.html and "\u202e" not in page.html
        for text in (*texts[:2], CLEANED["an override"][1]):
            assert text in page.text
