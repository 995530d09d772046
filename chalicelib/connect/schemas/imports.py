"""What crosses the wire about imports."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from chalicelib.connect.rules import (
    FILE_BYTES_MAX,
    Rejected,
    column_of,
    said,
)
from chalicelib.kernel.calendars import format_instant
from chalicelib.kernel.clock import from_sortable
from chalicelib.kernel.i18n import N_
from chalicelib.kernel.text import clean_text
from chalicelib.web.endpoints import PageQuery, Schema

FILE_NAME_LENGTH_MAX = 255  # as on any file system

DEMO_PROPERTY_ID = "prp_0000000000000000000000c000"


def file_name_of(value: str) -> str:
    """A file's name as it is kept. Raises ValueError for one that is empty or too long."""
    name = clean_text(value, FILE_NAME_LENGTH_MAX)
    if not name:
        raise ValueError(N_("This must not be empty."))
    return name


def _instant_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    return format_instant(from_sortable(value)) if isinstance(value, str) else value


Kind = Literal["guests", "stays", "points"]
Mode = Literal["dry_run", "real"]
State = Literal["queued", "scanning", "running", "done", "failed", "cancelled"]
Language = Literal["en", "zh"]
Instant = Annotated[str, BeforeValidator(_instant_text), WithJsonSchema({"type": "string", "format": "date-time"})]


class FormatIn(Schema):
    """How the file is written."""

    encoding: Literal["auto", "utf-8", "gb18030"] = Field(
        default="auto", description="`auto` finds out: UTF-8 with or without mark, else GB18030."
    )
    delimiter: Literal["auto", ",", ";", "tab"] = Field(
        default="auto", description="`auto` takes the one that makes most headers known."
    )
    system: str = Field(
        default="import",
        pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$",
        description="Whose numbers the external ids are. Guests and stays of one source are joined by it.",
    )
    numbers: Literal["property", "chain"] = Field(
        default="property",
        description="How far the guests' numbers reach: each property counts for itself, or one system for the chain.",
    )
    language: Language | None = Field(
        default=None, description="In which reasons are written into the file of rejected rows."
    )


class ImportIn(Schema):
    """A file to be imported."""

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "kind": "guests",
                    "property_id": DEMO_PROPERTY_ID,
                    "file_name": "guests-2026-03.csv",
                    "format": {"encoding": "auto", "delimiter": "auto", "language": "en"},
                }
            ]
        }
    }

    kind: Kind
    property_id: str = Field(min_length=1, max_length=40, description="The property that the rows come from.")
    file_name: Annotated[str, Field(min_length=1, max_length=FILE_NAME_LENGTH_MAX), AfterValidator(file_name_of)]
    format: FormatIn = Field(default_factory=FormatIn)


class UploadOut(Schema):
    """Where to upload the file to, in one request."""

    method: Literal["PUT"]
    url: str
    headers: dict[str, str] = Field(description="Headers to send along.")
    expires_at: Instant
    bytes_max: int = FILE_BYTES_MAX


class ImportOut(Schema):
    """An import. `upload` is answered once, to whoever created it."""

    id: str
    kind: Kind
    property_id: str
    file_name: str
    format: FormatIn
    created_at: Instant
    active_run_id: str | None = Field(description="The run that is under way.")
    last_run_id: str | None
    upload: UploadOut | None = None

    @classmethod
    def of(cls, record: Any, upload: UploadOut | None = None) -> Self:
        """An import as it is shown."""
        written = {name: getattr(record, name) for name in FormatIn.model_fields}
        return cls(
            id=record.id,
            kind=record.kind,
            property_id=record.property_id,
            file_name=record.file_name,
            format=FormatIn.model_validate(written),
            created_at=record.created_at,
            active_run_id=record.active_run_id,
            last_run_id=record.last_run_id,
            upload=upload,
        )


class ImportQuery(PageQuery):
    """Parameters of the list of imports."""

    property_id: str | None = Field(default=None, max_length=40, description="Only imports of this property.")


class RunIn(Schema):
    """A run: `dry_run` tells what would happen, `real` does it."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"mode": "dry_run"}]}}

    mode: Mode


class ErrorOut(Schema):
    """One thing wrong with a row."""

    column: str | None = Field(description="The column; null for the row as a whole.")
    detail: str
    code: str


class RejectedOut(Schema):
    """A row that was not imported."""

    row: int = Field(description="Number of the record in the file; the header is row 1.")
    line: int = Field(description="The line it begins in; differs from `row` after quoted line ends.")
    reason: str
    errors: list[ErrorOut]

    @classmethod
    def of(cls, rejected: Rejected, language: str) -> Self:
        """A rejected row in a reader's language."""
        return cls(**_rejected(rejected, language))


class RejectedRowOut(RejectedOut):
    """A row that was not imported, with its cells."""

    cells: dict[str, str] | None = Field(description="By header; null if the row or the file cannot be read.")

    @classmethod
    def with_cells(cls, rejected: Rejected, cells: dict[str, str] | None, language: str) -> Self:
        """A rejected row in a reader's language."""
        return cls(**_rejected(rejected, language), cells=cells)


class ProgressOut(Schema):
    """How far a run is."""

    rows_total: int | None = Field(description="Known when the file has been scanned.")
    rows_done: int
    bytes_total: int
    bytes_done: int = Field(description="Scanned in state `scanning`, imported afterwards.")


class CountsOut(Schema):
    """What became of the rows; in a dry run, what would become of them."""

    created: int
    updated: int
    unchanged: int
    rejected: int


class TimingOut(Schema):
    """Real time, also in a test chain."""

    started_at: Instant | None
    finished_at: Instant | None
    seconds: float | None
    rows_per_second: float | None


class ColumnReadOut(Schema):
    """A column of the file and what it was taken for."""

    header: str
    column: str | None = Field(description="Null: not known, ignored.")


class FileOut(Schema):
    """How the file is read."""

    encoding: str
    delimiter: str
    origin: Literal["recognised", "remembered", "chosen"] = Field(description="Who said what the columns mean.")
    columns: list[ColumnReadOut]
    unknown_columns: list[str]


class RunOut(Schema):
    """A run without its details."""

    id: str
    import_id: str
    property_id: str
    kind: Kind
    mode: Mode
    state: State
    created_at: Instant
    failure: str | None = Field(description="Why the file could not be imported, in state `failed`.")
    progress: ProgressOut
    counts: CountsOut
    timing: TimingOut

    @classmethod
    def of(cls, run: Any, language: str) -> Self:
        """A run as lists show it."""
        return cls(**_run(run, language))


class RepairOut(Schema):
    """One thing to repair in the file of rejected rows."""

    column: str | None = Field(description="The column; null for rows as a whole.")
    detail: str
    code: str
    rows: int = Field(description="How many rows it rejected; a row with two mistakes counts under both.")
    example_row: int = Field(description="The first of them; the header is row 1.")


class RunReportOut(RunOut):
    """A run with how its file is read and its first rejected rows."""

    file: FileOut | None = Field(description="Null until the header has been read.")
    undo_until: Instant | None = Field(description="Until when (real time) the run can be undone; null: it cannot.")
    has_rejected_file: bool = Field(description="Whether `rejected-rows.csv` can be downloaded.")
    repairs: list[RepairOut] = Field(description="Rejected rows by what repairs them, once the run is done.")
    rejected_rows: list[RejectedOut] = Field(description="The first 20.")

    @classmethod
    def of_report(cls, report: Any, language: str) -> Self:
        """A run as it is shown by itself."""
        run, plan = report.run, report.plan
        return cls(
            **_run(run, language),
            file=None if plan is None else _file(plan),
            undo_until=run.undo_until,
            has_rejected_file="key" in (run.report or {}),
            repairs=[
                RepairOut(
                    column=one.column or None,
                    detail=said(one.detail, one.values, language),
                    code=one.code,
                    rows=one.rows,
                    example_row=one.example_row,
                )
                for one in report.repairs
            ],
            rejected_rows=[RejectedOut.of(one, language) for one in report.rejected],
        )


class RejectedFileOut(Schema):
    """Where the CSV file of the rejected rows is."""

    url: str
    expires_at: Instant


def _run(run: Any, language: str) -> dict[str, Any]:
    counts = {name: int(getattr(run, name)) for name in ("created", "updated", "unchanged", "rejected")}
    done = sum(counts.values())
    seconds = None
    if run.started_at and run.finished_at:
        seconds = (from_sortable(run.finished_at) - from_sortable(run.started_at)).total_seconds()
    return {
        "id": run.id,
        "import_id": run.import_id,
        "property_id": run.property_id,
        "kind": run.kind,
        "mode": run.mode,
        "state": run.state,
        "created_at": run.created_at,
        "failure": said(run.failure, run.failure_values or {}, language) if run.failure else None,
        "progress": ProgressOut(
            rows_total=int(run.rows_total) if run.state not in ("queued", "scanning") else None,
            rows_done=done,
            bytes_total=int(run.bytes_total),
            bytes_done=int(run.bytes_done),
        ),
        "counts": CountsOut(**counts),
        "timing": TimingOut(
            started_at=run.started_at,
            finished_at=run.finished_at,
            seconds=seconds,
            rows_per_second=round(done / seconds, 1) if seconds else None,
        ),
    }


def _file(plan: Any) -> FileOut:
    header = plan.header
    columns = [ColumnReadOut(header=cell, column=name) for cell, name in zip(header.cells, header.names, strict=True)]
    delimiter = "tab" if header.delimiter == "\t" else header.delimiter
    return FileOut(
        encoding=plan.encoding,
        delimiter=delimiter,
        origin=plan.origin,
        columns=columns,
        unknown_columns=list(header.unknown),
    )


def _rejected(rejected: Rejected, language: str) -> dict[str, Any]:
    errors = [
        ErrorOut(column=column_of(error) or None, detail=said(error.detail, error.values, language), code=error.code)
        for error in rejected.errors
    ]
    return {"row": rejected.row, "line": rejected.line, "reason": rejected.said(language), "errors": errors}
