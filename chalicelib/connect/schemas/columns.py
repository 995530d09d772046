"""What crosses the wire about the columns of a file."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from chalicelib.connect.rules import COLUMNS_MAX
from chalicelib.connect.rules.rejections import said
from chalicelib.connect.schemas.imports import Instant
from chalicelib.web.endpoints import Schema

HEADER_LENGTH_MAX = 2_000  # of one cell of the header, which may be long where a row of data stands in its place
COLUMN_LENGTH_MAX = 60


class ColumnChoice(Schema):
    """What one column of the file means."""

    header: str = Field(min_length=1, max_length=HEADER_LENGTH_MAX, description="As the file writes it.")
    column: str | None = Field(
        max_length=COLUMN_LENGTH_MAX, description="Its name in `/v1/import-formats/{kind}`; null passes it over."
    )


class ColumnsIn(Schema):
    """What the columns of a file mean. Those that are not named are read as before."""

    model_config = Schema.model_config | {
        "json_schema_extra": {
            "examples": [{"columns": [{"header": "given_name", "column": "given_name"}], "keep_for": "property"}]
        }
    }

    columns: list[ColumnChoice] = Field(max_length=COLUMNS_MAX)
    keep_for: Literal["nobody", "property", "chain"] = Field(
        default="property",
        description="For whose files with the same headers, from the same system, this is remembered.",
    )


class ColumnTakenOut(Schema):
    """A column of the file and what it is taken for."""

    header: str
    column: str | None = Field(description="Null: passed over.")


class MemoryOut(Schema):
    """What is remembered of the columns of such files."""

    kept_for: Literal["property", "chain"]
    import_id: str = Field(description="The file that it was chosen for.")
    chosen_at: Instant


class ColumnsOut(Schema):
    """How the columns of an uploaded file would be read."""

    import_id: str
    origin: Literal["recognised", "remembered", "chosen"] = Field(
        description="By the headers themselves, by what was chosen for an earlier file, or for this one."
    )
    remembered: MemoryOut | None
    encoding: str
    delimiter: str
    columns: list[ColumnTakenOut]
    problems: list[str] = Field(description="What keeps the file from being imported as it is read now.")

    @classmethod
    def of(cls, choice: Any, language: str) -> Self:
        """A file's columns as they are shown."""
        top, memory = choice.top, choice.top.memory
        cells = zip(top.header.cells, top.header.names, strict=True)
        return cls(
            import_id=choice.imported.id,
            origin=top.origin,
            remembered=None
            if memory is None
            else MemoryOut(
                kept_for="chain" if str(memory.place_key).endswith("#-") else "property",
                import_id=memory.import_id,
                chosen_at=memory.chosen_at,
            ),
            encoding=top.encoding,
            delimiter="tab" if top.header.delimiter == "\t" else top.header.delimiter,
            columns=[ColumnTakenOut(header=cell, column=name) for cell, name in cells],
            problems=[said(one.detail, one.values, language) for one in choice.faults],
        )
