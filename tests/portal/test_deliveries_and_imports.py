"""Messages and silences, and imports to look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.connect import service as connect
from chalicelib.outreach.pages import deliveries as outreach_pages
from chalicelib.web.sessions import LANGUAGE_COOKIE
from tests.builders import make_scope
from tests.conftest import work_off_queues
from tests.portal.visitor import Visitor
from tests.portal.world import World

Visit = Callable[..., Visitor]


class TestDeliveries:
    def test_every_message_and_every_silence(self, world: World, visit: Visit) -> None:
        page = visit("desk").get("/portal/deliveries")
        sent = "王小明 Birthday greeting 4 March 2026 Sent E-mail w*** @guests.example Why so It costs least."
        assert sent in page.text
        assert "28 February 2026 Not sent" in page.text and "Why so E-mail: no. The guest has not agreed" in page.text
        assert (
            "Giulia Rossi Birthday greeting 28 February 2026 Not sent The guest has not agreed to this kind of message,"
            in page.text
        )
        assert f"/portal/guests/{world.guests['wang']}" in page.links

    def test_filters_stand_in_the_address(self, world: World, visit: Visit) -> None:
        page = visit("hq").get(f"/portal/deliveries?status=skipped&occasion=birthday&property={world.harbour.id}")
        assert "Giulia Rossi" in page.text and "王小明" not in page.text
        for option in ("skipped", "birthday", world.harbour.id):
            assert f'<option value="{option}" selected>' in page.html
        nothing = visit("hq").get("/portal/deliveries?status=complained")
        assert "No delivery fits these filters" in nothing.text

    def test_unknown_filters(self, world: World, visit: Visit) -> None:
        assert visit("hq").get("/portal/deliveries?status=lost").status == 400
        assert visit("hq").get("/portal/deliveries?occasion=christmas").status == 400
        assert visit("hq").get("/portal/deliveries?cursor=cur_x").status == 400

    def test_pages(self, world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outreach_pages, "PAGE_ROWS", 2)
        visitor, target, rows, pages = visit("desk"), "/portal/deliveries?occasion=birthday", 0, 0
        while True:
            page = visitor.get(target)
            rows += page.html.count("<tr data-row>")
            pages += 1
            following = [link for link in page.links if "cursor=" in link]
            if not following:
                break
            assert "occasion=birthday" in following[0]
            target = following[0]
        assert (rows, pages) == (3, 2)

    def test_every_status_and_reason_has_words(self) -> None:
        from chalicelib.outreach.rules.vocabulary import OCCASIONS, REASONS, STATUSES

        assert set(outreach_pages.STATUS_LABELS) == set(outreach_pages.STATUS_LOOKS) == set(STATUSES)
        assert all(reason.why and reason.remedy for reason in REASONS.values())
        assert all(occasion.label for occasion in OCCASIONS.values())


class TestImports:
    def test_the_list_with_the_latest_run(self, world: World, visit: Visit) -> None:
        page = visit("manager").get("/portal/imports?lang=en")
        assert "guests-2026-03.csv Guests Harbour House Done Dry run 9 2" in page.text
        assert f"/portal/imports/{world.import_id}" in page.links

    def test_the_report(self, world: World, visit: Visit) -> None:
        page = visit("manager").get(f"/portal/imports/{world.import_id}?lang=en")
        assert "New 7 Known and changed 0 Known 0 Rejected 2" in page.text
        assert "9 of 9 rows" in page.text
        assert "A dry run changes nothing; it tells what an import would do." in page.text
        assert "10 birth_date: is not a day of the calendar" in page.text

    def test_the_rejected_rows_are_a_file(self, world: World, visit: Visit) -> None:
        visitor = visit("manager")
        page = visitor.get(f"/portal/imports/{world.import_id}")
        links = [link for link in page.links if link.endswith("/rejected-rows")]
        assert len(links) == 1
        answer = visitor.get(links[0])
        assert answer.status == 303
        assert "rejected" in answer.headers["location"]
        assert visit("desk").get(links[0]).status == 403

    def test_one_that_was_never_run(self, world: World, visit: Visit) -> None:
        record = connect.create_import(
            make_scope(world.chain), kind="stays", property_id=world.hill.id, file_name="<b>stays</b>.csv"
        )
        page = visit("hq").get(f"/portal/imports/{record.id}")
        assert "Not run yet" in page.text
        assert "<b>stays" not in page.html
        assert "not run yet" in visit("hq").get("/portal/imports").text

    def test_one_under_way_is_looked_at_again(self, world: World, visit: Visit) -> None:
        scope = make_scope(world.chain)
        record = connect.create_import(scope, kind="guests", property_id=world.hill.id, file_name="slow.csv")
        connect.upload(scope, str(record.id), b"external_id,family_name\nS-1,Slow\n")
        run = connect.start_run(scope, str(record.id), "real", is_queued=False)
        page = visit("hq").get(f"/portal/imports/{record.id}")
        assert "Waiting" in page.text
        assert 'hx-trigger="every 5s"' in page.html
        connect.cancel_run(scope, str(record.id), str(run.id))
        page = visit("hq").get(f"/portal/imports/{record.id}")
        assert "Cancelled" in page.text
        assert "hx-trigger" not in page.html


class TestFromColumnsToUndo:
    """A manager chooses columns, looks, checks, imports, and takes it all back."""

    def test_the_whole_way(self, world: World, visit: Visit) -> None:
        scope, visitor = make_scope(world.chain), visit("manager")
        visitor.cookies[LANGUAGE_COOKIE] = "en"
        rows = "Kennung,Vorname,Tel\nU-1,<b>Uma</b>,12\n" + "".join(f"U-{n},Uma {n},\n" for n in range(2, 5))
        record = connect.create_import(scope, kind="guests", property_id=world.harbour.id, file_name="strange.csv")
        connect.upload(scope, str(record.id), rows.encode())
        here = f"/portal/imports/{record.id}"
        page = visitor.get(f"{here}/columns?lang=en")
        assert "No column is read as external_id." in page.text and "recognised by the headers" in page.text
        wrong = visitor.submit(page, f"{here}/columns", c0="given_name", c1="given_name", c2="", keep_for="property")
        assert 'value="given_name" selected' in wrong.html, "what was chosen stands there still"
        assert wrong.status == 422 and "Two columns are read as given_name." in wrong.text
        chosen = {"c0": "external_id", "c1": "given_name", "c2": "phone", "keep_for": "property"}
        page = visitor.follow(visitor.submit(page, f"{here}/columns", **chosen))
        assert "chosen for this file" in page.text
        assert "<b>Uma" not in page.html and "&lt;b&gt;Uma" in page.html
        assert "Rejected" in page.text and "Uma 4" in page.text
        visitor.submit(page, f"{here}/runs", mode="dry_run")
        work_off_queues()
        page = visitor.get(f"{here}?lang=en")
        assert "New 3 Known and changed 0 Known 0 Rejected 1" in page.text
        assert "1 Phone number is too short or too long" in page.text
        visitor.submit(page, f"{here}/runs", mode="real")
        work_off_queues()
        page = visitor.get(f"{here}?lang=en")
        assert "Created 3 Updated 0 Unchanged 0 Rejected 1" in page.text
        (undo,) = [link for link in page.links if link.endswith("/undo")]
        page = visitor.get(f"{undo}?lang=en")
        assert "Undo this run" not in page.text, "not before a preview has been seen"
        visitor.submit(page, undo, mode="dry_run")
        assert 'hx-trigger="every 5s"' in visitor.get(undo).html
        work_off_queues()
        page = visitor.get(f"{undo}?lang=en")
        assert "This is a preview" in page.text and "Taken away 3 Put back 0 Kept 0" in page.text
        visitor.submit(page, undo, mode="real")
        work_off_queues()
        page = visitor.get(f"{undo}?lang=en")
        assert "The run has been undone. Taken away 3 Put back 0 Kept 0" in page.text
        assert "Undo this run" not in page.text
        assert "此次运行已撤销" in visitor.get(f"{undo}?lang=zh").text
        assert visit("desk").get(undo).status == 403

    def test_a_next_file_of_the_source_is_known(self, world: World, visit: Visit) -> None:
        scope = make_scope(world.chain)
        for number in range(2):
            record = connect.create_import(scope, kind="guests", property_id=world.hill.id, file_name="again.csv")
            connect.upload(scope, str(record.id), b"Nummer,Nachname\nA-1,Silva\n")
            if not number:
                connect.choose_columns(scope, str(record.id), [("Nummer", "external_id"), ("Nachname", "family_name")])
        page = visit("hq").get(f"/portal/imports/{record.id}/columns?lang=en")
        assert "remembered from an earlier file" in page.text
        assert "files like this of all properties" in page.text
