"""A file goes from somebody's machine into the product through the portal: form, preview, check, import."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.connect import service as connect
from chalicelib.web.sessions import LANGUAGE_COOKIE
from tests import conftest
from tests.builders import make_scope
from tests.conftest import work_off_queues
from tests.portal.visitor import Page, Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]

ROWS = b"external_id,given_name,family_name\nV-1,Vera,Vaz\nV-2,Viktor,Vogel\n"


def file_form(page: Page) -> tuple[str, dict[str, str]]:
    """Where the form with the file is sent to, and what stands in it."""
    address = next(dict(given)["action"] for tag, given in page.tags if tag == "form" and "data-upload" in dict(given))
    return address, page.form(address)


def send(page: Page, content: bytes, **changed: str) -> tuple[int, dict[str, str]]:
    """Send a file as a browser does that has no scripts; the status, and the headers of the answer."""
    address, fields = file_form(page)
    parts = [
        f'--seam\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in {**fields, **changed}.items()
    ]
    head = b'--seam\r\nContent-Disposition: form-data; name="file"; filename="guests.csv"\r\n\r\n'
    body = b"".join([*parts, head, content, b"\r\n--seam--\r\n"])
    status, headers, _ = conftest._engine().fetch(
        "POST", address, body, {"Content-Type": "multipart/form-data; boundary=seam"}
    )
    return status, headers


def announced(visitor: Visitor, world: World, **fields: str) -> Page:
    """Say what is in a file, and arrive where it is chosen."""
    visitor.cookies[LANGUAGE_COOKIE] = "en"
    page = visitor.get("/portal/imports/new")
    sent = {"kind": "guests", "property_id": world.harbour.id, "system": "pms-v", **fields}
    return visitor.follow(visitor.submit(page, "/portal/imports", **sent))


def id_of(page: Page) -> str:
    """The import that a page to choose a file belongs to."""
    path = next(dict(given)["data-upload"] for tag, given in page.tags if "data-upload" in dict(given))
    return str(path.split("/")[3])


class TestTheWholeWay:
    def test_without_scripts(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        assert "/portal/imports/new" in visitor.get("/portal/imports").links
        page = announced(visitor, world)
        import_id = id_of(page)
        record = connect.get_import(make_scope(world.chain), import_id)
        assert (record.system, record.numbers, record.property_id) == ("pms-v", "property", world.harbour.id)
        assert record.file_name.startswith("Guests ") and record.file_name.endswith(".csv")

        status, headers = send(page, ROWS)
        assert status == 303
        back = headers["Location"].partition("?")[0]
        assert back.endswith(f"/portal/imports/{import_id}/columns")
        page = visitor.get(f"/portal/imports/{import_id}/columns?bucket=b&key=k&etag=e")
        assert "Vera" in page.text and "New" in page.text
        visitor.submit(page, f"/portal/imports/{import_id}/runs", mode="real")
        work_off_queues()
        assert "Created 2 Updated 0" in visitor.get(f"/portal/imports/{import_id}").text

    def test_the_file_is_called_as_it_is(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        page = announced(visitor, world)
        here = f"/portal/imports/{id_of(page)}/file"
        token = next(dict(given)["data-token"] for tag, given in page.tags if "data-token" in dict(given))
        told = {"form_token": token, "file_name": "Gäste <b>März</b>.csv"}
        assert visitor.post(here, told).status == 204
        again = visitor.get(here)
        assert "Gäste <b>März</b>.csv" in again.text and "<b>März" not in again.html
        assert visitor.post(here, {**told, "file_name": " "}).status == 422
        assert visitor.post(here, {**told, "file_name": "x" * 256}).status == 422
        assert visitor.post(here, {**told, "form_token": "x"}).status == 403

    def test_what_is_no_file_is_said_where_another_can_be_chosen(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        page = announced(visitor, world)
        columns = f"/portal/imports/{id_of(page)}/columns"
        none = visitor.get(columns)
        assert none.status == 409 and "No file has been uploaded yet." in none.text and file_form(none)
        assert send(page, b"PK\x03\x04\x00\x00\xff\xff" * 40)[0] == 303
        broken = visitor.get(columns)
        assert broken.status == 409 and file_form(broken)
        assert send(broken, ROWS)[0] == 303
        assert "Vera" in visitor.get(columns).text

    def test_in_chinese(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        page = announced(visitor, world)
        for address, words in (
            ("/portal/imports/new", "先说明文件内容"),
            (f"/portal/imports/{id_of(page)}/file", "上传并查看"),
        ):
            assert words in visitor.get(f"{address}?lang=zh").text


class TestWalls:
    def test_the_browser_may_send_it_there_and_nowhere_else(self, world: World, visit: Visit) -> None:
        page = announced(visit("manager"), world)
        origin = "/".join(file_form(page)[0].split("/")[:3])
        policy = page.headers["content-security-policy"]
        assert f"form-action 'self' {origin};" in policy and "connect-src 'self';" in policy
        other = visit("manager").get("/portal/imports")
        assert "form-action 'self';" in other.headers["content-security-policy"]

    def test_the_form_is_for_its_own_file_only(self, world: World, visit: Visit) -> None:
        page = announced(visit("manager"), world)
        key = file_form(page)[1]["key"]
        assert key == f"{world.chain.id}/imports/{id_of(page)}/source.csv"
        assert send(page, ROWS, key=key.replace(id_of(page), "imp_0000000000000000000000x000"))[0] == 403
        assert send(page, ROWS, success_action_redirect="https://elsewhere.example/")[0] == 403
        assert send(page, b"")[0] == 400

    def test_who_may(self, world: World, visit: Visit) -> None:
        page = announced(visit("manager"), world)
        here = f"/portal/imports/{id_of(page)}/file"
        assert Visitor().get(here).status == 303
        assert visit("desk").get(here).status == visit("desk").get("/portal/imports/new").status == 403
        far = connect.create_import(
            make_scope(world.chain), kind="guests", property_id=world.hill.id, file_name="far.csv"
        )
        assert visit("manager").get(f"/portal/imports/{far.id}/file").status == 404

    def test_what_is_wrong_is_said_beside_its_field(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        hill = announced(visitor, world, property_id=world.hill.id)
        assert hill.status == 422 and 'aria-describedby="property-error"' in hill.html
        assert "There is no such property." in hill.text
        wrong = announced(visitor, world, system="Bad System!")
        assert wrong.status == 422 and 'value="Bad System!"' in wrong.html and "system-error" in wrong.html
        for fields in ({"kind": "cars"}, {"kind": ""}, {"numbers": "chain"}, {"numbers": "nonsense"}):
            assert announced(visitor, world, **fields).status == 422

    def test_not_while_it_is_read(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        page = announced(visitor, world)
        send(page, ROWS)
        scope: Any = make_scope(world.chain)
        run = connect.start_run(scope, id_of(page), "dry_run", is_queued=False)
        assert visitor.get(f"/portal/imports/{id_of(page)}/file").status == 409
        connect.cancel_run(scope, id_of(page), str(run.id))

    def test_samples_can_be_imported(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        page = announced(visitor, world)
        sample = visitor.get("/portal/imports/samples/guests?lang=zh")
        assert sample.headers["content-disposition"] == 'attachment; filename="guests-zh.csv"'
        assert send(page, sample.reply.text.encode())[0] == 303
        shown = visitor.get(f"/portal/imports/{id_of(page)}/columns")
        assert shown.status == 200 and "Rejected" not in shown.text
        assert visitor.get("/portal/imports/samples/cars").status == 404
