"""Imports in the portal: which there were, what their columns mean, how far a run is, and what became of the rows."""

from __future__ import annotations

from chalicelib.connect import service
from chalicelib.connect.pages.base import KIND_LABELS, LIST
from chalicelib.connect.pages.uploads import file_view
from chalicelib.connect.rules.columns import FOR_NOBODY, KEPT_FOR
from chalicelib.connect.rules.rejections import said
from chalicelib.connect.rules.runs import ACTIVE, DRY_RUN, MODES, REAL, RUNNING
from chalicelib.connect.schemas.imports import RunOut, RunReportOut
from chalicelib.connect.schemas.previews import PreviewOut
from chalicelib.connect.schemas.undos import KeptOut, UndoOut
from chalicelib.directory import service as directory
from chalicelib.kernel.errors import Conflict, Invalid, Malformed
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.scope import Scope
from chalicelib.web.pages import Call, Pages, Redirect, View, navigation
from chalicelib.web.problems import reason
from chalicelib.web.rendering import url

pages = Pages("connect")
navigation(N_("Imports"), "/portal/imports", permission="imports:read", order=50)

PAGE_ROWS = 25
RUNS_SHOWN = 20
COLUMNS_SHOWN_MAX = 190  # a form has at most 200 fields

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
ORIGIN_LABELS = {
    "recognised": N_("recognised by the headers"),
    "remembered": N_("remembered from an earlier file"),
    "chosen": N_("chosen for this file"),
}
ORIGIN_LOOKS = {"recognised": "plain", "remembered": "warn", "chosen": "good"}
OUTCOME_LABELS = {
    "created": N_("New"),
    "updated": N_("Known and changed"),
    "unchanged": N_("Known"),
    "rejected": N_("Rejected"),
}
FIELD_LABELS = {  # what a run writes under another name than its columns have
    "emails": N_("E-mail address"),
    "phones": N_("Phone number"),
    "consents": N_("Consents"),
    "property_ids": N_("Properties"),
}
OUTCOME_LOOKS = {"created": "good", "updated": "warn", "unchanged": "plain", "rejected": "bad"}


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
    report = report_run = None
    if runs:
        found = service.report_of(scope, import_id, runs[0].id)
        report, report_run = RunReportOut.of_report(found, call.language), found.run
    return View(
        "connect/import.html",
        {
            "record": record,
            "runs": runs,
            "report": report,
            "undo_until": report_run.undo_until if report_run is not None else None,
            "is_busy": report is not None and report.state in ACTIVE,
            "labels": {column.name: column.label for column in service.kind_of(str(record.kind)).columns},
            "here_again": f"{LIST}/{import_id}",
            **_words(scope),
        },
    )


@pages.get("/portal/imports/{import_id}/columns", permission="imports:read")
def columns_page(call: Call) -> View:
    """What the columns of a file mean, and its first rows as they would be kept; or else the way to a file."""
    try:
        return _columns_view(call, [])
    except Conflict as refusal:
        if not call.scope.may("imports:write"):
            raise
        return file_view(call, reason(refusal, call.language))


@pages.post("/portal/imports/{import_id}/columns", permission="imports:write")
def choose_columns(call: Call) -> View | Redirect:
    """Say what the columns mean; what is wrong with the choice is said on the page."""
    import_id = call.path_params["import_id"]
    cells = service.columns_of(call.scope, import_id).top.header.cells
    pairs = [(cells[place], name or None) for place, name in _chosen(call.form) if place < len(cells) and cells[place]]
    keep_for = call.form.get("keep_for", FOR_NOBODY)
    try:
        service.choose_columns(call.scope, import_id, pairs, keep_for if keep_for in KEPT_FOR else FOR_NOBODY)
    except Invalid as refusal:
        return _columns_view(call, [said(one.detail, one.values, call.language) for one in refusal.errors])
    return Redirect(f"{LIST}/{import_id}/columns")


@pages.post("/portal/imports/{import_id}/runs", permission="imports:write")
def run_page(call: Call) -> Redirect:
    """Check the whole file, or import it."""
    import_id, mode = call.path_params["import_id"], call.form.get("mode", "")
    if mode not in MODES:
        raise Malformed()
    service.start_run(call.scope, import_id, mode)
    return Redirect(f"{LIST}/{import_id}")


@pages.get("/portal/imports/{import_id}/runs/{run_id}/rejected-rows", permission="imports:read")
def rejected_rows_file(call: Call) -> Redirect:
    """Leads to the file of rejected rows."""
    address = service.rejected_file(call.scope, call.path_params["import_id"], call.path_params["run_id"])
    return Redirect(address.url)


@pages.get("/portal/imports/{import_id}/runs/{run_id}/undo", permission="imports:read")
def undo_page(call: Call) -> View:
    """What undoing a run would do, or did: figures, and what is kept with the reasons."""
    scope, import_id, run_id = call.scope, call.path_params["import_id"], call.path_params["run_id"]
    run, undo = service.undo_of(scope, import_id, run_id, REAL)
    _, check = service.undo_of(scope, import_id, run_id, DRY_RUN)
    shown = undo if undo is not None else check
    mode = REAL if undo is not None else DRY_RUN
    after = call.parameter("cursor") or None
    page = service.kept_page(scope, import_id, run_id, mode, limit=PAGE_ROWS, after=after)
    here = f"{LIST}/{import_id}/runs/{run_id}/undo"
    return View(
        "connect/undo.html",
        {
            "record": service.get_import(scope, import_id),
            "run": run,
            "undo": UndoOut.of(run, shown, "real" if mode == REAL else "dry_run", service.why_not(run), call.language),
            "kept": [KeptOut.of(one, call.language) for one in page.items],
            "columns": {column.name: column.label for column in service.kind_of(str(run.kind)).columns},
            "fields": FIELD_LABELS,
            "is_busy": shown is not None and shown.state == RUNNING,
            "first": url(here) if after else None,
            "next": url(here, cursor=page.next) if page.next else None,
            "here_again": url(here, cursor=after),
            "sees_guests": scope.may("guests:read"),
            **_words(scope),
        },
    )


@pages.post("/portal/imports/{import_id}/runs/{run_id}/undo", permission="imports:write")
def start_undo_page(call: Call) -> Redirect:
    """Preview the undoing of a run, or begin it."""
    import_id, run_id, mode = call.path_params["import_id"], call.path_params["run_id"], call.form.get("mode", "")
    if mode not in MODES:
        raise Malformed()
    service.start_undo(call.scope, import_id, run_id, mode)
    return Redirect(f"{LIST}/{import_id}/runs/{run_id}/undo")


def _chosen(form: dict[str, str]) -> list[tuple[int, str]]:
    """The fields `c0`, `c1`, … of a form: the place of a column in the file, and what it was said to be."""
    names = ((name.removeprefix("c"), value) for name, value in form.items() if name.startswith("c"))
    return [(int(place), value) for place, value in names if place.isascii() and place.isdigit() and len(place) < 4]


def _columns_view(call: Call, errors: list[str]) -> View:
    """The page; a choice that was refused stands in it as it was made."""
    scope, import_id = call.scope, call.path_params["import_id"]
    preview = service.preview_of(scope, import_id)
    shown = PreviewOut.of(preview, call.language)
    for place, name in _chosen(call.form):
        if place < len(shown.columns.columns):
            shown.columns.columns[place].column = name or None
    choices = preview.choice.kind.columns
    kept = {name for row in shown.rows for name in row.kept}
    memory = preview.choice.top.memory
    return View(
        "connect/columns.html",
        {
            "record": preview.choice.imported,
            "columns": shown.columns,
            "columns_shown": COLUMNS_SHOWN_MAX,
            "places": [place for place, one in enumerate(shown.columns.columns) if one.header],
            "remembered_at": memory.chosen_at if memory is not None else None,
            "rows": shown.rows,
            "shown": [column.name for column in choices if column.name in kept],
            "choices": choices,
            "labels": {column.name: column.label for column in choices},
            "errors": errors,
            "sees_chain": scope.property_ids is None,
            "origin_labels": ORIGIN_LABELS,
            "origin_looks": ORIGIN_LOOKS,
            "outcome_labels": OUTCOME_LABELS,
            "outcome_looks": OUTCOME_LOOKS,
            **_words(scope),
        },
        status=422 if errors else 200,
    )


def _latest(scope: Scope, import_id: str, run_id: str | None, language: str) -> RunOut | None:
    return RunOut.of(service.run_of(scope, import_id, run_id), language) if run_id else None


def _words(scope: Scope) -> dict[str, object]:
    return {
        "by_id": {str(house.id): house for house in directory.properties(scope)},
        "zone": str(directory.chain_of(scope).time_zone),
        "may_write": scope.may("imports:write"),
        "kind_labels": KIND_LABELS,
        "mode_labels": MODE_LABELS,
        "state_labels": STATE_LABELS,
        "state_looks": STATE_LOOKS,
    }
