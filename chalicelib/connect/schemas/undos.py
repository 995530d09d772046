"""What crosses the wire about undoing a run."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from chalicelib.connect.rules.rejections import said
from chalicelib.connect.schemas.imports import Instant, Mode
from chalicelib.web.endpoints import PageQuery, Schema


class UndoIn(Schema):
    """How a run is to be undone: `dry_run` tells what would happen, `real` does it."""

    model_config = Schema.model_config | {"json_schema_extra": {"examples": [{"mode": "dry_run"}]}}

    mode: Mode


class UndoQuery(Schema):
    """Which undoing of a run is asked for."""

    mode: Mode = Field(default="real", description="`real`, or `dry_run` for its latest preview.")


class KeptQuery(PageQuery):
    """Parameters of the list of what was kept."""

    mode: Mode = Field(default="real", description="`real`, or `dry_run` for what would be kept.")


class UndoOut(Schema):
    """How far the undoing of a run is; in a preview, what would become of what the run did."""

    import_id: str
    run_id: str
    mode: Mode
    state: Literal["not_started", "running", "done", "failed"]
    refusal: str | None = Field(description="Why the run cannot be undone, or null.")
    undo_until: Instant | None = Field(description="Real time; after it nothing is left to undo the run by.")
    records_total: int = Field(description="What the run created and updated; one that stood twice is counted twice.")
    removed: int = Field(description="Created by the run, and gone.")
    restored: int = Field(description="Changed by the run, and put back.")
    kept: int = Field(description="Left as they are; those and what was kept of restored ones are listed.")
    started_at: Instant | None
    finished_at: Instant | None

    @classmethod
    def of(cls, run: Any, undo: Any, mode: Mode, reason: str | None, language: str) -> Self:
        """The undoing of a run as it is shown, also before there is one; `reason` says why it cannot be undone."""
        return cls(
            import_id=run.import_id,
            run_id=run.id,
            mode=mode,
            state=undo.state if undo is not None else "not_started",
            refusal=said(reason, {}, language) if reason else None,
            undo_until=run.undo_until,
            records_total=int(run.created) + int(run.updated),
            removed=int(undo.removed) if undo is not None else 0,
            restored=int(undo.restored) if undo is not None else 0,
            kept=int(undo.kept) if undo is not None else 0,
            started_at=undo.started_at if undo is not None else None,
            finished_at=undo.finished_at if undo is not None else None,
        )


class KeptOut(Schema):
    """A record that an undoing left as it was, or some fields of one."""

    id: str
    reason: str
    fields: list[str] = Field(description="The fields that were kept; empty for the record as a whole.")

    @classmethod
    def of(cls, kept: Any, language: str) -> Self:
        """What was kept, in a reader's language."""
        return cls(id=kept.record_id, reason=said(kept.reason, {}, language), fields=list(kept.fields))
