"""What crosses the wire about the first rows of a file."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from chalicelib.connect.rules import Rejected
from chalicelib.connect.schemas.columns import ColumnsOut
from chalicelib.connect.schemas.imports import ErrorOut, RejectedOut
from chalicelib.web.endpoints import Schema


class PreviewRowOut(Schema):
    """A row of the file and what would become of it."""

    row: int = Field(description="Number of the record in the file; the header is row 1.")
    line: int
    outcome: Literal["created", "updated", "unchanged", "rejected"] = Field(
        description="New, known and changed, known, or not to be imported."
    )
    kept: dict[str, str] = Field(description="By column, as it would be kept; what cannot be kept is left out.")
    reason: str | None
    errors: list[ErrorOut]


class PreviewOut(Schema):
    """How the columns are read, and what the first rows would be."""

    columns: ColumnsOut
    rows: list[PreviewRowOut] = Field(description="The first 20; none while a problem stands in `columns`.")

    @classmethod
    def of(cls, preview: Any, language: str) -> Self:
        """A preview in a reader's language."""
        return cls(columns=ColumnsOut.of(preview.choice, language), rows=[_row(one, language) for one in preview.rows])


def _row(shown: Any, language: str) -> PreviewRowOut:
    staged = shown.staged
    told = None
    if staged.outcome == "rejected":
        rejected = Rejected(shown.number, shown.line, 0, 0, staged.reason, tuple(staged.errors))
        told = RejectedOut.of(rejected, language)
    return PreviewRowOut(
        row=shown.number,
        line=shown.line,
        outcome=staged.outcome,
        kept=shown.kept,
        reason=told.reason if told else None,
        errors=told.errors if told else [],
    )
