"""REST endpoints of imports."""

from __future__ import annotations

from chalicelib.connect import service
from chalicelib.connect.schemas.columns import ColumnsIn, ColumnsOut
from chalicelib.connect.schemas.formats import FormatQuery, ImportFormatOut
from chalicelib.connect.schemas.imports import (
    ImportIn,
    ImportOut,
    ImportQuery,
    RejectedFileOut,
    RejectedRowOut,
    RunIn,
    RunOut,
    RunReportOut,
    UploadOut,
)
from chalicelib.connect.schemas.previews import PreviewOut
from chalicelib.connect.schemas.undos import KeptOut, KeptQuery, UndoIn, UndoOut, UndoQuery
from chalicelib.kernel.i18n import supported_language
from chalicelib.kernel.imports import ImportFormat
from chalicelib.kernel.scope import Scope
from chalicelib.web.endpoints import Answer, Api, Listing, PageQuery

api = Api("connect")

IMPORT = {"import_id": "imp_0000000000000000000000m000"}
RUN = {**IMPORT, "run_id": "run_0000000000000000000000m000"}
RUN_PATH = "/v1/imports/{import_id}/runs/{run_id}"


@api.post("/v1/imports", permission="imports:write", body=ImportIn, answers=ImportOut, refusals=(422,))
def create_import(scope: Scope, body: ImportIn) -> Answer:
    """Announce a file to be imported.

    The answer holds an address to upload the file to (one PUT of at most 1 GB, within an hour). Then start a run.
    """
    record = service.create_import(
        scope,
        kind=body.kind,
        property_id=body.property_id,
        file_name=body.file_name,
        format=ImportFormat(**body.format.model_dump()),
    )
    address = service.upload_address_of(record)
    upload = UploadOut(
        method="PUT", url=address.url, headers={"Content-Type": service.CSV_TYPE}, expires_at=address.expires_at
    )
    return Answer(ImportOut.of(record, upload), location=f"/v1/imports/{record.id}")


@api.get("/v1/imports", permission="imports:read", query=ImportQuery, answers=ImportOut, is_list=True)
def list_imports(scope: Scope, query: ImportQuery) -> Listing:
    """List imports, newest first."""

    found = service.imports_page(scope, limit=query.limit, after=query.cursor, property_id=query.property_id)
    return Listing([ImportOut.of(record) for record in found.items], found.next)


@api.get("/v1/imports/{import_id}", permission="imports:read", answers=ImportOut, path_examples=IMPORT)
def get_import(scope: Scope, import_id: str) -> ImportOut:
    """Read an import."""
    return ImportOut.of(service.get_import(scope, import_id))


@api.get(
    "/v1/imports/{import_id}/columns",
    permission="imports:read",
    answers=ColumnsOut,
    refusals=(409,),
    path_examples=IMPORT,
)
def get_import_columns(scope: Scope, import_id: str) -> ColumnsOut:
    """Read how the columns of the uploaded file would be read.

    Headers are recognised in both languages. What was chosen for an earlier file with the same headers, of the same
    system, is remembered and counts, until something else is chosen for this one.
    """
    return ColumnsOut.of(service.columns_of(scope, import_id), scope.language)


@api.put(
    "/v1/imports/{import_id}/columns",
    permission="imports:write",
    body=ColumnsIn,
    answers=ColumnsOut,
    refusals=(409, 422),
    path_examples={"import_id": "imp_0000000000000000000000n000"},
)
def choose_import_columns(scope: Scope, import_id: str, body: ColumnsIn) -> ColumnsOut:
    """Choose what the columns of the uploaded file mean, and for whose next files that is remembered."""
    pairs = [(one.header, one.column) for one in body.columns]
    return ColumnsOut.of(service.choose_columns(scope, import_id, pairs, body.keep_for), scope.language)


@api.get(
    "/v1/imports/{import_id}/preview",
    permission="imports:read",
    answers=PreviewOut,
    refusals=(409,),
    path_examples=IMPORT,
)
def preview_import(scope: Scope, import_id: str) -> PreviewOut:
    """Preview the first rows of the uploaded file as they would be kept.

    Nothing is written. Start a run in the mode `dry_run` to have the whole file counted in the same way.
    """
    return PreviewOut.of(service.preview_of(scope, import_id), scope.language)


@api.post(
    "/v1/imports/{import_id}/runs",
    permission="imports:write",
    status=202,
    body=RunIn,
    answers=RunReportOut,
    refusals=(409, 413),
    path_examples=IMPORT,
)
def start_run(scope: Scope, import_id: str, body: RunIn) -> Answer:
    """Run the uploaded file.

    While a run of the same mode is under way, that one is answered. A second real run of a file changes nothing: its
    rows come out as unchanged. Poll the run at its location.
    """
    run = service.start_run(scope, import_id, body.mode)
    report = service.report_of(scope, import_id, str(run.id))
    return Answer(
        RunReportOut.of_report(report, scope.language), status=202, location=f"/v1/imports/{import_id}/runs/{run.id}"
    )


@api.get(
    "/v1/imports/{import_id}/runs",
    permission="imports:read",
    query=PageQuery,
    answers=RunOut,
    is_list=True,
    path_examples=IMPORT,
)
def list_import_runs(scope: Scope, import_id: str, query: PageQuery) -> Listing:
    """List the runs of an import, newest first."""

    found = service.runs_page(scope, import_id, limit=query.limit, after=query.cursor)
    return Listing([RunOut.of(run, scope.language) for run in found.items], found.next)


@api.get(RUN_PATH, permission="imports:read", answers=RunReportOut, path_examples=RUN)
def get_import_run(scope: Scope, import_id: str, run_id: str) -> RunReportOut:
    """Read a run: how far it is, what became of the rows, and the first rows that were rejected."""
    return RunReportOut.of_report(service.report_of(scope, import_id, run_id), scope.language)


@api.post(
    RUN_PATH + "/cancellations",
    permission="imports:write",
    status=202,
    answers=RunReportOut,
    refusals=(409,),
    path_examples=RUN,
)
def cancel_import_run(scope: Scope, import_id: str, run_id: str) -> RunReportOut:
    """Stop a run. Rows that are done stay done."""
    service.cancel_run(scope, import_id, run_id)
    return RunReportOut.of_report(service.report_of(scope, import_id, run_id), scope.language)


@api.post(
    RUN_PATH + "/undo",
    permission="imports:write",
    status=202,
    body=UndoIn,
    answers=UndoOut,
    refusals=(409,),
    path_examples=RUN,
)
def undo_import_run(scope: Scope, import_id: str, run_id: str, body: UndoIn) -> Answer:
    """Undo a whole run, or preview that.

    What the run created is taken away, what it changed is put back, and what has changed since is kept and listed with
    the reason. A run is undone once: asked again, the same undoing is answered. Possible for 30 days, of guests and of
    stays. Points follow stays; messages that were sent stay sent, and houses go on knowing guests whom they have seen.
    """
    undo = service.start_undo(scope, import_id, run_id, body.mode)
    run = service.run_of(scope, import_id, run_id)
    location = f"/v1/imports/{import_id}/runs/{run_id}/undo?mode={body.mode}"
    return Answer(UndoOut.of(run, undo, body.mode, service.why_not(run), scope.language), status=202, location=location)


@api.get(RUN_PATH + "/undo", permission="imports:read", query=UndoQuery, answers=UndoOut, path_examples=RUN)
def get_import_undo(scope: Scope, import_id: str, run_id: str, query: UndoQuery) -> UndoOut:
    """Read how far the undoing of a run is, or its preview; also whether the run can be undone at all."""
    run, undo = service.undo_of(scope, import_id, run_id, query.mode)
    return UndoOut.of(run, undo, query.mode, service.why_not(run), scope.language)


@api.get(
    RUN_PATH + "/kept-records",
    permission="imports:read",
    query=KeptQuery,
    answers=KeptOut,
    is_list=True,
    path_examples=RUN,
)
def list_kept_records(scope: Scope, import_id: str, run_id: str, query: KeptQuery) -> Listing:
    """List what the undoing of a run left as it was, with the reasons; the last row of the file first."""
    found = service.kept_page(scope, import_id, run_id, query.mode, limit=query.limit, after=query.cursor)
    return Listing([KeptOut.of(one, scope.language) for one in found.items], found.next)


@api.get(
    RUN_PATH + "/rejected-rows",
    permission="imports:read",
    query=PageQuery,
    answers=RejectedRowOut,
    is_list=True,
    path_examples=RUN,
)
def list_rejected_rows(scope: Scope, import_id: str, run_id: str, query: PageQuery) -> Listing:
    """List the rejected rows of a run in the order of the file, each with its cells and its reason."""

    found = service.rejected_page(scope, import_id, run_id, limit=query.limit, after=query.cursor)
    rows = [RejectedRowOut.with_cells(one, cells, scope.language) for one, cells in found.items]
    return Listing(rows, found.next)


@api.get(
    RUN_PATH + "/rejected-rows.csv",
    permission="imports:read",
    status=303,
    answers=RejectedFileOut,
    refusals=(409,),
    path_examples=RUN,
)
def download_rejected_rows(scope: Scope, import_id: str, run_id: str) -> Answer:
    """Download the rejected rows as CSV.

    Redirects to a file with the columns of the uploaded one and an `error` column: UTF-8 with a mark, formulas made
    harmless. Correct it and import it again.
    """
    address = service.rejected_file(scope, import_id, run_id)
    return Answer(RejectedFileOut(url=address.url, expires_at=address.expires_at), status=303, location=address.url)


@api.get(
    "/v1/import-formats/{kind}",
    permission="imports:read",
    query=FormatQuery,
    answers=ImportFormatOut,
    path_examples={"kind": "stays"},
)
def get_import_format(scope: Scope, kind: str, query: FormatQuery) -> ImportFormatOut:
    """Describe what a file of a kind may look like: columns, headers in both languages, limits, a sample."""
    wanted = query.language or supported_language(scope.language)
    return ImportFormatOut.of(service.kind_of(kind), "zh" if wanted == "zh" else "en")
