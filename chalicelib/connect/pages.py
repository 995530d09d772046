"""Imports in the portal, to look at: which there were, how far a run is, and what became of the rows."""

from __future__ import annotations

from chalicelib.connect import service
from chalicelib.connect.rules.runs import ACTIVE
from chalicelib.connect.schemas.imports import RunOut, RunReportOut
from chalicelib.directory import service as directory
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation
from chalicelib.web.rendering import url

pages = Pages("connect")
navigation(N_("Imports"), "/portal/imports", permission="imports:read", order=50)

LIST = "/portal/imports"
PAGE_ROWS = 25
RUNS_SHOWN = 20

KIND_LABELS = {"guests": N_("Guests"), "stays": N_("Stays"), "points": N_("Opening balances")}
MODE_LABELS = {"dry_run": N_("Dry run"), "real": N_("Import")}
STATE_LABELS = {
    "queued": N_("Waiting"),
    "scanning": N_("Reading the file"),
    "running": N_("Running"),
    "done": N_("Done"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
}
STATE_LOOKS = {"queued": "", "scanning": "", "running": "", "done": "good", "failed": "bad", "cancelled": "plain"}


@pages.get(LIST, permission="imports:read")
def imports_page(call: Call) -> View:
    """The imports that the reader may see, newest first, each with its latest run."""
    scope = call.scope
    property_id = call.parameter("property") or None
    if property_id is not None:
        directory.property_of(scope, property_id)
    after = call.parameter("cursor") or None
    found = service.imports_page(scope, limit=PAGE_ROWS, after=after, property_id=property_id)
    rows = [(one, _latest(scope, str(one.id), one.last_run_id, call.language)) for one in found.items]
    return View(
        "connect/imports.html",
        {
            "rows": rows,
            "houses": directory.properties(scope),
            "property_id": property_id,
            "first": url(LIST, property=property_id) if after else None,
            "next": url(LIST, property=property_id, cursor=found.next) if found.next else None,
            "is_busy": any(run is not None and run.state in ACTIVE for _, run in rows),
            "here_again": url(LIST, property=property_id, cursor=after),
            **_words(scope),
        },
    )


@pages.get("/portal/imports/{import_id}", permission="imports:read")
def import_page(call: Call) -> View:
    """One import: its runs, and the report of the latest."""
    scope, import_id = call.scope, call.path_params["import_id"]
    record = service.get_import(scope, import_id)
    runs = [RunOut.of(run, call.language) for run in service.runs_page(scope, import_id, limit=RUNS_SHOWN).items]
    report = None
    if runs:
        report = RunReportOut.of_report(service.report_of(scope, import_id, runs[0].id), call.language)
    return View(
        "connect/import.html",
        {
            "record": record,
            "runs": runs,
            "report": report,
            "is_busy": report is not None and report.state in ACTIVE,
            "here_again": f"{LIST}/{import_id}",
            **_words(scope),
        },
    )


@pages.get("/portal/imports/{import_id}/runs/{run_id}/rejected-rows", permission="imports:read")
def rejected_rows_file(call: Call) -> Redirect:
    """Leads to the file of rejected rows."""
    address = service.rejected_file(call.scope, call.path_params["import_id"], call.path_params["run_id"])
    return Redirect(address.url)


def _latest(scope: Scope, import_id: str, run_id: str | None, language: str) -> RunOut | None:
    return RunOut.of(service.run_of(scope, import_id, run_id), language) if run_id else None


def _words(scope: Scope) -> dict[str, object]:
    return {
        "by_id": {str(house.id): house for house in directory.properties(scope)},
        "zone": str(directory.chain_of(scope).time_zone),
        "kind_labels": KIND_LABELS,
        "mode_labels": MODE_LABELS,
        "state_labels": STATE_LABELS,
        "state_looks": STATE_LOOKS,
    }
